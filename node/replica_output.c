/* replica_output.c: what a step gives back, and what waits for the journal before it may leave. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consensus/plant.h"
#include "node/replica_state.h"

enum { OUTPUT_BYTES_MAX = 256 << 20, HELD_BYTES_MAX = 1 << 20 };

struct replica_outputs {
    struct replica_output *items;
    size_t count, cap;
    struct arena bytes;
};

struct replica_outputs *replica_outputs_new(void) {
    struct replica_outputs *o = check_alloc(1, sizeof *o);
    arena_init(&o->bytes, OUTPUT_BYTES_MAX);
    return o;
}

void replica_outputs_free(struct replica_outputs *o) {
    if (o == NULL) return;
    free(o->items);
    arena_free(&o->bytes);
    free(o);
}

void replica_outputs_clear(struct replica_outputs *o) {
    o->count = 0;
    arena_reset(&o->bytes);
}

size_t replica_outputs_count(const struct replica_outputs *o) {
    return o->count;
}

const struct replica_output *replica_outputs_at(const struct replica_outputs *o, size_t i) {
    CHECK(i < o->count);
    return &o->items[i];
}

struct replica_output *output_add(struct replica *r, enum replica_output_kind kind) {
    struct replica_outputs *o = r->out;
    if (o->count == o->cap) {
        o->cap = o->cap == 0 ? 64 : o->cap * 2;
        o->items = check_realloc(o->items, o->cap, sizeof *o->items);
    }
    o->items[o->count] = (struct replica_output){.kind = kind};
    return &o->items[o->count++];
}

struct span output_copy(struct replica *r, struct span bytes) {
    struct span copy = arena_copy(&r->out->bytes, bytes);
    CHECK(copy.data != NULL || bytes.len == 0);
    return copy;
}

/* A follower asks and reports; whatever else it sent to a source of its own would close the session (peer_message.h). A
 * follower that syncs from it is answered in full. */
static bool may_send(const struct replica *r, uint64_t peer, uint8_t type) {
    if (r->validator || (MESSAGE_SET_FOLLOWER & MESSAGE_BIT(type)) != 0) return true;
    for (uint32_t i = 0; i < r->peers_count; i++)
        if (r->peers[i].id == peer) return !r->peers[i].source;
    return false;
}

static void send_shared(struct replica *r, uint64_t peer, uint8_t type, struct span copy) {
    if (!may_send(r, peer, type)) return;
    struct replica_output *o = output_add(r, REPLICA_SEND);
    o->peer = peer;
    o->type = type;
    o->bytes = copy;
    o->high = message_rule(type)->message_class == MESSAGE_URGENT;
}

void send_to(struct replica *r, uint64_t peer, uint8_t type, struct span bytes) {
    if (peer != PEER_NONE) send_shared(r, peer, type, output_copy(r, bytes));
}

bool may_push(const struct replica *r, const struct replica_peer *p, uint8_t type) {
    bool of_validators = type == MESSAGE_CERTIFICATE || type == MESSAGE_COSIGNATURE;
    return r->validator || p->validator == REPLICA_NO_VALIDATOR || !of_validators;
}

static void send_some(struct replica *r, uint8_t type, struct span bytes, bool followers_too) {
    struct span copy = output_copy(r, bytes);
    for (uint32_t i = 0; i < r->peers_count; i++)
        if ((followers_too || r->peers[i].validator != REPLICA_NO_VALIDATOR) && may_push(r, &r->peers[i], type))
            send_shared(r, r->peers[i].id, type, copy);
}

void send_validators(struct replica *r, uint8_t type, struct span bytes) {
    send_some(r, type, bytes, false);
}

void send_all(struct replica *r, uint8_t type, struct span bytes) {
    send_some(r, type, bytes, true);
}

void alarm_raise(struct replica *r, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct replica_output *o = output_add(r, REPLICA_ALARM);
    o->bytes = output_copy(r, span_text(text));
}

void drop_peer(struct replica *r, uint64_t peer, enum err e) {
    struct replica_output *o = output_add(r, REPLICA_DROP_PEER);
    o->peer = peer;
    o->err = e;
}

bool may_sign(const struct replica *r) {
    return r->validator && r->started && !r->lost.active && !r->write_failed && !r->diverged && !r->stopping;
}

uint64_t random_next(struct replica *r) {
    r->random = r->random * 6364136223846793005u + 1442695040888963407u;
    return r->random >> 33;
}

uint64_t random_peer(struct replica *r) {
    uint64_t sources[PEERS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->peers_count; i++)
        if (r->peers[i].source) sources[count++] = r->peers[i].id;
    return count == 0 ? PEER_NONE : sources[random_next(r) % count];
}

void journal_mark(struct replica *r, uint64_t sequence, uint64_t view) {
    if (r->marks_first + r->marks_count == r->marks_cap) {
        if (r->marks_first > r->marks_count) { /* the front is free: move down instead of growing */
            memmove(r->marks, r->marks + r->marks_first, r->marks_count * sizeof *r->marks);
        } else {
            r->marks_cap = r->marks_cap == 0 ? 256 : r->marks_cap * 2;
            struct journal_mark *bigger = check_alloc(r->marks_cap, sizeof *bigger);
            if (r->marks_count > 0) memcpy(bigger, r->marks + r->marks_first, r->marks_count * sizeof *bigger);
            free(r->marks);
            r->marks = bigger;
        }
        r->marks_first = 0;
    }
    r->marks[r->marks_first + r->marks_count++] = (struct journal_mark){sequence, view};
}

uint64_t journal_add(struct replica *r, uint8_t type, struct span bytes, uint64_t view) {
    struct replica_output *o = output_add(r, REPLICA_JOURNAL);
    o->sequence = ++r->sequence;
    o->type = type;
    o->bytes = output_copy(r, bytes);
    journal_mark(r, r->sequence, view);
    return r->sequence;
}

void hold(struct replica *r, struct held h, struct span bytes) {
    CHECK(bytes.len <= HELD_BYTES_MAX);
    struct held *copy = check_alloc(1, sizeof *copy + bytes.len);
    *copy = h;
    if (bytes.len > 0) memcpy(copy + 1, bytes.data, bytes.len);
    copy->bytes = span_of(copy + 1, bytes.len);
    copy->next = NULL;
    if (r->held_last == NULL)
        r->held_first = copy;
    else
        r->held_last->next = copy;
    r->held_last = copy;
    if (PLANT_SEND_BEFORE_DURABLE) {
        r->durable = h.sequence;
        release_held(r);
    }
}

static void release_one(struct replica *r, const struct held *h) {
    if (h->message == MESSAGE_PROPOSAL && !digest_is_zero(&h->payload)) {
        const struct payload *p = payload_find(r, &h->payload);
        if (p != NULL) payload_send(r, p, PEER_NONE);
    }
    if (h->message != 0 && h->followers_too) send_all(r, h->message, h->bytes);
    if (h->message != 0 && !h->followers_too) send_validators(r, h->message, h->bytes);
    if (h->own_vote)
        consensus_queue(r, (struct consensus_input){
                               .kind = h->proposal ? CONSENSUS_PROPOSAL : CONSENSUS_VOTE, .vote = h->vote}, NULL);
    if (h->own_cosignature) take_cosignature(r, &h->cosignature);
}

void release_held(struct replica *r) {
    while (r->held_first != NULL && r->held_first->sequence <= r->durable) {
        struct held *h = r->held_first;
        r->held_first = h->next;
        if (r->held_first == NULL) r->held_last = NULL;
        release_one(r, h);
        free(h);
    }
}
