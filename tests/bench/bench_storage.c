/* bench_storage.c: what the disk costs. One JSON object per line on standard output; sizes grow
 * with the argument: bench_storage DIRECTORY [rows_max]     (default 1000000) The directory must
 * not exist; it is left for a look at the files and removed by the caller. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "storage/commit.h"
#include "storage/journal_file.h"
#include "storage/store_leveldb.h"

static double now_ms(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

struct samples {
    double *ms;
    size_t count;
};

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const struct samples *s, double q) {
    size_t i = (size_t)((double)(s->count - 1) * q);
    return s->ms[i];
}

static void print(const char *what, struct samples *s, const char *more, double value) {
    qsort(s->ms, s->count, sizeof *s->ms, compare);
    printf("{\"bench\":\"%s\",\"count\":%zu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,"
           "\"%s\":%.1f}\n",
           what, s->count, quantile(s, 0.5), quantile(s, 0.99), s->ms[s->count - 1], more, value);
    (void)fflush(stdout);
    s->count = 0;
}

static void stop(const char *what, const char *why) {
    fprintf(stderr, "bench_storage: %s: %s\n", what, why);
    exit(1);
}

enum { SAMPLES = 2000, SEGMENT_BYTES = 64 << 20 };

/* The floor: one sector written over and synced. */
static void bench_fdatasync(const char *directory, struct samples *s) {
    char path[256];
    snprintf(path, sizeof path, "%s/sector", directory);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    static uint8_t block[4096];
    if (fd < 0 || pwrite(fd, block, sizeof block, 0) < 0 || fsync(fd) != 0)
        stop("cannot write", path);
    double begin = now_ms();
    while (s->count < SAMPLES && now_ms() - begin < 3000) {
        double at = now_ms();
        block[0]++;
        if (pwrite(fd, block, 512, 0) < 0 || fdatasync(fd) != 0) stop("cannot sync", path);
        s->ms[s->count++] = now_ms() - at;
    }
    double count = (double)s->count, ms = now_ms() - begin;
    (void)close(fd);
    print("fdatasync_512", s, "per_second", count / ms * 1e3);
}

static void bench_journal(const char *directory, struct samples *s, const char *name, size_t body,
                          size_t records) {
    char path[256], error[JOURNAL_ERROR_BYTES];
    snprintf(path, sizeof path, "%s/journal_%s", directory, name);
    struct journal_file *f = journal_file_open(path, error);
    if (!f) stop("cannot open the journal", error);
    (void)journal_file_prepare(f, SEGMENT_BYTES);
    struct journal_config config = {.segment_bytes = SEGMENT_BYTES, .salt = 1};
    struct journal_report report;
    struct journal *j = journal_open(journal_file_disk(f), &config, NULL, NULL, &report);
    if (!j) stop("cannot open the journal", report.text);
    struct journal_batch *b = journal_batch_new();
    uint8_t *bytes = check_alloc(1, body);
    double begin = now_ms(), total = 0, ms = 0;
    while (s->count < SAMPLES && now_ms() - begin < 4000) {
        double at = now_ms();
        for (size_t i = 0; i < records; i++)
            (void)journal_append(j, 1, span_of(bytes, body));
        bool ok = journal_take(j, b) && journal_batch_write(journal_file_disk(f), b);
        journal_written(j, b, ok);
        if (!ok) stop("cannot write the journal", journal_disk_error(journal_file_disk(f)));
        ms += s->ms[s->count++] = now_ms() - at;
        total += (double)(body * records);
        journal_keep(j, journal_durable(j));
        (void)journal_file_prepare(f, SEGMENT_BYTES); /* a worker does this in a quiet moment */
    }
    char title[64];
    snprintf(title, sizeof title, "journal_%s", name);
    print(title, s, "mb_per_second", total / 1e6 / ms * 1e3);
    free(bytes);
    journal_batch_free(b);
    journal_free(j);
    journal_file_close(f);
}

static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* A record's rows as execution makes them: body, log entry and hashes under rising keys; value,
 * index and history rows under random keys. */
static void record_rows(struct changes *c, uint64_t n) {
    uint8_t key[41] = {0}, value[1024];
    for (size_t i = 0; i < sizeof value; i++)
        value[i] = (uint8_t)mix(n + i);
    static const struct {
        char kind;
        size_t len;
    } chain[] = {{'D', 500}, {'E', 300}, {'H', 64}}, state[] = {{'V', 160}, {'W', 24}, {'h', 18}};
    for (size_t i = 0; i < 3; i++) {
        key[0] = (uint8_t)chain[i].kind;
        put_u64(key + 1, n);
        changes_put(c, TABLE_CHAIN, span_of(key, 9), span_of(value, chain[i].len));
        key[0] = (uint8_t)state[i].kind;
        for (size_t w = 0; w < 4; w++)
            put_u64(key + 1 + 8 * w, mix(n * 4 + w + i * 77));
        changes_put(c, TABLE_STATE, span_of(key, 33), span_of(value, state[i].len));
    }
}

static void bench_reads(struct store store, struct samples *s, uint64_t records) {
    struct buffer b;
    buffer_init(&b, 4096);
    struct store_snapshot *snapshot = store_snapshot(store);
    struct reader r = store_snapshot_reader(snapshot);
    double begin = now_ms();
    for (uint64_t i = 0; i < SAMPLES; i++) {
        uint64_t n = mix(i) % records;
        uint8_t key[33] = {'V'};
        for (size_t w = 0; w < 4; w++)
            put_u64(key + 1 + 8 * w, mix(n * 4 + w));
        double at = now_ms();
        if (!reader_get(r, TABLE_STATE, span_of(key, sizeof key), &b)) stop("a row is", "missing");
        s->ms[s->count++] = now_ms() - at;
    }
    double ms = now_ms() - begin;
    store_snapshot_release(snapshot);
    buffer_free(&b);
    print("state_get", s, "per_second", SAMPLES / ms * 1e3);
}

/* 5,000 records a second, a block every 20 ms: what a commit takes when compactions can keep up. */
static void bench_paced(struct store store, struct samples *s, uint64_t *n, uint64_t *height) {
    enum { PACED_RECORDS = 100, PACED_BLOCKS = 1000, PACE_MS = 20 };
    double begin = now_ms();
    for (int i = 0; i < PACED_BLOCKS; i++) {
        struct changes *c = changes_new();
        for (int k = 0; k < PACED_RECORDS; k++)
            record_rows(c, (*n)++);
        double wait = begin + (double)i * PACE_MS - now_ms();
        if (wait > 0) (void)usleep((useconds_t)(wait * 1e3));
        double at = now_ms();
        if (!commit_write(store, &c, 1, (*height)++)) stop("cannot commit", store_error(store));
        s->ms[s->count++] = now_ms() - at;
        changes_free(c);
    }
    print("commit_block_100_paced", s, "records_per_second",
          PACED_BLOCKS * PACED_RECORDS / (now_ms() - begin) * 1e3);
}

static void bench_commit(const char *directory, struct samples *s, uint64_t records_max,
                         size_t write_buffer_bytes) {
    enum { BLOCK_RECORDS = 500 };
    char path[256], error[STORE_ERROR_BYTES];
    snprintf(path, sizeof path, "%s/store", directory);
    struct store store;
    struct store_leveldb_options options = {.write_buffer_bytes = write_buffer_bytes};
    if (!store_leveldb_open(path, &options, &store, error)) stop("cannot open the store", error);
    uint64_t n = 0, height = 0;
    for (uint64_t step = 10000; step <= records_max; step *= 10) {
        double begin = now_ms(), making = 0;
        uint64_t first = n;
        while (n < step) {
            double at = now_ms();
            struct changes *c = changes_new();
            for (uint64_t i = 0; i < BLOCK_RECORDS; i++)
                record_rows(c, n++);
            making += now_ms() - at;
            at = now_ms();
            if (!commit_write(store, &c, 1, height++)) stop("cannot commit", store_error(store));
            s->ms[s->count++] = now_ms() - at;
            changes_free(c);
        }
        double ms = now_ms() - begin - making;
        char title[64];
        snprintf(title, sizeof title, "commit_block_500_to_%llu", (unsigned long long)step);
        print(title, s, "records_per_second", (double)(n - first) / ms * 1e3);
        bench_reads(store, s, n);
    }
    bench_paced(store, s, &n, &height);
    printf("{\"bench\":\"disk\",\"records\":%llu,\"chain_bytes\":%llu,\"state_bytes\":%llu}\n",
           (unsigned long long)n, (unsigned long long)store_size(store, TABLE_CHAIN),
           (unsigned long long)store_size(store, TABLE_STATE));
    store_close(store);
}

int main(int argc, char **argv) {
    if (argc < 2) stop("usage", "bench_storage DIRECTORY [records_max [write_buffer_mib]]");
    uint64_t records_max = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
    if (mkdir(argv[1], 0700) != 0) stop("cannot create", argv[1]);
    struct samples s = {check_alloc(records_max / 100 + SAMPLES, sizeof(double)), 0};
    bench_fdatasync(argv[1], &s);
    bench_journal(argv[1], &s, "vote_200", 200, 1);
    bench_journal(argv[1], &s, "turn_20x200", 200, 20);
    bench_journal(argv[1], &s, "payload_256k", 256 << 10, 1);
    bench_commit(argv[1], &s, records_max,
                 argc > 3 ? (size_t)strtoull(argv[3], NULL, 10) << 20 : 0);
    free(s.ms);
    return 0;
}
