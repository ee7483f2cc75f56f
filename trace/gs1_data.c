/* The happy path: gs1_read takes AI after AI off the text, gs1_add checks each value part by part. */
#include "trace/gs1_data.h"

#include <string.h>

static const char group_separator = 0x1d;

struct span gs1_ai(const struct gs1_element *e) {
    return span_of(e->ai, e->ai_len);
}

struct span gs1_value(const struct gs1_element *e) {
    return span_of(e->value, e->len);
}

bool gs1_needs_separator(const struct gs1_element *e) {
    return e->entry != NULL ? !e->entry->fixed : gs1_predefined_length(gs1_ai(e)) == 0;
}

static void put_text(char *to, size_t cap, struct span text) {
    size_t len = text.len < cap - 1 ? text.len : cap - 1;
    if (len > 0) memcpy(to, text.data, len);
    to[len] = '\0';
}

static enum err problem(struct gs1_problem *ret, enum err err, struct span ai, size_t at) {
    *ret = (struct gs1_problem){.err = err, .at = at};
    put_text(ret->ai, sizeof ret->ai, ai);
    return err;
}

static enum err problem_value(struct gs1_problem *ret, enum err err, struct span ai, size_t at,
                              struct span part, struct gs1_spot spot) {
    (void)problem(ret, err, ai, at + spot.from);
    put_text(ret->part, sizeof ret->part, part);
    ret->bad_from = spot.from;
    ret->bad_len = spot.len;
    return err;
}

static enum err problem_pair(struct gs1_problem *ret, enum err err, struct span ai,
                             struct span other) {
    (void)problem(ret, err, ai, 0);
    put_text(ret->other, sizeof ret->other, other);
    return err;
}

/* "01+21,8006" as "(01)(21)|(8006)". */
static void put_ais(struct buffer *out, struct span list) {
    while (list.len > 0) {
        struct span group = span_take(&list, ',');
        while (group.len > 0) {
            struct span ai = span_take(&group, '+');
            buffer_printf(out, "(%.*s)", (int)ai.len, (const char *)ai.data);
        }
        if (list.len > 0) buffer_text(out, "|");
    }
}

void gs1_problem_where(const struct gs1_problem *p, struct buffer *out) {
    size_t len = strlen(p->part);
    if (p->ai[0] != '\0') buffer_printf(out, "(%s)", p->ai);
    if (p->other[0] != '\0') {
        buffer_text(out, p->err == ERR_GS1_REQUIRED ? " + " : " - ");
        put_ais(out, span_text(p->other));
    } else if (len > 0 && p->bad_from <= len) {
        size_t bad_len = p->bad_len <= len - p->bad_from ? p->bad_len : len - p->bad_from;
        size_t after = p->bad_from + bad_len;
        buffer_append(out, p->part, p->bad_from);
        buffer_text(out, "|");
        buffer_append(out, p->part + p->bad_from, bad_len);
        buffer_text(out, "|");
        buffer_append(out, p->part + after, len - after);
    } else if (p->ai[0] == '\0') {
        buffer_printf(out, "%zu", p->at + 1);
    }
}

struct refusal gs1_problem_refusal(const struct gs1_problem *p) {
    struct refusal refusal = {0};
    struct buffer where CLEANUP(buffer_free) = {0};
    buffer_init(&where, 1024);
    gs1_problem_where(p, &where);
    (void)refusal_set(&refusal, p->err, "%.*s", (int)where.len, (const char *)where.data);
    return refusal;
}

/* RFC 4648 section 5: at most two '=', at the end only, and only where they fill a group of four. */
static enum err base64url_padding(struct span part, struct gs1_spot *ret) {
    size_t end = 0;
    while (end < part.len && part.data[end] != '=')
        end++;
    size_t pads = part.len - end;
    bool good = pads == 0 || (pads <= 2 && part.len % 4 == 0);
    for (size_t i = end; i < part.len; i++)
        good = good && part.data[i] == '=';
    if (good) return OK;
    *ret = (struct gs1_spot){end, pads};
    return ERR_GS1_CHARACTER;
}

static enum err part_check(const struct gs1_part *rule, struct span part, struct gs1_spot *ret) {
    enum err e = OK;
    for (size_t i = 0; i < part.len; i++) {
        if (gs1_in_set(rule->set, (char)part.data[i])) continue;
        *ret = (struct gs1_spot){i, 1};
        return ERR_GS1_CHARACTER;
    }
    if (part.len < rule->min) {
        *ret = (struct gs1_spot){0, part.len};
        return ERR_GS1_VALUE_SHORT;
    }
    if (rule->set == 'Z') e = base64url_padding(part, ret);
    for (size_t i = 0; !e && i < GS1_LINTS_MAX; i++)
        e = gs1_lint(rule->lints[i], part, ret);
    return e;
}

static enum err value_check(const struct gs1_entry *entry, struct span ai, struct span value,
                            size_t at, struct gs1_problem *ret) {
    size_t used = 0;
    for (size_t i = 0; i < GS1_PARTS_MAX && entry->parts[i].max > 0; i++) {
        const struct gs1_part *rule = &entry->parts[i];
        size_t left = value.len - used, len = left < rule->max ? left : rule->max;
        struct span part = span_part(value, used, len);
        struct gs1_spot spot;
        if (len == 0 && rule->optional) break;
        if (len == 0)
            return problem(ret, used == 0 ? ERR_GS1_VALUE_EMPTY : ERR_GS1_VALUE_SHORT, ai, at);
        enum err e = part_check(rule, part, &spot);
        if (e) return problem_value(ret, e, ai, at + used, part, spot);
        used += len;
    }
    if (used == value.len) return OK;
    return problem_value(ret, ERR_GS1_VALUE_LONG, ai, at, value,
                         (struct gs1_spot){used, value.len - used});
}

/* Nothing is known of it but what all values have in common: set 82, and a length where the first two
 * digits of the AI fix one. */
static enum err unknown_check(struct span ai, struct span value, size_t at,
                              struct gs1_problem *ret) {
    size_t fixed = gs1_predefined_length(ai);
    struct gs1_entry any = {.parts = {{.set = 'X', .min = 1, .max = GS1_VALUE_MAX}}};
    if (fixed > 0) any.parts[0].min = any.parts[0].max = (uint8_t)fixed;
    return value_check(&any, ai, value, at, ret);
}

/* Whether an AI of this length may begin so. */
static bool ai_plausible(struct span ai) {
    size_t known = gs1_ai_length(ai);
    if (ai.len < GS1_AI_MIN || ai.len > GS1_AI_MAX || (known != 0 && known != ai.len)) return false;
    for (size_t i = 0; i < ai.len; i++)
        if (!gs1_in_set('N', (char)ai.data[i])) return false;
    return true;
}

enum err gs1_add(struct gs1_data *data, struct span ai, struct span value,
                 const struct gs1_options *options, size_t at, struct gs1_problem *ret_problem) {
    const struct gs1_entry *entry = gs1_entry_find(ai);
    if (entry == NULL && !(options->unknown_ais && ai_plausible(ai)))
        return problem(ret_problem, ERR_GS1_AI, ai, at);
    enum err e = entry ? value_check(entry, ai, value, at + ai.len, ret_problem)
                       : unknown_check(ai, value, at + ai.len, ret_problem);
    if (e) return e;
    if (data->count == GS1_ELEMENTS_MAX) return problem(ret_problem, ERR_GS1_COUNT, ai, at);
    struct gs1_element *added = &data->elements[data->count++];
    *added = (struct gs1_element){
        .entry = entry, .ai_len = (uint8_t)ai.len, .len = (uint8_t)value.len};
    memcpy(added->ai, ai.data, ai.len);
    memcpy(added->value, value.data, value.len);
    return OK;
}

static bool is_separator(char c) {
    return c == '^' || c == group_separator;
}

/* How many characters the value takes: all up to the separator, but no more than a predefined length. */
static size_t value_length(struct span ai, struct span rest) {
    const struct gs1_entry *entry = gs1_entry_find(ai);
    size_t len = 0, most = rest.len;
    if (entry ? entry->fixed : gs1_predefined_length(ai) > 0) {
        most = entry ? 0 : gs1_predefined_length(ai);
        for (size_t i = 0; entry && i < GS1_PARTS_MAX; i++)
            most += entry->parts[i].max;
    }
    while (len < rest.len && len < most && !is_separator((char)rest.data[len]))
        len++;
    return len;
}

enum err gs1_read(struct span text, const struct gs1_options *options, struct gs1_data *ret_data,
                  struct gs1_problem *ret_problem) {
    struct gs1_data data = {.count = 0};
    size_t at = 1;
    if (text.len > GS1_TEXT_MAX) return problem(ret_problem, ERR_GS1_LENGTH, SPAN_EMPTY, 0);
    if (text.len == 0) return problem(ret_problem, ERR_GS1_EMPTY, SPAN_EMPTY, 0);
    if (!is_separator((char)text.data[0])) return problem(ret_problem, ERR_GS1_FNC1, SPAN_EMPTY, 0);
    if (text.len == 1) return problem(ret_problem, ERR_GS1_EMPTY, SPAN_EMPTY, 1);
    while (at < text.len) {
        struct span rest = span_part(text, at, text.len - at);
        size_t ai_len = gs1_ai_length(rest);
        if (ai_len == 0 || ai_len > rest.len)
            return problem(ret_problem, ERR_GS1_AI, span_part(rest, 0, rest.len < 2 ? 0 : 2), at);
        struct span ai = span_part(rest, 0, ai_len);
        rest = span_part(rest, ai_len, rest.len - ai_len);
        size_t len = value_length(ai, rest);
        enum err e = gs1_add(&data, ai, span_part(rest, 0, len), options, at, ret_problem);
        if (e) return e;
        at += ai_len + len;
        if (at < text.len && is_separator((char)text.data[at])) at++;
    }
    *ret_data = data;
    return OK;
}

/* The value up to the next bracket that is none of its own; false when it is longer than any value. */
static bool bracketed_value(struct span text, size_t *at, char value[GS1_VALUE_MAX + 1],
                            size_t *ret_len) {
    size_t len = 0, i = *at;
    for (; i < text.len && text.data[i] != '('; i++) {
        bool escaped = text.data[i] == '\\' && i + 1 < text.len && text.data[i + 1] == '(';
        if (escaped) i++;
        if (len > GS1_VALUE_MAX) return false;
        value[len++] = (char)text.data[i];
    }
    *at = i;
    *ret_len = len;
    return true;
}

enum err gs1_read_bracketed(struct span text, const struct gs1_options *options,
                            struct gs1_data *ret_data, struct gs1_problem *ret_problem) {
    struct gs1_data data = {.count = 0};
    size_t at = 0;
    if (text.len > GS1_TEXT_MAX) return problem(ret_problem, ERR_GS1_LENGTH, SPAN_EMPTY, 0);
    if (text.len == 0) return problem(ret_problem, ERR_GS1_EMPTY, SPAN_EMPTY, 0);
    while (at < text.len) {
        struct span rest = span_part(text, at, text.len - at);
        char value[GS1_VALUE_MAX + 1];
        size_t begin = at, len;
        if (rest.data[0] != '(') return problem(ret_problem, ERR_GS1_BRACKETS, SPAN_EMPTY, at);
        rest = span_part(rest, 1, rest.len - 1);
        struct span ai = span_take(&rest, ')');
        if (ai.len == 0 || begin + 1 + ai.len == text.len)
            return problem(ret_problem, ERR_GS1_BRACKETS, SPAN_EMPTY, at);
        at += ai.len + 2;
        if (!bracketed_value(text, &at, value, &len))
            return problem(ret_problem, ERR_GS1_VALUE_LONG, ai, begin);
        enum err e = gs1_add(&data, ai, span_of(value, len), options, begin, ret_problem);
        if (e) return e;
    }
    *ret_data = data;
    return OK;
}

void gs1_write(const struct gs1_data *data, char separator, struct buffer *out) {
    for (size_t i = 0; i < data->count; i++) {
        if (i == 0 || gs1_needs_separator(&data->elements[i - 1]))
            buffer_append(out, &separator, 1);
        buffer_append_span(out, gs1_ai(&data->elements[i]));
        buffer_append_span(out, gs1_value(&data->elements[i]));
    }
}

void gs1_write_bracketed(const struct gs1_data *data, struct buffer *out) {
    for (size_t i = 0; i < data->count; i++) {
        const struct gs1_element *e = &data->elements[i];
        buffer_printf(out, "(%.*s)", (int)e->ai_len, e->ai);
        for (size_t k = 0; k < e->len; k++) {
            if (e->value[k] == '(') buffer_text(out, "\\");
            buffer_append(out, &e->value[k], 1);
        }
    }
}

const struct gs1_element *gs1_find(const struct gs1_data *data, struct span pattern,
                                   struct span except) {
    for (size_t i = 0; i < data->count; i++) {
        struct span ai = gs1_ai(&data->elements[i]);
        if (gs1_pattern_matches(pattern, ai) && !span_equal(ai, except)) return &data->elements[i];
    }
    return NULL;
}

enum err gs1_check_repeats(const struct gs1_data *data, struct gs1_problem *ret_problem) {
    for (size_t i = 0; i < data->count; i++) {
        const struct gs1_element *e = &data->elements[i];
        const struct gs1_element *first = gs1_find(data, gs1_ai(e), SPAN_EMPTY);
        if (!span_equal(gs1_value(first), gs1_value(e)))
            return problem_value(ret_problem, ERR_GS1_REPEATED, gs1_ai(e), 0, gs1_value(e),
                                 (struct gs1_spot){0, e->len});
    }
    return OK;
}

enum err gs1_check_exclusions(const struct gs1_data *data, struct gs1_problem *ret_problem) {
    for (size_t i = 0; i < data->count; i++) {
        const struct gs1_element *e = &data->elements[i];
        if (e->entry == NULL || e->entry->excluded == NULL) continue;
        struct span list = span_text(e->entry->excluded);
        while (list.len > 0) {
            const struct gs1_element *other = gs1_find(data, span_take(&list, ','), gs1_ai(e));
            if (other)
                return problem_pair(ret_problem, ERR_GS1_EXCLUDED, gs1_ai(e), gs1_ai(other));
        }
    }
    return OK;
}

/* "01+21,8006": (01) and (21), or (8006). */
static bool requirement_met(const struct gs1_data *data, const struct gs1_element *e) {
    struct span list = span_text(e->entry->required);
    while (list.len > 0) {
        struct span group = span_take(&list, ',');
        bool all = true;
        while (group.len > 0)
            all = gs1_find(data, span_take(&group, '+'), gs1_ai(e)) != NULL && all;
        if (all) return true;
    }
    return false;
}

enum err gs1_check_requisites(const struct gs1_data *data, struct gs1_problem *ret_problem) {
    for (size_t i = 0; i < data->count; i++) {
        const struct gs1_element *e = &data->elements[i];
        if (e->entry == NULL || e->entry->required == NULL || requirement_met(data, e)) continue;
        return problem_pair(ret_problem, ERR_GS1_REQUIRED, gs1_ai(e),
                            span_text(e->entry->required));
    }
    return OK;
}

/* The keys whose serial number is an optional part of their value (253, 255, 8003) must have it where
 * a digital signature (8030) speaks of one thing. */
enum err gs1_check_signed(const struct gs1_data *data, struct gs1_problem *ret_problem) {
    if (gs1_find(data, span_text("8030"), SPAN_EMPTY) == NULL) return OK;
    for (size_t i = 0; i < data->count; i++) {
        const struct gs1_element *e = &data->elements[i];
        size_t needed = 0;
        bool serial = false;
        if (e->entry == NULL || e->entry->qualifiers == NULL) continue;
        for (size_t k = 0; k < GS1_PARTS_MAX && e->entry->parts[k].max > 0; k++) {
            serial = e->entry->parts[k].optional;
            if (!serial) needed += e->entry->parts[k].max;
        }
        if (serial && e->len <= needed)
            return problem(ret_problem, ERR_GS1_UNSERIALISED, gs1_ai(e), 0);
    }
    return OK;
}

enum err gs1_check(const struct gs1_data *data, struct gs1_problem *ret_problem) {
    enum err e = gs1_check_repeats(data, ret_problem);
    if (!e) e = gs1_check_exclusions(data, ret_problem);
    if (!e) e = gs1_check_requisites(data, ret_problem);
    return e ? e : gs1_check_signed(data, ret_problem);
}
