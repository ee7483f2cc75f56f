/* Certificates over HTTP: what they say, what became of them, and lists of them page by page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/unit/rpc_shape.h"
#include "tests/unit/rpc_world.h"

#include "tests/unit/rpc_certificates.h"

struct fixture {
    struct world w;
    struct http_response r;
    struct buffer value;
};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    world_init(&f->w);
    world_certify(&f->w);
    buffer_init(&f->value, 1 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    world_free(&f->w);
    http_response_free(&f->r);
    buffer_free(&f->value);
    free(f);
    return 0;
}

static uint16_t ask(struct fixture *f, const char *target, const char *method, struct span *ret) {
    struct http_request request = {.id = 1, .verb = HTTP_VERB_GET};
    const char *mark = strchr(target, '?');
    char where[256] = "";
    request.path = span_of(target, mark == NULL ? strlen(target) : (size_t)(mark - target));
    if (mark != NULL) request.query = span_text(mark + 1);
    http_response_free(&f->r);
    buffer_clear(&f->value);
    rpc_handle(&f->w.host, &request, &f->r);
    assert_int_equal(json_parse(buffer_span(&f->r.body), &f->value, NULL), OK);
    *ret = buffer_span(&f->value);
    if (f->r.status == 200 && !shape_holds(method_by_name(span_text(method))->result, *ret, where))
        fail_msg("%s: %s", target, where);
    return f->r.status;
}

static struct span at(struct span value, const char *key) {
    struct span v;
    if (!value_get(value, key, &v)) fail_msg("no field %s", key);
    return v;
}

static struct span text_at(struct span value, const char *key) {
    struct unpack u;
    unpack_init(&u, at(value, key));
    struct span v = unpack_text(&u, 1 << 20);
    assert_int_equal(unpack_end(&u), OK);
    return v;
}

static uint64_t uint_at(struct span value, const char *key) {
    struct unpack u;
    unpack_init(&u, at(value, key));
    uint64_t v = unpack_uint(&u, UINT64_MAX);
    assert_int_equal(unpack_end(&u), OK);
    return v;
}

static struct span entry_of(struct span value, const char *key, uint32_t index, uint32_t *ret_count) {
    struct unpack u;
    struct span entry = SPAN_EMPTY;
    unpack_init(&u, at(value, key));
    *ret_count = unpack_array(&u, UINT32_MAX);
    for (uint32_t i = 0; i < *ret_count && i <= index; i++)
        entry = unpack_value(&u);
    return entry;
}

static void a_certificate_says_what_became_of_it(void **state) {
    static const struct {
        const char *path, *state;
    } rows[] = {{"/v1/certificates/farm-1%2F1", "superseded"},
                {"/v1/certificates/farm-1%2F2", "active"},
                {"/v1/certificates/farm-1%2F3", "revoked"},
                {"/v1/certificates/farm-1%2F4", "expired"}};
    struct fixture *f = *state;
    struct span v;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(ask(f, rows[i].path, "certificate.get", &v), 200);
        if (!span_is(text_at(v, "state"), rows[i].state)) fail_msg("%s", rows[i].path);
    }
    assert_int_equal(ask(f, rows[0].path, "certificate.get", &v), 200);
    assert_true(span_is(text_at(v, "superseded_by"), "farm-1/2"));
    assert_int_equal(ask(f, rows[2].path, "certificate.get", &v), 200);
    assert_int_equal(uint_at(v, "reason"), 9);
    assert_int_equal(ask(f, rows[1].path, "certificate.get", &v), 200);
    assert_int_equal(uint_at(v, "line"), 2);
    uint32_t n;
    struct span covered = entry_of(v, "covers", 0, &n), fields = at(at(v, "item"), "fields"), hidden;
    assert_int_equal(n, 1);
    assert_true(span_is(text_at(covered, "identifier"), PLEDGE_LOT));
    assert_int_equal(uint_at(covered, "quantity_millionths"), 50000000);
    assert_true(span_is(text_at(fields, "supersedes"), "farm-1/1"));
    assert_true(span_is(text_at(at(fields, "fields"), "product-name"), "杨梅"));
    /* What is hidden stays hidden. */
    assert_true(value_get(at(fields, "fields"), "contact", &hidden));
    assert_int_equal(value_kind(hidden), VALUE_MAP);
    assert_int_equal(ask(f, "/v1/certificates/farm-1%2F6", "certificate.get", &v), 404);
    assert_int_equal(ask(f, "/v1/certificates/nonsense", "certificate.get", &v), 404);
}

static void lists_go_page_by_page(void **state) {
    static const char *const by[] = {"issuer=farm-1", "producer=farm-1",
                                     "thing=https%3A%2F%2Fid.gs1.org%2F01%2F06901234567892%2F10%2FA",
                                     "thing=urn%3Aepc%3Aclass%3Algtin%3A6901234.056789.A"};
    struct fixture *f = *state;
    struct span v, none;
    for (size_t i = 0; i < sizeof by / sizeof *by; i++) {
        char target[256], cursor[64] = "";
        uint32_t seen = 0, n;
        for (uint32_t page = 0; page < 3; page++) {
            snprintf(target, sizeof target, "/v1/certificates?%s&limit=2%s", by[i], cursor);
            assert_int_equal(ask(f, target, "certificate.list", &v), 200);
            struct span first = entry_of(v, "certificates", 0, &n);
            assert_int_equal(text_at(first, "number").data[0], '1' + (int)seen);
            seen += n;
            if (page == 2) break;
            snprintf(cursor, sizeof cursor, "&cursor=%llu", (unsigned long long)uint_at(v, "next"));
        }
        assert_int_equal(seen, 5);
        assert_false(value_get(v, "next", &none));
    }
    uint32_t n;
    assert_int_equal(ask(f, "/v1/certificates?issuer=bureau", "certificate.list", &v), 200);
    (void)entry_of(v, "certificates", 0, &n);
    assert_int_equal(n, 0);
    static const char *const refused[] = {
        "/v1/certificates", "/v1/certificates?issuer=a&producer=b", "/v1/certificates?issuer=a&cursor=x",
        "/v1/certificates?issuer=a&cursor=1.0", "/v1/certificates?issuer=a&cursor=9007199254740992",
        "/v1/certificates?issuer=a&cursor=-1"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (ask(f, refused[i], "certificate.list", &v) != 400) fail_msg("%s", refused[i]);
}

static void types_are_told_in_words_and_exactly(void **state) {
    struct fixture *f = *state;
    struct span v;
    uint32_t n;
    assert_int_equal(ask(f, "/v1/certificate-types/pledge", "certificate_type.get", &v), 200);
    struct span type = at(v, "type");
    assert_true(span_is(text_at(type, "own"), "own"));
    assert_true(span_is(text_at(type, "quota"), "produced"));
    struct span field = entry_of(type, "fields", 0, &n);
    assert_int_equal(n, 2);
    assert_true(span_is(text_at(field, "name"), "contact"));
    assert_true(span_is(text_at(field, "kind"), "text"));
    struct span text = text_at(type, "definition");
    uint8_t bytes[CERTIFICATE_TYPE_BYTES_MAX];
    size_t len;
    struct arena arena;
    struct certificate_type back;
    arena_init(&arena, 1 << 20);
    assert_true(base64_decode(text, bytes, sizeof bytes, &len));
    assert_int_equal(certificate_type_decode(span_of(bytes, len), &arena, &back), OK);
    assert_true(span_is(back.type, "pledge"));
    arena_free(&arena);
    assert_int_equal(ask(f, "/v1/certificate-types/other", "certificate_type.get", &v), 404);
    assert_int_equal(ask(f, "/v1/certificate-types?limit=1", "certificate_type.list", &v), 200);
    assert_true(span_is(text_at(entry_of(v, "types", 0, &n), "type"), "pledge"));
    assert_int_equal(n, 1);
}

int main(void) {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_certificate_says_what_became_of_it),
        TEST(lists_go_page_by_page),
        TEST(types_are_told_in_words_and_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
