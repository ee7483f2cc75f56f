/* The hash's normal form of GS1 keys. It is not trace/identifier.h's: escapes stay as received and
 * are written for seven characters only, a Digital Link with an escape or with a qualifier out of
 * place has no normal form and keeps its host, and some URNs are read more generously. The happy
 * path: a URN is matched against one row of `forms`; a link is rewritten step by step and must then
 * have one of the shapes of `shapes`. */
#include "base/limits.h"
#include "trace/event_hash_parts.h"
#include "trace/identifier.h"

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static bool among(uint8_t c, const char *set) {
    for (; *set != '\0'; set++) {
        if ((uint8_t)*set == c) return true;
    }
    return false;
}

static bool is_letter(uint8_t c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static struct span from(struct span s, size_t at) {
    return span_part(s, at, s.len - at);
}

static size_t find(struct span s, const char *what) {
    for (size_t i = 0; i < s.len; i++) {
        if (span_starts(from(s, i), what)) return i;
    }
    return SIZE_MAX;
}

/* -- EPC URNs -- */

enum build {
    BUILD_PLAIN,     /* company, reference, check digit */
    BUILD_INDICATOR, /* the reference's first digit, company, the rest, check digit */
    BUILD_ZERO,      /* 0, company, reference, check digit */
    BUILD_JOIN,      /* company, reference of any characters, no check digit */
};
enum tail {
    TAIL_NONE,
    TAIL_SERIAL,       /* ".", then 1..max units */
    TAIL_SERIAL_CLOSE, /* 1..max units, the dot among them: what the reference reads for GDTI */
    TAIL_DIGITS,       /* ".", then 1..12 digits */
    TAIL_ANY,          /* ".*" */
    TAIL_PIECE,        /* ".", piece, ".", total, then TAIL_SERIAL */
    TAIL_PIECE_ANY,
};
struct form {
    const char *head;
    const char *ai;
    const char *qualifier; /* NULL: the tail follows the value */
    enum build build;
    uint8_t digits; /* of company and reference */
    enum tail tail;
    uint8_t max;
    bool second_dot; /* a company of 12 digits is followed by one dot more than the standard has */
};

static const struct form forms[] = {
    {"urn:epc:id:sgtin:", "01", "21", BUILD_INDICATOR, 13, TAIL_SERIAL, 20, false},
    {"urn:epc:id:sscc:", "00", NULL, BUILD_INDICATOR, 17, TAIL_NONE, 0, false},
    {"urn:epc:id:sgln:", "414", "254", BUILD_PLAIN, 12, TAIL_SERIAL, 20, false},
    {"urn:epc:id:grai:", "8003", NULL, BUILD_ZERO, 12, TAIL_SERIAL, 16, true},
    {"urn:epc:id:giai:", "8004", NULL, BUILD_JOIN, 0, TAIL_NONE, 30, false},
    {"urn:epc:id:gsrn:", "8018", NULL, BUILD_PLAIN, 17, TAIL_NONE, 0, false},
    {"urn:epc:id:gsrnp:", "8017", NULL, BUILD_PLAIN, 17, TAIL_NONE, 0, false},
    {"urn:epc:id:gdti:", "253", NULL, BUILD_PLAIN, 12, TAIL_SERIAL_CLOSE, 20, true},
    {"urn:epc:id:cpi:", "8010", "8011", BUILD_JOIN, 0, TAIL_DIGITS, 30, false},
    {"urn:epc:id:sgcn:", "255", NULL, BUILD_PLAIN, 12, TAIL_DIGITS, 12, false},
    {"urn:epc:id:ginc:", "401", NULL, BUILD_JOIN, 0, TAIL_NONE, 30, false},
    {"urn:epc:id:gsin:", "402", NULL, BUILD_PLAIN, 16, TAIL_NONE, 0, false},
    {"urn:epc:id:itip:", "8006", "21", BUILD_INDICATOR, 13, TAIL_PIECE, 20, false},
    {"urn:epc:id:upui:", "01", "235", BUILD_INDICATOR, 13, TAIL_SERIAL, 28, false},
    {"urn:epc:id:pgln:", "417", NULL, BUILD_PLAIN, 12, TAIL_NONE, 0, false},
    {"urn:epc:class:lgtin:", "01", "10", BUILD_INDICATOR, 13, TAIL_SERIAL, 20, false},
    {"urn:epc:idpat:sgtin:", "01", NULL, BUILD_INDICATOR, 13, TAIL_ANY, 0, false},
    {"urn:epc:idpat:grai:", "8003", NULL, BUILD_ZERO, 12, TAIL_ANY, 0, true},
    {"urn:epc:idpat:gdti:", "253", NULL, BUILD_PLAIN, 12, TAIL_ANY, 0, true},
    {"urn:epc:idpat:sgcn:", "255", NULL, BUILD_PLAIN, 12, TAIL_ANY, 0, true},
    {"urn:epc:idpat:cpi:", "8010", NULL, BUILD_JOIN, 0, TAIL_ANY, 30, false},
    {"urn:epc:idpat:itip:", "8006", NULL, BUILD_INDICATOR, 13, TAIL_PIECE_ANY, 0, false},
    {"urn:epc:idpat:upui:", "01", NULL, BUILD_INDICATOR, 13, TAIL_ANY, 0, false},
};

/* EPC Tag Data Standard table A-1: a character that may stand as it is, or an escape. 0: none. */
static size_t serial_unit(struct span s) {
    if (s.len >= 1 &&
        (is_digit(s.data[0]) || is_letter(s.data[0]) || among(s.data[0], "!')(*+,.:;=_-")))
        return 1;
    if (s.len < 3 || s.data[0] != '%') return 0;
    const char *low = s.data[1] == '2'   ? "1256789ABCDEFabcdef"
                      : s.data[1] == '3' ? "0123456789ABCDEFabcdef"
                      : s.data[1] == '4' ? "123456789ABCDEFabcdef"
                      : s.data[1] == '5' ? "0123456789AaFf"
                      : s.data[1] == '6' ? "123456789ABCDEFabcdef"
                      : s.data[1] == '7' ? "0123456789Aa"
                                         : "";
    return among(s.data[2], low) ? 3 : 0;
}

/* The characters of a component or part reference. */
static size_t component_unit(struct span s) {
    if (s.len >= 1 &&
        (is_digit(s.data[0]) || (s.data[0] >= 'A' && s.data[0] <= 'Z') || s.data[0] == '-'))
        return 1;
    if (s.len < 3 || s.data[0] != '%') return 0;
    const char *low = s.data[1] == '2'   ? "3dfDF"
                      : s.data[1] == '3' ? "0123456789"
                      : s.data[1] == '4' ? "123456789ABCDEFabcdef"
                      : s.data[1] == '5' ? "0123456789Aa"
                                         : "";
    return among(s.data[2], low) ? 3 : 0;
}

static bool units(struct span s, size_t max, size_t (*unit)(struct span)) {
    size_t count = 0;
    while (s.len > 0) {
        size_t len = unit(s);
        if (len == 0 || ++count > max) return false;
        s = from(s, len);
    }
    return count > 0;
}

static bool digits(struct span s, size_t min, size_t max) {
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.data[i])) return false;
    }
    return s.len >= min && s.len <= max;
}

static void put_escaped(struct buffer *out, struct span s) {
    for (size_t i = 0; i < s.len; i++) {
        if (among(s.data[i], "!()*+,:"))
            buffer_printf(out, "%%%02X", s.data[i]);
        else
            buffer_u8(out, s.data[i]);
    }
}

static void put_key(struct buffer *out, const char *ai) {
    buffer_text(out, "https://id.gs1.org/");
    buffer_text(out, ai);
    buffer_u8(out, '/');
}

static void put_qualifier(struct buffer *out, const char *ai, struct span value) {
    buffer_u8(out, '/');
    buffer_text(out, ai);
    buffer_u8(out, '/');
    put_escaped(out, value);
}

/* "id:giai:<company>.<reference>": GIAI, GINC and CPI. */
static bool urn_join(const struct form *f, struct span company, struct span rest,
                     struct buffer *out) {
    bool component = span_is(span_text(f->ai), "8010");
    struct span reference = rest, last = SPAN_EMPTY;
    if (f->tail != TAIL_NONE) {
        size_t dot = rest.len;
        while (dot > 0 && rest.data[dot - 1] != '.')
            dot--;
        if (dot == 0) return false;
        reference = span_part(rest, 0, dot - 1);
        last = from(rest, dot);
        if (f->tail == TAIL_ANY ? !span_is(last, "*") : !digits(last, 1, 12)) return false;
    }
    if (!units(reference, f->max - company.len, component ? component_unit : serial_unit))
        return false;
    put_key(out, f->ai);
    put_escaped(out, company);
    put_escaped(out, reference);
    if (f->qualifier != NULL) put_qualifier(out, f->qualifier, last);
    return true;
}

static void put_value(const struct form *f, struct span company, struct span reference,
                      struct buffer *out) {
    put_key(out, f->ai);
    size_t at = out->len;
    if (f->build == BUILD_ZERO) buffer_u8(out, '0');
    if (f->build == BUILD_INDICATOR) {
        buffer_u8(out, reference.data[0]);
        reference = from(reference, 1);
    }
    buffer_append_span(out, company);
    buffer_append_span(out, reference);
    if (out->overflow) return;
    buffer_u8(out, (uint8_t)identifier_check_digit(span_of(out->data + at, out->len - at)));
}

/* What follows company and reference, from the place where a dot is due. */
static bool tail_fits(const struct form *f, struct span tail) {
    bool dot = tail.len > 0 && tail.data[0] == '.';
    switch (f->tail) {
    case TAIL_NONE:
        return tail.len == 0;
    case TAIL_SERIAL:
        return dot && units(from(tail, 1), f->max, serial_unit);
    case TAIL_SERIAL_CLOSE:
        return units(tail, f->max, serial_unit);
    case TAIL_DIGITS:
        return dot && digits(from(tail, 1), 1, 12);
    case TAIL_ANY:
        return span_is(tail, ".*");
    case TAIL_PIECE:
    case TAIL_PIECE_ANY:
        if (tail.len < 8 || !dot || tail.data[3] != '.' || tail.data[6] != '.' ||
            !digits(span_part(tail, 1, 2), 2, 2) || !digits(span_part(tail, 4, 2), 2, 2))
            return false;
        return f->tail == TAIL_PIECE ? units(from(tail, 7), f->max, serial_unit)
                                     : span_is(from(tail, 7), "*");
    }
    CHECK(false);
}

static bool urn_form(const struct form *f, struct span body, struct buffer *out) {
    size_t dot = find(body, ".");
    if (dot == SIZE_MAX || dot < 6 || dot > 12) return false;
    struct span company = span_part(body, 0, dot), rest = from(body, dot + 1);
    if (!digits(company, 6, 12)) return false;
    if (f->build == BUILD_JOIN) return urn_join(f, company, rest, out);
    size_t len = f->digits - dot;
    if (rest.len < len || !digits(span_part(rest, 0, len), len, len)) return false;
    struct span reference = span_part(rest, 0, len), tail = from(rest, len);
    if (f->second_dot && dot == 12) {
        if (tail.len == 0 || tail.data[0] != '.') return false;
        tail = from(tail, 1);
    }
    if (!tail_fits(f, tail)) return false;
    put_value(f, company, reference, out);
    /* Counted from the front, as the reference does: with the dot too many, that dot is the first
     * character of the serial number. */
    size_t serial_at = (size_t)f->digits + 2;
    struct span serial = serial_at < body.len ? from(body, serial_at) : SPAN_EMPTY;
    if (f->tail == TAIL_PIECE || f->tail == TAIL_PIECE_ANY) {
        buffer_append_span(out, span_part(tail, 1, 2));
        buffer_append_span(out, span_part(tail, 4, 2));
        serial = from(tail, 7);
    }
    if (f->tail == TAIL_NONE || f->tail == TAIL_ANY || f->tail == TAIL_PIECE_ANY) return true;
    bool no_extension = span_is(span_text(f->ai), "414") && span_is(serial, "0");
    if (f->qualifier == NULL)
        put_escaped(out, serial);
    else if (!no_extension)
        put_qualifier(out, f->qualifier, serial);
    return true;
}

/* -- Digital Links -- */

/* Short names and the AIs they stand for, in the order they are replaced. */
static const struct {
    const char *alpha, *ai;
} names[] = {
    {"/gtin/", "/01/"},   {"/itip/", "/8006/"},  {"/cpid/", "/8010/"}, {"/gln/", "/414/"},
    {"/party/", "/417/"}, {"/gsrnp/", "/8017/"}, {"/gsrn/", "/8018/"}, {"/gcn/", "/255/"},
    {"/sscc/", "/00/"},   {"/gdti/", "/253/"},   {"/ginc/", "/401/"},  {"/gsin/", "/402/"},
    {"/grai/", "/8003/"}, {"/giai/", "/8004/"},  {"/cpv/", "/22/"},    {"/lot/", "/10/"},
    {"/ser/", "/21/"},
};
/* Keys, in the order in which a path is searched for them. */
static const char *const keys[] = {"/00/",   "/01/",   "/253/",  "/255/",  "/401/",
                                   "/402/",  "/414/",  "/417/",  "/8003/", "/8004/",
                                   "/8006/", "/8010/", "/8017/", "/8018/"};
enum { KEY_NAMES = 14 }; /* the first rows of `names` name keys, the rest qualifiers */

/* What may stand after https://id.gs1.org. D14: fourteen digits; d12: up to twelve; S20: up to
 * twenty characters that need no escape; P20: these and "/"; C30: up to thirty of a component. */
static const char *const shapes[] = {
    "/00/D18",          "/01/D14/21/S20", "/01/D14/10/S20", "/01/D14",   "/01/D14/235/S28",
    "/253/D13S17",      "/255/D13d12",    "/401/S30",       "/402/D17",  "/414/D13",
    "/414/D13/254/S20", "/417/D13",       "/8003/D14S16",   "/8004/S30", "/8006/D18/21/S20",
    "/8006/D18/10/S20", "/8006/D18",      "/8010/C30",      "/8017/D18", "/8018/D18",
};

static bool in_class(char class, uint8_t c) {
    bool plain = is_digit(c) || is_letter(c) || among(c, "\"'-.;<=>?_");
    switch (class) {
    case 'D':
    case 'd':
        return is_digit(c);
    case 'S':
        return plain;
    case 'P':
        return plain || c == '/';
    default:
        return is_digit(c) || (c >= 'A' && c <= 'Z') || among(c, "#-/");
    }
}

/* The whole of s, or with `prefix` only its beginning. */
static bool fits(struct span s, const char *shape, bool prefix) {
    size_t at = 0;
    while (*shape != '\0') {
        char class = *shape++;
        if (!is_letter((uint8_t) class)) {
            if (at >= s.len || s.data[at++] != (uint8_t) class) return false;
            continue;
        }
        size_t max = 0, n = 0;
        while (is_digit((uint8_t)*shape))
            max = max * 10 + (size_t)(*shape++ - '0');
        while (n < max && at < s.len && in_class(class, s.data[at])) {
            at++;
            n++;
        }
        if (class == 'D' && n < max) return false;
    }
    return prefix || at == s.len;
}

/* The path after "https://id.gs1.org", in which the reference lets any character stand for a dot.
 */
static bool canonical_path(struct span uri, struct span *ret) {
    static const char host[] = "https://id.gs1.org";
    if (uri.len < sizeof host - 1) return false;
    for (size_t i = 0; i + 1 < sizeof host; i++) {
        if (host[i] == '.' ? uri.data[i] == '\n' : uri.data[i] != (uint8_t)host[i]) return false;
    }
    *ret = from(uri, sizeof host - 1);
    return true;
}

/* A key's name as a segment, four digits and one more character, before any query. */
static bool key_at(struct span s, const char *name) {
    if (!span_starts(s, name)) return false;
    s = from(s, span_text(name).len);
    return s.len >= 5 && digits(span_part(s, 0, 4), 4, 4) && s.data[4] != '/';
}

static bool names_key(struct span s) {
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (key_at(s, keys[i])) return true;
    }
    for (size_t i = 0; i < KEY_NAMES; i++) {
        if (key_at(s, names[i].alpha)) return true;
    }
    return false;
}

static bool is_link(struct span uri) {
    size_t at = span_starts(uri, "https:") ? 6 : span_starts(uri, "http:") ? 5 : 0;
    if (at == 0) return false;
    for (; at < uri.len && uri.data[at] != '?' && uri.data[at] != '#'; at++) {
        if (uri.data[at] == '/' && names_key(from(uri, at))) return true;
    }
    return false;
}

static void replace(struct buffer *b, const char *what, const char *with) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct span s = buffer_span(b);
    if (find(s, what) == SIZE_MAX) return;
    buffer_init(&out, b->max);
    for (size_t i = 0; i < s.len;) {
        if (span_starts(from(s, i), what)) {
            buffer_text(&out, with);
            i += span_text(what).len;
        } else {
            buffer_u8(&out, s.data[i++]);
        }
    }
    struct buffer old = *b;
    *b = out;
    out = old;
}

/* Cuts [at, to) out. */
static void cut(struct buffer *b, size_t at, size_t to) {
    struct buffer rest CLEANUP(buffer_free) = {0};
    buffer_init(&rest, b->max);
    buffer_append_span(&rest, from(buffer_span(b), to));
    b->len = at;
    buffer_append_span(b, buffer_span(&rest));
}

static void to_canonical_host(struct buffer *b) {
    struct span path, s = buffer_span(b);
    if (canonical_path(s, &path)) {
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            if (key_at(path, keys[i])) return;
        }
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        size_t at = find(s, keys[i]);
        if (at == SIZE_MAX) continue;
        struct buffer out CLEANUP(buffer_free) = {0};
        buffer_init(&out, b->max);
        buffer_text(&out, "https://id.gs1.org");
        buffer_append_span(&out, from(s, at));
        struct buffer old = *b;
        *b = out;
        out = old;
        return;
    }
}

static bool path_fits(const struct buffer *b, const char *shape, bool prefix) {
    struct span path;
    return canonical_path(buffer_span(b), &path) && fits(path, shape, prefix);
}

/* From the named qualifier to the one after it, or to the end. */
static void drop_qualifier(struct buffer *b, const char *name) {
    struct span s = buffer_span(b);
    size_t at = find(s, name), value = at + span_text(name).len;
    size_t next = find(from(s, value), "/");
    cut(b, at, next == SIZE_MAX ? s.len : value + next);
}

static void keep_what_identifies(struct buffer *b) {
    if (!path_fits(b, "/01/D14", true)) {
        if (path_fits(b, "/01/D13", true))
            replace(b, "/01/", "/01/0");
        else if (path_fits(b, "/01/D12", true))
            replace(b, "/01/", "/01/00");
        else if (path_fits(b, "/01/D8", true))
            replace(b, "/01/", "/01/000000");
    }
    if (path_fits(b, "/8006/D18/22/P20", false) || path_fits(b, "/01/D14/22/P20", false))
        drop_qualifier(b, "/22/");
    if (path_fits(b, "/8006/D18/10/S20/21/S20", false) ||
        path_fits(b, "/01/D14/10/S20/21/S20", false))
        drop_qualifier(b, "/10/");
}

/* "/8010/<component>/8011/<serial>": a component may hold "/" and digits itself, a serial not. */
static bool is_component_serial(struct span path) {
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < path.len; i++) {
        if (span_starts(from(path, i), "/8011/")) last = i;
    }
    return last != SIZE_MAX && fits(span_part(path, 0, last), "/8010/C30", false) &&
           digits(from(path, last + 6), 0, 12);
}

static bool link_form(struct span uri, struct buffer *out) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct span path;
    if (!is_link(uri)) return false;
    buffer_init(&b, uri.len * 4 + 64);
    size_t query = find(uri, "?");
    buffer_append_span(&b, span_part(uri, 0, query == SIZE_MAX ? uri.len : query));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        replace(&b, names[i].alpha, names[i].ai);
    to_canonical_host(&b);
    keep_what_identifies(&b);
    if (b.overflow || !canonical_path(buffer_span(&b), &path)) return false;
    bool good = is_component_serial(path);
    for (size_t i = 0; !good && i < sizeof shapes / sizeof shapes[0]; i++)
        good = fits(path, shapes[i], false);
    if (good) buffer_append_span(out, buffer_span(&b));
    return good;
}

bool event_hash_link(struct span text, struct buffer *out) {
    /* No normal form is longer than a key and its qualifiers; only a link's host and query are
     * free. */
    if (find(text, ".") == SIZE_MAX) return false;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (span_starts(text, forms[i].head))
            return urn_form(&forms[i], from(text, span_text(forms[i].head).len), out);
    }
    return link_form(text, out);
}
