/* replica_attest.c: station 8. Every validator cosigns what it executed itself; a quorum on one root attests
 * it; a quorum on another root than
 * ours means that we diverged: then we sign nothing more and say where. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consensus/plant.h"
#include "node/replica_state.h"

enum { HEARTBEATS_AT_ONCE_MS = 1000 };

/* SPEC K4: "A heartbeat stamps height h with "now" only while you have sent no finalize vote and hold no
 * finalization above h" */
void note_passed(struct replica *r, uint64_t view, const struct digest *digest, uint64_t time_s) {
    if (!r->validator) return;
    if (r->passed_count > 0 && r->passed[r->passed_count - 1].view >= view) return;
    if (r->passed_count == r->passed_cap) {
        r->passed_cap = r->passed_cap == 0 ? 64 : r->passed_cap * 2;
        r->passed = check_realloc(r->passed, r->passed_cap, sizeof *r->passed);
    }
    r->passed[r->passed_count++] = (struct passed){view, time_s, *digest};
}

/* What stands at or below the newest executed block is not above it, nor is a repeat of it. */
static void passed_prune(struct replica *r) {
    size_t drop = 0;
    while (drop < r->passed_count && (r->passed[drop].view <= r->executed_header.view ||
                                      digest_equal(&r->passed[drop].digest, &r->executed_digest)))
        drop++;
    if (drop > 0) memmove(r->passed, r->passed + drop, (r->passed_count - drop) * sizeof *r->passed);
    r->passed_count -= drop;
}

/* The time that may stand on a cosignature of the newest executed block: now, or the moment before the first
 * thing above it. */
static uint64_t stamp(struct replica *r) {
    passed_prune(r);
    uint64_t time_s = r->passed_count > 0 && !PLANT_STALE_STAMP ? r->passed[0].time_s - 1 : r->time_ms / 1000;
    /* The guard refuses an earlier time. Its time was "now" when nothing above an earlier block existed: true
     * of this block as well. */
    return time_s > r->signer.checkpoints.time_s ? time_s : r->signer.checkpoints.time_s;
}

static void cosign(struct replica *r) {
    struct cosignature c;
    if (!may_sign(r) || r->executed_header.view < r->lost.cosign_view) return; /* replica_lost.c */
    uint64_t time_s = stamp(r);
    /* After a lost journal the guard has forgotten its time: only "now" is sure not to go back. */
    bool forgotten = r->lost.cosign_view > 0 && r->signer.checkpoints.size == 0;
    if (forgotten && r->passed_count > 0) return;
    if (time_s == 0) return; /* restarted before the first cosignature, with something above: no moment is known to be true */
    if (signer_cosign(&r->signer, r->executed_size, &r->executed_root, time_s, &c) != OK) return;
    struct buffer CLEANUP(buffer_free) wire = {0}, record = {0};
    buffer_init(&wire, 512);
    buffer_init(&record, 1024);
    codec_encode(&cosignature_type, &c, &wire);
    struct guard_message m = {r->executed_size, r->executed_root, time_s, buffer_span(&wire)};
    codec_encode(&guard_message_type, &m, &record);
    struct held h = {.own_cosignature = true, .cosignature = c, .message = MESSAGE_COSIGNATURE, .followers_too = true};
    /* Marked with no view: guard_keep writes it anew when the journal is cut beyond it. */
    h.sequence = r->guard_sequence = journal_add(r, JOURNAL_GUARD, buffer_span(&record), 0);
    hold(r, h, buffer_span(&wire));
    r->heartbeat_at_ms = r->now_ms + r->genesis->params.parameters.heartbeat_ms;
}

void guard_keep(struct replica *r, uint64_t sequence) {
    if (r->guard_sequence == 0 || r->guard_sequence >= sequence) return;
    for (uint32_t i = 0; i < r->cosignatures_count; i++) {
        const struct cosignature *c = &r->cosignatures[i];
        if (c->index != r->config.validator || c->size != r->signer.checkpoints.size ||
            c->time_s != r->signer.checkpoints.time_s)
            continue;
        struct buffer CLEANUP(buffer_free) wire = {0}, record = {0};
        buffer_init(&wire, 512);
        buffer_init(&record, 1024);
        codec_encode(&cosignature_type, c, &wire);
        struct guard_message m = {c->size, c->root, c->time_s, buffer_span(&wire)};
        codec_encode(&guard_message_type, &m, &record);
        r->guard_sequence = journal_add(r, JOURNAL_GUARD, buffer_span(&record), 0);
        return;
    }
}

void guard_recover(struct replica *r, struct span body) {
    struct guard_message m;
    struct cosignature c;
    if (codec_decode(&guard_message_type, body, NULL, &m) != OK) return;
    struct guard g = {.size = m.size, .root = m.root, .time_s = m.time_s};
    if (!PLANT_COSIGNER_FORGETS) signer_fold_guard(&r->signer, &g);
    if (codec_decode(&cosignature_type, m.cosignature, NULL, &c) == OK && r->cosignatures_count < COSIGNATURES_MAX)
        r->cosignatures[r->cosignatures_count++] = c;
}

static void diverge(struct replica *r, uint64_t height, const struct cosignature *theirs) {
    if (r->diverged) return;
    r->diverged = true;
    r->diverged_height = height;
    snprintf(r->reason, sizeof r->reason,
             "a quorum of validators signed another root than ours at height %lu", (unsigned long)height);
    char ours_hex[65], theirs_hex[65];
    hex_encode(span_of(r->executed_root.b, 32), ours_hex);
    hex_encode(span_of(theirs->root.b, 32), theirs_hex);
    alarm_raise(r, "event=diverged height=%lu ours=%s theirs=%s", (unsigned long)height, ours_hex, theirs_hex);
}

/* Where a checkpoint of others stands in what we executed ourselves. Height is ours to say: no signature
 * covers one, so whoever
 * passes a cosignature on could name any; the size and the root are signed. */
enum place { PLACE_UNKNOWN, PLACE_SAME, PLACE_OTHER };

static enum place place_at(const struct cosignature *c, const struct digest *own_root) {
    return digest_equal(&c->root, own_root) ? PLACE_SAME : PLACE_OTHER;
}

/* Compared with the newest executed block and those that wait for their commit; what is older is settled, what
 * is larger comes. A
 * size between two of ours is one at which no execution like ours ever stands. */
static enum place place_of(const struct replica *r, const struct cosignature *c, uint64_t *ret_height) {
    if (c->size < r->committed_size || c->size > r->executed_size) return PLACE_UNKNOWN;
    if (c->size == r->executed_size) {
        *ret_height = r->executed_height;
        return place_at(c, &r->executed_root);
    }
    if (c->size == r->committed_size) {
        *ret_height = r->committed_height;
        bool known = r->attested_known && r->attested.size == c->size;
        return known ? place_at(c, &r->attested.root) : PLACE_UNKNOWN;
    }
    for (uint32_t i = 0; i < r->finals_count && r->finals[i]->executed; i++) {
        const struct final_block *f = r->finals[i];
        if (c->size > f->log_size) continue;
        *ret_height = f->height;
        return c->size == f->log_size ? place_at(c, &f->log_root) : PLACE_OTHER;
    }
    return PLACE_UNKNOWN;
}

static void drop_old_cosignatures(struct replica *r) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < r->cosignatures_count; i++)
        if (r->cosignatures[i].size >= r->attested.size) r->cosignatures[kept++] = r->cosignatures[i];
    r->cosignatures_count = kept;
}

/* Does a quorum stand behind this (size, root)? Where it is ours: attested. Else: diverged. */
static void consider(struct replica *r, const struct cosignature *c) {
    uint64_t height = 0;
    struct attested a;
    if (c->size < r->attested.size) return;
    enum place place = place_of(r, c, &height);
    if (place == PLACE_UNKNOWN) return;
    if (!attested_choose(r->cosignatures, r->cosignatures_count, r->n, height, c->size, &c->root, &a)) return;
    if (place == PLACE_OTHER) {
        diverge(r, height, c);
        return;
    }
    bool newer = !r->attested_known || a.height > r->attested.height || a.as_of_s > r->attested.as_of_s;
    if (!newer) return;
    if (a.height > r->attested.height) r->work_dirty = true; /* the pipeline has room again */
    r->attested = a;
    r->attested_known = true;
    drop_old_cosignatures(r);
    commit_attested(r);
}

void take_cosignature(struct replica *r, const struct cosignature *c) {
    if (c->size < r->attested.size) return;
    /* One per validator and checkpoint: the newest. A validator far ahead of us may not fill the table. */
    struct cosignature *place = NULL;
    for (uint32_t i = 0; i < r->cosignatures_count && place == NULL; i++)
        if (r->cosignatures[i].index == c->index && r->cosignatures[i].size == c->size &&
            digest_equal(&r->cosignatures[i].root, &c->root))
            place = &r->cosignatures[i];
    if (place != NULL && place->time_s >= c->time_s) return;
    uint32_t share = COSIGNATURES_MAX / r->n, held = 0;
    for (uint32_t i = 0; i < r->cosignatures_count; i++)
        held += r->cosignatures[i].index == c->index;
    if (place == NULL && held >= share) {
        /* Their smallest size makes room: a later checkpoint attests the earlier ones (SPEC K5). */
        for (uint32_t i = 0; i < r->cosignatures_count; i++)
            if (r->cosignatures[i].index == c->index && (place == NULL || r->cosignatures[i].size < place->size))
                place = &r->cosignatures[i];
        if (place->size > c->size) return;
    }
    if (place == NULL) {
        if (r->cosignatures_count == COSIGNATURES_MAX) return;
        place = &r->cosignatures[r->cosignatures_count++];
    }
    *place = *c;
    consider(r, c);
}

void on_cosignature_message(struct replica *r, const struct replica_input *in) {
    struct cosignature c;
    enum err e = codec_decode(&cosignature_type, in->bytes, NULL, &c);
    if (e != OK) {
        drop_peer(r, in->peer, e);
        return;
    }
    if (c.size < r->attested.size) return;
    for (uint32_t i = 0; i < r->cosignatures_count; i++) /* known: not worth two signature checks */
        if (r->cosignatures[i].index == c.index && r->cosignatures[i].size == c.size &&
            r->cosignatures[i].time_s >= c.time_s && digest_equal(&r->cosignatures[i].root, &c.root))
            return;
    e = cosignature_check(&c, &r->genesis->validators, r->genesis->origin);
    if (e != OK) {
        drop_peer(r, in->peer, e);
        return;
    }
    /* Our own of a life that we do not remember. */
    if (c.index == r->config.validator && (r->lost.active || r->executed_header.view < r->lost.cosign_view))
        signer_fold_guard(&r->signer, &(struct guard){.size = c.size, .root = c.root, .time_s = c.time_s});
    take_cosignature(r, &c);
}

/* All that others said about sizes up to this block's before we came to it counts now. */
void attest_executed(struct replica *r, const struct final_block *f) {
    passed_prune(r);
    cosign(r);
    for (uint32_t i = 0, before; i < r->cosignatures_count; i += before == r->cosignatures_count) {
        before = r->cosignatures_count; /* considering one may drop others: then the next stands in its place */
        if (r->cosignatures[i].size > f->log_size) continue;
        struct cosignature c = r->cosignatures[i];
        consider(r, &c);
        if (r->attested.height == f->height || r->diverged) return;
    }
}

/* The present checkpoint with a new time; and our cosignatures again for those who missed them. */
void heartbeat(struct replica *r) {
    if (!may_sign(r) || r->now_ms < r->heartbeat_at_ms) return;
    r->heartbeat_at_ms = r->now_ms + r->genesis->params.parameters.heartbeat_ms;
    cosign(r);
}
