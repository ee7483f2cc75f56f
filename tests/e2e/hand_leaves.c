/* hand_leaves.c: code packs and their leaves, all from the pack's name and count.
 *
 * pack: writes the wire form of farm1's record that issues the pack to stdout.
 * leaves: gives hashes and the chunks FIRST to LAST to a node, and prints how many it took and how long.
 * whole: asks the nodes for every chunk of the pack; all must give the same bytes that were made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/record.h"
#include "tests/e2e/hand.h"
#include "trace/code_item.h"

#define PACK_GTIN "06901234567892"

enum { TIMEOUT_MS = 20000 };

struct made {
    struct pack_issued pack;
    uint8_t *entries;
    struct pack_tree tree;
};

static void entry_make(const char *id, uint32_t index, uint8_t ret[PACK_ENTRY_BYTES]) {
    uint8_t seed[PACK_ID_BYTES + 4];
    memcpy(seed, id, PACK_ID_BYTES);
    put_u32(seed + PACK_ID_BYTES, index);
    struct digest hash = sha256(span_of(seed, sizeof seed)), key = sha256(span_of(hash.b, 32));
    memcpy(ret, hash.b, 32);
    memcpy(ret + 32, key.b, 32);
}

static struct made *make(const char *pack, const char *count) {
    struct made *m = check_alloc(1, sizeof *m);
    m->pack.count = (uint32_t)number_of(count);
    CHECK(m->pack.count >= 1 && m->pack.count <= PACK_CODES_MAX);
    CHECK(pack_id_make(span_text(PACK_GTIN), span_text(pack), m->pack.pack_id));
    m->entries = check_alloc(m->pack.count, PACK_ENTRY_BYTES);
    for (uint32_t i = 0; i < m->pack.count; i++) {
        struct digest hash;
        struct pubkey key;
        entry_make(m->pack.pack_id, i, m->entries + (size_t)i * PACK_ENTRY_BYTES);
        pack_entry_read(m->entries + (size_t)i * PACK_ENTRY_BYTES, &hash, &key);
        pack_tree_add(&m->tree, &hash, &key);
    }
    pack_tree_finish(&m->tree, &m->pack.root);
    return m;
}

static void made_free(struct made *m) {
    free(m->entries);
    free(m);
}

static struct span chunk_of(const struct made *m, uint32_t chunk) {
    return span_of(m->entries + (size_t)chunk * PACK_CHUNK_BYTES,
                   (size_t)pack_chunk_codes(m->pack.count, chunk) * PACK_ENTRY_BYTES);
}

int hand_pack(int argc, char **argv) {
    if (argc != 3) return 2;
    struct genesis *g = people_genesis_read(argv[0]);
    struct made *m = make(argv[1], argv[2]);
    struct buffer CLEANUP(buffer_free) fields = {0}, CLEANUP(buffer_free) wire = {0};
    buffer_init(&fields, 1024);
    buffer_init(&wire, RECORD_BYTES_MAX);
    pack_issued_fields(&m->pack, &fields);
    struct thing thing = thing_bare(ROLE_PACK, span_text("https://id.gs1.org/01/" PACK_GTIN));
    struct item item = {.type = ITEM_PACK_ISSUED, .fields = buffer_span(&fields), .things = &thing, .things_count = 1};
    struct keypair keys;
    people_key(1, 0, &keys);
    struct record_header header = {.chain_id = g->chain_id, .kind = RECORD_PACKS, .subject = span_text(people_subject(1)),
                                   .key = keys.public_key, .created_ms = people_now_ms()};
    header.expires_ms = header.created_ms + 3600 * 1000;
    random_bytes(&header.nonce, sizeof header.nonce);
    header.nonce >>= 1;
    CHECK(record_make(&g->params, &header, &item, 1, &keys, &wire) == OK);
    CHECK(fwrite(wire.data, 1, wire.len, stdout) == wire.len);
    made_free(m);
    genesis_free(g);
    return 0;
}

int hand_leaves(int argc, char **argv) {
    if (argc != 5) return 2;
    struct made *m = make(argv[1], argv[2]);
    uint32_t first = (uint32_t)number_of(argv[3]), last = (uint32_t)number_of(argv[4]), taken = 0;
    uint32_t chunks = pack_chunks(m->pack.count);
    struct buffer CLEANUP(buffer_free) body = {0};
    struct http_connection c;
    char path[128];
    buffer_init(&body, 1 << 20);
    http_connection_init(&c, (uint16_t)number_of(argv[0]), TIMEOUT_MS);
    uint64_t began_ms = people_now_ms();
    snprintf(path, sizeof path, "/v1/packs/" PACK_GTIN "/%s/hashes", argv[1]);
    int status = http_call(&c, "PUT", path, "application/octet-stream", span_of(m->tree.chunks, (size_t)chunks * 32), &body);
    for (uint32_t i = first; status == 200 && i <= last && i < chunks; i++) {
        snprintf(path, sizeof path, "/v1/packs/" PACK_GTIN "/%s/leaves/%u", argv[1], i);
        status = http_call(&c, "PUT", path, "application/octet-stream", chunk_of(m, i), &body);
        taken += status == 200 ? 1 : 0;
    }
    printf("%u chunks taken in %llu ms, last answer %d\n", taken, (unsigned long long)(people_now_ms() - began_ms), status);
    if (status != 200) printf("%.*s\n", (int)body.len, (const char *)body.data);
    http_connection_close(&c);
    made_free(m);
    return status == 200 ? 0 : 1;
}

int hand_whole(int argc, char **argv) {
    if (argc < 3) return 2;
    struct made *m = make(argv[0], argv[1]);
    struct buffer CLEANUP(buffer_free) body = {0};
    uint32_t chunks = pack_chunks(m->pack.count), wrong = 0;
    buffer_init(&body, 1 << 20);
    for (int n = 2; n < argc; n++) {
        struct http_connection c;
        http_connection_init(&c, (uint16_t)number_of(argv[n]), TIMEOUT_MS);
        for (uint32_t i = 0; i < chunks; i++) {
            char path[128];
            snprintf(path, sizeof path, "/v1/packs/" PACK_GTIN "/%s/leaves/%u", argv[0], i);
            int status = http_call(&c, "GET", path, NULL, SPAN_EMPTY, &body);
            if (status == 200 && span_equal(buffer_span(&body), chunk_of(m, i))) continue;
            printf("port %s chunk %u: %d\n", argv[n], i, status);
            wrong++;
        }
        http_connection_close(&c);
    }
    made_free(m);
    return wrong == 0 ? 0 : 1;
}
