/* bench_storage_scans.c: what the tallies of scans cost. bench_storage_scans FILE [SCANS] [CODES]: a day of so many scans (1000000) of so
 * many codes (100000), each in one of eight divisions, evenly over the day by a clock of its own, through the store; then an hour and a
 * code are read. One JSON object. FILE must not exist; it is left for a look. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "storage/scans.h"

enum { DAY_MS = 24 * SCAN_HOUR_MS, DIVISIONS = 8 };
#define DAY ((uint64_t)20700 * DAY_MS)

static double now_ms(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static uint64_t given_clock(void *self) {
    return *(const uint64_t *)self;
}

static void stop(const char *why) {
    fprintf(stderr, "bench_storage_scans: %s\n", why);
    exit(1);
}

static struct span code(uint64_t n, char text[64]) {
    int len = snprintf(text, 64, "https://id.gs1.org/01/06901234567892/21/K7M2Q%08lluW4T0BRN", (unsigned long long)n);
    return span_of(text, (size_t)len);
}

/* splitmix64 */
static uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint64_t file_bytes(const char *path) {
    struct stat st;
    char wal[512];
    uint64_t bytes = stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
    snprintf(wal, sizeof wal, "%s-wal", path);
    return bytes + (stat(wal, &st) == 0 ? (uint64_t)st.st_size : 0);
}

int main(int argc, char **argv) {
    static const char *const divisions[DIVISIONS] = {"330302", "330304", "330106", "310101", "440106", "510104", "110101", ""};
    uint64_t scans = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000, codes = argc > 3 ? strtoull(argv[3], NULL, 10) : 100000;
    uint64_t now = DAY;
    char why[SCANS_ERROR_BYTES], text[64];
    struct scans_options options = {.clock_ms = given_clock, .self = &now, .per_second = UINT32_MAX / 2};
    struct scans_totals t;
    struct scans_rows rows;
    struct arena arena CLEANUP(arena_free) = {0};
    struct digest root;
    if (argc < 2 || scans == 0 || codes == 0) stop("FILE [SCANS] [CODES]");
    crypto_start();
    struct scans *s = scans_open(argv[1], &options, why);
    if (s == NULL) stop(why);
    double began = now_ms();
    for (uint64_t i = 0; i < scans; i++) {
        uint64_t r = mix(i);
        now = DAY + i * DAY_MS / scans;
        if (scans_tally(s, code(r % codes, text), span_text(divisions[r >> 61])) != OK) stop("a scan was refused");
    }
    double day_ms = now_ms() - began;
    now = DAY + DAY_MS;
    scans_totals(s, &t);
    arena_init(&arena, 64 << 20);
    began = now_ms();
    if (scans_of_hour(s, DAY + 12 * SCAN_HOUR_MS, &arena, &rows) != OK || scan_root(rows.rows, rows.count, &root) != OK) stop("no hour");
    double hour_ms = now_ms() - began;
    size_t hour_rows = rows.count;
    began = now_ms();
    if (scans_of_code(s, code(1, text), &arena, &rows) != OK) stop("no code");
    double code_ms = now_ms() - began;
    scans_close(s); /* checkpoints its log */
    uint64_t bytes = file_bytes(argv[1]);
    printf("{\"bench\":\"scans.store\",\"scans\":%llu,\"codes\":%llu,\"seconds\":%.2f,\"per_second\":%.0f,\"rows\":%llu,\"dropped\":%llu,"
           "\"bytes\":%llu,\"bytes_per_row\":%.1f,\"hour_rows\":%zu,\"hour_read_ms\":%.1f,\"code_read_ms\":%.2f}\n",
           (unsigned long long)scans, (unsigned long long)codes, day_ms / 1e3, (double)scans * 1e3 / day_ms, (unsigned long long)t.rows,
           (unsigned long long)t.dropped, (unsigned long long)bytes, t.rows ? (double)bytes / (double)t.rows : 0.0, hour_rows, hour_ms,
           code_ms);
    return 0;
}
