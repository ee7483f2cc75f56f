/* vectors.c: vectors [DIR]: runs every set under DIR (else $SUYUAN_VECTORS, else ../shared/data beside the
 * project) and prints one line for each. A set whose folder is absent is skipped by name; with CI=true it
 * fails. Exit status 0 when nothing failed. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/vectors/vectors.h"

enum { FAILURES_SHOWN = 20 };

static const struct set {
    const char *name, *folder;
    set_fn *fn;
} sets[] = {
    {"rfc6962-merkle", "rfc6962-merkle", set_merkle},
    {"noise", "noise", set_noise},
    {"wycheproof ed25519", "wycheproof", set_wycheproof_ed25519},
    {"wycheproof x25519", "wycheproof", set_wycheproof_x25519},
    {"wycheproof chacha20-poly1305", "wycheproof", set_wycheproof_aead},
    {"wycheproof hmac-sha256", "wycheproof", set_wycheproof_hmac},
    {"cctv-ed25519", "cctv-ed25519", set_cctv},
    {"tlog-tiles-testlog", "tlog-tiles-testlog", set_tlog_tiles},
    {"c2sp-notes", "c2sp-notes", set_notes},
    {"epc-dl-normaliser", "epc-dl-normaliser-ralphtro", set_identifiers},
    {"epc-tds-vectors", "epc-tds-vectors", set_epc},
    {"gs1-syntax-dictionary", "gs1-syntax-dictionary", set_gs1_dictionary},
    {"gs1-dl-ai-vectors", "gs1-dl-ai-vectors", set_gs1},
    {"china-codes uscc", "china-codes-go-gb", set_uscc},
    {"china-admin-divisions", "china-admin-divisions", set_divisions},
    {"epcis-docs-openepcis", "epcis-docs-openepcis", set_epcis},
    {"epcis-testdata-generator", "epcis-testdata-generator", set_epcis},
    {"epcis-event-hash", "epcis-event-hash-ralphtro", set_event_hash},
    {"epcis-event-hash-probes", "epcis-event-hash-probes", set_event_hash_probes},
};

void tally_case(struct tally *t, bool good, const char *format, ...) {
    if (good) {
        t->passed++;
        return;
    }
    if (t->failed++ >= FAILURES_SHOWN) return;
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: failed: ", t->set);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

void tally_beside(struct tally *t, const char *what) {
    t->beside++;
    t->beside_what = what;
}

void tally_clause(struct tally *t, const char *clause, struct span what) {
    t->forbidden++;
    printf("%s: %s forbids: %.*s\n", t->set, clause, (int)what.len, (const char *)what.data);
}

/* Returns whether the set is in order. */
static bool run(const char *root, const struct set *set) {
    char dir[VECTOR_PATH_MAX];
    struct stat st;
    struct tally t = {.set = set->name};
    const char *ci = getenv("CI");
    snprintf(dir, sizeof dir, "%s/%s/", root, set->folder);
    if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
        bool strict = ci != NULL && strcmp(ci, "true") == 0;
        printf("%-30s %s: %s is absent\n", set->name, strict ? "FAILED" : "skipped", dir);
        return !strict;
    }
    set->fn(dir, &t);
    uint32_t all = t.passed + t.failed;
    printf("%-30s %u passed, %u failed, of %u", set->name, t.passed, t.failed, all);
    if (t.beside > 0) printf("; %u not applicable: %s", t.beside, t.beside_what);
    if (t.forbidden > 0) printf("; %u forbidden by the standard (above)", t.forbidden);
    if (all == 0) printf("; FAILED: no case found");
    putchar('\n');
    fflush(stdout);
    return t.failed == 0 && all > 0;
}

int main(int argc, char **argv) {
    const char *root = argc > 1 ? argv[1] : getenv("SUYUAN_VECTORS");
    bool good = true;
    crypto_start();
    if (root == NULL || root[0] == '\0') root = VECTORS_BESIDE_PROJECT;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        good = run(root, &sets[i]) && good;
    return good ? 0 : 1;
}
