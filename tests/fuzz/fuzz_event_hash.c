/* fuzz_event_hash.c: hostile documents, JSON and XML, on their way to the event hash.
 *
 * What is read must give, event by event, a pre-hash string or a refusal by name; the same bytes
 * twice the same; and JSON written anew from its value the same strings. */
#include <stdlib.h>

#include "base/json.h"
#include "tools/epcis_xml.h"
#include "trace/epcis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 16, ARENA_MAX = 64 << 20 };

/* Strings and refusals of all events, one after the other; false when the document is refused. */
static bool hash_all(struct span text, struct arena *arena, struct buffer *out) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct event_element list = {0};
    struct refusal refusal = {OK, ""};
    buffer_init(&value, ARENA_MAX);
    enum err e = OK;
    if (epcis_is_xml(text)) {
        e = epcis_xml_read(text, arena, &list, &refusal);
    } else {
        e = json_parse(text, &value, &refusal);
        if (e == OK) e = event_hash_read(buffer_span(&value), arena, &list, &refusal);
    }
    CHECK(e == OK || refusal.err == e);
    uint32_t count = 0;
    for (struct event_element *event = list.first; event != NULL; event = event->next, count++) {
        size_t before = out->len;
        e = event_prehash(event, arena, out, &refusal);
        CHECK(e == OK ? out->len > before || out->overflow
                      : refusal.err == e && out->len == before);
        CHECK(e == OK || e == ERR_TOO_LARGE ||
              (e >= ERR_EVENT_HASH_TIME && e <= ERR_EVENT_HASH_HIDDEN));
        CHECK(span_is_utf8(span_part(buffer_span(out), before, out->len - before)));
        buffer_printf(out, "\n%d\n", (int)e);
    }
    CHECK(count == list.count);
    return list.first != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buffer first CLEANUP(buffer_free) = {0}, second CLEANUP(buffer_free) = {0},
                        value CLEANUP(buffer_free) = {0}, text CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0}, again CLEANUP(arena_free) = {0};
    if (size == 0 || size > INPUT_MAX) return 0;
    arena_init(&arena, ARENA_MAX);
    arena_init(&again, ARENA_MAX);
    buffer_init(&first, ARENA_MAX);
    buffer_init(&second, ARENA_MAX);
    struct span in = span_of(data, size);
    if (!hash_all(in, &arena, &first)) return 0;
    if (epcis_is_xml(in)) {
        CHECK(hash_all(in, &again, &second));
    } else {
        buffer_init(&value, ARENA_MAX);
        buffer_init(&text, ARENA_MAX);
        CHECK(json_parse(in, &value, NULL) == OK);
        json_write(buffer_span(&value), 1, &text);
        CHECK(hash_all(buffer_span(&text), &again, &second));
    }
    CHECK(span_equal(buffer_span(&first), buffer_span(&second)));
    return 0;
}
