/* sealed.c: see sealed.h. */
#include "trace/sealed.h"

#include <stdlib.h>
#include <string.h>

enum { PLAIN_BYTES_MIN = 512 };

/* ---- U1 ---- */

static int opening_compare(const struct sealed_opening *a, const struct sealed_opening *b) {
    if (a->item != b->item) return a->item < b->item ? -1 : 1;
    return span_compare(a->name, b->name);
}

static int opening_sort(const void *a, const void *b) {
    return opening_compare(a, b);
}

void sealed_openings_sort(struct sealed_openings *o) {
    if (o->count > 1) qsort(o->list, o->count, sizeof *o->list, opening_sort);
}

void sealed_openings_encode(const struct sealed_openings *o, struct buffer *out) {
    pack_array(out, o->count);
    for (uint32_t i = 0; i < o->count; i++) {
        const struct sealed_opening *p = &o->list[i];
        pack_array(out, 4);
        pack_uint(out, p->item);
        pack_text(out, p->name);
        pack_bytes(out, span_of(p->salt, sizeof p->salt));
        pack_bytes(out, p->value);
    }
}

enum err sealed_openings_decode(struct span in, struct arena *arena, struct sealed_openings *ret) {
    struct sealed_openings o = {.count = 0};
    struct unpack u;
    unpack_init(&u, in);
    uint32_t count = unpack_array(&u, SEALED_OPENINGS_MAX);
    if (u.err) return u.err;
    if (count == 0) return ERR_SEALED_OPENINGS;
    o.list = arena_alloc(arena, count, sizeof *o.list);
    if (o.list == NULL) return ERR_TOO_LARGE;
    for (; o.count < count && u.err == OK; o.count++) {
        struct sealed_opening *p = &o.list[o.count];
        if (unpack_array(&u, 4) != 4) unpack_fail(&u, ERR_CODEC_COUNT);
        p->item = (uint32_t)unpack_uint(&u, RECORD_ITEMS_MAX - 1);
        p->name = unpack_text(&u, SEALED_NAME_BYTES_MAX);
        unpack_fixed(&u, p->salt, sizeof p->salt);
        p->value = unpack_bytes(&u, SEALED_PLAIN_BYTES_MAX);
        if (u.err) break;
        /* SPEC U1: "rising by item, then by the bytes of name, each once" */
        if (!span_starts(p->name, "/") || value_check(p->value) != OK || (o.count > 0 && opening_compare(p - 1, p) >= 0))
            return ERR_SEALED_OPENINGS;
    }
    enum err e = unpack_end(&u);
    if (e == OK) *ret = o;
    return e;
}

/* ---- what everything begins with, and its signature ---- */

static void begin(const struct sealed_of *of, uint32_t fields, struct buffer *out) {
    pack_array(out, fields);
    pack_uint(out, 1);
    pack_bytes(out, span_of(of->wire_id.b, sizeof of->wire_id.b));
    pack_uint(out, of->tier);
}

/* Version, wire identity and tier, which must be those that are meant. */
static void begin_read(struct unpack *u, const struct sealed_of *of, uint32_t fields) {
    struct digest wire_id;
    if (unpack_array(u, fields) != fields) unpack_fail(u, ERR_SEALED_FORM);
    uint64_t version = unpack_uint(u, UINT8_MAX);
    unpack_fixed(u, wire_id.b, sizeof wire_id.b);
    uint64_t tier = unpack_uint(u, UINT8_MAX);
    if (u->err == OK && version != 1) unpack_fail(u, ERR_SEALED_FORM);
    if (u->err == OK && (!digest_equal(&wire_id, &of->wire_id) || tier != (uint64_t)of->tier)) unpack_fail(u, ERR_SEALED_OTHER);
}

/* What is signed: the chain id, and the array without its last field, the signature; `fields` are those that are left. The bytes of the
 * head of the array differ (one entry fewer), the rest are as they stand. */
static void signed_bytes(const struct sealed_of *of, struct span array_body, uint32_t fields, struct buffer *out) {
    buffer_append(out, of->chain_id->b, sizeof of->chain_id->b);
    pack_array(out, fields);
    buffer_append_span(out, array_body);
}

/* `out` holds, from `from` on, an array of fields + 1 entries without its last, the signature. */
static void sign_array(const struct sealed_of *of, const char *tag, uint32_t fields, size_t from, const struct keypair *signer,
                       struct buffer *out) {
    struct buffer message CLEANUP(buffer_free) = {0};
    struct signature signature;
    buffer_init(&message, SEALED_FILE_BYTES_MAX);
    struct span whole = buffer_span(out);
    signed_bytes(of, span_part(whole, from + 1, whole.len - from - 1), fields, &message);
    CHECK(!message.overflow);
    sign(signer, tag, buffer_span(&message), &signature);
    pack_bytes(out, span_of(signature.b, sizeof signature.b));
}

/* `u` stands before the signature. */
static enum err signature_read(struct unpack *u, const struct sealed_of *of, const char *tag, uint32_t fields,
                               const struct pubkey *signer, struct signature *ret) {
    struct buffer message CLEANUP(buffer_free) = {0};
    struct signature signature;
    size_t end = u->at;
    unpack_fixed(u, signature.b, sizeof signature.b);
    enum err e = unpack_end(u);
    if (e) return e;
    buffer_init(&message, SEALED_FILE_BYTES_MAX);
    signed_bytes(of, span_part(u->in, 1, end - 1), fields, &message);
    CHECK(!message.overflow);
    if (!verify(signer, tag, buffer_span(&message), &signature)) return ERR_SIGNATURE;
    *ret = signature;
    return OK;
}

/* ---- U3 ---- */

/* SPEC U3: "associated data `"suyuan/seal/v1\0" || chain id || wire identity || tier u8`" */
static void associated(const struct sealed_of *of, struct buffer *out) {
    buffer_append(out, "suyuan/seal/v1", sizeof "suyuan/seal/v1");
    buffer_append(out, of->chain_id->b, sizeof of->chain_id->b);
    buffer_append(out, of->wire_id.b, sizeof of->wire_id.b);
    buffer_u8(out, (uint8_t)of->tier);
}

/* SPEC U2: "zero bytes up to the next of 512, 1,024, 2,048 and so on" */
static enum err plain_make(const struct sealed_openings *o, struct buffer *out) {
    struct buffer list CLEANUP(buffer_free) = {0};
    size_t padded = PLAIN_BYTES_MIN;
    buffer_init(&list, SEALED_PLAIN_BYTES_MAX);
    sealed_openings_encode(o, &list);
    if (o->count == 0 || o->count > SEALED_OPENINGS_MAX) return ERR_SEALED_OPENINGS;
    while (padded < 4 + list.len)
        padded *= 2;
    if (list.overflow || padded > SEALED_PLAIN_BYTES_MAX) return ERR_SEALED_SIZE;
    buffer_u32(out, (uint32_t)list.len);
    buffer_append_span(out, buffer_span(&list));
    while (out->len < padded)
        buffer_u8(out, 0);
    secret_wipe(list.data, list.cap);
    return OK;
}

enum err sealed_seal(const struct sealed_of *of, const struct sealed_openings *o, const struct sealed_key *key,
                     const uint8_t nonce[SEALED_NONCE_BYTES], const struct keypair *signer, struct buffer *out) {
    struct buffer plain CLEANUP(buffer_free) = {0}, ad CLEANUP(buffer_free) = {0};
    size_t from = out->len;
    buffer_init(&plain, SEALED_PLAIN_BYTES_MAX);
    buffer_init(&ad, 128);
    enum err e = plain_make(o, &plain);
    if (e) return e;
    associated(of, &ad);
    uint8_t *ciphertext = check_alloc(plain.len + 16, 1);
    xaead_seal(key->b, nonce, buffer_span(&ad), buffer_span(&plain), ciphertext);
    begin(of, 6, out);
    pack_bytes(out, span_of(nonce, SEALED_NONCE_BYTES));
    pack_bytes(out, span_of(ciphertext, plain.len + 16));
    free(ciphertext);
    secret_wipe(plain.data, plain.cap);
    if (out->overflow) return ERR_SEALED_SIZE;
    sign_array(of, "suyuan/sealed/v1", 5, from, signer, out);
    return out->overflow ? ERR_SEALED_SIZE : OK;
}

/* SPEC U2: "512 x 2^k bytes" */
static bool ciphertext_length(size_t len) {
    size_t plain = len < 16 ? 0 : len - 16;
    return plain >= PLAIN_BYTES_MIN && plain <= SEALED_PLAIN_BYTES_MAX && (plain & (plain - 1)) == 0;
}

enum err sealed_file_check(struct span in, const struct sealed_of *of, const struct pubkey *signer, struct sealed_file *ret) {
    struct sealed_file f = {.wire_id = of->wire_id, .tier = (uint8_t)of->tier};
    struct unpack u;
    if (in.len > SEALED_FILE_BYTES_MAX) return ERR_SEALED_SIZE;
    unpack_init(&u, in);
    begin_read(&u, of, 6);
    unpack_fixed(&u, f.nonce, sizeof f.nonce);
    f.ciphertext = unpack_bytes(&u, SEALED_CIPHERTEXT_BYTES_MAX);
    if (u.err == OK && !ciphertext_length(f.ciphertext.len)) unpack_fail(&u, ERR_SEALED_FORM);
    enum err e = u.err ? u.err : signature_read(&u, of, "suyuan/sealed/v1", 5, signer, &f.signature);
    if (e == OK) *ret = f;
    return e;
}

enum err sealed_open(const struct sealed_file *file, const struct sealed_of *of, const struct sealed_key *key, struct buffer *plain,
                     struct arena *arena, struct sealed_openings *ret) {
    struct buffer ad CLEANUP(buffer_free) = {0};
    buffer_init(&ad, 128);
    associated(of, &ad);
    CHECK(ciphertext_length(file->ciphertext.len));
    size_t len = file->ciphertext.len - 16;
    uint8_t *bytes = check_alloc(len, 1);
    bool good = xaead_open(key->b, file->nonce, buffer_span(&ad), file->ciphertext, bytes);
    buffer_clear(plain);
    if (good) buffer_append(plain, bytes, len);
    secret_wipe(bytes, len);
    free(bytes);
    if (!good) return ERR_SEALED_KEY;
    if (plain->overflow) return ERR_SEALED_SIZE;
    size_t used = get_u32(plain->data);
    if (used > len - 4) return ERR_SEALED_OPENINGS;
    for (size_t i = 4 + used; i < len; i++)
        if (plain->data[i] != 0) return ERR_SEALED_OPENINGS;
    return sealed_openings_decode(span_of(plain->data + 4, used), arena, ret);
}

struct digest sealed_id(struct span file) {
    return sha256(file);
}

/* ---- U4 ---- */

static int wrap_sort(const void *a, const void *b) {
    const struct sealed_wrap *x = a, *y = b;
    return memcmp(x->recipient.b, y->recipient.b, sizeof x->recipient.b);
}

void sealed_keys_make(const struct sealed_of *of, struct sealed_keys *keys, const struct keypair *signer, struct buffer *out) {
    size_t from = out->len;
    CHECK(keys->count >= 1 && keys->count <= SEALED_WRAPS_MAX);
    qsort(keys->wraps, keys->count, sizeof *keys->wraps, wrap_sort);
    begin(of, 6, out);
    pack_bytes(out, span_of(keys->sealed.b, sizeof keys->sealed.b));
    pack_array(out, keys->count);
    for (uint32_t i = 0; i < keys->count; i++) {
        pack_array(out, 2);
        pack_bytes(out, span_of(keys->wraps[i].recipient.b, sizeof keys->wraps[i].recipient.b));
        pack_bytes(out, keys->wraps[i].secret);
    }
    CHECK(!out->overflow);
    sign_array(of, "suyuan/sealed-keys/v1", 5, from, signer, out);
}

enum err sealed_keys_check(struct span in, const struct sealed_of *of, const struct pubkey *signer, struct sealed_keys *ret) {
    static const struct pubkey nobody = {{0}};
    struct sealed_keys k = {.wire_id = of->wire_id, .tier = (uint8_t)of->tier};
    struct unpack u;
    bool open = of->tier == TIER_DELETABLE;
    if (in.len > SEALED_KEYS_BYTES_MAX) return ERR_SEALED_SIZE;
    unpack_init(&u, in);
    begin_read(&u, of, 6);
    unpack_fixed(&u, k.sealed.b, sizeof k.sealed.b);
    uint32_t count = unpack_array(&u, open ? 1 : SEALED_WRAPS_MAX);
    for (; k.count < count && u.err == OK; k.count++) {
        struct sealed_wrap *w = &k.wraps[k.count];
        if (unpack_array(&u, 2) != 2) unpack_fail(&u, ERR_CODEC_COUNT);
        unpack_fixed(&u, w->recipient.b, sizeof w->recipient.b);
        w->secret = unpack_bytes(&u, WRAP_BYTES);
        if (u.err) break;
        /* SPEC U4: "of tier 3 exactly one, the recipient 32 zero bytes and the secret the key itself, 32 bytes" */
        bool fits = open ? pubkey_equal(&w->recipient, &nobody) && w->secret.len == 32
                         : !pubkey_equal(&w->recipient, &nobody) && w->secret.len == WRAP_BYTES;
        if (!fits || (k.count > 0 && wrap_sort(w - 1, w) >= 0)) unpack_fail(&u, ERR_SEALED_FORM);
    }
    if (u.err == OK && count == 0) unpack_fail(&u, ERR_SEALED_FORM);
    enum err e = u.err ? u.err : signature_read(&u, of, "suyuan/sealed-keys/v1", 5, signer, &k.signature);
    if (e == OK) *ret = k;
    return e;
}

/* ---- U6 ---- */

void sealed_request_make(const struct sealed_of *of, uint64_t time_ms, const struct keypair *keys, struct buffer *out) {
    size_t from = out->len;
    begin(of, 6, out);
    pack_bytes(out, span_of(keys->public_key.b, sizeof keys->public_key.b));
    pack_uint(out, time_ms);
    sign_array(of, "suyuan/sealed-request/v1", 5, from, keys, out);
    CHECK(!out->overflow);
}

enum err sealed_request_check(struct span in, const struct sealed_of *of, uint64_t now_ms, struct sealed_request *ret) {
    struct sealed_request r;
    struct signature signature;
    struct unpack u;
    if (in.len > SEALED_REQUEST_BYTES_MAX) return ERR_SEALED_SIZE;
    unpack_init(&u, in);
    begin_read(&u, of, 6);
    unpack_fixed(&u, r.recipient.b, sizeof r.recipient.b);
    r.time_ms = unpack_uint(&u, UINT64_MAX);
    enum err e = u.err ? u.err : signature_read(&u, of, "suyuan/sealed-request/v1", 5, &r.recipient, &signature);
    if (e) return e;
    /* SPEC U6: "its time lies within 60,000 ms of the node's clock" */
    if ((now_ms > r.time_ms ? now_ms - r.time_ms : r.time_ms - now_ms) > SEALED_REQUEST_MS) return ERR_SEALED_TIME;
    *ret = r;
    return OK;
}
