#include "tools/entry.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "tools/map.h"
#include "trace/division.h"

bool item_of_json(struct tool *t, struct span value, struct item *ret) {
    static const uint8_t nil[] = {0xc0};
    struct span list = map_get(value, "things"), entry, none = span_of(nil, 1);
    struct item item = {.type = (uint8_t)map_uint(value, "type"),
                        .fields = map_get(value, "fields")};
    if (value_kind(item.fields) != VALUE_MAP) return false;
    item.things = arena_alloc(&t->arena, list_count(list) + (size_t)1, sizeof *item.things);
    if (item.things == NULL) return false;
    for (struct list l = list_open(list); list_next(&l, &entry);) {
        struct thing *thing = &item.things[item.things_count];
        thing->role = (uint8_t)map_uint(entry, "role");
        thing->identifier = map_text(entry, "identifier");
        thing->quantity = map_has(entry, "quantity") ? map_get(entry, "quantity") : none;
        thing->unit = map_has(entry, "unit") ? map_get(entry, "unit") : none;
        if (thing->identifier.len > 0 && thing->identifier.len <= IDENTIFIER_BYTES_MAX)
            item.things_count++;
    }
    *ret = item;
    return true;
}

int record_items(struct node *n, struct span id, struct record_header *ret_header, struct item **ret_items,
                 uint32_t *ret_count) {
    struct tool *t = n->tool;
    struct unpack u;
    int code = node_get(n, format(t, "/v1/records/%s", shown(t, id)), "application/msgpack", NULL);
    if (code) return code;
    struct span wire = arena_copy(&t->arena, buffer_span(&n->answer.body));
    unpack_init(&u, wire);
    (void)unpack_array(&u, 3);
    struct span header_bytes = unpack_bytes(&u, RECORD_HEADER_BYTES_MAX);
    (void)unpack_bytes(&u, sizeof(struct signature));
    struct span body = unpack_bytes(&u, RECORD_BYTES_MAX);
    bool good = unpack_end(&u) == OK && record_header_decode(header_bytes, ret_header) == OK;
    unpack_init(&u, body);
    uint32_t count = unpack_array(&u, RECORD_ITEMS_MAX);
    struct item *items = arena_alloc(&t->arena, count + (size_t)1, sizeof *items);
    for (uint32_t i = 0; i < count && good; i++)
        good = items != NULL && item_read(&u, &t->arena, &items[i]);
    if (!good || items == NULL || unpack_end(&u) != OK)
        return fail(t, EXIT_BROKEN, "status", "节点的答复无法理解", "the node's answer cannot be understood");
    *ret_items = items;
    *ret_count = count;
    return EXIT_OK;
}

const char *member_name(struct node *n, struct span subject) {
    struct tool *t = n->tool;
    const char *id = shown(t, subject);
    for (struct member_known *m = n->members; m != NULL; m = m->next)
        if (strcmp(m->subject, id) == 0) return m->name;
    struct buffer value CLEANUP(buffer_free) = {0};
    struct http_call call = {.accept = NULL};
    struct member_known *m = arena_alloc(&t->arena, 1, sizeof *m);
    CHECK(m != NULL);
    *m = (struct member_known){.next = n->members, .subject = id, .name = id};
    n->members = m;
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    if (node_call(n, format(t, "/v1/members/%s", path_segment(t, subject)), &call) !=
            HTTP_ANSWERED ||
        n->answer.status != 200 || json_parse(buffer_span(&n->answer.body), &value, NULL) != OK)
        return m->name;
    struct span name = map_text(map_get(buffer_span(&value), "member"), "name");
    if (name.len > 0) m->name = format(t, "%s (%s)", shown(t, name), id);
    return m->name;
}

const char *division_shown(struct tool *t, struct span code) {
    struct buffer name CLEANUP(buffer_free) = {0};
    struct division d;
    buffer_init(&name, 1024);
    if (code.len == 0) return tr(t, "未报地区", "no place given");
    if (division_find(code, &d) == OK) division_name(&d, &name);
    return format(t, "%s%s%.*s", shown(t, code), name.len ? " " : "", (int)name.len,
                  name.data ? (const char *)name.data : "");
}
