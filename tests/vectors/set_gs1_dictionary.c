/* set_gs1_dictionary.c: the published Syntax Dictionary against our table: each of its rows is spelled from the table
 * and compared word by word, flags, parts, relations and title; and the table has no row more. */
#include <stdio.h>
#include <string.h>

#include "tests/vectors/vectors.h"
#include "trace/gs1_dictionary.h"

static void put_part(struct buffer *out, const struct gs1_part *part) {
    const char *open = part->optional ? "[" : "", *close = part->optional ? "]" : "";
    buffer_printf(out, " %s%c%s%u%s", open, part->set, part->min < part->max ? ".." : "", part->max, close);
    for (size_t i = 0; i < GS1_LINTS_MAX && part->lints[i] != GS1_LINT_PLAIN; i++)
        buffer_printf(out, ",%s", gs1_lint_name(part->lints[i]));
}

/* "01 *? N14,csum,gcppos2 ex=255,37 dlpkey=22,10,21|235 # GTIN" */
static void put_row(struct buffer *out, const struct gs1_entry *e) {
    buffer_text(out, e->first);
    if (strcmp(e->first, e->last) != 0) buffer_printf(out, "-%s", e->last);
    if (e->fixed || e->attribute) buffer_printf(out, " %s%s", e->fixed ? "*" : "", e->attribute ? "?" : "");
    for (size_t i = 0; i < GS1_PARTS_MAX && e->parts[i].max > 0; i++)
        put_part(out, &e->parts[i]);
    if (e->required) buffer_printf(out, " req=%s", e->required);
    if (e->excluded) buffer_printf(out, " ex=%s", e->excluded);
    if (e->qualifiers) buffer_printf(out, " dlpkey%s%s", e->qualifiers[0] ? "=" : "", e->qualifiers);
    if (e->title[0] != '\0') buffer_printf(out, " # %s", e->title);
}

/* Blanks run together; what the published row says of "req" and "ex" comes in this order, as the table gives it. */
static void put_published(struct buffer *out, struct span line) {
    static const char *const first_words[] = {"", "req=", "ex=", "dlpkey", "#"};
    struct buffer words[5] = {0};
    bool title = false;
    for (size_t i = 0; i < 5; i++)
        buffer_init(&words[i], 4096);
    while (line.len > 0) {
        struct span word = span_take(&line, ' ');
        size_t kind = 0;
        title = title || span_is(word, "#");
        for (size_t i = 1; i < 4; i++)
            if (span_starts(word, first_words[i])) kind = i;
        if (title) kind = 4;
        if (word.len == 0) continue;
        if (words[kind].len > 0 || kind > 0) buffer_text(&words[kind], " ");
        buffer_append_span(&words[kind], word);
    }
    for (size_t i = 0; i < 5; i++) {
        buffer_append_span(out, buffer_span(&words[i]));
        buffer_free(&words[i]);
    }
}

static void one(void *context, const char *path) {
    struct buffer file CLEANUP(buffer_free) = {0}, ours CLEANUP(buffer_free) = {0}, theirs CLEANUP(buffer_free) = {0};
    size_t count = 0;
    buffer_init(&file, VECTOR_FILE_BYTES_MAX);
    buffer_init(&ours, 4096);
    buffer_init(&theirs, 4096);
    if (!file_read(path, &file)) return;
    struct span rest = buffer_span(&file);
    while (rest.len > 0) {
        struct span line = span_take(&rest, '\n'), words = line;
        struct span first = span_take(&words, ' ');
        if (first.len == 0 || first.data[0] < '0' || first.data[0] > '9') continue;
        struct span ai = span_take(&first, '-');
        const struct gs1_entry *entry = gs1_entry_find(ai);
        buffer_clear(&ours);
        buffer_clear(&theirs);
        put_published(&theirs, line);
        if (entry) put_row(&ours, entry);
        tally_case(context, span_equal(buffer_span(&ours), buffer_span(&theirs)) && gs1_entry_at(count) == entry,
                   "%.*s\n   ours: %.*s", (int)theirs.len, (const char *)theirs.data, (int)ours.len,
                   (const char *)ours.data);
        count++;
    }
    if (count > 0)
        tally_case(context, gs1_entry_at(count) == NULL, "%s has %zu rows, the table another number", path,
                   count);
}

void set_gs1_dictionary(const char *dir, struct tally *t) {
    files_each(dir, ".txt", one, t);
}
