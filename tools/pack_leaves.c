/* pack_leaves.c: leaves.bin from secrets.csv. Nearly all of the work is Argon2id, once a code: a batch of codes is read, spread over
 * as many threads as the machine has cores, and written in order. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/pack_files.h"

enum { BATCH_CODES = 8 * PACK_CHUNK_CODES, THREADS_MAX = 64 };

struct batch {
    struct span subject;
    uint32_t count;
    struct pack_secret secrets[BATCH_CODES];
    uint8_t entries[BATCH_CODES][PACK_ENTRY_BYTES];
};
struct share {
    struct batch *batch;
    uint32_t from, to;
};

static void *share_run(void *argument) {
    const struct share *s = argument;
    for (uint32_t i = s->from; i < s->to; i++) {
        const struct pack_secret *secret = &s->batch->secrets[i];
        struct keypair keys;
        claim_key(&secret->code, secret->inner, &keys);
        struct digest hash = code_hash(s->batch->subject, &secret->code);
        pack_entry_write(&hash, &keys.public_key, s->batch->entries[i]);
        keypair_wipe(&keys);
    }
    return NULL;
}

/* A thread that cannot be made is not missed: its share is done here. */
static void batch_run(struct batch *b) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t threads = cores < 1 ? 1 : cores > THREADS_MAX ? THREADS_MAX : (uint32_t)cores;
    struct share shares[THREADS_MAX];
    pthread_t ids[THREADS_MAX];
    bool runs[THREADS_MAX] = {false};
    for (uint32_t i = 0; i < threads; i++) {
        shares[i] = (struct share){b, (uint32_t)((uint64_t)b->count * i / threads),
                                   (uint32_t)((uint64_t)b->count * (i + 1) / threads)};
        runs[i] = i + 1 < threads && pthread_create(&ids[i], NULL, share_run, &shares[i]) == 0;
        if (!runs[i]) (void)share_run(&shares[i]);
    }
    for (uint32_t i = 0; i < threads; i++)
        if (runs[i]) CHECK(pthread_join(ids[i], NULL) == 0);
}

static int batch_read(struct pack_reader *r, struct batch *b) {
    bool more = true;
    b->count = 0;
    while (more && b->count < BATCH_CODES) {
        int code = pack_reader_next(r, &b->secrets[b->count], &more);
        if (code) return code;
        if (more) b->count++;
    }
    return EXIT_OK;
}

static void batch_drop(struct batch **b) {
    if (*b != NULL) secret_wipe(*b, sizeof **b);
    free(*b);
}

int pack_leaves_make(struct tool *t, const char *directory, const struct pack_plan *plan) {
    struct pack_reader reader CLEANUP(pack_reader_close) = {.from = NULL};
    struct file_writing w CLEANUP(file_abandon) = {.to = NULL};
    struct batch *b CLEANUP(batch_drop) = check_alloc(1, sizeof *b);
    b->subject = plan->subject;
    int code = pack_reader_open(t, directory, plan, &reader);
    if (code == EXIT_OK) code = file_begin(t, pack_file(t, directory, "leaves.bin"), 0644, &w);
    if (code) return code;
    do {
        if (t->terminal && !t->json)
            remark(t, "\r计算认领密钥 %u / %u\033[K", "\rclaim keys %u / %u\033[K", reader.next, plan->count);
        code = batch_read(&reader, b);
        if (code) return code;
        batch_run(b);
        fwrite(b->entries, PACK_ENTRY_BYTES, b->count, w.to);
    } while (b->count == BATCH_CODES && !ferror(w.to));
    if (t->terminal && !t->json) fputs("\r\033[K", stderr);
    return file_finish(t, &w);
}

int pack_leaves_tree(struct tool *t, const char *directory, const struct pack_plan *plan,
                     struct pack_tree *ret_tree, struct digest *ret_root, bool *ret_whole) {
    const char *path = pack_file(t, directory, "leaves.bin");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    uint8_t entry[PACK_ENTRY_BYTES];
    struct digest hash;
    struct pubkey key;
    *ret_whole = false;
    if (fd < 0) return errno == ENOENT ? EXIT_OK : fail_file(t, "help code pack", path);
    FILE *from = fdopen(fd, "r");
    CHECK(from != NULL);
    bool whole = fstat(fd, &st) == 0 && st.st_size == (off_t)plan->count * PACK_ENTRY_BYTES;
    *ret_tree = (struct pack_tree){.count = 0};
    for (uint32_t i = 0; i < plan->count && whole; i++) {
        whole = fread(entry, sizeof entry, 1, from) == 1;
        pack_entry_read(entry, &hash, &key);
        if (whole) pack_tree_add(ret_tree, &hash, &key);
    }
    (void)fclose(from);
    if (whole) pack_tree_finish(ret_tree, ret_root);
    *ret_whole = whole;
    return EXIT_OK;
}
