/* The happy path: host_check looks at the host, key_find finds where in the path the key stands,
 * path_read and query_read take the pairs from there, order_check says whether they may stand so. */
#include "trace/gs1_link.h"

#include "trace/uri.h"

static enum err problem(struct gs1_problem *ret, enum err err, struct span ai, size_t at) {
    *ret = (struct gs1_problem){.err = err, .at = at};
    for (size_t i = 0; i < ai.len && i < GS1_AI_MAX; i++)
        ret->ai[i] = (char)ai.data[i];
    return err;
}

static size_t scheme_length(struct span text) {
    static const char *const schemes[] = {"https://", "http://"};
    for (size_t i = 0; i < 2; i++) {
        struct span scheme = span_text(schemes[i]);
        size_t k = 0;
        while (k < scheme.len && k < text.len && (text.data[k] | 0x20) == (scheme.data[k] | 0x20))
            k++;
        if (k == scheme.len) return k;
    }
    return 0;
}

bool gs1_link_begins(struct span text) {
    return scheme_length(text) > 0;
}

void gs1_link_escape(struct span text, bool query, struct buffer *out) {
    for (size_t i = 0; i < text.len; i++) {
        if (query && text.data[i] == ' ')
            buffer_text(out, "+");
        else
            uri_escape(span_part(text, i, 1), out);
    }
}

void gs1_link_unescape(struct span text, bool query, struct buffer *out) {
    for (size_t i = 0; i < text.len; i++) {
        char decoded;
        size_t len;
        bool pair = text.data[i] == '%' && text.len - i >= 3 &&
                    uri_unescape(span_part(text, i, 3), 1, &decoded, &len);
        if (pair) i += 2;
        if (!pair) decoded = query && text.data[i] == '+' ? ' ' : (char)text.data[i];
        buffer_append(out, &decoded, 1);
    }
}

/* RFC 1123: letters, digits and hyphens between dots, no hyphen at a label's end, one dot at most at
 * the name's. */
static bool is_domain(struct span host) {
    if (host.len > 1 && host.data[host.len - 1] == '.') host = span_part(host, 0, host.len - 1);
    if (host.len == 0 || host.len > 253) return false;
    size_t label = 0;
    for (size_t i = 0; i <= host.len; i++) {
        char c = i < host.len ? (char)host.data[i] : '.';
        bool hyphen = c == '-', dot = c == '.';
        if (!dot && !hyphen && !gs1_is_alphanumeric(c)) return false;
        bool edge = label == 0 || (dot && host.data[i - 1] == '-');
        if ((dot && edge) || (hyphen && label == 0) || label > 63) return false;
        label = dot ? 0 : label + 1;
    }
    return true;
}

static bool is_port(struct span port) {
    uint32_t n = 0;
    for (size_t i = 0; i < port.len; i++) {
        if (!gs1_in_set('N', (char)port.data[i])) return false;
        n = n * 10 + (uint32_t)(port.data[i] - '0');
        if (n > 65535) return false;
    }
    return true;
}

/* RFC 3986 section 3.2.2: an address literal stands in brackets; a zone is no part of it. */
static bool is_host(struct span authority) {
    struct span host = authority, port = SPAN_EMPTY;
    if (authority.len > 0 && authority.data[0] == '[') {
        struct buffer text CLEANUP(buffer_free) = {0};
        port = authority;
        host = span_take(&port, ']');
        if (host.len == authority.len) return false;
        if (port.len > 0 && port.data[0] != ':') return false;
        if (port.len > 0) port = span_part(port, 1, port.len - 1);
        buffer_init(&text, 1024);
        buffer_text(&text, "http://");
        buffer_append_span(&text, host);
        buffer_text(&text, "]/");
        return !text.overflow && uri_valid(buffer_span(&text)) && is_port(port);
    }
    port = authority;
    host = span_take(&port, ':');
    return is_domain(host) && is_port(port);
}

/* One pair of the path or the query, decoded. */
static enum err pair_add(struct gs1_data *data, struct span ai, struct span value, size_t at,
                         bool query, const struct gs1_options *options,
                         struct gs1_problem *ret_problem) {
    struct buffer decoded CLEANUP(buffer_free) = {0}, whole CLEANUP(buffer_free) = {0};
    buffer_init(&decoded, GS1_VALUE_MAX + 1);
    buffer_init(&whole, GS1_VALUE_MAX + 7);
    gs1_link_unescape(value, query, &decoded);
    if (decoded.overflow) return problem(ret_problem, ERR_GS1_VALUE_LONG, ai, at);
    size_t len = decoded.len;
    bool shortened = options->short_gtins && (len == 8 || len == 12 || len == 13);
    if (shortened && span_is(ai, "01")) buffer_append(&whole, "000000", 14 - len);
    buffer_append_span(&whole, buffer_span(&decoded));
    return gs1_add(data, ai, buffer_span(&whole), options, at, ret_problem);
}

/* The AI a segment of the path names; empty: none. */
static struct span path_ai(struct span segment, const struct gs1_options *options) {
    if (gs1_entry_find(segment) != NULL) return segment;
    return options->names ? gs1_ai_of_name(segment) : SPAN_EMPTY;
}

static size_t segment_begin(struct span path, size_t end) {
    while (end > 0 && path.data[end - 1] != '/')
        end--;
    return end;
}

/* Where in the path (which begins with a slash) the last "/AI/value" with a key as AI begins, going in
 * pairs from the end; path.len when there is none. */
static size_t key_find(struct span path, const struct gs1_options *options) {
    size_t end = path.len;
    while (end > 0) {
        size_t value = segment_begin(path, end);
        if (value < 2) break;
        size_t name = segment_begin(path, value - 1);
        struct span ai = path_ai(span_part(path, name, value - 1 - name), options);
        const struct gs1_entry *entry = gs1_entry_find(ai);
        if (entry != NULL && entry->qualifiers != NULL) return name - 1;
        end = name - 1;
    }
    return path.len;
}

static size_t segment_end(struct span path, size_t from) {
    while (from < path.len && path.data[from] != '/')
        from++;
    return from;
}

/* "/01/06901234567892/10/ABC"; at: where it begins in the address. */
static enum err path_read(struct span path, size_t at, const struct gs1_options *options,
                          struct gs1_data *data, struct gs1_problem *ret_problem) {
    for (size_t i = 0; i < path.len;) {
        size_t name_end = segment_end(path, i + 1);
        struct span segment = span_part(path, i + 1, name_end - i - 1);
        struct span ai = path_ai(segment, options);
        if (ai.len == 0 || name_end == path.len)
            return problem(ret_problem, ERR_GS1_LINK_ORDER, segment, at + i + 1);
        i = segment_end(path, name_end + 1);
        enum err e = pair_add(data, ai, span_part(path, name_end + 1, i - name_end - 1),
                              at + name_end + 1, false, options, ret_problem);
        if (e) return e;
    }
    return OK;
}

/* Whether the elements behind the key, in this order, are some of the list's in the list's order. */
static bool in_order(struct span list, const struct gs1_data *data, size_t path_count) {
    size_t i = 1;
    while (list.len > 0 && i < path_count)
        if (span_equal(span_take(&list, ','), gs1_ai(&data->elements[i]))) i++;
    return i == path_count;
}

static bool lists(struct span list, struct span ai) {
    while (list.len > 0)
        if (span_equal(span_take(&list, ','), ai)) return true;
    return false;
}

/* The path as it is must be of one alternative of the key's qualifiers; with `more`, one that has this
 * AI, too. */
static bool path_valid(const struct gs1_data *data, size_t path_count, struct span more) {
    struct span alternatives = span_text(data->elements[0].entry->qualifiers);
    if (path_count == 1 && more.len == 0) return true;
    while (alternatives.len > 0) {
        struct span list = span_take(&alternatives, '|');
        if (in_order(list, data, path_count) && (more.len == 0 || lists(list, more))) return true;
    }
    return false;
}

static bool attribute_permitted(const struct gs1_entry *entry, const struct gs1_options *options) {
    return entry != NULL ? entry->attribute : options->unknown_attributes;
}

/* "10" of "10=ABC". */
static bool is_number(struct span name) {
    for (size_t i = 0; i < name.len; i++)
        if (!gs1_in_set('N', (char)name.data[i])) return false;
    return name.len > 0;
}

static enum err query_read(struct span query, size_t at, const struct gs1_options *options,
                           struct gs1_data *data, struct gs1_problem *ret_problem) {
    size_t path_count = data->count;
    while (query.len > 0) {
        size_t before = query.len;
        struct span value = span_take(&query, '&'), pair = value;
        struct span ai = span_take(&value, '=');
        size_t here = at;
        at += before - query.len;
        if (ai.len == pair.len || !is_number(ai)) continue;
        const struct gs1_entry *entry = gs1_entry_find(ai);
        if (gs1_find(data, ai, SPAN_EMPTY) != NULL)
            return problem(ret_problem, ERR_GS1_LINK_TWICE, ai, here);
        enum err e = pair_add(data, ai, value, here, true, options, ret_problem);
        if (e) return e;
        if (!attribute_permitted(entry, options))
            return problem(ret_problem, ERR_GS1_LINK_ATTRIBUTE, ai, here);
        if (path_valid(data, path_count, ai))
            return problem(ret_problem, ERR_GS1_LINK_IN_PATH, ai, here);
    }
    return OK;
}

/* RFC 3986: the characters of an address; percent signs are looked at where they are decoded. */
static bool is_address_character(char c) {
    if (gs1_is_alphanumeric(c)) return true;
    for (const char *p = "-._~:/?#[]@!$&'()*+,;=%"; *p != '\0'; p++)
        if (*p == c) return true;
    return false;
}

/* Scheme, host and characters; where the path begins. */
static enum err frame_read(struct span address, size_t *ret_path, struct gs1_problem *ret_problem) {
    size_t scheme = scheme_length(address), path = scheme;
    if (address.len > GS1_TEXT_MAX) return problem(ret_problem, ERR_GS1_LENGTH, SPAN_EMPTY, 0);
    for (size_t i = 0; i < address.len; i++)
        if (!is_address_character((char)address.data[i]))
            return problem(ret_problem, ERR_GS1_LINK_FORM, SPAN_EMPTY, i);
    if (scheme == 0) return problem(ret_problem, ERR_GS1_LINK_FORM, SPAN_EMPTY, 0);
    while (path < address.len && address.data[path] != '/' && address.data[path] != '?' &&
           address.data[path] != '#')
        path++;
    if (!is_host(span_part(address, scheme, path - scheme)))
        return problem(ret_problem, ERR_GS1_LINK_HOST, SPAN_EMPTY, scheme);
    *ret_path = path;
    return OK;
}

enum err gs1_link_read(struct span address, const struct gs1_options *options,
                       struct gs1_data *ret_data, struct gs1_problem *ret_problem) {
    struct gs1_data data = {.count = 0};
    size_t at;
    enum err e = frame_read(address, &at, ret_problem);
    if (e) return e;
    struct span rest = span_part(address, at, address.len - at);
    rest = span_take(&rest, '#');
    struct span path = span_take(&rest, '?');
    size_t key = key_find(path, options);
    if (key == path.len) return problem(ret_problem, ERR_GS1_LINK_KEY, SPAN_EMPTY, at);
    e = path_read(span_part(path, key, path.len - key), at + key, options, &data, ret_problem);
    if (e) return e;
    for (size_t i = 2; i <= data.count; i++)
        if (!path_valid(&data, i, SPAN_EMPTY))
            return problem(ret_problem, ERR_GS1_LINK_ORDER, gs1_ai(&data.elements[i - 1]),
                           at + key);
    e = query_read(rest, at + path.len + 1, options, &data, ret_problem);
    if (e) return e;
    *ret_data = data;
    return OK;
}

/* -- writing -- */

static void put_pair(struct buffer *out, const struct gs1_element *e, const char *before,
                     const char *between, bool query) {
    buffer_text(out, before);
    buffer_append_span(out, gs1_ai(e));
    buffer_text(out, between);
    gs1_link_escape(gs1_value(e), query, out);
}

/* Behind the key's path: not in the list, not said before. */
static bool goes_to_query(const struct gs1_data *data, const struct gs1_element *key,
                          struct span list, size_t index) {
    const struct gs1_element *e = &data->elements[index];
    return gs1_find(data, gs1_ai(e), SPAN_EMPTY) == e && e != key && !lists(list, gs1_ai(e));
}

/* How well an alternative of qualifiers serves: none of what is left may be kept out of the query,
 * then the more of it is there the better. The first that may not: *ret_left. */
static size_t alternative_worth(const struct gs1_data *data, const struct gs1_element *key,
                                struct span list, const struct gs1_options *options,
                                const struct gs1_element **ret_left) {
    size_t worth = GS1_ELEMENTS_MAX + 1;
    *ret_left = NULL;
    for (size_t i = 0; i < data->count; i++) {
        const struct gs1_element *e = &data->elements[i];
        if (lists(list, gs1_ai(e))) worth++;
        if (goes_to_query(data, key, list, i) && !attribute_permitted(e->entry, options) &&
            *ret_left == NULL)
            *ret_left = e;
    }
    return *ret_left ? worth - GS1_ELEMENTS_MAX - 1 : worth;
}

static enum err stem_check(struct span stem, struct span *ret, struct gs1_problem *ret_problem) {
    size_t path;
    enum err e = frame_read(stem, &path, ret_problem);
    if (e) return e;
    for (size_t i = path; i < stem.len; i++)
        if (stem.data[i] == '?' || stem.data[i] == '#')
            return problem(ret_problem, ERR_GS1_LINK_FORM, SPAN_EMPTY, i);
    size_t slash = stem.len > path && stem.data[stem.len - 1] == '/' ? 1 : 0;
    *ret = span_part(stem, 0, stem.len - slash);
    return OK;
}

enum err gs1_link_write(const struct gs1_data *data, struct span stem,
                        const struct gs1_options *options, struct buffer *out,
                        struct gs1_problem *ret_problem) {
    const struct gs1_element *key = NULL, *left = NULL, *best_left = NULL;
    struct span best = SPAN_EMPTY;
    size_t best_worth = 0;
    enum err e = stem_check(stem, &stem, ret_problem);
    if (e) return e;
    for (size_t i = data->count; i-- > 0;)
        if (data->elements[i].entry && data->elements[i].entry->qualifiers)
            key = &data->elements[i];
    if (key == NULL) return problem(ret_problem, ERR_GS1_LINK_KEY, SPAN_EMPTY, 0);
    struct span alternatives = span_text(key->entry->qualifiers);
    do {
        struct span list = span_take(&alternatives, '|');
        size_t worth = alternative_worth(data, key, list, options, &left);
        if (best_worth > 0 && worth <= best_worth) continue;
        best = list, best_worth = worth, best_left = left;
    } while (alternatives.len > 0);
    if (best_left) return problem(ret_problem, ERR_GS1_LINK_ATTRIBUTE, gs1_ai(best_left), 0);
    buffer_append_span(out, stem);
    put_pair(out, key, "/", "/", false);
    struct span list = best;
    while (list.len > 0) {
        const struct gs1_element *qualifier = gs1_find(data, span_take(&list, ','), SPAN_EMPTY);
        if (qualifier) put_pair(out, qualifier, "/", "/", false);
    }
    /* As in element strings, those of predefined length come first. */
    const char *before = "?";
    for (size_t i = 0; i < 2 * data->count; i++) {
        const struct gs1_element *attribute = &data->elements[i % data->count];
        bool second_round = i >= data->count;
        if (gs1_needs_separator(attribute) != second_round) continue;
        if (!goes_to_query(data, key, best, i % data->count)) continue;
        put_pair(out, attribute, before, "=", true);
        before = "&";
    }
    return OK;
}
