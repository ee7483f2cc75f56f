/* json.c: the only door to Jansson: JSON text to one canonical value. Writing is json_write.c, without the library. */
#include <jansson.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static const double INTEGER_EDGE = 9007199254740991.0; /* 2^53 - 1 */

/* The parser recurses: depth is bounded before it sees the text. Brackets inside strings do not count. */
static bool depth_within(struct span text) {
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (in_string) {
            if (c == '\\') i++;
            else if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > JSON_DEPTH_MAX) return false;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return true;
}

static enum err number_out(double v, struct buffer *out) {
    /* An integral number beyond 2^53 may stand for a neighbour it was rounded from: not exact. */
    if (!isfinite(v)) return ERR_JSON_NUMBER;
    if (v == trunc(v) && fabs(v) > INTEGER_EDGE) return ERR_JSON_NUMBER;
    pack_number(out, v == 0 ? 0 : v);
    return OK;
}

static enum err value_out(const json_t *value, struct buffer *out);

static int by_key(const void *a, const void *b) {
    const char *const *x = a;
    const char *const *y = b;
    return strcmp(*x, *y); /* bytes as unsigned: the order of M3 */
}

static enum err object_out(json_t *object, struct buffer *out) {
    size_t count = json_object_size(object);
    const char **keys = check_alloc(count, sizeof *keys);
    size_t n = 0;
    const char *key;
    json_t *unused;
    json_object_foreach(object, key, unused) {
        keys[n++] = key;
    }
    qsort(keys, n, sizeof *keys, by_key);
    pack_map(out, (uint32_t)count);
    enum err e = OK;
    for (size_t i = 0; i < n && e == OK; i++) {
        pack_text(out, span_text(keys[i]));
        e = value_out(json_object_get(object, keys[i]), out);
    }
    free(keys);
    return e;
}

static enum err value_out(const json_t *value, struct buffer *out) {
    enum err e = OK;
    switch (json_typeof(value)) {
    case JSON_OBJECT: return object_out((json_t *)(uintptr_t)value, out);
    case JSON_ARRAY:
        pack_array(out, (uint32_t)json_array_size(value));
        for (size_t i = 0; i < json_array_size(value) && e == OK; i++)
            e = value_out(json_array_get(value, i), out);
        return e;
    case JSON_STRING:
        pack_text(out, span_of(json_string_value(value), json_string_length(value)));
        return OK;
    case JSON_INTEGER: {
        json_int_t v = json_integer_value(value);
        if (v > (json_int_t)INTEGER_EDGE || v < -(json_int_t)INTEGER_EDGE) return ERR_JSON_NUMBER;
        pack_int(out, v);
        return OK;
    }
    case JSON_REAL: return number_out(json_real_value(value), out);
    case JSON_TRUE: pack_bool(out, true); return OK;
    case JSON_FALSE: pack_bool(out, false); return OK;
    case JSON_NULL: pack_nil(out); return OK;
    }
    return ERR_JSON_SYNTAX;
}

static enum err error_of(const json_error_t *error) {
    switch (json_error_code(error)) {
    case json_error_duplicate_key: return ERR_JSON_DUPLICATE;
    case json_error_numeric_overflow: return ERR_JSON_NUMBER;
    case json_error_stack_overflow: return ERR_JSON_DEPTH;
    case json_error_invalid_utf8:
    case json_error_null_character:
    case json_error_null_byte_in_key: return ERR_CODEC_UTF8;
    case json_error_unknown:
    case json_error_out_of_memory:
    case json_error_cannot_open_file:
    case json_error_invalid_argument:
    case json_error_premature_end_of_input:
    case json_error_end_of_input_expected:
    case json_error_invalid_syntax:
    case json_error_invalid_format:
    case json_error_wrong_type:
    case json_error_null_value:
    case json_error_item_not_found:
    case json_error_index_out_of_range: return ERR_JSON_SYNTAX;
    }
    return ERR_JSON_SYNTAX;
}

enum err json_parse(struct span text, struct buffer *out, struct refusal *ret_where) {
    if (!depth_within(text)) return refusal_set(ret_where, ERR_JSON_DEPTH, "%s", "");
    json_error_t error;
    json_t *root = json_loadb((const char *)text.data, text.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (root == NULL)
        /* Of an empty text jansson has no place to name. */
        return refusal_set(ret_where, error_of(&error), "line %d column %d",
                           error.line > 0 ? error.line : 1, error.column > 0 ? error.column : 0);
    size_t from = out->len;
    enum err e = value_out(root, out);
    json_decref(root);
    if (e == OK && out->overflow) e = ERR_TOO_LARGE;
    if (e == OK) return OK;
    out->len = from;
    return refusal_set(ret_where, e, "%s", "");
}
