/* checks.c: what must hold in every world, from what was seen on the wire, on the disk and in the stores; nothing here asks the replica. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/query.h"
#include "tests/sim/sim.h"

static bool vote_read(struct span bytes, struct ballot *ret, uint8_t *ret_signer) {
    struct unpack u;
    unpack_init(&u, bytes);
    if (unpack_array(&u, 7) != 7) return false;
    struct ballot b = {0};
    b.kind = (uint8_t)unpack_uint(&u, 3);
    b.epoch = unpack_uint(&u, UINT64_MAX);
    b.view = unpack_uint(&u, UINT64_MAX);
    b.parent_view = unpack_uint(&u, UINT64_MAX);
    unpack_fixed(&u, b.digest.b, 32);
    *ret_signer = (uint8_t)unpack_uint(&u, 255);
    *ret = b;
    return u.err == OK;
}

void check_journalled(struct world *w, struct node *n, uint64_t sequence, uint8_t type, struct span bytes) {
    (void)w;
    if (type != JOURNAL_VOTE && type != JOURNAL_PROPOSAL) return;
    if (n->votes_count == n->votes_cap) {
        n->votes_cap = n->votes_cap == 0 ? 64 : n->votes_cap * 2;
        n->votes = check_realloc(n->votes, n->votes_cap, sizeof *n->votes);
    }
    n->votes[n->votes_count++] = (struct durable_vote){sequence, sha256(bytes)};
}

static void check_on_disk(struct world *w, struct node *from, struct span bytes) {
    struct digest d = sha256(bytes);
    for (uint32_t i = from->votes_count; i > 0; i--) {
        if (!digest_equal(&from->votes[i - 1].digest, &d)) continue;
        if (from->votes[i - 1].sequence > journal_durable(from->journal))
            sim_fail(w, "node %d sent a vote before it was durable", from->index);
        return;
    }
    sim_fail(w, "node %d sent a vote that is not in its journal", from->index);
}

/* An honest key never signs two notarize ballots of a view, nor nullify and finalize: not even across crashes. */
static void check_exclusive(struct world *w, struct node *from, const struct ballot *b) {
    if (b->view >= SIM_VIEWS) return;
    struct signed_view *s = &w->signed_views[from->index][b->view];
    if (b->kind == VOTE_NOTARIZE) {
        if (s->notarize && memcmp(s->notarize_ballot.digest.b, b->digest.b, 32) != 0)
            sim_fail(w, "node %d notarized twice in view %lu", from->index, (unsigned long)b->view);
        s->notarize = true;
        s->notarize_ballot = *b;
    }
    if (b->kind == VOTE_FINALIZE) {
        if (s->nullify) sim_fail(w, "node %d finalized a view it nullified: %lu", from->index, (unsigned long)b->view);
        s->finalize = true;
    }
    if (b->kind == VOTE_NULLIFY) {
        if (s->finalize) sim_fail(w, "node %d nullified a view it finalized: %lu", from->index, (unsigned long)b->view);
        s->nullify = true;
    }
}

void check_send(struct world *w, struct node *from, uint8_t type, struct span bytes) {
    struct ballot b;
    uint8_t signer;
    if (!from->honest || from->follower || (type != MESSAGE_VOTE && type != MESSAGE_PROPOSAL)) return;
    if (!vote_read(bytes, &b, &signer)) {
        sim_fail(w, "node %d sent a vote that does not read", from->index);
        return;
    }
    if (signer != from->index) return;
    check_on_disk(w, from, bytes);
    check_exclusive(w, from, &b);
}

/* Same height: same block, same root, on every honest node, across crashes. */
void check_executed(struct world *w, struct node *n, const struct executed *e, const struct block_job *block) {
    uint64_t h = e->told.height;
    if (h >= SIM_HEIGHTS) return;
    if (!w->root_known[h]) {
        w->root_known[h] = true;
        w->roots[h] = e->told.log_root;
        w->blocks[h] = block->digest;
        w->blocks_total++;
        return;
    }
    if (memcmp(w->blocks[h].b, block->digest.b, 32) != 0)
        sim_fail(w, "node %d executed another block at height %lu", n->index, (unsigned long)h);
    else if (memcmp(w->roots[h].b, e->told.log_root.b, 32) != 0)
        sim_fail(w, "node %d has another root at height %lu", n->index, (unsigned long)h);
}

void check_reply(struct world *w, struct node *n, const struct replica_reply *reply) {
    if (reply->kind != REPLY_COMMITTED || !n->honest) return;
    for (int i = 0; i < SIM_RECORDS; i++) {
        if (!digest_equal(&w->fixture->wire_ids[i], &reply->wire_id)) continue;
        if (w->acknowledged[i] && w->acknowledged_height[i] != reply->height)
            sim_fail(w, "record %d was acknowledged at two heights", i);
        w->acknowledged[i] = true;
        w->acknowledged_height[i] = reply->height;
        w->acknowledged_index[i] = reply->log_index;
        return;
    }
}

void check_alarm(struct world *w, struct node *n, struct span text) {
    char line[600];
    snprintf(line, sizeof line, "%.*s", (int)text.len, (const char *)text.data);
    if (w->verbose) printf("%8lu node %d ALARM %s\n", (unsigned long)w->now_ms, n->index, line);
    if (!n->honest) return;
    unsigned blamed;
    if (strncmp(line, "event=diverged", 14) == 0) sim_fail(w, "node %d diverged: %s", n->index, line);
    if (sscanf(line, "event=equivocation validator=%u", &blamed) == 1 && (int)blamed != w->liar_node)
        sim_fail(w, "node %d blames honest validator %u: %s", n->index, blamed, line);
}

/* After healing: heights are equal, what was acknowledged is where it was acknowledged, no record twice. */
void check_end(struct world *w) {
    uint64_t height = 0;
    for (uint32_t i = 0; i < w->nodes_count; i++) {
        struct node *n = &w->nodes[i];
        if (!n->honest || !n->alive) continue;
        struct replica_status s;
        replica_status(n->replica, &s);
        if (height == 0) height = s.committed_height;
        if (s.committed_height != height)
            sim_fail(w, "after healing node %d stands at height %lu, another at %lu (view %lu, final %lu, executed %lu)", n->index,
                     (unsigned long)s.committed_height, (unsigned long)height, (unsigned long)s.view,
                     (unsigned long)s.final_height, (unsigned long)s.executed_height);
        if (s.evidence > 0 && w->liar == NULL) sim_fail(w, "node %d holds evidence and nobody lies", n->index);
        for (int k = 0; k < SIM_RECORDS && !w->failed; k++) {
            struct record_place place;
            enum err e = query_record(store_reader(n->store), &w->fixture->wire_ids[k], &place);
            if (w->acknowledged[k] && (e != OK || place.height != w->acknowledged_height[k] ||
                                       place.log_index != w->acknowledged_index[k]))
                sim_fail(w, "node %d lost acknowledged record %d", n->index, k);
            int twin = w->fixture->twin_of[k];
            struct record_place other;
            if (twin >= 0 && e == OK && place.code == 0 &&
                query_record(store_reader(n->store), &w->fixture->wire_ids[twin], &other) == OK && other.code == 0)
                sim_fail(w, "record %d was accepted twice, once per signature", twin);
        }
    }
    for (int k = 0; k < SIM_RECORDS; k++)
        if (w->submitted[k] && k >= SIM_RECORDS - 4 && !w->acknowledged[k])
            sim_fail(w, "record %d, submitted after healing, was never acknowledged", k);
}
