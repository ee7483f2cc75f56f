/* epcis_xml.c: expat's events into a tree, then the names the hash knows. Only what is inside the
 * first EventList and inside ignoreFields is kept; all else is walked over. */
#include "tools/epcis_xml.h"

#include <expat.h>
#include <string.h>

enum { IGNORED_MAX = 64 };
#define REPOSITORY "https://repository-x.example.com/"
/* Between namespace and name in expat's names: no character of XML. */
static const XML_Char separator = '\x1f';

enum place { OUTSIDE, IN_EVENTS, IN_IGNORED };

struct reader {
    XML_Parser parser;
    struct arena *arena;
    struct refusal *refusal;
    enum err err;
    enum place place;
    uint32_t depth;       /* elements open */
    uint32_t place_depth; /* of EventList, of ignoreFields */
    struct event_element *
        open[EVENT_ELEMENT_DEPTH_MAX + 1]; /* by depth; the parent's, where one is looked through */
    struct buffer text;                    /* of the innermost element, before its first child */
    bool repository; /* the root declares it: its names stand without a namespace */
    bool found;
    struct event_element events;
    struct span ignored[IGNORED_MAX];
    size_t ignored_count;
};

static void stop(struct reader *r, enum err e) {
    if (r->err != OK) return;
    r->err = refusal_set(r->refusal, e, "line %lu column %lu",
                         (unsigned long)XML_GetCurrentLineNumber(r->parser),
                         (unsigned long)XML_GetCurrentColumnNumber(r->parser) + 1);
    (void)XML_StopParser(r->parser, XML_FALSE);
}

static struct span kept(struct reader *r, struct span s) {
    struct span copy = arena_copy(r->arena, s);
    if (copy.data != NULL || s.len == 0) return copy;
    stop(r, ERR_TOO_LARGE);
    return SPAN_EMPTY;
}

/* "{namespace}name", or the name alone. */
static struct span name_of(struct reader *r, const XML_Char *qualified) {
    const char *at = strchr(qualified, separator);
    if (at == NULL) return kept(r, span_text(qualified));
    struct span namespace = span_of(qualified, (size_t)(at - qualified)), name = span_text(at + 1);
    if (r->repository && span_is(namespace, REPOSITORY)) return kept(r, name);
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, namespace.len + name.len + 2);
    buffer_u8(&out, '{');
    buffer_append_span(&out, namespace);
    buffer_u8(&out, '}');
    buffer_append_span(&out, name);
    return kept(r, buffer_span(&out));
}

/* Prefixes in values that have one meaning everywhere; others stay. */
static struct span expanded(struct reader *r, struct span text, bool gs1) {
    if (gs1 && span_starts(text, "gs1:"))
        text = event_text_replace(r->arena, text, "gs1:", "https://gs1.org/voc/");
    if (text.data != NULL && span_starts(text, "cbv:"))
        text = event_text_replace(r->arena, text, "cbv:", "https://ref.gs1.org/cbv/");
    if (text.data != NULL || text.len == 0) return text;
    stop(r, ERR_TOO_LARGE);
    return SPAN_EMPTY;
}

static bool is_wrapper(const XML_Char *name, const XML_Char **attributes) {
    return attributes[0] == NULL &&
           (strcmp(name, "extension") == 0 || strcmp(name, "baseExtension") == 0);
}

/* The text so far belongs to the element that is open. */
static void text_end(struct reader *r) {
    struct event_element *e = r->open[r->depth];
    if (!e->used) e->text = kept(r, event_text_strip(buffer_span(&r->text)));
    e->used = true; /* has its text; `finish` gives the mark back */
    buffer_clear(&r->text);
}

static void element_begin(struct reader *r, const XML_Char *name, const XML_Char **attributes) {
    struct event_element *parent = r->open[r->depth];
    if (is_wrapper(name, attributes)) {
        r->open[r->depth + 1] = parent;
        return;
    }
    if (parent != &r->events) text_end(r);
    struct event_element *e = event_element_add(r->arena, parent, name_of(r, name), SPAN_EMPTY);
    for (; e != NULL && *attributes != NULL; attributes += 2) {
        struct span value = kept(r, span_text(attributes[1]));
        if (event_element_add(r->arena, e, name_of(r, attributes[0]), value) == NULL) e = NULL;
    }
    if (e == NULL) {
        stop(r, ERR_TOO_LARGE);
        return;
    }
    buffer_clear(&r->text);
    r->open[r->depth + 1] = e;
}

static void on_start(void *context, const XML_Char *name, const XML_Char **attributes) {
    struct reader *r = context;
    if (r->err != OK) return;
    if (r->depth == EVENT_ELEMENT_DEPTH_MAX) {
        stop(r, ERR_XML_DEPTH);
        return;
    }
    if (r->place == IN_EVENTS) {
        element_begin(r, name, attributes);
    } else if (r->place == IN_IGNORED && r->depth == r->place_depth) {
        if (r->ignored_count == IGNORED_MAX)
            stop(r, ERR_TOO_LARGE);
        else
            r->ignored[r->ignored_count++] = name_of(r, name);
    } else if (r->place == OUTSIDE && !r->found && r->depth > 0 && strcmp(name, "EventList") == 0) {
        r->place = IN_EVENTS;
        r->place_depth = r->depth + 1;
        r->found = true;
        r->open[r->depth + 1] = &r->events;
    } else if (r->place == OUTSIDE && r->depth == 1 && r->repository) {
        struct span own = name_of(r, name);
        if (span_is(own, "ignoreFields")) {
            r->place = IN_IGNORED;
            r->place_depth = r->depth + 1;
        }
    }
    r->depth++;
}

static void on_end(void *context, const XML_Char *name) {
    struct reader *r = context;
    (void)name;
    if (r->err != OK) return;
    if (r->place == IN_EVENTS && r->depth > r->place_depth &&
        r->open[r->depth] != r->open[r->depth - 1])
        text_end(r);
    if (r->place != OUTSIDE && r->depth == r->place_depth) r->place = OUTSIDE;
    r->depth--;
}

static void on_text(void *context, const XML_Char *text, int len) {
    struct reader *r = context;
    if (r->err != OK || r->place != IN_EVENTS) return;
    buffer_append(&r->text, text, (size_t)len);
    if (r->text.overflow) stop(r, ERR_TOO_LARGE);
}

static void on_namespace(void *context, const XML_Char *prefix, const XML_Char *uri) {
    struct reader *r = context;
    if (r->depth == 0 && prefix != NULL && uri != NULL && strcmp(uri, REPOSITORY) == 0)
        r->repository = true;
}

static void on_doctype(void *context, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int internal) {
    (void)name, (void)system, (void)public, (void)internal;
    stop(context, ERR_XML_DOCTYPE);
}

static bool is_entry(struct span name) {
    return span_is(name, "bizTransaction") || span_is(name, "source") ||
           span_is(name, "destination");
}

/* Prefixes, and the entries of the three lists as pairs: where there is one, nothing else counts.
 */
static void finish(struct reader *r, struct event_element *e) {
    bool entries = false;
    for (struct event_element *c = e->first; c != NULL; c = c->next)
        entries = entries || is_entry(c->name);
    e->text = expanded(r, e->text, true);
    e->used = false;
    if (!entries) {
        for (struct event_element *c = e->first; c != NULL && r->err == OK; c = c->next)
            finish(r, c);
        return;
    }
    struct event_element *next = e->first;
    e->first = e->last = NULL;
    e->count = 0;
    while (next != NULL && r->err == OK) {
        struct event_element *c = next, whole = {.name = c->name, .text = c->text};
        next = c->next;
        if (!is_entry(c->name)) continue;
        if (!event_element_pair(r->arena, c, &whole))
            stop(r, ERR_TOO_LARGE);
        else if (span_is(c->first->name, "type"))
            c->first->text = expanded(r, c->first->text, false);
        event_element_append(e, c);
    }
}

static void drop_ignored(const struct reader *r, struct event_element *event) {
    struct event_element *next = event->first;
    event->first = event->last = NULL;
    event->count = 0;
    while (next != NULL) {
        struct event_element *c = next;
        bool drop = false;
        next = c->next;
        for (size_t i = 0; i < r->ignored_count; i++)
            drop = drop || span_equal(r->ignored[i], c->name);
        if (drop) continue;
        event_element_append(event, c);
    }
}

static void parse(struct reader *r, struct span text) {
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartNamespaceDeclHandler(r->parser, on_namespace);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    enum { PIECE = 1 << 20 };
    bool last = false;
    while (!last && r->err == OK) {
        size_t len = text.len < PIECE ? text.len : PIECE;
        last = len == text.len;
        if (XML_Parse(r->parser, (const char *)text.data, (int)len, last) == XML_STATUS_ERROR)
            stop(r, ERR_XML_SYNTAX);
        text = span_part(text, len, text.len - len);
    }
}

enum err epcis_xml_read(struct span text, struct arena *arena, struct event_element *ret,
                        struct refusal *ret_refusal) {
    struct reader r = {.arena = arena, .refusal = ret_refusal};
    r.events.name = span_text("EventList");
    r.parser = XML_ParserCreateNS(NULL, separator);
    CHECK(r.parser != NULL);
    buffer_init(&r.text, arena->max);
    parse(&r, text);
    for (struct event_element *e = r.events.first; e != NULL && r.err == OK; e = e->next) {
        drop_ignored(&r, e);
        finish(&r, e);
    }
    if (r.err == OK && !r.found)
        r.err = refusal_set(ret_refusal, ERR_XML_DOCUMENT, "%s", "EventList");
    XML_ParserFree(r.parser);
    buffer_free(&r.text);
    if (r.err == OK) *ret = r.events;
    return r.err;
}
