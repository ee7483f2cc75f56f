/* main.c: sim [--seed S] [--worlds N] [--jobs J] [--verbose] [--twice] [--expect-failure] [--seeds FILE]
 *
 * Runs worlds S .. S+N-1, in J processes, and prints one summary line. Exit 0 when every world held; 1 when one did
 * not, with its seed, the reason and the command that runs it again. --seeds runs those of a file instead
 * (lines "seed
 * story"). --twice runs each world twice and compares the traces. --expect-failure turns it around, for
 * planted faults:
 * 0 when a world failed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/sim.h"

struct options {
    uint64_t seed, worlds, jobs;
    bool verbose, twice, expect_failure;
    const char *program, *seeds_file;
    uint64_t *seeds; /* NULL: consecutive ones */
    uint64_t *running; /* per job: the seed it is at, in memory that outlives it */
};

/* What one process found; goes through a pipe. */
struct tally {
    uint64_t worlds, blocks, steps, crashes, evidence, simulated_ms;
    bool failed;
    uint64_t failed_seed;
    char failure[SIM_TEXT_BYTES], description[SIM_TEXT_BYTES];
    struct digest traces; /* XOR of all trace hashes */
};

static void run_one(struct fixtures *fixtures, const struct options *o, uint64_t seed, struct tally *t) {
    struct world_result r, again;
    world_run(fixtures, seed, o->verbose, &r);
    if (o->twice && r.ok) {
        world_run(fixtures, seed, false, &again);
        if (!digest_equal(&r.trace, &again.trace)) {
            r.ok = false;
            snprintf(r.failure, sizeof r.failure, "the same seed gave another trace");
        }
    }
    t->worlds++;
    t->blocks += r.blocks;
    t->steps += r.steps;
    t->crashes += r.crashes;
    t->evidence += r.evidence > 0;
    t->simulated_ms += r.simulated_ms;
    for (size_t i = 0; i < sizeof t->traces.b; i++) t->traces.b[i] ^= r.trace.b[i];
    if (r.ok) return;
    t->failed = true;
    t->failed_seed = seed;
    memcpy(t->failure, r.failure, sizeof t->failure);
    memcpy(t->description, r.description, sizeof t->description);
}

static uint64_t seed_at(const struct options *o, uint64_t i) {
    return o->seeds != NULL ? o->seeds[i] : o->seed + i;
}

/* Every jobs-th world, until one fails. */
static void run_share(const struct options *o, uint64_t job, struct tally *t) {
    struct fixtures *fixtures = check_alloc(1, sizeof *fixtures);
    for (uint64_t i = job; i < o->worlds && !t->failed; i += o->jobs) {
        o->running[job] = seed_at(o, i);
        run_one(fixtures, o, seed_at(o, i), t);
    }
    fixtures_free(fixtures);
    free(fixtures);
    memo_free();
}

static void add(struct tally *sum, const struct tally *t) {
    sum->worlds += t->worlds;
    sum->blocks += t->blocks;
    sum->steps += t->steps;
    sum->crashes += t->crashes;
    sum->evidence += t->evidence;
    sum->simulated_ms += t->simulated_ms;
    for (size_t i = 0; i < sizeof sum->traces.b; i++) sum->traces.b[i] ^= t->traces.b[i];
    if (!t->failed || (sum->failed && sum->failed_seed < t->failed_seed)) return;
    sum->failed = true;
    sum->failed_seed = t->failed_seed;
    memcpy(sum->failure, t->failure, sizeof sum->failure);
    memcpy(sum->description, t->description, sizeof sum->description);
}

/* A process that dies (a CHECK, a sanitizer) has failed; it says itself why. */
static void run_processes(const struct options *o, struct tally *sum) {
    int *pipes = check_alloc(o->jobs, sizeof(int));
    pid_t *children = check_alloc(o->jobs, sizeof(pid_t));
    fflush(NULL);
    for (uint64_t j = 0; j < o->jobs; j++) {
        int ends[2];
        CHECK(pipe(ends) == 0);
        pipes[j] = ends[0];
        children[j] = fork();
        CHECK(children[j] >= 0);
        if (children[j] > 0) {
            close(ends[1]);
            continue;
        }
        struct tally t = {0};
        run_share(o, j, &t);
        ssize_t written = write(ends[1], &t, sizeof t);
        fflush(NULL);
        _exit(written == (ssize_t)sizeof t ? 0 : 2);
    }
    for (uint64_t j = 0; j < o->jobs; j++) {
        struct tally t;
        int status = 0;
        ssize_t got = read(pipes[j], &t, sizeof t);
        waitpid(children[j], &status, 0);
        if (got != (ssize_t)sizeof t || status != 0) {
            t = (struct tally){.failed = true, .failed_seed = o->running[j]};
            snprintf(t.failure, sizeof t.failure, "the process died (status %d)", status);
        }
        add(sum, &t);
        close(pipes[j]);
    }
    free(pipes);
    free(children);
}

static bool number(const char *text, uint64_t *ret) {
    char *end;
    *ret = strtoull(text, &end, 10);
    return *text != 0 && *end == 0;
}

static bool seeds_read(struct options *o) {
    enum { SEEDS_MAX = 4096 };
    char line[1024];
    FILE *file = fopen(o->seeds_file, "r");
    if (file == NULL) {
        perror(o->seeds_file);
        return false;
    }
    o->seeds = check_alloc(SEEDS_MAX, sizeof *o->seeds);
    o->worlds = 0;
    while (fgets(line, sizeof line, file) != NULL && o->worlds < SEEDS_MAX)
        if (sscanf(line, "%lu", &o->seeds[o->worlds]) == 1) o->worlds++;
    fclose(file);
    return o->worlds > 0;
}

static bool parse(int argc, char **argv, struct options *o) {
    *o = (struct options){.seed = 1, .worlds = 2000, .jobs = 1, .program = argv[0]};
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        bool more = i + 1 < argc;
        if (strcmp(a, "--verbose") == 0) o->verbose = true;
        else if (strcmp(a, "--twice") == 0) o->twice = true;
        else if (strcmp(a, "--expect-failure") == 0) o->expect_failure = true;
        else if (strcmp(a, "--seeds") == 0 && more) o->seeds_file = argv[++i];
        else if (strcmp(a, "--seed") == 0 && more && number(argv[i + 1], &o->seed)) i++;
        else if (strcmp(a, "--worlds") == 0 && more && number(argv[i + 1], &o->worlds)) i++;
        else if (strcmp(a, "--jobs") == 0 && more && number(argv[i + 1], &o->jobs) && o->jobs > 0 && o->jobs <= 64) i++;
        else return false;
    }
    return o->seeds_file != NULL ? seeds_read(o) : o->worlds > 0;
}

int main(int argc, char **argv) {
    struct options o;
    if (!parse(argc, argv, &o)) {
        fprintf(stderr, "usage: sim [--seed S] [--worlds N] [--jobs J] [--verbose] [--twice] [--expect-failure] [--seeds FILE]\n");
        return 2;
    }
    crypto_start();
    struct tally sum = {0};
    size_t bytes = o.jobs * sizeof *o.running;
    o.running = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(o.running != MAP_FAILED);
    if (o.jobs > 1)
        run_processes(&o, &sum);
    else
        run_share(&o, 0, &sum);
    char hex[65];
    hex_encode(span_of(sum.traces.b, 32), hex);
    printf("sim: worlds=%lu blocks=%lu steps=%lu crashes=%lu with-evidence=%lu simulated=%lus traces=%.16s %s\n",
           (unsigned long)sum.worlds, (unsigned long)sum.blocks, (unsigned long)sum.steps, (unsigned long)sum.crashes,
           (unsigned long)sum.evidence, (unsigned long)(sum.simulated_ms / 1000), hex, sum.failed ? "FAILED" : "held");
    if (sum.failed) {
        printf("  seed %lu: %s\n  world: %s\n  again: %s --seed %lu --worlds 1 --verbose\n", (unsigned long)sum.failed_seed,
               sum.failure, sum.description, o.program, (unsigned long)sum.failed_seed);
    }
    munmap(o.running, bytes);
    free(o.seeds);
    return sum.failed != o.expect_failure;
}
