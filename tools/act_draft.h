/* act_draft.h: a governance act on its way from desk to desk (SPEC A): a JSON file that each
 * approving authority adds its signature to, until one of them submits it.
 *
 * {"chain_id": hex, "type": 32, "created_ms": n, "nonce": n, "act": base64 of its canonical bytes,
 * "approvals": [{"key": hex, "signature": hex}]}
 *
 * What an approver signs is "act" and the four before it; what a reader is shown comes out of these
 * bytes, never from beside them. Functions return an exit code; the complaint is printed. */
#ifndef TOOLS_ACT_DRAFT_H
#define TOOLS_ACT_DRAFT_H

#include "ledger/member.h"
#include "tools/tool.h"

enum { ACT_DRAFT_BYTES_MAX = 256 << 10 };

struct act_draft {
    struct digest chain_id;
    uint8_t type;
    uint64_t created_ms, nonce; /* nonce < 2^53 */
    struct span act;            /* canonical */
    struct approval approvals[ACT_APPROVALS_MAX];
    uint32_t approvals_count;
};
/* Of the fields `act` has for its type; created now, nonce random. The bytes live in the tool's
 * arena. */
void act_draft_make(struct tool *t, const struct digest *chain_id, const struct act *act,
                    struct act_draft *ret);
/* Form, and every approval's signature. */
int act_draft_read(struct tool *t, const char *path, struct act_draft *ret) MUST_USE;
int act_draft_write(struct tool *t, const char *path, const struct act_draft *d) MUST_USE;
void act_print(struct tool *t, const struct act *act);
void certificate_type_print(struct tool *t, const struct certificate_type *c);
/* What the act says, in words. False when its bytes are no act. */
bool act_draft_print(struct tool *t, const struct act_draft *d) MUST_USE;
/* The item of the record that `own` will sign: its own approval is left out (SPEC A1). */
void act_draft_item(struct tool *t, const struct act_draft *d, const struct pubkey *own,
                    struct item *ret);

#endif
