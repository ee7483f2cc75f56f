/* Flow and recalls over HTTP (SPEC L, O): who holds a thing, its unit chain, a group, what a recall lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/unit/rpc_world.h"

#include "tests/unit/rpc_certificates.h"
#include "tests/unit/rpc_recall.h"

#define BOX "urn:epc:id:sgtin:0614141.107346.2017"

struct fixture {
    struct world w;
    struct http_response r;
    struct buffer value;
};

static int setup(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    world_init(&f->w);
    buffer_init(&f->value, 4 << 20);
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

static struct http_request request_of(enum http_verb verb, const char *target) {
    struct http_request r = {.id = 1, .verb = verb};
    const char *mark = strchr(target, '?');
    r.path = span_of(target, mark == NULL ? strlen(target) : (size_t)(mark - target));
    if (mark != NULL) r.query = span_text(mark + 1);
    return r;
}

static void get_as(struct fixture *f, const char *target) {
    struct http_request request = request_of(HTTP_VERB_GET, target);
    http_response_free(&f->r);
    rpc_handle(&f->w.host, &request, &f->r);
    assert_int_equal(f->w.snapshots, 0);
    buffer_clear(&f->value);
    assert_int_equal(json_parse(buffer_span(&f->r.body), &f->value, NULL), OK);
}

static struct span get(struct fixture *f, const char *target) {
    get_as(f, target);
    return buffer_span(&f->value);
}

static struct span at(struct span value, const char *key) {
    struct span v;
    if (!value_get(value, key, &v)) fail_msg("no field %s", key);
    return v;
}

static uint64_t uint_at(struct span value, const char *key) {
    struct unpack u;
    unpack_init(&u, at(value, key));
    uint64_t v = unpack_uint(&u, UINT64_MAX);
    assert_int_equal(unpack_end(&u), OK);
    return v;
}

static struct span text_at(struct span value, const char *key) {
    struct unpack u;
    unpack_init(&u, at(value, key));
    struct span v = unpack_text(&u, 1 << 20);
    assert_int_equal(unpack_end(&u), OK);
    return v;
}

static struct span list_at(struct span value, const char *key, uint32_t index, uint32_t *ret_count) {
    struct unpack u;
    unpack_init(&u, at(value, key));
    uint32_t n = unpack_array(&u, UINT32_MAX);
    struct span v = SPAN_EMPTY;
    for (uint32_t i = 0; i < n && i <= index; i++)
        v = unpack_value(&u);
    *ret_count = n;
    return v;
}

static void refused_as(struct fixture *f, const char *target, enum err e, uint16_t status) {
    get_as(f, target);
    assert_int_equal(f->r.status, status);
    assert_true(span_is(text_at(buffer_span(&f->value), "name"), err_name(e)));
}

#define ESCAPED_LOT "https%3A%2F%2Fid.gs1.org%2F01%2F06901234567908%2F10%2FR"
#define ESCAPED_JAM "https%3A%2F%2Fid.gs1.org%2F01%2F06901234567915%2F10%2FJ"
static void flow_and_recalls(void **state) {
    struct fixture *f = *state;
    uint32_t n;
    (void)world_event(&f->w, BOX, "ADD", "commissioning");
    (void)world_event(&f->w, BOX, "OBSERVE", "shipping");
    struct span v = get(f, "/v1/things/" BOX);
    assert_true(span_is(text_at(v, "maker"), "farm-1"));
    struct span holder = list_at(v, "holders", 0, &n);
    assert_true(n == 1 && span_is(text_at(holder, "subject"), "")); /* shipped to nobody named */
    world_recall(&f->w);
    v = get(f, "/v1/things/" ESCAPED_LOT);
    (void)list_at(v, "recalled_by", 0, &n);
    assert_int_equal(n, 0); /* lifted */
    v = get(f, "/v1/things/" ESCAPED_JAM);
    struct span row = list_at(v, "recalled_by", 0, &n);
    assert_true(n == 1 && span_is(text_at(row, "recall"), "bureau/R1"));
    v = get(f, "/v1/things/" ESCAPED_LOT "/moves");
    row = list_at(v, "entries", 0, &n);
    assert_int_equal(n, 1);
    assert_true(span_is(text_at(at(row, "item"), "type_name"), "TransformationEvent"));
    struct unpack u;
    unpack_init(&u, list_at(row, "units", 1, &n));
    assert_true(n == 2 && span_is(unpack_text(&u, 512), RECALL_JAM));
    v = get(f, "/v1/members/farm-1/transformations/urn:t:jam/moves");
    assert_int_equal(uint_at(v, "count"), 1);
    (void)list_at(v, "entries", 0, &n);
    assert_int_equal(n, 1);
    (void)list_at(get(f, "/v1/members/bureau/transformations/urn:t:jam/moves"), "entries", 0, &n);
    assert_int_equal(n, 0);
    row = list_at(get(f, "/v1/recalls"), "recalls", 0, &n);
    assert_int_equal(n, 1);
    assert_true(uint_at(row, "listed") == 2 && uint_at(row, "lifted") == 1 && span_is(text_at(row, "state"), "active"));
    v = get(f, "/v1/recalls/bureau%2FR1/things?limit=1");
    row = list_at(v, "things", 0, &n);
    assert_true(n == 1 && span_is(text_at(row, "thing"), RECALL_LOT) && span_is(text_at(row, "state"), "lifted"));
    assert_int_equal(uint_at(v, "next"), 2);
    row = list_at(get(f, "/v1/recalls/bureau%2FR1/things?cursor=2"), "things", 0, &n);
    assert_true(n == 1 && span_is(text_at(row, "thing"), RECALL_JAM) && span_is(text_at(row, "state"), "recalled"));
    refused_as(f, "/v1/recalls/bureau%2FR2", ERR_RPC_NOT_FOUND, 404);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(flow_and_recalls, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
