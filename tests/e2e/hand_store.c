/* hand_store.c: a stopped node's store, read and altered through the house's own store API. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest_map.h"
#include "ledger/keys.h"
#include "ledger/query.h"
#include "storage/store_leveldb.h"
#include "tests/e2e/hand.h"

static void store_take(const char *path, struct store *ret) {
    char why[STORE_ERROR_BYTES];
    struct store_leveldb_options options = {0};
    if (store_leveldb_open(path, &options, ret, why)) return;
    fprintf(stderr, "%s: %s\n", path, why);
    exit(1);
}

/* ---- ledger: every acknowledged record is in the log once, nothing twice, all logs agree ---- */

struct seen {
    struct digest id;
    uint64_t round; /* the store it was last seen in, from 1 */
    bool acknowledged;
};

struct count {
    uint64_t records, twice, missing, blocks;
};

static struct seen *seen_get(struct digest_map *map, const struct digest *id) {
    struct seen *s = digest_map_get(map, id);
    if (s != NULL) return s;
    s = check_alloc(1, sizeof *s);
    s->id = *id;
    digest_map_put(map, &s->id, s);
    return s;
}

/* Walks the whole log of one store by its leaves, not by its indexes. */
static void walk(struct reader r, struct digest_map *map, uint64_t round, struct count *c) {
    struct ledger_head head;
    struct buffer leaf CLEANUP(buffer_free) = {0};
    buffer_init(&leaf, LEAF_BYTES_MAX + 64);
    CHECK(ledger_head_read(r, &head));
    for (uint64_t i = 0; i < head.log.size; i++) {
        uint64_t height;
        uint32_t index;
        struct span header;
        struct signature signature;
        CHECK(query_log_leaf(r, i, &leaf, &height, &index) == OK);
        if (index == UINT32_MAX) {
            c->blocks++;
            continue;
        }
        CHECK(record_leaf_decode(buffer_span(&leaf), &header, &signature) == OK);
        struct digest id = record_id_of(header);
        struct seen *s = seen_get(map, &id);
        if (s->round == round) c->twice++;
        s->round = round;
        c->records++;
    }
}

/* Both stores hold the same block at the lower of their heights. */
static bool agree(struct reader a, struct reader b) {
    struct ledger_head x, y;
    struct block_summary s, t;
    CHECK(ledger_head_read(a, &x) && ledger_head_read(b, &y));
    uint64_t height = x.height < y.height ? x.height : y.height;
    return query_block(a, height, &s) == OK && query_block(b, height, &t) == OK && digest_equal(&s.block, &t.block) &&
           digest_equal(&s.log_root, &t.log_root) && digest_equal(&s.status_root, &t.status_root);
}

int hand_ledger(int argc, char **argv) {
    if (argc < 2) return 2;
    struct buffer acks CLEANUP(buffer_free) = {0};
    struct digest_map map;
    struct store first = {0};
    bool same = true;
    uint64_t bad = 0;
    buffer_init(&acks, 256 << 20);
    people_file(argv[0], &acks);
    digest_map_init(&map, 1);
    for (size_t at = 0; at + 65 <= acks.len; at += 65) {
        struct digest id;
        CHECK(hex_decode((const char *)acks.data + at, 64, id.b, sizeof id.b) == OK);
        seen_get(&map, &id)->acknowledged = true;
    }
    for (int i = 1; i < argc; i++) {
        struct store s;
        struct count c = {0};
        struct seen *seen;
        size_t at = 0;
        store_take(argv[i], &s);
        walk(store_reader(s), &map, (uint64_t)i, &c);
        while ((seen = digest_map_next(&map, &at, NULL)) != NULL) c.missing += seen->acknowledged && seen->round != (uint64_t)i;
        printf("ledger store=%s records=%llu blocks=%llu twice=%llu missing=%llu\n", argv[i], (unsigned long long)c.records,
               (unsigned long long)c.blocks, (unsigned long long)c.twice, (unsigned long long)c.missing);
        bad += c.twice + c.missing;
        if (i == 1) {
            first = s;
            continue;
        }
        same = agree(store_reader(first), store_reader(s)) && same;
        store_close(s);
    }
    struct seen *done;
    for (size_t at = 0; (done = digest_map_next(&map, &at, NULL)) != NULL;) free(done);
    digest_map_free(&map);
    store_close(first);
    printf("ledger acknowledged=%zu stores=%d agree=%s\n", acks.len / 65, argc - 1, same ? "yes" : "no");
    return bad == 0 && same ? 0 : 1;
}

/* ---- alter: one row of the copy says something else ---- */

static struct row_key row_of(char kind, uint64_t number) {
    struct row_key k = key_begin(kind);
    key_u64(&k, number);
    return k;
}

/* Where in a stored block (B7) the header's payload root stands, or a signature of its certificate. */
static size_t place_in_block(struct span bytes, bool certificate) {
    struct arena arena CLEANUP(arena_free) = {0};
    struct stored_block stored;
    struct block_header header;
    arena_init(&arena, 64 << 20);
    CHECK(stored_block_decode(bytes, &arena, &stored, &header) == OK);
    if (certificate) return (size_t)(stored.certificate.data - bytes.data) + stored.certificate.len - 9;
    const uint8_t *root = memmem(bytes.data, bytes.len, header.payload_root.b, sizeof header.payload_root.b);
    CHECK(root != NULL);
    return (size_t)(root - bytes.data);
}

/* Where in a block's summary its log root stands, or its status root. */
static size_t place_in_summary(struct span bytes, bool log_root) {
    struct block_summary s;
    CHECK(codec_decode(&block_summary_type, bytes, NULL, &s) == OK);
    const uint8_t *root = memmem(bytes.data, bytes.len, log_root ? s.log_root.b : s.status_root.b, sizeof s.log_root.b);
    CHECK(root != NULL);
    return (size_t)(root - bytes.data);
}

/* Flips one bit of the row: of a block or summary where `what` says, of any other in its middle; false when there is no such row. */
static bool flip(struct store s, enum table table, const struct row_key *key, const char *what) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct reader r = store_reader(s);
    buffer_init(&value, STORE_VALUE_BYTES_MAX);
    if (!reader_get(r, table, key_span(key), &value) || value.len == 0) return false;
    size_t at = value.len / 2;
    bool certificate = strcmp(what, "certificate") == 0, root = strcmp(what, "root") == 0;
    if (certificate || strcmp(what, "block") == 0) at = place_in_block(buffer_span(&value), certificate);
    if (root || strcmp(what, "statusroot") == 0) at = place_in_summary(buffer_span(&value), root);
    value.data[at] ^= 1;
    struct changes *c = changes_new();
    changes_put(c, table, key_span(key), buffer_span(&value));
    bool ok = store_write(s, table, &c, 1, true);
    changes_free(c);
    return ok;
}

struct first_row {
    struct row_key key;
    bool found;
};

static bool first_row(void *context, struct span key, struct span value) {
    struct first_row *f = context;
    (void)value;
    CHECK(key.len <= sizeof f->key.b);
    memcpy(f->key.b, key.data, key.len);
    f->key.len = (uint8_t)key.len;
    f->found = true;
    return false;
}

int hand_alter(int argc, char **argv) {
    if (argc != 3) return 2;
    struct store s;
    const char *what = argv[1];
    uint64_t height = number_of(argv[2]);
    struct row_key key;
    struct block_summary summary;
    enum table table = TABLE_CHAIN;
    store_take(argv[0], &s);
    CHECK(query_block(store_reader(s), height, &summary) == OK);
    if (strcmp(what, "block") == 0 || strcmp(what, "certificate") == 0) {
        key = row_of('B', height);
    } else if (strcmp(what, "record") == 0) {
        key = row_of('D', height);
        key_u32(&key, 0);
    } else if (strcmp(what, "result") == 0) {
        key = row_of('R', height);
    } else if (strcmp(what, "root") == 0 || strcmp(what, "statusroot") == 0) {
        key = row_of('S', height);
    } else if (strcmp(what, "node") == 0) {
        key = row_of('H', summary.log_size - 1);
    } else if (strcmp(what, "leaf") == 0) {
        key = row_of('E', summary.log_size - 1);
    } else if (strcmp(what, "status") == 0) {
        static const uint8_t from[] = {'V'}, until[] = {'W'};
        struct first_row f = {0};
        table = TABLE_STATE;
        reader_scan(store_reader(s), table, span_of(from, 1), span_of(until, 1), first_row, &f);
        CHECK(f.found);
        key = f.key;
    } else {
        return 2;
    }
    bool ok = flip(s, table, &key, what);
    store_close(s);
    printf("alter store=%s what=%s height=%llu %s\n", argv[0], what, (unsigned long long)height, ok ? "done" : "no such row");
    return ok ? 0 : 1;
}
