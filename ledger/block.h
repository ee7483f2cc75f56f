/* block.h: blocks (SPEC B) and what execution leaves of them in the log (SPEC X4, X5, G8).
 *
 * Certificates and nullifications are consensus' business: here they are canonical values carried
 * along unread. Errors: ERR_BLOCK_*, ERR_CODEC_*. Lists live in the arena, spans borrow from the
 * input.
 */
#ifndef LEDGER_BLOCK_H
#define LEDGER_BLOCK_H

#include "ledger/params.h"
#include "ledger/record.h"
#include "ledger/result.h"
#include "ledger/status.h"

enum {
    BLOCK_HEADER_BYTES_MAX = 256,
    BLOCK_CERTIFICATE_BYTES_MAX = 16 << 10,
    BLOCK_NULLIFICATIONS_BYTES_MAX = 40 << 20
};

struct block_header {
    uint8_t version;
    struct digest chain_id;
    uint64_t epoch, view, height;
    struct digest parent;
    uint32_t payload_count;
    struct digest payload_root;
    uint64_t time_ms;
    uint8_t proposer, flags;
};
extern const struct type block_header_type;

enum err block_header_decode(struct span in, struct block_header *ret) MUST_USE;
void block_header_encode(const struct block_header *header, struct buffer *out);
struct digest block_digest(struct span header_bytes);                             /* B2 */
struct digest block_payload_root(const struct digest wire_ids[], uint32_t count); /* B3 */

/* What a block's header says by itself and against its parent (B1, B4 but for the leader): version,
 * chain, height, parent digest, time, view, epoch, flags, payload count. The caller checks the
 * leader and B5. */
enum err block_header_check(const struct ledger_params *params, const struct block_header *header,
                            const struct block_header *parent,
                            const struct digest *parent_digest) MUST_USE;
/* The genesis block's place as a parent (G9). */
void block_header_genesis(const struct digest *chain_id, uint64_t created_ms,
                          struct block_header *ret);

/* B7 */
struct stored_block {
    struct span header_bytes;
    struct digest *wire_ids;
    uint32_t wire_ids_count;
    struct span certificate;    /* canonical value */
    struct span nullifications; /* canonical array */
};
/* Form, and that the wire ids are distinct and match the header's count and root. */
enum err stored_block_decode(struct span in, struct arena *arena, struct stored_block *ret,
                             struct block_header *ret_header) MUST_USE;
void stored_block_encode(const struct stored_block *block, struct buffer *out);
/* B3, B6: the wire forms are these ids in this order, within the block's size. Hashes every record.
 */
enum err block_records_check(const struct ledger_params *params, const struct digest wire_ids[],
                             uint32_t count, const struct span records[],
                             uint32_t records_count) MUST_USE;

/* X5, without the type byte 0x02 */
struct block_leaf {
    uint8_t version;
    uint64_t epoch, height;
    struct digest block;
    uint64_t time_ms;
    uint32_t results_count;
    struct digest results_root;
    uint64_t status_count;
    struct digest status_root;
};
extern const struct type block_leaf_type;
void block_leaf_encode(const struct block_leaf *leaf, struct buffer *out); /* with the type byte */
enum err block_leaf_decode(struct span leaf, struct block_leaf *ret) MUST_USE;

/* G8, without the type byte 0x00 */
struct genesis_leaf {
    uint8_t version;
    struct digest validators_digest, rest_digest;
    uint64_t status_count;
    struct digest status_root;
};
extern const struct type genesis_leaf_type;
void genesis_leaf_encode(const struct genesis_leaf *leaf, struct buffer *out);
enum err genesis_leaf_decode(struct span leaf, struct genesis_leaf *ret) MUST_USE;

#endif
