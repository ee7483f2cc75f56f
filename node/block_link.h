/* block_link.h: does a stored block (SPEC B7) carry what makes it part of a chain? Its certificate, and for every view between its parent and
 * itself a nullification or the certificate of a repeat. Asked of blocks that peers send, and of the own store when it is checked at start.
 *
 * Pure; checks every signature. Errors: ERR_LINK, ERR_CERTIFICATE_FORM, ERR_SIGNATURE, ERR_CODEC_*.
 */
#ifndef NODE_BLOCK_LINK_H
#define NODE_BLOCK_LINK_H

#include "genesis/genesis.h"
#include "ledger/block.h"

/* `header` is the block's own, decoded. ret_final: the certificate is a finalization. */
enum err block_link_check(const struct genesis *g, const struct stored_block *block, const struct block_header *header,
                          uint64_t parent_view, bool *ret_final) MUST_USE;

#endif
