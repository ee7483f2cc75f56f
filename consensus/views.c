#include "consensus/views.h"

#include <stdlib.h>
#include <string.h>

static void slot_free(struct view_slot *s) {
    for (int kind = 0; kind <= VOTE_KINDS; kind++) {
        free(s->votes[kind]);
        free(s->voted[kind]);
        free(s->certificates[kind]);
    }
    free(s);
}

void views_free(struct views *v) {
    for (uint32_t i = 0; i < v->count; i++)
        slot_free(v->slots[i]);
    free(v->slots);
    v->slots = NULL;
    v->count = v->cap = 0;
}

static uint32_t place_of(const struct views *v, uint64_t view) {
    uint32_t low = 0, high = v->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (v->slots[middle]->view < view)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct view_slot *views_find(const struct views *v, uint64_t view) {
    uint32_t i = place_of(v, view);
    return i < v->count && v->slots[i]->view == view ? v->slots[i] : NULL;
}

struct view_slot *views_get(struct views *v, uint64_t view) {
    uint32_t i = place_of(v, view);
    if (i < v->count && v->slots[i]->view == view) return v->slots[i];
    if (v->count >= VIEWS_JUMPED_MAX + CONSENSUS_RETENTION_VIEWS) return NULL;
    if (v->count == v->cap) {
        v->cap = v->cap == 0 ? 64 : v->cap * 2;
        v->slots = check_realloc(v->slots, v->cap, sizeof(struct view_slot *));
    }
    memmove(&v->slots[i + 1], &v->slots[i], (v->count - i) * sizeof(struct view_slot *));
    v->count++;
    v->slots[i] = check_alloc(1, sizeof(struct view_slot));
    v->slots[i]->view = view;
    return v->slots[i];
}

void views_drop_below(struct views *v, uint64_t view) {
    uint32_t drop = place_of(v, view);
    if (drop == 0) return;
    for (uint32_t i = 0; i < drop; i++)
        slot_free(v->slots[i]);
    memmove(v->slots, v->slots + drop, (v->count - drop) * sizeof(struct view_slot *));
    v->count -= drop;
}

bool slot_certified(const struct view_slot *s, struct ballot *ret) {
    if (s == NULL) return false;
    const struct certificate *c = s->certificates[VOTE_FINALIZE];
    if (c == NULL) c = s->certificates[VOTE_NOTARIZE];
    if (c == NULL) return false;
    *ret = c->ballot;
    return true;
}

bool slot_nullified(const struct view_slot *s) {
    return s != NULL && s->certificates[VOTE_NULLIFY] != NULL;
}
