/* labels.c: the happy path is: read a line, open the file and the page it falls on, draw it, end the page when it is full; at the end close
 * and commit. Every failure ends in labels_run, which abandons what was written. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/print/form.h"
#include "tools/print/labels.h"
#include "tools/print/lines.h"
#include "tools/print/output.h"

struct press {
    const struct labels_job *job;
    struct outcome *outcome;
    struct output output;
    struct canvas *canvas; /* NULL: no file is open */
    uint32_t on_page;      /* labels of the page that is open */
    uint32_t in_file;      /* pages of the file that is open */
    uint64_t begun_ms, said_ms;
    struct buffer store, row;
    struct lines lines;
    struct qr qr;
};

static uint64_t clock_ms(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void progress(struct press *p, bool last) {
    enum { EVERY_MS = 500 };
    const struct labels_job *j = p->job;
    if (!j->progress && !j->terminal) return;
    uint64_t now = clock_ms(), ms = now - p->begun_ms;
    if (!last && now - p->said_ms < EVERY_MS) return;
    p->said_ms = now;
    uint64_t done = p->outcome->labels;
    fprintf(stderr, "%s%llu", j->terminal ? "\r" : "", (unsigned long long)done);
    if (j->count > 0) fprintf(stderr, "/%llu", (unsigned long long)j->count);
    fprintf(stderr, j->lang == LANG_ZH ? " 枚标签，%llu 页，每秒 %llu 枚%s" : " labels, %llu pages, %llu labels/s%s",
            (unsigned long long)p->outcome->pages, (unsigned long long)(done * 1000 / (ms > 0 ? ms : 1)), j->terminal && !last ? "" : "\n");
}

/* ---- CSV ---- */

static enum err csv_field(struct span value, const char *name, struct buffer *out, struct refusal *refusal) {
    if (value.len > 0 && strchr("=+-@", value.data[0]) != NULL) return refusal_set(refusal, ERR_PRINT_FORMULA, "%s", name);
    bool quote = false;
    for (size_t i = 0; i < value.len; i++)
        quote = quote || strchr(",\"\r\n", value.data[i]) != NULL;
    if (quote) buffer_u8(out, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '"') buffer_u8(out, '"');
        buffer_u8(out, value.data[i]);
    }
    if (quote) buffer_u8(out, '"');
    return OK;
}

enum err labels_csv_row(uint64_t index, const struct label *l, struct buffer *out, struct refusal *refusal) {
    buffer_printf(out, "%llu,", (unsigned long long)index);
    enum err e = csv_field(l->serial, "serial", out, refusal);
    buffer_u8(out, ',');
    if (e == OK) e = csv_field(l->url, "url", out, refusal);
    buffer_u8(out, ',');
    if (e == OK) e = csv_field(l->inner, "inner", out, refusal);
    buffer_text(out, "\r\n");
    return e;
}

static bool csv_label(struct press *p, const struct label *l, struct refusal *refusal) {
    buffer_clear(&p->row);
    if (p->output.files == 0) {
        if (!output_next(&p->output)) return outcome_broken(p->outcome, errno, p->job->out);
        buffer_text(&p->row, "\xef\xbb\xbfindex,serial,url,inner\r\n");
    }
    if (labels_csv_row(p->outcome->labels + 1, l, &p->row, refusal) != OK) return outcome_refused(p->outcome, refusal);
    CHECK(!p->row.overflow);
    return output_write(&p->output, buffer_span(&p->row)) || outcome_broken(p->outcome, errno, p->job->out);
}

/* ---- sheets ---- */

static bool canvas_end(struct press *p) {
    if (p->canvas == NULL) return true;
    bool ok = canvas_close(p->canvas);
    p->canvas = NULL;
    p->in_file = 0;
    /* What cairo itself cannot do is memory. */
    return ok || outcome_broken(p->outcome, p->output.error ? p->output.error : ENOMEM, p->job->out);
}

static void page_end(struct press *p) {
    if (p->job->format == LABELS_PDF) canvas_page_end(p->canvas);
    p->on_page = 0;
    p->in_file++;
    p->outcome->pages++;
}

static bool page_begin(struct press *p, struct refusal *refusal) {
    const struct labels_job *j = p->job;
    uint32_t pages = j->format == LABELS_SVG ? 1 : j->pages_per_file;
    if (pages > 0 && p->in_file == pages && !canvas_end(p)) return false;
    if (p->canvas != NULL) return true;
    if (!output_next(&p->output)) return outcome_broken(p->outcome, errno, j->out);
    p->canvas = canvas_open(j->format == LABELS_SVG ? CANVAS_SVG : CANVAS_PDF, j->sheet.page_width, j->sheet.page_height,
                            (struct sink){output_write, &p->output}, j->lang == LANG_ZH ? "溯源标签 Suyuan labels" : "Suyuan labels 溯源标签");
    return p->output.files > 1 || canvas_fonts_check(p->canvas, refusal) == OK || outcome_refused(p->outcome, refusal);
}

static bool sheet_label(struct press *p, const struct label *l, struct refusal *refusal) {
    const struct labels_job *j = p->job;
    double x, y;
    if (p->on_page == 0 && !page_begin(p, refusal)) return false;
    sheet_place(&j->sheet, p->on_page, &x, &y);
    if (label_draw(p->canvas, &j->sheet, x, y, j->module, j->lang, l, &p->qr, refusal) != OK) return outcome_refused(p->outcome, refusal);
    if (++p->on_page == j->sheet.columns * j->sheet.rows) page_end(p);
    return true;
}

/* ---- the job ---- */

/* "line 3: url"; of the place within JSON only the column, since the text is one line. */
static void name_line(struct outcome *o, uint64_t line) {
    char where[sizeof o->refusal.where];
    const char *rest = o->refusal.where;
    if (strncmp(rest, "line 1 ", 7) == 0) rest += 7;
    snprintf(where, sizeof where, "line %llu%s%.160s", (unsigned long long)line, rest[0] ? ": " : "", rest);
    memcpy(o->refusal.where, where, sizeof where);
}

static bool one_label(struct press *p, struct span line) {
    struct refusal refusal;
    struct label l;
    const struct labels_job *j = p->job;
    if (j->count > 0 && p->outcome->labels == j->count) {
        (void)refusal_set(&refusal, ERR_PRINT_COUNT, "> %llu", (unsigned long long)j->count);
        return outcome_refused(p->outcome, &refusal);
    }
    if (label_read(line, &p->store, &l, &refusal) != OK) return outcome_refused(p->outcome, &refusal);
    return j->format == LABELS_CSV ? csv_label(p, &l, &refusal) : sheet_label(p, &l, &refusal);
}

static bool all_labels(struct press *p) {
    struct outcome *o = p->outcome;
    struct span line;
    struct refusal refusal;
    for (;;) {
        errno = 0;
        enum line_result r = lines_next(&p->lines, &line);
        if (stop_asked()) return outcome_broken(o, EINTR, p->job->in_name);
        if (r == LINE_FAILED) return outcome_broken(o, errno, p->job->in_name);
        if (r == LINE_END) break;
        (void)refusal_set(&refusal, ERR_TOO_LARGE, "%s", "");
        if (r == LINE_LONG ? !outcome_refused(o, &refusal) : !one_label(p, line)) {
            if (o->exit == PRINT_REFUSED) name_line(o, o->labels + 1);
            return false;
        }
        o->labels++;
        progress(p, false);
    }
    (void)refusal_set(&refusal, ERR_PRINT_EMPTY, "%s", "");
    if (o->labels == 0) return outcome_refused(o, &refusal);
    (void)refusal_set(&refusal, ERR_PRINT_COUNT, "%llu / %llu", (unsigned long long)o->labels, (unsigned long long)p->job->count);
    if (p->job->count > 0 && o->labels != p->job->count) return outcome_refused(o, &refusal);
    if (p->on_page > 0) page_end(p);
    return canvas_end(p) && (output_commit(&p->output) || outcome_broken(o, errno, p->job->out));
}

void labels_run(const struct labels_job *job, struct outcome *ret) {
    struct press *p = check_alloc(1, sizeof *p);
    *ret = (struct outcome){0};
    p->job = job;
    p->outcome = ret;
    p->begun_ms = p->said_ms = clock_ms();
    output_begin(&p->output, job->out, job->format == LABELS_SVG || (job->format == LABELS_PDF && job->pages_per_file > 0), 0600);
    buffer_init(&p->store, 2 * LINE_BYTES_MAX);
    buffer_init(&p->row, 4 * LINE_BYTES_MAX);
    lines_begin(&p->lines, job->in);
    if (all_labels(p)) progress(p, true);
    else if (job->terminal && p->said_ms > p->begun_ms) fputc('\n', stderr);
    if (p->canvas != NULL) (void)!canvas_close(p->canvas);
    output_abandon(&p->output);
    ret->bytes = p->output.bytes;
    ret->files = p->output.files;
    buffer_free(&p->store);
    buffer_free(&p->row);
    free(p);
}
