/* bench.h: what `suyuan bench` measures with: records signed ahead of time, the machine's own
 * figures, percentiles, and what the processes of a devnet use. cmd_bench.c puts them together. */
#ifndef TOOLS_BENCH_H
#define TOOLS_BENCH_H

#include "genesis/genesis.h"
#include "tools/devnet.h"
#include "tools/load.h"

/* -- bench_records.c -- */

/* Signed records in batches ready to be sent, in a file that is mapped and has no name: a million
 * of them do not stay in memory. */
struct records {
    const struct genesis *genesis; /* borrowed */
    struct span subject;           /* borrowed */
    const struct keypair *keys;    /* borrowed */
    uint32_t batch, items;         /* records per batch, events per record */
    uint64_t serial;               /* the next event's */
    int file;
    uint8_t *map;
    size_t map_len;
    uint64_t *starts;   /* batches + 1 offsets in the file */
    struct digest *ids; /* per record */
    uint64_t batches, count, bytes;
    uint64_t record_bytes; /* of the last record made */
};
/* Makes `count` records (rounded up to whole batches). `directory` is where the file lies. */
int records_make(struct tool *t, const char *directory, uint64_t count, struct records *r) MUST_USE;
/* The body of a batch submission, or of a single one when batch is 1 (then one wire record). */
struct span records_batch(const struct records *r, uint64_t index);
void records_free(struct records *r); /* accepts a zeroed one */

/* -- bench_machine.c -- */

/* Signature checks per second of processor time on one core, over these records. */
double machine_verify_per_s(const struct records *r);
/* Median and 99th percentile of one fdatasync of 4 KiB inside a pre-written file, microseconds. */
bool machine_fsync(const char *directory, uint64_t *ret_p50_us, uint64_t *ret_p99_us);
uint32_t machine_cores(void);

struct usage {
    uint64_t cpu_us;                     /* all nodes together */
    uint64_t rss_max_kib;                /* of the largest node, now */
    uint64_t peak_kib;                   /* of the largest node, ever */
    uint64_t store_bytes, journal_bytes; /* of node 0 on disk */
};
void usage_read(struct tool *t, const struct devnet *d, struct usage *ret);

/* Latencies in microseconds; the p-th of a thousand. Sorts the list. */
struct samples {
    uint32_t *list;
    uint32_t count, cap;
};
void samples_add(struct samples *s, uint64_t us);
uint32_t samples_at(struct samples *s, uint32_t per_mille);
void samples_free(struct samples *s);

/* -- the whole, cmd_bench.c and bench_report.c -- */

struct rate {
    uint64_t records, us;
    double per_s, first_per_s, last_per_s; /* over all, the first and the last tenth of the time */
    uint64_t silence_us, again;
};
struct latency {
    uint32_t count, p50_us, p99_us, max_us;
};

struct bench {
    struct tool *tool;
    struct devnet devnet;
    bool own; /* the devnet is ours to stop and delete */
    char directory[DEVNET_PATH_BYTES];
    struct genesis *genesis;
    struct keypair keys;
    struct span subject;
    uint16_t ports[VALIDATORS_MAX];
    uint64_t seconds, records, batch, connections;
    const char *phases;
    uint64_t serial;
    double verify_per_s;
    uint64_t fsync_p50_us, fsync_p99_us, record_bytes, events_record_bytes;
    struct latency idle, half_probe, half_batch;
    struct rate full, half, events;
    double half_target, proofs_per_s, cpu_us, generator_cpu_us, events_cpu_us;
    double store_bytes, journal_bytes;
    struct usage at_end;
    uint64_t proof_bytes, accepted, committed;
    uint64_t refused; /* by execution: proposed again after they were committed */
};

void bench_report_json(const struct bench *b);
void bench_report_people(struct bench *b);

#endif
