/* driver.c: runs a fuzz target without libFuzzer, so that corpora are ordinary tests in every build.
 *
 *   fuzz_<target> FILE-OR-DIRECTORY...
 *
 * Every file goes in as it is, then mutants of it: bits flipped, bytes dropped, doubled, overwritten, parts of two files joined. Mutants
 * depend on the file's name and their number only, so a run repeats exactly; some thousands in all, times SUYUAN_SOAK. The inputs run in a
 * child; when it dies, the parent writes the input it died of to <target>.crash and says so.
 *
 * Inputs are handed over in blocks of exactly their size: AddressSanitizer sees a read past the end. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 20, FILES_MAX = 4096, MUTANTS = 1500, MUTANT_BYTES_MAX = 64 << 10 };

struct input {
    char *name;
    uint8_t *data;
    size_t len;
};

struct inputs {
    struct input list[FILES_MAX];
    size_t count;
};

/* What the child is running: shared with the parent. */
struct running {
    size_t len;
    uint8_t data[INPUT_MAX];
};

static void read_file(struct inputs *in, const char *path) {
    struct stat st;
    FILE *f = fopen(path, "rb");
    CHECK(f != NULL && fstat(fileno(f), &st) == 0);
    CHECK(st.st_size <= INPUT_MAX && in->count < FILES_MAX);
    struct input *i = &in->list[in->count++];
    i->name = strdup(path);
    i->len = (size_t)st.st_size;
    i->data = check_alloc(i->len + 1, 1);
    CHECK(fread(i->data, 1, i->len, f) == i->len);
    fclose(f);
}

static void read_path(struct inputs *in, const char *path) {
    struct dirent **entries;
    struct stat st;
    if (stat(path, &st) != 0) {
        fprintf(stderr, "no such file or directory: %s\n", path);
        exit(2);
    }
    if (!S_ISDIR(st.st_mode)) {
        read_file(in, path);
        return;
    }
    int count = scandir(path, &entries, NULL, alphasort);
    CHECK(count >= 0);
    for (int i = 0; i < count; i++) {
        char full[4096];
        if (entries[i]->d_name[0] != '.') {
            snprintf(full, sizeof full, "%s/%s", path, entries[i]->d_name);
            read_path(in, full);
        }
        free(entries[i]);
    }
    free(entries);
}

static uint64_t next(uint64_t *random) {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

static size_t below(uint64_t *random, size_t n) {
    return n == 0 ? 0 : (size_t)(next(random) % n);
}

static uint64_t seed_of(const char *name, unsigned number) {
    const char *base = strrchr(name, '/');
    uint64_t h = UINT64_C(14695981039346656037) + number;
    for (const char *c = base != NULL ? base + 1 : name; *c != 0; c++) h = (h ^ (uint8_t)*c) * UINT64_C(1099511628211);
    return h | 1;
}

/* One change to data[len] (room for MUTANT_BYTES_MAX); the new length. */
static size_t change(uint8_t *data, size_t len, const struct inputs *in, uint64_t *random) {
    static const uint8_t hard[] = {0x00, 0x01, 0x7f, 0x80, 0x81, 0x90, 0xa0, 0xc0, 0xc4, 0xc6, 0xcf, 0xd9, 0xdb, 0xdd, 0xdf, 0xff};
    size_t at = below(random, len), part = below(random, len - at < 64 ? len - at + 1 : 64);
    const struct input *other = &in->list[below(random, in->count)];
    switch (next(random) % 6) {
    case 0:
        if (len > 0) data[at] ^= (uint8_t)(1 << below(random, 8));
        return len;
    case 1:
        if (len > 0) data[at] = hard[below(random, sizeof hard)];
        return len;
    case 2:
        memmove(data + at, data + at + part, len - at - part);
        return len - part;
    case 3:
        if (len + part > MUTANT_BYTES_MAX) return len;
        memmove(data + at + part, data + at, len - at);
        return len + part;
    case 4:
        return at;
    default: {
        size_t from = below(random, other->len), n = other->len - from;
        if (n > MUTANT_BYTES_MAX - at) n = MUTANT_BYTES_MAX - at;
        memcpy(data + at, other->data + from, n);
        return at + n;
    }
    }
}

static void run(struct running *running, const uint8_t *data, size_t len) {
    running->len = len;
    memcpy(running->data, data, len);
    uint8_t *exact = malloc(len);
    CHECK(exact != NULL || len == 0);
    memcpy(len > 0 ? exact : running->data, data, len);
    (void)LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

static void run_all(const struct inputs *in, unsigned mutants, struct running *running) {
    static uint8_t data[MUTANT_BYTES_MAX];
    run(running, data, 0);
    for (size_t i = 0; i < in->count; i++) run(running, in->list[i].data, in->list[i].len);
    for (size_t i = 0; i < in->count; i++) {
        for (unsigned k = 0; k < mutants; k++) {
            uint64_t random = seed_of(in->list[i].name, k);
            size_t len = in->list[i].len < sizeof data ? in->list[i].len : sizeof data;
            memcpy(data, in->list[i].data, len);
            for (size_t changes = 1 + next(&random) % 4; changes > 0; changes--) len = change(data, len, in, &random);
            run(running, data, len);
        }
    }
}

static void keep(const char *program, const struct running *running) {
    char path[4096];
    snprintf(path, sizeof path, "%s.crash", program);
    FILE *f = fopen(path, "wb");
    if (f == NULL) return;
    fwrite(running->data, 1, running->len, f);
    fclose(f);
    fprintf(stderr, "it died of this input, %zu bytes: %s\n", running->len, path);
}

int main(int argc, char **argv) {
    static struct inputs in;
    const char *soak = getenv("SUYUAN_SOAK");
    unsigned long factor = soak != NULL ? strtoul(soak, NULL, 10) : 1;
    struct running *running = mmap(NULL, sizeof *running, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(running != MAP_FAILED);
    for (int i = 1; i < argc; i++) read_path(&in, argv[i]);
    if (in.count == 0) {
        fprintf(stderr, "usage: %s FILE-OR-DIRECTORY...\n", argv[0]);
        return 2;
    }
    unsigned mutants = 1 + MUTANTS * (unsigned)(factor < 1 ? 1 : factor > 1000 ? 1000 : factor) / (unsigned)in.count; /* of each */
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        run_all(&in, mutants, running);
        for (size_t i = 0; i < in.count; i++) {
            free(in.list[i].name);
            free(in.list[i].data);
        }
        printf("%zu inputs, %zu mutants\n", in.count, in.count * mutants);
        return 0;
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    keep(argv[0], running);
    return 1;
}
