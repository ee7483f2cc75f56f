/* What codes cost: to make a pack (serials, inner codes, claim keys, hashes, tree), to check its leaves, to prove one code, and to
 * admit and execute packs and claims. One JSON object per line. Run it in a release build; the argument is the number of codes of the
 * pack (1,000,000). One thread. */
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "tests/unit/code_world.h"

enum { RECORDS = 200, PATHS = 2000 };

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static long peak_kib(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

/* Of this process: what it costs on a machine that others use too. */
static double cpu_us(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

struct pack {
    uint32_t count;
    uint8_t *leaves;
    struct pack_tree tree;
    struct digest root;
};

static struct code random_code(uint32_t index, char inner[CODE_INNER_CHARS + 1]) {
    uint8_t random[8 + CODE_INNER_RANDOM_BYTES];
    char serial[CODE_SERIAL_CHARS + 1];
    struct code code;
    random_bytes(random, sizeof random);
    code_serial_format("BENCH", index, get_u64(random) >> 9, serial);
    code_inner_format(random + 8, inner);
    CHECK(code_make(span_text(GTIN_A), span_text(serial), &code));
    return code;
}

/* The whole, as a tool that prints labels does it. */
static void make(struct pack *p) {
    double began = now_us(), cpu_began = cpu_us(), keys_us = 0;
    long before = peak_kib();
    for (uint32_t i = 0; i < p->count; i++) {
        char inner[CODE_INNER_CHARS + 1];
        struct keypair keys;
        struct code code = random_code(i, inner);
        double at = now_us();
        claim_key(&code, inner, &keys);
        keys_us += now_us() - at;
        struct digest hash = code_hash(span_text("farm1"), &code);
        pack_entry_write(&hash, &keys.public_key, p->leaves + (size_t)i * PACK_ENTRY_BYTES);
        pack_tree_add(&p->tree, &hash, &keys.public_key);
    }
    pack_tree_finish(&p->tree, &p->root);
    double us = now_us() - began, cpu = cpu_us() - cpu_began;
    printf("{\"bench\":\"codes.make\",\"codes\":%u,\"seconds\":%.2f,\"cpu_seconds\":%.2f,\"codes_per_s\":%.0f,\"claim_key_us\":%.2f,"
           "\"leaves_bytes\":%zu,\"tree_bytes\":%zu,\"peak_kib\":%ld,\"peak_kib_before\":%ld}\n",
           p->count, us / 1e6, cpu / 1e6, p->count / us * 1e6, keys_us / p->count, (size_t)p->count * PACK_ENTRY_BYTES, sizeof p->tree,
           peak_kib(), before);
}

static struct span chunk_of(const struct pack *p, uint32_t chunk) {
    return span_of(p->leaves + (size_t)chunk * PACK_CHUNK_BYTES, (size_t)pack_chunk_codes(p->count, chunk) * PACK_ENTRY_BYTES);
}

/* What a node does that receives them. */
static void receive(const struct pack *p) {
    uint32_t chunks = pack_chunks(p->count);
    double began = now_us();
    CHECK(pack_chunks_check(p->tree.chunks, chunks, p->count, &p->root));
    double list_us = now_us() - began;
    for (uint32_t i = 0; i < chunks; i++)
        CHECK(pack_chunk_check(chunk_of(p, i), i, p->count, &p->tree.chunks[i]));
    double us = now_us() - began;
    printf("{\"bench\":\"codes.leaves_check\",\"codes\":%u,\"chunks\":%u,\"seconds\":%.3f,\"chunk_us\":%.1f,\"list_us\":%.1f}\n", p->count,
           chunks, us / 1e6, (us - list_us) / chunks, list_us);
}

static void prove(const struct pack *p) {
    struct digest path[PACK_PATH_MAX], hash;
    struct pubkey key;
    double path_us = 0, check_us = 0;
    uint32_t longest = 0;
    for (uint32_t i = 0; i < PATHS; i++) {
        uint32_t index = (uint32_t)((uint64_t)i * p->count / PATHS);
        double at = now_us();
        uint32_t n = pack_path(chunk_of(p, index / PACK_CHUNK_CODES), p->tree.chunks, p->count, index, path);
        path_us += now_us() - at;
        pack_entry_read(p->leaves + (size_t)index * PACK_ENTRY_BYTES, &hash, &key);
        at = now_us();
        CHECK(pack_path_check(index, &hash, &key, path, n, p->count, &p->root));
        check_us += now_us() - at;
        if (n > longest) longest = n;
    }
    /* P12: [leaf as bytes, path], each digest with two bytes before it. */
    size_t bytes = 1 + 2 + CODE_LEAF_BYTES_MAX + 3 + (size_t)longest * 34;
    printf("{\"bench\":\"codes.path\",\"codes\":%u,\"path_us\":%.1f,\"check_us\":%.2f,\"hashes\":%u,\"leaf_and_path_bytes\":%zu}\n", p->count,
           path_us / PATHS, check_us / PATHS, longest, bytes);
}

/* A block of records of one kind, executed. */
static void execute(struct world *w, const char *what, uint32_t records) {
    double began = now_us();
    CHECK(world_close(w, 1000) == OK);
    double us = now_us() - began;
    for (uint32_t i = 0; i < records; i++)
        CHECK(w->results[i].code == RESULT_ACCEPTED);
    printf("{\"bench\":\"codes.execute_%s\",\"records\":%u,\"us_per_record\":%.1f}\n", what, records, us / records);
}

static void ledger(const struct pack *p) {
    struct world w;
    struct record record;
    world_begin(&w, 1);
    struct world_pack issued = {.count = p->count, .root = p->root};
    for (uint32_t i = 0; i < RECORDS; i++) { /* as many packs of the largest size: only root and count are told */
        char name[CODE_PACK_CHARS + 1];
        code_pack_format(i, name);
        CHECK(pack_id_make(span_text(GTIN_A), span_text(name), issued.id));
        world_issue_pack(&w, "farm1", &issued, PRODUCT_A, "");
    }
    execute(&w, "packs", RECORDS);
    struct world_pack *small = world_pack_make(&w, "farm1", "ZZZZZ", RECORDS);
    world_issue_pack(&w, "farm1", small, PRODUCT_A, "");
    CHECK(world_close(&w, 1000) == OK);
    double check_us = 0;
    for (uint32_t i = 0; i < RECORDS; i++) {
        struct claim claim = world_claim_of(&w, small, i, "330302", (uint8_t)i);
        uint32_t at = world_claim(&w, "farm2", &claim);
        double began = now_us();
        CHECK(record_check(&w.genesis->params, w.block[at], &w.arena, &record, NULL) == OK);
        check_us += now_us() - began;
    }
    printf("{\"bench\":\"codes.admit_claim\",\"us\":%.1f}\n", check_us / RECORDS);
    execute(&w, "claims", RECORDS);
    world_end(&w);
}

int main(int argc, char **argv) {
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : PACK_CODES_MAX;
    if (count < 1 || count > PACK_CODES_MAX) {
        fprintf(stderr, "usage: bench_genesis_codes [1 to %d codes]\n", PACK_CODES_MAX);
        return 2;
    }
    crypto_start();
    struct pack *p = check_alloc(1, sizeof *p);
    p->count = (uint32_t)count;
    p->leaves = check_alloc(count, PACK_ENTRY_BYTES);
    make(p);
    receive(p);
    prove(p);
    ledger(p);
    free(p->leaves);
    free(p);
    return 0;
}
