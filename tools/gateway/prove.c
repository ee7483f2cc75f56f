#include "tools/gateway/prove.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/merkle_root.h"
#include "tools/chain.h"
#include "tools/gateway/batch.h"
#include "tools/gateway/opened.h"
#include "tools/gateway/run.h"
#include "tools/gateway/spool.h"
#include "tools/node.h"
#include "trace/rfc3339.h"

struct search {
    uint8_t epc[EPC_BYTES_MAX];
    size_t epc_len;
    uint64_t at_ms;
    uint64_t found; /* sequence of the nearest so far; 0: none */
    uint64_t distance;
};

static void search_read(void *self, uint64_t sequence, struct span bytes) {
    struct search *s = self;
    struct tag_read r;
    if (read_decode(bytes, &r) != OK || !span_equal(r.epc, span_of(s->epc, s->epc_len))) return;
    uint64_t distance = r.time_ms > s->at_ms ? r.time_ms - s->at_ms : s->at_ms - r.time_ms;
    if (s->found != 0 && distance >= s->distance) return;
    s->found = sequence;
    s->distance = distance;
}

/* The hour's leaves, and the read that is wanted. */
struct leaves {
    struct digest *hashes;
    size_t count, max;
    uint64_t wanted;
    struct buffer read;
};

static void leaves_read(void *self, uint64_t sequence, struct span bytes) {
    struct leaves *l = self;
    if (l->count < l->max) l->hashes[l->count++] = merkle_leaf_hash(bytes);
    if (sequence == l->wanted) buffer_append_span(&l->read, bytes);
}

static int which_read(struct tool *t, const struct arguments *a, struct spool *s, uint64_t *ret) {
    struct search search = {.at_ms = now_ms()};
    uint64_t last, received;
    const char *tag = argument(a, OPTION_TAG), *at = argument(a, OPTION_AT);
    int64_t ms;
    if (!argument_number(t, a, OPTION_READ, 1, INT64_MAX, 0, ret)) return EXIT_USAGE;
    if (*ret != 0) return EXIT_OK;
    size_t len = tag != NULL ? strlen(tag) : 0;
    search.epc_len = len / 2;
    if (len == 0 || len % 2 != 0 || len > 2 * EPC_BYTES_MAX ||
        hex_decode(tag, len, search.epc, search.epc_len) != OK)
        return fail(t, EXIT_USAGE, "help gateway prove",
                    "请用 --tag 给出标签的 EPC（小写十六进制），或用 --read",
                    "name the tag's EPC with --tag (lower-case hex), or the read with --read");
    if (at != NULL && (!rfc3339_ms(span_text(at), &ms) || ms <= 0))
        return fail(t, EXIT_USAGE, "help gateway prove", "--at 应如 2026-06-01T08:00:00Z",
                    "--at is like 2026-06-01T08:00:00Z");
    if (at != NULL) search.at_ms = (uint64_t)ms;
    if (!spool_last(s, &last, &received) || !spool_reads(s, 1, last, search_read, &search))
        return fail(t, EXIT_BROKEN, "help gateway prove", "%s", "%s", spool_trouble(s));
    if (search.found == 0)
        return fail(t, EXIT_NOT_FOUND, "help gateway prove", "队列中没有这个标签的读取：%s",
                    "the spool holds no read of this tag: %s", shown(t, span_text(tag)));
    *ret = search.found;
    return EXIT_OK;
}

/* The anchored hour that holds the read, and the batch that carries the anchor. */
static int hour_of(struct tool *t, struct spool *s, uint64_t sequence, struct spool_hour *ret,
                   struct spool_batch *ret_batch) {
    bool found = false;
    for (uint64_t at = 0; !found && spool_hour_from(s, at, ret); at = ret->hour + 1)
        found = sequence >= ret->first && sequence - ret->first < ret->count;
    if (!found || ret->dropped)
        return fail(t, EXIT_NOT_FOUND, "help gateway prove", "队列中没有（或已不再保存）这次读取",
                    "the spool does not hold this read, or no longer");
    if (ret->batch == 0 || !spool_batch_get(s, ret->batch, ret_batch) ||
        ret_batch->state != BATCH_ACCEPTED)
        return fail(t, EXIT_UNREACHABLE, "gateway run --config FILE",
                    "这一小时的根尚未上链：小时结束之后由运行中的网关存证",
                    "the root of this hour is not on the ledger yet: a running gateway anchors it "
                    "when the hour is over");
    return EXIT_OK;
}

static void opened_say(struct tool *t, const struct opened *o) {
    struct buffer uri CLEANUP(buffer_free) = {0};
    const struct statement_record *r = &o->statement.records[0];
    buffer_init(&uri, 4096);
    epc_uri(o->read.epc, &uri);
    if (t->json) {
        struct buffer out CLEANUP(buffer_free) = {0};
        struct emit j;
        buffer_init(&out, 65536);
        emit_begin(&j, &out);
        emit_object(&j);
        emit_key_text(&j, "epc", buffer_span(&uri));
        emit_key_hex(&j, "epc_hex", o->read.epc);
        emit_key_hex(&j, "tid", o->read.tid);
        emit_key_text(&j, "reader", o->read.reader);
        emit_key_uint(&j, "antenna", o->read.antenna);
        emit_key_uint(&j, "time_ms", o->read.time_ms);
        emit_key_uint(&j, "received_ms", o->read.received_ms);
        emit_key_uint(&j, "index", o->index);
        emit_key_uint(&j, "count", o->anchor.count);
        emit_key_uint(&j, "from_ms", o->anchor.from_ms);
        emit_key_digest(&j, "root", &o->anchor.root);
        emit_key_text(&j, "what", o->anchor.what);
        emit_key_text(&j, "subject", r->header.subject);
        emit_key_digest(&j, "leaf", &o->statement.wire_id);
        emit_key_uint(&j, "log_index", r->log_index);
        emit_key_uint(&j, "created_ms", r->header.created_ms);
        emit_key_uint(&j, "as_of_s", o->statement.as_of_s);
        emit_object_end(&j);
        emit_end(&j);
        json_print(&out);
        return;
    }
    say(t, "读取 %s\n  读写器 %s，天线 %u，时间 %s\n",
        "Read of %s\n  reader %s, antenna %u, at %s\n", shown(t, buffer_span(&uri)),
        shown(t, o->read.reader), o->read.antenna, time_text(t, o->read.time_ms));
    say(t, "  网关收到 %s；该小时共 %" PRIu64 " 次读取，此为第 %" PRIu64 " 次\n",
        "  received %s; of %" PRIu64 " reads of that hour this is number %" PRIu64 "\n",
        time_text(t, o->read.received_ms), o->anchor.count, o->index + 1);
    say(t, "  由 %s 以 %s 存证于 %s，日志序号 %" PRIu64 "\n",
        "  anchored by %s as %s, signed %s, log index %" PRIu64 "\n", shown(t, r->header.subject),
        shown(t, o->anchor.what), time_text(t, r->header.created_ms), r->log_index);
}

static int file_check(struct tool *t, const struct arguments *a, struct span file) {
    struct arena arena CLEANUP(arena_free) = {0};
    struct opened o;
    struct digest chain_id;
    struct refusal refusal;
    int code = chain_id_of_arguments(t, a, &chain_id);
    if (code) return code;
    arena_init(&arena, PROOF_ARENA_BYTES);
    enum err e = opened_check(file, &chain_id, &arena, &o);
    if (e != OK) {
        (void)refusal_set(&refusal, e, "%s", "");
        return fail_refusal(t, EXIT_FALSE, "help gateway prove", NULL, &refusal);
    }
    opened_say(t, &o);
    return EXIT_OK;
}

static int read_open(struct tool *t, const struct arguments *a, struct spool *s,
                     const char *output) {
    struct node node CLEANUP(node_close) = {0};
    struct buffer file CLEANUP(buffer_free) = {0};
    struct leaves l = {0};
    struct spool_hour hour;
    struct spool_batch batch;
    struct digest path[MERKLE_LIST_PATH_MAX];
    int code = which_read(t, a, s, &l.wanted);
    if (code == EXIT_OK) code = hour_of(t, s, l.wanted, &hour, &batch);
    if (code) return code;
    node_open(t, &node);
    code = node_get(&node, format(t, "/v1/records/%s/proof?items=0", hex_text(t, batch.wire_id.b)),
                    "application/vnd.suyuan.proof", NULL);
    if (code) return code;
    l.max = hour.count;
    l.hashes = check_alloc(hour.count, sizeof *l.hashes);
    buffer_init(&l.read, READ_BYTES_MAX);
    buffer_init(&file, OPENED_BYTES_MAX);
    if (!spool_reads(s, hour.first, hour.first + hour.count - 1, leaves_read, &l) ||
        l.count != hour.count) {
        code = fail(t, EXIT_BROKEN, "help gateway prove", "%s", "%s", spool_trouble(s));
    } else {
        size_t index = (size_t)(l.wanted - hour.first);
        size_t n = merkle_list_path(l.hashes, l.count, index, path);
        opened_write(buffer_span(&l.read), index, path, n, buffer_span(&node.answer.body), &file);
        /* What is handed out was checked. */
        code = file_check(t, a, buffer_span(&file));
        if (code == EXIT_OK) code = file_write(t, output, buffer_span(&file));
    }
    free(l.hashes);
    buffer_free(&l.read);
    return code;
}

int gateway_prove(struct tool *t, const struct arguments *a) {
    struct buffer file CLEANUP(buffer_free) = {0};
    struct gateway_config *config = NULL;
    struct spool *spool = NULL;
    struct refusal refusal;
    const char *check = argument(a, OPTION_CHECK), *output = argument(a, OPTION_OUTPUT);
    if (check != NULL) {
        buffer_init(&file, OPENED_BYTES_MAX);
        int code = file_read(t, check, &file);
        return code ? code : file_check(t, a, buffer_span(&file));
    }
    if (output == NULL)
        return fail(t, EXIT_USAGE, "help gateway prove",
                    "请用 -o 指明写入的文件，或用 --check 检查一个",
                    "name the file to write with -o, or one to check with --check");
    int code = gateway_config_load(t, a, &config);
    if (code == EXIT_OK && spool_open(config->spool, &spool, &refusal) != OK)
        code = fail_refusal(t, EXIT_BROKEN, "help gateway prove", NULL, &refusal);
    if (code == EXIT_OK) code = read_open(t, a, spool, output);
    spool_close(spool);
    config_free(config);
    return code;
}
