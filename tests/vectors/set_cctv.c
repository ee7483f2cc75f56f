/* set_cctv.c: C2SP CCTV's Ed25519 edge cases against what this engine was measured to decide
 * (measured-ed25519-matrix beside the set): two lists of 0 and 1 in the vectors' order, whether the signature
 * verifies and whether the key may be registered. Where the matrix is absent the rule of spec C3 is all
 * there is: no key or R of small order, nothing that is not canonical. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/vectors/vectors.h"

struct matrix {
    struct buffer accept, point;
    struct json_list accept_list, point_list;
    bool known;
};

static void matrix_file(void *context, const char *path) {
    struct matrix *m = context;
    if (strstr(path, "cctv_accept") != NULL) m->known = file_json(path, &m->accept);
    if (strstr(path, "cctv_A_is_valid_point") != NULL) (void)!file_json(path, &m->point);
}

static bool next_is_one(struct json_list *l, bool *ret) {
    struct span v;
    struct unpack u;
    if (!json_list_next(l, &v)) return false;
    unpack_init(&u, v);
    *ret = unpack_uint(&u, 1) == 1;
    return u.err == OK;
}

static bool flagged(struct span v, const char *flag) {
    struct json_list l;
    struct span f;
    json_list_begin(&l, v, "flags");
    while (json_list_next(&l, &f)) {
        struct unpack u;
        unpack_init(&u, f);
        if (span_is(unpack_text(&u, 256), flag)) return true;
    }
    return false;
}

static void judge(struct matrix *m, struct tally *t, struct span v, const char *path) {
    struct pubkey key;
    struct signature sig;
    bool accept = false, point = false;
    struct span k = json_text(v, "key"), s = json_text(v, "sig");
    unsigned number = (unsigned)json_uint(v, "number");
    if (hex_decode((const char *)k.data, k.len, key.b, 32) != OK ||
        hex_decode((const char *)s.data, s.len, sig.b, 64) != OK) {
        tally_case(t, false, "%s: vector %u is malformed", path, number);
        return;
    }
    bool verified = verify_raw(&key, json_text(v, "msg"), &sig), valid = key_valid(&key);
    if (m->known) {
        bool there = next_is_one(&m->accept_list, &accept) && next_is_one(&m->point_list, &point);
        tally_case(t, there && accept == verified && point == valid,
                   "%s: vector %u verifies: %d, measured %d; key valid: %d, measured %d", path,
                   number, verified, accept, valid, point);
        return;
    }
    bool never = flagged(v, "low_order_A") || flagged(v, "low_order_R") ||
                 flagged(v, "non_canonical_A") || flagged(v, "non_canonical_R");
    tally_case(t, !(never && verified) && !(flagged(v, "low_order_component_A") && valid),
               "%s: vector %u", path, number);
}

struct cctv { struct matrix m; struct tally *t; };

static void vectors_file(void *context, const char *path) {
    struct cctv *c = context;
    struct buffer json CLEANUP(buffer_free) = {0};
    struct json_list vectors;
    struct span v;
    buffer_init(&json, VECTOR_FILE_BYTES_MAX);
    if (!file_json(path, &json)) {
        tally_case(c->t, false, "%s: not JSON", path);
        return;
    }
    json_list_of(&c->m.accept_list, buffer_span(&c->m.accept));
    json_list_of(&c->m.point_list, buffer_span(&c->m.point));
    json_list_of(&vectors, buffer_span(&json));
    while (json_list_next(&vectors, &v))
        judge(&c->m, c->t, v, path);
    if (c->m.known)
        tally_case(c->t, c->m.accept_list.left == 0, "the matrix has more rows than %s", path);
}

void set_cctv(const char *dir, struct tally *t) {
    struct cctv c = {.t = t};
    char matrix[VECTOR_PATH_MAX];
    buffer_init(&c.m.accept, 1 << 20);
    buffer_init(&c.m.point, 1 << 20);
    snprintf(matrix, sizeof matrix, "%s../measured-ed25519-matrix", dir);
    files_each(matrix, ".json", matrix_file, &c.m);
    const char *ci = getenv("CI");
    if (!c.m.known && ci != NULL && strcmp(ci, "true") == 0)
        tally_case(t, false, "%s is absent", matrix);
    files_each(dir, ".json", vectors_file, &c);
    buffer_free(&c.m.accept);
    buffer_free(&c.m.point);
}
