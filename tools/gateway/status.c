#include "tools/gateway/status.h"

#include <inttypes.h>
#include <unistd.h>

void status_json(const struct status *s, struct buffer *out) {
    struct emit j;
    emit_begin(&j, out);
    emit_object(&j);
    emit_key_uint(&j, "uptime_ms", s->uptime_ms);
    emit_key_uint(&j, "reads", s->intake.reads);
    emit_key_uint(&j, "reads_per_s", s->reads_per_s);
    emit_key_uint(&j, "reads_in_all", s->last);
    emit_key_uint(&j, "replayed", s->intake.replayed);
    emit_key_uint(&j, "ticks", s->intake.ticks);
    emit_key_uint(&j, "late", s->intake.late);
    emit_key_uint(&j, "ahead", s->intake.ahead);
    emit_key_uint(&j, "unmapped", s->intake.unmapped);
    emit_key_uint(&j, "reads_refused", s->reads_refused);
    emit_key_uint(&j, "messages_refused", s->messages_refused);
    emit_key_uint(&j, "tags", s->tags);
    emit_key_uint(&j, "tags_ignored", s->tags_ignored);
    emit_key_uint(&j, "waiting", s->waiting);
    emit_key_uint(&j, "movements", s->intake.movements);
    emit_key_uint(&j, "events", s->intake.events);
    emit_key_uint(&j, "batches_open", s->ledger.counts.batches_open);
    emit_key_uint(&j, "batches_accepted", s->ledger.counts.batches_accepted);
    emit_key_uint(&j, "events_open", s->ledger.counts.events_open);
    emit_key_uint(&j, "events_accepted", s->ledger.counts.events_accepted);
    emit_key_uint(&j, "signed_anew", s->ledger.counts.signed_anew);
    emit_key_uint(&j, "oldest_unsent_ms", s->oldest_ms);
    emit_key_uint(&j, "spool_bytes", s->spool_bytes);
    emit_key_uint(&j, "memory_kib", s->memory_kib);
    emit_key_uint(&j, "sources", s->sources);
    emit_key_uint(&j, "sources_connected", s->sources_connected);
    emit_key_string(&j, "alarm", s->alarm);
    emit_key_string(&j, "ledger_alarm", s->ledger.alarm);
    emit_object_end(&j);
    emit_end(&j);
}

void status_say(struct tool *t, const struct status *s) {
    const struct dispatch_status_counts *c = &s->ledger.counts;
    remark(t,
           "读取 %" PRIu64 "（%" PRIu64 "/秒，迟到 %" PRIu64 "）  标签 %u  事件 已上链 %" PRIu64
           " 未发 %" PRIu64 "（最早 %" PRIu64 " 秒前）  队列 %" PRIu64 " MiB  内存 %" PRIu64
           " MiB\n",
           "reads %" PRIu64 " (%" PRIu64 "/s, late %" PRIu64
           ")  tags %u  events on the ledger %" PRIu64 ", unsent %" PRIu64 " (oldest %" PRIu64
           " s)  spool %" PRIu64 " MiB  memory %" PRIu64 " MiB\n",
           s->last, s->reads_per_s, s->intake.late, s->tags, c->events_accepted, c->events_open,
           s->oldest_ms / 1000, s->spool_bytes >> 20, s->memory_kib >> 10);
    if (s->alarm[0] != 0) remark(t, "警报：%s\n", "alarm: %s\n", shown(t, span_text(s->alarm)));
    if (s->ledger.alarm[0] != 0)
        remark(t, "账本：%s\n", "ledger: %s\n", shown(t, span_text(s->ledger.alarm)));
}

uint64_t status_memory_kib(void) {
    unsigned long long total, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f == NULL) return 0;
    if (fscanf(f, "%llu %llu", &total, &resident) != 2) resident = 0;
    fclose(f);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}
