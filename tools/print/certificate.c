/* certificate.c: from JSON to a file; the drawing is certificate_draw.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/print/certificate.h"
#include "tools/print/form.h"
#include "tools/print/label.h"
#include "tools/print/output.h"

#define TEXT(s, m, need, bytes) {#m, FORM_TEXT, need, offsetof(struct s, m), 0, bytes, 0, 0, NULL}
#define END {NULL, FORM_TEXT, false, 0, 0, 0, 0, 0, NULL}

static const struct form_row row_rows[] = {
    TEXT(certificate_row, zh, true, CERTIFICATE_NAME_BYTES_MAX),
    TEXT(certificate_row, en, false, CERTIFICATE_NAME_BYTES_MAX),
    TEXT(certificate_row, value, true, CERTIFICATE_VALUE_BYTES_MAX),
    END,
};
static const struct form_row box_rows[] = {
    TEXT(certificate_box, zh, true, CERTIFICATE_NAME_BYTES_MAX),
    TEXT(certificate_box, en, false, CERTIFICATE_NAME_BYTES_MAX),
    {"ticked", FORM_BOOL, true, offsetof(struct certificate_box, ticked), 0, 0, 0, 0, NULL},
    END,
};
static const struct form_row certificate_rows[] = {
    TEXT(certificate, title_zh, true, CERTIFICATE_NAME_BYTES_MAX),
    TEXT(certificate, title_en, true, CERTIFICATE_NAME_BYTES_MAX),
    TEXT(certificate, number, true, CERTIFICATE_NAME_BYTES_MAX),
    TEXT(certificate, issuer, true, CERTIFICATE_NAME_BYTES_MAX),
    {"rows", FORM_LIST, true, offsetof(struct certificate, rows), offsetof(struct certificate, rows_count), 0, CERTIFICATE_ROWS_MAX,
     sizeof(struct certificate_row), row_rows},
    {"statements", FORM_TEXTS, false, offsetof(struct certificate, statements), offsetof(struct certificate, statements_count),
     CERTIFICATE_VALUE_BYTES_MAX, CERTIFICATE_STATEMENTS_MAX, 0, NULL},
    {"boxes", FORM_LIST, false, offsetof(struct certificate, boxes), offsetof(struct certificate, boxes_count), 0, CERTIFICATE_BOXES_MAX,
     sizeof(struct certificate_box), box_rows},
    TEXT(certificate, qr, false, QR_TEXT_MAX),
    TEXT(certificate, footer_zh, false, CERTIFICATE_FOOTER_BYTES_MAX),
    TEXT(certificate, footer_en, false, CERTIFICATE_FOOTER_BYTES_MAX),
    {"state", FORM_TEXT, false, offsetof(struct certificate, state_text), 0, 16, 0, 0, NULL},
    END,
};

enum err certificate_read(struct span json, struct buffer *store, struct certificate *ret, struct refusal *refusal) {
    static const char *const states[] = {
        [STATE_ACTIVE] = "active", [STATE_REVOKED] = "revoked", [STATE_SUPERSEDED] = "superseded", [STATE_EXPIRED] = "expired"};
    struct certificate c = {0};
    enum err e = form_read(certificate_rows, json, store, &c, sizeof c, refusal);
    if (e != OK) return e;
    if (c.qr.len > 0 && !url_is_printable(c.qr)) return refusal_set(refusal, ERR_PRINT_URL, "qr");
    if (c.rows_count == 0) return refusal_set(refusal, ERR_PRINT_FIELD, "rows");
    size_t state = c.state_text.len == 0 ? (size_t)STATE_ACTIVE : 0;
    while (c.state_text.len > 0 && state < sizeof states / sizeof states[0] && !span_is(c.state_text, states[state]))
        state++;
    if (state == sizeof states / sizeof states[0]) return refusal_set(refusal, ERR_PRINT_FIELD, "state");
    c.state = (enum certificate_state)state;
    *ret = c;
    return OK;
}

/* errno is set when false. */
static bool read_all(int fd, struct buffer *out) {
    uint8_t chunk[16384];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n <= 0) return n == 0;
        buffer_append(out, chunk, (size_t)n);
        if (out->overflow) return true;
    }
}

static bool draw(const struct certificate *cert, struct output *output, struct outcome *o) {
    static const double a4_width = 210, a4_height = 297;
    struct refusal refusal;
    uint32_t pages = 0;
    if (!output_next(output)) return outcome_broken(o, errno, output->path);
    char title[2 * CERTIFICATE_NAME_BYTES_MAX + 8];
    snprintf(title, sizeof title, "%.*s %.*s", (int)cert->title_zh.len, (const char *)cert->title_zh.data, (int)cert->number.len,
             (const char *)cert->number.data);
    struct canvas *c = canvas_open(CANVAS_PDF, a4_width, a4_height, (struct sink){output_write, output}, title);
    enum err e = canvas_fonts_check(c, &refusal);
    if (e == OK) e = certificate_draw(c, cert, &pages, &refusal);
    bool closed = canvas_close(c);
    if (e != OK) return outcome_refused(o, &refusal);
    if (!closed) return outcome_broken(o, output->error ? output->error : ENOMEM, output->path);
    o->pages = pages;
    return output_commit(output) || outcome_broken(o, errno, output->path);
}

void certificate_run(int in, const char *in_name, const char *out, struct outcome *ret) {
    struct buffer text CLEANUP(buffer_free) = {0}, store CLEANUP(buffer_free) = {0};
    struct output output;
    struct certificate *cert = check_alloc(1, sizeof *cert);
    struct refusal refusal;
    *ret = (struct outcome){0};
    buffer_init(&text, FORM_BYTES_MAX);
    buffer_init(&store, 2 * FORM_BYTES_MAX);
    output_begin(&output, out, false, 0644);
    (void)refusal_set(&refusal, ERR_TOO_LARGE, "%s", "");
    if (!read_all(in, &text)) (void)outcome_broken(ret, errno, in_name);
    else if (text.overflow) (void)outcome_refused(ret, &refusal);
    else if (certificate_read(buffer_span(&text), &store, cert, &refusal) != OK) (void)outcome_refused(ret, &refusal);
    else (void)draw(cert, &output, ret);
    output_abandon(&output);
    ret->bytes = output.bytes;
    ret->files = output.files;
    free(cert);
}
