/* What is accepted comes back: the season of genesis/lucheng/events, every document damaged thousands of times as a
 * value (fields dropped, doubled under another name, values swapped, numbers and texts bent). A document that is
 * still accepted goes through items, the bytes of a record's body, the check a node makes of items it did not
 * build, and JSON text, and is equal at the end; one that is refused names a place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>

#include "base/json.h"
#include "tests/unit/codec_random.h"
#include "trace/epcis.h"
#include "trace/event.h"

enum { DOCUMENTS_MAX = 300, MUTATIONS = 60, BYTES_MAX = 4 << 20 };

struct trip {
    struct span documents[DOCUMENTS_MAX];
    uint32_t count;
    struct arena kept, arena;
    struct buffer body, back, text, again, mutant;
};

static void read_documents(struct trip *t) {
    struct dirent **list = NULL;
    int n = scandir(EVENTS_DIR, &list, NULL, alphasort);
    struct buffer file CLEANUP(buffer_free) = {0};
    buffer_init(&file, BYTES_MAX);
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", EVENTS_DIR, list[i]->d_name);
        free(list[i]);
        if (strstr(path, ".json") == NULL || t->count == DOCUMENTS_MAX) continue;
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        uint8_t chunk[65536];
        size_t got;
        buffer_clear(&file);
        while ((got = fread(chunk, 1, sizeof chunk, f)) > 0)
            buffer_append(&file, chunk, got);
        fclose(f);
        buffer_clear(&t->again);
        assert_int_equal(json_parse(buffer_span(&file), &t->again, NULL), OK);
        t->documents[t->count++] = arena_copy(&t->kept, buffer_span(&t->again));
    }
    free(list);
    assert_true(t->count > 20);
}

/* Copies a value; at the chosen one of its values (counted in the order they stand) something else stands. */
struct bend {
    struct rng *r;
    struct arena *arena;
    uint64_t at; /* values until the one to bend */
    bool done;
};

static void bent_value(struct bend *b, struct span old, struct buffer *out) {
    struct unpack u;
    b->done = true;
    unpack_init(&u, old);
    switch (rng_below(b->r, 6)) {
    case 0: rng_value(b->r, 2, b->arena, out); return;
    case 1: pack_uint(out, rng_range(b->r, 0, UINT64_MAX)); return;
    case 2: pack_float(out, rng_float(b->r)); return;
    case 3: pack_text(out, rng_text(b->r, 0, 600, b->arena)); return;
    case 4: { /* one level deeper, a few times */
        uint32_t levels = (uint32_t)rng_below(b->r, CODEC_DEPTH_MAX);
        for (uint32_t i = 0; i < levels; i++)
            pack_array(out, 1);
        pack_raw(out, old);
        return;
    }
    default:
        if (value_kind(old) == VALUE_TEXT) {
            struct span s = unpack_text(&u, SIZE_MAX);
            struct buffer text CLEANUP(buffer_free) = {0};
            buffer_init(&text, s.len + 8);
            buffer_append_span(&text, s);
            size_t cut = s.len > 0 ? rng_below(b->r, s.len) : 0;
            if (s.len > 0 && s.data[cut] < 0x80) text.data[cut] = (uint8_t)(0x21 + rng_below(b->r, 0x5d));
            if (rng_below(b->r, 2)) buffer_text(&text, "x");
            pack_text(out, buffer_span(&text));
            return;
        }
        pack_raw(out, old);
        return;
    }
}

static void copy_bent(struct bend *b, struct unpack *u, struct buffer *out);

static void copy_map(struct bend *b, struct unpack *u, struct buffer *out) {
    struct span last = SPAN_EMPTY;
    uint32_t count = unpack_map(u, UINT32_MAX);
    uint64_t drop = b->at < count && rng_below(b->r, 4) == 0 ? b->at : UINT64_MAX;
    pack_map(out, count - (drop < count ? 1 : 0));
    for (uint32_t i = 0; i < count; i++) {
        struct span key = unpack_key(u, &last);
        if (i == drop) {
            (void)unpack_value(u);
            b->done = true;
            continue;
        }
        pack_text(out, key);
        copy_bent(b, u, out);
    }
}

static void copy_array(struct bend *b, struct unpack *u, struct buffer *out) {
    uint32_t count = unpack_array(u, UINT32_MAX);
    bool twice = count > 0 && b->at < 3 && rng_below(b->r, 3) == 0;
    pack_array(out, count + (twice ? 1 : 0));
    for (uint32_t i = 0; i < count; i++) {
        size_t from = out->len;
        copy_bent(b, u, out);
        if (!twice || i != 0) continue;
        struct span first = arena_copy(b->arena, span_of(out->data + from, out->len - from));
        pack_raw(out, first);
        b->done = true;
    }
}

static void copy_bent(struct bend *b, struct unpack *u, struct buffer *out) {
    if (b->done || b->at-- > 0) {
        enum value_kind kind = unpack_peek(u);
        if (kind == VALUE_MAP)
            copy_map(b, u, out);
        else if (kind == VALUE_ARRAY)
            copy_array(b, u, out);
        else
            pack_raw(out, unpack_value(u));
        return;
    }
    bent_value(b, unpack_value(u), out);
}

/* Items as they come out of a record's body. */
static void through_a_body(struct trip *t, struct items *items) {
    struct unpack u;
    buffer_clear(&t->body);
    pack_array(&t->body, items->count);
    for (uint32_t i = 0; i < items->count; i++)
        item_encode(&items->list[i], &t->body);
    assert_false(t->body.overflow);
    assert_int_equal(value_check(buffer_span(&t->body)), OK);
    unpack_init(&u, buffer_span(&t->body));
    assert_int_equal(unpack_array(&u, RECORD_ITEMS_MAX), items->count);
    u.depth = 1;
    for (uint32_t i = 0; i < items->count; i++) {
        struct digest before = item_digest(&items->list[i]);
        assert_true(item_read(&u, &t->arena, &items->list[i]));
        struct digest after = item_digest(&items->list[i]);
        assert_true(digest_equal(&before, &after));
    }
    assert_int_equal(unpack_end(&u), OK);
}

/* True when it is accepted. */
static bool round_trip(struct trip *t, struct span document) {
    struct items items;
    struct refusal refusal = {OK, ""};
    uint32_t bad = 0;
    if (epcis_to_items(document, &t->arena, &items, &refusal) != OK) {
        assert_true(refusal.err != OK);
        return false;
    }
    through_a_body(t, &items);
    /* Deeper than JSON may be, with numbers JSON cannot carry, or with hidden values: then the check knows. */
    enum err e = epcis_items_check(items.list, items.count, &bad, &refusal);
    buffer_clear(&t->back);
    assert_int_equal(epcis_from_items(items.list, items.count, &t->back), OK);
    assert_true(span_equal(buffer_span(&t->back), document));
    if (e != OK) return false;
    for (uint32_t i = 0; i < items.count; i++) {
        struct event_thing *things;
        uint32_t count;
        assert_int_equal(event_things(&items.list[i], &t->arena, &things, &count), OK);
    }
    buffer_clear(&t->text);
    buffer_clear(&t->again);
    json_write(buffer_span(&t->back), 0, &t->text);
    e = json_parse(buffer_span(&t->text), &t->again, &refusal);
    /* bytes and hidden values have no JSON of their own */
    bool same = e == OK && span_equal(buffer_span(&t->again), document);
    if (!same) {
        struct unpack u;
        unpack_init(&u, document);
        bool sayable = true;
        for (uint64_t left = 1; left > 0 && u.err == OK; left--) {
            enum value_kind kind = unpack_peek(&u);
            sayable = sayable && kind != VALUE_EXT && kind != VALUE_BYTES;
            if (kind == VALUE_MAP)
                left += 2 * (uint64_t)unpack_map(&u, UINT32_MAX);
            else if (kind == VALUE_ARRAY)
                left += unpack_array(&u, UINT32_MAX);
            else
                (void)unpack_value(&u);
        }
        if (sayable) fail_msg("comes back as %.*s (%s)", (int)t->text.len, (char *)t->text.data, err_name(e));
    }
    return true;
}

static void what_is_accepted_comes_back(void **state) {
    struct trip *t = *state;
    struct rng r = {.state = 42};
    uint32_t accepted = 0, refused = 0;
    for (uint32_t d = 0; d < t->count; d++) {
        arena_reset(&t->arena);
        if (!round_trip(t, t->documents[d])) fail_msg("document %u is refused as it stands", d);
        for (uint32_t m = 0; m < MUTATIONS; m++) {
            struct unpack u;
            struct bend b = {&r, &t->arena, rng_below(&r, rng_below(&r, 2) ? 12 : 120), false};
            arena_reset(&t->arena);
            buffer_clear(&t->mutant);
            unpack_init(&u, t->documents[d]);
            copy_bent(&b, &u, &t->mutant);
            if (value_check(buffer_span(&t->mutant)) != OK) continue; /* nested too deep to be a value at all */
            struct span mutant = arena_copy(&t->arena, buffer_span(&t->mutant));
            if (round_trip(t, mutant))
                accepted++;
            else
                refused++;
        }
    }
    print_message("%u documents; damaged: %u accepted and equal, %u refused\n", t->count, accepted, refused);
    assert_true(accepted > 200 && refused > 1000);
}

static int begin(void **state) {
    struct trip *t = check_alloc(1, sizeof *t);
    arena_init(&t->kept, 64 << 20);
    arena_init(&t->arena, 64 << 20);
    struct buffer *all[] = {&t->body, &t->back, &t->text, &t->again, &t->mutant};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buffer_init(all[i], BYTES_MAX);
    *state = t;
    read_documents(t);
    return 0;
}

static int end(void **state) {
    struct trip *t = *state;
    struct buffer *all[] = {&t->body, &t->back, &t->text, &t->again, &t->mutant};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buffer_free(all[i]);
    arena_free(&t->kept);
    arena_free(&t->arena);
    free(t);
    return 0;
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_accepted_comes_back, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
