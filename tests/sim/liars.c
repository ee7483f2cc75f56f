/* liars.c: one lie each. A liar runs an honest replica; what it sends is changed on the way out. It has its
 * own keys and nobody else's. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

static bool odd(int to) {
    return to % 2 == 1;
}

static const struct keypair *key_of(const struct world *w, int from) {
    return &w->fixture->keys[from].consensus;
}

static void vote_replace(struct world *w, int from, struct ballot b, struct buffer *bytes) {
    struct vote v;
    vote_sign(&b, &w->fixture->genesis->chain_id, (uint8_t)from, key_of(w, from), &v);
    buffer_clear(bytes);
    vote_encode(&v, bytes);
}

static void vote_add(struct world *w, int from, int to, struct ballot b) {
    struct buffer CLEANUP(buffer_free) bytes = {0};
    buffer_init(&bytes, 512);
    vote_replace(w, from, b, &bytes);
    network_raw(w, from, to, MESSAGE_VOTE, buffer_span(&bytes));
}

static bool own_vote(int from, uint8_t type, const struct buffer *bytes, struct vote *ret) {
    if (type != MESSAGE_VOTE && type != MESSAGE_PROPOSAL) return false;
    return vote_decode(buffer_span(bytes), ret) == OK && ret->signer == from;
}

static bool everybody(struct world *w, int *to) {
    *to = (int)sim_random(w, w->nodes_count);
    return w->connected[w->liar_node][*to];
}

/* ---- silence ---- */

static bool silent(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes) {
    (void)w, (void)from, (void)to, (void)type, (void)bytes;
    return false;
}

static bool selective(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes) {
    (void)w, (void)from, (void)type, (void)bytes;
    return odd(to);
}

static bool withhold(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes) {
    (void)w, (void)from, (void)to, (void)bytes;
    return *type != MESSAGE_PAYLOAD && *type != MESSAGE_RECORDS_FOUND && *type != MESSAGE_BLOCKS;
}

/* ---- equivocation ---- */

/* Another block for the same view: the same records, made a little differently. Both halves of the validators see a
 * proposal that is valid by itself. */
static void swap_note(struct world *w, const struct digest *ours, const struct digest *theirs) {
    for (uint32_t i = 0; i < w->swaps_count && i < SIM_OLD_MESSAGES; i++)
        if (digest_equal(&w->swaps[i].ours, ours)) return;
    uint32_t at = w->swaps_count++ % SIM_OLD_MESSAGES;
    w->swaps[at].ours = *ours;
    w->swaps[at].theirs = *theirs;
}

static bool swap_find(const struct world *w, struct digest *digest) {
    for (uint32_t i = 0; i < w->swaps_count && i < SIM_OLD_MESSAGES; i++) {
        if (!digest_equal(&w->swaps[i].ours, digest)) continue;
        *digest = w->swaps[i].theirs;
        return true;
    }
    return false;
}

static void payload_rewrite(struct world *w, const struct block_header *header, struct span identities,
                            const struct digest *ours, struct buffer *bytes) {
    struct buffer CLEANUP(buffer_free) copy = {0}, rewritten = {0};
    buffer_init(&copy, 64u << 20);
    buffer_init(&rewritten, BLOCK_HEADER_BYTES_MAX);
    block_header_encode(header, &rewritten);
    struct digest theirs = block_digest(buffer_span(&rewritten));
    swap_note(w, ours, &theirs);
    struct payload_message m = {buffer_span(&rewritten), identities};
    codec_encode(&payload_message_type, &m, &copy);
    buffer_clear(bytes);
    buffer_append_span(bytes, buffer_span(&copy));
}

static bool payload_read(const struct buffer *bytes, struct block_header *header, struct span *identities,
                         struct digest *ours) {
    struct payload_message m;
    if (codec_decode(&payload_message_type, buffer_span(bytes), NULL, &m) != OK) return false;
    if (block_header_decode(m.header, header) != OK) return false;
    *identities = m.identities;
    *ours = block_digest(m.header);
    return true;
}

static bool equivocate_proposals(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes) {
    struct block_header header;
    struct span identities;
    struct digest ours;
    struct vote v;
    if (!odd(to)) return true;
    if (*type == MESSAGE_PAYLOAD && payload_read(bytes, &header, &identities, &ours) && header.proposer == from) {
        header.time_ms++;
        payload_rewrite(w, &header, identities, &ours, bytes);
    }
    if (own_vote(from, *type, bytes, &v) && swap_find(w, &v.ballot.digest)) vote_replace(w, from, v.ballot, bytes);
    return true;
}

static bool equivocate_votes(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes) {
    struct vote v;
    if (!odd(to) || !own_vote(from, *type, bytes, &v)) return true;
    struct ballot other = v.ballot;
    switch ((enum vote_kind)v.ballot.kind) {
    case VOTE_NOTARIZE:
        other.digest.b[0] ^= 1;
        vote_add(w, from, to, other);
        break;
    case VOTE_NULLIFY: return true;
    case VOTE_FINALIZE:
        other = (struct ballot){.kind = VOTE_NULLIFY, .epoch = v.ballot.epoch, .view = v.ballot.view};
        vote_add(w, from, to, other);
        break;
    }
    if (sim_chance(w, 128)) return false;
    w->conflicts += w->connected[from][to] && !w->cut[from][to] && !w->nodes[to].follower;
    return true;
}

/* Votes nullify wherever it is asked to vote at all. */
static bool nuller(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes) {
    struct vote v;
    (void)to;
    if (!own_vote(from, *type, bytes, &v)) return true;
    struct ballot other = {.kind = VOTE_NULLIFY, .epoch = v.ballot.epoch, .view = v.ballot.view};
    vote_replace(w, from, other, bytes);
    *type = MESSAGE_VOTE;
    return true;
}

/* Proposes on top of an older block, as if one or a few since had not been. */
static bool stale_parent(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes) {
    struct block_header header;
    struct span identities;
    struct digest ours;
    struct vote v;
    (void)to;
    if (*type == MESSAGE_PAYLOAD && payload_read(bytes, &header, &identities, &ours) && header.proposer == from) {
        uint64_t back = 2 + header.view % 2, parent = header.height > back ? header.height - back : 0;
        if (header.height <= 1 || parent >= SIM_HEIGHTS || (parent > 0 && !w->root_known[parent])) return true;
        header.parent = parent == 0 ? w->fixture->genesis->chain_id : w->blocks[parent];
        header.height = parent + 1;
        payload_rewrite(w, &header, identities, &ours, bytes);
    }
    if (*type == MESSAGE_PROPOSAL && own_vote(from, *type, bytes, &v) && swap_find(w, &v.ballot.digest)) {
        for (uint32_t i = 0; i < w->seen_blocks_count && i < SIM_SEEN_BLOCKS; i++)
            if (digest_equal(&w->seen_blocks[i].digest, &v.ballot.digest))
                v.ballot.parent_view = w->block_views[w->seen_blocks[i].height - 1];
        vote_replace(w, from, v.ballot, bytes);
    }
    return true;
}

/* ---- what others said ---- */

static bool replay(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes) {
    (void)from;
    uint32_t at = w->old_count++ % SIM_OLD_MESSAGES;
    struct buffer *old = &w->old[sim_random(w, SIM_OLD_MESSAGES)];
    if (old->len > 0 && sim_chance(w, 128))
        network_raw(w, from, to, w->old_type[old - w->old], buffer_span(old));
    if (sim_chance(w, 64)) { /* keeps some from the beginning on */
        buffer_free(&w->old[at]);
        buffer_init(&w->old[at], 64u << 20);
        buffer_append_span(&w->old[at], buffer_span(bytes));
        w->old_type[at] = *type;
    }
    return true;
}

static bool forge(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes) {
    struct vote v;
    if (*type == MESSAGE_CERTIFICATE && bytes->len > 80 && sim_chance(w, 60)) {
        bytes->data[bytes->len - 1 - sim_random(w, 64)] ^= 4;
        return true;
    }
    if (!own_vote(from, *type, bytes, &v) || !sim_chance(w, 60)) return true;
    struct vote as = v;
    as.signer = (uint8_t)sim_random(w, w->n);
    struct buffer CLEANUP(buffer_free) forged = {0};
    buffer_init(&forged, 512);
    vote_encode(&as, &forged);
    network_raw(w, from, to, MESSAGE_VOTE, buffer_span(&forged));
    return true;
}

static bool garbage(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes) {
    (void)from, (void)to;
    if (!sim_chance(w, 30) || bytes->len == 0) return true;
    switch (sim_random(w, 3)) {
    case 0: bytes->data[sim_random(w, bytes->len)] ^= (uint8_t)(1u << sim_random(w, 8)); break;
    case 1: bytes->len = sim_random(w, bytes->len); break;
    default: {
        const uint8_t types[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20, 21, 22, 23};
        *type = types[sim_random(w, sizeof types)];
        break;
    }
    }
    return true;
}

/* Blocks for those who catch up, each altered somewhere. */
static bool bad_blocks(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes) {
    (void)from, (void)to;
    if (*type == MESSAGE_BLOCKS && bytes->len > 0 && sim_chance(w, 200))
        bytes->data[sim_random(w, bytes->len)] ^= (uint8_t)(1u << sim_random(w, 8));
    return true;
}

/* ---- records ---- */

static int record_of(const struct world *w, struct span wire) {
    const struct fixture *f = w->fixture;
    struct digest id;
    if (record_wire_id(wire, &id) != OK) return -1;
    for (int i = 0; i < (int)w->records_count; i++)
        if (digest_equal(&f->wire_ids[i], &id)) return i;
    return -1;
}

/* Another signature over the same header for every second validator; and its own votes signed twice. */
static bool double_signer(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes) {
    struct vote v;
    if (!odd(to)) return true;
    if (own_vote(from, *type, bytes, &v)) {
        struct buffer CLEANUP(buffer_free) message = {0};
        buffer_init(&message, 256);
        ballot_message(&v.ballot, &w->fixture->genesis->chain_id, &message);
        sign_again(key_of(w, from), "suyuan/vote/v1", buffer_span(&message), &v.signature);
        buffer_clear(bytes);
        vote_encode(&v, bytes);
        return true;
    }
    if (*type != MESSAGE_RECORDS) return true;
    struct unpack u;
    struct buffer CLEANUP(buffer_free) copy = {0};
    buffer_init(&copy, 64u << 20);
    unpack_init(&u, buffer_span(bytes));
    uint32_t count = unpack_array(&u, BLOCK_RECORDS_MAX);
    pack_array(&copy, count);
    for (uint32_t i = 0; i < count; i++) {
        struct span wire = unpack_value(&u);
        int at = record_of(w, wire), twin = -1;
        for (int k = 0; k < (int)w->records_count && at >= 0; k++)
            if (w->fixture->twin_of[k] == at) twin = k;
        pack_raw(&copy, twin < 0 ? wire : buffer_span(&w->fixture->records[twin]));
    }
    buffer_clear(bytes);
    buffer_append_span(bytes, buffer_span(&copy));
    return true;
}

/* ---- time ---- */

/* Its clock jumps from one edge of what is allowed to the other, and beyond. */
static void edge_clock(struct world *w, int from) {
    int64_t drift = (int64_t)w->fixture->genesis->params.parameters.max_drift_ms;
    const int64_t skews[] = {-3 * drift, -drift, 0, drift - 30, drift, drift + 1, 5 * drift};
    w->nodes[from].skew_ms = skews[sim_random(w, sizeof skews / sizeof skews[0])];
}

/* Cosigns old checkpoints with the present time, and new ones with old or future times. */
static bool stale_heartbeat(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes) {
    struct cosignature c;
    (void)to;
    if (*type != MESSAGE_COSIGNATURE || codec_decode(&cosignature_type, buffer_span(bytes), NULL, &c) != OK) return true;
    if (c.index != from) return true;
    if (w->old[0].len == 0 || sim_chance(w, 30)) {
        buffer_free(&w->old[0]);
        buffer_init(&w->old[0], 1024);
        buffer_append_span(&w->old[0], buffer_span(bytes));
    }
    if (sim_chance(w, 128) && codec_decode(&cosignature_type, buffer_span(&w->old[0]), NULL, &c) != OK) return true;
    c.time_s = (SIM_EPOCH_MS + w->now_ms) / 1000 + sim_random(w, 20) - 10;
    const struct validator_keys *keys = &w->fixture->keys[from];
    cosignature_sign(&keys->checkpoint, &keys->log, w->fixture->genesis->origin, &c);
    buffer_clear(bytes);
    codec_encode(&cosignature_type, &c, bytes);
    return true;
}

/* ---- numbers ---- */

static bool huge(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes) {
    struct vote v;
    (void)to;
    if (*type == MESSAGE_STATUS && sim_chance(w, 128)) {
        struct status_message m = {sim_chance(w, 128) ? UINT64_MAX : 1000000, UINT64_MAX / 2, UINT64_MAX};
        buffer_clear(bytes);
        codec_encode(&status_message_type, &m, bytes);
    }
    if (own_vote(from, *type, bytes, &v) && sim_chance(w, 60)) {
        const uint64_t ahead[] = {1, 2, 64, 5000, UINT64_MAX / 2};
        v.ballot.view += ahead[sim_random(w, 5)];
        if (v.ballot.kind == VOTE_NOTARIZE && sim_chance(w, 128)) v.ballot.parent_view = v.ballot.view - 1;
        vote_replace(w, from, v.ballot, bytes);
    }
    return true;
}

/* Questions about what nobody has. */
static void huge_questions(struct world *w, int from) {
    const uint64_t numbers[] = {0, 1, 2, 100, UINT64_MAX - 1, UINT64_MAX};
    int to;
    if (!everybody(w, &to)) return;
    struct buffer CLEANUP(buffer_free) bytes = {0};
    buffer_init(&bytes, 64);
    struct pair_message m = {numbers[sim_random(w, 6)], numbers[sim_random(w, 6)]};
    bool blocks = sim_chance(w, 128);
    if (!blocks) m.second = 1 + sim_random(w, 3);
    codec_encode(&pair_message_type, &m, &bytes);
    network_raw(w, from, to, blocks ? MESSAGE_BLOCK_FETCH : MESSAGE_CERTIFICATE_FETCH, buffer_span(&bytes));
}

static const struct liar silent_liar = {"silent", silent, NULL};
static const struct liar selective_liar = {"selective", selective, NULL};
static const struct liar withhold_liar = {"withhold", withhold, NULL};
static const struct liar proposals_liar = {"equivocate-proposals", equivocate_proposals, NULL};
static const struct liar votes_liar = {"equivocate-votes", equivocate_votes, NULL};
static const struct liar nuller_liar = {"nuller", nuller, NULL};
static const struct liar parent_liar = {"stale-parent", stale_parent, NULL};
static const struct liar replay_liar = {"replay", replay, NULL};
static const struct liar forge_liar = {"forge", forge, NULL};
static const struct liar garbage_liar = {"garbage", garbage, NULL};
static const struct liar blocks_liar = {"bad-blocks", bad_blocks, NULL};
static const struct liar signer_liar = {"double-signer", double_signer, NULL};
static const struct liar clock_liar = {"edge-clock", NULL, edge_clock};
static const struct liar heartbeat_liar = {"stale-heartbeat", stale_heartbeat, NULL};
static const struct liar huge_liar = {"huge", huge, huge_questions};

const struct liar *const liars[] = {
    &silent_liar, &selective_liar, &withhold_liar, &proposals_liar, &votes_liar,
    &nuller_liar, &parent_liar,    &replay_liar,   &forge_liar,     &garbage_liar,
    &blocks_liar, &signer_liar,    &clock_liar,    &heartbeat_liar, &huge_liar,
};
const uint32_t liars_count = sizeof liars / sizeof liars[0];
