/* checks.c: what must hold in every world, from what was seen on the wire, on the disks and in the stores. What it
 * verifies (votes, certificates, who is in a quorum) it reads with its own eyes; it asks a replica only for
 * its status.
 * */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/proof.h"
#include "ledger/query.h"
#include "tests/sim/sim.h"

enum { ATTESTED_LAG_MS = 4000 };

/* A vote's bytes: [kind, epoch, view, parent view, digest, signer, signature] (SPEC V2). */
struct seen_vote {
    uint8_t kind, signer;
    uint64_t epoch, view, parent_view;
    struct digest digest;
};

static bool vote_read(struct span bytes, struct seen_vote *ret) {
    struct unpack u;
    unpack_init(&u, bytes);
    if (unpack_array(&u, 7) != 7) return false;
    ret->kind = (uint8_t)unpack_uint(&u, 3);
    ret->epoch = unpack_uint(&u, UINT64_MAX);
    ret->view = unpack_uint(&u, UINT64_MAX);
    ret->parent_view = unpack_uint(&u, UINT64_MAX);
    unpack_fixed(&u, ret->digest.b, 32);
    ret->signer = (uint8_t)unpack_uint(&u, 255);
    return u.err == OK;
}

static uint32_t quorum_of(uint32_t n) {
    return n - (n - 1) / 3;
}

/* ---- durable before sent ---- */

void check_journalled(struct world *w, struct node *n, uint64_t sequence, uint8_t type,
                      struct span bytes) {
    (void)w;
    struct durable_record r = {.sequence = sequence};
    struct unpack u;
    switch ((enum journal_record)type) {
    case JOURNAL_VOTE:
    case JOURNAL_PROPOSAL: r.digest = sha256(bytes); break;
    case JOURNAL_CERTIFICATE:
        unpack_init(&u, bytes);
        (void)unpack_array(&u, 7);
        (void)unpack_uint(&u, 3);
        (void)unpack_uint(&u, UINT64_MAX);
        r.certificate_view = unpack_uint(&u, UINT64_MAX);
        break;
    case JOURNAL_PAYLOAD:
    case JOURNAL_GUARD:
    case JOURNAL_LOST:
    case JOURNAL_FOUND: return;
    }
    if (n->records_count == n->records_cap) {
        n->records_cap = n->records_cap == 0 ? 64 : n->records_cap * 2;
        n->records = check_realloc(n->records, n->records_cap, sizeof *n->records);
    }
    n->records[n->records_count++] = r;
}

static void check_on_disk(struct world *w, struct node *from, struct span bytes) {
    struct digest d = sha256(bytes);
    for (uint32_t i = from->records_count; i > 0; i--) {
        const struct durable_record *r = &from->records[i - 1];
        if (r->certificate_view != 0 || memcmp(r->digest.b, d.b, 32) != 0) continue;
        if (r->sequence > journal_durable(from->journal))
            sim_fail(w, "node %d sent a vote before it was durable", from->index);
        return;
    }
    sim_fail(w, "node %d sent a vote that is not in its journal", from->index);
}

/* Who votes in a view has left the one before; if everybody who knows why forgets it, nobody can ever follow. */
static void check_left(struct world *w, struct node *from, uint64_t view) {
    if (view <= w->committed_view + 1) return;
    for (uint32_t i = from->records_count; i > 0; i--) {
        const struct durable_record *r = &from->records[i - 1];
        if (r->certificate_view >= view - 1 && r->sequence <= journal_durable(from->journal)) return;
    }
    sim_fail(w, "node %d votes in view %lu, and no certificate on its disk says why it left the one before", from->index,
             (unsigned long)view);
}

/* ---- patience ---- */

void check_heard(struct world *w, struct node *n, int from, uint8_t type, struct span bytes) {
    struct seen_vote v;
    if ((type != MESSAGE_VOTE && type != MESSAGE_PROPOSAL) || !vote_read(bytes, &v)) return;
    if (v.view + 64 < n->seen_view || v.view <= n->heard_view[from]) return;
    n->heard_ms[from] = w->now_ms;
    n->heard_view[from] = v.view;
}

void check_stepped(struct world *w, struct node *n) {
    struct replica_status s;
    replica_status(n->replica, &s);
    if (s.view == n->seen_view) return;
    n->seen_view = s.view;
    n->entered_ms = w->now_ms;
    memcpy(n->heard_before_ms, n->heard_ms, sizeof n->heard_before_ms);
}

/* While nobody lies no proposal is invalid: a view is given up after two delays, unless its leader was silent
 * for long. */
static void check_patient(struct world *w, struct node *from, uint64_t view) {
    const struct parameters *p = &w->fixture->genesis->params.parameters;
    if (w->liar != NULL || view != from->seen_view || view >= SIM_VIEWS) return;
    if (w->signed_views[from->index][view].nullify) return; /* again */
    uint64_t leader = view / p->leader_views % w->n, heard = from->heard_before_ms[leader];
    if (heard < from->started_ms) heard = from->started_ms;
    bool silent = from->entered_ms > heard + p->activity_timeout_ms / 2;
    if (!silent && w->now_ms < from->entered_ms + 2 * p->delta_ms)
        sim_fail(w, "node %d gave up view %lu after %lu ms, whose leader had spoken %lu ms before", from->index, (unsigned long)view,
                 (unsigned long)(w->now_ms - from->entered_ms), (unsigned long)(from->entered_ms - heard));
}

/* ---- what a vote says of its block ---- */

void check_wire(struct world *w, uint8_t type, struct span bytes) {
    struct payload_message m;
    struct block_header header;
    if (type != MESSAGE_PAYLOAD || codec_decode(&payload_message_type, bytes, NULL, &m) != OK) return;
    if (block_header_decode(m.header, &header) != OK) return;
    struct seen_block seen = {block_digest(m.header), header.view, header.height, header.time_ms};
    for (uint32_t i = 0; i < w->seen_blocks_count && i < SIM_SEEN_BLOCKS; i++)
        if (memcmp(w->seen_blocks[i].digest.b, seen.digest.b, 32) == 0) return;
    w->seen_blocks[w->seen_blocks_count++ % SIM_SEEN_BLOCKS] = seen;
}

/* Nobody votes for a block from the future (SPEC B5), nor for one that runs away from execution: a quorum must
 * have executed what stands K below it. */
static void check_voted_block(struct world *w, struct node *from, const struct seen_vote *v) {
    const struct parameters *p = &w->fixture->genesis->params.parameters;
    const struct seen_block *b = NULL;
    for (uint32_t i = 0; i < w->seen_blocks_count && i < SIM_SEEN_BLOCKS && b == NULL; i++)
        if (memcmp(w->seen_blocks[i].digest.b, v->digest.b, 32) == 0) b = &w->seen_blocks[i];
    if (b == NULL || b->view != v->view) return; /* a repeat: a quorum voted for it before */
    uint64_t clock = node_time_ms(w, from);
    /* Its proposer puts it after its parent, which a quorum found to be in time. */
    bool own = v->view / p->leader_views % w->n == (uint64_t)from->index;
    if (!own && b->time_ms > clock + p->max_drift_ms)
        sim_fail(w, "node %d votes for a block %lu ms ahead of its clock", from->index, (unsigned long)(b->time_ms - clock));
    if (b->height <= p->pipeline_blocks) return;
    uint32_t executed = 0;
    for (uint32_t i = 0; i < w->n; i++)
        executed += w->nodes[i].executed_height >= b->height - p->pipeline_blocks || !w->nodes[i].honest;
    if (executed < quorum_of(w->n))
        sim_fail(w, "node %d votes for height %lu, and %u nodes have executed what stands %lu below", from->index,
                 (unsigned long)b->height, executed, (unsigned long)p->pipeline_blocks);
}

/* ---- what one key may never sign ---- */

/* SPEC K3: all cosignatures of a key can be put in one order, in which neither size nor time goes back, and a
 * size has one root. */
static void check_cosigned(struct world *w, struct node *from, struct span bytes) {
    struct cosignature c;
    if (codec_decode(&cosignature_type, bytes, NULL, &c) != OK || c.index != from->index) return;
    struct seen_cosignature *all = w->cosignatures[from->index];
    uint32_t *count = &w->cosignatures_count[from->index];
    for (uint32_t i = 0; i < *count; i++) {
        const struct seen_cosignature *s = &all[i];
        if (s->size == c.size && memcmp(s->root.b, c.root.b, 32) != 0)
            sim_fail(w, "node %d cosigned two roots at size %lu", from->index, (unsigned long)c.size);
        if ((s->size < c.size && s->time_s > c.time_s) || (s->size > c.size && s->time_s < c.time_s))
            sim_fail(w, "node %d cosigned size %lu at %lu s and size %lu at %lu s", from->index, (unsigned long)s->size,
                     (unsigned long)s->time_s, (unsigned long)c.size, (unsigned long)c.time_s);
        if (s->size == c.size && s->time_s == c.time_s) return;
    }
    if (*count < SIM_COSIGNATURES) all[(*count)++] = (struct seen_cosignature){c.size, c.time_s, c.root};
}

static void check_exclusive(struct world *w, struct node *from, const struct seen_vote *v) {
    if (v->view >= SIM_VIEWS) return;
    struct signed_view *s = &w->signed_views[from->index][v->view];
    if (v->kind == VOTE_NOTARIZE) {
        if (s->notarize && memcmp(s->notarize_digest.b, v->digest.b, 32) != 0)
            sim_fail(w, "node %d notarized twice in view %lu", from->index, (unsigned long)v->view);
        s->notarize = true;
        s->notarize_digest = v->digest;
    }
    if (v->kind == VOTE_FINALIZE) {
        if (s->finalize && memcmp(s->finalize_digest.b, v->digest.b, 32) != 0)
            sim_fail(w, "node %d finalized twice in view %lu", from->index, (unsigned long)v->view);
        if (s->nullify) sim_fail(w, "node %d finalized a view it nullified: %lu", from->index, (unsigned long)v->view);
        s->finalize = true;
        s->finalize_digest = v->digest;
        uint32_t count = w->liar != NULL; /* it may have said anything */
        for (uint32_t i = 0; i < w->n; i++)
            count += w->nodes[i].honest && w->signed_views[i][v->view].finalize;
        if (count >= quorum_of(w->n) && w->finalized_ms[v->view] == 0) w->finalized_ms[v->view] = w->now_ms;
    }
    if (v->kind == VOTE_NULLIFY) {
        if (s->finalize) sim_fail(w, "node %d nullified a view it finalized: %lu", from->index, (unsigned long)v->view);
        s->nullify = true;
    }
}

void check_send(struct world *w, struct node *from, uint8_t type, struct span bytes) {
    struct seen_vote v;
    const struct message_rule *rule = message_rule(type);
    if (rule == NULL || bytes.len > rule->body_max)
        sim_fail(w, "node %d sends a message that its peers refuse: type %u, %zu bytes", from->index, type, bytes.len);
    if (from->follower && (type >= 64 || (MESSAGE_SET_FOLLOWER & MESSAGE_BIT(type)) == 0))
        sim_fail(w, "follower %d sends %s, which closes its session", from->index, rule == NULL ? "?" : rule->name);
    if (from->honest && !from->follower && type == MESSAGE_COSIGNATURE) check_cosigned(w, from, bytes);
    if (!from->honest || from->follower || (type != MESSAGE_VOTE && type != MESSAGE_PROPOSAL)) return;
    if (!vote_read(bytes, &v)) {
        sim_fail(w, "node %d sent a vote that does not read", from->index);
        return;
    }
    if (v.signer != from->index) return;
    check_on_disk(w, from, bytes);
    check_left(w, from, v.view);
    if (v.kind == VOTE_NULLIFY) check_patient(w, from, v.view);
    if (v.kind == VOTE_NOTARIZE) check_voted_block(w, from, &v);
    check_exclusive(w, from, &v);
}

/* ---- one chain ---- */

/* Same height: same block, same root, on every honest node, across crashes. */
void check_executed(struct world *w, struct node *n, const struct executed *e,
                    const struct block_job *block) {
    uint64_t h = e->told.height;
    if (w->verbose)
        printf("%8lu node %d executes height %lu: %u records\n", (unsigned long)w->now_ms, n->index, (unsigned long)h, block->records_count);
    if (h > n->executed_height) n->executed_height = h;
    if (h >= SIM_HEIGHTS || !n->honest) return;
    if (!w->root_known[h]) {
        w->root_known[h] = true;
        w->roots[h] = e->told.log_root;
        w->blocks[h] = block->digest;
        w->log_sizes[h] = e->told.log_size;
        struct block_header header;
        CHECK(block_header_decode(block->header, &header) == OK);
        w->block_views[h] = header.view;
        w->block_times[h] = header.time_ms;
        if (h > w->height) w->height = h;
        return;
    }
    if (memcmp(w->blocks[h].b, block->digest.b, 32) != 0)
        sim_fail(w, "node %d executed another block at height %lu", n->index, (unsigned long)h);
    else if (memcmp(w->roots[h].b, e->told.log_root.b, 32) != 0)
        sim_fail(w, "node %d has another root at height %lu", n->index, (unsigned long)h);
}

void check_attested(struct world *w, struct node *n, const struct attested *a) {
    if (n->honest && a->count != quorum_of(w->n)) sim_fail(w, "node %d attests by %u cosignatures", n->index, a->count);
}

/* ---- nothing acknowledged is lost or doubled ---- */

void check_reply(struct world *w, struct node *n, const struct replica_reply *reply) {
    if (!n->honest) return;
    for (int i = 0; i < (int)w->records_count; i++) {
        struct client_record *c = &w->records[i];
        if (memcmp(w->fixture->wire_ids[i].b, reply->wire_id.b, 32) != 0) continue;
        if (w->verbose)
            printf("%8lu node %d says of record %d: kind %d err %s height %lu index %lu code %u\n", (unsigned long)w->now_ms,
                   n->index, i, reply->kind, err_name(reply->err), (unsigned long)reply->height,
                   (unsigned long)reply->log_index, reply->code);
        if (reply->kind == REPLY_PENDING) c->pending = true;
        if (reply->kind != REPLY_COMMITTED) return;
        if (c->acknowledged && (c->height != reply->height || c->log_index != reply->log_index || c->code != reply->code))
            sim_fail(w, "record %d was acknowledged at two places", i);
        c->acknowledged = true;
        c->height = reply->height;
        c->log_index = reply->log_index;
        c->code = reply->code;
        c->by |= 1u << n->index;
        return;
    }
}

static void check_acknowledged(struct world *w, const struct node *n, const char *when, bool all) {
    for (int k = 0; k < (int)w->records_count && !w->failed; k++) {
        const struct client_record *c = &w->records[k];
        struct record_place place;
        if (!c->acknowledged || (!all && (c->by >> n->index & 1) == 0)) continue;
        enum err e = query_record(store_reader(n->store), &w->fixture->wire_ids[k], &place);
        if (e != OK || place.height != c->height || place.log_index != c->log_index || place.code != c->code)
            sim_fail(w, "%s node %d has lost acknowledged record %d (height %lu)", when, n->index, k, (unsigned long)c->height);
    }
}

void check_started(struct world *w, struct node *n) {
    if (n->honest) check_acknowledged(w, n, "after a restart", false);
}

/* ---- nobody honest is blamed ---- */

void check_alarm(struct world *w, struct node *n, struct span text) {
    char line[SIM_TEXT_BYTES];
    snprintf(line, sizeof line, "%.*s", (int)text.len, (const char *)text.data);
    if (w->verbose) printf("%8lu node %d ALARM %s\n", (unsigned long)w->now_ms, n->index, line);
    if (!n->honest) return;
    unsigned blamed;
    if (strncmp(line, "event=diverged", 14) == 0) sim_fail(w, "node %d diverged: %s", n->index, line);
    if (sscanf(line, "event=equivocation validator=%u", &blamed) != 1) return;
    w->evidence++;
    if ((int)blamed != w->liar_node) sim_fail(w, "node %d blames honest validator %u: %s", n->index, blamed, line);
}

void check_dropped(struct world *w, struct node *n, int peer, enum err e) {
    if (w->verbose) printf("%8lu node %d drops %d: %s\n", (unsigned long)w->now_ms, n->index, peer, err_name(e));
    if (n->honest && peer != w->liar_node)
        sim_fail(w, "node %d closes its session with honest node %d: %s", n->index, peer, err_name(e));
    event_push(w, 0, (struct event){.kind = EVENT_DISCONNECT, .node = n->index, .from = peer});
    event_push(w, 300 + sim_random(w, 1000), (struct event){.kind = EVENT_CONNECT, .node = n->index, .from = peer});
}

/* ---- after healing ---- */

/* Everybody stands at the same height with nothing left to do, and what was submitted last is acknowledged. */
bool check_arrived(struct world *w, char ret_why[SIM_TEXT_BYTES]) {
    for (int k = (int)w->records_count - SIM_LAST_RECORDS; k < (int)w->records_count; k++) {
        if (w->records[k].acknowledged) continue;
        snprintf(ret_why, SIM_TEXT_BYTES, "record %d, submitted after healing, is not acknowledged", k);
        int at = (int)strlen(ret_why);
        for (uint32_t i = 0; i < w->nodes_count && at < SIM_TEXT_BYTES - 80; i++) {
            struct replica_status s;
            if (!w->nodes[i].alive) continue;
            replica_status(w->nodes[i].replica, &s);
            at += snprintf(ret_why + at, SIM_TEXT_BYTES - (size_t)at, "; %u: v%lu f%lu/%lu x%lu a%lu c%lu p%u%s", i,
                           (unsigned long)s.view, (unsigned long)s.final_view, (unsigned long)s.final_height,
                           (unsigned long)s.executed_height, (unsigned long)s.attested_height,
                           (unsigned long)s.committed_height, s.pool_records, s.voting ? "" : " mute");
        }
        return false;
    }
    uint64_t height = 0;
    for (uint32_t i = 0; i < w->nodes_count; i++) {
        struct node *n = &w->nodes[i];
        struct replica_status s;
        if (!n->honest) continue;
        if (!n->alive) {
            snprintf(ret_why, SIM_TEXT_BYTES, "node %u is dead", i);
            return false;
        }
        replica_status(n->replica, &s);
        if (height == 0) height = s.committed_height;
        bool done = s.committed_height == height && s.executed_height == height && s.final_height == height &&
                    (n->follower || (s.pool_records == 0 && s.voting));
        if (done) continue;
        snprintf(ret_why, SIM_TEXT_BYTES,
                 "node %u: view %lu, final view %lu, final %lu, executed %lu, attested %lu, committed %lu (another: %lu), "
                 "pool %u, votes %d %s",
                 i, (unsigned long)s.view, (unsigned long)s.final_view, (unsigned long)s.final_height,
                 (unsigned long)s.executed_height, (unsigned long)s.attested_height, (unsigned long)s.committed_height,
                 (unsigned long)height, s.pool_records, s.voting, s.reason);
        return false;
    }
    return true;
}

/* A certificate's bytes: [kind, epoch, view, parent view, digest, signers, signatures] (SPEC V3), checked here
 * anew. */
static bool certificate_holds(const struct world *w, struct unpack *u, struct seen_vote *ret) {
    uint8_t signers[8] = {0};
    if (unpack_array(u, 7) != 7) return false;
    ret->kind = (uint8_t)unpack_uint(u, 3);
    ret->epoch = unpack_uint(u, UINT64_MAX);
    ret->view = unpack_uint(u, UINT64_MAX);
    ret->parent_view = unpack_uint(u, UINT64_MAX);
    unpack_fixed(u, ret->digest.b, 32);
    unpack_fixed(u, signers, (w->n + 7) / 8);
    uint32_t count = unpack_array(u, 64), at = 0;
    struct buffer CLEANUP(buffer_free) message = {0};
    buffer_init(&message, 256);
    pack_array(&message, 6);
    pack_bytes(&message, span_of(w->fixture->genesis->chain_id.b, 32));
    pack_uint(&message, ret->epoch);
    pack_uint(&message, ret->kind);
    pack_uint(&message, ret->view);
    pack_uint(&message, ret->parent_view);
    pack_bytes(&message, span_of(ret->digest.b, 32));
    for (uint32_t i = 0; i < w->n; i++) {
        if ((signers[i / 8] >> (i % 8) & 1) == 0) continue;
        struct signature s;
        unpack_fixed(u, s.b, 64);
        if (u->err != OK) return false;
        if (!verify(&w->fixture->keys[i].consensus.public_key, "suyuan/vote/v1", buffer_span(&message), &s)) return false;
        at++;
    }
    return u->err == OK && at == count && at >= quorum_of(w->n);
}

/* Every stored block carries a certificate of its own and says why each view between it and the one before was
 * left (SPEC B7). */
static bool block_holds(struct world *w, uint64_t height, struct span stored, uint64_t *view) {
    struct unpack u, h;
    struct seen_vote c;
    unpack_init(&u, stored);
    if (unpack_array(&u, 4) != 4) return false;
    struct span header = unpack_bytes(&u, 256);
    unpack_init(&h, header);
    (void)unpack_array(&h, 11);
    (void)unpack_uint(&h, 255);
    (void)unpack_bytes(&h, 32);
    (void)unpack_uint(&h, UINT64_MAX);
    uint64_t own = unpack_uint(&h, UINT64_MAX);
    if (unpack_uint(&h, UINT64_MAX) != height) return false;
    (void)unpack_value(&u);
    if (!certificate_holds(w, &u, &c)) return false;
    bool here = c.view == own && c.kind != VOTE_NULLIFY, repeat = c.view > own && c.kind == VOTE_FINALIZE;
    if ((!here && !repeat) || memcmp(c.digest.b, w->blocks[height].b, 32) != 0) return false;
    uint32_t between = unpack_array(&u, 4096);
    if (own <= *view || between != own - *view - 1) return false;
    for (uint64_t v = *view + 1; v < own; v++) {
        if (!certificate_holds(w, &u, &c) || c.view != v) return false;
        bool before = height > 1 && memcmp(c.digest.b, w->blocks[height - 1].b, 32) == 0;
        if (c.kind != VOTE_NULLIFY && !before) return false;
    }
    *view = own;
    return unpack_end(&u) == OK;
}

static void check_stored(struct world *w, const struct node *n) {
    struct reader r = store_reader(n->store);
    struct buffer CLEANUP(buffer_free) bytes = {0};
    uint64_t view = 0;
    buffer_init(&bytes, 64u << 20);
    for (uint64_t h = 1; h <= w->height && h < SIM_HEIGHTS && !w->failed; h++) {
        struct block_summary summary;
        if (query_block(r, h, &summary) != OK || query_block_stored(r, h, &bytes) != OK)
            sim_fail(w, "node %d lacks height %lu", n->index, (unsigned long)h);
        else if (memcmp(summary.log_root.b, w->roots[h].b, 32) != 0)
            sim_fail(w, "node %d stores another root at height %lu", n->index, (unsigned long)h);
        else if (!block_holds(w, h, buffer_span(&bytes), &view))
            sim_fail(w, "node %d stores height %lu without what makes it final", n->index, (unsigned long)h);
    }
}

/* When a height was final: with its own view, or with a later one, whichever came first. */
static uint64_t final_ms(const struct world *w, uint64_t height) {
    uint64_t first = UINT64_MAX;
    for (uint64_t v = w->block_views[height]; v < SIM_VIEWS; v++)
        if (w->finalized_ms[v] != 0 && w->finalized_ms[v] < first) first = w->finalized_ms[v];
    return first;
}

/* The latest as-of time that anybody could make of what honest keys signed at a size, with the liar's help. */
static uint64_t as_of_s(const struct world *w, uint64_t size) {
    uint64_t newest[NODES_MAX] = {0}, result = 0;
    for (uint32_t i = 0; i < w->n; i++) {
        if (!w->nodes[i].honest) newest[i] = UINT64_MAX;
        for (uint32_t k = 0; k < w->cosignatures_count[i]; k++)
            if (w->cosignatures[i][k].size == size && w->cosignatures[i][k].time_s > newest[i])
                newest[i] = w->cosignatures[i][k].time_s;
    }
    for (uint32_t i = 0; i < w->n; i++) {
        uint32_t not_older = 0;
        for (uint32_t k = 0; k < w->n; k++) not_older += newest[k] >= newest[i];
        if (not_older >= quorum_of(w->n) && newest[i] > result) result = newest[i];
    }
    return result;
}

/* SPEC K4: no block that was final before an as-of time can be missing from the checkpoint that bears it.
 * Clocks differ by their skew, times are whole seconds. */
static void check_as_of(struct world *w) {
    int64_t ahead = 0;
    for (uint32_t i = 0; i < w->n; i++)
        if (w->nodes[i].honest && w->nodes[i].skew_ms > ahead) ahead = w->nodes[i].skew_ms;
    for (uint64_t h = 1; h + 1 < SIM_HEIGHTS && h < w->height && !w->failed; h++) {
        uint64_t next = final_ms(w, h + 1), as_of = as_of_s(w, w->log_sizes[h]);
        if (next != UINT64_MAX && as_of * 1000 > SIM_EPOCH_MS + next + (uint64_t)ahead)
            sim_fail(w, "height %lu may be attested as of %lu ms after height %lu was final", (unsigned long)h,
                     (unsigned long)(as_of * 1000 - SIM_EPOCH_MS - next - (uint64_t)ahead), (unsigned long)h + 1);
    }
}

/* On a silent night the checkpoint stays fresh. */
static void check_fresh(struct world *w, struct node *n) {
    struct attested a;
    if (!replica_attested(n->replica, &a)) {
        sim_fail(w, "node %d knows no attested checkpoint", n->index);
        return;
    }
    check_attested(w, n, &a);
    uint64_t heartbeat = w->fixture->genesis->params.parameters.heartbeat_ms;
    int64_t age = (int64_t)(SIM_EPOCH_MS + w->now_ms) - (int64_t)(a.as_of_s * 1000);
    if (age > (int64_t)heartbeat + ATTESTED_LAG_MS)
        sim_fail(w, "node %d: the checkpoint at height %lu is %ld ms old on a silent night", n->index,
                 (unsigned long)a.height, (long)age);
}

static void check_proof(struct world *w, const struct node *n, int record) {
    struct reader r = store_reader(n->store);
    struct record_place place;
    struct attested a;
    struct statement statement;
    struct arena CLEANUP(arena_free) arena = {0};
    struct buffer CLEANUP(buffer_free) bundle = {0};
    const struct genesis *g = w->fixture->genesis;
    const struct digest *id = &w->fixture->wire_ids[record];
    if (query_record(r, id, &place) != OK || place.code != 0) return;
    arena_init(&arena, PROOF_ARENA_BYTES);
    buffer_init(&bundle, PROOF_BYTES_MAX);
    if (!execution_attested(r, g, w->height, &a)) {
        sim_fail(w, "node %d has no cosignatures stored at its height", n->index);
        return;
    }
    struct proof_source source = {r, g->validator_bytes, g->rest_digest, &g->params, &a};
    enum err e = proof_build_record(&source, id, NULL, 0, &bundle);
    if (e == OK) e = proof_verify(buffer_span(&bundle), &g->chain_id, &arena, &statement);
    if (e != OK) sim_fail(w, "node %d: the proof of record %d does not check: %s", n->index, record, err_name(e));
}

/* Everybody has the same records at the same places; one header counts once, however often it was signed. */
static void check_records(struct world *w, const struct node *n) {
    for (int k = 0; k < (int)w->records_count && !w->failed; k++) {
        struct record_place place, other;
        int twin = w->fixture->twin_of[k];
        if (twin < 0 || query_record(store_reader(n->store), &w->fixture->wire_ids[k], &place) != OK) continue;
        if (query_record(store_reader(n->store), &w->fixture->wire_ids[twin], &other) != OK) continue;
        if (place.code == 0 && other.code == 0) sim_fail(w, "record %d was accepted twice, once per signature", twin);
    }
}

void check_end(struct world *w) {
    for (uint32_t i = 0; i < w->nodes_count && !w->failed; i++) {
        struct node *n = &w->nodes[i];
        if (!n->honest) continue;
        check_acknowledged(w, n, "at the end", true);
        check_records(w, n);
        check_fresh(w, n);
        check_stored(w, n);
        if (!w->failed) check_proof(w, n, (int)((w->seed + i) % w->records_count));
    }
    check_as_of(w);
    if (w->conflicts > 20 && w->evidence == 0)
        sim_fail(w, "%lu times the liar sent one node votes that exclude each other, and nobody blames it", (unsigned long)w->conflicts);
    if (w->evidence > 0 && w->liar == NULL) sim_fail(w, "there is evidence, and nobody lies");
}
