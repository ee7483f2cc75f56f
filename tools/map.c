#include "tools/map.h"

bool map_has(struct span map, const char *name) {
    struct span v;
    return value_kind(map) == VALUE_MAP && value_get(map, name, &v);
}

struct span map_get(struct span map, const char *name) {
    struct span v;
    return value_kind(map) == VALUE_MAP && value_get(map, name, &v) ? v : SPAN_EMPTY;
}

struct span value_text(struct span value) {
    struct unpack u;
    if (value_kind(value) != VALUE_TEXT) return SPAN_EMPTY;
    unpack_init(&u, value);
    return unpack_text(&u, value.len);
}

struct span map_text(struct span map, const char *name) {
    return value_text(map_get(map, name));
}

uint64_t map_uint(struct span map, const char *name) {
    struct unpack u;
    struct span v = map_get(map, name);
    if (value_kind(v) != VALUE_INT) return 0;
    unpack_init(&u, v);
    return unpack_uint(&u, UINT64_MAX);
}

bool map_bool(struct span map, const char *name) {
    struct unpack u;
    struct span v = map_get(map, name);
    if (value_kind(v) != VALUE_BOOL) return false;
    unpack_init(&u, v);
    return unpack_bool(&u);
}

bool map_digest(struct span map, const char *name, struct digest *ret) {
    struct span text = map_text(map, name);
    return text.len == 64 &&
           hex_decode((const char *)text.data, text.len, ret->b, sizeof ret->b) == OK;
}

struct list list_open(struct span value) {
    struct list l = {.left = 0};
    unpack_init(&l.u, value);
    if (value_kind(value) == VALUE_ARRAY) l.left = unpack_array(&l.u, UINT32_MAX);
    return l;
}

bool list_next(struct list *l, struct span *ret_value) {
    if (l->left == 0) return false;
    l->left--;
    *ret_value = unpack_value(&l->u);
    return l->u.err == OK;
}

uint32_t list_count(struct span value) {
    return list_open(value).left;
}

static void put(struct span key, struct span value, struct buffer *out) {
    pack_text(out, key);
    pack_raw(out, value);
}

void map_with(struct span map, const char *name, struct span value, struct buffer *out) {
    struct unpack u;
    struct span last = SPAN_EMPTY, wanted = span_text(name);
    bool had = map_has(map, name), done = false;
    unpack_init(&u, map);
    uint32_t pairs = unpack_map(&u, UINT32_MAX);
    pack_map(out, pairs + (had ? 0 : 1));
    for (uint32_t i = 0; i < pairs; i++) {
        struct span key = unpack_key(&u, &last), old = unpack_value(&u);
        if (!done && span_compare(wanted, key) <= 0) {
            put(wanted, value, out);
            done = true;
            if (span_equal(wanted, key)) continue;
        }
        put(key, old, out);
    }
    if (!done) put(wanted, value, out);
    CHECK(unpack_end(&u) == OK);
}
