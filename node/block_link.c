#include "node/block_link.h"

#include "consensus/quorum_certificate.h"

/* SPEC B7: the certificate names this digest; at this view, or as the finalization of a repeat at a later one. */
static enum err certificate_fits(const struct genesis *g, struct span in, const struct block_header *header,
                                 const struct digest *digest, bool *ret_final) {
    struct certificate c;
    enum err e = certificate_decode(in, g->validators.count, &c);
    if (e != OK) return e;
    bool here = c.ballot.view == header->view && c.ballot.kind != VOTE_NULLIFY;
    bool repeat = c.ballot.view > header->view && c.ballot.kind == VOTE_FINALIZE;
    if ((!here && !repeat) || c.ballot.epoch != header->epoch || !digest_equal(&c.ballot.digest, digest)) return ERR_LINK;
    e = certificate_check(&c, &g->chain_id, &g->validators);
    if (e == OK) *ret_final = c.ballot.kind == VOTE_FINALIZE;
    return e;
}

static enum err jump_fits(const struct genesis *g, struct span in, const struct block_header *header, uint64_t parent_view) {
    struct unpack u;
    unpack_init(&u, in);
    if (parent_view >= header->view) return ERR_LINK;
    uint64_t between = header->view - parent_view - 1;
    if (between > VIEWS_JUMPED_MAX) return ERR_LINK;
    if (unpack_array(&u, VIEWS_JUMPED_MAX) != between) return u.err != OK ? u.err : ERR_LINK;
    for (uint64_t v = parent_view + 1; v < header->view; v++) {
        struct certificate c;
        if (!certificate_read(&u, g->validators.count, &c)) return u.err;
        bool repeat = c.ballot.kind != VOTE_NULLIFY && digest_equal(&c.ballot.digest, &header->parent);
        if (c.ballot.view != v || c.ballot.epoch != header->epoch || (c.ballot.kind != VOTE_NULLIFY && !repeat)) return ERR_LINK;
        enum err e = certificate_check(&c, &g->chain_id, &g->validators);
        if (e != OK) return e;
    }
    return unpack_end(&u);
}

enum err block_link_check(const struct genesis *g, const struct stored_block *block, const struct block_header *header,
                          uint64_t parent_view, bool *ret_final) {
    struct digest digest = block_digest(block->header_bytes);
    enum err e = certificate_fits(g, block->certificate, header, &digest, ret_final);
    return e != OK ? e : jump_fits(g, block->nullifications, header, parent_view);
}
