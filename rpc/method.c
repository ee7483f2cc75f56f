#include "rpc/method.h"

#include <string.h>

struct form_row {
    enum form form;
    const char *word, *media_type;
};

static const struct form_row form_rows[] = {
    {FORM_JSON, "json", "application/json"},
    {FORM_MSGPACK, "msgpack", "application/msgpack"},
    {FORM_PROOF, "proof", "application/vnd.suyuan.proof"},
    {FORM_TLOG, "tlog", "text/plain; charset=utf-8"},
    {FORM_NOTE, "note", "text/plain; charset=utf-8"},
    {FORM_EPCIS, "epcis", "application/ld+json"},
    {FORM_TEXT, "text", "text/plain; charset=utf-8"},
    {FORM_BYTES, "bytes", "application/octet-stream"},
    {FORM_METRICS, "metrics", "text/plain; version=0.0.4; charset=utf-8"},
    {FORM_EVENTS, "events", "text/event-stream"},
};

const char *form_media_type(enum form form) {
    for (size_t i = 0; i < sizeof form_rows / sizeof form_rows[0]; i++)
        if (form_rows[i].form == form) return form_rows[i].media_type;
    CHECK(false);
}

const char *form_word(enum form form) {
    for (size_t i = 0; i < sizeof form_rows / sizeof form_rows[0]; i++)
        if (form_rows[i].form == form) return form_rows[i].word;
    CHECK(false);
}

const struct method *method_by_name(struct span name) {
    for (size_t i = 0; method_at(i) != NULL; i++)
        if (method_at(i)->json_rpc && span_is(name, method_at(i)->name)) return method_at(i);
    return NULL;
}

/* The part of `rest` up to the next slash; moves rest behind it. */
static struct span segment_take(struct span *rest) {
    const uint8_t *slash = rest->len == 0 ? NULL : memchr(rest->data, '/', rest->len);
    size_t len = slash == NULL ? rest->len : (size_t)(slash - rest->data);
    struct span segment = span_part(*rest, 0, len);
    *rest = slash == NULL ? SPAN_EMPTY : span_part(*rest, len + 1, rest->len - len - 1);
    return segment;
}

/* Both begin with "/". An argument is never empty. */
static bool path_match(const char *template, struct span path, struct span texts[]) {
    struct span want = span_text(template), have = path;
    uint32_t n = 0;
    while (want.len > 0 && have.len > 0) {
        if (want.data[0] != '/' || have.data[0] != '/') return false;
        want = span_part(want, 1, want.len - 1);
        have = span_part(have, 1, have.len - 1);
        struct span want_rest = want, have_rest = have;
        struct span w = segment_take(&want_rest), p = segment_take(&have_rest);
        bool whole = w.len > 1 && w.data[0] == '{' && w.data[w.len - 2] == '*';
        if (whole) {
            texts[n] = have;
            return have.len > 0;
        }
        if (w.len > 0 && w.data[0] == '{') {
            if (p.len == 0) return false;
            texts[n++] = p;
        } else if (!span_equal(w, p)) {
            return false;
        }
        want = span_part(want, w.len, want.len - w.len);
        have = span_part(have, p.len, have.len - p.len);
    }
    return want.len == 0 && have.len == 0;
}

enum err method_match(enum http_verb verb, struct span path, const struct method **ret_method,
                      struct span ret_texts[], uint32_t *ret_allow) {
    uint32_t allow = 0;
    const struct method *found = NULL;
    enum http_verb want = verb == HTTP_VERB_HEAD ? HTTP_VERB_GET : verb;
    struct span texts[METHOD_PARAMS_MAX];
    for (size_t i = 0; method_at(i) != NULL; i++) {
        const struct method *m = method_at(i);
        if (!path_match(m->path, path, texts)) continue;
        allow |= 1u << m->verb;
        if (m->verb == HTTP_VERB_GET) allow |= 1u << HTTP_VERB_HEAD;
        if (m->verb != want || found != NULL) continue;
        found = m;
        memcpy(ret_texts, texts, sizeof texts);
    }
    if (allow != 0) *ret_allow = allow | 1u << HTTP_VERB_OPTIONS;
    if (found != NULL) *ret_method = found;
    if (found != NULL) return OK;
    return allow == 0 ? ERR_RPC_PATH : ERR_RPC_VERB;
}
