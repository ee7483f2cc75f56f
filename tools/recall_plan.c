/* recall_plan.c: see recall_plan.h. */
#include "tools/recall_plan.h"

#include <inttypes.h>
#include <time.h>

#include "tools/entry.h"
#include "tools/map.h"

struct asking {
    struct node *n;
    struct arena *arena;
    int code; /* of the first failure */
};

static bool entry_read(struct asking *a, struct span entry, struct closure_event *ret) {
    struct span item = arena_copy(a->arena, map_get(entry, "item")), subject = arena_copy(a->arena, map_text(entry, "subject"));
    if (!item.data || !item_of_json(a->n->tool, item, &ret->item) || !map_digest(item, "digest", &ret->digest)) return false;
    ret->subject = subject;
    ret->log_index = map_uint(entry, "log_index");
    ret->item_index = (uint16_t)map_uint(item, "index");
    return true;
}

/* All pages of a chain. */
static bool chain_get(struct asking *a, const char *path, struct closure_chain *ret) {
    struct tool *t = a->n->tool;
    uint64_t next = 0, count = 0;
    *ret = (struct closure_chain){0};
    do {
        struct buffer value CLEANUP(buffer_free) = {0};
        struct span entry;
        buffer_init(&value, 2 * RPC_ANSWER_BYTES_MAX);
        a->code = node_get_value(a->n, format(t, "%s?limit=500%s", path, next ? format(t, "&cursor=%" PRIu64, next) : ""), NULL, &value);
        if (a->code) return false;
        if (!ret->list) {
            count = map_uint(buffer_span(&value), "count");
            ret->list = arena_alloc(a->arena, count + 1, sizeof *ret->list);
            if (!ret->list) return false;
        }
        struct list l = list_open(map_get(buffer_span(&value), "entries"));
        while (list_next(&l, &entry) && ret->count < count)
            if (!entry_read(a, entry, &ret->list[ret->count++])) return false;
        next = map_uint(buffer_span(&value), "next");
    } while (next != 0);
    return true;
}

static bool moves(void *self, struct span unit, struct closure_chain *ret) {
    struct asking *a = self;
    return chain_get(a, format(a->n->tool, "/v1/things/%s/moves", path_segment(a->n->tool, unit)), ret);
}

static bool group(void *self, struct span subject, struct span transformation, struct closure_chain *ret) {
    struct asking *a = self;
    struct tool *t = a->n->tool;
    return chain_get(a, format(t, "/v1/members/%s/transformations/%s/moves", path_segment(t, subject), path_segment(t, transformation)), ret);
}

static bool unit(void *self, struct span canonical, struct span *ret) {
    struct asking *a = self;
    struct tool *t = a->n->tool;
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    a->code = node_get_value(a->n, format(t, "/v1/things/%s", path_segment(t, canonical)), NULL, &value);
    if (a->code) return false;
    struct span lot = map_text(buffer_span(&value), "lot"), own = map_text(buffer_span(&value), "canonical");
    *ret = arena_copy(a->arena, lot.len > 0 ? lot : own);
    return ret->data != NULL;
}

static uint64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int recall_plan_make(struct node *n, const char *item, struct recall_plan *ret) {
    struct asking a = {.n = n, .arena = &ret->arena};
    struct closure_source source = {&a, moves, group, unit};
    uint64_t began = monotonic_ms();
    *ret = (struct recall_plan){0};
    arena_init(&ret->arena, (size_t)1 << 30);
    bool good = unit(&a, span_text(item), &ret->root) && closure_down(&source, ret->root, &ret->arena, &ret->closure);
    ret->took_ms = monotonic_ms() - began;
    if (good) return EXIT_OK;
    return a.code ? a.code : fail(n->tool, EXIT_REFUSED, "help recall", "流向过多，或节点的回答无法理解",
                                  "it went to more than is followed, or the node's answer cannot be understood");
}

void recall_plan_free(struct recall_plan *p) {
    arena_free(&p->arena);
}
