#include "tools/sender.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "ledger/result.h"
#include "tools/map.h"

enum { WAIT_MS_MAX = 5000, ANSWER_MARGIN_MS = 5000, PROGRESS_MS = 100, TALK_BYTES_MAX = 64 << 20 };

static bool settled(const struct sender *s, const struct parcel_record *r) {
    return parcel_decided(r) || r->state == PARCEL_ELSEWHERE ||
           (!s->wait && r->state == PARCEL_PENDING);
}

void sender_progress(struct sender *s, bool force) {
    uint64_t now = now_ms();
    if (!s->tool->terminal || s->tool->json || (!force && now - s->shown_ms < PROGRESS_MS)) return;
    s->shown_ms = now;
    remark(s->tool,
           "\r已签名 %" PRIu64 "  已提交 %" PRIu64 "  待定 %" PRIu64 "  被拒 %" PRIu64
           "  未发出 %" PRIu64 "\033[K",
           "\rsigned %" PRIu64 "  committed %" PRIu64 "  pending %" PRIu64 "  refused %" PRIu64
           "  unsent %" PRIu64 "\033[K",
           s->signed_count, s->committed, s->pending, s->refused, s->unsent);
}

static void progress_clear(const struct sender *s) {
    if (s->tool->terminal && !s->tool->json) fputs("\r\033[K", stderr);
}

static void why_set(struct sender *s, struct span problem) {
    struct tool *t = s->tool;
    snprintf(s->why, sizeof s->why, "%s [%s]",
             shown(t, map_text(problem, t->lang == LANG_ZH ? "title_zh" : "title_en")),
             shown(t, map_text(problem, "name")));
}

static void record_read(struct sender *s, struct span answer, struct parcel_record *r) {
    struct tool *t = s->tool;
    struct span status = map_text(answer, "status"), result = map_get(answer, "result"),
                error = map_get(answer, "error");
    const char *field = t->lang == LANG_ZH ? "text_zh" : "text_en";
    r->code = (uint16_t)map_uint(result, "code");
    r->item = (uint16_t)map_uint(result, "item");
    if (span_is(status, "committed")) {
        r->state = PARCEL_COMMITTED;
        r->height = map_uint(answer, "height");
        r->log_index = map_uint(answer, "log_index");
        if (r->code != 0)
            r->text = format(t, "%s [%s]", shown(t, map_text(result, field)),
                             shown(t, map_text(result, "name")));
    } else if (span_is(status, "refused")) {
        bool said = map_has(answer, "result");
        struct span from = said ? result : error, name = map_text(error, "name");
        /* Of this node only: another may take it. */
        if (span_is(name, err_name(ERR_NOT_VOTING)) || span_is(name, err_name(ERR_STOPPING))) {
            why_set(s, error);
            return;
        }
        r->state = span_is(name, err_name(ERR_RECORD_CHAIN)) ? PARCEL_ELSEWHERE : PARCEL_REFUSED;
        r->text = format(t, "%s [%s]",
                         shown(t, map_text(from, said                 ? field
                                                 : t->lang == LANG_ZH ? "title_zh"
                                                                      : "title_en")),
                         shown(t, map_text(from, "name")));
    } else if (span_is(status, "pending")) {
        r->state = PARCEL_PENDING;
    }
}

static uint32_t open_count(const struct sender *s, const struct parcel *p) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->count; i++)
        if (!settled(s, &p->records[i])) count++;
    return count;
}

/* One round: everything that is not settled. */
static enum http_outcome round_call(struct sender *s, struct parcel *p, uint64_t left_ms) {
    struct buffer body CLEANUP(buffer_free) = {0};
    char path[96];
    uint64_t wait_ms = left_ms < WAIT_MS_MAX ? left_ms : WAIT_MS_MAX;
    buffer_init(&body, RPC_BATCH_BYTES_MAX);
    pack_array(&body, open_count(s, p));
    for (uint32_t i = 0; i < p->count; i++)
        if (!settled(s, &p->records[i])) pack_bytes(&body, p->records[i].wire);
    snprintf(path, sizeof path, "/v1/records:batch%s%s",
             s->wait ? "?wait=committed&timeout_ms=" : "",
             s->wait ? format(s->tool, "%" PRIu64, wait_ms ? wait_ms : 1) : "");
    struct http_call call = {.body = buffer_span(&body),
                             .content_type = "application/msgpack",
                             .total_timeout_ms = wait_ms + ANSWER_MARGIN_MS};
    return node_call(s->node, path, &call);
}

/* Reads the outcomes; false when the answer is none to this question. */
static bool round_read(struct sender *s, struct parcel *p) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct span entry;
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    if (json_parse(buffer_span(&s->node->answer.body), &value, NULL) != OK) return false;
    struct list l = list_open(map_get(buffer_span(&value), "records"));
    if (l.left != open_count(s, p)) return false;
    for (uint32_t i = 0; i < p->count; i++) {
        if (settled(s, &p->records[i])) continue;
        if (!list_next(&l, &entry)) return false;
        record_read(s, entry, &p->records[i]);
    }
    return true;
}

static void sleep_ms(uint64_t ms) {
    struct timespec ts = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&ts, NULL);
}

/* A whole answer that says busy: why? */
static void busy_read(struct sender *s) {
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    if (json_parse(buffer_span(&s->node->answer.body), &value, NULL) == OK)
        why_set(s, buffer_span(&value));
}

/* Something was sent and nothing that can be understood came back. */
static void maybe_received(const struct sender *s, struct parcel *p) {
    for (uint32_t i = 0; i < p->count; i++)
        if (!settled(s, &p->records[i]) && p->records[i].state == PARCEL_OPEN)
            p->records[i].state = PARCEL_MAYBE;
}

static int rounds(struct sender *s, struct parcel *p) {
    uint64_t deadline = now_ms() + s->timeout_ms;
    for (uint64_t now = now_ms();; now = now_ms()) {
        uint64_t left = now < deadline ? deadline - now : 0;
        enum http_outcome outcome = round_call(s, p, left);
        uint32_t status = s->node->answer.status;
        if (outcome == HTTP_UNREACHABLE) {
            s->unreachable = true;
            return EXIT_OK;
        }
        bool busy = outcome == HTTP_ANSWERED && status == 503;
        if (busy) busy_read(s);
        bool answered = outcome == HTTP_ANSWERED && (status == 200 || status == 202);
        bool read = answered && round_read(s, p);
        if (!busy && !read) maybe_received(s, p);
        if (outcome == HTTP_BAD_ANSWER || (outcome == HTTP_ANSWERED && !busy && !answered)) {
            progress_clear(s);
            return node_fail(s->node, outcome, NULL);
        }
        if (answered && !read) {
            progress_clear(s);
            return fail(s->tool, EXIT_BROKEN, "status", "节点的答复无法理解",
                        "the node's answer cannot be understood");
        }
        if (open_count(s, p) == 0 || now_ms() >= deadline) return EXIT_OK;
        node_turn(s->node);
        uint64_t pause = s->node->answer.retry_after_s ? s->node->answer.retry_after_s * 1000 : 200;
        left = deadline - now_ms();
        sleep_ms(pause < left ? pause : left);
    }
}

static void record_json(struct sender *s, const struct parcel_record *r, const char *status) {
    struct emit *j = s->emit;
    emit_object(j);
    emit_key_digest(j, "id", &r->id);
    emit_key_string(j, "status", status);
    emit_key(j, "sources");
    emit_list(j);
    for (uint32_t i = 0; i < r->sources_count; i++)
        emit_text(j, r->sources[i].label);
    emit_list_end(j);
    if (r->state == PARCEL_COMMITTED) emit_key_uint(j, "height", r->height);
    /* A node that knows already what the ledger would say does not take the record: the number is the same. */
    if (r->state == PARCEL_COMMITTED || r->code != 0) emit_key_uint(j, "code", r->code);
    if (r->state == PARCEL_COMMITTED && r->code == 0) emit_key_uint(j, "log_index", r->log_index);
    if (r->text != NULL) emit_key_text(j, "text", span_text(r->text));
    if (r->text != NULL) emit_key_text(j, "place", span_text(parcel_place(s->tool, r, r->item)));
    emit_object_end(j);
    if (s->json->len < (64u << 10)) return;
    fwrite(s->json->data, 1, s->json->len, stdout);
    buffer_clear(s->json);
}

static bool command_is(const struct tool *t, const char *group) {
    size_t len = strlen(group);
    return t->command != NULL && strncmp(t->command->name, group, len) == 0 && t->command->name[len] == ' ';
}

/* What to type about a refusal of execution. */
static const char *next_of(struct sender *s, const struct parcel_record *r) {
    switch ((enum result_code)r->code) {
    case RESULT_DUPLICATE:
        return format(s->tool, "record show %s", hex_text(s->tool, r->id.b));
    case RESULT_EXPIRED:
    case RESULT_TOO_EARLY:
    case RESULT_EVENT_TIME:
        return "help submit";
    case RESULT_UNKNOWN_KEY:
    case RESULT_KEY_OF_ANOTHER:
    case RESULT_KEY_REVOKED:
    case RESULT_KEY_NOT_VALID:
        return "member show SUBJECT";
    case RESULT_UNKNOWN_MEMBER:
    case RESULT_MEMBER_SUSPENDED:
    case RESULT_ROLE:
    case RESULT_MEMBER_EXISTS:
    case RESULT_NO_MEMBER:
    case RESULT_KEY_EXISTS:
    case RESULT_NO_KEY:
    case RESULT_ALREADY:
    case RESULT_LAST_AUTHORITY:
        return "member list";
    case RESULT_CERTIFICATE_TYPE:
    case RESULT_CERTIFICATE_ISSUER:
    case RESULT_CERTIFICATE_FIELDS:
    case RESULT_CERTIFICATE_NUMBER:
    case RESULT_CERTIFICATE_VALIDITY:
    case RESULT_CERTIFICATE_BASIS:
    case RESULT_NO_CERTIFICATE:
    case RESULT_CERTIFICATE_ENDED:
    case RESULT_CERTIFICATE_LINE:
    case RESULT_PRODUCER:
    case RESULT_UPSTREAM:
    case RESULT_QUANTITY:
    case RESULT_BATCH:
        return "help cert";
    case RESULT_NOT_THEIRS:
        return command_is(s->tool, "cert") ? "help cert" : "help code";
    case RESULT_CODES:
    case RESULT_PACK_EXISTS:
    case RESULT_PACK_RANGE:
    case RESULT_VOIDED:
    case RESULT_NO_PACK:
    case RESULT_VOID_RANGES:
    case RESULT_NEVER_ISSUED:
    case RESULT_CODE_VOID:
    case RESULT_CLAIMED:
        return "help code";
    case RESULT_ANCHORED:
        return command_is(s->tool, "scan") ? "help scan" : "help gateway";
    case RESULT_DELETED:
        return "help delete";
    case RESULT_ACT_APPROVALS:
    case RESULT_ACT_SIGNATURE:
    case RESULT_ACT_CONSUMED:
        return "help member approve";
    case RESULT_BALANCE: case RESULT_YIELD: case RESULT_DESTROYED: case RESULT_RECALLED: case RESULT_HELD:
    case RESULT_NAMED: case RESULT_TIME_ORDER: case RESULT_NOT_THEIR_EVENT: case RESULT_TANGLED:
        return "help flow";
    case RESULT_NO_RECALL: case RESULT_NOT_LINKED: case RESULT_NOT_THEIR_RECALL: case RESULT_RECALL_DIFFERS:
    case RESULT_RECALLED_TOO_OFTEN: case RESULT_NOT_RECALLED:
        return "help recall";
    case RESULT_ACCEPTED:
        break;
    }
    return "help submit";
}

static void record_count(struct sender *s, const struct parcel_record *r, const char *zh,
                         const char *en) {
    if (s->tool->json) {
        record_json(s, r, en);
        return;
    }
    progress_clear(s);
    const char *id = hex_text(s->tool, r->id.b);
    if (r->text != NULL)
        fail(s->tool, EXIT_REFUSED, s->refused == 1 ? next_of(s, r) : NULL, "%s：%s%s", "%s: %s%s",
             parcel_place(s->tool, r, r->item), r->text, "");
    else if (r->state == PARCEL_COMMITTED)
        say(s->tool, "%s  %s  高度 %" PRIu64 "  %s\n", "%s  %s  height %" PRIu64 "  %s\n",
            tr(s->tool, zh, en), id, r->height, parcel_place(s->tool, r, 0));
    else
        printf("%s  %s  %s\n", tr(s->tool, zh, en), id, parcel_place(s->tool, r, 0));
}

static void parcel_count(struct sender *s, const struct parcel *p) {
    for (uint32_t i = 0; i < p->count; i++) {
        const struct parcel_record *r = &p->records[i];
        switch (r->state) {
        case PARCEL_OPEN:
            s->unsent++;
            record_count(s, r, "未发出", "unsent");
            break;
        case PARCEL_MAYBE:
            s->unknown++;
            record_count(s, r, "未知  ", "unknown");
            break;
        case PARCEL_PENDING:
            s->pending++;
            record_count(s, r, "待定  ", "pending");
            break;
        case PARCEL_COMMITTED:
            if (r->code == 0) {
                s->committed++;
                record_count(s, r, "已提交", "committed");
            } else {
                s->refused++;
                record_count(s, r, "被拒  ", "refused");
            }
            break;
        case PARCEL_REFUSED:
        case PARCEL_ELSEWHERE:
            s->refused++;
            record_count(s, r, "被拒  ", "refused");
            break;
        }
    }
}

int sender_send(struct sender *s, struct parcel *p) {
    if (p->count == 0) return EXIT_OK;
    /* A stream of records has no end: what is said about a parcel is forgotten with it. */
    struct arena program = s->tool->arena;
    arena_init(&s->tool->arena, TALK_BYTES_MAX);
    int code = p->name[0] != 0 ? EXIT_OK : outbox_keep(s->outbox, p);
    if (code == EXIT_OK && !s->unreachable) code = rounds(s, p);
    int kept = outbox_keep(s->outbox, p);
    parcel_count(s, p);
    sender_progress(s, false);
    arena_free(&s->tool->arena);
    s->tool->arena = program;
    return code ? code : kept;
}

int sender_code(const struct sender *s) {
    if (s->refused > 0) return EXIT_REFUSED;
    if (s->unknown > 0 || (s->wait && s->pending > 0)) return EXIT_UNKNOWN;
    return s->unsent > 0 ? EXIT_UNREACHABLE : EXIT_OK;
}

void sender_summary(struct sender *s) {
    struct tool *t = s->tool;
    progress_clear(s);
    if (s->tool->json) return;
    remark(t,
           "已提交 %" PRIu64 "，待定 %" PRIu64 "，被拒 %" PRIu64 "，未发出 %" PRIu64
           "，结果未知 %" PRIu64 "\n",
           "%" PRIu64 " committed, %" PRIu64 " pending, %" PRIu64 " refused, %" PRIu64
           " unsent, %" PRIu64 " unknown\n",
           s->committed, s->pending, s->refused, s->unsent, s->unknown);
    if (s->unreachable)
        remark(t, "无法连接任何节点：%s\n", "no node can be reached: %s\n",
               shown(t, span_text(s->node->answer.trouble)));
    if (s->unsent > 0 && s->why[0] != 0)
        remark(t, "节点未受理：%s\n", "the node did not take it: %s\n", s->why);
    bool open = s->pending > 0 || s->unsent > 0 || s->unknown > 0;
    if (open && s->outbox->directory != NULL)
        remark(t, "未决的记录保存在 %s\n接着试：suyuan outbox flush --wait\n",
               "what is not decided is kept in %s\ntry: suyuan outbox flush --wait\n",
               s->outbox->directory);
}

void sender_json_begin(struct sender *s, struct buffer *out, struct emit *j) {
    buffer_init(out, 1 << 20);
    emit_begin(j, out);
    emit_object(j);
    emit_key(j, "records");
    emit_list(j);
    s->json = out;
    s->emit = j;
}

void sender_json_end(struct sender *s, uint64_t documents_refused) {
    struct emit *j = s->emit;
    emit_list_end(j);
    emit_key_uint(j, "committed", s->committed);
    emit_key_uint(j, "pending", s->pending);
    emit_key_uint(j, "refused", s->refused);
    emit_key_uint(j, "unsent", s->unsent);
    emit_key_uint(j, "unknown", s->unknown);
    emit_key_uint(j, "documents_refused", documents_refused);
    emit_object_end(j);
    emit_end(j);
    json_print(s->json);
}
