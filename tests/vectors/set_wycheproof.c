/* set_wycheproof.c: Project Wycheproof's JSON for what base/crypto.h does: Ed25519 verification, X25519,
 * ChaCha20-Poly1305, HMAC-SHA-256. Files are told apart by their "algorithm", groups by their own fields. */
#include <stdlib.h>
#include <string.h>

#include "tests/vectors/vectors.h"

struct walk;
typedef void case_fn(struct walk *w, struct span group, struct span test);

struct walk {
    struct tally *t;
    const char *algorithm;
    case_fn *fn;
    const char *path;
    struct buffer a, b, c, d; /* of the case at hand */
};

static void one(void *context, const char *path) {
    struct walk *w = context;
    struct buffer json CLEANUP(buffer_free) = {0};
    struct json_list groups, tests;
    struct span group, test;
    buffer_init(&json, VECTOR_FILE_BYTES_MAX);
    if (strstr(path, "_schema") != NULL || !file_json(path, &json)) return;
    if (!span_is(json_text(buffer_span(&json), "algorithm"), w->algorithm)) return;
    w->path = path;
    json_list_begin(&groups, buffer_span(&json), "testGroups");
    while (json_list_next(&groups, &group)) {
        json_list_begin(&tests, group, "tests");
        while (json_list_next(&tests, &test))
            w->fn(w, group, test);
    }
}

static void walk(const char *dir, struct tally *t, const char *algorithm, case_fn *fn) {
    struct walk w = {.t = t, .algorithm = algorithm, .fn = fn};
    buffer_init(&w.a, 1 << 20);
    buffer_init(&w.b, 1 << 20);
    buffer_init(&w.c, 1 << 20);
    buffer_init(&w.d, 1 << 20);
    files_each(dir, ".json", one, &w);
    buffer_free(&w.a);
    buffer_free(&w.b);
    buffer_free(&w.c);
    buffer_free(&w.d);
}

/* "acceptable" leaves both verdicts open; `right` says whether what came out is right when accepted. */
static void verdict(struct walk *w, struct span test, bool accepted, bool right) {
    struct span result = json_text(test, "result");
    bool good = span_is(result, "valid")     ? accepted && right
                : span_is(result, "invalid") ? !accepted
                                             : !accepted || right;
    struct span comment = json_text(test, "comment");
    tally_case(w->t, good, "%s: case %u (%.*s) is %.*s and was %s", w->path,
               (unsigned)json_uint(test, "tcId"), (int)comment.len, (const char *)comment.data,
               (int)result.len, (const char *)result.data, accepted ? "accepted" : "refused");
}

static void ed25519_case(struct walk *w, struct span group, struct span test) {
    struct span public_key = SPAN_EMPTY;
    struct pubkey key;
    struct signature sig;
    if (!value_get(group, "publicKey", &public_key)) (void)!value_get(group, "key", &public_key);
    bool form = bytes_hex(json_text(public_key, "pk"), &w->a) && w->a.len == sizeof key.b &&
                bytes_hex(json_text(test, "sig"), &w->b) && w->b.len == sizeof sig.b &&
                bytes_hex(json_text(test, "msg"), &w->c);
    if (form) {
        memcpy(key.b, w->a.data, sizeof key.b);
        memcpy(sig.b, w->b.data, sizeof sig.b);
    }
    verdict(w, test, form && key_valid(&key) && verify_raw(&key, buffer_span(&w->c), &sig), true);
}

void set_wycheproof_ed25519(const char *dir, struct tally *t) {
    walk(dir, t, "EDDSA", ed25519_case);
}

static void x25519_case(struct walk *w, struct span group, struct span test) {
    uint8_t shared[32];
    if (!span_is(json_text(group, "curve"), "curve25519")) {
        tally_beside(w->t, "other curves");
        return;
    }
    bool form = bytes_hex(json_text(test, "public"), &w->a) && w->a.len == 32 &&
                bytes_hex(json_text(test, "private"), &w->b) && w->b.len == 32 &&
                bytes_hex(json_text(test, "shared"), &w->c) && w->c.len == 32;
    bool accepted = form && x25519(w->b.data, w->a.data, shared);
    verdict(w, test, accepted, accepted && memcmp(shared, w->c.data, 32) == 0);
}

void set_wycheproof_x25519(const char *dir, struct tally *t) {
    walk(dir, t, "XDH", x25519_case);
}

static void aead_case(struct walk *w, struct span group, struct span test) {
    struct buffer key CLEANUP(buffer_free) = {0};
    buffer_init(&key, 1024);
    (void)group;
    bool form = bytes_hex(json_text(test, "key"), &key) && key.len == 32 &&
                bytes_hex(json_text(test, "iv"), &w->a) && w->a.len == 12 &&
                bytes_hex(json_text(test, "aad"), &w->b) &&
                bytes_hex(json_text(test, "msg"), &w->c) && bytes_hex(json_text(test, "ct"), &w->d);
    struct span tag = json_text(test, "tag");
    uint8_t tag_bytes[16];
    form = form && hex_decode((const char *)tag.data, tag.len, tag_bytes, 16) == OK;
    if (!form) { /* sizes that the interface has no room for */
        verdict(w, test, false, false);
        return;
    }
    buffer_append(&w->d, tag_bytes, 16);
    uint8_t *out = check_alloc(w->d.len + 16, 1);
    bool accepted = aead_open(key.data, w->a.data, buffer_span(&w->b), buffer_span(&w->d), out);
    bool right = accepted && span_equal(span_of(out, w->d.len - 16), buffer_span(&w->c));
    aead_seal(key.data, w->a.data, buffer_span(&w->b), buffer_span(&w->c), out);
    right = right && span_equal(span_of(out, w->c.len + 16), buffer_span(&w->d));
    free(out);
    verdict(w, test, accepted, right);
}

void set_wycheproof_aead(const char *dir, struct tally *t) {
    walk(dir, t, "CHACHA20-POLY1305", aead_case);
}

/* Shorter tags are the beginning of the whole one. */
static void hmac_case(struct walk *w, struct span group, struct span test) {
    struct digest d;
    (void)group;
    bool form = bytes_hex(json_text(test, "key"), &w->a) &&
                bytes_hex(json_text(test, "msg"), &w->b) && bytes_hex(json_text(test, "tag"), &w->c);
    hmac_sha256(buffer_span(&w->a), buffer_span(&w->b), &d);
    bool accepted = form && w->c.len <= 32 && span_equal(span_of(d.b, w->c.len), buffer_span(&w->c));
    verdict(w, test, accepted, true);
}

void set_wycheproof_hmac(const char *dir, struct tally *t) {
    walk(dir, t, "HMACSHA256", hmac_case);
}
