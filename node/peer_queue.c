/* peer_queue.c: parcels and the two-class queue. */
#include "node/peer_queue.h"

#include <stdlib.h>
#include <string.h>

struct parcel {
    uint32_t references;
    uint8_t type;
    enum message_class message_class;
    size_t len; /* header and body */
    uint8_t frame[];
};

struct parcel *parcel_new(uint8_t type, struct span head, struct span tail) {
    const struct message_rule *rule = message_rule(type);
    CHECK(rule != NULL);
    CHECK(head.len <= rule->body_max && tail.len <= rule->body_max - head.len);
    size_t body_len = head.len + tail.len;
    struct parcel *p = check_alloc(1, sizeof *p + FRAME_HEADER_BYTES + body_len);
    p->references = 1;
    p->type = type;
    p->message_class = rule->message_class;
    p->len = FRAME_HEADER_BYTES + body_len;
    put_u32(p->frame, (uint32_t)body_len);
    p->frame[4] = type;
    if (head.len > 0) memcpy(p->frame + FRAME_HEADER_BYTES, head.data, head.len);
    if (tail.len > 0) memcpy(p->frame + FRAME_HEADER_BYTES + head.len, tail.data, tail.len);
    return p;
}

struct parcel *parcel_hold(struct parcel *p) {
    p->references++;
    return p;
}

void parcel_drop(struct parcel *p) {
    if (p == NULL) return;
    CHECK(p->references > 0);
    if (--p->references == 0) free(p);
}

uint8_t parcel_type(const struct parcel *p) {
    return p->type;
}

struct span parcel_body(const struct parcel *p) {
    return span_of(p->frame + FRAME_HEADER_BYTES, p->len - FRAME_HEADER_BYTES);
}

/* What one entry counts: many tiny messages must not be free. */
static size_t entry_cost(const struct parcel *p) {
    return p->len + sizeof(struct queue_entry) + sizeof(struct parcel);
}

void peer_queue_init(struct peer_queue *q, size_t bytes_max) {
    memset(q, 0, sizeof *q);
    q->bytes_max = bytes_max;
}

static void entry_free(struct peer_queue *q, struct queue_entry *e) {
    q->bytes -= entry_cost(e->parcel);
    parcel_drop(e->parcel);
    free(e);
}

static void pop_first(struct peer_queue *q, enum message_class c) {
    struct queue_entry *e = q->first[c];
    q->first[c] = e->next;
    if (q->first[c] == NULL) q->last[c] = NULL;
    q->sent[c] = 0;
    entry_free(q, e);
}

void peer_queue_free(struct peer_queue *q) {
    for (enum message_class c = MESSAGE_URGENT; c <= MESSAGE_BULK; c++) {
        while (q->first[c] != NULL) pop_first(q, c);
    }
    CHECK(q->bytes == 0);
}

/* Removes the oldest entry of the class that is not begun; false when there is none. */
static bool evict(struct peer_queue *q, enum message_class c) {
    struct queue_entry *first = q->first[c];
    if (first == NULL) return false;
    if (q->sent[c] == 0) {
        pop_first(q, c);
        q->dropped++;
        return true;
    }
    struct queue_entry *second = first->next;
    if (second == NULL) return false;
    first->next = second->next;
    if (q->last[c] == second) q->last[c] = first;
    entry_free(q, second);
    q->dropped++;
    return true;
}

enum err peer_queue_add(struct peer_queue *q, struct parcel *p) {
    size_t cost = entry_cost(p);
    enum message_class c = p->message_class;
    if (c == MESSAGE_BULK) {
        bool fits = q->bytes <= q->bytes_max && cost <= q->bytes_max - q->bytes;
        if (!fits && q->bytes > 0) return ERR_PEER_QUEUE_FULL;
    } else {
        while (q->bytes + cost > q->bytes_max) {
            if (!evict(q, MESSAGE_BULK) && !evict(q, MESSAGE_URGENT)) break;
        }
    }
    struct queue_entry *e = check_alloc(1, sizeof *e);
    e->parcel = parcel_hold(p);
    if (q->last[c] == NULL) {
        q->first[c] = e;
    } else {
        q->last[c]->next = e;
    }
    q->last[c] = e;
    q->bytes += cost;
    return OK;
}

bool peer_queue_empty(const struct peer_queue *q, enum message_class c) {
    return q->first[c] == NULL;
}

bool peer_queue_mid_frame(const struct peer_queue *q, enum message_class c) {
    return q->sent[c] > 0;
}

size_t peer_queue_take(struct peer_queue *q, enum message_class c, uint8_t *ret_bytes, size_t room) {
    size_t taken = 0;
    while (taken < room && q->first[c] != NULL) {
        const struct parcel *p = q->first[c]->parcel;
        size_t left = p->len - q->sent[c];
        size_t n = left < room - taken ? left : room - taken;
        memcpy(ret_bytes + taken, p->frame + q->sent[c], n);
        taken += n;
        q->sent[c] += n;
        if (n == left) pop_first(q, c);
    }
    return taken;
}
