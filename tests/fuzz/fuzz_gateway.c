/* fuzz_gateway.c: what comes to the gateway from outside. The first byte chooses: 'C' a configuration, 'R' a read as it is kept, 'O' a
 * read that was opened; else a message of a reader: every read of it is kept and comes back the same, its zones take it, and what
 * its tag is called is a URI that an event may hold. */
#include <stdlib.h>

#include "tools/gateway/batch.h"
#include "tools/gateway/opened.h"
#include "tools/gateway/source.h"
#include "trace/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 16 };

struct taken {
    struct zones *zones;
    uint64_t sequence;
};

static void nothing(void *self, const struct movement *m) {
    (void)self;
    CHECK(m->epc_len > 0);
}

static void take(void *self, const struct tag_read *read) {
    struct taken *t = self;
    struct buffer b CLEANUP(buffer_free) = {0}, again CLEANUP(buffer_free) = {0};
    struct tag_read back;
    buffer_init(&b, READ_BYTES_MAX);
    buffer_init(&again, EPC_BYTES_MAX * 64);
    read_encode(read, &b);
    CHECK(!b.overflow && read_decode(buffer_span(&b), &back) == OK);
    CHECK(span_equal(back.epc, read->epc) && back.time_ms == read->time_ms);
    t->sequence++;
    if (read->epc.len == 0) {
        zones_tick(t->zones, read->time_ms);
        return;
    }
    (void)(zones_offer(t->zones, t->sequence, read->time_ms, (uint16_t)(read->antenna % 2), read->epc, read->has_rssi, read->rssi_cdbm) ==
           ZONES_LATE);
    epc_uri(read->epc, &again);
    CHECK(!again.overflow && uri_valid(buffer_span(&again)));
}

static void message(struct span in) {
    struct zones_config config = {.zones_count = 2, .window_ms = 1000, .tags_max = 50, .window_max = 100};
    struct buffer scratch CLEANUP(buffer_free) = {0};
    struct source_result result;
    for (int i = 0; i < 2; i++)
        config.zones[i] = (struct zone_rule){.enter_reads = 2, .enter_ms = 1000, .leave_ms = 5000, .rssi_enter = -7000, .rssi_stay = -8000};
    struct taken t = {.zones = zones_new(&config, 1, nothing, NULL)};
    buffer_init(&scratch, 16 << 20);
    source_parse(in, span_text("reader"), &scratch, take, &t, &result);
    CHECK(result.taken == t.sequence);
    CHECK((result.refused == 0) == (result.first.err == OK));
    zones_free(t.zones);
}

static void configuration(struct span in) {
    struct gateway_config *c = NULL;
    struct refusal refusal = {0};
    if (config_parse(in, &c, &refusal) == OK) {
        if (c->zones.zones_count < 4 && c->events_count < 8) (void)(batch_try(c, &refusal) == OK);
    } else {
        CHECK(refusal.err != OK);
    }
    config_free(c);
}

static void kept(struct span in) {
    struct tag_read r;
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, READ_BYTES_MAX * 2);
    if (read_decode(in, &r) != OK) return;
    read_encode(&r, &b);
    CHECK(span_equal(buffer_span(&b), in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0 || size > INPUT_MAX) return 0;
    struct span rest = span_of(data + 1, size - 1);
    if (data[0] == 'C') {
        configuration(rest);
    } else if (data[0] == 'R') {
        kept(rest);
    } else if (data[0] == 'O') {
        struct arena arena CLEANUP(arena_free) = {0};
        struct digest chain_id = {{0}};
        struct opened o;
        arena_init(&arena, PROOF_ARENA_BYTES);
        CHECK(opened_check(rest, &chain_id, &arena, &o) != OK);
    } else {
        message(span_of(data, size));
    }
    return 0;
}
