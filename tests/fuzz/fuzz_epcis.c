/* fuzz_epcis.c: hostile documents, and hostile items.
 *
 * Input that begins with '{' or '[' is JSON: what is accepted must pass the check of items, come
 * back equal, and be encoded and decoded to the same bytes. Other input is a canonical list of
 * items, as a record's body is: what passes the check must, put together again and taken apart,
 * give these very items (hidden values aside, which no document can hold). */
#include <stdlib.h>

#include "base/json.h"
#include "trace/epcis.h"
#include "trace/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 16, ARENA_MAX = 64 << 20 };

static void same_item(const struct item *a, const struct item *b) {
    struct digest x = item_digest(a);
    struct digest y = item_digest(b);
    CHECK(a->type == b->type && digest_equal(&x, &y));
}

/* Everything an item is asked must be answerable. */
static void ask(const struct item *item, struct arena *arena) {
    struct event_thing *things;
    struct event_party party;
    uint32_t count = 0;
    int64_t ms;
    CHECK(event_things(item, arena, &things, &count) == OK);
    for (uint32_t i = 0; i < count; i++) {
        CHECK(things[i].canonical.len >= 1 && things[i].canonical.len <= IDENTIFIER_BYTES_MAX);
        for (uint32_t k = 0; k < i && i < 64; k++) {
            CHECK(!span_equal(things[i].canonical, things[k].canonical));
        }
    }
    CHECK(event_time_ms(item, &ms) == event_is(item));
    (void)event_biz_step(item);
    (void)event_ilmd_lot(item);
    for (uint32_t i = 0; event_source(item, i, &party); i++) {
    }
    for (uint32_t i = 0; event_destination(item, i, &party); i++) {
    }
}

static void document(struct span text, struct arena *arena) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct buffer back CLEANUP(buffer_free) = {0};
    struct refusal refusal;
    struct items items;
    uint32_t bad;
    buffer_init(&value, ARENA_MAX);
    buffer_init(&back, ARENA_MAX);
    if (json_parse(text, &value, &refusal) != OK) return;
    enum err err = epcis_to_items(buffer_span(&value), arena, &items, &refusal);
    if (err != OK) {
        CHECK(refusal.err == err);
        return;
    }
    CHECK(epcis_items_check(items.list, items.count, &bad, &refusal) == OK);
    CHECK(epcis_document_items(items.list, items.count) == items.count);
    CHECK(epcis_from_items(items.list, items.count, &back) == OK);
    CHECK(span_equal(buffer_span(&back), buffer_span(&value)));
    for (uint32_t i = 0; i < items.count; i++) {
        struct item decoded;
        buffer_clear(&back);
        item_encode(&items.list[i], &back);
        CHECK(item_decode(buffer_span(&back), arena, &decoded) == OK);
        same_item(&items.list[i], &decoded);
        ask(&decoded, arena);
    }
}

static bool hides_something(const struct item *item) {
    for (size_t i = 0; i + 2 < item->fields.len; i++) {
        if (item->fields.data[i] == 0xc7)
            return true; /* perhaps; then there is nothing to compare */
    }
    return false;
}

static void body(struct span in, struct arena *arena) {
    struct unpack u;
    struct refusal refusal;
    uint32_t bad;
    unpack_init(&u, in);
    uint32_t count = unpack_array(&u, RECORD_ITEMS_MAX);
    struct item *list = arena_alloc(arena, count + 1, sizeof *list);
    for (uint32_t i = 0; i < count; i++) {
        if (!item_read(&u, arena, &list[i])) return;
    }
    if (unpack_end(&u) != OK || count == 0) return;
    if (epcis_items_check(list, count, &bad, &refusal) != OK) {
        CHECK(bad < count);
        return;
    }
    for (uint32_t at = 0; at < count;) {
        struct buffer back CLEANUP(buffer_free) = {0};
        struct items again;
        bool hidden = false;
        uint32_t members = epcis_document_items(list + at, count - at);
        buffer_init(&back, ARENA_MAX);
        CHECK(epcis_from_items(list + at, count - at, &back) == OK);
        for (uint32_t i = 0; i < members; i++) {
            ask(&list[at + i], arena);
            hidden = hidden || hides_something(&list[at + i]);
        }
        if (!hidden) {
            CHECK(epcis_to_items(buffer_span(&back), arena, &again, &refusal) == OK);
            CHECK(again.count == members);
            for (uint32_t i = 0; i < members; i++)
                same_item(&list[at + i], &again.list[i]);
        }
        at += members;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    if (size == 0 || size > INPUT_MAX) return 0;
    arena_init(&arena, ARENA_MAX);
    if (data[0] == '{' || data[0] == '[') {
        document(span_of(data, size), &arena);
    } else {
        body(span_of(data, size), &arena);
    }
    arena_free(&arena);
    return 0;
}
