/* scan_follow.c: see scan_follow.h. Possible failures: the node or the ledger cannot be reached, or the record is on its way: the hour is
 * tried again, and no later one before it. What no trying again will change (a key that may not sign) ends the run. */
#include "tools/scan_follow.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "ledger/record.h"
#include "ledger/result.h"
#include "tools/map.h"
#include "tools/scan_hour.h"

enum {
    RETRY_MS = 30 * 1000,
    SETTLE_MS = 5 * 1000,   /* after the hour: the node's clock may be behind ours */
    MARGIN_MS = 120 * 1000, /* a record that expires so soon is not begun with */
    HOUR_ARENA_BYTES = 1 << 28,
};

/* What became of an hour. */
enum fate {
    FATE_EMPTY,    /* nothing was scanned */
    FATE_ANCHORED, /* by this record, now or before */
    FATE_SAME,     /* by another record, with the same rows */
    FATE_CONFLICT, /* by another record, with other rows */
    FATE_GONE,     /* no record of it can be accepted any more */
    FATE_LATER,    /* to be tried again */
    FATE_NEVER,    /* trying again does not help */
};
static const char *const fate_names[] = {"empty", "anchored", "same", "conflict", "gone", "later", "never"};

struct follow {
    struct desk *desk;
    const char *name;
    uint64_t lifetime_ms, next_ms; /* the hour that is settled next */
    bool conflict;
    int code; /* why LATER or NEVER */
};

/* Made of the hour alone: the same whenever it is made. */
static void hour_record(struct desk *d, const struct scan_hour *h, struct buffer *out) {
    struct buffer fields CLEANUP(buffer_free) = {0};
    struct anchor anchor = {.count = h->count,
                            .from_ms = h->ms,
                            .until_ms = h->ms + SCAN_HOUR_MS,
                            .root = h->root,
                            .what = span_text(h->what)};
    buffer_init(&fields, 1024);
    anchor_fields(&anchor, &fields);
    struct digest digest = sha256(buffer_span(&fields));
    struct item item = {.type = ITEM_ANCHOR, .fields = buffer_span(&fields)};
    struct record_header draft = {.kind = RECORD_ANCHORS,
                                  .created_ms = anchor.until_ms,
                                  .expires_ms = anchor.until_ms + d->genesis->params.parameters.record_lifetime_ms,
                                  .nonce = get_u64(digest.b)};
    desk_record(d, &draft, &item, out);
}

/* Another record anchored this hour: with which root? */
static enum fate hour_compare(struct follow *f, const struct scan_hour *h) {
    struct tool *t = f->desk->node.tool;
    struct anchor anchor;
    uint64_t index;
    bool found = false;
    const char *subject = format(t, "%.*s", (int)f->desk->subject.len, (const char *)f->desk->subject.data);
    f->code = scan_anchor_find(f->desk, &f->desk->genesis->chain_id, subject, h, &found, &anchor, &index);
    if (f->code || !found) return FATE_LATER;
    if (anchor.count == h->count && digest_equal(&anchor.root, &h->root)) return FATE_SAME;
    f->conflict = true;
    (void)fail(t, EXIT_FALSE, format(t, "scan check --hour %" PRIu64 " --subject %s", h->ms, subject),
               "冲突：账本上 %s %s 起一小时的存证是 %" PRIu64 " 行、根 %s，本节点现在是 %zu 行、根 %s：计数在存证之后被改动",
               "conflict: of %s, hour from %s, the ledger has %" PRIu64 " rows, root %s; the node now has %zu rows, root %s: its tallies were "
               "changed after they were anchored",
               h->what, time_text(t, h->ms), anchor.count, hex_text(t, anchor.root.b), h->count, hex_text(t, h->root.b));
    return FATE_CONFLICT;
}

static enum fate sent_fate(struct follow *f, const struct scan_hour *h, const struct desk_sent *sent) {
    if (sent->state != PARCEL_COMMITTED && sent->state != PARCEL_REFUSED) return FATE_LATER;
    if (sent->code == RESULT_ACCEPTED) return sent->state == PARCEL_COMMITTED ? FATE_ANCHORED : FATE_NEVER;
    if (sent->code == RESULT_ANCHORED || sent->code == RESULT_DUPLICATE) return hour_compare(f, h);
    if (sent->code == RESULT_TOO_EARLY) return FATE_LATER;
    return sent->code == RESULT_EXPIRED ? FATE_GONE : FATE_NEVER;
}

static enum fate hour_send(struct follow *f, const struct scan_hour *h) {
    struct buffer wire CLEANUP(buffer_free) = {0}, quiet CLEANUP(buffer_free) = {0};
    struct desk *d = f->desk;
    struct tool *t = d->node.tool;
    struct desk_sent sent;
    struct emit j;
    buffer_init(&wire, RECORD_BYTES_MAX);
    buffer_init(&quiet, 1 << 20);
    hour_record(d, h, &wire);
    emit_begin(&j, &quiet);
    emit_object(&j);
    f->code = desk_send(d, NULL, buffer_span(&wire), format(t, "scan anchor %s", h->what), &quiet, &j, &sent);
    return sent_fate(f, h, &sent);
}

static enum fate hour_settle(struct follow *f, struct scan_hour *h) {
    struct tool *t = f->desk->node.tool;
    /* The node that was named first, whichever took the last record: these are its tallies. */
    f->desk->node.current = 0;
    f->code = scan_hour_fetch(&f->desk->node, h);
    if (f->code) return f->code == EXIT_UNREACHABLE ? FATE_LATER : FATE_NEVER;
    if (!h->over) return FATE_LATER;
    if (h->count == 0) return FATE_EMPTY;
    if (!scan_what(f->name ? span_text(f->name) : h->name, h->what)) {
        f->code = fail(t, EXIT_USAGE, "help scan anchor", "请用 --name 写明节点名（1 至 58 字节）", "name the node with --name (1 to 58 bytes)");
        return FATE_NEVER;
    }
    return hour_send(f, h);
}

static void fate_say(struct tool *t, const struct scan_hour *h, enum fate fate) {
    if (fate == FATE_EMPTY || fate == FATE_LATER) return;
    if (t->json) {
        struct buffer out CLEANUP(buffer_free) = {0};
        struct emit j;
        buffer_init(&out, 4096);
        emit_begin(&j, &out);
        emit_object(&j);
        emit_key_string(&j, "fate", fate_names[fate]);
        emit_key_string(&j, "what", h->what);
        emit_key_uint(&j, "hour_ms", h->ms);
        emit_key_uint(&j, "count", h->count);
        emit_key_digest(&j, "root", &h->root);
        emit_object_end(&j);
        emit_end(&j);
        json_print(&out);
    } else if (fate == FATE_ANCHORED || fate == FATE_SAME) {
        say(t, "已存证 %s：%s 起一小时，%zu 行，根 %s\n", "anchored %s: hour from %s, %zu rows, root %s\n", h->what, time_text(t, h->ms),
            h->count, hex_text(t, h->root.b));
    } else if (fate == FATE_GONE) {
        say(t, "来不及存证 %s：%s 起一小时，%zu 行\n", "too late to anchor %s: hour from %s, %zu rows\n", h->what, time_text(t, h->ms),
            h->count);
    }
    fflush(stdout);
}

/* One hour in a tool of its own, so that what was read of it is dropped with it. */
static enum fate hour_run(struct follow *f, uint64_t ms) {
    struct tool *outer = f->desk->node.tool, inner = *outer;
    struct scan_hour h CLEANUP(scan_hour_free) = {.ms = ms};
    arena_init(&inner.arena, HOUR_ARENA_BYTES);
    f->desk->node.tool = &inner;
    f->code = EXIT_OK;
    enum fate fate = hour_settle(f, &h);
    fate_say(&inner, &h, fate);
    f->desk->node.tool = outer;
    arena_free(&inner.arena);
    return fate;
}

/* Hours whose record would expire are passed over. */
static void oldest_settle(struct follow *f, uint64_t now) {
    uint64_t oldest = now + MARGIN_MS > f->lifetime_ms ? now + MARGIN_MS - f->lifetime_ms : 0;
    oldest -= oldest % SCAN_HOUR_MS; /* it ends after now + margin - lifetime */
    if (f->next_ms != 0 && f->next_ms < oldest)
        remark(f->desk->node.tool, "%s 之前未存证的小时来不及了\n", "hours before %s that were not anchored are too late\n",
               time_text(f->desk->node.tool, oldest));
    if (f->next_ms < oldest) f->next_ms = oldest;
}

/* Every hour that is over; LATER or NEVER: the first that could not be settled. */
static enum fate hours_run(struct follow *f, uint64_t now) {
    for (oldest_settle(f, now); f->next_ms + SCAN_HOUR_MS <= now; f->next_ms += SCAN_HOUR_MS) {
        enum fate fate = hour_run(f, f->next_ms);
        if (fate == FATE_LATER || fate == FATE_NEVER) return fate;
    }
    return FATE_ANCHORED;
}

static void sleep_until(uint64_t at_ms) {
    for (uint64_t now = now_ms(); now < at_ms; now = now_ms()) {
        /* In pieces: a clock that is set, or a machine that slept, is noticed. */
        uint64_t ms = at_ms - now < RETRY_MS ? at_ms - now : RETRY_MS;
        struct timespec ts = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
        nanosleep(&ts, NULL);
    }
}

int scan_follow(struct desk *d, const char *name, bool stay) {
    struct follow f = {.desk = d, .name = name, .lifetime_ms = d->genesis->params.parameters.record_lifetime_ms};
    for (;;) {
        enum fate fate = hours_run(&f, now_ms());
        if (fate == FATE_NEVER) return f.code ? f.code : EXIT_REFUSED;
        if (!stay && fate == FATE_LATER) return f.code ? f.code : EXIT_UNKNOWN;
        if (!stay) return f.conflict ? EXIT_FALSE : EXIT_OK;
        sleep_until(fate == FATE_LATER ? now_ms() + RETRY_MS : f.next_ms + SCAN_HOUR_MS + SETTLE_MS);
    }
}
