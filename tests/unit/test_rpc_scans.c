/* Scans over HTTP: told, asked for, what they warn of, an hour with its root, and every refusal by its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "storage/scans.h"
#include "tests/unit/rpc_world.h"
#include "tools/map.h"
#include "trace/anchor.h"

#define EPC "urn:epc:id:sgtin:0614141.107346.2017"
#define PIECE "https://id.gs1.org/01/10614141073464/21/2017"
#define SCANS "/v1/codes/" EPC "/scans"
#define NOON 1779926400000ull /* the eventTime of the world's events, a whole hour */

struct fixture {
    struct world w;
    uint64_t now;
    struct http_response r;
    struct buffer value;
    const struct visitor *visitor;
};

static uint64_t clock_of(void *self) {
    return ((struct fixture *)self)->now;
}

static int setup(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    char why[SCANS_ERROR_BYTES];
    struct scans_options options = {clock_of, f, 5, 100};
    f->now = NOON + 100 * (uint64_t)SCAN_HOUR_MS;
    world_init(&f->w);
    f->w.host.scans = scans_open(":memory:", &options, why);
    assert_non_null(f->w.host.scans);
    buffer_init(&f->value, 1 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    scans_close(f->w.host.scans);
    world_free(&f->w);
    http_response_free(&f->r);
    buffer_free(&f->value);
    free(f);
    return 0;
}

static struct span call(struct fixture *f, enum http_verb verb, const char *target, const char *body) {
    const char *mark = strchr(target, '?');
    struct http_request r = {.id = 1, .verb = verb, .body = span_text(body), .visitor = f->visitor};
    struct refusal refusal;
    r.path = span_of(target, mark ? (size_t)(mark - target) : strlen(target));
    if (mark != NULL) r.query = span_text(mark + 1);
    http_response_free(&f->r);
    rpc_handle(&f->w.host, &r, &f->r);
    buffer_clear(&f->value);
    assert_int_equal(json_parse(buffer_span(&f->r.body), &f->value, &refusal), OK);
    return buffer_span(&f->value);
}

static struct span get(struct fixture *f, const char *target) {
    struct span v = call(f, HTTP_VERB_GET, target, "");
    if (f->r.status != 200) fail_msg("%s: %u %.*s", target, (unsigned)f->r.status, (int)f->r.body.len, (const char *)f->r.body.data);
    return v;
}

static void report(struct fixture *f, const char *identifier, const char *division) {
    char body[512];
    snprintf(body, sizeof body, "{\"identifier\":\"%s\",\"division\":\"%s\"}", identifier, division);
    struct span v = call(f, HTTP_VERB_POST, "/v1/scans", body);
    assert_int_equal(f->r.status, 202);
    assert_true(span_is(map_text(v, "canonical"), PIECE) && span_is(map_text(v, "division"), division));
}

static void refused(struct fixture *f, enum http_verb verb, const char *target, const char *body, enum err e, uint16_t status) {
    struct span v = call(f, verb, target, body);
    if (f->r.status != status || map_uint(v, "code") != (uint64_t)e)
        fail_msg("%s %s: %u %.*s", target, body, (unsigned)f->r.status, (int)f->r.body.len, (const char *)f->r.body.data);
}

static struct span warning(struct span v, uint32_t index) {
    struct span w = SPAN_EMPTY;
    struct list l = list_open(map_get(v, "warnings"));
    for (uint32_t i = 0; i <= index && list_next(&l, &w); i++)
        continue;
    return w;
}

static void tallied_in_any_spelling(void **state) {
    struct fixture *f = *state;
    report(f, EPC, "330302");
    report(f, PIECE, "330302");
    report(f, "https://example.cn/01/10614141073464/21/2017", "");
    struct span v = get(f, SCANS), row;
    assert_true(map_uint(v, "total") == 3 && list_count(map_get(v, "rows")) == 2 && !map_bool(v, "cut"));
    struct list l = list_open(map_get(v, "rows"));
    assert_true(list_next(&l, &row) && map_text(row, "division").len == 0 && map_uint(row, "count") == 1);
    assert_true(list_next(&l, &row) && span_is(map_text(row, "division"), "330302") && map_uint(row, "count") == 2);
    assert_int_equal(map_uint(row, "hour_ms"), NOON + 100 * (uint64_t)SCAN_HOUR_MS);
    assert_int_equal(list_count(map_get(v, "warnings")), 0);
}

static void a_copied_code_warns(void **state) {
    struct fixture *f = *state;
    static const char *const places[] = {"330302", "440100", "510100", "110000"};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(list_count(map_get(get(f, SCANS), "warnings")), 0);
        report(f, EPC, places[i]);
    }
    struct span w = warning(get(f, SCANS), 0);
    assert_true(span_is(map_text(w, "name"), "many_divisions") && map_uint(w, "figure") == 4 && map_uint(w, "limit") == 3);
    assert_int_equal(list_count(map_get(get(f, SCANS "?divisions=4"), "warnings")), 0);
    assert_true(span_is(map_text(warning(get(f, SCANS "?scans=3&divisions=9"), 0), "name"), "many_scans"));
}

/* Before it was shipped, after it was destroyed: by the events of the ledger. */
static void the_ledger_says_when(void **state) {
    struct fixture *f = *state;
    f->now = NOON - SCAN_HOUR_MS;
    report(f, EPC, "33");
    f->now = NOON + 1;
    report(f, EPC, "33");
    assert_false(map_has(get(f, SCANS), "shipped_ms"));
    (void)world_event(&f->w, EPC, "ADD", "commissioning");
    assert_int_equal(list_count(map_get(get(f, SCANS), "warnings")), 0);
    (void)world_event(&f->w, EPC, "OBSERVE", "shipping");
    struct span v = get(f, SCANS);
    assert_int_equal(map_uint(v, "shipped_ms"), NOON);
    assert_true(list_count(map_get(v, "warnings")) == 1 && span_is(map_text(warning(v, 0), "name"), "before_shipping"));
    assert_int_equal(map_uint(warning(v, 0), "figure"), 1);
    (void)world_event(&f->w, EPC, "DELETE", "destroying");
    v = get(f, SCANS);
    assert_int_equal(map_uint(v, "destroyed_ms"), NOON);
    assert_true(list_count(map_get(v, "warnings")) == 2 && span_is(map_text(warning(v, 1), "name"), "after_destruction"));
}

static void farm_says(struct fixture *f, const char *event) {
    struct buffer text CLEANUP(buffer_free) = {0}, wire CLEANUP(buffer_free) = {0};
    buffer_init(&text, 4096);
    buffer_init(&wire, 65536);
    buffer_printf(&text, "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\","
                         "\"eventTimeZoneOffset\":\"+08:00\",%s}", event);
    world_record(&f->w, &f->w.farm, "farm-1", buffer_span(&text), &wire);
    struct span record = buffer_span(&wire);
    world_block(&f->w, &record, 1);
}

/* A piece ships in its carton, and the carton on a pallet. */
static void shipped_inside(void **state) {
    struct fixture *f = *state;
#define CARTON "urn:epc:id:sscc:0614141.1234567890"
#define PALLET "urn:epc:id:sscc:0614141.1234567891"
    f->now = NOON;
    report(f, EPC, "33");
    farm_says(f, "\"type\":\"AggregationEvent\",\"eventTime\":\"2026-05-28T08:00:00+08:00\",\"action\":\"ADD\","
                 "\"parentID\":\"" CARTON "\",\"childEPCs\":[\"" EPC "\"],\"bizStep\":\"packing\"");
    farm_says(f, "\"type\":\"AggregationEvent\",\"eventTime\":\"2026-05-28T09:00:00+08:00\",\"action\":\"ADD\","
                 "\"parentID\":\"" PALLET "\",\"childEPCs\":[\"" CARTON "\"],\"bizStep\":\"packing\"");
    assert_false(map_has(get(f, SCANS), "shipped_ms"));
    farm_says(f, "\"type\":\"ObjectEvent\",\"eventTime\":\"2026-05-28T08:59:00+08:00\",\"action\":\"OBSERVE\","
                 "\"epcList\":[\"" PALLET "\"],\"bizStep\":\"shipping\"");
    assert_false(map_has(get(f, SCANS), "shipped_ms")); /* the carton was not on it yet */
    farm_says(f, "\"type\":\"ObjectEvent\",\"eventTime\":\"2026-05-28T10:00:00+08:00\",\"action\":\"OBSERVE\","
                 "\"epcList\":[\"" PALLET "\"],\"bizStep\":\"shipping\"");
    struct span v = get(f, SCANS);
    assert_int_equal(map_uint(v, "shipped_ms"), NOON + 2 * (uint64_t)SCAN_HOUR_MS);
    assert_true(span_is(map_text(warning(v, 0), "name"), "before_shipping") && !map_bool(v, "events_cut"));
    /* The pallet's end is not the piece's. */
    farm_says(f, "\"type\":\"ObjectEvent\",\"eventTime\":\"2026-05-28T11:00:00+08:00\",\"action\":\"DELETE\","
                 "\"epcList\":[\"" PALLET "\"],\"bizStep\":\"destroying\"");
    assert_false(map_has(get(f, SCANS), "destroyed_ms"));
}

/* `count` events about the piece, then as many about its carton, each told by one record. */
static void tell_many(struct fixture *f, const char *id, int count, const char *last_step) {
    struct buffer text CLEANUP(buffer_free) = {0}, wire CLEANUP(buffer_free) = {0};
    buffer_init(&text, 1 << 20);
    buffer_init(&wire, RECORD_BYTES_MAX);
    buffer_printf(&text, "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\",\"type\":\"EPCISDocument\","
                         "\"schemaVersion\":\"2.0\",\"creationDate\":\"2026-05-28T08:00:00+08:00\",\"epcisBody\":{\"eventList\":[");
    for (int i = 0; i < count; i++)
        buffer_printf(&text, "%s{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-05-28T09:00:00+08:00\",\"eventTimeZoneOffset\":\"+08:00\","
                             "\"action\":\"OBSERVE\",\"epcList\":[\"%s\"],\"bizStep\":\"%s\"}",
                      i ? "," : "", id, i + 1 < count ? "storing" : last_step);
    buffer_printf(&text, "]}}");
    assert_false(text.overflow);
    world_record(&f->w, &f->w.farm, "farm-1", buffer_span(&text), &wire);
    struct span record = buffer_span(&wire);
    world_block(&f->w, &record, 1);
}

/* A thousand events of all histories together are looked at; above, the answer says so. */
static void histories_are_bounded(void **state) {
    struct fixture *f = *state;
    farm_says(f, "\"type\":\"AggregationEvent\",\"eventTime\":\"2026-05-28T08:00:00+08:00\",\"action\":\"ADD\","
                 "\"parentID\":\"" CARTON "\",\"childEPCs\":[\"" EPC "\"],\"bizStep\":\"packing\"");
    tell_many(f, EPC, 498, "storing");
    tell_many(f, CARTON, 500, "shipping"); /* 499 and 501 */
    struct span v = get(f, SCANS);
    assert_true(!map_bool(v, "events_cut") && map_uint(v, "shipped_ms") == NOON + SCAN_HOUR_MS);
    farm_says(f, "\"type\":\"ObjectEvent\",\"eventTime\":\"2026-05-28T07:00:00+08:00\",\"action\":\"OBSERVE\","
                 "\"epcList\":[\"" EPC "\"],\"bizStep\":\"storing\"");
    v = get(f, SCANS);
    assert_true(map_bool(v, "events_cut") && !map_has(v, "shipped_ms")); /* the carton's last is not seen */
}

static void an_hour_in_pages(void **state) {
    struct fixture *f = *state;
    char target[96];
    struct scan_row rows[3];
    struct digest root, said;
    uint64_t hour = f->now, next = 0;
    static const char *const places[] = {"11", "12", "13", "14", "15", "16"};
    for (int i = 0; i < 3; i++) {
        report(f, EPC, places[i]);
        rows[i] = (struct scan_row){hour, span_text(PIECE), span_text(places[i]), 1};
    }
    assert_int_equal(scan_root(rows, 3, &root), OK);
    for (int page = 0; page < 2; page++) {
        snprintf(target, sizeof target, "/v1/scans/hours/%llu?limit=2&cursor=%llu", (unsigned long long)hour,
                 (unsigned long long)next);
        struct span v = get(f, target);
        assert_true(map_uint(v, "count") == 3 && list_count(map_get(v, "rows")) == (page ? 1u : 2u) && !map_bool(v, "over"));
        assert_true(map_digest(v, "root", &said) && digest_equal(&said, &root));
        next = map_uint(v, "next");
        assert_int_equal(next, page ? 0 : 2);
    }
    for (int i = 3; i < 6; i++)
        report(f, EPC, places[i]);
    f->now += SCAN_HOUR_MS;
    struct span v = get(f, target);
    assert_true(map_bool(v, "over") && map_uint(v, "count") == 5 && map_uint(v, "dropped") == 1);
}

static void refused_by_name(void **state) {
    struct fixture *f = *state;
    const enum http_verb post = HTTP_VERB_POST, look = HTTP_VERB_GET;
    refused(f, post, "/v1/scans", "", ERR_JSON_SYNTAX, 400);
    refused(f, post, "/v1/scans", "[]", ERR_RPC_PARAMETER, 400);
    refused(f, post, "/v1/scans", "{}", ERR_RPC_PARAMETER_MISSING, 400);
    refused(f, post, "/v1/scans", "{\"identifier\":\"\"}", ERR_RPC_PARAMETER, 400);
    refused(f, post, "/v1/scans", "{\"identifier\":7}", ERR_RPC_PARAMETER, 400);
    refused(f, post, "/v1/scans", "{\"identifier\":\"" EPC "\",\"phone\":\"13800000000\"}", ERR_RPC_PARAMETER_UNKNOWN, 400);
    refused(f, post, "/v1/scans", "{\"identifier\":\"" EPC "\",\"division\":\"3303021\"}", ERR_RPC_PARAMETER, 400);
    refused(f, post, "/v1/scans", "{\"identifier\":\"" EPC "\",\"division\":\"x\"}", ERR_SCAN_PIECE, 400);
    refused(f, post, "/v1/scans", "{\"identifier\":\"urn:epc:id:sscc:0614141.1234567890\"}", ERR_SCAN_PIECE, 400);
    refused(f, post, "/v1/scans", "{\"identifier\":\"13800000000\"}", ERR_SCAN_PIECE, 400);
    refused(f, look, "/v1/codes/urn:epc:id:sscc:0614141.1234567890/scans", "", ERR_SCAN_PIECE, 400);
    refused(f, look, SCANS "?hours=0", "", ERR_RPC_PARAMETER, 400);
    refused(f, look, SCANS "?hours=4393", "", ERR_RPC_PARAMETER, 400);
    refused(f, look, "/v1/scans/hours/1", "", ERR_RPC_PARAMETER, 400);
    refused(f, look, "/v1/scans/hours/x", "", ERR_RPC_PARAMETER, 400);
    for (int i = 0; i < 100; i++)
        report(f, EPC, "33");
    refused(f, post, "/v1/scans", "{\"identifier\":\"" EPC "\"}", ERR_SCAN_BUSY, 503);
    struct scans *kept = f->w.host.scans;
    f->w.host.scans = NULL;
    refused(f, post, "/v1/scans", "{\"identifier\":\"" EPC "\"}", ERR_SCANS_NONE, 404);
    refused(f, look, SCANS, "", ERR_SCANS_NONE, 404);
    refused(f, look, "/v1/scans/hours/0", "", ERR_SCANS_NONE, 404);
    f->w.host.scans = kept;
}

/* Above a visitor's share: 429 with a name in both languages and when to come again, nothing counted; by JSON-RPC the same. */
static void a_visitor_has_its_share(void **state) {
    struct fixture *f = *state;
    static const uint8_t address[4] = {192, 0, 2, 1};
    static const char *const batch = "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"scan.report\",\"params\":{\"identifier\":\"" EPC "\"}},"
                                     "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"scan.report\",\"params\":{\"identifier\":\"" EPC "\"}}]";
    struct visitor_bucket bucket = {0, 0};
    struct visitor who = {.connection = &bucket};
    f->w.host.visitors = visitors_new(2500, 3);
    who.name = visitors_name(f->w.host.visitors, span_of(address, 4), &who.near);
    f->visitor = &who;
    report(f, EPC, "33");
    report(f, EPC, "33");
    struct span v = call(f, HTTP_VERB_POST, "/rpc", batch), one;
    struct list l = list_open(v);
    assert_true(list_next(&l, &one) && map_has(one, "result"));
    assert_true(list_next(&l, &one) && map_uint(map_get(one, "error"), "code") == ERR_SCAN_VISITOR);
    v = call(f, HTTP_VERB_POST, "/v1/scans", "{\"identifier\":\"" EPC "\"}");
    assert_int_equal(f->r.status, 429);
    assert_true(span_is(map_text(v, "name"), "ERR_SCAN_VISITOR") && map_text(v, "title_zh").len > 0 && map_text(v, "title_en").len > 0);
    bool told = false;
    for (uint32_t i = 0; i < f->r.headers_count; i++)
        told = told || strcmp(f->r.headers[i].name, "Retry-After") == 0;
    assert_true(told && f->r.texts_len > 0 && f->r.texts[0] == '3'); /* 2.5 seconds, rounded up */
    /* Another address. */
    who = (struct visitor){.name = who.name + 1, .connection = &(struct visitor_bucket){0, 0}};
    report(f, EPC, "33");
    f->visitor = NULL;
    assert_int_equal(map_uint(get(f, SCANS), "total"), 4);
    visitors_free(f->w.host.visitors);
    f->w.host.visitors = NULL;
}

static void shows(struct fixture *f, const char *line) {
    struct http_request r = {.id = 1, .verb = HTTP_VERB_GET, .path = span_text("/metrics")};
    char text[128];
    http_response_free(&f->r);
    rpc_handle(&f->w.host, &r, &f->r);
    buffer_append(&f->r.body, "", 1);
    snprintf(text, sizeof text, "\nsuyuan_scans_%s\n", line);
    if (strstr((const char *)f->r.body.data, text) == NULL) fail_msg("%s", text);
}

static void anchor_hour(struct fixture *f, const struct keypair *keys, const char *subject, uint64_t hour) {
    struct buffer fields CLEANUP(buffer_free) = {0}, wire CLEANUP(buffer_free) = {0};
    struct world *w = &f->w;
    struct anchor a = {.count = 1, .from_ms = hour, .until_ms = hour + SCAN_HOUR_MS, .what = span_text("scans:v1.lucheng.example")};
    struct item item = {.type = ITEM_ANCHOR};
    struct record_header draft = {.chain_id = w->genesis->chain_id, .kind = RECORD_ANCHORS, .subject = span_text(subject),
                                  .key = keys->public_key, .created_ms = w->now_ms, .expires_ms = w->now_ms + 3600000, .nonce = ++w->nonce};
    buffer_init(&fields, 1024);
    buffer_init(&wire, 65536);
    anchor_fields(&a, &fields);
    item.fields = buffer_span(&fields);
    assert_int_equal(record_make(&w->genesis->params, &draft, &item, 1, keys, &wire), OK);
    struct span record = buffer_span(&wire);
    world_block(w, &record, 1);
}

static void metrics_tell(void **state) {
    struct fixture *f = *state;
    f->w.status.now_ms = f->now;
    shows(f, "rows 0");
    shows(f, "oldest_hour_seconds 0");
    for (int i = 0; i < 2; i++) {
        report(f, EPC, "33");
        report(f, EPC, "");
        f->now += SCAN_HOUR_MS;
    }
    for (int i = 0; i < 101; i++)
        assert_int_equal(scans_tally(f->w.host.scans, span_text(PIECE), span_text("44")), i < 100 ? OK : ERR_SCAN_BUSY);
    for (int i = 0; i < 7; i++) {
        f->now += 10; /* one report more */
        assert_int_equal(scans_tally(f->w.host.scans, span_text(PIECE), span_of(&"0123456"[i], 1)), OK);
    }
    shows(f, "counted_total 108"); /* 4, 100, 4 of 7 */
    shows(f, "dropped_total 3");
    shows(f, "refused_busy_total 1");
    shows(f, "refused_visitor_total 0");
    shows(f, "rows 9");
    shows(f, "oldest_hour_seconds 1780286400"); /* NOON and 100 hours */
    /* The hour that the subject which is set anchored; not that of somebody else. */
    anchor_hour(f, &f->w.farm, "farm-1", NOON + SCAN_HOUR_MS);
    anchor_hour(f, &f->w.authority, "bureau", NOON);
    shows(f, "anchored_hour_seconds 0");
    f->w.host.scans_anchored_by = span_text("bureau");
    shows(f, "anchored_hour_seconds 1779926400");
    f->w.host.scans_anchored_by = span_text("farm-1");
    shows(f, "anchored_hour_seconds 1779930000");
    f->w.status.now_ms = NOON + SCAN_HOUR_MS + RECORD_LIFETIME_MS_MAX;
    shows(f, "anchored_hour_seconds 1779930000");
    f->w.status.now_ms += SCAN_HOUR_MS;
    shows(f, "anchored_hour_seconds 0");
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(tallied_in_any_spelling), TEST(a_copied_code_warns), TEST(the_ledger_says_when),    TEST(shipped_inside),
        TEST(histories_are_bounded),   TEST(an_hour_in_pages),    TEST(a_visitor_has_its_share), TEST(metrics_tell),
        TEST(refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
