/* certificate.h: a certificate on A4, Chinese with English beside it.
 *
 * One JSON object: title_zh, title_en, number, issuer, rows [{zh, en, value}], and, where there are any, statements [text], boxes
 * [{zh, en, ticked}], qr (an address; printed with title_zh beside it), footer_zh, footer_en, state (active, revoked, superseded, expired;
 * active where left out). A state that is not active is printed across every page. Long values wrap; what does not fit on one page goes on
 * to the next, CERTIFICATE_PAGES_MAX at most (ERR_PRINT_PAGES).
 */
#ifndef TOOLS_PRINT_CERTIFICATE_H
#define TOOLS_PRINT_CERTIFICATE_H

#include "tools/print/canvas.h"
#include "tools/print/outcome.h"

enum {
    CERTIFICATE_ROWS_MAX = 48,
    CERTIFICATE_STATEMENTS_MAX = 12,
    CERTIFICATE_BOXES_MAX = 12,
    CERTIFICATE_PAGES_MAX = 8,
    CERTIFICATE_VALUE_BYTES_MAX = 2048,
    CERTIFICATE_NAME_BYTES_MAX = 256,
    CERTIFICATE_FOOTER_BYTES_MAX = 512,
};

enum certificate_state { STATE_ACTIVE, STATE_REVOKED, STATE_SUPERSEDED, STATE_EXPIRED };

struct certificate {
    struct span title_zh, title_en, number, issuer, qr, footer_zh, footer_en, state_text;
    struct certificate_row {
        struct span zh, en, value;
    } rows[CERTIFICATE_ROWS_MAX];
    struct span statements[CERTIFICATE_STATEMENTS_MAX];
    struct certificate_box {
        struct span zh, en;
        bool ticked;
    } boxes[CERTIFICATE_BOXES_MAX];
    uint32_t rows_count, statements_count, boxes_count;
    enum certificate_state state;
};

/* The spans of *ret point into `store` (form.h). */
enum err certificate_read(struct span json, struct buffer *store, struct certificate *ret, struct refusal *refusal) MUST_USE;

/* All pages of it; *ret_pages counts them. */
enum err certificate_draw(struct canvas *c, const struct certificate *cert, uint32_t *ret_pages, struct refusal *refusal) MUST_USE;

/* Reads `in` to its end and writes `out`, whole or not at all (output.h). */
void certificate_run(int in, const char *in_name, const char *out, struct outcome *ret);

#endif
