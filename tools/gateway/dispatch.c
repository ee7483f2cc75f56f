#include "tools/gateway/dispatch.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "ledger/result.h"
#include "tools/gateway/fate.h"
#include "tools/map.h"
#include "tools/node.h"
#include "trace/event.h"

enum {
    ROUND_BATCHES_MAX = 8,
    ROUND_BYTES_MAX = RPC_BATCH_BYTES_MAX - 65536,
    ROUND_WAIT_MS = 5000,
    ANSWER_MARGIN_MS = 10000,
    PAUSE_MS_LEAST = 100,
    PAUSE_MS_MOST = 5000,
    TALK_BYTES_MAX = 96 << 20,
    THINGS_ASKED_MAX = 8,
};

struct dispatch {
    struct tool tool;
    const struct gateway_config *config;
    const struct genesis *genesis;
    const struct keypair *keys;
    struct node node;
    struct spool *spool;
    pthread_t thread;
    pthread_mutex_t lock; /* of what is below */
    pthread_cond_t wake;
    bool stop;
    struct dispatch_status status;
    char trouble[256]; /* of this walk; the thread's own */
};

/* One record of a round. */
struct post {
    struct spool_batch batch;
    struct buffer wire;
};
struct round {
    struct post posts[ROUND_BATCHES_MAX];
    uint32_t count;
    size_t bytes;
    bool progress;
};

static void alarm_set(struct dispatch *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void alarm_set(struct dispatch *d, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(d->trouble, sizeof d->trouble, format, args);
    va_end(args);
}

/* The last trouble of a walk stands until the next walk has none. */
static void alarm_show(struct dispatch *d) {
    pthread_mutex_lock(&d->lock);
    bool news = strcmp(d->status.alarm, d->trouble) != 0;
    memcpy(d->status.alarm, d->trouble, sizeof d->trouble);
    pthread_mutex_unlock(&d->lock);
    if (news && d->trouble[0] != 0)
        log_line(LOG_WARN, "gateway.ledger", "trouble=\"%s\"", d->trouble);
}

static bool stopping(struct dispatch *d) {
    pthread_mutex_lock(&d->lock);
    bool stop = d->stop;
    pthread_mutex_unlock(&d->lock);
    return stop;
}

/* ---- signing ---- */

static enum err items_of(struct span body, struct arena *arena, struct item **ret,
                         uint32_t *ret_count) {
    struct unpack u;
    unpack_init(&u, body);
    uint32_t count = unpack_array(&u, RECORD_ITEMS_MAX);
    struct item *items = arena_alloc(arena, count + 1, sizeof *items);
    if (items == NULL) return ERR_TOO_LARGE;
    u.depth++;
    for (uint32_t i = 0; i < count; i++)
        if (!item_read(&u, arena, &items[i])) return u.err;
    *ret = items;
    *ret_count = count;
    return unpack_end(&u);
}

/* The record of the batch's next generation, durable before it is sent. */
static bool batch_sign(struct dispatch *d, struct spool_batch *b, struct buffer *wire) {
    struct buffer body CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0};
    struct batch_dates dates =
        fate_dates(b->newest_ms, b->generation, d->config->lifetime_ms, now_ms());
    struct item *items;
    uint32_t count;
    struct record record;
    struct refusal refusal;
    buffer_init(&body, RECORD_BYTES_MAX);
    arena_init(&arena, RECORD_ARENA_BYTES);
    if (!spool_batch_body(d->spool, b->sequence, &body)) return false;
    CHECK(items_of(buffer_span(&body), &arena, &items, &count) == OK);
    struct record_header draft = {
        .kind = b->kind,
        .subject = span_text(d->config->subject),
        .created_ms = dates.created_ms,
        .expires_ms = dates.expires_ms,
        .nonce = fate_nonce(b->kind, dates.generation, buffer_span(&body)),
    };
    buffer_clear(wire);
    enum err e = record_make(&d->genesis->params, &draft, items, count, d->keys, wire);
    if (e == OK)
        e = record_check(&d->genesis->params, buffer_span(wire), &arena, &record, &refusal);
    if (e != OK) {
        alarm_set(d, "%s", err_text(e, d->tool.lang));
        return false;
    }
    b->generation = dates.generation;
    b->created_ms = dates.created_ms;
    b->expires_ms = dates.expires_ms;
    b->record_id = record.id;
    b->wire_id = record.wire_id;
    b->state = BATCH_SENT;
    b->code = 0;
    return spool_batch_signed(d->spool, b, buffer_span(wire));
}

/* ---- proofs ---- */

/* A bundle from whichever node answers, checked. False: none can be had now. */
static bool proof_get(struct dispatch *d, const char *path, struct arena *arena,
                      struct statement *ret) {
    struct buffer *answer = &d->node.answer.body;
    enum http_outcome outcome = node_ask(&d->node, path, "application/vnd.suyuan.proof");
    if (outcome != HTTP_ANSWERED || d->node.answer.status != 200) return false;
    struct span bundle = arena_copy(arena, buffer_span(answer));
    if (bundle.data == NULL) return false;
    enum err e = proof_verify(bundle, &d->genesis->chain_id, arena, ret);
    if (e != OK) alarm_set(d, "%s: %s", d->tool.nodes[d->node.current], err_text(e, d->tool.lang));
    return e == OK;
}

static void batch_accepted(struct dispatch *d, struct spool_batch *b, const struct statement *s) {
    b->state = BATCH_ACCEPTED;
    b->height = s->height;
    b->code = 0;
    if (!spool_batch_update(d->spool, b)) b->state = BATCH_SENT;
}

/* A node says it is committed: is it? */
static bool batch_prove(struct dispatch *d, struct spool_batch *b) {
    struct arena arena CLEANUP(arena_free) = {0};
    struct statement s;
    arena_init(&arena, PROOF_ARENA_BYTES);
    const char *path =
        format(&d->tool, "/v1/records/%s/proof?items=0", hex_text(&d->tool, b->wire_id.b));
    if (!proof_get(d, path, &arena, &s) || fate_of_record(&s, &b->wire_id) != FATE_ACCEPTED)
        return false;
    batch_accepted(d, b, &s);
    return b->state == BATCH_ACCEPTED;
}

/* The canonical name of a thing in event i of the batch; empty when there is none. */
static struct span thing_of(const struct item items[], uint32_t count, uint32_t i,
                            struct arena *arena) {
    struct event_thing *things;
    uint32_t things_count = 0;
    for (uint32_t k = 0; k < count; k++) {
        if (event_things(&items[k], arena, &things, &things_count) != OK || things_count == 0)
            continue;
        if (i-- == 0) return things[0].canonical;
    }
    return SPAN_EMPTY;
}

/* Expired by our clock. The history of a thing that it names says what became of it; of a record
 * without things (an anchor) its own proof does, and that it may be sent anew costs nothing: the
 * ledger takes an anchor once. */
static void batch_ask(struct dispatch *d, struct spool_batch *b) {
    struct buffer body CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0};
    struct item *items;
    uint32_t count;
    buffer_init(&body, RECORD_BYTES_MAX);
    arena_init(&arena, PROOF_ARENA_BYTES + RECORD_ARENA_BYTES);
    if (batch_prove(d, b) || !spool_batch_body(d->spool, b->sequence, &body)) return;
    CHECK(items_of(buffer_span(&body), &arena, &items, &count) == OK);
    enum fate fate = FATE_OPEN;
    struct statement s;
    for (uint32_t i = 0; i < THINGS_ASKED_MAX && fate == FATE_OPEN; i++) {
        struct span thing = thing_of(items, count, i, &arena);
        if (thing.len == 0) break;
        const char *path = format(&d->tool, "/v1/things/%s/proof", path_segment(&d->tool, thing));
        if (proof_get(d, path, &arena, &s))
            fate = fate_of_thing(&s, thing, &b->wire_id, b->expires_ms);
    }
    switch (fate) {
    case FATE_ACCEPTED:
        batch_accepted(d, b, &s);
        return;
    case FATE_DEAD:
        b->state = BATCH_OPEN;
        b->generation++;
        if (!spool_batch_update(d->spool, b)) return;
        pthread_mutex_lock(&d->lock);
        d->status.counts.signed_anew++;
        pthread_mutex_unlock(&d->lock);
        log_line(LOG_INFO, "gateway.anew", "batch=%" PRIu64 " generation=%u", b->sequence,
                 b->generation);
        return;
    case FATE_OPEN:
        alarm_set(d, "%s",
                  tr(&d->tool, "一批记录已过期，账本尚未证明其结果；证明之前不再签署",
                     "a batch expired and the ledger does not prove yet what became of it; nothing "
                     "is signed anew before"));
    }
}

/* ---- a round ---- */

static void round_fill(struct dispatch *d, struct round *r, uint64_t *from) {
    struct spool_batch b;
    uint64_t now = now_ms();
    while (r->count < ROUND_BATCHES_MAX && r->bytes < ROUND_BYTES_MAX - RECORD_BYTES_MAX &&
           !stopping(d) && spool_batch_next(d->spool, *from, &b)) {
        *from = b.sequence + 1;
        struct post *p = &r->posts[r->count];
        buffer_init(&p->wire, RECORD_BYTES_MAX);
        bool send = false;
        switch (fate_action(&b, d->config->lifetime_ms, now)) {
        case FATE_WAIT:
            break;
        case FATE_SIGN:
            send = batch_sign(d, &b, &p->wire);
            break;
        case FATE_SEND:
            send = spool_batch_wire(d->spool, b.sequence, &p->wire);
            break;
        case FATE_ASK:
            batch_ask(d, &b);
            r->progress = r->progress || b.state != BATCH_SENT;
            break;
        }
        p->batch = b;
        if (!send) {
            buffer_free(&p->wire);
            continue;
        }
        r->bytes += p->wire.len;
        r->count++;
    }
}

/* What a node says of one record. */
static void answer_take(struct dispatch *d, struct span answer, struct post *p, struct round *r) {
    struct span status = map_text(answer, "status"), result = map_get(answer, "result"),
                error = map_get(answer, "error");
    uint16_t code = (uint16_t)map_uint(result, "code");
    if (span_is(status, "committed") && code == 0) {
        r->progress = batch_prove(d, &p->batch) || r->progress;
    } else if (code == RESULT_EXPIRED) {
        batch_ask(d, &p->batch);
    } else if (span_is(status, "committed") || span_is(status, "refused")) {
        const char *zh = span_is(status, "committed") || code != 0 ? "text_zh" : "title_zh";
        const char *en = span_is(status, "committed") || code != 0 ? "text_en" : "title_en";
        const char *field = d->tool.lang == LANG_ZH ? zh : en;
        struct span from = code != 0 ? result : error;
        alarm_set(d, "%s [%s]", shown(&d->tool, map_text(from, field)),
                  shown(&d->tool, map_text(from, "name")));
        p->batch.code = code;
        if (!spool_batch_update(d->spool, &p->batch)) alarm_set(d, "%s", spool_trouble(d->spool));
    }
}

static void round_read(struct dispatch *d, struct round *r) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct span entry;
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    if (json_parse(buffer_span(&d->node.answer.body), &value, NULL) != OK) return;
    struct list l = list_open(map_get(buffer_span(&value), "records"));
    if (l.left != r->count) return;
    for (uint32_t i = 0; i < r->count && list_next(&l, &entry); i++)
        answer_take(d, entry, &r->posts[i], r);
}

static void round_send(struct dispatch *d, struct round *r) {
    struct buffer body CLEANUP(buffer_free) = {0};
    buffer_init(&body, RPC_BATCH_BYTES_MAX);
    pack_array(&body, r->count);
    for (uint32_t i = 0; i < r->count; i++)
        pack_bytes(&body, buffer_span(&r->posts[i].wire));
    CHECK(!body.overflow);
    const char *path =
        format(&d->tool, "/v1/records:batch?wait=committed&timeout_ms=%d", ROUND_WAIT_MS);
    struct http_call call = {.body = buffer_span(&body),
                             .content_type = "application/msgpack",
                             .total_timeout_ms = ROUND_WAIT_MS + ANSWER_MARGIN_MS};
    enum http_outcome outcome = node_call(&d->node, path, &call);
    uint32_t status = d->node.answer.status;
    if (outcome == HTTP_ANSWERED && (status == 200 || status == 202)) {
        round_read(d, r);
    } else {
        alarm_set(d, "%s: %s", d->tool.nodes[d->node.current],
                  outcome == HTTP_ANSWERED ? format(&d->tool, "HTTP %u", status)
                                           : shown(&d->tool, span_text(d->node.answer.trouble)));
        node_turn(&d->node);
    }
}

/* Walks all batches that are not accepted once; true when something came of it. */
static bool dispatch_walk(struct dispatch *d) {
    uint64_t from = 0;
    bool progress = false, more = true;
    d->trouble[0] = 0;
    while (more && !stopping(d)) {
        struct round r = {0};
        uint64_t before = from;
        round_fill(d, &r, &from);
        more = from != before;
        if (r.count > 0) round_send(d, &r);
        for (uint32_t i = 0; i < r.count; i++)
            buffer_free(&r.posts[i].wire);
        progress = progress || r.progress;
    }
    alarm_show(d);
    return progress;
}

static void count(struct dispatch *d) {
    struct spool_counts c;
    if (!spool_count(d->spool, &c)) return;
    pthread_mutex_lock(&d->lock);
    d->status.rounds++;
    d->status.counts.batches_open = c.batches_open;
    d->status.counts.batches_accepted = c.batches_accepted;
    d->status.counts.events_open = c.events_open;
    d->status.counts.events_accepted = c.events_accepted;
    d->status.counts.oldest_ms = c.oldest_ms;
    pthread_mutex_unlock(&d->lock);
}

static void pause_ms(struct dispatch *d, uint64_t ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + ms % 1000 * 1000000;
    until.tv_sec += (time_t)(ms / 1000 + ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    pthread_mutex_lock(&d->lock);
    if (!d->stop) pthread_cond_timedwait(&d->wake, &d->lock, &until);
    pthread_mutex_unlock(&d->lock);
}

static void *dispatch_run(void *self) {
    struct dispatch *d = self;
    uint64_t pause = PAUSE_MS_LEAST;
    while (!stopping(d)) {
        /* What is said in a round is forgotten with it. */
        arena_init(&d->tool.arena, TALK_BYTES_MAX);
        bool progress = dispatch_walk(d);
        count(d);
        arena_free(&d->tool.arena);
        bool idle = d->status.alarm[0] == 0;
        pause = progress || idle ? PAUSE_MS_LEAST : 2 * pause;
        if (pause > PAUSE_MS_MOST) pause = PAUSE_MS_MOST;
        pause_ms(d, pause);
    }
    return NULL;
}

int dispatch_start(const struct tool *t, const struct gateway_config *config,
                   const struct genesis *genesis, const struct keypair *keys,
                   struct dispatch **ret) {
    struct dispatch *d = check_alloc(1, sizeof *d);
    struct refusal refusal;
    d->tool = *t;
    d->config = config;
    d->genesis = genesis;
    d->keys = keys;
    enum err e = spool_open(config->spool, &d->spool, &refusal);
    if (e != OK) {
        free(d);
        return fail_refusal(t, EXIT_BROKEN, "help gateway run", config->spool, &refusal);
    }
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->wake, NULL);
    node_open(&d->tool, &d->node);
    count(d);
    CHECK(pthread_create(&d->thread, NULL, dispatch_run, d) == 0);
    *ret = d;
    return EXIT_OK;
}

void dispatch_stop(struct dispatch *d) {
    if (d == NULL) return;
    pthread_mutex_lock(&d->lock);
    d->stop = true;
    pthread_cond_signal(&d->wake);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
    node_close(&d->node);
    spool_close(d->spool);
    pthread_cond_destroy(&d->wake);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

void dispatch_look(struct dispatch *d, struct dispatch_status *ret) {
    pthread_mutex_lock(&d->lock);
    *ret = d->status;
    pthread_mutex_unlock(&d->lock);
}
