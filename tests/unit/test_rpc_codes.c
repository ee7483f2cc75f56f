/* Packs and codes over HTTP: genuine, void, claimed, never issued, cannot tell; lists page by page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/unit/rpc_shape.h"
#include "tests/unit/rpc_world.h"

#include "tests/unit/rpc_pack.h"

#define PACK "K7M2Q"
#define PRODUCT "https://id.gs1.org/01/" PACK_GTIN
enum { CODES = PACK_CHUNK_CODES + 6, CLAIMED = 3, VOIDED = 1028 };

struct fixture {
    struct world w;
    struct rpc_pack p;
    struct http_response r;
    struct buffer value;
    struct code codes[CODES];
};

/* The leaves of rpc_pack.h are bytes that nobody hashed; these are the leaves of codes. */
static void leaves_of_codes(struct fixture *f) {
    struct pack_tree *tree = check_alloc(1, sizeof *tree);
    struct pubkey key = f->w.stranger.public_key;
    for (uint32_t i = 0; i < CODES; i++) {
        char serial[CODE_SERIAL_CHARS + 1];
        code_serial_format(PACK, i, (uint64_t)i * 0x123456789ab & ((UINT64_C(1) << CODE_RANDOM_BITS) - 1), serial);
        assert_true(code_make(span_text(PACK_GTIN), span_text(serial), &f->codes[i]));
        if (i == CLAIMED || i == CLAIMED + 1) {
            struct keypair keys;
            claim_key(&f->codes[i], "0123456789ABCDEF", &keys);
            key = keys.public_key;
        }
        struct digest hash = code_hash(span_text("farm-1"), &f->codes[i]);
        pack_entry_write(&hash, &key, f->p.entries + (size_t)i * PACK_ENTRY_BYTES);
        pack_tree_add(tree, &hash, &key);
    }
    pack_tree_finish(tree, &f->p.pack.root);
    memcpy(f->p.chunks, tree->chunks, sizeof f->p.chunks);
    free(tree);
    f->p.pack.count = CODES;
    assert_true(pack_id_make(span_text(PACK_GTIN), span_text(PACK), f->p.pack.id));
}

static void commit(struct fixture *f, uint8_t kind, const struct item *item) {
    struct world *w = &f->w;
    struct buffer wire;
    struct record_header draft = {.chain_id = w->genesis->chain_id, .kind = kind, .subject = span_text("farm-1"),
                                  .key = w->farm.public_key, .created_ms = w->now_ms,
                                  .expires_ms = w->now_ms + 3600000, .nonce = ++w->nonce};
    buffer_init(&wire, 65536);
    assert_int_equal(record_make(&w->genesis->params, &draft, item, 1, &w->farm, &wire), OK);
    struct span record = buffer_span(&wire);
    world_block(w, &record, 1);
    buffer_free(&wire);
}

static void issue(struct fixture *f, const struct leaves_pack *pack, const char *thing_text) {
    struct buffer fields;
    struct pack_issued issued = {.count = pack->count, .root = pack->root};
    buffer_init(&fields, 4096);
    memcpy(issued.pack_id, pack->id, sizeof issued.pack_id);
    pack_issued_fields(&issued, &fields);
    struct thing thing = thing_bare(ROLE_PACK, span_text(thing_text));
    struct item item = {.type = ITEM_PACK_ISSUED, .fields = buffer_span(&fields), .things = &thing, .things_count = 1};
    commit(f, RECORD_PACKS, &item);
    buffer_free(&fields);
}

static void claim(struct fixture *f, uint32_t index) {
    struct buffer fields, identifier;
    struct keypair keys;
    struct claim c = {.code = f->codes[index], .division = span_text("330302")};
    claim_key(&c.code, "0123456789ABCDEF", &keys);
    c.key = keys.public_key;
    memset(c.nonce, 7, sizeof c.nonce);
    c.path_count = pack_path(rpc_pack_chunk(&f->p, 0), f->p.chunks, CODES, index, c.path);
    claim_sign(&keys, &f->w.genesis->chain_id, &c.code, c.division, c.nonce, &c.signature);
    buffer_init(&fields, 4096);
    buffer_init(&identifier, 512);
    claim_fields(&c, &fields);
    code_identifier(&c.code, &identifier);
    struct thing thing = thing_bare(ROLE_CODE, buffer_span(&identifier));
    struct item item = {.type = ITEM_CLAIM, .fields = buffer_span(&fields), .things = &thing, .things_count = 1};
    commit(f, RECORD_CLAIMS, &item);
    buffer_free(&fields);
    buffer_free(&identifier);
}

static void void_one(struct fixture *f, uint32_t index) {
    struct buffer fields;
    struct codes_voided v = {.first = index, .last = index, .reason = 9};
    buffer_init(&fields, 4096);
    memcpy(v.pack_id, f->p.pack.id, sizeof v.pack_id);
    codes_voided_fields(&v, &fields);
    struct item item = {.type = ITEM_CODES_VOIDED, .fields = buffer_span(&fields)};
    commit(f, RECORD_PACKS, &item);
    buffer_free(&fields);
}

static int setup(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    world_init(&f->w);
    rpc_pack_begin(&f->w, &f->p, "ABC12"); /* with its directory of leaves */
    leaves_of_codes(f);
    issue(f, &f->p.pack, PRODUCT);
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

static void get(struct fixture *f, const char *target, uint16_t status) {
    const char *mark = strchr(target, '?');
    struct http_request r = {.id = 1, .path = span_of(target, mark ? (size_t)(mark - target) : strlen(target))};
    if (mark) r.query = span_text(mark + 1);
    http_response_free(&f->r);
    rpc_handle(&f->w.host, &r, &f->r);
    buffer_clear(&f->value);
    if (f->r.status != status || json_parse(buffer_span(&f->r.body), &f->value, NULL) != OK)
        fail_msg("%s: %u %.*s", target, (unsigned)f->r.status, (int)f->r.body.len, (const char *)f->r.body.data);
}

static bool says(struct fixture *f, const char *text) {
    http_response_free(&f->r);
    struct buffer json;
    buffer_init(&json, 1 << 20);
    json_write(buffer_span(&f->value), 0, &json);
    buffer_u8(&json, 0);
    bool found = strstr((const char *)json.data, text) != NULL;
    if (!found) print_message("%s\n", (const char *)json.data);
    buffer_free(&json);
    return found;
}

static void ask(struct fixture *f, uint32_t index, const char *shop) {
    char target[256];
    snprintf(target, sizeof target, "/v1/codes/%s%%2F01%%2F" PACK_GTIN "%%2F21%%2F%s", shop, f->codes[index].serial);
    get(f, target, 200);
}
#define SHOP "https%3A%2F%2Fid.example.cn"

static void give(struct fixture *f, uint32_t chunk) {
    assert_int_equal(leaves_put_hashes(f->p.leaves, &f->p.pack, rpc_pack_hashes(&f->p)), OK);
    assert_int_equal(leaves_put_chunk(f->p.leaves, &f->p.pack, chunk, rpc_pack_chunk(&f->p, chunk)), OK);
}

static void a_code_and_what_becomes_of_it(void **state) {
    struct fixture *f = *state;
    ask(f, 2, SHOP);
    assert_true(says(f, "\"verdict\":\"cannot_tell\""));
    give(f, 0);
    ask(f, 2, SHOP);
    assert_true(says(f, "\"verdict\":\"genuine\"") && says(f, "\"index\":2") && says(f, "\"pack\":\"" PACK_GTIN "/" PACK "\""));
    /* The chunk that is not here. */
    ask(f, VOIDED, SHOP);
    assert_true(says(f, "\"verdict\":\"cannot_tell\""));
    give(f, 1);
    ask(f, VOIDED, SHOP);
    assert_true(says(f, "\"verdict\":\"genuine\""));
    void_one(f, VOIDED);
    ask(f, VOIDED, SHOP);
    assert_true(says(f, "\"verdict\":\"void\""));
    claim(f, CLAIMED);
    ask(f, CLAIMED, "https%3A%2F%2Fid.gs1.org");
    assert_true(says(f, "\"verdict\":\"claimed\"") && says(f, "\"division\":\"330302\"") && says(f, "\"nonce\":\"07070707"));
    ask(f, CLAIMED + 1, SHOP);
    assert_true(says(f, "\"verdict\":\"genuine\""));
    /* What was voided after it was claimed is void, and the claim is told. */
    void_one(f, CLAIMED);
    ask(f, CLAIMED, SHOP);
    assert_true(says(f, "\"verdict\":\"void\"") && says(f, "\"claim\":{"));
}

static void never_issued(void **state) {
    struct fixture *f = *state;
    char target[256], serial[CODE_SERIAL_CHARS + 1];
    give(f, 0);
    void_one(f, CLAIMED);
    claim(f, CLAIMED + 1);
    /* Another random part, at an index of which much could be told: nothing of it is. */
    for (uint32_t i = CLAIMED; i <= CLAIMED + 1; i++) {
        code_serial_format(PACK, i, 99, serial);
        snprintf(target, sizeof target, "/v1/codes/%s%%2F01%%2F" PACK_GTIN "%%2F21%%2F%s", SHOP, serial);
        get(f, target, 200);
        assert_true(says(f, "\"verdict\":\"never_issued\"") && says(f, "\"issued\":\"no\""));
        struct span none;
        assert_false(value_get(buffer_span(&f->value), "claim", &none));
        assert_false(value_get(buffer_span(&f->value), "voided", &none));
    }
    /* Beyond the pack, and of no pack: said without leaves. */
    code_serial_format(PACK, CODES, 1, serial);
    snprintf(target, sizeof target, "/v1/codes/%s%%2F01%%2F" PACK_GTIN "%%2F21%%2F%s", SHOP, serial);
    get(f, target, 200);
    assert_true(says(f, "\"verdict\":\"never_issued\""));
    get(f, "/v1/codes/" SHOP "%2F01%2F" PACK_GTIN "%2F21%2FZZZZZ0000ZZZZZZZZZZZ", 200);
    assert_true(says(f, "\"verdict\":\"never_issued\""));
    /* The same serial under another GTIN. */
    snprintf(target, sizeof target, "/v1/codes/%s%%2F01%%2F06972230100017%%2F21%%2F%s", SHOP, f->codes[2].serial);
    get(f, target, 200);
    assert_true(says(f, "\"verdict\":\"never_issued\""));
    get(f, "/v1/codes/" SHOP "%2F01%2F" PACK_GTIN "%2F21%2F1001", 200);
    assert_true(says(f, "\"verdict\":\"no_code\""));
    get(f, "/v1/codes/hello", 200);
    assert_true(says(f, "\"verdict\":\"no_code\""));
}

static void packs_and_lists(void **state) {
    struct fixture *f = *state;
    struct leaves_pack other = f->p.pack;
    assert_true(pack_id_make(span_text(PACK_GTIN), span_text("ZZZZ0"), other.id));
    issue(f, &other, PRODUCT);
    void_one(f, VOIDED);
    get(f, "/v1/packs/" PACK_GTIN "/" PACK, 200);
    assert_true(says(f, "\"count\":1030") && says(f, "\"voided\":[{\"first\":1028,\"last\":1028}]") && says(f, "\"reason\":9"));
    get(f, "/v1/packs/" PACK_GTIN "/AAAAA", 404);
    get(f, "/v1/packs/" PACK_GTIN "/aaaaa", 404);
    for (int by = 0; by < 2; by++) {
        const char *path = by ? "/v1/things/https%3A%2F%2Fshop.example%2Fgtin%2F06901234567892/packs" : "/v1/members/farm-1/packs";
        char target[256];
        struct unpack u;
        struct span next;
        snprintf(target, sizeof target, "%s?limit=2", path);
        get(f, target, 200);
        assert_true(says(f, "/ABC12\"") && says(f, "/" PACK "\""));
        assert_true(value_get(buffer_span(&f->value), "next", &next));
        unpack_init(&u, next);
        snprintf(target, sizeof target, "%s?limit=2&cursor=%llu", path, (unsigned long long)unpack_uint(&u, UINT64_MAX));
        get(f, target, 200);
        assert_true(says(f, "/ZZZZ0\""));
        assert_false(value_get(buffer_span(&f->value), "next", &next));
    }
    get(f, "/v1/members/bureau/packs", 200);
    assert_true(says(f, "\"packs\":[]"));
    get(f, "/v1/things/https%3A%2F%2Fid.gs1.org%2F01%2F" PACK_GTIN "%2F10%2FLOT1/packs", 200);
    assert_true(says(f, "\"packs\":[]"));
}

int main(void) {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {TEST(a_code_and_what_becomes_of_it), TEST(never_issued), TEST(packs_and_lists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
