/* bench_report.c: what was measured, for programs and for people. */
#include "tools/bench.h"

/* ---- the report ---- */

static void put_double(struct emit *j, const char *key, double v) {
    char text[40];
    int len = snprintf(text, sizeof text, "%.3f", v);
    emit_key(j, key);
    emit_raw(j, span_of(text, (size_t)len));
}

static void put_latency(struct emit *j, const char *key, const struct latency *l) {
    if (l->count == 0) return;
    emit_key(j, key);
    emit_object(j);
    emit_key_uint(j, "count", l->count);
    put_double(j, "p50_ms", l->p50_us / 1e3);
    put_double(j, "p99_ms", l->p99_us / 1e3);
    put_double(j, "max_ms", l->max_us / 1e3);
    emit_object_end(j);
}

static void put_rate(struct emit *j, const char *key, const struct rate *r) {
    if (r->us == 0) return;
    emit_key(j, key);
    emit_object(j);
    emit_key_uint(j, "count", r->records);
    put_double(j, "seconds", (double)r->us / 1e6);
    put_double(j, "per_s", r->per_s);
    if (r->first_per_s > 0) put_double(j, "first_tenth_per_s", r->first_per_s);
    if (r->first_per_s > 0) put_double(j, "last_tenth_per_s", r->last_per_s);
    put_double(j, "longest_silence_ms", (double)r->silence_us / 1e3);
    emit_key_uint(j, "sent_again", r->again);
    emit_object_end(j);
}

static double best_per_s(const struct bench *b) {
    return b->verify_per_s * machine_cores() / b->devnet.validators;
}

void bench_report_json(const struct bench *b) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, 64 << 10);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key_string(&j, "version", SUYUAN_VERSION);
    emit_key_uint(&j, "cores", machine_cores());
    emit_key_uint(&j, "validators", b->devnet.validators);
    put_double(&j, "verify_per_s_per_core", b->verify_per_s);
    emit_key_uint(&j, "fsync_p50_us", b->fsync_p50_us);
    emit_key_uint(&j, "fsync_p99_us", b->fsync_p99_us);
    put_double(&j, "best_records_per_s", best_per_s(b));
    emit_key_uint(&j, "record_bytes", b->record_bytes);
    put_latency(&j, "idle_submitted_to_committed", &b->idle);
    put_rate(&j, "records", &b->full);
    if (b->full.us > 0) {
        put_double(&j, "records_of_best", b->full.per_s / best_per_s(b));
        put_double(&j, "cpu_us_per_record_all_validators", b->cpu_us);
        put_double(&j, "generator_cpu_us_per_record", b->generator_cpu_us);
        put_double(&j, "store_bytes_per_record", b->store_bytes);
        put_double(&j, "journal_bytes", b->journal_bytes);
    }
    put_rate(&j, "half_load", &b->half);
    put_latency(&j, "half_load_submitted_to_committed", &b->half_probe);
    put_latency(&j, "half_load_batches_of_16", &b->half_batch);
    put_rate(&j, "events_100_per_signature", &b->events);
    if (b->events.us > 0) put_double(&j, "cpu_us_per_event_all_validators", b->events_cpu_us);
    if (b->proofs_per_s > 0) put_double(&j, "proof_reads_per_s", b->proofs_per_s);
    if (b->proofs_per_s > 0) emit_key_uint(&j, "proof_bytes", b->proof_bytes);
    emit_key_uint(&j, "validator_memory_bytes", b->at_end.rss_max_kib * 1024);
    emit_key_uint(&j, "validator_memory_peak_bytes", b->at_end.peak_kib * 1024);
    emit_key_uint(&j, "committed", b->committed);
    emit_key_uint(&j, "accepted", b->accepted);
    emit_key_uint(&j, "refused_by_execution", b->refused);
    emit_object_end(&j);
    emit_end(&j);
    json_print(&out);
}

static void line(const struct bench *b, const char *zh, const char *en, const char *value,
                 const char *aim) {
    print_padded(tr(b->tool, zh, en), 44);
    print_padded(value, 34);
    printf("%s\n", aim);
}

static void report_latency(const struct bench *b, const char *zh, const char *en,
                           const struct latency *l, const char *aim) {
    if (l->count == 0) return;
    line(
        b, zh, en,
        format(b->tool, "%.1f / %.1f / %.1f ms", l->p50_us / 1e3, l->p99_us / 1e3, l->max_us / 1e3),
        aim);
}

void bench_report_people(struct bench *b) {
    struct tool *t = b->tool;
    double best = best_per_s(b);
    printf("\n");
    line(b, "", "", tr(t, "测得", "measured"), tr(t, "目标", "aim"));
    line(b, "验签 V（每核每秒）", "signature checks per core V",
         format(t, "%.0f /s, %u cores", b->verify_per_s, machine_cores()), "");
    line(b, "fdatasync 4 KiB（中位/99%）", "fdatasync 4 KiB (p50/p99)",
         format(t, "%llu / %llu us", (unsigned long long)b->fsync_p50_us,
                (unsigned long long)b->fsync_p99_us),
         "");
    line(b, "理论上限 V x c / 4", "the best there can be: V x c / 4", format(t, "%.0f /s", best),
         "");
    if (b->full.us > 0) {
        line(b, "单签名记录", "records, one signature each",
             format(t, "%.0f /s (%.0f%%, %llu bytes)", b->full.per_s, 100 * b->full.per_s / best,
                    (unsigned long long)b->record_bytes),
             "50%");
        line(b, "  首末十分之一", "  first and last tenth",
             format(t, "%.0f, %.0f /s", b->full.first_per_s, b->full.last_per_s),
             tr(t, "不变慢", "no slowdown"));
        line(b, "  处理器（四节点合计/压测端）", "  CPU per record (all nodes / generator)",
             format(t, "%.0f / %.0f us", b->cpu_us, b->generator_cpu_us), "");
        line(b, "  磁盘", "  disk per record", format(t, "%.0f bytes", b->store_bytes), "");
    }
    if (b->events.us > 0)
        line(b, "每签名 100 个事件", "events, 100 per signature",
             format(t, "%.0f /s", b->events.per_s), "20000 /s");
    report_latency(b, "时延 提交到落账，空闲（中位/99%/最长）", "latency idle (p50/p99/max)",
                   &b->idle, "5 ms");
    if (b->half.us > 0)
        line(b, "最长停顿 半负载", "longest stall at half load",
             format(t, "%.0f ms", (double)b->half.silence_us / 1e3), "100 ms");
    report_latency(b, "时延 半负载（中位/99%/最长）", "latency at half load (p50/p99/max)",
                   &b->half_probe, "20 / 60 ms");
    if (b->proofs_per_s > 0)
        line(b, "证明读取", "proof reads",
             format(t, "%.0f /s (%llu bytes)", b->proofs_per_s, (unsigned long long)b->proof_bytes),
             "");
    line(b, "内存（最大节点/峰值）", "memory (largest node / peak)",
         format(t, "%llu / %llu MiB", (unsigned long long)b->at_end.rss_max_kib / 1024,
                (unsigned long long)b->at_end.peak_kib / 1024),
         "256 MiB");
}
