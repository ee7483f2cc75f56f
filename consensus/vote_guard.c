#include "consensus/vote_guard.h"

#include <stdlib.h>
#include <string.h>

#include "consensus/plant.h"

struct guard_view {
    uint64_t view;
    bool signed_kind[VOTE_KINDS + 1];
    struct ballot notarize, finalize;
};

void vote_guard_init(struct vote_guard *g, uint64_t epoch) {
    *g = (struct vote_guard){.epoch = epoch};
}

void vote_guard_free(struct vote_guard *g) {
    free(g->views);
    *g = (struct vote_guard){0};
}

/* Index of the first entry with view >= `view`. */
static uint32_t place_of(const struct vote_guard *g, uint64_t view) {
    uint32_t low = 0, high = g->views_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (g->views[middle].view < view)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct guard_view *find(const struct vote_guard *g, uint64_t view) {
    uint32_t i = place_of(g, view);
    return i < g->views_count && g->views[i].view == view ? &g->views[i] : NULL;
}

enum err vote_guard_check(const struct vote_guard *g, const struct ballot *b, bool proposal) {
    if (PLANT_NO_GUARD) return OK;
    if (b->epoch != g->epoch || b->view < g->floor) return ERR_GUARD;
    const struct guard_view *v = find(g, b->view);
    bool same = v != NULL && v->signed_kind[VOTE_NOTARIZE] && ballot_equal(&v->notarize, b);
    if (proposal && b->view <= g->announced_view && !same) return ERR_GUARD;
    if (v == NULL) return OK;
    switch ((enum vote_kind)b->kind) {
    case VOTE_NOTARIZE:
        if (same) return OK;
        return v->signed_kind[VOTE_NOTARIZE] || v->signed_kind[VOTE_NULLIFY] ? ERR_GUARD : OK;
    case VOTE_NULLIFY: return v->signed_kind[VOTE_FINALIZE] ? ERR_GUARD : OK;
    case VOTE_FINALIZE:
        if (v->signed_kind[VOTE_NULLIFY] && !PLANT_FINALIZE_AFTER_NULLIFY) return ERR_GUARD;
        return v->signed_kind[VOTE_FINALIZE] && !ballot_equal(&v->finalize, b) ? ERR_GUARD : OK;
    }
    return ERR_GUARD;
}

void vote_guard_note(struct vote_guard *g, const struct ballot *b, bool proposal) {
    if (b->epoch != g->epoch || b->view < g->floor) return;
    if (proposal && b->view > g->announced_view) g->announced_view = b->view;
    uint32_t i = place_of(g, b->view);
    if (i == g->views_count || g->views[i].view != b->view) {
        if (g->views_count == g->views_cap) {
            g->views_cap = g->views_cap == 0 ? 32 : g->views_cap * 2;
            g->views = check_realloc(g->views, g->views_cap, sizeof *g->views);
        }
        memmove(&g->views[i + 1], &g->views[i], (g->views_count - i) * sizeof *g->views);
        g->views_count++;
        g->views[i] = (struct guard_view){.view = b->view};
    }
    struct guard_view *v = &g->views[i];
    v->signed_kind[b->kind] = true;
    if (b->kind == VOTE_NOTARIZE) v->notarize = *b;
    if (b->kind == VOTE_FINALIZE) v->finalize = *b;
}

void vote_guard_raise_floor(struct vote_guard *g, uint64_t floor) {
    if (floor <= g->floor) return;
    g->floor = floor;
    uint32_t keep = place_of(g, floor);
    if (keep == 0) return;
    memmove(g->views, g->views + keep, (g->views_count - keep) * sizeof *g->views);
    g->views_count -= keep;
}
