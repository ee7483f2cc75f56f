/* set_tlog.c: a C2SP tlog-tiles log as files: our log is built from its entry bundles; every checkpoint must
 * be a root of ours, every tile of hashes equal to the one we serve under the same path, and every
 * checkpoint consistent with the one before. A folder with a tile/ below it is a log; there may be several. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/checkpoint.h"
#include "ledger/merkle.h"
#include "tests/unit/rows_memory.h"
#include "tests/vectors/vectors.h"

enum { CHECKPOINTS_MAX = 4096, PROOFS_EACH = 64 };

struct log {
    struct tally *t;
    char root[VECTOR_PATH_MAX]; /* folder, with its slash */
    struct rows rows;
    struct merkle_frontier frontier;
    struct { uint64_t size; struct digest root; } heads[CHECKPOINTS_MAX];
    uint32_t heads_count;
};

/* "x001/x234/067.p/8" or "000": index and width; false when it is not a tile's path. */
static bool tile_place(const char *text, uint64_t *ret_index, uint32_t *ret_width) {
    uint64_t index = 0;
    unsigned width = TILE_WIDTH, group;
    int used;
    while (sscanf(text, "x%3u/%n", &group, &used) == 1) {
        index = index * 1000 + group;
        text += used;
    }
    if (sscanf(text, "%3u%n", &group, &used) != 1 || used != 3) return false;
    index = index * 1000 + group;
    text += used;
    if (*text != '\0' && sscanf(text, ".p/%u", &width) != 1) return false;
    *ret_index = index;
    *ret_width = width;
    return true;
}

/* Bundles overlap (partial ones are beginnings of fuller ones): entries that are known must be the same. */
static void bundle(struct log *l, const char *path, uint64_t index, uint32_t width) {
    struct buffer b CLEANUP(buffer_free) = {0};
    size_t at = 0;
    bool good;
    buffer_init(&b, VECTOR_FILE_BYTES_MAX);
    good = file_read(path, &b);
    for (uint32_t i = 0; i < width && good; i++) {
        if (b.len - at < 2 || b.len - at - 2 < get_u16(b.data + at)) {
            good = false;
            break;
        }
        struct span entry = span_of(b.data + at + 2, get_u16(b.data + at));
        at += 2 + entry.len;
        struct digest leaf = merkle_leaf_hash(entry), known;
        uint64_t n = index * TILE_WIDTH + i;
        if (n < l->frontier.size) {
            good = merkle_leaf_at(l->rows.reader, n, &known) == OK && digest_equal(&known, &leaf);
        } else {
            good = n == l->frontier.size;
            struct changes *c = changes_new();
            merkle_append(c, &l->frontier, &leaf, 1);
            rows_take(&l->rows, c);
        }
    }
    tally_case(l->t, good && at == b.len, "%s: %u entries", path, width);
}

struct named { uint64_t index; uint32_t width; char path[VECTOR_PATH_MAX]; };
struct bundles { struct log *l; struct named *list; uint32_t count, cap; };

static void bundle_file(void *context, const char *path) {
    struct bundles *b = context;
    const char *place = strstr(path, "tile/entries/");
    struct named n;
    if (place == NULL || !tile_place(place + 13, &n.index, &n.width)) return;
    snprintf(n.path, sizeof n.path, "%s", path);
    if (b->count == b->cap) {
        b->cap = b->cap ? 2 * b->cap : 64;
        b->list = check_realloc(b->list, b->cap, sizeof *b->list);
    }
    b->list[b->count++] = n;
}

static int bundle_order(const void *a, const void *b) {
    const struct named *x = a, *y = b;
    if (x->index != y->index) return x->index < y->index ? -1 : 1;
    return x->width < y->width ? -1 : x->width > y->width;
}

static void bundles_all(struct log *l) {
    struct bundles b = {.l = l};
    files_each(l->root, "", bundle_file, &b);
    if (b.count > 0) qsort(b.list, b.count, sizeof *b.list, bundle_order);
    for (uint32_t i = 0; i < b.count; i++)
        bundle(l, b.list[i].path, b.list[i].index, b.list[i].width);
    free(b.list);
}

static void hash_tile(void *context, const char *path) {
    struct log *l = context;
    struct buffer theirs CLEANUP(buffer_free) = {0}, ours CLEANUP(buffer_free) = {0},
                  name CLEANUP(buffer_free) = {0};
    const char *place = path + strlen(l->root);
    unsigned level;
    int used = 0;
    uint64_t index;
    uint32_t width;
    if (sscanf(place, "tile/%u/%n", &level, &used) != 1 || used == 0) return;
    if (!tile_place(place + used, &index, &width)) return;
    buffer_init(&theirs, TILE_WIDTH * 32 + 1);
    buffer_init(&ours, TILE_WIDTH * 32);
    buffer_init(&name, VECTOR_PATH_MAX);
    bool good = file_read(path, &theirs) &&
                merkle_tile(l->rows.reader, level, index, width, &ours) == OK &&
                span_equal(buffer_span(&ours), buffer_span(&theirs));
    merkle_tile_path((int)level, index, width, &name);
    good = good && span_equal(buffer_span(&name), span_text(place));
    tally_case(l->t, good, "%s", path);
}

static void checkpoint_file(void *context, const char *path) {
    struct log *l = context;
    struct buffer b CLEANUP(buffer_free) = {0};
    struct note *note;
    struct checkpoint c;
    struct digest root;
    if (strncmp(path + strlen(l->root), "checkpoint", 10) != 0) return;
    note = check_alloc(1, sizeof *note);
    buffer_init(&b, NOTE_BYTES_MAX);
    bool form = file_read(path, &b) && note_parse(buffer_span(&b), note) == OK &&
                checkpoint_parse(note->text, &c) == OK;
    bool good = form && merkle_root_at(l->rows.reader, c.size, &root) == OK &&
                digest_equal(&root, &c.root);
    tally_case(l->t, good, "%s", path);
    if (good && c.size > 0 && l->heads_count < CHECKPOINTS_MAX) {
        l->heads[l->heads_count].size = c.size;
        l->heads[l->heads_count++].root = c.root;
    }
    free(note);
}

/* Proofs we make under one checkpoint check under it: every leaf (of large logs some), and every smaller
 * checkpoint is a beginning of it. */
static void prove(struct log *l, uint32_t k) {
    struct merkle_path p;
    struct digest leaf;
    uint64_t size = l->heads[k].size, step = size / PROOFS_EACH + 1;
    bool good = true;
    for (uint64_t i = 0; i < size; i += step)
        good = good && merkle_inclusion(l->rows.reader, i, size, &p) == OK &&
               merkle_leaf_at(l->rows.reader, i, &leaf) == OK &&
               merkle_inclusion_verify(&leaf, i, size, p.hashes, p.count, &l->heads[k].root) == OK;
    for (uint32_t i = 0; i < l->heads_count; i++) {
        if (l->heads[i].size > size) continue;
        good = good && merkle_consistency(l->rows.reader, l->heads[i].size, size, &p) == OK &&
               merkle_consistency_verify(l->heads[i].size, &l->heads[i].root, size,
                                         &l->heads[k].root, p.hashes, p.count) == OK;
    }
    tally_case(l->t, good, "%s: proofs under size %lu", l->root, (unsigned long)size);
}

static void log_judge(const char *root, struct tally *t) {
    struct log *l = check_alloc(1, sizeof *l);
    l->t = t;
    snprintf(l->root, sizeof l->root, "%s", root);
    rows_init(&l->rows);
    bundles_all(l);
    files_each(l->root, "", hash_tile, l);
    files_each(l->root, "", checkpoint_file, l);
    for (uint32_t k = 0; k < l->heads_count; k++)
        prove(l, k);
    rows_free(&l->rows);
    free(l);
}

struct roots { struct tally *t; char last[VECTOR_PATH_MAX]; };

static void find_root(void *context, const char *path) {
    struct roots *r = context;
    const char *tile = strstr(path, "/tile/");
    char root[VECTOR_PATH_MAX];
    if (tile == NULL) return;
    snprintf(root, sizeof root, "%.*s", (int)(tile - path) + 1, path);
    if (strcmp(root, r->last) == 0) return;
    snprintf(r->last, sizeof r->last, "%s", root);
    log_judge(root, r->t);
}

void set_tlog_tiles(const char *dir, struct tally *t) {
    struct roots r = {.t = t};
    files_each(dir, "", find_root, &r);
}
