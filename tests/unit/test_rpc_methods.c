/* Every method over a real small chain: REST and JSON-RPC say the same, in the shape the table promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include "ledger/merkle.h"
#include "ledger/proof.h"
#include "tests/unit/rpc_shape.h"
#include "tests/unit/rpc_world.h"
#include "tests/unit/rpc_certificates.h"
#include "tests/unit/rpc_recall.h"
#include "tests/unit/rpc_pack.h"
#include "tests/unit/rpc_scans.h"
#include "tests/unit/rpc_sealed.h"
#include "tests/unit/rpc_fill.h"

#define BOX_DL "https%3A%2F%2Fid.gs1.org%2F01%2F10614141073464%2F21%2F2017"
struct fixture {
    struct world w;
    struct rpc_pack pack;
    struct rpc_sealed sealed;
    char sealed_hex[65];
    struct digest first, second, refused;
    char first_hex[65], second_hex[65], refused_hex[65];
    struct http_response r;
    struct buffer value; /* of the last JSON answer */
};

static struct fixture *the_chain(void) {
    struct fixture *f = calloc(1, sizeof *f);
    struct world *w = &f->w;
    world_init(w);
    rpc_scans_begin(w);
    f->first = world_event(w, BOX, "ADD", "commissioning");
    f->second = world_event(w, BOX, "OBSERVE", "shipping");
    struct buffer text, wire, many;
    buffer_init(&text, 4096);
    buffer_init(&wire, 65536);
    buffer_init(&many, 65536);
    world_event_text(&text, "urn:epc:id:sgtin:0614141.107346.9", "ADD", "commissioning");
    world_record(w, &w->stranger, "nobody", buffer_span(&text), &wire);
    world_record(w, &w->farm, "farm-1", buffer_span(&text), &many);
    struct span records[2] = {buffer_span(&wire), buffer_span(&many)};
    world_block(w, records, 2);
    f->refused = world_wire_id(&wire);
    buffer_free(&text);
    buffer_free(&wire);
    buffer_free(&many);
    world_hex(f->first.b, 32, f->first_hex);
    world_hex(f->second.b, 32, f->second_hex);
    world_hex(f->refused.b, 32, f->refused_hex);
    buffer_init(&f->value, 64 << 20);
    return f;
}

static int setup(void **state) {
    *state = the_chain();
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    if (f->pack.leaves != NULL) rpc_pack_end(&f->pack);
    scans_close(f->w.host.scans);
    rpc_sealed_end(&f->sealed);
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

static void get_as(struct fixture *f, const char *target, const char *accept) {
    struct http_request request = request_of(HTTP_VERB_GET, target);
    if (accept != NULL) request.headers[HTTP_ACCEPT] = span_text(accept);
    http_response_free(&f->r);
    rpc_handle(&f->w.host, &request, &f->r);
    assert_int_equal(f->w.snapshots, 0);
}

static void json_in(struct fixture *f) {
    buffer_clear(&f->value);
    struct refusal refusal;
    enum err e = json_parse(buffer_span(&f->r.body), &f->value, &refusal);
    if (e != OK) fail_msg("%s: %.*s", err_name(e), (int)f->r.body.len, (const char *)f->r.body.data);
}

static struct span get(struct fixture *f, const char *target) {
    get_as(f, target, "application/json");
    json_in(f);
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
    get_as(f, target, NULL);
    json_in(f);
    struct span v = buffer_span(&f->value);
    if (f->r.status != status || !span_is(text_at(v, "name"), err_name(e)))
        fail_msg("%s: %u %.*s", target, (unsigned)f->r.status, (int)f->r.body.len, (const char *)f->r.body.data);
    assert_string_equal(f->r.content_type, "application/problem+json");
    char where[256];
    assert_true(shape_holds(shape_at(1), v, where));
}

static void fill(const struct fixture *f, const char *path, char ret[512]) {
    char key[65];
    world_hex(f->w.farm.public_key.b, 32, key);
    path_fill(path, key, f->first_hex, f->sealed_hex, ret);
}

/* A block with a pack, whose leaves are here. */
static void with_pack(struct fixture *f) {
    rpc_pack_begin(&f->w, &f->pack, "ABC12");
    assert_int_equal(leaves_put_hashes(f->pack.leaves, &f->pack.pack, rpc_pack_hashes(&f->pack)), OK);
    assert_int_equal(leaves_put_chunk(f->pack.leaves, &f->pack.pack, 0, rpc_pack_chunk(&f->pack, 0)), OK);
}

/* The table, walked: each readable method answers at its path, in every one of its forms, JSON in its shape; and JSON-RPC
 * gives the very same. */
static void every_method_answers_in_its_shape(void **state) {
    struct fixture *f = *state;
    world_certify(&f->w);
    world_recall(&f->w);
    with_pack(f);
    rpc_sealed_given(&f->w, &f->sealed, f->sealed_hex);
    for (size_t i = 0; method_at(i) != NULL; i++) {
        const struct method *m = method_at(i);
        if ((m->flow != FLOW_READ && m->flow != FLOW_STATUS) || m->body_max > 0) continue;
        char target[600];
        fill(f, m->path, target);
        /* A list of certificates is of somebody. */
        if (strcmp(m->name, "certificate.list") == 0) strcat(target, "?issuer=farm-1");
        size_t len = strlen(target);
        for (uint32_t k = 0; m->forms[k] != FORM_NONE; k++) {
            target[len] = 0;
            if (m->forms[1] != FORM_NONE) sprintf(target + len, "?format=%s", form_word(m->forms[k]));
            get_as(f, target, NULL);
            if (f->r.status != 200)
                fail_msg("%s: %u %.*s", target, (unsigned)f->r.status, (int)f->r.body.len, (const char *)f->r.body.data);
            assert_string_equal(f->r.content_type, form_media_type(m->forms[k]));
            assert_true(f->r.body.len > 0);
            if (m->forms[k] != FORM_JSON) continue;
            json_in(f);
            char where[256] = "";
            if (m->result != NULL && !shape_holds(m->result, buffer_span(&f->value), where))
                fail_msg("%s: %s: %.*s", target, where, (int)f->r.body.len, (const char *)f->r.body.data);
        }
    }
}

static void call_rpc(struct fixture *f, const char *body) {
    struct http_request request = request_of(HTTP_VERB_POST, "/rpc");
    request.body = span_text(body);
    http_response_free(&f->r);
    rpc_handle(&f->w.host, &request, &f->r);
}

static void json_rpc_says_what_rest_says(void **state) {
    struct fixture *f = *state;
    with_pack(f);
    rpc_sealed_given(&f->w, &f->sealed, f->sealed_hex);
    uint32_t compared = 0;
    world_certify(&f->w);
    world_recall(&f->w);
    for (size_t i = 0; method_at(i) != NULL; i++) {
        const struct method *m = method_at(i);
        if (!m->json_rpc || (m->flow != FLOW_READ && m->flow != FLOW_STATUS) || m->forms[0] != FORM_JSON) continue;
        char target[600], body[1200], params[600] = "";
        fill(f, m->path, target);
        for (size_t k = 0; k < m->params_count; k++) {
            const struct param *p = &m->params[k];
            if (p->place != PARAM_PATH) continue;
            char value[512], name[64];
            sprintf(name, "{%s}", p->name);
            fill(f, name, value);
            if (strcmp(m->name, "sealed.list") == 0) strcpy(value, f->sealed_hex);
            if (strcmp(m->name, "certificate.get") == 0) strcpy(value, "farm-1/2");
            if (strncmp(m->name, "recall.", 7) == 0) strcpy(value, "bureau/R1");
            sprintf(params + strlen(params), p->kind == PARAM_UINT ? "%s\"%s\":%s" : "%s\"%s\":\"%s\"",
                    params[0] != 0 ? "," : "", p->name, value);
        }
        if (strcmp(m->name, "certificate.list") == 0) {
            strcat(target, "?issuer=farm-1");
            strcpy(params, "\"issuer\":\"farm-1\"");
        }
        sprintf(body, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"%s\",\"params\":{%s}}", m->name, params);
        struct buffer rest;
        buffer_init(&rest, 1 << 24);
        buffer_append_span(&rest, get(f, target));
        call_rpc(f, body);
        json_in(f);
        struct span result = at(buffer_span(&f->value), "result");
        if (!span_equal(result, buffer_span(&rest))) fail_msg("%s differs", m->name);
        assert_int_equal(uint_at(buffer_span(&f->value), "id"), 7);
        buffer_free(&rest);
        compared++;
    }
    assert_true(compared >= 12);
}

static void record_status_and_content(void **state) {
    struct fixture *f = *state;
    char target[200], id[65];
    sprintf(target, "/v1/records/%s/status", f->first_hex);
    struct span v = get(f, target);
    assert_true(span_is(text_at(v, "status"), "committed"));
    assert_int_equal(uint_at(v, "height"), 1);
    assert_int_equal(uint_at(v, "log_index"), 1);
    assert_true(span_is(text_at(at(v, "result"), "name"), "RESULT_ACCEPTED"));
    assert_int_equal(uint_at(at(v, "at"), "height"), 3);
    /* By record id too. */
    struct span name = text_at(v, "id");
    memcpy(id, name.data, 64);
    id[64] = 0;
    sprintf(target, "/v1/records/%s/status", id);
    assert_true(span_is(text_at(get(f, target), "leaf"), f->first_hex));
    /* A refused one is committed, with its reason, and has no place in the log. */
    sprintf(target, "/v1/records/%s/status", f->refused_hex);
    v = get(f, target);
    assert_true(span_is(text_at(v, "status"), "committed"));
    assert_int_equal(uint_at(at(v, "result"), "code"), RESULT_UNKNOWN_KEY);
    struct span none;
    assert_false(value_get(v, "log_index", &none));
    /* Unknown, then pending. */
    memset(id, 'a', 64);
    sprintf(target, "/v1/records/%s/status", id);
    assert_true(span_is(text_at(get(f, target), "status"), "unknown"));
    memset(f->w.pending[0].b, 0xaa, 32);
    f->w.pending_count = 1;
    assert_true(span_is(text_at(get(f, target), "status"), "pending"));
    refused_as(f, "/v1/records/zz/status", ERR_RPC_PARAMETER, 400);
    sprintf(target, "/v1/records/%s", id);
    refused_as(f, target, ERR_RPC_NOT_FOUND, 404);
    sprintf(target, "/v1/records/%s", f->second_hex);
    v = get(f, target);
    uint32_t n;
    struct span item = list_at(v, "items", 0, &n);
    assert_int_equal(n, 1);
    assert_true(span_is(text_at(item, "type_name"), "ObjectEvent"));
    assert_true(span_is(text_at(list_at(item, "things", 0, &n), "identifier"), BOX));
    assert_true(span_is(text_at(at(item, "fields"), "bizStep"), "shipping"));
    assert_true(span_is(text_at(v, "subject"), "farm-1"));
}

static void exact_bytes_and_documents_come_back(void **state) {
    struct fixture *f = *state;
    char target[200];
    sprintf(target, "/v1/records/%s", f->first_hex);
    get_as(f, target, "application/msgpack");
    assert_string_equal(f->r.content_type, "application/msgpack");
    struct digest id;
    assert_int_equal(record_wire_id(buffer_span(&f->r.body), &id), OK);
    assert_true(digest_equal(&id, &f->first));
    sprintf(target, "/v1/records/%s/epcis", f->first_hex);
    get_as(f, target, NULL);
    assert_string_equal(f->r.content_type, "application/ld+json");
    json_in(f);
    struct buffer text, value;
    buffer_init(&text, 4096);
    buffer_init(&value, 8192);
    world_event_text(&text, BOX, "ADD", "commissioning");
    assert_int_equal(json_parse(buffer_span(&text), &value, NULL), OK);
    assert_true(span_equal(buffer_span(&value), buffer_span(&f->value)));
    buffer_free(&text);
    buffer_free(&value);
    strcat(target, "?document=1");
    refused_as(f, target, ERR_RPC_NO_DOCUMENT, 404);
}

static void lists(void **state) {
    struct fixture *f = *state;
    uint32_t n;
    struct span v = get(f, "/v1/records?subject=farm-1");
    struct span row = list_at(v, "records", 2, &n);
    assert_int_equal(n, 3);
    assert_int_equal(uint_at(row, "height"), 3);
    v = get(f, "/v1/records?subject=farm-1&limit=2");
    (void)list_at(v, "records", 0, &n);
    assert_int_equal(n, 2);
    char target[200];
    sprintf(target, "/v1/records?subject=farm-1&limit=2&cursor=%llu", (unsigned long long)uint_at(v, "next"));
    v = get(f, target);
    (void)list_at(v, "records", 0, &n);
    assert_int_equal(n, 1);
    struct span none;
    assert_false(value_get(v, "next", &none));
    /* All subjects, by time: the second block alone. */
    sprintf(target, "/v1/records?from_ms=%llu&to_ms=%llu", WORLD_TIME_MS + 2000, WORLD_TIME_MS + 3000);
    v = get(f, target);
    row = list_at(v, "records", 0, &n);
    assert_int_equal(n, 1);
    assert_true(span_is(text_at(row, "leaf"), f->second_hex));
    sprintf(target, "/v1/records?subject=farm-1&from_ms=%llu", WORLD_TIME_MS + 2000);
    (void)list_at(get(f, target), "records", 0, &n);
    assert_int_equal(n, 2);
    sprintf(target, "/v1/records?from_ms=%llu", WORLD_TIME_MS + 99000);
    (void)list_at(get(f, target), "records", 0, &n);
    assert_int_equal(n, 0);
    v = get(f, "/v1/members?limit=1");
    assert_true(span_is(text_at(list_at(v, "members", 0, &n), "subject"), "bureau"));
    sprintf(target, "/v1/members?cursor=%.*s", (int)text_at(v, "next").len, (const char *)text_at(v, "next").data);
    v = get(f, target);
    assert_true(span_is(text_at(list_at(v, "members", 0, &n), "subject"), "farm-1"));
    assert_int_equal(n, 1);
    refused_as(f, "/v1/records?limit=0", ERR_RPC_PARAMETER, 400);
    refused_as(f, "/v1/records?limit=1001", ERR_RPC_PARAMETER, 400);
    refused_as(f, "/v1/records?limit=1&limit=1", ERR_RPC_PARAMETER, 400);
    refused_as(f, "/v1/records?order=desc", ERR_RPC_PARAMETER_UNKNOWN, 400);
    refused_as(f, "/v1/records?subject=%4", ERR_RPC_PARAMETER, 400);
}

static void things(void **state) {
    struct fixture *f = *state;
    struct span v = get(f, "/v1/things/" BOX);
    assert_true(span_is(text_at(v, "canonical"), "https://id.gs1.org/01/10614141073464/21/2017"));
    assert_int_equal(uint_at(v, "count"), 2);
    assert_true(span_is(text_at(v, "state"), "active"));
    uint32_t n;
    v = get(f, "/v1/things/" BOX_DL "/history"); /* the same thing by its other name */
    struct span entry = list_at(v, "entries", 1, &n);
    assert_int_equal(n, 2);
    assert_int_equal(uint_at(entry, "i"), 2);
    assert_true(span_is(text_at(entry, "leaf"), f->second_hex));
    assert_true(span_is(text_at(entry, "action"), "OBSERVE"));
    assert_true(span_is(text_at(entry, "event_time"), "2026-05-28T08:00:00+08:00"));
    v = get(f, "/v1/things/" BOX "/history?limit=1");
    assert_int_equal(uint_at(v, "next"), 2);
    v = get(f, "/v1/things/" BOX "/history?limit=1&cursor=2");
    entry = list_at(v, "entries", 0, &n);
    assert_int_equal(n, 1);
    assert_int_equal(uint_at(entry, "i"), 2);
    v = get(f, "/v1/things/urn:epc:id:sgtin:0614141.107346.404");
    struct span none;
    assert_false(value_get(v, "state", &none));
    v = get(f, "/v1/things/urn:epc:id:sgtin:0614141.107346.404/history");
    (void)list_at(v, "entries", 0, &n);
    assert_int_equal(n, 0);
}

static void proofs_check_alone(void **state) {
    struct fixture *f = *state;
    char target[200];
    struct arena arena;
    struct statement s;
    arena_init(&arena, PROOF_ARENA_BYTES);
    sprintf(target, "/v1/records/%s/proof", f->first_hex);
    get_as(f, target, NULL);
    assert_string_equal(f->r.content_type, "application/vnd.suyuan.proof");
    assert_int_equal(proof_verify(buffer_span(&f->r.body), &f->w.genesis->chain_id, &arena, &s), OK);
    assert_true(digest_equal(&s.wire_id, &f->first));
    get_as(f, "/v1/things/" BOX "/proof", NULL);
    arena_reset(&arena);
    assert_int_equal(proof_verify(buffer_span(&f->r.body), &f->w.genesis->chain_id, &arena, &s), OK);
    assert_int_equal(s.entries_count, 2);
    arena_free(&arena);
    sprintf(target, "/v1/records/%s/proof", f->refused_hex);
    refused_as(f, target, ERR_RPC_NOT_FOUND, 404);
    f->w.heartbeat_s = 0;
    refused_as(f, "/v1/things/" BOX "/proof", ERR_RPC_NOT_ATTESTED, 503);
}

static void the_log_in_tiles(void **state) {
    struct fixture *f = *state;
    get_as(f, "/checkpoint", NULL);
    struct note note;
    struct checkpoint c;
    assert_int_equal(note_parse(buffer_span(&f->r.body), &note), OK);
    assert_int_equal(checkpoint_parse(note.text, &c), OK);
    assert_int_equal(c.size, 7); /* genesis, three records accepted, three block leaves */
    get_as(f, "/tile/0/000.p/7", NULL);
    assert_int_equal(f->r.status, 200);
    assert_int_equal(f->r.body.len, 7 * 32);
    struct digest root;
    merkle_root((const struct digest *)(const void *)f->r.body.data, 7, &root);
    assert_true(digest_equal(&root, &c.root));
    get_as(f, "/tile/entries/000.p/7", NULL);
    size_t at_byte = 0, count = 0;
    struct merkle_stack stack = {.count = 0};
    while (at_byte + 2 <= f->r.body.len) {
        size_t len = get_u16(f->r.body.data + at_byte);
        struct digest leaf = merkle_leaf_hash(span_of(f->r.body.data + at_byte + 2, len));
        merkle_stack_add(&stack, &leaf);
        at_byte += 2 + len;
        count++;
    }
    assert_int_equal(count, 7);
    merkle_stack_root(&stack, &root);
    assert_true(digest_equal(&root, &c.root));
    refused_as(f, "/tile/0/000.p/8", ERR_RPC_NOT_FOUND, 404);
    refused_as(f, "/tile/0/000", ERR_RPC_NOT_FOUND, 404);
    refused_as(f, "/tile/0/001", ERR_RPC_NOT_FOUND, 404);
    refused_as(f, "/tile/1/000.p/1", ERR_RPC_NOT_FOUND, 404);
    const char *const odd[] = {"/tile/0/0", "/tile/00/000", "/tile/0/x000/000", "/tile/0/000.p/0", "/tile/0/000.p/256",
                               "/tile/0/000.p/07", "/tile/64/000", "/tile/entries/x", "/tile/0/000/", "/tile/0/000.p/7x"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        refused_as(f, odd[i], ERR_RPC_PATH, 404);
}

static void negotiation(void **state) {
    struct fixture *f = *state;
    char target[200];
    sprintf(target, "/v1/records/%s", f->first_hex);
    get_as(f, target, "text/html,application/xhtml+xml,*/*;q=0.8");
    assert_string_equal(f->r.content_type, "application/json");
    get_as(f, target, "application/msgpack;q=0.9");
    assert_string_equal(f->r.content_type, "application/msgpack");
    get_as(f, target, "text/html");
    assert_int_equal(f->r.status, 406);
    get_as(f, target, "application/json;q=0, application/msgpack");
    assert_string_equal(f->r.content_type, "application/msgpack");
    strcat(target, "?format=xml");
    refused_as(f, target, ERR_RPC_PARAMETER, 400);
    refused_as(f, "/v1/nothing", ERR_RPC_PATH, 404);
    refused_as(f, "/v1/records//status", ERR_RPC_PATH, 404);
    refused_as(f, "/v1/blocks/4", ERR_RPC_NOT_FOUND, 404);
    refused_as(f, "/v1/blocks/01", ERR_RPC_PARAMETER, 400);
    struct http_request post = request_of(HTTP_VERB_POST, "/v1/members");
    http_response_free(&f->r);
    rpc_handle(&f->w.host, &post, &f->r);
    assert_int_equal(f->r.status, 405);
    struct http_request options = request_of(HTTP_VERB_OPTIONS, "/v1/records");
    http_response_free(&f->r);
    rpc_handle(&f->w.host, &options, &f->r);
    assert_int_equal(f->r.status, 204);
    assert_non_null(strstr(f->r.texts, "GET, HEAD, POST, OPTIONS"));
}

static void admission(void **state) {
    (void)state;
    struct http_response refusal;
    uint64_t max = 1;
    http_response_init(&refusal, 4096);
    struct http_request r = request_of(HTTP_VERB_POST, "/v1/records");
    assert_false(rpc_admit(NULL, &r, &max, &refusal));
    assert_int_equal(refusal.status, 415);
    http_response_free(&refusal);
    http_response_init(&refusal, 4096);
    r.headers[HTTP_CONTENT_TYPE] = span_text("Application/MsgPack; x=y");
    assert_true(rpc_admit(NULL, &r, &max, &refusal));
    assert_int_equal(max, RECORD_BYTES_MAX);
    r = request_of(HTTP_VERB_GET, "/v1/node");
    assert_true(rpc_admit(NULL, &r, &max, &refusal));
    assert_int_equal(max, 0);
    r = request_of(HTTP_VERB_OTHER, "/v1/node");
    assert_false(rpc_admit(NULL, &r, &max, &refusal));
    assert_int_equal(refusal.status, 405);
    http_response_free(&refusal);
}

static void readiness(void **state) {
    struct fixture *f = *state;
    get_as(f, "/healthz", NULL);
    assert_int_equal(f->r.status, 200);
    get_as(f, "/readyz", NULL);
    assert_int_equal(f->r.status, 200);
    f->w.status.ready = false;
    get_as(f, "/readyz", NULL);
    assert_int_equal(f->r.status, 503);
}

/* The same rows through the OpenAPI document: as many operations as the table has, each under its name. */
static void openapi_is_the_table(void **state) {
    struct fixture *f = *state;
    struct span v = get(f, "/openapi.json");
    assert_true(span_is(text_at(v, "openapi"), "3.1.0"));
    struct span paths = at(v, "paths");
    for (size_t i = 0; method_at(i) != NULL; i++) {
        const struct method *m = method_at(i);
        char path[96];
        size_t n = 0;
        for (const char *p = m->path; *p != 0; p++)
            if (*p != '*') path[n++] = *p;
        path[n] = 0;
        struct span op = at(at(paths, path), m->verb == HTTP_VERB_POST ? "post" : m->verb == HTTP_VERB_PUT ? "put" : "get");
        assert_true(span_is(text_at(op, "operationId"), m->name));
        uint32_t parameters = 0, expected = m->forms[1] != FORM_NONE ? 1 : 0;
        for (size_t k = 0; k < m->params_count; k++)
            expected += m->params[k].place == PARAM_BODY ? 0u : 1u;
        (void)list_at(op, "parameters", 0, &parameters);
        assert_int_equal(parameters, expected);
        struct span body;
        assert_int_equal(value_get(op, "requestBody", &body), m->body_types != NULL);
    }
    struct span schemas = at(at(v, "components"), "schemas");
    for (size_t i = 0; shape_at(i) != NULL; i++)
        (void)at(schemas, shape_at(i)->name);
    const char *save = getenv("SUYUAN_OPENAPI_OUT");
    if (save == NULL) return;
    FILE *file = fopen(save, "wb");
    assert_non_null(file);
    fwrite(f->r.body.data, 1, f->r.body.len, file);
    fclose(file);
}

static void metrics_text(void **state) {
    struct fixture *f = *state;
    get_as(f, "/metrics", "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1");
    assert_int_equal(f->r.status, 200);
    /* Prometheus' own judge; its absence is a failure where everything is installed (CI). */
    bool there = system("command -v promtool >/dev/null 2>&1") == 0;
    const char *ci = getenv("CI");
    if (!there && ci != NULL && strcmp(ci, "true") == 0) fail_msg("promtool is not installed");
    if (!there) skip();
    FILE *promtool = popen("promtool check metrics", "w");
    assert_non_null(promtool);
    fwrite(f->r.body.data, 1, f->r.body.len, promtool);
    assert_int_equal(pclose(promtool), 0);
}

static double micros(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Printed, not judged: sanitizers and the store in memory make it another number than the node's. */
static void how_long(void **state) {
    struct fixture *f = *state;
    char status[200], proof[200];
    sprintf(status, "/v1/records/%s/status", f->first_hex);
    sprintf(proof, "/v1/records/%s/proof", f->first_hex);
    const char *const targets[] = {status, proof, "/v1/things/" BOX, "/v1/checkpoint", "/v1/node"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        double begin = micros();
        for (int k = 0; k < 200; k++)
            get_as(f, targets[i], NULL);
        print_message("%8.1f us %.60s\n", (micros() - begin) / 200, targets[i]);
    }
}

int main(void) {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_method_answers_in_its_shape), TEST(json_rpc_says_what_rest_says), TEST(record_status_and_content),
        TEST(exact_bytes_and_documents_come_back), TEST(lists), TEST(things), TEST(proofs_check_alone),
        TEST(the_log_in_tiles), TEST(negotiation), TEST(admission), TEST(readiness), TEST(openapi_is_the_table),
        TEST(metrics_text), TEST(how_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
