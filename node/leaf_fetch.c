/* leaf_fetch.c: leaf_fetch.h says how it goes. Each step handles its input, then scans and asks for what became possible. */
#include "node/leaf_fetch.h"

#include <stdlib.h>
#include <string.h>

#include "node/leaf_message.h"
#include "node/peer_message.h"

enum {
    /* To every peer that a pack is whole here, and what a step asks for besides. */
    OUTPUTS_MAX = PEERS_MAX + LEAF_QUESTIONS_MAX + 8,
    MESSAGE_BYTES_MAX = PACK_CHUNK_BYTES + 64,
    /* Of one step: an answer, and some questions. */
    MESSAGES_BYTES_MAX = MESSAGE_BYTES_MAX + 4096,
};

struct want {
    bool used, hashes;
    uint64_t serial; /* never the same again: a question that outlives its want does not meet the next one in its place */
    struct leaves_pack pack;
    uint32_t chunks, held;
    uint8_t bits[LEAVES_BITS_BYTES];
};

struct question {
    bool used, storing;
    uint64_t want; /* serial */
    uint32_t part;
    struct leaves_pack pack;
    uint64_t peer, until_ms;
    struct buffer bytes;
};

struct fetch_peer {
    uint64_t id;
    bool source;
    uint32_t served; /* its questions that are being read */
    uint64_t liar_until_ms;
    /* For each want: */
    uint64_t again_ms[LEAF_WANTS_MAX];
    bool holds[LEAF_WANTS_MAX]; /* it says so */
};

struct leaf_fetch {
    uint64_t now_ms, random, serial;
    struct want wants[LEAF_WANTS_MAX];
    struct question questions[LEAF_QUESTIONS_MAX];
    struct fetch_peer peers[PEERS_MAX];
    uint32_t peers_count;
    uint64_t room_at_ms; /* nothing is asked before: the disk took no more */

    bool scanning, looking, scan_due;
    bool missed; /* packs that were found had no place, or lost it */
    uint64_t cursor, passed, rescan_at_ms;
    uint64_t look_peer;

    struct leaf_fetch_status status;
    struct leaf_output outputs[OUTPUTS_MAX];
    uint32_t outputs_count;
    struct arena messages;
};

struct leaf_fetch *leaf_fetch_new(uint64_t random_seed) {
    struct leaf_fetch *f = check_alloc(1, sizeof *f);
    f->random = random_seed;
    f->scan_due = true;
    f->rescan_at_ms = UINT64_MAX;
    arena_init(&f->messages, MESSAGES_BYTES_MAX);
    for (int i = 0; i < LEAF_QUESTIONS_MAX; i++) buffer_init(&f->questions[i].bytes, PACK_CHUNK_BYTES);
    return f;
}

void leaf_fetch_free(struct leaf_fetch *f) {
    if (f == NULL) return;
    for (int i = 0; i < LEAF_QUESTIONS_MAX; i++) buffer_free(&f->questions[i].bytes);
    arena_free(&f->messages);
    free(f);
}

/* splitmix64: only so that not every node begins with the same peer. */
static uint64_t random_next(struct leaf_fetch *f) {
    uint64_t z = (f->random += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* ---- outputs ---- */

static struct leaf_output *output_add(struct leaf_fetch *f, enum leaf_output_kind kind) {
    CHECK(f->outputs_count < OUTPUTS_MAX);
    struct leaf_output *o = &f->outputs[f->outputs_count++];
    *o = (struct leaf_output){.kind = kind};
    return o;
}

static struct span message(struct leaf_fetch *f, const struct type *type, const void *body) {
    struct buffer CLEANUP(buffer_free) bytes = {0};
    buffer_init(&bytes, MESSAGE_BYTES_MAX);
    codec_encode(type, body, &bytes);
    struct span ret = arena_copy(&f->messages, buffer_span(&bytes));
    CHECK(!bytes.overflow && ret.data != NULL);
    return ret;
}

static void send(struct leaf_fetch *f, uint64_t peer, uint8_t type, struct span bytes) {
    struct leaf_output *o = output_add(f, LEAF_SEND);
    o->peer = peer;
    o->type = type;
    o->bytes = bytes;
}

static void drop(struct leaf_fetch *f, uint64_t peer) {
    struct leaf_output *o = output_add(f, LEAF_DROP);
    o->peer = peer;
    o->err = ERR_MESSAGE_FORM;
}

static void id_set(char ret[PACK_ID_BYTES + 1], struct span id) {
    CHECK(id.len == PACK_ID_BYTES);
    memcpy(ret, id.data, PACK_ID_BYTES);
    ret[PACK_ID_BYTES] = '\0';
}

/* ---- finding ---- */

static struct fetch_peer *peer_of(struct leaf_fetch *f, uint64_t id) {
    for (uint32_t i = 0; i < f->peers_count; i++)
        if (f->peers[i].id == id) return &f->peers[i];
    return NULL;
}

static uint32_t want_index(const struct leaf_fetch *f, const struct want *w) {
    return (uint32_t)(w - f->wants);
}

static struct want *want_by_id(struct leaf_fetch *f, struct span id) {
    for (int i = 0; i < LEAF_WANTS_MAX; i++)
        if (f->wants[i].used && span_is(id, f->wants[i].pack.id)) return &f->wants[i];
    return NULL;
}

static struct want *want_by_serial(struct leaf_fetch *f, uint64_t serial) {
    for (int i = 0; i < LEAF_WANTS_MAX; i++)
        if (f->wants[i].used && f->wants[i].serial == serial) return &f->wants[i];
    return NULL;
}

static struct question *question_to(struct leaf_fetch *f, uint64_t peer) {
    for (int i = 0; i < LEAF_QUESTIONS_MAX; i++)
        if (f->questions[i].used && f->questions[i].peer == peer) return &f->questions[i];
    return NULL;
}

static bool being_asked(const struct leaf_fetch *f, const struct want *w, uint32_t part) {
    for (int i = 0; i < LEAF_QUESTIONS_MAX; i++) {
        const struct question *q = &f->questions[i];
        if (q->used && q->want == w->serial && q->part == part) return true;
    }
    return false;
}

static void question_end(struct question *q) {
    q->used = q->storing = false;
    buffer_clear(&q->bytes);
}

/* ---- wants ---- */

static bool bit(const uint8_t *bits, uint32_t i) {
    return (bits[i / 8] >> (i % 8) & 1) != 0;
}

static void want_end(struct leaf_fetch *f, struct want *w) {
    for (int i = 0; i < LEAF_QUESTIONS_MAX; i++) {
        struct question *q = &f->questions[i];
        /* What is being stored comes back and finds nobody. */
        if (q->used && !q->storing && q->want == w->serial) question_end(q);
    }
    w->used = false;
}

/* The earliest moment at which somebody may be asked for this. */
static uint64_t want_at(const struct leaf_fetch *f, const struct want *w) {
    uint64_t least = UINT64_MAX;
    for (uint32_t i = 0; i < f->peers_count; i++) {
        const struct fetch_peer *p = &f->peers[i];
        uint64_t at = p->again_ms[want_index(f, w)];
        if (p->liar_until_ms > at) at = p->liar_until_ms;
        if (at < least) least = at;
    }
    return least;
}

/* Nobody who is here can be asked for it now, nobody is answering. */
static bool stalled(const struct leaf_fetch *f, const struct want *w) {
    for (int i = 0; i < LEAF_QUESTIONS_MAX; i++)
        if (f->questions[i].used && f->questions[i].want == w->serial) return false;
    return want_at(f, w) > f->now_ms;
}

static struct want *want_place(struct leaf_fetch *f) {
    for (int i = 0; i < LEAF_WANTS_MAX; i++)
        if (!f->wants[i].used) return &f->wants[i];
    for (int i = 0; i < LEAF_WANTS_MAX; i++) {
        if (!stalled(f, &f->wants[i])) continue;
        f->missed = true;
        want_end(f, &f->wants[i]);
        return &f->wants[i];
    }
    return NULL;
}

static struct want *want_add(struct leaf_fetch *f, const struct leaf_want *found) {
    struct want *w = want_by_id(f, span_text(found->pack.id));
    if (w != NULL) return w;
    w = want_place(f);
    if (w == NULL) {
        f->missed = true;
        return NULL;
    }
    *w = (struct want){.used = true, .hashes = found->held.hashes, .serial = ++f->serial, .pack = found->pack,
                       .chunks = pack_chunks(found->pack.count), .held = found->held.held};
    memcpy(w->bits, found->held.bits, sizeof w->bits);
    for (uint32_t i = 0; i < f->peers_count; i++) {
        f->peers[i].again_ms[want_index(f, w)] = 0;
        f->peers[i].holds[want_index(f, w)] = false;
    }
    return w;
}

/* ---- asking ---- */

/* False when all that is missing is asked for. */
static bool part_next(const struct leaf_fetch *f, const struct want *w, uint32_t *ret) {
    uint32_t last = w->hashes ? w->chunks : 0;
    for (uint32_t part = w->hashes ? 1 : 0; part <= last; part++) {
        if (part > 0 && bit(w->bits, part - 1)) continue;
        if (being_asked(f, w, part)) continue;
        *ret = part;
        return true;
    }
    return false;
}

/* Who says that it holds the pack goes before who brings blocks, and that one before anybody else; among equals chance decides. */
static struct fetch_peer *peer_for(struct leaf_fetch *f, const struct want *w) {
    struct fetch_peer *best = NULL;
    int best_rank = -1;
    uint32_t at = want_index(f, w), start = f->peers_count > 0 ? (uint32_t)(random_next(f) % f->peers_count) : 0;
    for (uint32_t i = 0; i < f->peers_count; i++) {
        struct fetch_peer *p = &f->peers[(start + i) % f->peers_count];
        int rank = p->holds[at] ? 2 : p->source ? 1 : 0;
        if (rank <= best_rank || p->liar_until_ms > f->now_ms || p->again_ms[at] > f->now_ms) continue;
        if (question_to(f, p->id) != NULL) continue;
        best = p;
        best_rank = rank;
    }
    return best;
}

static bool ask_one(struct leaf_fetch *f, struct question *q) {
    uint32_t start = (uint32_t)(random_next(f) % LEAF_WANTS_MAX);
    for (uint32_t i = 0; i < LEAF_WANTS_MAX; i++) {
        struct want *w = &f->wants[(start + i) % LEAF_WANTS_MAX];
        uint32_t part;
        if (!w->used || !part_next(f, w, &part)) continue;
        struct fetch_peer *p = peer_for(f, w);
        if (p == NULL) continue;
        q->used = true;
        q->want = w->serial;
        q->part = part;
        q->pack = w->pack;
        q->peer = p->id;
        q->until_ms = f->now_ms + LEAF_ANSWER_MS;
        struct leaves_wanted m = {span_text(w->pack.id), part};
        send(f, p->id, MESSAGE_LEAVES_WANTED, message(f, &leaves_wanted_type, &m));
        return true;
    }
    return false;
}

static void ask(struct leaf_fetch *f) {
    if (f->room_at_ms > f->now_ms) return;
    for (int i = 0; i < LEAF_QUESTIONS_MAX; i++)
        if (!f->questions[i].used && !ask_one(f, &f->questions[i])) return;
}

/* This peer has not got it, for now. */
static void lacks(struct leaf_fetch *f, struct question *q, bool silent) {
    struct want *w = want_by_serial(f, q->want);
    struct fetch_peer *p = peer_of(f, q->peer);
    if (w != NULL && p != NULL) {
        p->again_ms[want_index(f, w)] = f->now_ms + LEAF_LACK_MS;
        if (!silent) p->holds[want_index(f, w)] = false;
    }
    question_end(q);
}

static void expire(struct leaf_fetch *f) {
    for (int i = 0; i < LEAF_QUESTIONS_MAX; i++) {
        struct question *q = &f->questions[i];
        if (q->used && !q->storing && q->until_ms <= f->now_ms) lacks(f, q, true);
    }
}

/* ---- messages ---- */

static void on_wanted(struct leaf_fetch *f, struct fetch_peer *p, struct span bytes) {
    struct leaves_wanted m;
    if (codec_decode(&leaves_wanted_type, bytes, NULL, &m) != OK) {
        drop(f, p->id);
        return;
    }
    if (p->served >= LEAF_SERVED_MAX) return;
    p->served++;
    struct leaf_output *o = output_add(f, LEAF_GIVE);
    o->peer = p->id;
    o->part = m.part;
    id_set(o->id, m.pack);
}

static void on_read(struct leaf_fetch *f, const struct leaf_input *in) {
    struct fetch_peer *p = peer_of(f, in->peer);
    if (p == NULL) return;
    p->served--;
    struct leaves_found m = {span_text(in->id), in->part, in->bytes};
    send(f, p->id, MESSAGE_LEAVES_FOUND, message(f, &leaves_found_type, &m));
}

static void on_found(struct leaf_fetch *f, struct fetch_peer *p, struct span bytes) {
    struct leaves_found m;
    if (codec_decode(&leaves_found_type, bytes, NULL, &m) != OK) {
        drop(f, p->id);
        return;
    }
    struct question *q = question_to(f, p->id);
    /* What was not asked, or came too late, is not looked at. */
    if (q == NULL || q->storing || q->part != m.part || !span_is(m.pack, q->pack.id)) return;
    if (m.bytes.len == 0) {
        lacks(f, q, false);
        return;
    }
    q->storing = true;
    buffer_append_span(&q->bytes, m.bytes);
    struct leaf_output *o = output_add(f, LEAF_STORE);
    o->job = (uint32_t)(q - f->questions);
    o->pack = q->pack;
    o->part = q->part;
    o->bytes = buffer_span(&q->bytes);
}

static void on_held(struct leaf_fetch *f, struct fetch_peer *p, struct span bytes) {
    struct leaves_whole m;
    if (codec_decode(&leaves_whole_type, bytes, NULL, &m) != OK) {
        drop(f, p->id);
        return;
    }
    const struct want *w = want_by_id(f, m.pack);
    if (w != NULL) {
        p->holds[want_index(f, w)] = true;
        p->again_ms[want_index(f, w)] = 0;
        return;
    }
    if (f->looking) return; /* the next look through the ledger finds it */
    f->looking = true;
    f->look_peer = p->id;
    id_set(output_add(f, LEAF_LOOK)->id, m.pack);
}

static void on_message(struct leaf_fetch *f, const struct leaf_input *in) {
    struct fetch_peer *p = peer_of(f, in->peer);
    if (p == NULL) return;
    if (in->type == MESSAGE_LEAVES_WANTED) on_wanted(f, p, in->bytes);
    if (in->type == MESSAGE_LEAVES_FOUND) on_found(f, p, in->bytes);
    if (in->type == MESSAGE_LEAVES_HELD) on_held(f, p, in->bytes);
}

/* ---- what was stored ---- */

static void liar(struct leaf_fetch *f, const struct question *q, enum err e) {
    struct fetch_peer *p = peer_of(f, q->peer);
    f->status.refused++;
    if (p != NULL) p->liar_until_ms = f->now_ms + LEAF_LIAR_MS;
    struct leaf_output *o = output_add(f, LEAF_LIAR);
    o->peer = q->peer;
    o->err = e;
    o->pack = q->pack;
    o->part = q->part;
}

static void on_stored(struct leaf_fetch *f, const struct leaf_input *in) {
    CHECK(in->job < LEAF_QUESTIONS_MAX);
    struct question *q = &f->questions[in->job];
    CHECK(q->used && q->storing);
    struct want *w = want_by_serial(f, q->want);
    if (in->err == OK) {
        if (q->part > 0) f->status.fetched++;
        if (w != NULL && q->part == 0) w->hashes = true;
        if (w != NULL && q->part > 0 && !bit(w->bits, q->part - 1)) {
            uint8_t *byte = &w->bits[(q->part - 1) / 8];
            *byte = (uint8_t)(*byte | 1u << (q->part - 1) % 8);
            w->held++;
        }
        if (w != NULL && w->hashes && w->held == w->chunks) want_end(f, w);
    } else if (in->err == ERR_LEAVES_CHUNK || in->err == ERR_LEAVES_HASHES) {
        liar(f, q, in->err);
    } else if (in->err == ERR_LEAVES_ROOM) {
        f->room_at_ms = f->now_ms + LEAF_ROOM_MS;
    } else if (in->err == ERR_LEAVES_ORDER) {
        if (w != NULL) w->hashes = false;
    } else if (w != NULL) {
        want_end(f, w); /* deleted by the operator */
    }
    question_end(q);
}

static void on_whole(struct leaf_fetch *f, const struct leaf_input *in) {
    struct want *w = want_by_id(f, span_text(in->id));
    if (w != NULL) want_end(f, w);
    if (f->peers_count == 0) return;
    struct leaves_whole m = {span_text(in->id)};
    struct span bytes = message(f, &leaves_whole_type, &m);
    for (uint32_t i = 0; i < f->peers_count; i++) send(f, f->peers[i].id, MESSAGE_LEAVES_HELD, bytes);
}

/* ---- looking through the ledger ---- */

static void rescan_by(struct leaf_fetch *f, uint64_t at_ms) {
    if (at_ms < f->rescan_at_ms) f->rescan_at_ms = at_ms;
}

static void on_scanned(struct leaf_fetch *f, const struct leaf_input *in) {
    if (in->looked) {
        f->looking = false;
        struct want *w = in->wants_count > 0 ? want_add(f, &in->wants[0]) : NULL;
        struct fetch_peer *p = peer_of(f, f->look_peer);
        if (w != NULL && p != NULL) p->holds[want_index(f, w)] = true;
        return;
    }
    f->scanning = false;
    for (uint32_t i = 0; i < in->wants_count; i++) (void)want_add(f, &in->wants[i]);
    f->cursor = in->cursor;
    f->passed += in->passed;
    if (!in->end) f->scan_due = true;
    if (in->end || f->passed > f->status.packs) f->status.packs = f->passed;
    if (in->end && f->missed) rescan_by(f, f->now_ms + LEAF_RESCAN_MS);
}

static void scan(struct leaf_fetch *f) {
    if (f->rescan_at_ms <= f->now_ms && !f->scanning) {
        f->rescan_at_ms = UINT64_MAX;
        f->missed = false;
        f->cursor = f->passed = 0;
        f->scan_due = true;
    }
    if (!f->scan_due || f->scanning) return;
    uint32_t room = 0;
    for (int i = 0; i < LEAF_WANTS_MAX; i++) room += !f->wants[i].used || stalled(f, &f->wants[i]) ? 1 : 0;
    if (room == 0) return;
    f->scan_due = false;
    f->scanning = true;
    struct leaf_output *o = output_add(f, LEAF_SCAN);
    o->cursor = f->cursor;
    o->max = room;
}

/* ---- peers ---- */

static void on_peer_up(struct leaf_fetch *f, const struct leaf_input *in) {
    if (f->peers_count == PEERS_MAX || peer_of(f, in->peer) != NULL) return;
    f->peers[f->peers_count++] = (struct fetch_peer){.id = in->peer, .source = in->source};
    /* It may have what nobody had. */
    if (f->missed) rescan_by(f, f->now_ms + LEAF_RESCAN_MS / 20);
}

static void on_peer_down(struct leaf_fetch *f, const struct leaf_input *in) {
    struct fetch_peer *p = peer_of(f, in->peer);
    if (p == NULL) return;
    *p = f->peers[--f->peers_count];
    struct question *q = question_to(f, in->peer);
    if (q != NULL && !q->storing) question_end(q);
}

/* ---- a step ---- */

void leaf_fetch_step(struct leaf_fetch *f, const struct leaf_input *in) {
    f->now_ms = in->now_ms;
    f->outputs_count = 0;
    arena_reset(&f->messages);
    switch (in->kind) {
    case LEAF_PEER_UP: on_peer_up(f, in); break;
    case LEAF_PEER_DOWN: on_peer_down(f, in); break;
    case LEAF_MESSAGE: on_message(f, in); break;
    case LEAF_COMMITTED: f->scan_due = true; break;
    case LEAF_SCANNED: on_scanned(f, in); break;
    case LEAF_STORED: on_stored(f, in); break;
    case LEAF_READ: on_read(f, in); break;
    case LEAF_WHOLE: on_whole(f, in); break;
    case LEAF_DAMAGED: f->missed = true; rescan_by(f, f->now_ms); break;
    case LEAF_TIMER: break;
    }
    expire(f);
    scan(f);
    ask(f);
}

uint32_t leaf_fetch_outputs(const struct leaf_fetch *f) {
    return f->outputs_count;
}

const struct leaf_output *leaf_fetch_output(const struct leaf_fetch *f, uint32_t i) {
    CHECK(i < f->outputs_count);
    return &f->outputs[i];
}

static void sooner(uint64_t *least, uint64_t at) {
    if (at < *least) *least = at;
}

uint64_t leaf_fetch_deadline(const struct leaf_fetch *f) {
    uint64_t least = UINT64_MAX;
    if (!f->scanning) sooner(&least, f->rescan_at_ms);
    bool free_question = false;
    for (int i = 0; i < LEAF_QUESTIONS_MAX; i++) {
        const struct question *q = &f->questions[i];
        if (q->used && !q->storing) sooner(&least, q->until_ms);
        free_question = free_question || !q->used;
    }
    if (!free_question) return least;
    for (int i = 0; i < LEAF_WANTS_MAX; i++) {
        const struct want *w = &f->wants[i];
        if (!w->used) continue;
        for (uint32_t k = 0; k < f->peers_count; k++) {
            const struct fetch_peer *p = &f->peers[k];
            uint64_t at = p->again_ms[i];
            if (p->liar_until_ms > at) at = p->liar_until_ms;
            if (f->room_at_ms > at) at = f->room_at_ms;
            if (at > f->now_ms) sooner(&least, at); /* who could be asked now was, or is answering */
        }
    }
    return least;
}

void leaf_fetch_status(const struct leaf_fetch *f, struct leaf_fetch_status *ret) {
    *ret = f->status;
    ret->wanted = 0;
    for (int i = 0; i < LEAF_WANTS_MAX; i++) ret->wanted += f->wants[i].used ? 1 : 0;
}
