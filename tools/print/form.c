/* form.c: JSON by way of canonical values (base/json.h), then by the table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "tools/print/form.h"

enum { FORM_ROWS_MAX = 32, WHERE_BYTES = 128 };

static enum err text_read(const struct form_row *row, struct span value, const char *where, struct span *ret, struct refusal *refusal) {
    struct unpack u;
    unpack_init(&u, value);
    struct span text = unpack_text(&u, FORM_BYTES_MAX);
    if (unpack_end(&u) != OK || (row->needed && text.len == 0)) return refusal_set(refusal, ERR_PRINT_FIELD, "%s", where);
    if (text.len > row->max) return refusal_set(refusal, ERR_PRINT_TEXT, "%s", where);
    uint32_t rune = 0;
    for (size_t at = 0, len; at < text.len; at += len) {
        len = span_rune(span_part(text, at, text.len - at), &rune);
        if (len == 0 || rune_steers(rune)) return refusal_set(refusal, ERR_PRINT_TEXT, "%s", where);
    }
    *ret = text;
    return OK;
}

static enum err object_read(const struct form_row rows[], struct span value, const char *where, uint8_t *ret, struct refusal *refusal);

static enum err list_read(const struct form_row *row, struct span value, const char *where, uint8_t *ret, struct refusal *refusal) {
    struct unpack u;
    unpack_init(&u, value);
    uint32_t count = value_kind(value) == VALUE_ARRAY ? unpack_array(&u, UINT32_MAX) : UINT32_MAX;
    if (count > row->count) return refusal_set(refusal, ERR_PRINT_FIELD, "%s", where);
    for (uint32_t i = 0; i < count; i++) {
        char place[WHERE_BYTES];
        snprintf(place, sizeof place, "%.80s[%u]", where, i);
        struct span entry = unpack_value(&u), text;
        enum err e;
        if (row->kind == FORM_LIST) {
            e = object_read(row->rows, entry, place, ret + row->offset + i * row->size, refusal);
        } else {
            e = text_read(row, entry, place, &text, refusal);
            if (e == OK) memcpy(ret + row->offset + i * sizeof text, &text, sizeof text);
        }
        if (e != OK) return e;
    }
    memcpy(ret + row->count_offset, &count, sizeof count);
    return OK;
}

static enum err field_read(const struct form_row *row, struct span value, const char *where, uint8_t *ret, struct refusal *refusal) {
    struct unpack u;
    struct span text;
    enum err e;
    switch (row->kind) {
    case FORM_TEXT:
        e = text_read(row, value, where, &text, refusal);
        if (e == OK) memcpy(ret + row->offset, &text, sizeof text);
        return e;
    case FORM_BOOL:
        unpack_init(&u, value);
        ret[row->offset] = unpack_bool(&u);
        return unpack_end(&u) == OK ? OK : refusal_set(refusal, ERR_PRINT_FIELD, "%s", where);
    case FORM_TEXTS:
    case FORM_LIST: return list_read(row, value, where, ret, refusal);
    }
    CHECK(false);
}

/* Others' names are shown only as far as they are plain. */
static enum err unknown(const char *where, struct span key, struct refusal *refusal) {
    char name[41] = "";
    for (size_t i = 0; i < key.len && i < sizeof name - 1; i++) {
        name[i] = key.data[i] > ' ' && key.data[i] < 0x7f ? (char)key.data[i] : '?';
        name[i + 1] = 0;
    }
    return refusal_set(refusal, ERR_PRINT_FIELD, "%s%s%s", where, where[0] ? "." : "", name);
}

static enum err object_read(const struct form_row rows[], struct span value, const char *where, uint8_t *ret, struct refusal *refusal) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    bool seen[FORM_ROWS_MAX] = {false};
    unpack_init(&u, value);
    if (value_kind(value) != VALUE_MAP) return refusal_set(refusal, ERR_PRINT_FIELD, "%s", where);
    uint32_t count = unpack_map(&u, UINT32_MAX);
    for (uint32_t n = 0; n < count; n++) {
        struct span key = unpack_key(&u, &last), field = unpack_value(&u);
        size_t i = 0;
        while (rows[i].name != NULL && !span_is(key, rows[i].name))
            i++;
        CHECK(i < FORM_ROWS_MAX);
        if (rows[i].name == NULL) return unknown(where, key, refusal);
        char place[WHERE_BYTES];
        snprintf(place, sizeof place, "%.100s%s%s", where, where[0] ? "." : "", rows[i].name);
        enum err e = field_read(&rows[i], field, place, ret, refusal);
        if (e != OK) return e;
        seen[i] = true;
    }
    for (size_t i = 0; rows[i].name != NULL; i++)
        if (rows[i].needed && !seen[i])
            return refusal_set(refusal, ERR_PRINT_FIELD, "%s%s%s", where, where[0] ? "." : "", rows[i].name);
    return OK;
}

static void block_free(uint8_t **block) {
    free(*block);
}

enum err form_read(const struct form_row rows[], struct span json, struct buffer *store, void *ret, size_t size,
                   struct refusal *refusal) {
    if (json.len > FORM_BYTES_MAX) return refusal_set(refusal, ERR_TOO_LARGE, "%s", "");
    /* json.h names a line of the text: a text of one line has its own. */
    if (!span_is_utf8(json)) return refusal_set(refusal, ERR_CODEC_UTF8, "%s", "");
    buffer_clear(store);
    enum err e = json_parse(json, store, refusal);
    if (e != OK) return e;
    uint8_t *result CLEANUP(block_free) = check_alloc(1, size);
    e = object_read(rows, buffer_span(store), "", result, refusal);
    if (e == OK) memcpy(ret, result, size);
    return e;
}
