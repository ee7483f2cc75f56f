/* Sealed values over HTTP (SPEC U): who may put what, who gets what, and a liar for each rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/rpc_world.h"

#include "tests/unit/rpc_sealed.h"
#include "trace/deletion.h"

struct fixture {
    struct world w;
    struct rpc_sealed s;
    struct http_response r;
    struct buffer value;
    char id[65];
};

static int setup(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    world_init(&f->w);
    rpc_sealed_begin(&f->w, &f->s);
    world_hex(f->s.wire_id.b, 32, f->id);
    buffer_init(&f->value, 4 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    rpc_sealed_end(&f->s);
    world_free(&f->w);
    http_response_free(&f->r);
    buffer_free(&f->value);
    free(f);
    return 0;
}

static uint16_t call(struct fixture *f, enum http_verb verb, const char *tail, struct span body) {
    char target[200];
    snprintf(target, sizeof target, "/v1/records/%s/sealed%s", f->id, tail);
    struct http_request r = {.id = 1, .verb = verb, .path = span_text(target), .body = body};
    if (body.len > 0) r.headers[HTTP_CONTENT_TYPE] = span_text("application/octet-stream");
    http_response_free(&f->r);
    rpc_handle(&f->w.host, &r, &f->r);
    buffer_clear(&f->value);
    return f->r.status;
}

static void refused(struct fixture *f, enum http_verb verb, const char *tail, struct span body, enum err e, uint16_t status) {
    struct span code;
    struct unpack u;
    if (call(f, verb, tail, body) != status) fail_msg("%s: %u %.*s", tail, (unsigned)f->r.status, (int)f->r.body.len, (const char *)f->r.body.data);
    assert_int_equal(json_parse(buffer_span(&f->r.body), &f->value, NULL), OK);
    assert_true(value_get(buffer_span(&f->value), "code", &code));
    unpack_init(&u, code);
    uint64_t number = unpack_uint(&u, UINT64_MAX);
    if (number != (uint64_t)e) fail_msg("%s: %.*s", tail, (int)f->r.body.len, (const char *)f->r.body.data);
}

static void put(struct fixture *f, enum item_tier tier) {
    char tail[16];
    snprintf(tail, sizeof tail, "/%d", (int)tier);
    assert_int_equal(call(f, HTTP_VERB_PUT, tail, buffer_span(&f->s.files[tier])), 200);
    strcat(tail, "/keys");
    assert_int_equal(call(f, HTTP_VERB_PUT, tail, buffer_span(&f->s.key_files[tier])), 200);
}

/* The secret of the last answer. */
static size_t secret(struct fixture *f, uint8_t ret[SEALED_SECRET_BYTES_MAX + 3]) {
    struct span text;
    struct unpack u;
    size_t len = 0;
    assert_int_equal(json_parse(buffer_span(&f->r.body), &f->value, NULL), OK);
    assert_true(value_get(buffer_span(&f->value), "secret", &text));
    unpack_init(&u, text);
    assert_true(base64_decode(unpack_text(&u, 200), ret, SEALED_SECRET_BYTES_MAX + 3, &len));
    return len;
}

static struct span request_by(struct fixture *f, enum item_tier tier, const struct keypair *keys, int64_t later_ms, struct buffer *out) {
    struct sealed_of of = rpc_sealed_of(&f->w, &f->s, tier);
    buffer_clear(out);
    sealed_request_make(&of, (uint64_t)((int64_t)f->w.status.now_ms + later_ms), keys, out);
    return buffer_span(out);
}

static void told(struct fixture *f, const struct keypair *keys, const char *subject, uint8_t tiers) {
    struct buffer fields CLEANUP(buffer_free) = {0}, wire CLEANUP(buffer_free) = {0};
    struct deletion d = {.record = f->s.wire_id, .tiers = tiers, .reason = 1};
    buffer_init(&fields, 128);
    buffer_init(&wire, 4096);
    deletion_fields(&d, &fields);
    struct item item = {.type = ITEM_DELETION, .fields = buffer_span(&fields)};
    struct record_header draft = {.chain_id = f->w.genesis->chain_id, .kind = RECORD_DELETIONS, .subject = span_text(subject),
                                  .key = keys->public_key, .created_ms = f->w.now_ms, .expires_ms = f->w.now_ms + 3600000,
                                  .nonce = ++f->w.nonce};
    assert_int_equal(record_make(&f->w.genesis->params, &draft, &item, 1, keys, &wire), OK);
    struct span record = buffer_span(&wire);
    world_block(&f->w, &record, 1);
}

static void given_and_opened(void **state) {
    struct fixture *f = *state;
    uint8_t got[SEALED_SECRET_BYTES_MAX + 3];
    struct sealed_key key;
    struct buffer request CLEANUP(buffer_free) = {0};
    buffer_init(&request, SEALED_REQUEST_BYTES_MAX);
    refused(f, HTTP_VERB_GET, "/1", SPAN_EMPTY, ERR_SEALED_ABSENT, 404);
    put(f, TIER_PARTNER);
    put(f, TIER_REGULATOR);
    put(f, TIER_DELETABLE);
    put(f, TIER_DELETABLE); /* again is harmless */
    assert_int_equal(call(f, HTTP_VERB_GET, "/3", SPAN_EMPTY), 200);
    assert_true(span_equal(buffer_span(&f->r.body), buffer_span(&f->s.files[TIER_DELETABLE])));
    assert_int_equal(call(f, HTTP_VERB_GET, "/3/key", SPAN_EMPTY), 200);
    assert_int_equal(secret(f, got), 32);
    assert_memory_equal(got, f->s.keys[TIER_DELETABLE].b, 32);
    for (int i = 0; i < 2; i++) {
        const struct keypair *reader = i ? &f->w.authority : &f->w.farm;
        assert_int_equal(call(f, HTTP_VERB_POST, i ? "/2/wrap" : "/1/wrap",
                              request_by(f, i ? TIER_REGULATOR : TIER_PARTNER, reader, 0, &request)), 200);
        assert_int_equal(secret(f, got), WRAP_BYTES);
        assert_true(secret_unwrap(reader, got, key.b));
        assert_memory_equal(key.b, f->s.keys[i ? TIER_REGULATOR : TIER_PARTNER].b, 32);
    }
    bool kept = false;
    for (uint32_t i = 0; i < f->r.headers_count; i++)
        kept = kept || (strcmp(f->r.headers[i].name, "Cache-Control") == 0 && !span_is(f->r.headers[i].value, "no-store"));
    assert_false(kept); /* by a cache on the way */
}

/* Nobody else's rubbish: another's signature, another tier's file, another record's, a second one, one that is too large. */
static void what_is_not_the_records_is_refused(void **state) {
    struct fixture *f = *state;
    struct buffer b CLEANUP(buffer_free) = {0};
    static uint8_t big[SEALED_FILE_BYTES_MAX + 1];
    uint8_t nonce[SEALED_NONCE_BYTES] = {9};
    struct sealed_of of = rpc_sealed_of(&f->w, &f->s, TIER_PARTNER);
    struct sealed_openings o = {&f->s.openings[TIER_PARTNER], 1};
    buffer_init(&b, SEALED_FILE_BYTES_MAX);
    refused(f, HTTP_VERB_PUT, "/2", buffer_span(&f->s.files[TIER_PARTNER]), ERR_SEALED_OTHER, 422);
    assert_int_equal(sealed_seal(&of, &o, &f->s.keys[1], nonce, &f->w.stranger, &b), OK);
    refused(f, HTTP_VERB_PUT, "/1", buffer_span(&b), ERR_SIGNATURE, 422);
    buffer_clear(&b);
    of.wire_id.b[0] ^= 1;
    assert_int_equal(sealed_seal(&of, &o, &f->s.keys[1], nonce, &f->w.farm, &b), OK);
    refused(f, HTTP_VERB_PUT, "/1", buffer_span(&b), ERR_SEALED_OTHER, 422);
    refused(f, HTTP_VERB_PUT, "/1", span_of(big, sizeof big), ERR_SEALED_SIZE, 413);
    put(f, TIER_PARTNER);
    buffer_clear(&b);
    of.wire_id.b[0] ^= 1;
    assert_int_equal(sealed_seal(&of, &o, &f->s.keys[1], nonce, &f->w.farm, &b), OK);
    refused(f, HTTP_VERB_PUT, "/1", buffer_span(&b), ERR_SEALED_EXISTS, 409);
    /* A record that hides nothing, one that is not there, a node that keeps none. */
    struct digest plain = world_event(&f->w, "urn:epc:id:sgtin:0614141.107346.5", "ADD", "commissioning");
    world_hex(plain.b, 32, f->id);
    refused(f, HTTP_VERB_PUT, "/1", buffer_span(&f->s.files[1]), ERR_SEALED_NONE, 404);
    memset(f->id, 'e', 64);
    refused(f, HTTP_VERB_PUT, "/1", buffer_span(&f->s.files[1]), ERR_RPC_NOT_FOUND, 404);
    refused(f, HTTP_VERB_GET, "/4", SPAN_EMPTY, ERR_RPC_PARAMETER, 400);
    f->w.host.sealed = NULL;
    refused(f, HTTP_VERB_GET, "/1", SPAN_EMPTY, ERR_SEALED_DISABLED, 404);
}

static void keys_are_for_who_is_entitled(void **state) {
    struct fixture *f = *state;
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, SEALED_KEYS_BYTES_MAX);
    refused(f, HTTP_VERB_PUT, "/1/keys", buffer_span(&f->s.key_files[1]), ERR_SEALED_ABSENT, 404);
    put(f, TIER_PARTNER);
    put(f, TIER_REGULATOR);
    struct pubkey nobody = f->w.stranger.public_key;
    rpc_sealed_wrap(&f->w, &f->s, TIER_PARTNER, &nobody, 1, &b);
    refused(f, HTTP_VERB_PUT, "/1/keys", buffer_span(&b), ERR_SEALED_RECIPIENT, 403);
    buffer_clear(&b);
    rpc_sealed_wrap(&f->w, &f->s, TIER_REGULATOR, &nobody, 1, &b);
    refused(f, HTTP_VERB_PUT, "/2/keys", buffer_span(&b), ERR_SEALED_RECIPIENT, 403);
    refused(f, HTTP_VERB_PUT, "/3/keys", buffer_span(&f->s.key_files[3]), ERR_SEALED_ABSENT, 404);
}

/* The wrong recipient, a request played again later, one of another record, one for a key that has no wrap. */
static void requests_are_ones_own_and_fresh(void **state) {
    struct fixture *f = *state;
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, SEALED_REQUEST_BYTES_MAX);
    put(f, TIER_PARTNER);
    refused(f, HTTP_VERB_POST, "/1/wrap", request_by(f, TIER_PARTNER, &f->w.stranger, 0, &b), ERR_SEALED_RECIPIENT, 403);
    refused(f, HTTP_VERB_POST, "/1/wrap", request_by(f, TIER_PARTNER, &f->w.farm, -60001, &b), ERR_SEALED_TIME, 403);
    refused(f, HTTP_VERB_POST, "/1/wrap", request_by(f, TIER_PARTNER, &f->w.farm, 60001, &b), ERR_SEALED_TIME, 403);
    refused(f, HTTP_VERB_POST, "/2/wrap", request_by(f, TIER_PARTNER, &f->w.farm, 0, &b), ERR_SEALED_OTHER, 422);
    (void)request_by(f, TIER_PARTNER, &f->w.farm, 0, &b);
    b.data[b.len - 1] ^= 1;
    refused(f, HTTP_VERB_POST, "/1/wrap", buffer_span(&b), ERR_SIGNATURE, 422);
    refused(f, HTTP_VERB_POST, "/2/wrap", request_by(f, TIER_REGULATOR, &f->w.authority, 0, &b), ERR_SEALED_ABSENT, 404);
    refused(f, HTTP_VERB_GET, "/1/key", SPAN_EMPTY, ERR_SEALED_RECIPIENT, 403);
}

/* Told by a stranger: nothing. By the subject: gone at once, whether or not the rows are, and it does not come back. */
static void deleted_is_not_given(void **state) {
    struct fixture *f = *state;
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, SEALED_REQUEST_BYTES_MAX);
    put(f, TIER_PARTNER);
    put(f, TIER_DELETABLE);
    told(f, &f->w.authority, "farm-1", 7); /* a key of another: refused by the ledger */
    assert_int_equal(call(f, HTTP_VERB_GET, "/3/key", SPAN_EMPTY), 200);
    told(f, &f->w.farm, "farm-1", deletion_bit(TIER_DELETABLE));
    refused(f, HTTP_VERB_GET, "/3/key", SPAN_EMPTY, ERR_SEALED_DELETED, 410);
    refused(f, HTTP_VERB_GET, "/3", SPAN_EMPTY, ERR_SEALED_DELETED, 410);
    refused(f, HTTP_VERB_PUT, "/3", buffer_span(&f->s.files[3]), ERR_SEALED_DELETED, 410);
    refused(f, HTTP_VERB_PUT, "/3/keys", buffer_span(&f->s.key_files[3]), ERR_SEALED_DELETED, 410);
    assert_int_equal(call(f, HTTP_VERB_GET, "/1", SPAN_EMPTY), 200); /* the other tier stays */
    told(f, &f->w.authority, "bureau", deletion_bit(TIER_PARTNER));
    refused(f, HTTP_VERB_POST, "/1/wrap", request_by(f, TIER_PARTNER, &f->w.farm, 0, &b), ERR_SEALED_DELETED, 410);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(given_and_opened, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_the_records_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_are_for_who_is_entitled, setup, teardown),
        cmocka_unit_test_setup_teardown(requests_are_ones_own_and_fresh, setup, teardown),
        cmocka_unit_test_setup_teardown(deleted_is_not_given, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
