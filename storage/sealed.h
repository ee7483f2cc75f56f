/* sealed.h: what opens hidden values on this node (docs/spec.md section U): sealed files, wraps and keys, in one SQLite file beside the
 * store, encrypted under keys that can be destroyed (storage/slots.h, the file with ".slots" at its end). LevelDB never sees them: it keeps
 * what was deleted until it compacts, and its log longer.
 *
 * Promises.
 *   1. When sealed_delete has said OK, no byte of what it deleted stands in any file of the node. Its slot is overwritten first: from then on
 *      what is left of the rows opens for nobody. Then the rows go: SQLite zeroes what it frees (secure_delete), and its write-ahead log is
 *      checkpointed and truncated before the call returns. A crash in between leaves rows without a key; deletions since sealed_swept are
 *      told again.
 *   2. What sealed_put has said OK to is on the disk. The first sealed file of a record and tier stands.
 *   3. Nothing comes back: a file or key that was checked against an older ledger than the one whose deletions were carried out last is
 *      not taken (ERR_BUSY: check again).
 *   4. Bounded: SEALED_MIB_MAX of disk, SEALED_RECIPIENTS_MAX keys for a record and tier.
 *
 * What may stand here is the caller's to check (U3 to U7), and so is who may have it. The disk below may keep old bytes (copy on write,
 * flash): docs/threats.md.
 *
 * Threads: any, at the same time; one at a time inside. Calls block on the disk: not for a loop.
 * Failure of the disk: ERR_SEALED_STORE, and the next call tries again.
 */
#ifndef STORAGE_SEALED_H
#define STORAGE_SEALED_H

#include "trace/sealed.h"

enum { SEALED_ERROR_BYTES = 256, SEALED_SECRET_BYTES_MAX = WRAP_BYTES };

struct sealed_store;
/* Makes the file if it is not there (mode 0600). mib: at most so many on disk; 0: SEALED_MIB_MAX. NULL: ret_error says why, another chain's
 * file among the reasons. */
struct sealed_store *sealed_store_open(const char *path, const struct digest *chain_id, uint32_t mib, char ret_error[SEALED_ERROR_BYTES]);
void sealed_store_close(struct sealed_store *s); /* accepts NULL */

/* seen: the size of the log that the file was checked against. The same file again is OK. ERR_SEALED_EXISTS, ERR_SEALED_ROOM, ERR_BUSY. */
enum err sealed_put(struct sealed_store *s, const struct sealed_of *of, struct span file, uint64_t seen) MUST_USE;
/* Replaces ret. ERR_SEALED_ABSENT. */
enum err sealed_get(struct sealed_store *s, const struct sealed_of *of, struct buffer *ret) MUST_USE;

/* Adds the keys of a key file; those of recipients who have one stay as they are. ERR_SEALED_ABSENT: no sealed file is held;
 * ERR_SEALED_EXISTS: it is another one; ERR_SEALED_RECIPIENTS, ERR_SEALED_ROOM, ERR_BUSY. */
enum err sealed_put_keys(struct sealed_store *s, const struct sealed_of *of, const struct sealed_keys *keys, uint64_t seen) MUST_USE;
/* The wrap for a recipient, or the key of tier 3 (recipient zero). ERR_SEALED_ABSENT: no sealed file is held; ERR_SEALED_NO_KEY. */
enum err sealed_get_key(struct sealed_store *s, const struct sealed_of *of, const struct pubkey *recipient,
                        uint8_t ret[SEALED_SECRET_BYTES_MAX], size_t *ret_len) MUST_USE;

struct sealed_held {
    bool file;
    uint64_t bytes;
    uint32_t keys;
};
/* Of tier i + 1 at i. */
enum err sealed_held(struct sealed_store *s, const struct digest *wire_id, struct sealed_held ret[3]) MUST_USE;

/* Destroys what is held of these tiers (deletion_bit). ret_had: there was something. */
enum err sealed_delete(struct sealed_store *s, const struct digest *wire_id, uint8_t tiers, bool *ret_had) MUST_USE;
/* Deletions below this size of the log were carried out. Never goes back. */
uint64_t sealed_swept(struct sealed_store *s);
/* After some were: written down. */
enum err sealed_swept_to(struct sealed_store *s, uint64_t size) MUST_USE;

struct sealed_totals {
    uint64_t files, keys, bytes; /* held now; bytes: of the file */
    uint64_t destroyed;          /* sealed files, since it was opened */
};
void sealed_totals(struct sealed_store *s, struct sealed_totals *ret);

#endif
