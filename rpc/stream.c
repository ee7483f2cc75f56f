#include <stdlib.h>

#include "rpc/call.h"
#include "rpc/handlers.h"

/* Where a reader stands: the next event is number `index` of the block at `height`: its records first, then the block itself. An event's id
 * is "<height>.<index>". Checkpoints and alarms have no id: what is missed of them is in the next one, or in /v1/node. */
struct rpc_stream {
    struct host host;
    uint64_t height;
    uint64_t index;
    uint64_t checkpoint_size, checkpoint_time_s; /* the last one told */
    uint64_t alarm_sequence;
    uint64_t comment_ms; /* when a comment is due */
    struct arena arena;
};

void rpc_stream_free(struct rpc_stream *s) {
    if (s == NULL) return;
    arena_free(&s->arena);
    free(s);
}

static bool id_number(struct span s, uint64_t *ret) {
    if (s.len == 0 || s.len > 15) return false;
    uint64_t v = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') return false;
        v = v * 10 + (uint64_t)(s.data[i] - '0');
    }
    *ret = v;
    return true;
}

static bool id_parse(struct span id, uint64_t *ret_height, uint64_t *ret_index) {
    for (size_t i = 0; i < id.len; i++)
        if (id.data[i] == '.')
            return id_number(span_part(id, 0, i), ret_height) &&
                   id_number(span_part(id, i + 1, id.len - i - 1), ret_index);
    return false;
}

/* The height and event at which a request wants to begin. */
static enum err begin_at(struct rpc_call *c, struct reader r, uint64_t head_height, struct rpc_stream *s) {
    const struct argument *from = &c->parts[0].arguments[0];
    struct span id = c->request->headers[HTTP_LAST_EVENT_ID];
    s->height = from->given ? from->number : head_height + 1;
    if (id.len == 0) return OK;
    uint64_t height, index;
    struct block_summary summary;
    if (!id_parse(id, &height, &index)) return ERR_RPC_EVENT_ID;
    /* A height that is still to come here was told by a node further on: wait for it. */
    if (height <= head_height && (query_block(r, height, &summary) != OK || index > summary.records))
        return ERR_RPC_EVENT_ID;
    s->height = height;
    s->index = index + 1;
    return OK;
}

enum err stream_begin(struct rpc_call *c, struct rpc_stream **ret) {
    struct host_status status = {0};
    c->host.ops->status(c->host.self, &status);
    if (status.http_streams >= RPC_STREAMS_MAX) return ERR_RPC_STREAMS;
    struct snapshot snapshot;
    struct ledger_head head;
    c->host.ops->snapshot_acquire(c->host.self, &snapshot);
    struct rpc_stream *s = check_alloc(1, sizeof *s);
    s->host = c->host;
    s->alarm_sequence = status.alarms_total;
    s->comment_ms = c->now_ms + RPC_STREAM_KEEPALIVE_MS;
    arena_init(&s->arena, RECORD_ARENA_BYTES);
    enum err e = ERR_RPC_NOT_ATTESTED;
    if (ledger_head_read(snapshot.reader, &head)) e = begin_at(c, snapshot.reader, head.height, s);
    c->host.ops->snapshot_release(c->host.self, &snapshot);
    if (e != OK) {
        rpc_stream_free(s);
        return e;
    }
    *ret = s;
    return OK;
}

static void event_open(struct buffer *out, struct emit *j, const char *event) {
    buffer_printf(out, "event: %s\ndata: ", event);
    emit_begin(j, out);
    emit_object(j);
}

static void event_close(struct buffer *out, struct emit *j) {
    emit_object_end(j);
    emit_end(j);
    buffer_text(out, "\n\n");
}

static void event_id(struct buffer *out, uint64_t height, uint64_t index) {
    buffer_printf(out, "id: %llu.%llu\n", (unsigned long long)height, (unsigned long long)index);
}

static void put_header(struct emit *j, struct reader r, uint64_t log_index) {
    struct buffer leaf;
    buffer_init(&leaf, LEAF_BYTES_MAX + 64);
    uint64_t height;
    uint32_t index;
    struct span header_bytes;
    struct signature signature;
    struct record_header header;
    if (query_log_leaf(r, log_index, &leaf, &height, &index) == OK &&
        record_leaf_decode(buffer_span(&leaf), &header_bytes, &signature) == OK &&
        record_header_decode(header_bytes, &header) == OK) {
        struct digest id = record_id_of(header_bytes);
        emit_key_digest(j, "id", &id);
        emit_key_uint(j, "log_index", log_index);
        emit_key_uint(j, "kind", header.kind);
        emit_key_text(j, "subject", header.subject);
        emit_key_uint(j, "items", header.item_count);
    }
    buffer_free(&leaf);
}

static void tell_record(struct rpc_stream *s, struct reader r, const struct result *result, uint64_t log_index,
                        struct buffer *out) {
    struct emit j;
    event_id(out, s->height, s->index);
    event_open(out, &j, "record");
    emit_key_uint(&j, "height", s->height);
    emit_key_uint(&j, "index", s->index);
    emit_key_digest(&j, "leaf", &result->wire_id);
    if (log_index != LOG_INDEX_NONE) put_header(&j, r, log_index);
    put_result(&j, result->code, result->item);
    event_close(out, &j);
}

static void tell_block(struct rpc_stream *s, const struct block_summary *b, struct buffer *out) {
    struct emit j;
    event_id(out, s->height, s->index);
    event_open(out, &j, "block");
    emit_key_uint(&j, "height", b->height);
    emit_key_uint(&j, "view", b->view);
    emit_key_digest(&j, "digest", &b->block);
    emit_key_uint(&j, "time_ms", b->time_ms);
    emit_key_uint(&j, "records", b->records);
    emit_key_uint(&j, "accepted", b->accepted);
    emit_key_uint(&j, "log_size", b->log_size);
    emit_key_digest(&j, "log_root", &b->log_root);
    emit_key_digest(&j, "status_root", &b->status_root);
    event_close(out, &j);
}

/* The rest of the block at s->height, as far as there is room. False: the room is used up. */
static bool tell_height(struct rpc_stream *s, struct reader r, size_t room, struct buffer *out) {
    struct block_summary b;
    if (query_block(r, s->height, &b) != OK) return false;
    struct result *results = NULL;
    uint32_t count = 0;
    arena_reset(&s->arena);
    if (s->index < b.records && query_results(r, s->height, &s->arena, &results, &count) != OK) return false;
    /* The block's accepted records stand in the log one after the other, its own leaf behind them (X5). */
    uint64_t log_index = b.log_size - 1 - b.accepted;
    for (uint32_t i = 0; i < count; i++) {
        bool accepted = results[i].code == RESULT_ACCEPTED;
        if (i >= s->index) {
            if (out->len >= room) return false;
            tell_record(s, r, &results[i], accepted ? log_index : LOG_INDEX_NONE, out);
            s->index = i + 1;
        }
        log_index += accepted ? 1 : 0;
    }
    if (s->index <= b.records) {
        if (out->len >= room) return false;
        s->index = b.records;
        tell_block(s, &b, out);
    }
    s->height++;
    s->index = 0;
    return true;
}

static void tell_checkpoint(struct rpc_stream *s, const struct snapshot *snapshot, struct buffer *out) {
    struct attested a;
    if (!s->host.ops->attested(s->host.self, snapshot, &a)) return;
    if (a.size < s->checkpoint_size) return;
    if (a.size == s->checkpoint_size && a.as_of_s <= s->checkpoint_time_s) return;
    s->checkpoint_size = a.size;
    s->checkpoint_time_s = a.as_of_s;
    struct emit j;
    event_open(out, &j, "checkpoint");
    emit_key_uint(&j, "height", a.height);
    emit_key_uint(&j, "size", a.size);
    emit_key_digest(&j, "root", &a.root);
    emit_key_uint(&j, "as_of_s", a.as_of_s);
    emit_key_uint(&j, "cosignatures", a.count);
    event_close(out, &j);
}

static void tell_alarms(struct rpc_stream *s, size_t room, struct buffer *out) {
    struct host_status status = {0};
    s->host.ops->status(s->host.self, &status);
    for (uint32_t i = 0; i < status.alarms_count && out->len < room; i++) {
        const struct host_alarm *a = &status.alarms[i];
        if (a->sequence <= s->alarm_sequence) continue;
        s->alarm_sequence = a->sequence;
        struct emit j;
        event_open(out, &j, "alarm");
        emit_key_uint(&j, "sequence", a->sequence);
        emit_key_uint(&j, "time_ms", a->time_ms);
        emit_key_string(&j, "text", a->text);
        event_close(out, &j);
    }
}

bool rpc_stream_fill(struct rpc_stream *s, size_t room, uint64_t now_ms, struct buffer *out) {
    size_t before = out->len;
    struct snapshot snapshot;
    struct ledger_head head;
    bool more = false;
    s->host.ops->snapshot_acquire(s->host.self, &snapshot);
    if (ledger_head_read(snapshot.reader, &head)) {
        while (s->height <= head.height && tell_height(s, snapshot.reader, room, out))
            continue;
        more = s->height <= head.height;
        if (!more && out->len < room) tell_checkpoint(s, &snapshot, out);
    }
    s->host.ops->snapshot_release(s->host.self, &snapshot);
    if (!more) tell_alarms(s, room, out);
    if (out->len == before && now_ms >= s->comment_ms) buffer_text(out, ":\n\n");
    if (out->len > before) s->comment_ms = now_ms + RPC_STREAM_KEEPALIVE_MS;
    return more;
}

uint64_t rpc_stream_deadline(const struct rpc_stream *s) {
    return s->comment_ms;
}
