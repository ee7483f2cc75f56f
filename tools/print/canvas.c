/* canvas.c: the only door to cairo and pango. */
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <pango/pangocairo.h>

#include <stdlib.h>
#include <string.h>

#include "tools/print/canvas.h"

static const double POINTS = 72.0 / 25.4; /* per millimetre */

/* Families, and the Debian packages they come in. */
static const char PLAIN[] = "WenQuanYi Micro Hei"; /* fonts-wqy-microhei */
static const char KAI[] = "AR PL KaitiM GB";       /* fonts-arphic-gkai00mp */
static const char SERIF[] = "Liberation Serif";    /* fonts-liberation */
static const char FIXED[] = "Liberation Mono";

/* Asked in order, character by character; after them whatever else the machine has. */
static const struct {
    const char *families;
    PangoStyle style;
} faces[FACES] = {
    [FACE_PLAIN] = {"WenQuanYi Micro Hei", PANGO_STYLE_NORMAL},
    [FACE_TEXT] = {"Liberation Serif,AR PL KaitiM GB,WenQuanYi Micro Hei", PANGO_STYLE_NORMAL},
    [FACE_ITALIC] = {"Liberation Serif,AR PL KaitiM GB,WenQuanYi Micro Hei", PANGO_STYLE_ITALIC},
    [FACE_FIXED] = {"Liberation Mono,WenQuanYi Micro Hei", PANGO_STYLE_NORMAL},
};

#if defined(__SANITIZE_ADDRESS__)
/* Pango asks fontconfig in a thread of its own, which may be asking still when the program ends: nothing can be freed for sure, and what
 * that thread holds then is no leak. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libfontconfig\nleak:libpango\n";
}
const char *__lsan_default_options(void) {
    return "print_suppressions=0";
}
#endif

struct canvas {
    enum canvas_kind kind;
    struct sink sink;
    bool failed; /* the sink said no */
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoLayout *layout;
    PangoFontDescription *fonts[FACES];
};

static cairo_status_t to_sink(void *self, const unsigned char *data, unsigned int len) {
    struct canvas *c = self;
    c->failed = c->failed || !c->sink.write(c->sink.self, span_of(data, len));
    return c->failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

struct canvas *canvas_open(enum canvas_kind kind, double width, double height, struct sink sink, const char *title) {
    struct canvas *c = check_alloc(1, sizeof *c);
    c->kind = kind;
    c->sink = sink;
    switch (kind) {
    case CANVAS_PDF:
        c->surface = cairo_pdf_surface_create_for_stream(to_sink, c, width * POINTS, height * POINTS);
        cairo_pdf_surface_set_metadata(c->surface, CAIRO_PDF_METADATA_TITLE, title);
        cairo_pdf_surface_set_metadata(c->surface, CAIRO_PDF_METADATA_CREATOR, "suyuan-print " SUYUAN_VERSION);
        break;
    case CANVAS_SVG:
        c->surface = cairo_svg_surface_create_for_stream(to_sink, c, width * POINTS, height * POINTS);
        cairo_svg_surface_set_document_unit(c->surface, CAIRO_SVG_UNIT_PT);
        break;
    }
    c->cr = cairo_create(c->surface);
    cairo_scale(c->cr, POINTS, POINTS);
    c->layout = pango_cairo_create_layout(c->cr);
    PangoContext *context = pango_layout_get_context(c->layout);
    /* Paper has no pixels: nothing is fitted to them. */
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    pango_cairo_context_set_resolution(context, 25.4); /* a point of type in millimetres, which the context scales back */
    pango_context_set_round_glyph_positions(context, FALSE);
    pango_context_set_language(context, pango_language_from_string("zh-cn"));
    pango_layout_set_wrap(c->layout, PANGO_WRAP_WORD_CHAR);
    for (size_t i = 0; i < FACES; i++) {
        c->fonts[i] = pango_font_description_new();
        pango_font_description_set_family_static(c->fonts[i], faces[i].families);
        pango_font_description_set_style(c->fonts[i], faces[i].style);
    }
    return c;
}

void canvas_page_end(struct canvas *c) {
    cairo_show_page(c->cr);
}

bool canvas_close(struct canvas *c) {
    for (size_t i = 0; i < FACES; i++)
        pango_font_description_free(c->fonts[i]);
    g_object_unref(c->layout);
    cairo_destroy(c->cr);
    cairo_surface_finish(c->surface);
    bool ok = !c->failed && cairo_surface_status(c->surface) == CAIRO_STATUS_SUCCESS;
    cairo_surface_destroy(c->surface);
    free(c);
    return ok;
}

/* ---- text ---- */

enum err canvas_fonts_check(struct canvas *c, struct refusal *ret) {
    static const char *const families[] = {PLAIN, KAI, SERIF, FIXED};
    PangoContext *context = pango_layout_get_context(c->layout);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        PangoFontDescription *wanted = pango_font_description_new();
        pango_font_description_set_family_static(wanted, families[i]);
        PangoFont *font = pango_context_load_font(context, wanted);
        bool found = false;
        if (font != NULL) {
            PangoFontDescription *is = pango_font_describe(font);
            const char *family = pango_font_description_get_family(is);
            found = family != NULL && strcmp(family, families[i]) == 0;
            pango_font_description_free(is);
            g_object_unref(font);
        }
        pango_font_description_free(wanted);
        if (!found) return refusal_set(ret, ERR_PRINT_FONT, "%s", families[i]);
    }
    return OK;
}

static void layout_set(struct canvas *c, const struct type_style *style, struct span text) {
    static const PangoAlignment aligns[] = {
        [ALIGN_LEFT] = PANGO_ALIGN_LEFT, [ALIGN_CENTRE] = PANGO_ALIGN_CENTER, [ALIGN_RIGHT] = PANGO_ALIGN_RIGHT};
    PangoFontDescription *font = c->fonts[style->face];
    pango_font_description_set_size(font, (int)(style->points * PANGO_SCALE));
    pango_font_description_set_weight(font, style->strong ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(c->layout, font);
    pango_layout_set_alignment(c->layout, aligns[style->align]);
    pango_layout_set_width(c->layout, style->width > 0 ? (int)(style->width * PANGO_SCALE) : -1);
    pango_layout_set_line_spacing(c->layout, (float)style->leading);
    PangoAttrList *list = NULL;
    if (style->spacing > 0) {
        list = pango_attr_list_new();
        pango_attr_list_insert(list, pango_attr_letter_spacing_new((int)(style->spacing / POINTS * PANGO_SCALE)));
    }
    pango_layout_set_attributes(c->layout, list);
    if (list != NULL) pango_attr_list_unref(list);
    pango_layout_set_text(c->layout, (const char *)text.data, (int)text.len);
}

/* The first character that has no glyph, one by one: of the whole text pango only counts them. */
static enum err glyph_missing(struct canvas *c, struct span text, struct refusal *ret) {
    uint32_t rune = 0;
    for (size_t at = 0, len; at < text.len; at += len) {
        len = span_rune(span_part(text, at, text.len - at), &rune);
        CHECK(len > 0);
        pango_layout_set_text(c->layout, (const char *)text.data + at, (int)len);
        if (pango_layout_get_unknown_glyphs_count(c->layout) > 0) break;
    }
    return refusal_set(ret, ERR_PRINT_GLYPH, "U+%04X", (unsigned)rune);
}

enum err canvas_measure(struct canvas *c, const struct type_style *style, struct span text, double *ret_width, double *ret_height,
                        struct refusal *refusal) {
    PangoRectangle box;
    layout_set(c, style, text);
    if (pango_layout_get_unknown_glyphs_count(c->layout) > 0) return glyph_missing(c, text, refusal);
    pango_layout_get_extents(c->layout, NULL, &box);
    *ret_width = (double)box.width / PANGO_SCALE;
    *ret_height = (double)box.height / PANGO_SCALE;
    return OK;
}

static void ink_set(struct canvas *c, struct ink ink) {
    double r = (double)(ink.rgb >> 16 & 0xff) / 255, g = (double)(ink.rgb >> 8 & 0xff) / 255, b = (double)(ink.rgb & 0xff) / 255;
    /* Where nothing shines through, a PDF without transparency suits every printer. */
    if (ink.opacity < 1) cairo_set_source_rgba(c->cr, r, g, b, ink.opacity);
    else cairo_set_source_rgb(c->cr, r, g, b);
}

void canvas_text(struct canvas *c, const struct type_style *style, double x, double y, struct span text) {
    layout_set(c, style, text);
    ink_set(c, style->ink);
    cairo_move_to(c->cr, x, y);
    pango_cairo_show_layout(c->cr, c->layout);
}

/* ---- shapes ---- */

static void stroke(struct canvas *c, struct ink ink, double width, double dash) {
    ink_set(c, ink);
    cairo_set_line_width(c->cr, width);
    cairo_set_dash(c->cr, &dash, dash > 0 ? 1 : 0, 0);
    cairo_stroke(c->cr);
}

void canvas_line(struct canvas *c, struct ink ink, double width, double x1, double y1, double x2, double y2) {
    cairo_move_to(c->cr, x1, y1);
    cairo_line_to(c->cr, x2, y2);
    stroke(c, ink, width, 0);
}

void canvas_frame(struct canvas *c, struct ink ink, double width, double dash, double x, double y, double w, double h) {
    cairo_rectangle(c->cr, x, y, w, h);
    stroke(c, ink, width, dash);
}

void canvas_fill(struct canvas *c, struct ink ink, double x, double y, double width, double height) {
    cairo_rectangle(c->cr, x, y, width, height);
    ink_set(c, ink);
    cairo_fill(c->cr);
}

void canvas_circle(struct canvas *c, struct ink ink, double width, double dash, double x, double y, double radius) {
    cairo_new_sub_path(c->cr);
    cairo_arc(c->cr, x, y, radius, 0, 2 * 3.14159265358979323846);
    stroke(c, ink, width, dash);
}

static void run_add(void *self, uint32_t row, uint32_t column, uint32_t len) {
    cairo_t *cr = self;
    cairo_move_to(cr, column, row + 0.5);
    cairo_line_to(cr, column + len, row + 0.5);
}

/* Runs of modules as strokes one module wide: two points for a run, where a rectangle takes four. One path, one stroke: no seams. */
void canvas_qr(struct canvas *c, double x, double y, double module, const struct qr *q) {
    cairo_save(c->cr);
    cairo_translate(c->cr, x, y);
    cairo_scale(c->cr, module, module);
    qr_runs(q, run_add, c->cr);
    stroke(c, (struct ink){0, 1}, 1, 0);
    cairo_restore(c->cr);
}

void canvas_turn(struct canvas *c, double x, double y, double degrees) {
    cairo_save(c->cr);
    cairo_translate(c->cr, x, y);
    cairo_rotate(c->cr, -degrees * 3.14159265358979323846 / 180);
}

void canvas_turn_back(struct canvas *c) {
    cairo_restore(c->cr);
}
