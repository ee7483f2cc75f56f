/* recover.c: the two heights, and what follows from them (recover.h). */
#include "storage/recover.h"

#include <stdarg.h>
#include <stdio.h>

static void say(char ret_text[RECOVER_TEXT_BYTES], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(char ret_text[RECOVER_TEXT_BYTES], const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(ret_text, RECOVER_TEXT_BYTES, format, args);
    va_end(args);
}

static unsigned long long number(uint64_t n) {
    return n;
}

static bool saw_row(void *context, struct span key, struct span value) {
    (void)key, (void)value;
    *(bool *)context = true;
    return false;
}

static bool has_rows(struct reader r, enum table table) {
    static const uint8_t last[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    bool any = false;
    reader_scan(r, table, SPAN_EMPTY, span_of(last, sizeof last), saw_row, &any);
    return any;
}

/* The marks alone: false when they say all there is to say (nothing stored, or a broken store). */
static bool heights_read(struct reader r, struct recover_report *ret) {
    bool chain = commit_height(r, TABLE_CHAIN, &ret->chain_height);
    bool state = commit_height(r, TABLE_STATE, &ret->height);
    ret->state = RECOVER_BROKEN;
    if ((!chain && has_rows(r, TABLE_CHAIN)) || (!state && has_rows(r, TABLE_STATE))) {
        say(ret->text, "the store has rows but does not say at which height they stand");
    } else if (state && (!chain || ret->chain_height < ret->height)) {
        say(ret->text,
            "the status stands at height %llu but the chain only at %llu: parts of the store come "
            "from different moments",
            number(ret->height), number(ret->chain_height));
    } else if (!state) {
        ret->state = RECOVER_EMPTY;
        if (chain)
            say(ret->text,
                "the chain stands at height %llu and the status is empty: write genesis, then "
                "execute the chain again",
                number(ret->chain_height));
        else
            say(ret->text, "the store is empty");
    } else {
        return true;
    }
    return false;
}

static bool block_check(struct reader r, const struct recover_checks *checks, uint64_t height,
                        struct recover_report *ret) {
    char text[RECOVER_TEXT_BYTES] = "";
    ret->blocks_checked++;
    if (checks->block(checks->self, r, height, text)) return true;
    say(ret->text, "height %llu does not check: %.400s", number(height), text);
    return false;
}

static bool blocks_check(struct reader r, const struct recover_checks *checks,
                         enum recover_level level, struct recover_report *ret) {
    uint64_t step = 1;
    switch (level) {
    case RECOVER_HEAD:
        return true;
    case RECOVER_SAMPLE:
        step = ret->height / RECOVER_SAMPLE_BLOCKS + 1;
        break;
    case RECOVER_FULL:
        break;
    }
    /* Down from the newest: a crash harms the end first. */
    for (uint64_t height = ret->height; height > 0; height = height > step ? height - step : 0)
        if (!block_check(r, checks, height, ret)) return false;
    return true;
}

static void check_rows(struct reader r, const struct recover_checks *checks,
                       enum recover_level level, struct recover_report *ret) {
    char text[RECOVER_TEXT_BYTES] = "";
    if (!checks->head(checks->self, r, ret->height, level, text)) {
        say(ret->text, "the rows at height %llu do not fit together: %.400s", number(ret->height),
            text);
        return;
    }
    if (!blocks_check(r, checks, level, ret)) return;
    /* What is to be executed again is looked at whatever the level. */
    for (uint64_t height = ret->height + 1; height <= ret->chain_height; height++)
        if (!block_check(r, checks, height, ret)) return;
    if (ret->chain_height > ret->height) {
        ret->state = RECOVER_BEHIND;
        say(ret->text,
            "the store stands at height %llu; the chain holds %llu more, written before the last "
            "stop, whose status is computed again",
            number(ret->height), number(ret->chain_height - ret->height));
        return;
    }
    ret->state = RECOVER_WHOLE;
    say(ret->text, "the store stands at height %llu; the head and %llu blocks were checked",
        number(ret->height), number(ret->blocks_checked));
}

void recover_open(struct store s, const struct recover_checks *checks, enum recover_level level,
                  struct recover_report *ret) {
    struct recover_report report = {.state = RECOVER_BROKEN};
    struct store_snapshot *snapshot = store_snapshot(s);
    struct reader r = store_snapshot_reader(snapshot);
    if (heights_read(r, &report)) check_rows(r, checks, level, &report);
    store_snapshot_release(snapshot);
    *ret = report;
}

static bool row_same(struct reader r, const struct change *c, struct buffer *stored) {
    bool there = reader_get(r, TABLE_CHAIN, c->key, stored);
    return c->deleted ? !there : there && span_equal(buffer_span(stored), c->value);
}

bool recover_replay(struct store s, struct changes *block, uint64_t height,
                    char ret_text[RECOVER_TEXT_BYTES]) {
    struct reader r = store_reader(s);
    uint64_t chain_height = 0;
    CHECK(commit_height(r, TABLE_CHAIN, &chain_height) && height <= chain_height);
    struct buffer stored;
    buffer_init(&stored, STORE_VALUE_BYTES_MAX);
    const struct change *differs = NULL;
    for (size_t i = 0; i < changes_count(block) && !differs; i++) {
        const struct change *c = changes_at(block, i);
        if (c->table == TABLE_CHAIN && !row_same(r, c, &stored)) differs = c;
    }
    buffer_free(&stored);
    if (differs) {
        int n = snprintf(ret_text, RECOVER_TEXT_BYTES,
                         "executing height %llu again gives another row than the chain holds, key ",
                         number(height));
        for (size_t i = 0; i < differs->key.len && n + 2 < RECOVER_TEXT_BYTES; i++, n += 2)
            (void)snprintf(ret_text + n, (size_t)(RECOVER_TEXT_BYTES - n), "%02x",
                           differs->key.data[i]);
        return false;
    }
    if (commit_write(s, &block, 1, height)) return true;
    say(ret_text, "height %llu cannot be written: %.300s", number(height), store_error(s));
    return false;
}
