/* rpc_shape.h: is this JSON what the table says? */
#ifndef TESTS_RPC_SHAPE_H
#define TESTS_RPC_SHAPE_H

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "rpc/method.h"

static inline bool shape_hex_is(struct span s, size_t len) {
    if (len != 0 && s.len != len) return false;
    for (size_t i = 0; i < s.len; i++)
        if (!((s.data[i] >= '0' && s.data[i] <= '9') || (s.data[i] >= 'a' && s.data[i] <= 'f'))) return false;
    return s.len % 2 == 0;
}

static inline bool shape_holds(const struct shape *shape, struct span value, char where[256]);

static inline bool shape_field_holds(const struct shape_field *f, struct span value, char where[256]) {
    struct unpack u;
    unpack_init(&u, value);
    snprintf(where, 256, "%s", f->name);
    switch (f->kind) {
    case SHAPE_TEXT:
        return value_kind(value) == VALUE_TEXT;
    case SHAPE_UINT:
        (void)unpack_uint(&u, UINT64_MAX);
        return unpack_end(&u) == OK;
    case SHAPE_BOOL:
        return value_kind(value) == VALUE_BOOL;
    case SHAPE_HEX:
        return value_kind(value) == VALUE_TEXT && shape_hex_is(unpack_text(&u, 1 << 20), 0);
    case SHAPE_DIGEST:
        return value_kind(value) == VALUE_TEXT && shape_hex_is(unpack_text(&u, 1 << 20), 64);
    case SHAPE_BASE64:
        return value_kind(value) == VALUE_TEXT;
    case SHAPE_ANY:
        return true;
    case SHAPE_OBJECT:
        return shape_holds(f->shape, value, where);
    }
    return false;
}

/* Every field that must be there is, no other is, all are of their kinds. */
static inline bool shape_holds(const struct shape *shape, struct span value, char where[256]) {
    snprintf(where, 256, "%s", shape->name);
    if (value_kind(value) != VALUE_MAP) return false;
    uint32_t known = 0;
    for (size_t i = 0; i < shape->fields_count; i++) {
        const struct shape_field *f = &shape->fields[i];
        struct span v;
        snprintf(where, 256, "%s.%s", shape->name, f->name);
        if (!value_get(value, f->name, &v)) {
            if (f->optional) continue;
            return false;
        }
        known++;
        if (!f->list) {
            if (!shape_field_holds(f, v, where)) return false;
            continue;
        }
        if (value_kind(v) != VALUE_ARRAY) return false;
        struct unpack u;
        unpack_init(&u, v);
        for (uint32_t n = unpack_array(&u, UINT32_MAX); n > 0; n--)
            if (!shape_field_holds(f, unpack_value(&u), where)) return false;
    }
    struct unpack u;
    unpack_init(&u, value);
    snprintf(where, 256, "%s has a field of another name", shape->name);
    return unpack_map(&u, UINT32_MAX) == known;
}

#endif
