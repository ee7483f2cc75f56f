/* desk.h: where one record is made, signed and sent: which ledger, who signs in whose name, which node hears it.
 *
 * For commands that say one thing (an act, a pack, a void, a claim). Documents in numbers go by packer.h and sender.h.
 * Functions return an exit code; the complaint is printed. */
#ifndef TOOLS_DESK_H
#define TOOLS_DESK_H

#include "tools/chain.h"
#include "tools/sender.h"

enum { OPTION_KEY = 'k', OPTION_SUBJECT = 's', OPTION_OUTBOX = OPTION_FIRST + 0x90 };
enum { DESK_EXPIRES_MS = 3 * 24 * 3600 * 1000, DESK_TIMEOUT_MS = 30 * 1000 };

struct desk {
    struct node node;
    struct genesis *genesis;
    struct keypair keys;
    struct span subject; /* in the tool's arena */
};
/* key_needed false: neither key nor subject is read. ret is zeroed; desk_close in any case. */
int desk_open(struct tool *t, const struct arguments *a, bool key_needed, struct desk *ret) MUST_USE;
void desk_close(struct desk *d); /* accepts a zeroed struct */

/* Appends the wire form of a record of one item. draft: kind, created_ms, nonce (0: now, random), expires_ms (0: DESK_EXPIRES_MS from
 * now); the rest is the desk's. */
void desk_record(struct desk *d, const struct record_header *draft, const struct item *item,
                 struct buffer *out);

struct desk_sent {
    enum parcel_state state;
    uint64_t height, log_index;
    uint16_t code;    /* of execution, when committed; when refused, that of the rule which would refuse it, or 0 */
    struct digest id; /* R5 */
};
/* Keeps the record in the outbox (NULL: the caller keeps it), sends it, waits until it is decided, says what became of it.
 * label: what it is, for people. With --json: the sender's object is printed, or, when json and j are given, the member
 * "records" is written into the caller's object. */
int desk_send(struct desk *d, struct outbox *outbox, struct span wire, const char *label,
              struct buffer *json, struct emit *j, struct desk_sent *ret) MUST_USE;

#define DESK_OPTIONS                                                                               \
    {"key", OPTION_KEY, "FILE", "签名的密钥文件（环境变量 SUYUAN_KEY）",                           \
     "the key file that signs (SUYUAN_KEY)"},                                                      \
    {                                                                                              \
        "subject", OPTION_SUBJECT, "ID", "以哪个主体的名义（环境变量 SUYUAN_SUBJECT）",            \
            "the subject in whose name (SUYUAN_SUBJECT)"                                           \
    }
#define DESK_OUTBOX_OPTION                                                                         \
    {                                                                                              \
        "outbox", OPTION_OUTBOX, "DIR",                                                            \
            "未决记录的保存目录；none 不保存（环境变量 SUYUAN_OUTBOX）",                           \
            "where an undecided record is kept; none: nowhere (SUYUAN_OUTBOX)"                     \
    }

#endif

