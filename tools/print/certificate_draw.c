/* certificate_draw.c: how a certificate looks. The happy path is: heading, table, boxes, statements flow down the page; code and seal stand
 * at the foot of the last. Everything is walked twice: without ink, to know how many pages there are, then with. */
#include <stdio.h>
#include <string.h>

#include "tools/print/certificate.h"

static const double PAGE_WIDTH = 210, PAGE_HEIGHT = 297;
static const double LEFT = 24, WIDTH = 162, TOP = 23, FOOT = 21; /* of what is written */
static const double LABEL_WIDTH = 48, CELL_PAD_X = 3, CELL_PAD_Y = 1.9;
static const double MODULE = 0.7, SEAL_RADIUS = 20;
static const struct ink BLACK = {0x111111, 1}, GREY = {0x5a5a5a, 1}, PALE = {0x9a9a9a, 1}, RED = {0x9b1c1c, 1}, STAMP = {0xc00000, 0.32};

struct flow {
    struct canvas *c;
    const struct certificate *cert;
    struct refusal *refusal;
    enum err err; /* sticky */
    bool ink;
    double y, foot_height;
    double spare; /* what is left empty of a single page, on which the table may stand more freely */
    uint32_t page, pages; /* pages: known with ink */
};

/* ---- pieces ---- */

/* Measures; with ink, draws. The height, 0 after a failure. */
static double put(struct flow *f, const struct type_style *style, double x, double y, struct span text) {
    double width = 0, height = 0;
    if (f->err != OK || text.len == 0) return 0;
    f->err = canvas_measure(f->c, style, text, &width, &height, f->refusal);
    if (f->err != OK) return 0;
    if (f->ink) canvas_text(f->c, style, x, y, text);
    return height;
}

static double height_of(struct flow *f, const struct type_style *style, struct span text) {
    bool ink = f->ink;
    f->ink = false;
    double height = put(f, style, 0, 0, text);
    f->ink = ink;
    return height;
}

static struct type_style type(enum face face, double points, struct ink ink, double width, enum align align) {
    return (struct type_style){.face = face, .points = points, .ink = ink, .width = width, .align = align};
}

/* The largest of these sizes at which the text stays on one line; the smallest where it does on none. */
static double points_for(struct flow *f, struct type_style style, double most, double least, double width, struct span text) {
    double wide = 0, height = 0;
    style.width = 0;
    for (double points = most; f->err == OK && points > least; points -= 1) {
        style.points = points;
        f->err = canvas_measure(f->c, &style, text, &wide, &height, f->refusal);
        if (wide <= width) return points;
    }
    return least;
}

/* ---- pages ---- */

/* A frame of two lines, and in each corner the square turn of a meander, 回纹. */
static void border(struct flow *f) {
    static const double outer = 9, inner = 13, turn = 8;
    if (!f->ink) return;
    canvas_frame(f->c, RED, 1.1, 0, outer, outer, PAGE_WIDTH - 2 * outer, PAGE_HEIGHT - 2 * outer);
    canvas_frame(f->c, RED, 0.25, 0, outer + 1.5, outer + 1.5, PAGE_WIDTH - 2 * outer - 3, PAGE_HEIGHT - 2 * outer - 3);
    for (int corner = 0; corner < 4; corner++) {
        bool right = corner % 2 == 1, below = corner / 2 == 1;
        for (int ring = 0; ring < 3; ring++) {
            double side = turn - 2.6 * ring;
            double x = right ? PAGE_WIDTH - inner - side - 1.3 * ring : inner + 1.3 * ring;
            double y = below ? PAGE_HEIGHT - inner - side - 1.3 * ring : inner + 1.3 * ring;
            if (ring < 2) canvas_frame(f->c, RED, 0.45, 0, x, y, side, side);
            else canvas_fill(f->c, RED, x + 0.5, y + 0.5, side - 1, side - 1);
        }
        double x1 = inner + turn, x2 = PAGE_WIDTH - inner - turn, y1 = inner + turn, y2 = PAGE_HEIGHT - inner - turn;
        double y = below ? PAGE_HEIGHT - inner : inner, x = right ? PAGE_WIDTH - inner : inner;
        if (!right) canvas_line(f->c, RED, 0.25, x1, y, x2, y);
        if (!below) canvas_line(f->c, RED, 0.25, x, y1, x, y2);
    }
}

static void overprint(struct flow *f) {
    static const char *const words[] = {
        [STATE_ACTIVE] = NULL, [STATE_REVOKED] = "已吊销 REVOKED", [STATE_SUPERSEDED] = "已被取代 SUPERSEDED", [STATE_EXPIRED] = "已过期 EXPIRED"};
    const char *word = words[f->cert->state];
    if (word == NULL || !f->ink || f->err != OK) return;
    static const double pad = 6, diagonal = 190;
    struct type_style style = type(FACE_PLAIN, 10, STAMP, 0, ALIGN_LEFT);
    double width = 0, height = 0;
    style.points = points_for(f, style, 72, 30, diagonal, span_text(word));
    f->err = f->err == OK ? canvas_measure(f->c, &style, span_text(word), &width, &height, f->refusal) : f->err;
    canvas_turn(f->c, PAGE_WIDTH / 2, PAGE_HEIGHT / 2, 40);
    canvas_frame(f->c, STAMP, 2, 0, -width / 2 - pad, -height / 2 - pad / 2, width + 2 * pad, height + pad);
    canvas_text(f->c, &style, -width / 2, -height / 2, span_text(word));
    canvas_turn_back(f->c);
}

static double bottom(const struct flow *f) {
    return PAGE_HEIGHT - FOOT - f->foot_height;
}

/* Footer lines; their height is known before the first page. */
static double footer(struct flow *f) {
    struct type_style zh = type(FACE_TEXT, 9, GREY, WIDTH - 16, ALIGN_CENTRE), en = type(FACE_ITALIC, 8.5, GREY, WIDTH - 16, ALIGN_CENTRE);
    double x = LEFT + 8, y = PAGE_HEIGHT - FOOT - f->foot_height + 3, from = y;
    if (f->pages > 1) {
        char page[80];
        snprintf(page, sizeof page, "第 %u 页，共 %u 页 · Page %u of %u", f->page, f->pages, f->page, f->pages);
        struct type_style small = type(FACE_PLAIN, 7.5, GREY, WIDTH, ALIGN_CENTRE);
        (void)put(f, &small, LEFT, PAGE_HEIGHT - FOOT + 1.5, span_text(page));
    }
    y += put(f, &zh, x, y, f->cert->footer_zh);
    y += put(f, &en, x, y, f->cert->footer_en);
    return y > from ? y - from + 3 : 0;
}

static void page_end(struct flow *f) {
    (void)footer(f);
    overprint(f);
    if (f->ink && f->err == OK) canvas_page_end(f->c);
}

static void page_begin(struct flow *f) {
    f->page++;
    f->y = TOP;
    if (f->page > CERTIFICATE_PAGES_MAX && f->err == OK)
        f->err = refusal_set(f->refusal, ERR_PRINT_PAGES, "> %d", CERTIFICATE_PAGES_MAX);
    border(f);
    if (f->page == 1) return;
    char text[2 * CERTIFICATE_NAME_BYTES_MAX + 32];
    snprintf(text, sizeof text, "%.*s（续 continued）%.*s", (int)f->cert->title_zh.len, (const char *)f->cert->title_zh.data,
             (int)f->cert->number.len, (const char *)f->cert->number.data);
    struct type_style style = type(FACE_TEXT, 11, GREY, WIDTH, ALIGN_CENTRE);
    f->y += put(f, &style, LEFT, f->y, span_text(text)) + 4;
}

/* Room for a piece of this height: on this page, or on the next. */
static void room(struct flow *f, double height) {
    if (f->y + height <= bottom(f) || f->err != OK) return;
    page_end(f);
    page_begin(f);
    if (f->y + height > bottom(f) && f->err == OK) f->err = refusal_set(f->refusal, ERR_PRINT_PAGES, "%s", "");
}

/* ---- heading, table, boxes, statements ---- */

static void heading(struct flow *f) {
    const struct certificate *cert = f->cert;
    struct type_style zh = type(FACE_TEXT, 0, BLACK, WIDTH, ALIGN_CENTRE), en = type(FACE_TEXT, 0, BLACK, WIDTH, ALIGN_CENTRE);
    zh.spacing = 7;
    zh.points = points_for(f, zh, 31, 22, WIDTH - 20, cert->title_zh);
    if (zh.points <= 22) {
        zh.spacing = 1.5;
        zh.points = points_for(f, zh, 22, 15, WIDTH - 20, cert->title_zh);
    }
    en.spacing = 0.8;
    en.points = points_for(f, en, 14, 9, WIDTH - 20, cert->title_en);
    f->y += 4;
    /* The space after the last character would move the line off the middle. */
    f->y += put(f, &zh, LEFT + zh.spacing * 25.4 / 72 / 2, f->y, cert->title_zh) + 1;
    f->y += put(f, &en, LEFT, f->y, cert->title_en) + 3.5;
    if (f->ink) {
        double middle = PAGE_WIDTH / 2;
        canvas_line(f->c, RED, 0.8, middle - 32, f->y, middle + 32, f->y);
        canvas_line(f->c, RED, 0.2, middle - 44, f->y + 1.1, middle + 44, f->y + 1.1);
    }
    f->y += 6;
    char number[CERTIFICATE_NAME_BYTES_MAX + 32];
    snprintf(number, sizeof number, "编号 No.  %.*s", (int)cert->number.len, (const char *)cert->number.data);
    struct type_style style = type(FACE_PLAIN, 10, BLACK, WIDTH, ALIGN_RIGHT);
    f->y += put(f, &style, LEFT, f->y, span_text(number)) + 2;
}

/* Of the empty part of the page, what a row may have. */
static double row_extra(const struct flow *f) {
    static const double most = 4.5, part = 0.7;
    double extra = f->spare * part / f->cert->rows_count;
    return extra < most ? extra : most;
}

static void table_row(struct flow *f, const struct certificate_row *row) {
    double label = LABEL_WIDTH - 2 * CELL_PAD_X, value = WIDTH - LABEL_WIDTH - 2 * CELL_PAD_X;
    struct type_style zh = type(FACE_TEXT, 12, BLACK, label, ALIGN_LEFT), en = type(FACE_ITALIC, 8.5, GREY, label, ALIGN_LEFT);
    struct type_style text = type(FACE_PLAIN, 11, BLACK, value, ALIGN_LEFT);
    text.leading = 1.15;
    double names = height_of(f, &zh, row->zh) + height_of(f, &en, row->en), said = height_of(f, &text, row->value);
    double height = (names > said ? names : said) + 2 * CELL_PAD_Y + row_extra(f);
    room(f, height);
    double y = f->y + (height - names) / 2;
    y += put(f, &zh, LEFT + CELL_PAD_X, y, row->zh);
    (void)put(f, &en, LEFT + CELL_PAD_X, y, row->en);
    (void)put(f, &text, LEFT + LABEL_WIDTH + CELL_PAD_X, f->y + (height - said) / 2, row->value);
    if (f->ink) {
        canvas_frame(f->c, GREY, 0.2, 0, LEFT, f->y, WIDTH, height);
        canvas_line(f->c, GREY, 0.2, LEFT + LABEL_WIDTH, f->y, LEFT + LABEL_WIDTH, f->y + height);
    }
    f->y += height;
}

/* A box with its words, as wide as they are, in lines that are filled from the left. */
static void boxes(struct flow *f) {
    static const double side = 3.6, after = 2, between = 8;
    double x = LEFT, line = 0;
    for (uint32_t i = 0; i < f->cert->boxes_count && f->err == OK; i++) {
        const struct certificate_box *box = &f->cert->boxes[i];
        char words[2 * CERTIFICATE_NAME_BYTES_MAX + 4];
        snprintf(words, sizeof words, "%.*s %.*s", (int)box->zh.len, (const char *)box->zh.data, (int)box->en.len,
                 (const char *)box->en.data);
        struct type_style style = type(FACE_TEXT, 11, BLACK, 0, ALIGN_LEFT);
        double width = 0, height = 0, most = WIDTH - side - after;
        f->err = canvas_measure(f->c, &style, span_text(words), &width, &height, f->refusal);
        if (f->err == OK && width > most) {
            style.width = most;
            f->err = canvas_measure(f->c, &style, span_text(words), &width, &height, f->refusal);
        }
        if (x > LEFT && x + side + after + width > LEFT + WIDTH) {
            x = LEFT;
            f->y += line + 1.5;
            line = 0;
        }
        if (x == LEFT) room(f, height);
        line = height > line ? height : line;
        if (f->ink) {
            double top = f->y + (height < 6 ? (height - side) / 2 : 0.8);
            canvas_frame(f->c, BLACK, 0.3, 0, x, top, side, side);
            if (box->ticked) {
                canvas_line(f->c, BLACK, 0.6, x + 0.7, top + 1.9, x + 1.5, top + 2.9);
                canvas_line(f->c, BLACK, 0.6, x + 1.4, top + 2.95, x + 3.1, top + 0.7);
            }
        }
        (void)put(f, &style, x + side + after, f->y, span_text(words));
        x += side + after + width + between;
    }
    f->y += line;
}

static void statements(struct flow *f) {
    for (uint32_t i = 0; i < f->cert->statements_count && f->err == OK; i++) {
        static const double indent = 7;
        struct type_style style = type(FACE_TEXT, 11.5, BLACK, WIDTH - indent, ALIGN_LEFT), mark = type(FACE_TEXT, 11.5, RED, 0, ALIGN_LEFT);
        style.leading = 1.25;
        char number[16];
        snprintf(number, sizeof number, "%u.", i + 1);
        double height = height_of(f, &style, f->cert->statements[i]);
        room(f, height);
        (void)put(f, &mark, LEFT + 1, f->y, span_text(number));
        f->y += put(f, &style, LEFT + indent, f->y, f->cert->statements[i]) + 1.8;
    }
}

/* ---- code and seal ---- */

/* The code with the name of what it carries beside it: a reader knows before scanning. */
static void code(struct flow *f, double top, const struct qr *q) {
    double side = MODULE * q->side, quiet = MODULE * QR_QUIET, x = LEFT + side + quiet;
    if (f->ink) canvas_qr(f->c, LEFT, top, MODULE, q);
    struct type_style name = type(FACE_TEXT, 14, BLACK, LEFT + 94 - x, ALIGN_LEFT), small = type(FACE_TEXT, 10, GREY, LEFT + 94 - x, ALIGN_LEFT);
    double y = top + 1;
    y += put(f, &name, x, y, f->cert->title_zh) + 1;
    (void)put(f, &small, x, y, span_text("扫码查验真伪与现状\nScan to check that it is genuine and in force"));
}

static void seal(struct flow *f, double top, double height) {
    double x = LEFT + WIDTH - SEAL_RADIUS - 6, y = top + height - SEAL_RADIUS, column = 66;
    struct type_style small = type(FACE_TEXT, 10, GREY, column, ALIGN_CENTRE), name = type(FACE_TEXT, 13, BLACK, column, ALIGN_CENTRE);
    double left = x - column / 2, line = y - 9;
    if (left + column > LEFT + WIDTH) left = LEFT + WIDTH - column;
    name.points = points_for(f, name, 13, 10, column, f->cert->issuer);
    if (f->ink) canvas_circle(f->c, PALE, 0.25, 1.2, left + column / 2, y, SEAL_RADIUS);
    line += put(f, &small, left, line, span_text("签发机构 Issued by")) + 0.5;
    line += put(f, &name, left, line, f->cert->issuer) + 0.5;
    struct type_style place = type(FACE_TEXT, 8.5, PALE, column, ALIGN_CENTRE);
    (void)put(f, &place, left, line, span_text("（盖章处 Seal）"));
}

static void foot_of_last(struct flow *f) {
    struct qr q = {0};
    double height = 2 * SEAL_RADIUS + 4;
    if (f->cert->qr.len > 0) qr_encode(f->cert->qr, &q);
    if (MODULE * (q.side + QR_QUIET) > height) height = MODULE * (q.side + QR_QUIET);
    room(f, height + 4);
    if (!f->ink) f->spare = f->page == 1 ? bottom(f) - height - 4 - f->y : 0;
    double top = bottom(f) - height;
    if (f->cert->qr.len > 0) code(f, top + height - MODULE * (q.side + QR_QUIET), &q);
    seal(f, top, height);
}

static void walk(struct flow *f) {
    f->page = 0;
    f->foot_height = 0;
    bool ink = f->ink;
    f->ink = false;
    f->foot_height = footer(f);
    f->ink = ink;
    page_begin(f);
    heading(f);
    for (uint32_t i = 0; i < f->cert->rows_count && f->err == OK; i++)
        table_row(f, &f->cert->rows[i]);
    f->y += 5;
    boxes(f);
    f->y += 4;
    statements(f);
    foot_of_last(f);
    page_end(f);
}

enum err certificate_draw(struct canvas *c, const struct certificate *cert, uint32_t *ret_pages, struct refusal *refusal) {
    struct flow f = {.c = c, .cert = cert, .refusal = refusal};
    walk(&f);
    f.pages = f.page;
    f.ink = true;
    if (f.err == OK) walk(&f);
    if (f.err == OK) *ret_pages = f.pages;
    return f.err;
}
