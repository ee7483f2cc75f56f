/* bench_trace.c: what a record costs before it is signed, and what an admitting node pays for its
 * events. One JSON object per line: microseconds per event of about 1 KB, and per tag. Argument: rounds per
 * batch. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "trace/epc_tag.h"
#include "trace/epcis.h"
#include "trace/epcis_schema.h"
#include "trace/event.h"

static const char event[] =
    "{\"@context\":[\"https://ref.gs1.org/standards/epcis/epcis-context.jsonld\","
    "{\"lc\":\"https://ns.lucheng.example/\"}],"
    "\"type\":\"ObjectEvent\",\"action\":\"ADD\",\"bizStep\":\"commissioning\",\"disposition\":"
    "\"active\",\"eventID\":\"urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6\","
    "\"eventTime\":\"2026-06-01T08:00:00.000+08:00\",\"eventTimeZoneOffset\":\"+08:00\","
    "\"epcList\":[\"https://id.gs1.org/01/09521141012345/21/20260601-0001\","
    "\"https://id.gs1.org/01/09521141012345/21/20260601-0002\"],"
    "\"quantityList\":[{\"epcClass\":\"urn:epc:class:lgtin:4012345.012345.L20260601\","
    "\"quantity\":12.5,\"uom\":\"KGM\"}],"
    "\"readPoint\":{\"id\":\"https://id.gs1.org/414/9521141000003\"},"
    "\"bizLocation\":{\"id\":\"https://id.gs1.org/414/9521141000003/254/7\"},"
    "\"bizTransactionList\":[{\"type\":\"cert\",\"bizTransaction\":\"urn:x:cert:330302:000017\"}],"
    "\"sensorElementList\":[{\"sensorReport\":[{\"type\":\"Temperature\",\"value\":4.25,"
    "\"uom\":\"CEL\",\"time\":\"2026-06-01T07:59:30+08:00\"}]}],"
    "\"ilmd\":{\"cbvmda:lotNumber\":\"L20260601\",\"lc:name\":\"杨梅\",\"lc:weight\":\"12.5 kg\"}}";

static double now_us(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

enum { BATCHES = 40 };

static int compare(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Every step must succeed: a bench of refusals would be fast and worthless. */
static void must(bool ok, const char *what) {
    if (ok) return;
    fprintf(stderr, "bench_trace: %s failed\n", what);
    exit(1);
}

struct subject {
    struct arena arena;
    struct buffer value;
    struct items items;
};

static void parse(struct subject *s) {
    struct refusal refusal;
    arena_reset(&s->arena);
    must(epcis_parse(span_of(event, sizeof event - 1), &s->arena, &s->items, &refusal) == OK,
         "parse");
}

static void json(struct subject *s) {
    buffer_clear(&s->value);
    must(json_parse(span_of(event, sizeof event - 1), &s->value, NULL) == OK, "json_parse");
}

static void validate(struct subject *s) {
    struct refusal refusal;
    must(epcis_validate(buffer_span(&s->value), &refusal) == OK, "validate");
}

static void check(struct subject *s) {
    struct refusal refusal;
    uint32_t bad;
    must(epcis_items_check(s->items.list, s->items.count, &bad, &refusal) == OK, "items_check");
}

static void digest(struct subject *s) {
    struct digest d = item_digest(&s->items.list[0]);
    must(!digest_is_zero(&d), "item_digest");
}

static void things(struct subject *s) {
    struct arena arena CLEANUP(arena_free) = {0};
    struct event_thing *list;
    uint32_t count;
    arena_init(&arena, 1 << 16);
    must(event_things(&s->items.list[0], &arena, &list, &count) == OK && count == 3, "things");
}

static const char tag_hex[] = "3066C4409047E140075BCD15";

/* What a gateway makes of one read. */
static void tag(struct subject *s) {
    struct epc e;
    buffer_clear(&s->value);
    must(epc_from_hex(span_text(tag_hex), &e) == OK, "epc_from_hex");
    must(epc_to_id_uri(&e, &s->value) == OK, "epc_to_id_uri");
    must(epc_to_digital_link(&e, span_text("https://id.gs1.org"), &s->value) == OK, "epc_to_digital_link");
}

/* The machine is rarely ours alone: the median batch says what one sees, the best what it costs. */
static void run(const char *what, void (*step)(struct subject *), struct subject *s, int rounds,
                size_t bytes) {
    double us[BATCHES];
    for (int b = 0; b < BATCHES; b++) {
        double started = now_us();
        for (int i = 0; i < rounds; i++)
            step(s);
        us[b] = (now_us() - started) / rounds;
    }
    qsort(us, BATCHES, sizeof us[0], compare);
    printf("{\"bench\":\"trace.%s\",\"bytes\":%zu,\"us_best\":%.2f,\"us_median\":%.2f}\n",
           what, bytes, us[0], us[BATCHES / 2]);
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 500;
    struct subject s;
    if (rounds < 1) {
        fprintf(stderr, "usage: bench_trace [rounds per batch]\n");
        return 2;
    }
    arena_init(&s.arena, 4 << 20);
    buffer_init(&s.value, 1 << 20);
    run("json_parse", json, &s, rounds, sizeof event - 1);
    run("parse_validate_itemise", parse, &s, rounds, sizeof event - 1);
    run("validate", validate, &s, rounds, sizeof event - 1);
    run("items_check", check, &s, rounds, sizeof event - 1);
    run("item_digest", digest, &s, rounds, sizeof event - 1);
    run("event_things", things, &s, rounds, sizeof event - 1);
    run("tag_to_urn_and_link", tag, &s, rounds, sizeof tag_hex - 1);
    buffer_free(&s.value);
    arena_free(&s.arena);
    return 0;
}
