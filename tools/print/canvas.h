/* canvas.h: pages of paper, as PDF or SVG. The only door to cairo and pango.
 *
 * Lengths are millimetres from the upper left corner, sizes of type are points. What is drawn goes to `sink` as it becomes known: a page is
 * written when it ends, and what stays in memory per page is a few dozen bytes. Fonts are embedded in PDF; in SVG text is outlines, so
 * paper looks the same wherever it is printed.
 *
 * Text is refused rather than printed wrong: a font that is not installed (ERR_PRINT_FONT) and a character that no font of the machine has
 * (ERR_PRINT_GLYPH) are named. Text given here is UTF-8 without controls (form.h).
 *
 * A sink that returns false ends the writing: nothing more is given to it, and canvas_close says false.
 */
#ifndef TOOLS_PRINT_CANVAS_H
#define TOOLS_PRINT_CANVAS_H

#include "base/err.h"
#include "base/span.h"
#include "tools/print/qr.h"

enum canvas_kind { CANVAS_PDF, CANVAS_SVG };
struct sink {
    bool (*write)(void *self, struct span bytes);
    void *self;
};

/* The faces of paper; their families stand in canvas.c and in tests/install.sh. */
enum face {
    FACE_PLAIN,  /* small print and values */
    FACE_TEXT,   /* regular script, 楷体, with a Latin serif */
    FACE_ITALIC, /* the English beside it */
    FACE_FIXED,  /* codes */
};
enum { FACES = FACE_FIXED + 1 };
enum align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

/* 0xRRGGBB, and how much of it: 1 covers. */
struct ink {
    uint32_t rgb;
    double opacity;
};

struct type_style {
    enum face face;
    enum align align;
    struct ink ink;
    double points;
    double spacing; /* points between characters */
    double leading; /* lines stand so many times as far apart as the font has it; 0: once */
    double width;   /* lines break and align within it; 0: one line, however long */
    bool strong; /* FACE_FIXED only: the Chinese faces have no bold of their own */
};

struct canvas;
/* `title` and `author` go into the properties of a PDF; an SVG canvas has one page. */
struct canvas *canvas_open(enum canvas_kind kind, double width, double height, struct sink sink, const char *title);
void canvas_page_end(struct canvas *c);
/* Ends the file; false when the sink or the library failed. `c` is freed. */
bool canvas_close(struct canvas *c) MUST_USE;

/* All faces are installed; ERR_PRINT_FONT names the first that is not. */
enum err canvas_fonts_check(struct canvas *c, struct refusal *ret) MUST_USE;

/* Height that the text takes and its widest line. */
enum err canvas_measure(struct canvas *c, const struct type_style *style, struct span text, double *ret_width, double *ret_height,
                        struct refusal *refusal) MUST_USE;
/* Its upper left corner at x, y. The characters are known to have glyphs: canvas_measure was asked with this text before. */
void canvas_text(struct canvas *c, const struct type_style *style, double x, double y, struct span text);

void canvas_line(struct canvas *c, struct ink ink, double stroke, double x1, double y1, double x2, double y2);
/* dash 0: a whole line */
void canvas_frame(struct canvas *c, struct ink ink, double stroke, double dash, double x, double y, double width, double height);
void canvas_fill(struct canvas *c, struct ink ink, double x, double y, double width, double height);
void canvas_circle(struct canvas *c, struct ink ink, double stroke, double dash, double x, double y, double radius);
/* The first dark module's corner at x, y: the quiet zone lies outside. */
void canvas_qr(struct canvas *c, double x, double y, double module, const struct qr *q);

/* What is drawn until canvas_turn_back lies turned by `degrees` (counter-clockwise) about x, y, which is then 0, 0. */
void canvas_turn(struct canvas *c, double x, double y, double degrees);
void canvas_turn_back(struct canvas *c);

#endif
