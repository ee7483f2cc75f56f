/* Leaves of code packs over HTTP: given, asked for, and every refusal by its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/unit/rpc_world.h"

#include "tests/unit/rpc_pack.h"

struct fixture {
    struct world w;
    struct rpc_pack p;
    struct http_response r;
    struct buffer value;
};

static int setup(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    world_init(&f->w);
    rpc_pack_begin(&f->w, &f->p, "ABC12");
    buffer_init(&f->value, 1 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    rpc_pack_end(&f->p);
    world_free(&f->w);
    http_response_free(&f->r);
    buffer_free(&f->value);
    free(f);
    return 0;
}

static void call(struct fixture *f, enum http_verb verb, const char *path, struct span body) {
    struct http_request r = {.id = 1, .verb = verb, .path = span_text(path), .body = body};
    http_response_free(&f->r);
    rpc_handle(&f->w.host, &r, &f->r);
}

static struct span field(struct fixture *f, const char *name) {
    struct refusal refusal;
    struct span v;
    buffer_clear(&f->value);
    assert_int_equal(json_parse(buffer_span(&f->r.body), &f->value, &refusal), OK);
    assert_true(value_get(buffer_span(&f->value), name, &v));
    return v;
}

static uint64_t number(struct fixture *f, const char *name) {
    struct unpack u;
    unpack_init(&u, field(f, name));
    uint64_t n = unpack_uint(&u, UINT64_MAX);
    assert_int_equal(unpack_end(&u), OK);
    return n;
}

static bool truth(struct fixture *f, const char *name) {
    struct unpack u;
    unpack_init(&u, field(f, name));
    return unpack_bool(&u);
}

static void refused(struct fixture *f, enum http_verb verb, const char *path, struct span body, enum err e, uint16_t status) {
    call(f, verb, path, body);
    if (f->r.status != status || number(f, "code") != (uint64_t)e)
        fail_msg("%s: %u %.*s", path, (unsigned)f->r.status, (int)f->r.body.len, (const char *)f->r.body.data);
}

#define BASE "/v1/packs/" PACK_GTIN "/ABC12"
#define PUT HTTP_VERB_PUT
#define GET HTTP_VERB_GET

static void given_and_asked_for(void **state) {
    struct fixture *f = *state;
    call(f, GET, BASE "/leaves", SPAN_EMPTY);
    assert_true(f->r.status == 200 && number(f, "held") == 0 && number(f, "chunks") == 2 && !truth(f, "hashes"));
    call(f, PUT, BASE "/hashes", rpc_pack_hashes(&f->p));
    assert_true(f->r.status == 200 && truth(f, "hashes") && number(f, "held") == 0);
    for (int again = 0; again < 2; again++) {
        call(f, PUT, BASE "/leaves/1", rpc_pack_chunk(&f->p, 1));
        assert_true(f->r.status == 200 && number(f, "held") == 1 && !truth(f, "whole"));
    }
    call(f, PUT, BASE "/leaves/0", rpc_pack_chunk(&f->p, 0));
    assert_true(f->r.status == 200 && truth(f, "whole") && number(f, "count") == RPC_PACK_CODES);
    for (uint32_t c = 0; c < RPC_PACK_CHUNKS; c++) {
        call(f, GET, c == 0 ? BASE "/leaves/0" : BASE "/leaves/1", SPAN_EMPTY);
        assert_true(f->r.status == 200 && span_equal(buffer_span(&f->r.body), rpc_pack_chunk(&f->p, c)));
        assert_string_equal(f->r.content_type, "application/octet-stream");
    }
    call(f, GET, BASE "/hashes", SPAN_EMPTY);
    assert_true(f->r.status == 200 && span_equal(buffer_span(&f->r.body), rpc_pack_hashes(&f->p)));
}

static void refused_by_name(void **state) {
    struct fixture *f = *state;
    struct span hashes = rpc_pack_hashes(&f->p), chunk = rpc_pack_chunk(&f->p, 0);
    uint8_t bad[PACK_CHUNK_BYTES];
    memcpy(bad, chunk.data, sizeof bad);
    bad[70] ^= 1;
    refused(f, GET, BASE "/hashes", SPAN_EMPTY, ERR_LEAVES_ABSENT, 404);
    refused(f, GET, BASE "/leaves/0", SPAN_EMPTY, ERR_LEAVES_ABSENT, 404);
    refused(f, PUT, BASE "/leaves/0", chunk, ERR_LEAVES_ORDER, 409);
    refused(f, PUT, BASE "/hashes", span_part(hashes, 0, 32), ERR_LEAVES_HASHES, 422);
    refused(f, PUT, BASE "/hashes", span_part(chunk, 0, 64), ERR_LEAVES_HASHES, 422);
    refused(f, PUT, BASE "/hashes", SPAN_EMPTY, ERR_RPC_PARAMETER_MISSING, 400);
    call(f, PUT, BASE "/hashes", hashes);
    assert_int_equal(f->r.status, 200);
    refused(f, PUT, BASE "/leaves/0", span_of(bad, sizeof bad), ERR_LEAVES_CHUNK, 422);
    refused(f, PUT, BASE "/leaves/1", chunk, ERR_LEAVES_CHUNK, 422);
    refused(f, PUT, BASE "/leaves/0", span_part(chunk, 0, 100), ERR_LEAVES_CHUNK, 422);
    refused(f, PUT, BASE "/leaves/2", chunk, ERR_RPC_NOT_FOUND, 404);
    refused(f, GET, BASE "/leaves/976", SPAN_EMPTY, ERR_RPC_NOT_FOUND, 404);
    refused(f, PUT, BASE "/leaves/977", chunk, ERR_RPC_PARAMETER, 400);
    refused(f, GET, BASE "/leaves/x", SPAN_EMPTY, ERR_RPC_PARAMETER, 400);
    /* Only what is on the ledger. */
    refused(f, PUT, "/v1/packs/" PACK_GTIN "/ABC13/hashes", hashes, ERR_RPC_NOT_FOUND, 404);
    refused(f, GET, "/v1/packs/" PACK_GTIN "/../..", SPAN_EMPTY, ERR_RPC_PATH, 404);
    refused(f, GET, "/v1/packs/" PACK_GTIN "/%2e%2e%2fxx/leaves", SPAN_EMPTY, ERR_RPC_NOT_FOUND, 404);
    refused(f, GET, "/v1/packs/0690123456789X/ABC12/leaves", SPAN_EMPTY, ERR_RPC_NOT_FOUND, 404);
    refused(f, GET, "/v1/packs/123/ABC12/leaves", SPAN_EMPTY, ERR_RPC_PARAMETER, 400);
    refused(f, HTTP_VERB_POST, BASE "/leaves/0", chunk, ERR_RPC_VERB, 405);
    assert_non_null(strstr(f->r.texts, "GET, HEAD, PUT, OPTIONS"));
    call(f, GET, BASE "/leaves", SPAN_EMPTY);
    assert_int_equal(number(f, "held"), 0);
}

static void deleted_and_full(void **state) {
    struct fixture *f = *state;
    char path[128], command[256], why[LEAVES_ERROR_BYTES];
    snprintf(path, sizeof path, "%s/" PACK_GTIN "-ABC12.deleted", f->p.directory);
    snprintf(command, sizeof command, "touch '%s'", path);
    assert_int_equal(system(command), 0);
    refused(f, PUT, BASE "/hashes", rpc_pack_hashes(&f->p), ERR_LEAVES_DELETED, 410);
    refused(f, GET, BASE "/leaves/0", SPAN_EMPTY, ERR_LEAVES_DELETED, 410);
    call(f, GET, BASE "/leaves", SPAN_EMPTY);
    assert_true(truth(f, "deleted"));
    assert_int_equal(remove(path), 0);
    leaves_close(f->p.leaves);
    struct leaves_options none = {0, 0};
    f->p.leaves = f->w.host.leaves = leaves_open(f->p.directory, &none, why);
    refused(f, PUT, BASE "/hashes", rpc_pack_hashes(&f->p), ERR_LEAVES_ROOM, 507);
}

/* The body is bounded by the address before a byte of it is kept. */
static void admission(void **state) {
    (void)state;
    struct http_response refusal;
    uint64_t max = 0;
    http_response_init(&refusal, 4096);
    struct http_request r = {.id = 1, .verb = PUT, .path = span_text(BASE "/leaves/0")};
    r.headers[HTTP_CONTENT_TYPE] = span_text("application/octet-stream");
    assert_true(rpc_admit(NULL, &r, &max, &refusal));
    assert_int_equal(max, PACK_CHUNK_BYTES);
    r.path = span_text(BASE "/hashes");
    assert_true(rpc_admit(NULL, &r, &max, &refusal));
    assert_int_equal(max, LEAVES_HASHES_BYTES_MAX);
    r.headers[HTTP_CONTENT_TYPE] = span_text("text/html");
    assert_false(rpc_admit(NULL, &r, &max, &refusal));
    assert_int_equal(refusal.status, 415);
    http_response_free(&refusal);
}

int main(void) {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {TEST(given_and_asked_for), TEST(refused_by_name), TEST(deleted_and_full), TEST(admission)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
