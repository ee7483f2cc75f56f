/* The North American coupons: AI (8110), GS1 US coupon guideline, and AI (8112), positive offer files.
 * Digits only: fields of fixed length, and fields whose first digit tells how many follow. */
#include "trace/gs1_lint.h"

struct cursor {
    struct span s;
    size_t at;
    enum err err; /* sticky */
    struct gs1_spot spot;
};

static void fail(struct cursor *c, size_t from, size_t len) {
    if (c->err) return;
    c->err = ERR_GS1_COUPON;
    c->spot = (struct gs1_spot){from, len};
}

/* At least `len` more digits, which are stepped over; where they begin. */
static size_t take(struct cursor *c, size_t len) {
    size_t from = c->at, left = c->s.len - c->at;
    if (c->err || left < len) {
        fail(c, left == 0 ? 0 : from, left == 0 ? c->s.len : left);
        return from;
    }
    c->at += len;
    return from;
}

/* One digit that is among `permitted`; '\0' after trouble. */
static char digit(struct cursor *c, const char *permitted) {
    size_t from = take(c, 1);
    if (c->err) return '\0';
    char d = (char)c->s.data[from];
    for (const char *p = permitted; *p != '\0'; p++)
        if (*p == d) return d;
    fail(c, from, 1);
    return '\0';
}

/* A length digit among `permitted` and as many digits as it says and `more`. */
static void counted(struct cursor *c, const char *permitted, size_t more) {
    char d = digit(c, permitted);
    if (!c->err) (void)take(c, (size_t)(d - '0') + more);
}

/* Requirement, its code, family code. */
static void purchase(struct cursor *c) {
    counted(c, "12345", 0);
    (void)digit(c, "012349");
    (void)take(c, 3);
}

/* A company prefix of 6 to 12 digits; with 9 none follows. */
static void purchase_prefix(struct cursor *c) {
    char d = digit(c, "01234569");
    if (!c->err && d != '9') (void)take(c, (size_t)(d - '0') + 6);
}

static bool optional(struct cursor *c, char indicator) {
    bool here = !c->err && c->at < c->s.len && (char)c->s.data[c->at] == indicator;
    if (here) c->at++;
    return here;
}

static size_t date(struct cursor *c) {
    struct gs1_spot ignored;
    size_t from = take(c, 6);
    if (!c->err && gs1_lint(GS1_LINT_YYMMDD, span_part(c->s, from, 6), &ignored)) fail(c, from, 6);
    return from;
}

static void optional_fields(struct cursor *c) {
    size_t expires = 0, starts;
    if (optional(c, '1')) {
        (void)digit(c, "0123");
        purchase(c);
        purchase_prefix(c);
    }
    if (optional(c, '2')) {
        purchase(c);
        purchase_prefix(c);
    }
    if (optional(c, '3')) expires = date(c);
    if (optional(c, '4')) {
        starts = date(c);
        if (!c->err && expires > 0 &&
            span_compare(span_part(c->s, starts, 6), span_part(c->s, expires, 6)) > 0)
            fail(c, expires, starts + 6 - expires);
    }
    if (optional(c, '5')) counted(c, "0123456789", 6);
    if (optional(c, '6')) counted(c, "1234567", 6);
    if (optional(c, '9')) {
        (void)digit(c, "01256");
        (void)digit(c, "012");
        (void)take(c, 1);
        (void)digit(c, "01");
    }
}

static enum err begin(struct span part, struct cursor *ret, struct gs1_spot *ret_spot) {
    *ret = (struct cursor){.s = part};
    for (size_t i = 0; i < part.len; i++) {
        if (part.data[i] >= '0' && part.data[i] <= '9') continue;
        *ret_spot = (struct gs1_spot){i, 1};
        return ERR_GS1_CHARACTER;
    }
    return OK;
}

static enum err end(struct cursor *c, struct gs1_spot *ret_spot) {
    if (c->at < c->s.len) fail(c, c->at, c->s.len - c->at);
    if (c->err) *ret_spot = c->spot;
    return c->err;
}

enum err gs1_lint_coupon(struct span part, struct gs1_spot *ret_spot) {
    struct cursor c;
    enum err e = begin(part, &c, ret_spot);
    if (e) return e;
    counted(&c, "0123456", 6); /* company prefix */
    (void)take(&c, 6);         /* offer code */
    counted(&c, "12345", 0);   /* save value */
    purchase(&c);
    optional_fields(&c);
    return end(&c, ret_spot);
}

enum err gs1_lint_positive_offer(struct span part, struct gs1_spot *ret_spot) {
    struct cursor c;
    enum err e = begin(part, &c, ret_spot);
    if (e) return e;
    (void)digit(&c, "01");        /* format */
    counted(&c, "0123456", 6);    /* funder */
    (void)take(&c, 6);            /* offer code */
    counted(&c, "0123456789", 6); /* serial number */
    return end(&c, ret_spot);
}
