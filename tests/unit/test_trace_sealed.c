/* What opens hidden values (SPEC U): sealed for one record and tier, wrapped for one key, and nothing else opens them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "trace/deletion.h"
#include "trace/hidden.h"
#include "trace/sealed.h"

struct stage {
    struct keypair farm, buyer, thief;
    struct digest chain_id;
    struct sealed_of of;
    struct sealed_key key;
    uint8_t nonce[SEALED_NONCE_BYTES];
    struct buffer price, file;
    struct sealed_opening list[2];
    struct sealed_openings openings;
    struct arena arena;
};

static void keys_of(const char *name, struct keypair *ret) {
    struct seed s;
    struct digest d = sha256(span_text(name));
    memcpy(s.b, d.b, sizeof s.b);
    key_from_seed(&s, ret);
}

static void begin(struct stage *s) {
    *s = (struct stage){.chain_id = sha256(span_text("chain")), .nonce = {1}, .key = {{2}}};
    keys_of("farm", &s->farm);
    keys_of("buyer", &s->buyer);
    keys_of("thief", &s->thief);
    s->of = (struct sealed_of){&s->chain_id, sha256(span_text("record")), TIER_PARTNER};
    buffer_init(&s->price, 64);
    buffer_init(&s->file, SEALED_FILE_BYTES_MAX);
    arena_init(&s->arena, 4 << 20);
    pack_text(&s->price, span_text("12.80"));
    s->list[0] = (struct sealed_opening){2, span_text("/price"), buffer_span(&s->price), {7}};
    s->list[1] = (struct sealed_opening){0, span_text("/zeta"), buffer_span(&s->price), {8}};
    s->openings = (struct sealed_openings){s->list, 2};
    sealed_openings_sort(&s->openings);
    assert_int_equal(sealed_seal(&s->of, &s->openings, &s->key, s->nonce, &s->farm, &s->file), OK);
}

static void end(struct stage *s) {
    buffer_free(&s->price);
    buffer_free(&s->file);
    arena_free(&s->arena);
}

static enum err opens(struct stage *s, struct span file, const struct sealed_of *of, const struct pubkey *signer,
                      const struct sealed_key *key, struct sealed_openings *ret) {
    struct buffer plain CLEANUP(buffer_free) = {0};
    struct sealed_file f;
    buffer_init(&plain, SEALED_PLAIN_BYTES_MAX);
    enum err e = sealed_file_check(file, of, signer, &f);
    if (e == OK) e = sealed_open(&f, of, key, &plain, &s->arena, ret);
    if (e == OK) { /* openings borrow from what is freed here */
        for (uint32_t i = 0; i < ret->count; i++) {
            ret->list[i].name = arena_copy(&s->arena, ret->list[i].name);
            ret->list[i].value = arena_copy(&s->arena, ret->list[i].value);
        }
    }
    return e;
}

static void sealed_and_opened(void **state) {
    (void)state;
    struct stage s;
    struct sealed_openings o;
    begin(&s);
    assert_int_equal(opens(&s, buffer_span(&s.file), &s.of, &s.farm.public_key, &s.key, &o), OK);
    assert_int_equal(o.count, 2);
    assert_int_equal(o.list[0].item, 0);
    assert_int_equal(o.list[1].item, 2);
    assert_true(span_is(o.list[1].name, "/price"));
    assert_true(span_equal(o.list[1].value, buffer_span(&s.price)));
    assert_int_equal(o.list[1].salt[0], 7);
    end(&s);
}

/* The liars: another record's file, another tier's, another chain's, another signer's; a byte changed; another key. */
static void nothing_else_opens(void **state) {
    (void)state;
    struct stage s;
    struct sealed_openings o;
    begin(&s);
    struct sealed_of other = s.of;
    struct digest chain = sha256(span_text("another chain"));
    other.wire_id.b[0] ^= 1;
    assert_int_equal(opens(&s, buffer_span(&s.file), &other, &s.farm.public_key, &s.key, &o), ERR_SEALED_OTHER);
    other = s.of;
    other.tier = TIER_REGULATOR;
    assert_int_equal(opens(&s, buffer_span(&s.file), &other, &s.farm.public_key, &s.key, &o), ERR_SEALED_OTHER);
    other = s.of;
    other.chain_id = &chain;
    assert_int_equal(opens(&s, buffer_span(&s.file), &other, &s.farm.public_key, &s.key, &o), ERR_SIGNATURE);
    assert_int_equal(opens(&s, buffer_span(&s.file), &s.of, &s.thief.public_key, &s.key, &o), ERR_SIGNATURE);
    struct sealed_key wrong = {{3}};
    assert_int_equal(opens(&s, buffer_span(&s.file), &s.of, &s.farm.public_key, &wrong, &o), ERR_SEALED_KEY);
    for (size_t i = 0; i < s.file.len; i++) {
        s.file.data[i] ^= 0x40;
        if (opens(&s, buffer_span(&s.file), &s.of, &s.farm.public_key, &s.key, &o) == OK) fail_msg("byte %zu changed", i);
        s.file.data[i] ^= 0x40;
        if (opens(&s, span_of(s.file.data, i), &s.of, &s.farm.public_key, &s.key, &o) == OK) fail_msg("cut at %zu", i);
    }
    end(&s);
}

static void length_says_little(void **state) {
    (void)state;
    struct stage s;
    begin(&s);
    size_t first = s.file.len;
    char text[400];
    memset(text, 'x', sizeof text);
    for (size_t n = 1; n < 300; n += 13) {
        buffer_clear(&s.price);
        buffer_clear(&s.file);
        pack_text(&s.price, span_of(text, n));
        s.openings.list[1].value = buffer_span(&s.price);
        s.openings.list[0].value = span_of("\xc0", 1);
        assert_int_equal(sealed_seal(&s.of, &s.openings, &s.key, s.nonce, &s.farm, &s.file), OK);
        assert_int_equal(s.file.len, first);
    }
    end(&s);
}

static void too_much_is_refused(void **state) {
    (void)state;
    struct stage s;
    begin(&s);
    uint8_t *big = calloc(SEALED_PLAIN_BYTES_MAX, 1);
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, 2 * SEALED_PLAIN_BYTES_MAX);
    pack_bytes(&value, span_of(big, SEALED_PLAIN_BYTES_MAX - 64));
    s.list[0].value = buffer_span(&value);
    buffer_clear(&s.file);
    assert_int_equal(sealed_seal(&s.of, &s.openings, &s.key, s.nonce, &s.farm, &s.file), ERR_SEALED_SIZE);
    s.openings.count = 0;
    assert_int_equal(sealed_seal(&s.of, &s.openings, &s.key, s.nonce, &s.farm, &s.file), ERR_SEALED_OPENINGS);
    struct sealed_file f;
    assert_int_equal(sealed_file_check(span_of(big, SEALED_FILE_BYTES_MAX + 1), &s.of, &s.farm.public_key, &f), ERR_SEALED_SIZE);
    free(big);
    end(&s);
}

static void openings_have_an_order(void **state) {
    (void)state;
    struct stage s;
    struct sealed_openings o;
    struct buffer b CLEANUP(buffer_free) = {0};
    begin(&s);
    buffer_init(&b, 4096);
    sealed_openings_encode(&s.openings, &b);
    assert_int_equal(sealed_openings_decode(buffer_span(&b), &s.arena, &o), OK);
    struct sealed_opening first = s.list[0];
    s.list[0] = s.list[1];
    s.list[1] = first;
    buffer_clear(&b);
    sealed_openings_encode(&s.openings, &b);
    assert_int_equal(sealed_openings_decode(buffer_span(&b), &s.arena, &o), ERR_SEALED_OPENINGS);
    s.list[1] = s.list[0];
    buffer_clear(&b);
    sealed_openings_encode(&s.openings, &b);
    assert_int_equal(sealed_openings_decode(buffer_span(&b), &s.arena, &o), ERR_SEALED_OPENINGS);
    s.openings.count = 1;
    s.list[0].value = span_of("\xc1", 1); /* no value */
    buffer_clear(&b);
    sealed_openings_encode(&s.openings, &b);
    assert_int_equal(sealed_openings_decode(buffer_span(&b), &s.arena, &o), ERR_SEALED_OPENINGS);
    end(&s);
}

static void a_wrap_is_for_one_key(void **state) {
    (void)state;
    struct stage s;
    struct sealed_keys keys = {.count = 2}, got;
    struct buffer b CLEANUP(buffer_free) = {0};
    uint8_t boxes[2][WRAP_BYTES];
    struct sealed_key opened;
    begin(&s);
    buffer_init(&b, SEALED_KEYS_BYTES_MAX);
    assert_true(secret_wrap(&s.buyer.public_key, s.key.b, boxes[0]));
    assert_true(secret_wrap(&s.farm.public_key, s.key.b, boxes[1]));
    keys.sealed = sealed_id(buffer_span(&s.file));
    keys.wraps[0] = (struct sealed_wrap){s.buyer.public_key, span_of(boxes[0], WRAP_BYTES)};
    keys.wraps[1] = (struct sealed_wrap){s.farm.public_key, span_of(boxes[1], WRAP_BYTES)};
    sealed_keys_make(&s.of, &keys, &s.farm, &b);
    assert_int_equal(sealed_keys_check(buffer_span(&b), &s.of, &s.farm.public_key, &got), OK);
    assert_int_equal(got.count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        bool buyers = pubkey_equal(&got.wraps[i].recipient, &s.buyer.public_key);
        assert_int_equal(secret_unwrap(&s.buyer, got.wraps[i].secret.data, opened.b), buyers);
        assert_false(secret_unwrap(&s.thief, got.wraps[i].secret.data, opened.b));
        if (buyers) assert_memory_equal(opened.b, s.key.b, 32);
    }
    assert_int_equal(sealed_keys_check(buffer_span(&b), &s.of, &s.thief.public_key, &got), ERR_SIGNATURE);
    struct sealed_of three = s.of;
    three.tier = TIER_DELETABLE;
    assert_int_equal(sealed_keys_check(buffer_span(&b), &three, &s.farm.public_key, &got), ERR_SEALED_OTHER);
    for (size_t i = 0; i < b.len; i++) {
        b.data[i] ^= 1;
        if (sealed_keys_check(buffer_span(&b), &s.of, &s.farm.public_key, &got) == OK) fail_msg("byte %zu changed", i);
        b.data[i] ^= 1;
    }
    /* A wrap where the key should be, and the reverse. */
    buffer_clear(&b);
    keys.count = 1;
    sealed_keys_make(&three, &keys, &s.farm, &b);
    assert_int_equal(sealed_keys_check(buffer_span(&b), &three, &s.farm.public_key, &got), ERR_SEALED_FORM);
    buffer_clear(&b);
    keys.wraps[0].secret = span_of(s.key.b, 32);
    sealed_keys_make(&s.of, &keys, &s.farm, &b);
    assert_int_equal(sealed_keys_check(buffer_span(&b), &s.of, &s.farm.public_key, &got), ERR_SEALED_FORM);
    buffer_clear(&b);
    keys.wraps[0].recipient = (struct pubkey){{0}};
    sealed_keys_make(&three, &keys, &s.farm, &b);
    assert_int_equal(sealed_keys_check(buffer_span(&b), &three, &s.farm.public_key, &got), OK);
    end(&s);
}

/* A request is fresh, of one record and tier, and signed by whom it is for. */
static void a_request_is_fresh(void **state) {
    (void)state;
    struct stage s;
    struct sealed_request r;
    struct buffer b CLEANUP(buffer_free) = {0};
    uint64_t now = 1780272000000;
    begin(&s);
    buffer_init(&b, SEALED_REQUEST_BYTES_MAX);
    sealed_request_make(&s.of, now, &s.buyer, &b);
    assert_int_equal(sealed_request_check(buffer_span(&b), &s.of, now + 60000, &r), OK);
    assert_true(pubkey_equal(&r.recipient, &s.buyer.public_key));
    assert_int_equal(sealed_request_check(buffer_span(&b), &s.of, now - 60000, &r), OK);
    assert_int_equal(sealed_request_check(buffer_span(&b), &s.of, now + 60001, &r), ERR_SEALED_TIME);
    assert_int_equal(sealed_request_check(buffer_span(&b), &s.of, now - 60001, &r), ERR_SEALED_TIME);
    struct sealed_of other = s.of;
    other.wire_id.b[5] ^= 1;
    assert_int_equal(sealed_request_check(buffer_span(&b), &other, now, &r), ERR_SEALED_OTHER);
    for (size_t i = 0; i < b.len; i++) {
        b.data[i] ^= 1;
        if (sealed_request_check(buffer_span(&b), &s.of, now, &r) == OK) fail_msg("byte %zu changed", i);
        b.data[i] ^= 1;
    }
    end(&s);
}

/* ---- places ---- */

static struct span fields_of(const char *json, struct buffer *out) {
    assert_int_equal(json_parse(span_text(json), out, NULL), OK);
    return buffer_span(out);
}

static void places_have_pointers(void **state) {
    (void)state;
    struct buffer json CLEANUP(buffer_free) = {0}, one CLEANUP(buffer_free) = {0}, two CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0};
    struct hidden_place *places;
    struct hidden h = {.tier = TIER_PARTNER, .commitment = sha256(span_text("x"))};
    struct span found[4], value;
    uint32_t count;
    buffer_init(&json, 4096);
    buffer_init(&one, 4096);
    buffer_init(&two, 4096);
    arena_init(&arena, 1 << 20);
    struct span fields = fields_of("{\"a\":{\"b/c~d\":[1,{\"price\":3}]},\"price\":{\"price\":4},\"z\":5}", &json);
    assert_int_equal(hidden_find(fields, span_text("price"), &arena, 4, found), 3);
    assert_true(span_is(found[0], "/a/b~1c~0d/1/price"));
    assert_int_equal(hidden_find(fields, span_text("z"), &arena, 4, found), 1);
    assert_int_equal(hidden_find(fields, span_text("y"), &arena, 4, found), 0);
    assert_int_equal(hidden_find(fields, span_text("/price/price"), &arena, 4, found), 1);
    assert_false(hidden_value_at(fields, span_text("/pri"), &value));
    assert_false(hidden_value_at(fields, span_text("/a/b~1c~0d/2"), &value));
    assert_true(hidden_value_at(fields, span_text("/a/b~1c~0d/0"), &value));
    assert_true(hidden_put(fields, span_text("/a/b~1c~0d/1/price"), &h, &one));
    h.tier = TIER_DELETABLE;
    assert_true(hidden_put(buffer_span(&one), span_text("/price"), &h, &two));
    assert_int_equal(value_check(buffer_span(&two)), OK);
    assert_int_equal(hidden_tiers(buffer_span(&two)), 5);
    struct item items[] = {{.fields = fields}, {.fields = buffer_span(&two)}};
    assert_int_equal(hidden_places(items, 2, &arena, &places, &count), OK);
    assert_int_equal(count, 2);
    assert_int_equal(places[0].item, 1);
    assert_true(span_is(places[0].name, "/a/b~1c~0d/1/price"));
    assert_true(span_is(places[1].name, "/price"));
    assert_int_equal(places[1].hidden.tier, TIER_DELETABLE);
}

static void a_deletion_has_a_form(void **state) {
    (void)state;
    struct buffer b CLEANUP(buffer_free) = {0};
    struct deletion d = {.record = sha256(span_text("r")), .tiers = 5, .reason = 3}, got;
    buffer_init(&b, 256);
    deletion_fields(&d, &b);
    struct item item = {.type = ITEM_DELETION, .fields = buffer_span(&b)};
    assert_int_equal(deletion_decode(&item, &got), OK);
    assert_int_equal(got.tiers, 5);
    assert_int_equal(got.reason, 3);
    for (size_t cut = 0; cut < item.fields.len; cut++) {
        struct item bad = item;
        bad.fields = span_part(item.fields, 0, cut);
        assert_int_not_equal(deletion_decode(&bad, &got), OK);
    }
    const uint8_t wrong[] = {0, 8, 255};
    for (size_t i = 0; i < sizeof wrong; i++) {
        d.tiers = wrong[i];
        buffer_clear(&b);
        deletion_fields(&d, &b);
        item.fields = buffer_span(&b);
        assert_int_equal(deletion_decode(&item, &got), ERR_DELETION_FORM);
    }
    d.tiers = 1;
    buffer_clear(&b);
    deletion_fields(&d, &b);
    item.fields = buffer_span(&b);
    struct thing thing = thing_bare(4, span_text("urn:x:y"));
    item.things = &thing;
    item.things_count = 1;
    assert_int_equal(deletion_decode(&item, &got), ERR_DELETION_FORM);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_and_opened),      cmocka_unit_test(nothing_else_opens),
        cmocka_unit_test(length_says_little),     cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(openings_have_an_order), cmocka_unit_test(a_wrap_is_for_one_key),
        cmocka_unit_test(a_request_is_fresh),     cmocka_unit_test(places_have_pointers),
        cmocka_unit_test(a_deletion_has_a_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
