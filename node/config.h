/* config.h: what an operator says to one node: an INI file, and flags that say the same again. Reads files, nothing else.
 *
 *   [node]
 *   data = /var/lib/suyuan              directory of store and journal; made when absent
 *   genesis = /etc/suyuan/genesis       genesis file (SPEC G3); never anything that all nodes must agree on stands here
 *   key = /etc/suyuan/validator.key     seed file; a validator's makes a validator, any other a follower; without one the
 *                                       node is a follower and makes DATA/follower.key
 *   log = info                          debug, info, warn, error
 *   check = sample                      how much of the store is checked at start: head, sample (64 heights), full (every height)
 *   [peers]
 *   listen = 0.0.0.0:7700               may stand several times, as may peer and follower
 *   peer = agri.example:7700            a validator (its key is in genesis)
 *   peer = mirror.example:7700 KEY      another node to sync from; KEY = its transport public key, 64 hex digits
 *   follower = KEY                      a follower that may connect here
 *   [http]
 *   listen = 127.0.0.1:7780             "off" for none
 *   scans_per_minute = 120              reports of scans from one address; 0: as many as come
 *   scans_anchored_by = SUBJECT         who anchors the tallies of scans, for /metrics
 *   [limits]                            each may only narrow base/limits.h
 *   pool_records, pool_bytes, peers, http_connections
 *   journal_segment_bytes, cache_bytes, leaves_bytes, verify_threads, read_threads
 *
 * An address is HOST:PORT or [IPV6]:PORT. A key file is that of base/key_file.h.
 *
 * Flags override the file: the first --listen, --peer, --follower or --http on the command line replaces the file's list, further ones add.
 *
 * Errors: ERR_CONFIG_*; the refusal names file, line and name. The struct may then be half changed and is not to be used.
 */
#ifndef NODE_CONFIG_H
#define NODE_CONFIG_H

#include "base/crypto.h"
#include "trace/subject.h"
#include "base/limits.h"
#include "base/log.h"

enum {
    CONFIG_PATH_BYTES = 1024,
    CONFIG_HOST_BYTES = 256,
    CONFIG_LISTEN_MAX = 8,
    CONFIG_FILE_BYTES_MAX = 1 << 20,
};

/* In the order of enum recover_level (storage/recover.h). */
enum config_check_level { CONFIG_CHECK_HEAD, CONFIG_CHECK_SAMPLE, CONFIG_CHECK_FULL };

struct config_address {
    char host[CONFIG_HOST_BYTES];
    uint16_t port; /* 0: any free one, for tests */
};

struct config_peer {
    struct config_address address;
    bool has_key;
    struct pubkey key;
};

struct config {
    char data_directory[CONFIG_PATH_BYTES];
    char genesis_file[CONFIG_PATH_BYTES];
    char key_file[CONFIG_PATH_BYTES]; /* "": none */
    enum log_level log_level;
    enum config_check_level check;

    struct config_address listen[CONFIG_LISTEN_MAX];
    uint32_t listen_count;
    struct config_peer peers[PEERS_MAX];
    uint32_t peers_count;
    struct pubkey followers[PEERS_MAX];
    uint32_t followers_count;
    struct config_address http[CONFIG_LISTEN_MAX];
    uint32_t http_count;
    uint64_t scans_per_minute;
    char scans_anchored_by[SUBJECT_ID_BYTES_MAX + 1]; /* "": not told */

    uint64_t pool_records_max, pool_bytes_max;
    uint64_t peers_max, http_connections_max;
    uint64_t journal_segment_bytes, cache_bytes, leaves_bytes_max;
    uint64_t verify_threads, read_threads;

    uint32_t overridden; /* lists that a flag has replaced already: one bit per list */
};

void config_default(struct config *ret);
/* The text of a file; `name` is for messages. */
enum err config_parse(const char *name, struct span text, struct config *c, struct refusal *ret_refusal) MUST_USE;
enum err config_read(const char *path, struct config *c, struct refusal *ret_refusal) MUST_USE;
/* One setting, as if `name = value` stood in `section`. */
enum err config_set(struct config *c, const char *section, const char *name, const char *value,
                    struct refusal *ret_refusal) MUST_USE;
/* The same from the command line. */
enum err config_override(struct config *c, const char *section, const char *name, const char *value,
                         struct refusal *ret_refusal) MUST_USE;
/* Is everything there that a node needs? */
enum err config_check(const struct config *c, struct refusal *ret_refusal) MUST_USE;

enum err config_address_parse(const char *text, struct config_address *ret) MUST_USE;

/* A whole file, appended, up to the buffer's bound (ret->overflow when it is longer); false with errno. */
bool config_file_read(const char *path, struct buffer *ret) MUST_USE;

#endif
