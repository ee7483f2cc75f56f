/* replica_sync.c: a node that was down, or starts empty, or only follows, fetches blocks from any peer and checks
 * everything: links, certificates, records; execution and the quorum's cosignatures check the rest. Nothing
 * here trusts
 * the peer: it can only waste our time, and is dropped for it. */
#include <stdlib.h>
#include <string.h>

#include "node/block_link.h"
#include "consensus/plant.h"
#include "node/replica_state.h"

static struct replica_peer *peer_of(struct replica *r, uint64_t id) {
    for (uint32_t i = 0; i < r->peers_count; i++)
        if (r->peers[i].id == id) return &r->peers[i];
    return NULL;
}

void send_status(struct replica *r, uint64_t peer) {
    struct buffer CLEANUP(buffer_free) bytes = {0};
    buffer_init(&bytes, 64);
    struct status_message m = {r->committed_height, consensus_final_view(r->consensus), 0};
    if (lost_vouches(r)) m.view = consensus_view(r->consensus);
    codec_encode(&status_message_type, &m, &bytes);
    if (peer == PEER_NONE)
        send_all(r, MESSAGE_STATUS, buffer_span(&bytes));
    else
        send_to(r, peer, MESSAGE_STATUS, buffer_span(&bytes));
}

void on_status_message(struct replica *r, const struct replica_input *in) {
    struct replica_peer *p = peer_of(r, in->peer);
    struct status_message m;
    if (codec_decode(&status_message_type, in->bytes, NULL, &m) != OK) {
        drop_peer(r, in->peer, ERR_MESSAGE_FORM);
        return;
    }
    if (p == NULL) return;
    p->status = m; /* a height may go down: another one may have been a lie */
    p->status_known = true;
    if (p->validator != REPLICA_NO_VALIDATOR) lost_hear(r, p->validator, m.view);
}

void on_block_fetch(struct replica *r, const struct replica_input *in) {
    struct pair_message m;
    if (codec_decode(&pair_message_type, in->bytes, NULL, &m) != OK || m.second == 0) {
        drop_peer(r, in->peer, ERR_MESSAGE_FORM);
        return;
    }
    if (m.first == 0 || m.first > r->committed_height) return;
    struct replica_output *o = output_add(r, REPLICA_READ_BLOCKS);
    o->job = in->peer; /* the answer goes to this peer: its id is all that must be remembered */
    o->height = m.first;
    o->count = m.second < SYNC_BLOCKS_MAX ? (uint32_t)m.second : SYNC_BLOCKS_MAX;
}

void on_blocks_read(struct replica *r, const struct replica_input *in) {
    if (in->bytes.len > 0 && peer_of(r, in->job) != NULL) send_to(r, in->job, MESSAGE_BLOCKS, in->bytes);
}

/* The height above which blocks are wanted from peers: the first that is final and not here, or what comes
 * after all we have. */
static uint64_t have_height(const struct replica *r) {
    for (uint32_t i = 0; i < r->finals_count; i++)
        if (!r->finals[i]->executing) return r->finals[i]->height - 1;
    return r->synced_last != NULL ? r->synced_last->payload->header.height : tip_height(r);
}

void sync_progress(struct replica *r) {
    uint64_t have = have_height(r), patience = 4 * r->genesis->params.parameters.delta_ms;
    bool stuck = have < tip_height(r);
    /* Blocks become committed only up to a height that a peer kept the cosignatures of, which may be the last
     * of as many as it held at once. */
    uint64_t room = have < r->committed_height + FINALS_MAX ? r->committed_height + FINALS_MAX - have : 0;
    uint32_t start = r->peers_count > 0 ? (uint32_t)(random_next(r) % r->peers_count) : 0;
    for (uint32_t i = 0; i < r->peers_count; i++) /* one question at a time */
        if (r->peers[i].blocks_asked_ms != 0 && r->now_ms < r->peers[i].blocks_asked_ms + patience) return;
    if (room == 0) return;
    for (uint32_t i = 0; i < r->peers_count; i++) {
        struct replica_peer *p = &r->peers[(start + i) % r->peers_count];
        if (!p->source) continue;
        if (!p->status_known || p->status.height <= have) continue;
        /* One block behind is the ordinary state of a validator: its own votes bring it. */
        if (r->validator && !stuck && p->status.height < have + 3 && r->now_ms < r->status_at_ms) continue;
        struct buffer CLEANUP(buffer_free) bytes = {0};
        buffer_init(&bytes, 64);
        struct pair_message m = {have + 1, room < SYNC_BLOCKS_MAX ? room : SYNC_BLOCKS_MAX};
        codec_encode(&pair_message_type, &m, &bytes);
        p->blocks_asked_ms = r->now_ms;
        send_to(r, p->id, MESSAGE_BLOCK_FETCH, buffer_span(&bytes));
        return;
    }
}

static void synced_drop_first(struct replica *r) {
    struct synced_block *s = r->synced_first;
    r->synced_first = s->next;
    if (r->synced_first == NULL) r->synced_last = NULL;
    buffer_free(&s->certificate);
    buffer_free(&s->link);
    free(s);
}

/* A peer's block that stands where consensus already has a final digest: its payload and link are what was
 * missing. */
static bool fill_final(struct replica *r, const struct digest *digest, struct span link) {
    for (uint32_t i = 0; i < r->finals_count; i++) {
        struct final_block *f = r->finals[i];
        if (!digest_equal(&f->digest, digest)) continue;
        if (!f->executing && f->link.len == 0) buffer_append_span(&f->link, link);
        return true;
    }
    return false;
}

/* Checks one block against the one before; takes its payload and starts the check of its records. */
static enum err take_block(struct replica *r, uint64_t peer, const struct stored_block *stored,
                           const struct block_header *header, struct span records_bytes) {
    struct unpack records;
    struct digest digest = block_digest(stored->header_bytes);
    const struct block_header *parent = header_of(r, &header->parent);
    if (parent == NULL && header->height == r->executed_height + 1) return ERR_BLOCK_PARENT;
    if (header->height <= r->executed_height || parent == NULL) return OK; /* old, or not next: not wrong */
    bool final = false;
    enum err e = block_header_check(&r->genesis->params, header, parent, &header->parent);
    if (e == OK && header->proposer != consensus_leader(r->consensus, header->view)) e = ERR_LINK;
    if (e == OK) e = block_link_check(r->genesis, stored, header, parent->view, &final);
    if (e != OK) return e;
    struct payload *p = payload_add(r, stored->header_bytes,
                                    span_of(stored->wire_ids, stored->wire_ids_count * sizeof(struct digest)));
    unpack_init(&records, records_bytes);
    uint32_t count = unpack_array(&records, BLOCK_RECORDS_MAX);
    if (p == NULL || p->bad || count != p->count) return ERR_PAYLOAD;
    p->wanted = true;
    for (uint32_t i = 0; i < count && records.err == OK; i++) {
        struct span wire = unpack_value(&records);
        struct digest id;
        if (records.err != OK || record_wire_id(wire, &id) != OK || !digest_equal(&id, &p->wire_ids[i])) return ERR_PAYLOAD;
        verify_needed(r, peer, wire);
    }
    if (records.err != OK) return records.err;
    if (fill_final(r, &digest, stored->nullifications)) return OK;
    const struct digest *tip = r->synced_last != NULL ? &r->synced_last->payload->digest : &r->tip_digest;
    if (!digest_equal(tip, &header->parent)) return OK;
    struct synced_block *s = check_alloc(1, sizeof *s);
    buffer_init(&s->certificate, CERTIFICATE_BYTES_MAX);
    buffer_init(&s->link, BLOCK_NULLIFICATIONS_BYTES_MAX);
    buffer_append_span(&s->certificate, stored->certificate);
    buffer_append_span(&s->link, stored->nullifications);
    s->payload = p;
    s->final = final;
    s->view = header->view;
    if (r->synced_last == NULL)
        r->synced_first = s;
    else
        r->synced_last->next = s;
    r->synced_last = s;
    return OK;
}

/* What consensus brought meanwhile is no longer wanted; what does not stand on it is of no use. */
static void synced_prune(struct replica *r) {
    while (r->synced_first != NULL && r->synced_first->payload->header.height <= tip_height(r))
        synced_drop_first(r);
    while (r->synced_first != NULL && !digest_equal(&r->synced_first->payload->header.parent, &r->tip_digest))
        synced_drop_first(r);
}

static bool synced_final(const struct replica *r) {
    for (const struct synced_block *s = r->synced_first; s != NULL; s = s->next)
        if (s->final) return true;
    return false;
}

/* SPEC B8: "A block is final when a finalization of it or of a descendant (through parent digests) is held."
 * Consensus is told of each before
 * the next one: what it holds of later views may follow from it at once. */
void synced_take(struct replica *r) {
    for (;;) {
        synced_prune(r);
        if (!synced_final(r) || !finals_room(r)) return;
        struct synced_block *s = r->synced_first;
        struct final_block *f = final_push(r, s->view, &s->payload->digest);
        buffer_append_span(&f->certificate, buffer_span(&s->certificate));
        buffer_append_span(&f->link, buffer_span(&s->link));
        note_passed(r, s->view, &f->digest, r->time_ms / 1000);
        consensus_queue(r, (struct consensus_input){.kind = CONSENSUS_SYNCED, .view = s->view, .digest = f->digest}, NULL);
        synced_drop_first(r);
        consensus_run(r);
    }
}

/* The checkpoint that made blocks of the past visible: without it they would wait for the present one. */
static enum err take_attested(struct replica *r, struct span bytes, uint64_t height) {
    struct attested a;
    enum err e = attested_decode(bytes, r->n, height, &a);
    if (e != OK || a.height <= r->attested.height) return e;
    e = attested_check(&a, &r->genesis->validators, r->genesis->origin);
    for (uint32_t i = 0; i < a.count && e == OK; i++) take_cosignature(r, &a.cosignatures[i]);
    return e;
}

void on_blocks_message(struct replica *r, const struct replica_input *in) {
    struct replica_peer *from = peer_of(r, in->peer);
    if (from == NULL || from->blocks_asked_ms == 0) return; /* not asked for */
    from->blocks_asked_ms = 0;
    struct unpack u;
    unpack_init(&u, in->bytes);
    uint32_t count = unpack_array(&u, SYNC_BLOCKS_MAX);
    struct arena CLEANUP(arena_free) arena = {0};
    arena_init(&arena, 64 << 20);
    struct span attested = SPAN_EMPTY;
    struct digest before = {{0}};
    uint64_t attested_height = 0, height = have_height(r); /* of the block looked at: what an alarm names */
    enum err e = u.err;
    for (uint32_t i = 0; i < count && e == OK; i++) {
        struct stored_block stored;
        struct block_header header;
        if (unpack_array(&u, 3) != 3) unpack_fail(&u, ERR_CODEC_COUNT);
        struct span bytes = unpack_bytes(&u, in->bytes.len), records = unpack_value(&u);
        struct span cosignatures = unpack_bytes(&u, in->bytes.len);
        e = u.err;
        height++;
        if (e == OK) e = stored_block_decode(bytes, &arena, &stored, &header);
        if (e == OK) height = header.height;
        if (e == OK && i > 0 && !digest_equal(&before, &header.parent)) e = ERR_BLOCK_PARENT;
        if (e == OK) before = block_digest(stored.header_bytes);
        if (cosignatures.len > 0 && e == OK) {
            attested = cosignatures;
            attested_height = header.height;
        }
        if (e == OK) e = take_block(r, in->peer, &stored, &header, records);
        arena_reset(&arena);
    }
    if (e == OK) e = unpack_end(&u);
    if (e == OK) synced_take(r);
    if (e == OK && attested.len > 0 && !PLANT_OLD_CHECKPOINTS_IGNORED) e = take_attested(r, attested, attested_height);
    if (e == OK) return;
    alarm_raise(r, "event=bad_block height=%lu err=%s why=\"%s\" peer=%lu", (unsigned long)height, err_name(e),
                err_text(e, LANG_EN), (unsigned long)in->peer);
    drop_peer(r, in->peer, e);
}
