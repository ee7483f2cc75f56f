/* label.c: the happy path is: the code takes its square, at the left or on top; what is left holds captions from above, serial and scratch
 * area from below, in the largest type that fits. */
#include <string.h>

#include "tools/print/form.h"
#include "tools/print/label.h"

#define TEXT(s, m, need, bytes) {#m, FORM_TEXT, need, offsetof(struct s, m), 0, bytes, 0, 0, NULL}

static const struct form_row label_rows[] = {
    TEXT(label, url, true, QR_TEXT_MAX),
    TEXT(label, serial, true, LABEL_CODE_BYTES_MAX),
    TEXT(label, inner, false, LABEL_CODE_BYTES_MAX),
    {"lines", FORM_TEXTS, false, offsetof(struct label, lines), offsetof(struct label, lines_count), LABEL_LINE_BYTES_MAX, LABEL_LINES_MAX,
     0, NULL},
    {NULL, FORM_TEXT, false, 0, 0, 0, 0, 0, NULL},
};

static bool is_ascii(struct span text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < ' ' || text.data[i] > '~') return false;
    return true;
}

bool url_is_printable(struct span url) {
    static const char *const schemes[] = {"https://", "http://", "HTTPS://", "HTTP://"}; /* capitals make a smaller code */
    size_t after = url.len;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (span_starts(url, schemes[i])) after = strlen(schemes[i]);
    for (size_t i = 0; i < url.len; i++)
        if (url.data[i] <= ' ' || url.data[i] > '~' || strchr("\"<>\\^`{|}", url.data[i]) != NULL) return false;
    return url.len > after && url.len <= QR_TEXT_MAX;
}

enum err label_read(struct span json, struct buffer *store, struct label *ret, struct refusal *refusal) {
    struct label l = {0};
    enum err e = form_read(label_rows, json, store, &l, sizeof l, refusal);
    if (e != OK) return e;
    if (!url_is_printable(l.url)) return refusal_set(refusal, ERR_PRINT_URL, "url");
    if (!is_ascii(l.serial)) return refusal_set(refusal, ERR_PRINT_TEXT, "serial");
    if (!is_ascii(l.inner)) return refusal_set(refusal, ERR_PRINT_TEXT, "inner");
    *ret = l;
    return OK;
}

/* ---- where things lie ---- */

static const double MARGIN = 2, MODULE_ROOMY = 1, BESIDE = 24, BESIDE_LEAST = 12, BELOW = 14, BELOW_LEAST = 8;
static const double SCRATCH_PAD = 1.2, GAP = 0.8, NOTE_GAP = 0.4;

struct box {
    double x, y, width, height;
};

static double least(double a, double b) {
    return a < b ? a : b;
}

/* The module for a square that leaves `wanted` of `along` to the text, or at least `enough`; 0 when it does not fit. */
static double module_for(double modules, double module, double across, double along, double wanted, double enough) {
    double best = least(across, along - wanted) / modules, roomy = module > MODULE_ROOMY ? module : MODULE_ROOMY;
    static const double rounding = 1e-9;
    if (best >= module) return least(best, roomy);
    return module * modules <= least(across, along - enough) + rounding ? module : 0;
}

static enum err square_place(const struct sheet *s, const struct qr *q, double module, double *ret_module, struct box *ret_text,
                             struct refusal *refusal) {
    double modules = q->side + 2 * QR_QUIET;
    double beside = module_for(modules, module, s->height, s->width, BESIDE, BESIDE_LEAST);
    double below = module_for(modules, module, s->width, s->height, BELOW, BELOW_LEAST);
    if (beside == 0 && below == 0)
        return refusal_set(refusal, ERR_PRINT_LABEL_SMALL, "%.1f x %.1f mm, QR %.1f mm", s->width, s->height, modules * module);
    bool left = beside >= below;
    double side = modules * (left ? beside : below);
    *ret_module = left ? beside : below;
    *ret_text = left ? (struct box){side, MARGIN, s->width - side - MARGIN, s->height - 2 * MARGIN}
                     : (struct box){MARGIN, side, s->width - 2 * MARGIN, s->height - side - MARGIN};
    return OK;
}

struct plan {
    double points;
    double lines_height, serial_height, inner_height, note_height;
};

static const struct ink BLACK = {0x000000, 1}, GREY = {0x606060, 1};

static struct type_style caption_style(double points, double width, bool first) {
    return (struct type_style){.face = FACE_PLAIN, .ink = BLACK, .points = first ? points + 1 : points, .width = width};
}

/* May break: it is there to be compared, the inner code to be copied. */
static struct type_style serial_style(double points, double width) {
    return (struct type_style){.face = FACE_FIXED, .ink = BLACK, .points = points, .width = width};
}

static struct type_style inner_style(double points, double width) {
    return (struct type_style){.face = FACE_FIXED, .align = ALIGN_CENTRE, .ink = BLACK, .points = points, .width = width, .strong = true};
}

static struct type_style note_style(double points) {
    return (struct type_style){.face = FACE_PLAIN, .ink = GREY, .points = points - 1.5};
}

static struct span note(enum lang lang) {
    return span_text(lang == LANG_ZH ? "刮开涂层查验 · Scratch here" : "Scratch here · 刮开涂层查验");
}

/* Heights with type of this size; *ret_fits says whether all stays within the box, *ret_what what does not. */
static enum err plan_try(struct canvas *c, const struct label *l, enum lang lang, const struct box *box, double points, struct plan *ret,
                         const char **ret_what, struct refusal *refusal) {
    double width = 0, height = 0;
    struct plan p = {.points = points};
    *ret_what = NULL;
    for (uint32_t i = 0; i < l->lines_count; i++) {
        struct type_style style = caption_style(points, box->width, i == 0);
        enum err e = canvas_measure(c, &style, l->lines[i], &width, &height, refusal);
        if (e != OK) return e;
        p.lines_height += height;
    }
    struct type_style style = serial_style(points, box->width);
    enum err e = canvas_measure(c, &style, l->serial, &width, &p.serial_height, refusal);
    if (e == OK && width > box->width) *ret_what = "serial";
    if (e == OK && l->inner.len > 0) {
        style = inner_style(points + 1, 0);
        e = canvas_measure(c, &style, l->inner, &width, &p.inner_height, refusal);
        if (e == OK && width > box->width - 2 * SCRATCH_PAD) *ret_what = "inner";
        style = note_style(points);
        if (e == OK) e = canvas_measure(c, &style, note(lang), &width, &p.note_height, refusal);
        if (e == OK && width > box->width) *ret_what = "inner";
        p.inner_height += 2 * SCRATCH_PAD;
        p.note_height += NOTE_GAP;
    }
    double all = p.lines_height + GAP + p.serial_height + (l->inner.len > 0 ? GAP + p.note_height + p.inner_height : 0);
    if (e == OK && *ret_what == NULL && all > box->height) *ret_what = l->lines_count > 0 ? "lines" : "serial";
    if (e == OK) *ret = p;
    return e;
}

static void label_ink(struct canvas *c, const struct label *l, enum lang lang, const struct box *box, const struct plan *p) {
    double y = box->y;
    for (uint32_t i = 0; i < l->lines_count; i++) {
        struct type_style style = caption_style(p->points, box->width, i == 0);
        double width, height;
        struct refusal none;
        CHECK(canvas_measure(c, &style, l->lines[i], &width, &height, &none) == OK);
        canvas_text(c, &style, box->x, y, l->lines[i]);
        y += height;
    }
    y = box->y + box->height;
    if (l->inner.len > 0) {
        struct type_style inner = inner_style(p->points + 1, box->width), small = note_style(p->points);
        y -= p->inner_height;
        canvas_frame(c, BLACK, 0.2, 1, box->x, y, box->width, p->inner_height);
        canvas_text(c, &inner, box->x, y + SCRATCH_PAD, l->inner);
        y -= p->note_height;
        canvas_text(c, &small, box->x, y, note(lang));
        y -= GAP;
    }
    struct type_style serial = serial_style(p->points, box->width);
    canvas_text(c, &serial, box->x, y - p->serial_height, l->serial);
}

enum err label_draw(struct canvas *c, const struct sheet *s, double x, double y, double module, enum lang lang, const struct label *l,
                    struct qr *qr, struct refusal *refusal) {
    static const double points_most = 8, points_least = 5;
    struct box box = {0};
    struct plan p = {0};
    double size = 0;
    const char *what = "lines";
    qr_encode(l->url, qr);
    enum err e = square_place(s, qr, module, &size, &box, refusal);
    for (double points = points_most; e == OK && what != NULL && points >= points_least; points -= 0.5)
        e = plan_try(c, l, lang, &box, points, &p, &what, refusal);
    if (e != OK) return e;
    if (what != NULL) return refusal_set(refusal, ERR_PRINT_TEXT_FIT, "%s", what);
    bool left = box.y == MARGIN;
    double square = size * (qr->side + 2 * QR_QUIET), quiet = QR_QUIET * size;
    double free_x = left ? 0 : (s->width - square) / 2, free_y = left ? (s->height - square) / 2 : 0;
    canvas_qr(c, x + free_x + quiet, y + free_y + quiet, size, qr);
    box.x += x;
    box.y += y;
    label_ink(c, l, lang, &box, &p);
    return OK;
}
