#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "rpc/call.h"

void part_refuse(struct part *p, enum err e, const char *where) {
    if (p->refusal.err == OK) (void)refusal_set(&p->refusal, e, "%s", where);
}

static int hex_digit(uint8_t c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* RFC 3986 section 2.1; false for a "%" without two digits. */
static bool percent_decode(struct arena *arena, struct span in, struct span *ret) {
    uint8_t *out = arena_alloc(arena, in.len + 1, 1);
    if (out == NULL) return false;
    size_t n = 0;
    for (size_t i = 0; i < in.len; i++) {
        if (in.data[i] != '%') {
            out[n++] = in.data[i];
            continue;
        }
        if (in.len - i < 3) return false;
        int high = hex_digit(in.data[i + 1]), low = hex_digit(in.data[i + 2]);
        if (high < 0 || low < 0) return false;
        out[n++] = (uint8_t)(high << 4 | low);
        i += 2;
    }
    *ret = span_of(out, n);
    return true;
}

static bool parse_uint(struct span s, uint64_t *ret) {
    if (s.len == 0 || s.len > 16 || (s.len > 1 && s.data[0] == '0')) return false;
    uint64_t v = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') return false;
        v = v * 10 + (uint64_t)(s.data[i] - '0');
    }
    *ret = v;
    return true;
}

static bool parse_indices(struct span s, uint64_t max, struct argument *a) {
    size_t begin = 0;
    for (size_t i = 0; i <= s.len; i++) {
        if (i < s.len && s.data[i] != ',') continue;
        uint64_t v;
        if (!parse_uint(span_part(s, begin, i - begin), &v) || v > max) return false;
        if (a->indices_count == METHOD_INDICES_MAX) return false;
        if (a->indices_count > 0 && v <= a->indices[a->indices_count - 1]) return false;
        a->indices[a->indices_count++] = (uint32_t)v;
        begin = i + 1;
    }
    return true;
}

static bool parse_word(struct span s, const char *const *words, uint64_t *ret) {
    for (size_t i = 0; words[i] != NULL; i++) {
        if (!span_is(s, words[i])) continue;
        *ret = i;
        return true;
    }
    return false;
}

/* From decoded text; what the body holds does not come as text. */
static bool argument_from_text(const struct param *p, struct span s, struct argument *a) {
    a->given = true;
    switch (p->kind) {
    case PARAM_DIGEST:
    case PARAM_KEY:
        return hex_decode((const char *)s.data, s.len, a->digest.b, sizeof a->digest.b) == OK;
    case PARAM_UINT:
        return parse_uint(s, &a->number) && a->number >= p->min && a->number <= p->max;
    case PARAM_TEXT:
        a->text = s;
        return s.len >= p->min && s.len <= p->max && span_is_utf8(s);
    case PARAM_WORD:
        return parse_word(s, p->words, &a->number);
    case PARAM_INDICES:
        return parse_indices(s, p->max, a);
    case PARAM_RECORD:
    case PARAM_RECORDS:
    case PARAM_BYTES:
        return false;
    }
    CHECK(false);
}

static bool form_choose(struct part *p, struct span word) {
    for (uint32_t i = 0; p->method->forms[i] != FORM_NONE; i++) {
        if (!span_is(word, form_word(p->method->forms[i]))) continue;
        p->form = p->method->forms[i];
        return true;
    }
    return false;
}

/* One "name=value" of the query. */
static void query_pair(struct rpc_call *c, struct part *p, struct span pair, bool *formed) {
    const uint8_t *equals = memchr(pair.data, '=', pair.len);
    size_t name_len = equals == NULL ? pair.len : (size_t)(equals - pair.data);
    struct span raw = equals == NULL ? SPAN_EMPTY : span_part(pair, name_len + 1, pair.len - name_len - 1);
    struct span name, value;
    if (!percent_decode(&c->arena, span_part(pair, 0, name_len), &name) || !percent_decode(&c->arena, raw, &value)) {
        part_refuse(p, ERR_RPC_PARAMETER, "query");
        return;
    }
    if (span_is(name, "format") && p->method->forms[1] != FORM_NONE) {
        if (*formed || !form_choose(p, value)) part_refuse(p, ERR_RPC_PARAMETER, "format");
        *formed = true;
        return;
    }
    for (size_t i = 0; i < p->method->params_count; i++) {
        const struct param *param = &p->method->params[i];
        if (param->place != PARAM_QUERY || !span_is(name, param->name)) continue;
        if (p->arguments[i].given || !argument_from_text(param, value, &p->arguments[i]))
            part_refuse(p, ERR_RPC_PARAMETER, param->name);
        return;
    }
    char where[64] = "";
    if (name.len < sizeof where && span_is_utf8(name)) memcpy(where, name.data, name.len);
    part_refuse(p, ERR_RPC_PARAMETER_UNKNOWN, where);
}

static bool media_match(struct span range, const char *media_type) {
    const char *end = strchr(media_type, ';');
    size_t len = end == NULL ? strlen(media_type) : (size_t)(end - media_type);
    size_t major = (size_t)(strchr(media_type, '/') - media_type) + 1;
    if (span_is(range, "*/*")) return true;
    if (range.len == major + 1 && range.data[major] == '*')
        return strncasecmp((const char *)range.data, media_type, major) == 0;
    return range.len == len && strncasecmp((const char *)range.data, media_type, len) == 0;
}

static bool weight_is_zero(struct span parameters) {
    for (size_t i = 0; i + 2 < parameters.len; i++) {
        if (parameters.data[i] != 'q' || parameters.data[i + 1] != '=') continue;
        for (size_t k = i + 2; k < parameters.len && parameters.data[k] != ';'; k++)
            if (parameters.data[k] >= '1' && parameters.data[k] <= '9') return false;
        return true;
    }
    return false;
}

/* RFC 9110 section 12.5.1, without finer weights: the earliest range that names a form of ours outright wins, else
 * a wildcard takes the default. */
static bool form_accept(struct part *p, struct span accept) {
    size_t begin = 0;
    bool wildcard = false;
    for (size_t i = 0; i <= accept.len; i++) {
        if (i < accept.len && accept.data[i] != ',') continue;
        struct span range = span_part(accept, begin, i - begin);
        begin = i + 1;
        while (range.len > 0 && range.data[0] == ' ')
            range = span_part(range, 1, range.len - 1);
        const uint8_t *semicolon = range.len == 0 ? NULL : memchr(range.data, ';', range.len);
        size_t len = semicolon == NULL ? range.len : (size_t)(semicolon - range.data);
        if (weight_is_zero(span_part(range, len, range.len - len))) continue;
        while (len > 0 && range.data[len - 1] == ' ')
            len--;
        struct span type = span_part(range, 0, len);
        bool open = len > 0 && type.data[len - 1] == '*';
        for (uint32_t k = 0; p->method->forms[k] != FORM_NONE; k++) {
            if (!media_match(type, form_media_type(p->method->forms[k]))) continue;
            if (open) {
                wildcard = true;
            } else {
                p->form = p->method->forms[k];
                return true;
            }
        }
    }
    return wildcard;
}

static bool records_from_body(struct rpc_call *c, struct part *p, uint32_t at, uint64_t max) {
    struct unpack u;
    unpack_init(&u, c->request->body);
    uint32_t n = unpack_array(&u, (uint32_t)max);
    struct span *list = arena_alloc(&c->arena, n + 1, sizeof *list);
    if (list == NULL || u.err != OK) {
        part_refuse(p, u.err != OK ? u.err : ERR_TOO_LARGE, "records");
        return false;
    }
    for (uint32_t i = 0; i < n && u.err == OK; i++)
        list[i] = unpack_bytes(&u, RECORD_BYTES_MAX);
    enum err e = unpack_end(&u);
    if (e != OK) {
        part_refuse(p, e, "records");
        return false;
    }
    p->records = list;
    p->records_count = n;
    p->arguments[at].given = n > 0;
    return true;
}

static void required_check(struct part *p) {
    for (size_t i = 0; i < p->method->params_count; i++)
        if (p->method->params[i].required && !p->arguments[i].given)
            part_refuse(p, ERR_RPC_PARAMETER_MISSING, p->method->params[i].name);
}

static void body_members(struct rpc_call *c, struct part *p);

static bool has_body_members(const struct method *m) {
    for (size_t i = 0; i < m->params_count; i++)
        if (m->params[i].place == PARAM_BODY && m->params[i].kind == PARAM_TEXT) return true;
    return false;
}

void arguments_from_request(struct rpc_call *c, struct part *p) {
    const struct method *m = p->method;
    const struct http_request *r = c->request;
    p->form = m->forms[0];
    uint32_t texts = 0;
    for (size_t i = 0; i < m->params_count; i++) {
        const struct param *param = &m->params[i];
        struct argument *a = &p->arguments[i];
        struct span text;
        if (param->place == PARAM_PATH) {
            if (!percent_decode(&c->arena, c->texts[texts++], &text) || !argument_from_text(param, text, a))
                part_refuse(p, ERR_RPC_PARAMETER, param->name);
        } else if (param->kind == PARAM_RECORD || param->kind == PARAM_BYTES) {
            a->given = r->body.len > 0;
            a->text = r->body;
        } else if (param->kind == PARAM_RECORDS) {
            if (!records_from_body(c, p, (uint32_t)i, param->max)) return;
        }
    }
    if (has_body_members(m)) body_members(c, p);
    bool formed = false;
    size_t begin = 0;
    for (size_t i = 0; i <= r->query.len && r->query.len > 0; i++) {
        if (i < r->query.len && r->query.data[i] != '&') continue;
        if (i > begin) query_pair(c, p, span_part(r->query, begin, i - begin), &formed);
        begin = i + 1;
    }
    struct span accept = r->headers[HTTP_ACCEPT];
    if (!formed && accept.len > 0 && !form_accept(p, accept)) part_refuse(p, ERR_RPC_NOT_ACCEPTABLE, "Accept");
    required_check(p);
}

static bool base64_take(struct rpc_call *c, struct span value, struct span *ret) {
    struct unpack u;
    unpack_init(&u, value);
    struct span text = unpack_text(&u, RPC_JSON_BYTES_MAX);
    if (unpack_end(&u) != OK) return false;
    uint8_t *bytes = arena_alloc(&c->arena, text.len / 4 * 3 + 3, 1);
    size_t len;
    if (bytes == NULL || !base64_decode(text, bytes, text.len / 4 * 3 + 3, &len)) return false;
    *ret = span_of(bytes, len);
    return len <= RECORD_BYTES_MAX;
}

static bool records_from_value(struct rpc_call *c, struct part *p, struct span value, uint64_t max) {
    struct unpack u;
    unpack_init(&u, value);
    uint32_t n = unpack_array(&u, (uint32_t)max);
    if (u.err != OK || n == 0) return false;
    p->records = arena_alloc(&c->arena, n, sizeof *p->records);
    if (p->records == NULL) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!base64_take(c, unpack_value(&u), &p->records[i])) return false;
    p->records_count = n;
    return unpack_end(&u) == OK;
}

static bool argument_from_value(struct rpc_call *c, struct part *p, uint32_t at, struct span value) {
    const struct param *param = &p->method->params[at];
    struct argument *a = &p->arguments[at];
    if (a->given) return false;
    a->given = true;
    if (param->kind == PARAM_RECORD) return base64_take(c, value, &a->text);
    if (param->kind == PARAM_RECORDS) return records_from_value(c, p, value, param->max);
    struct unpack u;
    unpack_init(&u, value);
    if (param->kind == PARAM_UINT) {
        a->number = unpack_uint(&u, param->max);
        return unpack_end(&u) == OK && a->number >= param->min;
    }
    struct span text = unpack_text(&u, RPC_JSON_BYTES_MAX);
    return unpack_end(&u) == OK && argument_from_text(param, text, a);
}

static void argument_named(struct rpc_call *c, struct part *p, struct span name, struct span value) {
    if (span_is(name, "format") && p->method->forms[1] != FORM_NONE) {
        struct unpack u;
        unpack_init(&u, value);
        if (!form_choose(p, unpack_text(&u, 16))) part_refuse(p, ERR_RPC_PARAMETER, "format");
        return;
    }
    for (uint32_t i = 0; i < p->method->params_count; i++) {
        if (!span_is(name, p->method->params[i].name)) continue;
        if (!argument_from_value(c, p, i, value)) part_refuse(p, ERR_RPC_PARAMETER, p->method->params[i].name);
        return;
    }
    char where[64] = "";
    if (name.len < sizeof where) memcpy(where, name.data, name.len);
    part_refuse(p, ERR_RPC_PARAMETER_UNKNOWN, where);
}

/* A body that is one JSON object. */
static void body_members(struct rpc_call *c, struct part *p) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct refusal refusal = {.err = OK};
    struct span last = SPAN_EMPTY;
    struct unpack u;
    buffer_init(&value, 2 * p->method->body_max);
    enum err e = json_parse(c->request->body, &value, &refusal);
    if (e == OK && value.overflow) e = ERR_TOO_LARGE;
    struct span document = e == OK ? arena_copy(&c->arena, buffer_span(&value)) : SPAN_EMPTY;
    if (e != OK) {
        part_refuse(p, e, refusal.where);
        return;
    }
    unpack_init(&u, document);
    for (uint32_t n = unpack_map(&u, UINT32_MAX); n > 0 && u.err == OK; n--) {
        struct span name = unpack_key(&u, &last);
        argument_named(c, p, name, unpack_value(&u));
    }
    if (unpack_end(&u) != OK) part_refuse(p, ERR_RPC_PARAMETER, "body");
}

/* In JSON-RPC the JSON form is the default wherever there is one. */
static void form_default(struct part *p) {
    p->form = p->method->forms[0];
    for (uint32_t i = 0; p->method->forms[i] != FORM_NONE; i++)
        if (p->method->forms[i] == FORM_JSON) p->form = FORM_JSON;
}

void arguments_from_value(struct rpc_call *c, struct part *p, struct span params) {
    form_default(p);
    struct unpack u;
    unpack_init(&u, params);
    if (params.len > 0 && unpack_peek(&u) == VALUE_MAP) {
        struct span last = SPAN_EMPTY;
        for (uint32_t n = unpack_map(&u, UINT32_MAX); n > 0 && u.err == OK; n--) {
            struct span name = unpack_key(&u, &last);
            argument_named(c, p, name, unpack_value(&u));
        }
    } else if (params.len > 0) {
        uint32_t n = unpack_array(&u, UINT32_MAX);
        for (uint32_t i = 0; i < n && u.err == OK; i++) {
            struct span value = unpack_value(&u);
            if (i >= p->method->params_count)
                part_refuse(p, ERR_RPC_PARAMETER_UNKNOWN, "params");
            else if (!argument_from_value(c, p, i, value))
                part_refuse(p, ERR_RPC_PARAMETER, p->method->params[i].name);
        }
    }
    if (u.err != OK) part_refuse(p, ERR_RPC_PARAMETER, "params");
    required_check(p);
    if (p->refusal.err != OK) p->protocol_error = -32602;
}
