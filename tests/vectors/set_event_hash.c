/* set_event_hash.c: the CBV 2.0 event hash as its reference implementation publishes it.
 *
 * Beside NAME.hashes stand one or more documents NAME.jsonld, .json, .xml and perhaps
 * NAME.prehashes: every document's events must give these lines, in order. Documents below a folder
 * expected_equal: all events of a file hash equal, and as one of NAME.hashes where that stands
 * beside the folder, in examples. A JSON-LD context (no document): its words expand as
 * trace/vocabulary.h says. Probes: WORD-ANYTHING.jsonld and WORD.reference-output.txt, which holds
 * the lines and, after "Pre-hash strings:", the strings between "---".
 *
 * Where the reference has no line: an event that it drops without a word (a time that rounds up to
 * the next second, a value that reads as infinity) must be refused here by that name, and its place
 * is none of the lines'. Where it has one and we have none: a time that is unreadable, or has no
 * zone, goes in as it stands or by the zone of the machine that hashes; CBV 2.0 section 8.9.2 wants
 * all times in UTC. Those are counted beside. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "tests/vectors/vectors.h"
#include "tools/epcis_xml.h"
#include "trace/epcis.h"
#include "trace/vocabulary.h"

enum { ARENA_BYTES_MAX = 256 << 20, PREHASH_BYTES_MAX = 4 << 20 };
static const char *const kinds[] = {".jsonld", ".json", ".xml"};

struct document {
    struct arena arena;
    struct buffer text, value;
    struct event_element events;
};

static void document_free(struct document *d) {
    arena_free(&d->arena);
    buffer_free(&d->text);
    buffer_free(&d->value);
}

static enum err document_read(struct document *d, const char *path, struct refusal *refusal) {
    arena_init(&d->arena, ARENA_BYTES_MAX);
    buffer_init(&d->text, VECTOR_FILE_BYTES_MAX);
    buffer_init(&d->value, 4 * (size_t)VECTOR_FILE_BYTES_MAX);
    if (!file_read(path, &d->text)) return refusal_set(refusal, ERR_TOO_LARGE, "%s", "unreadable");
    struct span text = buffer_span(&d->text);
    if (epcis_is_xml(text)) return epcis_xml_read(text, &d->arena, &d->events, refusal);
    enum err e = json_parse(text, &d->value, refusal);
    return e != OK ? e : event_hash_read(buffer_span(&d->value), &d->arena, &d->events, refusal);
}

/* The next line, without its end; false when only line ends are left. */
static bool line_next(struct span *rest, struct span *ret) {
    while (rest->len > 0 && (rest->data[0] == '\n' || rest->data[0] == '\r'))
        *rest = span_part(*rest, 1, rest->len - 1);
    size_t end = 0;
    while (end < rest->len && rest->data[end] != '\n')
        end++;
    *ret = span_part(*rest, 0, end);
    if (ret->len > 0 && ret->data[ret->len - 1] == '\r') ret->len--;
    *rest = span_part(*rest, end, rest->len - end);
    return ret->len > 0;
}

/* What is published of one document: a line for each event. */
struct published {
    struct span lines;
    bool strings;       /* the lines are what is hashed, not hashes */
    struct span hashes; /* then the hashes beside them; empty when there are none */
};

static bool is_hash_of(struct span uri, struct span string) {
    char expected[EVENT_HASH_URI_SIZE];
    event_hash_uri(string, expected);
    return span_is(uri, expected);
}

/* One event against the next line. */
static void event_case(struct tally *t, const char *path, struct event_element *event,
                       struct arena *arena, struct published *p) {
    struct buffer prehash CLEANUP(buffer_free) = {0};
    struct refusal refusal = {OK, ""};
    struct span line, hash = SPAN_EMPTY;
    char uri[EVENT_HASH_URI_SIZE];
    buffer_init(&prehash, PREHASH_BYTES_MAX);
    enum err e = event_prehash(event, arena, &prehash, &refusal);
    if (e == ERR_EVENT_HASH_SECOND || e == ERR_EVENT_HASH_NUMBER) {
        tally_case(t, refusal.where[0] != '\0', "%s: the refusal names no field", path);
        return;
    }
    bool more = line_next(&p->lines, &line), hashed = line_next(&p->hashes, &hash);
    if (e == ERR_EVENT_HASH_TIME) {
        tally_clause(t, "CBV 2.0 8.9.2: all timestamps are expressed in UTC",
                     span_text(refusal.where));
        return;
    }
    event_hash_uri(buffer_span(&prehash), uri);
    struct span ours = p->strings ? buffer_span(&prehash) : span_text(uri);
    if (p->strings && hashed && !is_hash_of(hash, line) && span_is(hash, uri)) {
        tally_clause(t, "the published hash, which ours has and this string has not,", line);
        return;
    }
    tally_case(t, e == OK && more && span_equal(ours, line), "%s: %s\n  %.*s\n  expected\n  %.*s",
               path, err_name(e), (int)ours.len, (const char *)ours.data, (int)line.len,
               (const char *)line.data);
}

static void compare(struct tally *t, const char *path, struct published p) {
    struct document d CLEANUP(document_free) = {0};
    struct refusal refusal = {OK, ""};
    struct span line;
    enum err e = document_read(&d, path, &refusal);
    tally_case(t, e == OK, "%s: %s at %s", path, err_name(e), refusal.where);
    if (e != OK) return;
    for (struct event_element *event = d.events.first; event != NULL; event = event->next)
        event_case(t, path, event, &d.arena, &p);
    bool left = line_next(&p.lines, &line);
    tally_case(t, !left && d.events.count > 0, "%s: %s", path,
               left ? "lines are left" : "no event");
}

/* path with what follows its base name replaced; false when no such file is there. */
static bool beside(const char *path, size_t base_len, const char *ending,
                   char ret[VECTOR_PATH_MAX]) {
    struct stat st;
    int len = snprintf(ret, VECTOR_PATH_MAX, "%.*s%s", (int)base_len, path, ending);
    return len > 0 && len < VECTOR_PATH_MAX && stat(ret, &st) == 0;
}

static void lines_file(struct tally *t, const char *path, const char *ending, bool strings) {
    struct buffer lines CLEANUP(buffer_free) = {0}, hashes CLEANUP(buffer_free) = {0};
    char input[VECTOR_PATH_MAX];
    size_t base = strlen(path) - strlen(ending);
    bool any = false;
    buffer_init(&lines, VECTOR_FILE_BYTES_MAX);
    buffer_init(&hashes, VECTOR_FILE_BYTES_MAX);
    bool good = file_read(path, &lines);
    if (strings && beside(path, base, ".hashes", input)) good = file_read(input, &hashes) && good;
    tally_case(t, good, "%s: unreadable", path);
    for (size_t i = 0; good && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!beside(path, base, kinds[i], input)) continue;
        compare(t, input, (struct published){buffer_span(&lines), strings, buffer_span(&hashes)});
        any = true;
    }
    if (!any) tally_beside(t, "lines without a document beside them");
}

static void hashes_file(void *context, const char *path) {
    lines_file(context, path, ".hashes", false);
}

static void prehashes_file(void *context, const char *path) {
    lines_file(context, path, ".prehashes", true);
}

/* -- expected_equal -- */

static void equal_file(void *context, const char *path) {
    struct tally *t = context;
    struct document d CLEANUP(document_free) = {0};
    struct buffer prehash CLEANUP(buffer_free) = {0}, published CLEANUP(buffer_free) = {0};
    struct refusal refusal = {OK, ""};
    const char *folder = strstr(path, "/expected_equal/"), *dot = strrchr(path, '.');
    char first[EVENT_HASH_URI_SIZE] = "", uri[EVENT_HASH_URI_SIZE], example[VECTOR_PATH_MAX];
    if (folder == NULL) return;
    enum err e = document_read(&d, path, &refusal);
    buffer_init(&prehash, PREHASH_BYTES_MAX);
    buffer_init(&published, VECTOR_FILE_BYTES_MAX);
    tally_case(t, e == OK && d.events.count > 0, "%s: %s at %s", path, err_name(e), refusal.where);
    for (struct event_element *event = d.events.first; event != NULL; event = event->next) {
        buffer_clear(&prehash);
        e = event_prehash(event, &d.arena, &prehash, &refusal);
        event_hash_uri(buffer_span(&prehash), uri);
        if (first[0] == '\0') memcpy(first, uri, sizeof first);
        tally_case(t, e == OK && strcmp(first, uri) == 0, "%s: an event differs from the first: %s",
                   path, err_name(e));
    }
    const char *name = folder + strlen("/expected_equal/");
    int len = snprintf(example, sizeof example, "%.*s/examples/%.*s.hashes", (int)(folder - path),
                       path, (int)(dot - name), name);
    if (len > 0 && len < (int)sizeof example && file_read(example, &published))
        tally_case(t, span_starts(buffer_span(&published), first), "%s: not as %s", path, example);
}

/* -- JSON-LD contexts -- */

static bool word_known(struct span iri) {
    for (int v = VOCABULARY_BIZ_STEP; v <= VOCABULARY_ALERT_TYPE; v++) {
        const char *web = vocabulary_web((enum vocabulary)v);
        size_t len = strlen(web);
        if (span_starts(iri, web) &&
            vocabulary_has((enum vocabulary)v, span_part(iri, len, iri.len - len)))
            return true;
    }
    return false;
}

static void words(struct tally *t, const char *path, struct span value) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    unpack_init(&u, value);
    if (value_kind(value) == VALUE_ARRAY)
        for (uint32_t n = unpack_array(&u, UINT32_MAX); n > 0; n--)
            words(t, path, unpack_value(&u));
    if (value_kind(value) != VALUE_MAP) return;
    for (uint32_t n = unpack_map(&u, UINT32_MAX); n > 0; n--) {
        struct span key = unpack_key(&u, &last), inner = unpack_value(&u);
        struct span text = json_text(value, "");
        struct unpack inside;
        unpack_init(&inside, inner);
        if (value_kind(inner) == VALUE_TEXT) text = unpack_text(&inside, SIZE_MAX);
        bool cbv = span_starts(text, "cbv:"), gs1 = span_starts(text, "gs1:");
        if (cbv || gs1) {
            char iri[256];
            snprintf(iri, sizeof iri, "%s%.*s",
                     cbv ? "https://ref.gs1.org/cbv/" : "https://gs1.org/voc/", (int)text.len - 4,
                     (const char *)text.data + 4);
            tally_case(t, word_known(span_text(iri)), "%s: %.*s is %s", path, (int)key.len,
                       (const char *)key.data, iri);
        }
        words(t, path, inner);
    }
}

static void context_file(void *context, const char *path) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct span terms, body;
    buffer_init(&value, VECTOR_FILE_BYTES_MAX);
    if (!file_json(path, &value) || value_get(buffer_span(&value), "epcisBody", &body) ||
        !value_get(buffer_span(&value), "@context", &terms) || value_kind(terms) != VALUE_MAP)
        return;
    words(context, path, terms);
}

void set_event_hash(const char *dir, struct tally *t) {
    files_each(dir, ".hashes", hashes_file, t);
    files_each(dir, ".prehashes", prehashes_file, t);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        files_each(dir, kinds[i], equal_file, t);
    files_each(dir, ".jsonld", context_file, t);
}

/* -- probes -- */

/* The lines of the reference's output that are hashes, or all after "Pre-hash strings:" but "---".
 */
static void reference_lines(struct span output, bool strings, struct buffer *ret) {
    struct span line;
    bool after = false;
    while (line_next(&output, &line)) {
        bool hash = span_starts(line, "ni:///");
        bool wanted = strings ? after && !span_is(line, "---") : hash && !after;
        if (span_is(line, "Pre-hash strings:")) after = true;
        if (!wanted) continue;
        buffer_append_span(ret, line);
        buffer_u8(ret, '\n');
    }
}

static void probe_file(void *context, const char *path) {
    struct tally *t = context;
    struct buffer output CLEANUP(buffer_free) = {0}, lines CLEANUP(buffer_free) = {0};
    char reference[VECTOR_PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t base = (size_t)(slash - path) + 1;
    base += strcspn(path + base, "-.");
    buffer_init(&output, VECTOR_FILE_BYTES_MAX);
    buffer_init(&lines, VECTOR_FILE_BYTES_MAX);
    if (!beside(path, base, ".reference-output.txt", reference) || !file_read(reference, &output)) {
        tally_beside(t, "documents without the reference's output");
        return;
    }
    for (int strings = 0; strings < 2; strings++) {
        buffer_clear(&lines);
        reference_lines(buffer_span(&output), strings == 1, &lines);
        compare(t, path, (struct published){buffer_span(&lines), strings == 1, SPAN_EMPTY});
    }
}

void set_event_hash_probes(const char *dir, struct tally *t) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        files_each(dir, kinds[i], probe_file, t);
}
