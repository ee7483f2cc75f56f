/* The status tree against its recursive definition (SPEC S2), over random inserts, overwrites and
 * removals, with and without a cache; and its proofs, every byte of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/status.h"
#include "tests/unit/rows_memory.h"

struct pair {
    struct digest key, value; /* value hash; zero: removed */
    uint32_t order;           /* later ones win */
};

struct model {
    struct pair *list; /* sorted by key between steps */
    uint32_t count;
};

static uint64_t random_state = 88172645463325252u;
static uint64_t random_next(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static bool bit(const struct digest *k, uint32_t i) {
    return k->b[i / 8] & (0x80 >> i % 8);
}

/* SPEC S2: "an empty subtree is 32 zero bytes, a subtree with one leaf is that leaf" */
static struct digest brute(const struct model *m, uint32_t from, uint32_t count, uint32_t depth) {
    struct digest none = {{0}};
    if (count == 0) return none;
    if (count == 1) return status_leaf_hash(&m->list[from].key, &m->list[from].value);
    uint32_t left = 0;
    while (left < count && !bit(&m->list[from + left].key, depth))
        left++;
    struct digest l = brute(m, from, left, depth + 1),
                  r = brute(m, from + left, count - left, depth + 1), d;
    struct sha256 h;
    sha256_init(&h);
    sha256_add(&h, "\x03", 1);
    sha256_add(&h, l.b, 32);
    sha256_add(&h, r.b, 32);
    sha256_final(&h, &d);
    return d;
}

static void model_set(struct model *m, const struct digest *key, const struct digest *value) {
    m->list[m->count] = (struct pair){*key, value ? *value : (struct digest){{0}}, m->count};
    m->count++;
}

static int pair_compare(const void *a, const void *b) {
    const struct pair *x = a, *y = b;
    int order = memcmp(x->key.b, y->key.b, 32);
    return order ? order : x->order < y->order ? -1 : 1;
}

static void model_settle(struct model *m) {
    uint32_t n = 0;
    qsort(m->list, m->count, sizeof *m->list, pair_compare);
    for (uint32_t i = 0; i < m->count; i++) {
        bool last = i + 1 == m->count || !digest_equal(&m->list[i].key, &m->list[i + 1].key);
        if (last && !digest_is_zero(&m->list[i].value)) {
            m->list[n] = m->list[i];
            m->list[n].order = n;
            n++;
        }
    }
    m->count = n;
}

static struct digest key_number(uint64_t n) {
    uint8_t b[8];
    put_u64(b, n);
    return status_key(3, span_of(b, 8));
}

struct world {
    struct rows rows;
    struct model model;
    struct status_head head;
    struct status_cache *cache;
};

static void world_begin(struct world *w, uint32_t max, size_t cache_bytes) {
    *w = (struct world){.head = status_head_empty};
    rows_init(&w->rows);
    w->model.list = calloc(max, sizeof *w->model.list);
    w->cache = cache_bytes ? status_cache_new(cache_bytes) : NULL;
}

static void world_end(struct world *w) {
    rows_free(&w->rows);
    free(w->model.list);
    status_cache_free(w->cache);
}

static void step(struct world *w, uint32_t edits, uint64_t space, uint32_t removals_percent) {
    struct changes *c = changes_new();
    for (uint32_t i = 0; i < edits; i++) {
        uint8_t value[9] = {0x90};
        struct digest key = key_number(random_next() % space);
        put_u64(value + 1, random_next());
        if (random_next() % 100 < removals_percent) {
            status_delete(c, &key);
            model_set(&w->model, &key, NULL);
        } else {
            struct digest v = status_value_hash(span_of(value, sizeof value));
            status_put(c, &key, span_of(value, sizeof value));
            model_set(&w->model, &key, &v);
        }
    }
    status_commit(w->rows.reader, &w->head, c, w->cache, &w->head);
    rows_take(&w->rows, c);
    model_settle(&w->model);
    struct digest expected = brute(&w->model, 0, w->model.count, 0);
    assert_int_equal(w->head.count, w->model.count);
    assert_true(digest_equal(&w->head.root, &expected));
}

static void roots_equal_the_definition(void **state) {
    (void)state;
    const size_t caches[] = {0, 3000, 1 << 20};
    for (size_t k = 0; k < sizeof caches / sizeof *caches; k++) {
        struct world w;
        world_begin(&w, 20000, caches[k]);
        for (uint32_t i = 0; i < 60; i++)
            step(&w, 1 + (uint32_t)(random_next() % 40), 300, i % 20 < 10 ? 20 : 80);
        for (uint32_t i = 0; i < 30; i++)
            step(&w, 500, 12000, i < 15 ? 5 : 70);
        while (w.model.count > 0) {
            struct changes *c = changes_new();
            for (uint32_t i = 0, n = w.model.count; i < 400; i++) {
                struct digest key = w.model.list[random_next() % n].key;
                status_delete(c, &key);
                model_set(&w.model, &key, NULL);
            }
            model_settle(&w.model);
            status_commit(w.rows.reader, &w.head, c, w.cache, &w.head);
            rows_take(&w.rows, c);
            struct digest expected = brute(&w.model, 0, w.model.count, 0);
            assert_true(digest_equal(&w.head.root, &expected));
        }
        assert_true(digest_is_zero(&w.head.root));
        struct status_head again;
        status_recompute(w.rows.reader, &again);
        assert_int_equal(again.count, 0);
        world_end(&w);
    }
}

/* A cache that stood at another root forgets it: here the same block is executed twice with one
 * cache. */
static void a_cache_of_another_state_does_no_harm(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 4000, 1 << 20);
    for (uint32_t i = 0; i < 5; i++)
        step(&w, 300, 2000, 10);
    struct status_head before = w.head, first, second;
    for (int round = 0; round < 2; round++) {
        struct changes *c = changes_new();
        uint8_t value[2] = {0x91, (uint8_t)round};
        for (uint64_t n = 0; n < 50; n++) {
            struct digest key = key_number(n * 31);
            status_put(c, &key, span_of(value, 2));
        }
        status_commit(w.rows.reader, &before, c, w.cache, round ? &second : &first);
        struct status_head alone;
        struct changes *again = changes_new();
        for (size_t i = 0; i < changes_count(c); i++) {
            const struct change *at = changes_at(c, i);
            if (at->key.data[0] == 'V') changes_put(again, at->table, at->key, at->value);
        }
        status_commit(w.rows.reader, &before, again, NULL, &alone);
        assert_true(digest_equal(&alone.root, &(round ? &second : &first)->root));
        changes_free(again);
        changes_free(c);
    }
    world_end(&w);
}

static void large_tree(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 140000, 4 << 20);
    for (uint32_t i = 0; i < 10; i++)
        step(&w, 12000, 1u << 30, 0);
    assert_true(w.head.count > 100000);
    step(&w, 2000, 1u << 30, 50);
    struct status_head again;
    status_recompute(w.rows.reader, &again);
    assert_true(digest_equal(&again.root, &w.head.root));
    for (uint32_t i = 0; i < 2000; i++) {
        struct status_proof p;
        bool present = i % 2;
        uint32_t at = (uint32_t)(random_next() % w.model.count);
        struct digest key = present ? w.model.list[at].key : key_number(random_next() | 1ull << 62);
        status_prove(w.rows.reader, &w.head, &key, &p);
        assert_int_equal(p.terminal == STATUS_MATCH, present);
        assert_int_equal(
            status_proof_verify(&p, &key, present ? &w.model.list[at].value : NULL, &w.head.root),
            OK);
    }
    world_end(&w);
}

/* The bytes of a proof: decode, verify. */
static enum err check_bytes(struct span in, const struct digest *key, const struct digest *value,
                            const struct digest *root) {
    struct status_proof p;
    struct unpack u;
    unpack_init(&u, in);
    if (!status_proof_read(&u, &p)) return u.err;
    enum err e = unpack_end(&u);
    return e ? e : status_proof_verify(&p, key, value, root);
}

static void no_byte_of_a_proof_can_be_changed(void **state) {
    (void)state;
    uint32_t seen[3] = {0};
    for (uint32_t size = 0; size < 60; size++) {
        struct world w;
        world_begin(&w, 100, 0);
        if (size > 0) step(&w, size, 1000, 0);
        for (uint64_t n = 0; n < 12; n++) {
            struct digest key = key_number(size && n < 4 ? 0 : 1000 + n);
            if (size && n < 4) key = w.model.list[random_next() % w.model.count].key;
            struct digest *value = NULL;
            for (uint32_t i = 0; i < w.model.count; i++)
                if (digest_equal(&w.model.list[i].key, &key)) value = &w.model.list[i].value;
            struct status_proof p;
            struct buffer b CLEANUP(buffer_free) = {0};
            buffer_init(&b, 1 << 16);
            status_prove(w.rows.reader, &w.head, &key, &p);
            seen[p.terminal]++;
            status_proof_write(&p, &b);
            assert_int_equal(check_bytes(buffer_span(&b), &key, value, &w.head.root), OK);
            for (size_t i = 0; i < b.len; i++) {
                for (int k = 0; k < 8; k++) {
                    b.data[i] ^= (uint8_t)(1 << k);
                    assert_int_not_equal(check_bytes(buffer_span(&b), &key, value, &w.head.root),
                                         OK);
                    b.data[i] ^= (uint8_t)(1 << k);
                }
            }
            for (size_t i = 0; i < b.len; i++)
                assert_int_not_equal(check_bytes(span_of(b.data, i), &key, value, &w.head.root),
                                     OK);
            struct digest other = key_number(n + 5000);
            if (p.terminal == STATUS_MATCH || p.depth > 3)
                assert_int_not_equal(check_bytes(buffer_span(&b), &other, value, &w.head.root) ==
                                             OK &&
                                         p.terminal == STATUS_MATCH,
                                     true);
        }
        world_end(&w);
    }
    assert_true(seen[STATUS_EMPTY] > 5 && seen[STATUS_MATCH] > 5 && seen[STATUS_OTHER] > 5);
}

/* Keys that share all but their last bits, which nobody can find by hashing: proofs of every depth to 256,
 * whole and with each part of their form bent. */
static void proofs_reach_the_last_bit(void **state) {
    (void)state;
    struct world w;
    struct digest base = {{0x5a}}, keys[257];
    world_begin(&w, 300, 0);
    struct changes *c = changes_new();
    keys[0] = base;
    status_put(c, &keys[0], span_text("0"));
    for (uint32_t i = 1; i <= 256; i++) { /* differs first at depth i - 1 */
        keys[i] = base;
        keys[i].b[(i - 1) / 8] ^= (uint8_t)(0x80 >> (i - 1) % 8);
        if (i % 3 != 0) status_put(c, &keys[i], span_text("x"));
    }
    struct status_head head;
    status_commit(w.rows.reader, &w.head, c, NULL, &head);
    rows_take(&w.rows, c);
    struct status_head again;
    status_recompute(w.rows.reader, &again);
    assert_true(again.count == head.count && digest_equal(&again.root, &head.root));
    uint32_t deepest = 0;
    for (uint32_t i = 0; i <= 256; i++) {
        struct status_proof p, bent;
        bool there = i == 0 || i % 3 != 0;
        struct digest value = status_value_hash(span_text(i == 0 ? "0" : "x"));
        status_prove(w.rows.reader, &head, &keys[i], &p);
        if (p.depth > deepest) deepest = p.depth;
        assert_int_equal(p.terminal == STATUS_MATCH, there);
        assert_int_equal(status_proof_verify(&p, &keys[i], &value, &head.root), OK);
        assert_int_not_equal(status_proof_verify(&p, &keys[(i + 1) % 257], &value, &head.root), OK);
        bent = p;
        bent.depth = p.depth + 1;
        assert_int_not_equal(status_proof_verify(&bent, &keys[i], &value, &head.root), OK);
        if (p.depth == 0) continue;
        bent = p;
        bent.depth--;
        assert_int_not_equal(status_proof_verify(&bent, &keys[i], &value, &head.root), OK);
        bent = p; /* an empty sibling spelled out */
        bent.siblings_count--;
        assert_int_not_equal(status_proof_verify(&bent, &keys[i], &value, &head.root), OK);
        bent = p; /* what is there, told as absent */
        bent.terminal = STATUS_EMPTY;
        assert_int_not_equal(there ? status_proof_verify(&bent, &keys[i], NULL, &head.root) : 1, OK);
        bent.terminal = STATUS_OTHER;
        bent.other_key = keys[i];
        bent.other_value_hash = value;
        assert_int_not_equal(status_proof_verify(&bent, &keys[i], NULL, &head.root), OK);
    }
    assert_int_equal(deepest, STATUS_DEPTH_MAX);
    world_end(&w);
}

/* The empty tree and the tree of one: depth 0. */
static void the_smallest_trees(void **state) {
    (void)state;
    struct world w;
    struct status_proof p;
    struct digest a = {{1}}, b = {{2}}, value = status_value_hash(span_text("v"));
    world_begin(&w, 10, 0);
    status_prove(w.rows.reader, &w.head, &a, &p);
    assert_true(p.depth == 0 && p.terminal == STATUS_EMPTY && p.siblings_count == 0);
    assert_int_equal(status_proof_verify(&p, &a, NULL, &status_head_empty.root), OK);
    struct changes *c = changes_new();
    struct status_head head;
    status_put(c, &a, span_text("v"));
    status_commit(w.rows.reader, &w.head, c, NULL, &head);
    rows_take(&w.rows, c);
    assert_int_equal(status_proof_verify(&p, &a, NULL, &head.root), ERR_STATUS_PROOF);
    status_prove(w.rows.reader, &head, &a, &p);
    assert_true(p.depth == 0 && p.terminal == STATUS_MATCH);
    assert_int_equal(status_proof_verify(&p, &a, &value, &head.root), OK);
    assert_int_equal(status_proof_verify(&p, &a, NULL, &head.root), ERR_STATUS_PROOF);
    assert_int_equal(status_proof_verify(&p, &b, &value, &head.root), ERR_STATUS_PROOF);
    status_prove(w.rows.reader, &head, &b, &p);
    assert_true(p.depth == 0 && p.terminal == STATUS_OTHER);
    assert_int_equal(status_proof_verify(&p, &b, NULL, &head.root), OK);
    assert_int_equal(status_proof_verify(&p, &a, NULL, &head.root), ERR_STATUS_PROOF); /* not of itself */
    /* a key put and dropped in one block leaves the tree as it was */
    c = changes_new();
    struct status_head same;
    status_put(c, &b, span_text("w"));
    status_delete(c, &b);
    status_commit(w.rows.reader, &head, c, NULL, &same);
    rows_take(&w.rows, c);
    assert_true(same.count == 1 && digest_equal(&same.root, &head.root));
    world_end(&w);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_equal_the_definition),
        cmocka_unit_test(a_cache_of_another_state_does_no_harm),
        cmocka_unit_test(large_tree),
        cmocka_unit_test(no_byte_of_a_proof_can_be_changed),
        cmocka_unit_test(proofs_reach_the_last_bit),
        cmocka_unit_test(the_smallest_trees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
