/* replica_propose.c: stations 4 and 5: propose, check. Reads the bytes, ancestors' headers and values constant
 * for the epoch; no state. */
#include <stdlib.h>
#include <string.h>

#include "consensus/plant.h"
#include "node/replica_state.h"

struct payload *payload_find(const struct replica *r, const struct digest *digest) {
    return digest_map_get(&r->payloads, digest);
}

/* The header of the newest executed block, or of one that is final or proposed above it; NULL when it is not
 * known (yet). */
const struct block_header *header_of(const struct replica *r, const struct digest *digest) {
    if (digest_equal(digest, &r->executed_digest)) return &r->executed_header;
    const struct payload *p = payload_find(r, digest);
    return p == NULL ? NULL : &p->header;
}

static void payload_free(struct replica *r, struct payload *p) {
    for (uint32_t i = 0; i < p->count; i++)
        if (p->held[i]) pool_release(&r->pool, &p->wire_ids[i]);
    digest_map_remove(&r->payloads, &p->digest);
    free(p);
}

static bool is_final(const struct replica *r, const struct digest *digest) {
    for (uint32_t i = 0; i < r->finals_count; i++)
        if (digest_equal(&r->finals[i]->digest, digest)) return true;
    return false;
}

/* Final, or from a peer who says that it is. */
static bool is_kept(const struct replica *r, const struct payload *p) {
    for (const struct synced_block *s = r->synced_first; s != NULL; s = s->next)
        if (s->payload == p) return true;
    return is_final(r, &p->digest);
}

/* Proposals that nobody certified go first; what is final stays until its block is committed. */
static void payloads_bound(struct replica *r) {
    while (r->payloads.count >= PAYLOADS_MAX) {
        struct payload *oldest = NULL, *p;
        size_t at = 0;
        while ((p = digest_map_next(&r->payloads, &at, NULL)) != NULL) {
            if (is_kept(r, p)) continue;
            if (oldest == NULL || (oldest->wanted && !p->wanted) ||
                (oldest->wanted == p->wanted && p->added < oldest->added))
                oldest = p;
        }
        if (oldest == NULL) return;
        payload_free(r, oldest);
    }
}

void payloads_drop_below(struct replica *r, uint64_t view) {
    struct payload *drop[PAYLOADS_MAX], *p;
    size_t at = 0;
    uint32_t count = 0;
    while ((p = digest_map_next(&r->payloads, &at, NULL)) != NULL)
        if (p->header.view <= view && !is_kept(r, p) && count < PAYLOADS_MAX) drop[count++] = p;
    for (uint32_t i = 0; i < count; i++)
        payload_free(r, drop[i]);
}

static bool identities_distinct(const struct digest ids[], uint32_t count, uint64_t salt) {
    struct digest_map CLEANUP(digest_map_free) seen = {0};
    digest_map_init(&seen, salt);
    for (uint32_t i = 0; i < count; i++)
        if (digest_map_put(&seen, &ids[i], (void *)(uintptr_t)&ids[i]) != NULL) return false;
    return true;
}

struct payload *payload_add(struct replica *r, struct span header_bytes, struct span identities) {
    struct block_header header;
    uint32_t count = (uint32_t)(identities.len / sizeof(struct digest));
    if (identities.len % sizeof(struct digest) != 0 || block_header_decode(header_bytes, &header) != OK) return NULL;
    if (count == 0 || count != header.payload_count || count > r->genesis->params.parameters.block_records) return NULL;
    struct digest digest = block_digest(header_bytes);
    struct payload *known = payload_find(r, &digest);
    if (known != NULL) return known;
    struct digest root = block_payload_root((const struct digest *)(const void *)identities.data, count);
    if (!digest_equal(&root, &header.payload_root)) return NULL; /* says nothing about the block of this digest */
    payloads_bound(r);
    struct payload *p = check_alloc(1, sizeof *p + identities.len + header_bytes.len + count);
    p->wire_ids = (struct digest *)(void *)(p + 1);
    memcpy(p->wire_ids, identities.data, identities.len);
    uint8_t *header_copy = (uint8_t *)(p->wire_ids + count);
    memcpy(header_copy, header_bytes.data, header_bytes.len);
    p->held = (bool *)(header_copy + header_bytes.len);
    p->header_bytes = span_of(header_copy, header_bytes.len);
    p->digest = digest;
    p->header = header;
    p->count = count;
    p->added = ++r->payloads_added;
    p->bad = !identities_distinct(p->wire_ids, count, r->random);
    digest_map_put(&r->payloads, &digest, p);
    return p;
}

/* What was found once is held: so the search goes on where it stopped. */
bool payload_complete(const struct replica *r, struct payload *p) {
    for (; p->found < p->count; p->found++) {
        if (p->held[p->found]) continue; /* it was lent before its turn */
        struct pool_record *record = pool_find(&r->pool, &p->wire_ids[p->found]);
        if (record == NULL) return false;
        pool_hold(record);
        p->held[p->found] = true;
    }
    return true;
}

/* No record with this wire identity is well formed: neither is a block that names it (SPEC R9). */
void record_malformed(struct replica *r, const struct digest *wire_id) {
    struct payload *p;
    size_t at = 0;
    while ((p = digest_map_next(&r->payloads, &at, NULL)) != NULL)
        for (uint32_t i = 0; i < p->count; i++)
            if (digest_equal(&p->wire_ids[i], wire_id)) p->bad = true;
}

static void encode_payload(const struct payload *p, struct buffer *out) {
    struct payload_message m = {p->header_bytes, span_of(p->wire_ids, p->count * sizeof(struct digest))};
    codec_encode(&payload_message_type, &m, out);
}

void payload_send(struct replica *r, const struct payload *p, uint64_t peer) {
    struct buffer CLEANUP(buffer_free) bytes = {0};
    buffer_init(&bytes, p->count * sizeof(struct digest) + 512);
    encode_payload(p, &bytes);
    if (peer == PEER_NONE)
        send_validators(r, MESSAGE_PAYLOAD, buffer_span(&bytes));
    else
        send_to(r, peer, MESSAGE_PAYLOAD, buffer_span(&bytes));
}

/* Before we vote for it, the whole block is in the journal: then a quorum of voters can rebuild it after any
 * crash. */
void payload_journal(struct replica *r, struct payload *p) {
    if (p->journalled || !r->validator || PLANT_PAYLOAD_NOT_JOURNALLED) return;
    struct buffer CLEANUP(buffer_free) bytes = {0};
    buffer_init(&bytes, BLOCK_BYTES_MAX + (1 << 20));
    pack_array(&bytes, 3);
    pack_bytes(&bytes, p->header_bytes);
    pack_bytes(&bytes, span_of(p->wire_ids, p->count * sizeof(struct digest)));
    pack_array(&bytes, p->count);
    for (uint32_t i = 0; i < p->count; i++) {
        const struct pool_record *record = pool_find(&r->pool, &p->wire_ids[i]);
        CHECK(record != NULL);
        pack_raw(&bytes, record->bytes);
    }
    p->journalled = true;
    journal_add(r, JOURNAL_PAYLOAD, buffer_span(&bytes), p->header.view);
}

uint64_t payload_recover(struct replica *r, struct span body) {
    struct unpack u;
    unpack_init(&u, body);
    if (unpack_array(&u, 3) != 3) return 0;
    struct span header = unpack_bytes(&u, BLOCK_HEADER_BYTES_MAX);
    struct span identities = unpack_bytes(&u, BLOCK_RECORDS_MAX * sizeof(struct digest));
    uint32_t count = unpack_array(&u, BLOCK_RECORDS_MAX);
    struct payload *p = u.err == OK ? payload_add(r, header, identities) : NULL;
    if (p == NULL || count != p->count) return 0;
    for (uint32_t i = 0; i < count; i++) {
        struct span wire = unpack_value(&u);
        struct record_header fields;
        struct unpack w;
        if (u.err != OK) return 0;
        unpack_init(&w, wire);
        (void)unpack_array(&w, 3);
        struct span record_header = unpack_bytes(&w, RECORD_HEADER_BYTES_MAX);
        if (w.err != OK || record_header_decode(record_header, &fields) != OK) return 0;
        struct digest id = record_id_of(record_header);
        bool lent = pool_lend(&r->pool, &p->wire_ids[i], &id, wire, fields.expires_ms, r->now_ms);
        (void)payload_complete(r, p); /* holds it from here on */
        if (lent) pool_release(&r->pool, &p->wire_ids[i]);
    }
    p->journalled = true;
    return p->header.view;
}

/* --- propose --- */

static void exclude_payload(const struct payload *p, struct digest_map *out) {
    for (uint32_t k = 0; k < p->count; k++)
        digest_map_put(out, &p->wire_ids[k], p->wire_ids);
}

/* Records of unfinal ancestors and of final blocks not yet committed are not proposed again. False: not all of them are known. */
static bool exclude_ancestors(const struct replica *r, const struct digest *parent, struct digest_map *out) {
    struct digest at = *parent;
    for (uint32_t i = 0; i < PIPELINE_BLOCKS_MAX && !digest_equal(&at, &r->tip_digest); i++) {
        const struct payload *p = payload_find(r, &at);
        if (p == NULL) return false;
        exclude_payload(p, out);
        at = p->header.parent;
    }
    /* A final block that waits for its records or its link has not taken them out of the pool yet; and one that was lent to it may have
     * been admitted since. */
    for (uint32_t i = 0; i < r->finals_count; i++) {
        const struct payload *p = payload_find(r, &r->finals[i]->digest);
        if (p == NULL) return false;
        exclude_payload(p, out);
    }
    return true;
}

static bool within_pipeline(const struct replica *r, uint64_t height) {
    return PLANT_NO_PIPELINE_BOUND || height <= r->attested.height + r->genesis->params.parameters.pipeline_blocks;
}

static uint32_t gather(struct replica *r, const struct digest *parent, struct digest ids[]) {
    const struct parameters *limits = &r->genesis->params.parameters;
    struct digest_map CLEANUP(digest_map_free) excluded = {0};
    digest_map_init(&excluded, r->random);
    if (!exclude_ancestors(r, parent, &excluded)) return 0;
    uint32_t count = 0;
    uint64_t bytes = 0;
    for (const struct pool_record *p = pool_first(&r->pool); p != NULL && count < limits->block_records; p = p->newer) {
        if (p->expires_ms <= r->time_ms || digest_map_get(&excluded, &p->wire_id) != NULL) continue;
        if (bytes + p->bytes.len > limits->block_bytes) break;
        bytes += p->bytes.len;
        ids[count++] = p->wire_id;
    }
    return count;
}

void build(struct replica *r, const struct ballot *b) {
    struct consensus_input in = {.kind = CONSENSUS_BUILT, .view = b->view, .none = true};
    const struct block_header *parent = header_of(r, &b->digest);
    struct digest *ids = check_alloc(BLOCK_RECORDS_MAX, sizeof *ids);
    uint32_t count = 0;
    if (may_sign(r) && parent != NULL && within_pipeline(r, parent->height + 1)) count = gather(r, &b->digest, ids);
    if (count > 0) {
        struct block_header header = {
            .version = 1, .chain_id = r->genesis->chain_id, .epoch = 0, .view = b->view, .height = parent->height + 1,
            .parent = b->digest, .payload_count = count, .payload_root = block_payload_root(ids, count),
            .time_ms = r->time_ms > parent->time_ms ? r->time_ms : parent->time_ms + 1,
            .proposer = r->config.validator};
        struct buffer CLEANUP(buffer_free) bytes = {0};
        buffer_init(&bytes, BLOCK_HEADER_BYTES_MAX);
        block_header_encode(&header, &bytes);
        struct payload *p = payload_add(r, buffer_span(&bytes), span_of(ids, count * sizeof *ids));
        CHECK(p != NULL && !p->bad);
        p->wanted = true;
        payload_journal(r, p);
        r->gather_until_ms = 0;
        in.none = false;
        in.digest = p->digest;
    }
    free(ids);
    consensus_queue(r, in, NULL);
}

/* --- check --- */

static void verdict(struct replica *r, struct payload *p, bool valid) {
    p->check_asked = false;
    consensus_queue(r, (struct consensus_input){.kind = CONSENSUS_VERDICT, .view = p->check_view,
                                                .digest = p->digest, .valid = valid}, NULL);
}

/* Everything that the header says, that can be decided now. ret_wait: not yet, which is not invalid. */
static bool header_valid(struct replica *r, const struct payload *p, bool *ret_wait) {
    *ret_wait = false;
    const struct block_header *parent = header_of(r, &p->check_parent);
    if (parent == NULL) {
        *ret_wait = true;
        return true;
    }
    if (block_header_check(&r->genesis->params, &p->header, parent, &p->check_parent) != OK) return false;
    if (p->header.view != p->check_view || p->header.proposer != consensus_leader(r->consensus, p->check_view)) return false;
    /* SPEC B5: "When voting, time <= own clock + max drift, else the block is pending, not invalid." */
    if (!PLANT_ANY_TIME && p->header.time_ms > r->time_ms + r->genesis->params.parameters.max_drift_ms) *ret_wait = true;
    if (!within_pipeline(r, p->header.height)) *ret_wait = true;
    if (*ret_wait && PLANT_PENDING_IS_INVALID) return false;
    return true;
}

static bool size_valid(struct replica *r, const struct payload *p) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < p->count; i++)
        bytes += pool_find(&r->pool, &p->wire_ids[i])->bytes.len;
    return bytes <= r->genesis->params.parameters.block_bytes; /* SPEC B6 */
}

static void fetch_from(struct replica *r, struct payload *p, uint64_t peer) {
    struct buffer CLEANUP(buffer_free) ids = {0};
    buffer_init(&ids, BLOCK_RECORDS_MAX * sizeof(struct digest));
    for (uint32_t i = 0; i < p->count; i++)
        if (pool_find(&r->pool, &p->wire_ids[i]) == NULL && digest_map_get(&r->verifying, &p->wire_ids[i]) == NULL)
            buffer_append(&ids, p->wire_ids[i].b, sizeof p->wire_ids[i].b);
    p->fetch_at_ms = r->now_ms + r->genesis->params.parameters.delta_ms;
    if (ids.len > 0) send_to(r, peer, MESSAGE_RECORD_FETCH, buffer_span(&ids));
}

/* What is missing is mostly on its way: the payload overtakes it. Then who proposed the block is asked, who has it all; then anybody. */
static void fetch_missing(struct replica *r, struct payload *p) {
    if (p->fetch_at_ms == 0) p->fetch_at_ms = r->now_ms + FETCH_MS;
    if (r->now_ms < p->fetch_at_ms) return;
    uint64_t peer = random_peer(r);
    for (uint32_t i = 0; i < r->peers_count && !p->proposer_asked; i++)
        if (r->peers[i].validator == p->header.proposer) peer = r->peers[i].id;
    p->proposer_asked = true;
    fetch_from(r, p, peer);
}

/* An answer holds only so much: the rest is asked for at once, where it came from; not when it brought nothing new. */
void payloads_fetch_on(struct replica *r, uint64_t peer) {
    struct payload *p;
    size_t at = 0;
    while ((p = digest_map_next(&r->payloads, &at, NULL)) != NULL)
        if ((p->wanted || p->check_asked) && !p->bad && p->fetch_at_ms != 0 && !payload_complete(r, p)) fetch_from(r, p, peer);
}

static void progress_one(struct replica *r, struct payload *p) {
    if (!p->wanted && !p->check_asked) return;
    if (!p->bad && !payload_complete(r, p)) {
        fetch_missing(r, p);
        return;
    }
    if (!p->bad && !size_valid(r, p)) p->bad = true;
    if (p->check_asked) {
        bool wait;
        bool valid = !p->bad && header_valid(r, p, &wait);
        if (valid && wait) return;
        if (valid) payload_journal(r, p);
        verdict(r, p, valid);
    }
    if (p->wanted && !p->bad) {
        payload_journal(r, p);
        p->wanted = false;
        consensus_queue(r, (struct consensus_input){.kind = CONSENSUS_PAYLOAD, .digest = p->digest}, NULL);
    }
}

void payloads_progress(struct replica *r) {
    struct payload *p;
    size_t at = 0;
    while ((p = digest_map_next(&r->payloads, &at, NULL)) != NULL)
        progress_one(r, p);
}

void payloads_hold(struct replica *r, struct pool_record *record) {
    struct payload *p;
    size_t at = 0;
    while ((p = digest_map_next(&r->payloads, &at, NULL)) != NULL)
        for (uint32_t i = p->found; i < p->count; i++) {
            if (p->held[i] || !digest_equal(&p->wire_ids[i], &record->wire_id)) continue;
            pool_hold(record);
            p->held[i] = true;
        }
}

uint64_t payloads_deadline(const struct replica *r) {
    uint64_t least = UINT64_MAX;
    struct payload *p;
    size_t at = 0;
    while ((p = digest_map_next(&r->payloads, &at, NULL)) != NULL) {
        if (!p->wanted && !p->check_asked) continue;
        uint64_t due = payload_complete(r, p) ? r->now_ms + 10 : p->fetch_at_ms; /* waits for a clock or for attestation */
        if (due < least) least = due;
    }
    return least;
}

void want_payload(struct replica *r, const struct digest *digest) {
    struct payload *p = payload_find(r, digest);
    if (p != NULL && !p->bad) {
        p->wanted = true;
        return;
    }
    if (digest_equal(digest, &r->tip_digest)) { /* a repeat of what is final: there is nothing to hold */
        consensus_queue(r, (struct consensus_input){.kind = CONSENSUS_PAYLOAD, .digest = *digest}, NULL);
        return;
    }
    struct buffer CLEANUP(buffer_free) bytes = {0};
    buffer_init(&bytes, 64);
    pack_array(&bytes, 1);
    pack_bytes(&bytes, span_of(digest->b, sizeof digest->b));
    send_to(r, random_peer(r), MESSAGE_PAYLOAD_FETCH, buffer_span(&bytes));
}

void check_proposal(struct replica *r, const struct consensus_output *o) {
    struct payload *p = payload_find(r, &o->ballot.digest);
    if (p == NULL) {
        /* The payload goes ahead of the proposal on every link: it was lost, or it is withheld. Anybody may
         * have it. */
        want_payload(r, &o->ballot.digest);
    }
    r->check_view = o->ballot.view;
    r->check_digest = o->ballot.digest;
    r->check_parent = o->parent_digest;
    if (p == NULL) return;
    p->check_asked = true;
    p->check_view = o->ballot.view;
    p->check_parent = o->parent_digest;
}

void on_payload_message(struct replica *r, const struct replica_input *in) {
    struct payload_message m;
    if (codec_decode(&payload_message_type, in->bytes, NULL, &m) != OK) {
        drop_peer(r, in->peer, ERR_MESSAGE_FORM);
        return;
    }
    struct block_header header;
    if (block_header_decode(m.header, &header) != OK) {
        drop_peer(r, in->peer, ERR_PAYLOAD);
        return;
    }
    /* Windows before work: far views are not stored. Votes for them come with certificates, and then the
     * payload is fetched. */
    if (header.view <= consensus_final_view(r->consensus) && !r->finals_count) return;
    if (header.view > consensus_view(r->consensus) + 1) return;
    struct payload *p = payload_add(r, m.header, m.identities);
    if (p == NULL) {
        drop_peer(r, in->peer, ERR_PAYLOAD);
        return;
    }
    r->work_dirty = true; /* it may be the parent that a proposal of ours waits for */
    if (digest_equal(&p->digest, &r->check_digest) && !p->check_asked && r->check_view == header.view) {
        p->check_asked = true;
        p->check_view = r->check_view;
        p->check_parent = r->check_parent;
        memset(&r->check_digest, 0, sizeof r->check_digest);
    }
    const struct certificate *n = consensus_certificate(r->consensus, header.view, VOTE_NOTARIZE);
    if (n == NULL) n = consensus_certificate(r->consensus, header.view, VOTE_FINALIZE);
    if (n != NULL && digest_equal(&n->ballot.digest, &p->digest)) p->wanted = true;
    if (is_final(r, &p->digest)) p->wanted = true;
}

void on_payload_fetch(struct replica *r, const struct replica_input *in) {
    struct unpack u;
    struct digest digest;
    unpack_init(&u, in->bytes);
    uint32_t count = unpack_array(&u, 1);
    unpack_fixed(&u, digest.b, sizeof digest.b);
    if (unpack_end(&u) != OK || count != 1) {
        drop_peer(r, in->peer, ERR_MESSAGE_FORM);
        return;
    }
    const struct payload *p = payload_find(r, &digest);
    if (p != NULL && !p->bad) payload_send(r, p, in->peer);
}
