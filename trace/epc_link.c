/* epc_link.c: a name as GS1 AI values, as the Digital Link that is made of them, as hexadecimal, and as the
 * EPCB segment of a link (EPC binary strings in links 1.0.0 section 4). */
#include <string.h>

#include "trace/epc_tables.h"
#include "trace/identifier.h"
#include "trace/uri.h"

/* ---- elements ---- */

/* Key qualifiers, in the order a link's path has them; other AIs go into its query. Those of the first row
 * stand under the second one's key as well. */
static const struct {
    const char *key;
    const char *qualifiers[4];
} paths[] = {
    {"01", {"22", "10", "21", "235"}}, {"8006", {"22", "10", "21", NULL}},
    {"414", {"254", "7040", NULL}},    {"417", {"7040", NULL}},
    {"8004", {"7040", NULL}},          {"8010", {"8011", NULL}},
    {"8017", {"8019", NULL}},          {"8018", {"8019", NULL}},
};

static const char *const *path_of(const char *key) {
    static const char *const none[4] = {NULL};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (strcmp(paths[i].key, key) == 0) return paths[i].qualifiers;
    return none;
}

static const struct epc_element *element_find(const struct epc_element *list, size_t count, const char *ai) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].ai, ai) == 0) return &list[i];
    return NULL;
}

/* Which identity these AIs name; a product is the pattern of its items. */
static bool identity_of(const struct epc_element *list, size_t count, struct epc *e) {
    if (strcmp(list[0].ai, "01") == 0) {
        e->identity = EPC_SGTIN;
        if (element_find(list, count, "21") != NULL) return true;
        e->pattern = true;
        if (element_find(list, count, "10") != NULL) e->identity = EPC_LGTIN, e->pattern = false;
        if (element_find(list, count, "235") != NULL) e->identity = EPC_UPUI, e->pattern = false;
        return true;
    }
    for (int i = 0; i < EPC_IDENTITIES; i++) {
        const struct identity_row *row = identity_row((enum epc_identity)i);
        if (row->ai == NULL || strcmp(row->ai, list[0].ai) != 0) continue;
        e->identity = (enum epc_identity)i;
        return true;
    }
    return false;
}

static void gtin_pad(struct epc_value *key) {
    struct epc_value padded = {.len = 0};
    if (key->len != 8 && key->len != 12 && key->len != 13) return;
    CHECK(value_add(&padded, span_part(span_text("000000"), 0, 14U - key->len)) && value_add(&padded, value_span(key)));
    *key = padded;
}

static enum err key_take(const struct epc_element *list, size_t count, struct epc *e) {
    const struct identity_row *row = identity_row(e->identity);
    struct span value = value_span(&list[0].value);
    size_t len = value.len;
    if (row->serial_ai == NULL && row->serial.max > 0 && len > row->key.max) len = row->key.max;
    CHECK(value_set(&e->key, span_part(value, 0, len)));
    CHECK(value_set(&e->serial, span_part(value, len, value.len - len)));
    if (row->ai[0] == '0' && row->ai[1] == '1') gtin_pad(&e->key);
    const struct epc_element *serial = row->serial_ai == NULL ? NULL : element_find(list, count, row->serial_ai);
    if (serial != NULL) e->serial = serial->value;
    if (serial != NULL && serial->value.len == 0) return ERR_EPC_LENGTH;
    /* TDS 6.3.3: an SGLN with extension 0 is one without. */
    if (row->no_extension && span_is(value_span(&e->serial), "0")) e->serial.len = 0;
    e->serial.encoding = 0;
    if (row->serial.max > 0 && e->serial.len == 0 && !row->no_extension) e->pattern = true;
    return OK;
}

enum err epc_from_elements(const struct epc_element *list, size_t count, uint8_t prefix_digits, struct epc *ret) {
    struct epc e = {.scheme = EPC_NO_SCHEME};
    if (count == 0 || !identity_of(list, count, &e)) return ERR_EPC_LINK;
    enum err err = key_take(list, count, &e);
    const char *serial_ai = identity_row(e.identity)->serial_ai;
    for (size_t i = 1; err == OK && i < count; i++) {
        if (element_find(list, i, list[i].ai) != NULL) return ERR_EPC_DATA;
        if (serial_ai != NULL && strcmp(list[i].ai, serial_ai) == 0) continue;
        if (ai_row(list[i].ai) == NULL) return ERR_EPC_AI;
        if (list[i].value.len == 0) return ERR_EPC_LENGTH;
        if (e.data_count == EPC_DATA_MAX) return ERR_EPC_DATA;
        e.data[e.data_count] = list[i];
        e.data[e.data_count++].value.encoding = 0;
    }
    e.prefix_digits = prefix_digits;
    if (err == OK) err = epc_check(&e);
    if (err == OK) *ret = e;
    return err;
}

static void element_add(struct epc_element *list, size_t *count, const char *ai, const struct epc_value *value) {
    struct epc_element *element = &list[(*count)++];
    *element = (struct epc_element){.value = *value};
    memcpy(element->ai, ai, strlen(ai) + 1);
    element->value.encoding = 0;
}

enum err epc_to_elements(const struct epc *e, struct epc_element *ret, size_t *ret_count) {
    const struct identity_row *row = identity_row(e->identity);
    struct epc_value key = e->key;
    size_t count = 0;
    if (row->ai == NULL) return ERR_EPC_NO_FORM;
    enum err err = epc_check(e);
    if (err != OK) return err;
    if (row->serial_ai == NULL) CHECK(value_add(&key, value_span(&e->serial)));
    element_add(ret, &count, row->ai, &key);
    if (row->serial_ai != NULL && e->serial.len > 0) element_add(ret, &count, row->serial_ai, &e->serial);
    for (size_t i = 0; i < e->data_count; i++)
        element_add(ret, &count, e->data[i].ai, &e->data[i].value);
    *ret_count = count;
    return OK;
}

/* ---- links ---- */

static bool number_like(struct span name) {
    if (name.len < 2 || name.len > 4) return false;
    for (size_t i = 0; i < name.len; i++)
        if (!letters_have(LETTERS_DIGITS, (char)name.data[i])) return false;
    return true;
}

enum { ELEMENTS_MAX = EPC_DATA_MAX + 2 };

static enum err pair_take(struct span name, struct span text, struct epc_element *list, size_t *count) {
    struct epc_element element = {.ai = ""};
    size_t len;
    if (*count == ELEMENTS_MAX) return ERR_EPC_DATA;
    if (!uri_unescape(text, sizeof element.value.text, element.value.text, &len)) return ERR_EPC_CHARACTER;
    memcpy(element.ai, name.data, name.len);
    element.value.len = (uint8_t)len;
    list[(*count)++] = element;
    return OK;
}

static bool is_key(struct span name) {
    for (int i = 0; i < EPC_IDENTITIES; i++) {
        const char *ai = identity_row((enum epc_identity)i)->ai;
        if (ai != NULL && span_is(name, ai)) return true;
    }
    return false;
}

/* "01/.../21/..." to its end: pairs, the first a key, the others its qualifiers. */
static enum err path_take(struct span path, struct epc_element *list, size_t *count) {
    struct span key = span_take(&path, '/');
    if (!is_key(key)) return ERR_EPC_LINK;
    enum err err = pair_take(key, span_take(&path, '/'), list, count);
    const char *const *qualifiers = path_of(list[0].ai);
    for (size_t at = 0; err == OK && path.len > 0;) {
        struct span name = span_take(&path, '/');
        while (at < 4 && qualifiers[at] != NULL && !span_is(name, qualifiers[at]))
            at++;
        if (at == 4 || qualifiers[at++] == NULL) return ERR_EPC_LINK;
        err = pair_take(name, span_take(&path, '/'), list, count);
    }
    return err;
}

/* Skips a path of the host's own: the first place from which everything is key and qualifiers counts. */
static enum err segments_take(struct span path, struct epc_element *list, size_t *count) {
    enum err first = ERR_EPC_LINK;
    while (path.len > 0) {
        *count = 0;
        enum err err = path_take(path, list, count);
        if (err == OK) return OK;
        if (err != ERR_EPC_LINK && first == ERR_EPC_LINK) first = err;
        (void)span_take(&path, '/');
    }
    return first;
}

/* Takes scheme and host off; false when it is neither a link nor a path. */
static bool host_take_off(struct span *text, struct span *ret_host) {
    static const char *const schemes[] = {"https://", "http://"};
    *ret_host = SPAN_EMPTY;
    if (text->len > 0 && text->data[0] == '/') {
        *text = span_part(*text, 1, text->len - 1);
        return true;
    }
    for (size_t s = 0; s < 2; s++) {
        size_t i = 0, len = strlen(schemes[s]);
        while (i < len && i < text->len && ((char)text->data[i] | 0x20) == (schemes[s][i] | 0x20))
            i++;
        if (i < len) continue;
        *text = span_part(*text, len, text->len - len);
        *ret_host = span_take(text, '/');
        return ret_host->len > 0;
    }
    return false;
}

enum err epc_from_digital_link(struct span text, uint8_t prefix_digits, struct epc *ret) {
    struct epc_element list[ELEMENTS_MAX];
    struct epc e;
    size_t count = 0;
    struct span host, rest = text;
    if (text.len > EPC_TEXT_MAX) return ERR_TOO_LARGE;
    rest = span_take(&rest, '#');
    struct span path = span_take(&rest, '?');
    if (!host_take_off(&path, &host)) return ERR_EPC_LINK;
    enum err err = segments_take(path, list, &count);
    while (err == OK && rest.len > 0) {
        struct span pair = span_take(&rest, '&');
        struct span name = span_take(&pair, '=');
        if (number_like(name)) err = pair_take(name, pair, list, &count);
    }
    if (err == OK) err = epc_from_elements(list, count, prefix_digits, &e);
    if (err != OK) return err;
    if (host_check(host) == OK) CHECK(epc_use_host(&e, host) == OK);
    *ret = e;
    return OK;
}

static void segment_write(struct buffer *out, const struct epc_element *element) {
    buffer_printf(out, "/%s/", element->ai);
    uri_escape(value_span(&element->value), out);
}

enum err epc_to_digital_link(const struct epc *e, struct span stem, struct buffer *out) {
    struct epc_element list[ELEMENTS_MAX];
    bool in_path[ELEMENTS_MAX] = {true};
    size_t count;
    char separator = '?';
    enum err err = epc_to_elements(e, list, &count);
    if (err != OK) return err;
    if (scheme_row(e->scheme)->hosted && e->host.len > 0) {
        buffer_printf(out, "https://%.*s", (int)e->host.len, e->host.text);
    } else {
        if (stem.len > 0 && stem.data[stem.len - 1] == '/') stem.len--;
        buffer_append_span(out, stem);
    }
    segment_write(out, &list[0]);
    const char *const *qualifiers = path_of(list[0].ai);
    for (size_t q = 0; q < 4 && qualifiers[q] != NULL; q++) {
        const struct epc_element *element = element_find(list, count, qualifiers[q]);
        if (element == NULL) continue;
        segment_write(out, element);
        in_path[element - list] = true;
    }
    for (size_t i = 0; i < count; i++) {
        if (in_path[i]) continue;
        buffer_printf(out, "%c%s=", separator, list[i].ai);
        uri_escape(value_span(&list[i].value), out);
        separator = '&';
    }
    return OK;
}

/* ---- hexadecimal and base64url ---- */

/* Bits written in digits of so many bits each. */
static enum err digits_take(struct span text, const char *alphabet, unsigned bits, struct epc *ret) {
    struct bit_writer w = {.count = 0};
    if (text.len > EPC_BITS_MAX / bits) return ERR_TOO_LARGE;
    for (size_t i = 0; i < text.len; i++) {
        const char *at = text.data[i] == 0 ? NULL : strchr(alphabet, text.data[i]);
        if (at == NULL) return ERR_EPC_SEGMENT;
        bits_put(&w, (uint64_t)(at - alphabet), bits);
    }
    return epc_from_bits(span_of(w.data, sizeof w.data), w.count, ret);
}

static enum err digits_write(const struct epc *e, const char *alphabet, unsigned bits, unsigned whole, struct buffer *out) {
    struct buffer b CLEANUP(buffer_free) = {0};
    size_t count;
    buffer_init(&b, EPC_BITS_MAX / 8);
    enum err err = epc_to_bits(e, &b, &count);
    if (err != OK) return err;
    struct bit_reader r = {.data = b.data, .count = count};
    for (size_t at = 0, end = (count + whole - 1) / whole * whole; at < end; at += bits) {
        unsigned have = bits_left(&r) < bits ? (unsigned)bits_left(&r) : bits;
        buffer_u8(out, (uint8_t)alphabet[bits_take(&r, have) << (bits - have)]);
    }
    return OK;
}

enum err epc_from_hex(struct span text, struct epc *ret) {
    char upper[EPC_BITS_MAX / 4];
    if (text.len > sizeof upper) return ERR_TOO_LARGE;
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.data[i];
        upper[i] = c >= 'a' && c <= 'f' ? (char)(c - 32) : c;
    }
    enum err err = digits_take(span_of(upper, text.len), "0123456789ABCDEF", 4, ret);
    return err == ERR_EPC_SEGMENT ? ERR_HEX : err;
}

enum err epc_to_hex(const struct epc *e, struct buffer *out) {
    return digits_write(e, "0123456789ABCDEF", 4, 16, out);
}

enum err epc_from_segment(struct span segment, struct epc *ret) {
    bool hex = span_starts(segment, "eh");
    if (!hex && !span_starts(segment, "ex")) return ERR_EPC_SEGMENT;
    struct span digits = span_part(segment, 2, segment.len - 2);
    return hex ? digits_take(digits, "0123456789abcdef", 4, ret) : digits_take(digits, base64url_alphabet(), 6, ret);
}

enum err epc_to_segment(const struct epc *e, enum epc_segment form, struct buffer *out) {
    struct buffer b CLEANUP(buffer_free) = {0};
    bool hex = form == EPC_SEGMENT_HEX;
    buffer_init(&b, EPC_BITS_MAX / 4 + 8);
    buffer_text(&b, hex ? "eh" : "ex");
    enum err err = hex ? digits_write(e, "0123456789abcdef", 4, 4, &b) : digits_write(e, base64url_alphabet(), 6, 6, &b);
    if (err == OK) buffer_append_span(out, buffer_span(&b));
    return err;
}
