/* bench_machine.c: what this machine can do, and what the nodes take of it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ledger/record.h"
#include "tools/bench.h"

enum {
    VERIFY_US = 500000,
    FSYNC_FILE_BYTES = 4 << 20,
    FSYNC_BYTES = 4096,
    FSYNC_ROUNDS = 200,
    SAMPLES_MAX = 1 << 22,
};

static uint64_t thread_cpu_us(void) {
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* The first wire record of a batch. */
static struct span first_record(const struct records *r, uint64_t batch) {
    struct unpack u;
    struct span body = records_batch(r, batch);
    if (r->batch == 1) return body;
    unpack_init(&u, body);
    (void)unpack_array(&u, UINT32_MAX);
    return unpack_bytes(&u, RECORD_BYTES_MAX);
}

double machine_verify_per_s(const struct records *r) {
    struct arena arena CLEANUP(arena_free) = {0};
    struct record records[16];
    uint32_t n = 0;
    arena_init(&arena, RECORD_ARENA_BYTES);
    for (uint64_t b = 0; b < r->batches && n < 16; b++)
        CHECK(record_parse(&r->genesis->params, first_record(r, b), &arena, &records[n++], NULL) ==
              OK);
    uint64_t began = thread_cpu_us(), now = began, done = 0;
    while (now - began < VERIFY_US) {
        for (uint32_t i = 0; i < n; i++)
            CHECK(record_signature_check(&records[i]) == OK);
        done += n;
        now = thread_cpu_us();
    }
    return (double)done * 1e6 / (double)(now - began);
}

bool machine_fsync(const char *directory, uint64_t *ret_p50_us, uint64_t *ret_p99_us) {
    struct samples s = {0};
    uint8_t *block = check_alloc(1, FSYNC_FILE_BYTES);
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, block, FSYNC_FILE_BYTES) == FSYNC_FILE_BYTES && fsync(fd) == 0;
    memset(block, 1, FSYNC_BYTES);
    for (int i = 0; ok && i < FSYNC_ROUNDS; i++) {
        uint64_t began = load_now_us();
        ok = pwrite(fd, block, FSYNC_BYTES, (off_t)i * FSYNC_BYTES) == FSYNC_BYTES &&
             fdatasync(fd) == 0;
        samples_add(&s, load_now_us() - began);
    }
    if (fd >= 0) close(fd);
    free(block);
    *ret_p50_us = samples_at(&s, 500);
    *ret_p99_us = samples_at(&s, 990);
    samples_free(&s);
    return ok;
}

uint32_t machine_cores(void) {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (uint32_t)n : 1;
}

/* ---- processes ---- */

static void process_add(pid_t pid, struct usage *u) {
    char path[64], line[1024];
    unsigned long user = 0, system = 0;
    unsigned long long kib;
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *f = fopen(path, "re");
    if (f != NULL && fgets(line, sizeof line, f) != NULL) {
        const char *p = strrchr(line, ')'); /* proc(5): fields 14 and 15 */
        if (p != NULL && sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                                &user, &system) == 2)
            u->cpu_us += (uint64_t)(user + system) * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
    }
    if (f != NULL) fclose(f);
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "VmRSS: %llu", &kib) == 1 && kib > u->rss_max_kib) u->rss_max_kib = kib;
        if (sscanf(line, "VmHWM: %llu", &kib) == 1 && kib > u->peak_kib) u->peak_kib = kib;
    }
    if (f != NULL) fclose(f);
}

/* Blocks on disk of a directory and what lies below it. */
static uint64_t disk_bytes(int at, const char *name, int depth) {
    struct stat st;
    uint64_t sum = 0;
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (d == NULL && fd >= 0) close(fd);
    if (d == NULL) return 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.') continue;
        if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) continue;
        sum += (uint64_t)st.st_blocks * 512;
        if (S_ISDIR(st.st_mode) && depth > 0) sum += disk_bytes(fd, e->d_name, depth - 1);
    }
    closedir(d);
    return sum;
}

void usage_read(struct tool *t, const struct devnet *d, struct usage *ret) {
    *ret = (struct usage){0};
    for (uint32_t i = 0; i < devnet_nodes(d); i++) {
        pid_t pid;
        if (devnet_running(t, d, i, &pid)) process_add(pid, ret);
    }
    ret->store_bytes = disk_bytes(AT_FDCWD, devnet_path(t, d, 0, "data/store"), 3);
    ret->journal_bytes = disk_bytes(AT_FDCWD, devnet_path(t, d, 0, "data/journal"), 3);
}

/* ---- samples ---- */

void samples_add(struct samples *s, uint64_t us) {
    if (s->count == SAMPLES_MAX) return;
    if (s->count == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 1024;
        s->list = check_realloc(s->list, s->cap, sizeof *s->list);
    }
    s->list[s->count++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

uint32_t samples_at(struct samples *s, uint32_t per_mille) {
    if (s->count == 0) return 0;
    qsort(s->list, s->count, sizeof *s->list, by_size);
    uint64_t at = (uint64_t)s->count * per_mille / 1000;
    return s->list[at < s->count ? at : s->count - 1];
}

void samples_free(struct samples *s) {
    free(s->list);
    *s = (struct samples){0};
}
