/* set_epcis.c: EPCIS 2.0 documents. One under a folder named Invalid must be refused, and the refusal names a
 * field; every other goes to items, through the bytes of a record's body, through the check that a node makes
 * of items it did not build, back to a document and to JSON text, and must then be equal as JSON values. Files
 * that are neither document nor event (queries, a generator's own settings) are not ours. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "tests/vectors/vectors.h"
#include "trace/epcis.h"

enum { DOCUMENT_BYTES_MAX = 32 << 20 };

/* Also what an invalid document lacks a part of. */
static bool ours(struct span v) {
    struct span body;
    return json_text(v, "type").len > 0 || json_text(v, "eventTime").len > 0 ||
           value_get(v, "epcisBody", &body);
}

static const char *round_trip(struct span document, struct arena *arena, struct refusal *refusal) {
    struct items items;
    struct buffer body CLEANUP(buffer_free) = {0}, back CLEANUP(buffer_free) = {0},
                  text CLEANUP(buffer_free) = {0}, again CLEANUP(buffer_free) = {0};
    struct unpack u;
    uint32_t bad = 0;
    buffer_init(&body, DOCUMENT_BYTES_MAX);
    buffer_init(&back, DOCUMENT_BYTES_MAX);
    buffer_init(&text, DOCUMENT_BYTES_MAX);
    buffer_init(&again, DOCUMENT_BYTES_MAX);
    if (epcis_to_items(document, arena, &items, refusal) != OK) return "is refused";
    pack_array(&body, items.count);
    for (uint32_t i = 0; i < items.count; i++)
        item_encode(&items.list[i], &body);
    unpack_init(&u, buffer_span(&body));
    (void)unpack_array(&u, RECORD_ITEMS_MAX);
    u.depth = 1;
    for (uint32_t i = 0; i < items.count; i++)
        if (!item_read(&u, arena, &items.list[i])) return "does not decode";
    if (epcis_items_check(items.list, items.count, &bad, refusal) != OK)
        return "is refused as items";
    if (epcis_from_items(items.list, items.count, &back) != OK) return "does not come back";
    json_write(buffer_span(&back), 0, &text);
    if (json_parse(buffer_span(&text), &again, refusal) != OK) return "comes back as no JSON";
    return span_equal(buffer_span(&again), document) ? NULL : "does not come back equal";
}

static void one(void *context, const char *path) {
    struct tally *t = context;
    struct buffer text CLEANUP(buffer_free) = {0}, value CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0};
    struct items items;
    struct refusal refusal = {OK, ""};
    bool invalid = strstr(path, "/Invalid/") != NULL;
    buffer_init(&text, VECTOR_FILE_BYTES_MAX);
    buffer_init(&value, DOCUMENT_BYTES_MAX);
    arena_init(&arena, 256 << 20);
    bool json = file_read(path, &text) && json_parse(buffer_span(&text), &value, &refusal) == OK;
    if (json && !ours(buffer_span(&value))) {
        tally_beside(t, "queries and settings, neither document nor event");
        return;
    }
    if (invalid) {
        bool refused = !json || epcis_to_items(buffer_span(&value), &arena, &items, &refusal) != OK;
        tally_case(t, refused && refusal.where[0] != '\0', "%s: %s at '%s'", path,
                   refused ? err_name(refusal.err) : "accepted", refusal.where);
        return;
    }
    const char *wrong = json ? round_trip(buffer_span(&value), &arena, &refusal) : "is no JSON";
    tally_case(t, wrong == NULL, "%s %s: %s at %s", path, wrong, err_name(refusal.err), refusal.where);
}

void set_epcis(const char *dir, struct tally *t) {
    files_each(dir, ".json", one, t);
    files_each(dir, ".jsonld", one, t);
}
