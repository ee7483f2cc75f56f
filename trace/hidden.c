/* hidden.c: see hidden.h. One walk along the fields knows the pointer of where it is; what is done there differs. */
#include "trace/hidden.h"

#include <stdio.h>
#include <string.h>

#include "trace/deletion.h"

uint8_t hidden_tiers(struct span fields) {
    struct value_walk w;
    struct unpack u;
    uint8_t tiers = 0;
    unpack_init(&u, fields);
    value_walk_begin(&w);
    for (size_t from = 0; unpack_walk(&u, &w); from = u.at) {
        struct hidden hidden;
        if (w.kind == VALUE_EXT && hidden_read(span_part(fields, from, u.at - from), &hidden) == OK)
            tiers |= deletion_bit(hidden.tier);
    }
    return tiers;
}

void hidden_step(struct span key, struct buffer *out) {
    buffer_u8(out, '/');
    for (size_t i = 0; i < key.len; i++) {
        if (key.data[i] == '~')
            buffer_text(out, "~0");
        else if (key.data[i] == '/')
            buffer_text(out, "~1");
        else
            buffer_u8(out, key.data[i]);
    }
}

/* The walk. `visit` is told every value with its pointer and last key; what it answers false to is not entered. */
struct walk {
    bool (*visit)(void *self, struct span pointer, struct span key, struct span value);
    void *self;
    struct buffer path;
};

static void walk_value(struct walk *w, struct span key, struct span value);

static void walk_entry(struct walk *w, struct span key, struct span value) {
    size_t len = w->path.len;
    bool overflow = w->path.overflow;
    hidden_step(key, &w->path);
    walk_value(w, key, value);
    w->path.len = len;
    w->path.overflow = overflow;
}

static void walk_value(struct walk *w, struct span key, struct span value) {
    struct unpack u;
    struct span pointer = w->path.overflow ? SPAN_EMPTY : buffer_span(&w->path), last = SPAN_EMPTY;
    enum value_kind kind = value_kind(value);
    if (!w->visit(w->self, pointer, key, value)) return;
    unpack_init(&u, value);
    if (kind == VALUE_MAP)
        for (uint32_t n = unpack_map(&u, UINT32_MAX); n > 0 && u.err == OK; n--) {
            struct span name = unpack_key(&u, &last);
            walk_entry(w, name, unpack_value(&u));
        }
    if (kind == VALUE_ARRAY) {
        uint32_t count = unpack_array(&u, UINT32_MAX);
        for (uint32_t i = 0; i < count && u.err == OK; i++) {
            char digits[16];
            snprintf(digits, sizeof digits, "%u", i);
            walk_entry(w, span_text(digits), unpack_value(&u));
        }
    }
}

static void walk_fields(struct span fields, bool (*visit)(void *, struct span, struct span, struct span), void *self) {
    struct walk w = {.visit = visit, .self = self};
    buffer_init(&w.path, SEALED_NAME_BYTES_MAX);
    walk_value(&w, SPAN_EMPTY, fields);
    buffer_free(&w.path);
}

struct places {
    struct arena *arena;
    struct hidden_place *list; /* NULL: only counted */
    uint32_t count, item;
    bool full;
};

static bool place_note(void *self, struct span pointer, struct span key, struct span value) {
    struct places *p = self;
    struct hidden hidden;
    (void)key;
    if (value_kind(value) != VALUE_EXT || hidden_read(value, &hidden) != OK) return true;
    if (p->list != NULL) {
        p->list[p->count] = (struct hidden_place){p->item, arena_copy(p->arena, pointer), hidden};
        if (p->list[p->count].name.data == NULL && pointer.len > 0) p->full = true;
    }
    p->count++;
    return false;
}

enum err hidden_places(const struct item items[], uint32_t count, struct arena *arena, struct hidden_place **ret,
                       uint32_t *ret_count) {
    struct places p = {.arena = arena};
    for (uint32_t i = 0; i < count; i++)
        walk_fields(items[i].fields, place_note, &p);
    p.list = arena_alloc(arena, p.count + 1u, sizeof *p.list);
    if (p.list == NULL) return ERR_TOO_LARGE;
    p.count = 0;
    for (p.item = 0; p.item < count && !p.full; p.item++)
        walk_fields(items[p.item].fields, place_note, &p);
    if (p.full) return ERR_TOO_LARGE;
    *ret = p.list;
    *ret_count = p.count;
    return OK;
}

/* ---- one pointer ---- */

struct at {
    struct span name;
    struct span found;
    bool is;
};

static bool at_note(void *self, struct span pointer, struct span key, struct span value) {
    struct at *a = self;
    (void)key;
    if (a->is || pointer.len > a->name.len || (pointer.len > 0 && memcmp(pointer.data, a->name.data, pointer.len) != 0))
        return false;
    if (pointer.len < a->name.len) return a->name.data[pointer.len] == '/';
    a->found = value;
    a->is = true;
    return false;
}

bool hidden_value_at(struct span fields, struct span name, struct span *ret) {
    struct at a = {.name = name};
    if (name.len == 0 || name.len > SEALED_NAME_BYTES_MAX) return false;
    walk_fields(fields, at_note, &a);
    if (a.is) *ret = a.found;
    return a.is;
}

bool hidden_put(struct span fields, struct span name, const struct hidden *hidden, struct buffer *out) {
    struct span value;
    if (!hidden_value_at(fields, name, &value)) return false;
    size_t from = (size_t)(value.data - fields.data);
    /* A value's length stands nowhere around it: maps and arrays count entries, not bytes. */
    buffer_append_span(out, span_part(fields, 0, from));
    hidden_write(hidden, out);
    buffer_append_span(out, span_part(fields, from + value.len, fields.len - from - value.len));
    return true;
}

struct found {
    struct arena *arena;
    struct span name, *list;
    uint32_t count, max;
};

static bool key_is(struct span key, struct span name) {
    if (span_equal(key, name)) return true;
    if (name.len == 0 || key.len <= name.len) return false;
    uint8_t before = key.data[key.len - name.len - 1];
    return (before == ':' || before == '/' || before == '#') && span_equal(span_part(key, key.len - name.len, name.len), name);
}

static bool found_note(void *self, struct span pointer, struct span key, struct span value) {
    struct found *f = self;
    (void)value;
    if (pointer.len == 0 || !key_is(key, f->name)) return true;
    if (f->count < f->max) f->list[f->count] = arena_copy(f->arena, pointer);
    f->count++;
    return true;
}

uint32_t hidden_find(struct span fields, struct span name, struct arena *arena, uint32_t max, struct span ret[]) {
    struct found f = {.arena = arena, .name = name, .list = ret, .max = max};
    struct span value;
    if (span_starts(name, "/")) {
        bool there = hidden_value_at(fields, name, &value);
        if (there && max > 0) ret[0] = name;
        return there ? 1 : 0;
    }
    walk_fields(fields, found_note, &f);
    return f.count;
}
