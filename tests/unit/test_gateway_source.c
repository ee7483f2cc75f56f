/* What readers send: three makers' words, and whatever else comes. And the gateway's own configuration, hostile too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "tools/gateway/batch.h"
#include "tools/gateway/source.h"

struct got {
    struct tag_read list[64];
    uint8_t epc[64][EPC_BYTES_MAX], tid[64][TID_BYTES_MAX];
    char reader[64][READER_BYTES_MAX + 1];
    uint32_t count;
    struct source_result result;
};
static void take(void *self, const struct tag_read *r) {
    struct got *g = self;
    uint32_t i = g->count++;
    if (i >= 64) return;
    g->list[i] = *r;
    memcpy(g->epc[i], r->epc.data ? r->epc.data : (const uint8_t *)"", r->epc.len);
    memcpy(g->reader[i], r->reader.data, r->reader.len);
}
static struct got *parse(const char *text, const char *reader) {
    struct got *g = check_alloc(1, sizeof *g);
    struct buffer scratch CLEANUP(buffer_free) = {0};
    buffer_init(&scratch, 16 << 20);
    source_parse(span_text(text), span_text(reader), &scratch, take, g, &g->result);
    assert_int_equal(g->result.taken, g->count);
    return g;
}
static const uint8_t epc[12] = {0x30, 0x2e, 0x98, 0xec, 0x76, 0x20, 0x1a, 0x80, 0, 0, 0, 7};

static void one(const char *text, const char *reader, uint64_t ms, uint16_t antenna, int32_t rssi) {
    struct got *g = parse(text, "configured");
    assert_int_equal(g->count, 1);
    assert_int_equal(g->result.refused, 0);
    assert_int_equal(g->list[0].epc.len, sizeof epc);
    assert_memory_equal(g->epc[0], epc, sizeof epc);
    assert_string_equal(g->reader[0], reader);
    assert_true(g->list[0].time_ms == ms);
    assert_int_equal(g->list[0].antenna, antenna);
    assert_int_equal(g->list[0].rssi_cdbm, rssi);
    free(g);
}

static void makers(void **state) {
    (void)state;
    one("{\"timestamp\":\"2026-06-01T08:00:00.123456789Z\",\"hostname\":\"impinj-14-46-36\",\"eventType\":\"tagInventory\","
        "\"tagInventoryEvent\":{\"epc\":\"MC6Y7HYgGoAAAAAH\",\"tid\":\"4oARYCAA\",\"antennaPort\":2,\"peakRssiCdbm\":-5950}}",
        "impinj-14-46-36", 1780300800123, 2, -5950);
    one("{\"tagInventoryEvent\":{\"epcHex\":\"302E98EC76201A8000000007\",\"antennaPort\":1,\"lastSeenTime\":\"2026-06-01T08:00:00Z\"}}",
        "configured", 1780300800000, 1, 0);
    one("[{\"data\":{\"PC\":\"3000\",\"TID\":\"e28011602000\",\"antenna\":3,\"eventNum\":7,\"format\":\"epc\",\"hostName\":\"FX9600\","
        "\"idHex\":\"302e98ec76201a8000000007\",\"peakRssi\":-39.5,\"reads\":1},\"timestamp\":\"2026-06-01T16:00:00.106+0800\",\"type\":\"CUSTOM\"}]",
        "FX9600", 1780300800106, 3, -3950);
    one("{\"epc\":\"302e98ec76201a8000000007\",\"time\":1780300800001,\"antenna\":0,\"rssi\":-60}", "configured", 1780300800001, 0, -6000);
    /* base64 of the other alphabet, unpadded */
    struct got *g = parse("{\"tagInventoryEvent\":{\"epc\":\"-_-_-w\",\"antennaPort\":1,\"lastSeenTime\":\"2026-06-01T08:00:00Z\"}}", "r");
    assert_int_equal(g->count, 1);
    assert_int_equal(g->list[0].epc.len, 4);
    free(g);
}

static void ticks_and_lines(void **state) {
    (void)state;
    struct got *g = parse("{\"time\":1780300800001}\n\n{\"timestamp\":\"2026-06-01T08:00:00Z\",\"hostname\":\"i\",\"eventType\":\"status\"}\n"
                          "{\"epc\":\"30\",\"antenna\":1,\"time\":1780300800002}\nnonsense\n[{\"time\":1780300800003}]", "r");
    assert_int_equal(g->count, 4);
    assert_int_equal(g->list[0].epc.len, 0);
    assert_string_equal(g->reader[1], "i");
    assert_int_equal(g->result.refused, 1);
    assert_int_equal(g->result.first.err, ERR_JSON_SYNTAX);
    free(g);
}

static void refused(const char *text, enum err e) {
    struct got *g = parse(text, "r");
    assert_int_equal(g->count, 0);
    assert_int_equal(g->result.refused, 1);
    assert_string_equal(err_name(g->result.first.err), err_name(e));
    free(g);
}

static void hostile(void **state) {
    (void)state;
    refused("", ERR_JSON_SYNTAX);
    refused("7", ERR_READ_FORM);
    refused("{}", ERR_READ_FORM);
    refused("[[1]]", ERR_READ_FORM);
    refused("{\"epc\":\"30\",\"antenna\":1}", ERR_READ_TIME);
    refused("{\"epc\":\"30\",\"antenna\":1,\"time\":-5}", ERR_READ_TIME);
    refused("{\"epc\":\"30\",\"antenna\":1,\"time\":\"yesterday\"}", ERR_READ_TIME);
    refused("{\"epc\":\"30\",\"antenna\":1,\"time\":1.5}", ERR_READ_TIME);
    refused("{\"epc\":\"3\",\"antenna\":1,\"time\":1}", ERR_READ_EPC);
    refused("{\"epc\":\"\",\"antenna\":1,\"time\":1}", ERR_READ_EPC);
    refused("{\"epc\":\"zz\",\"antenna\":1,\"time\":1}", ERR_READ_EPC);
    refused("{\"epc\":\"30\",\"tid\":\"0\",\"antenna\":1,\"time\":1}", ERR_READ_EPC);
    refused("{\"tagInventoryEvent\":{\"epc\":\"a\",\"antennaPort\":1,\"lastSeenTime\":\"2026-06-01T08:00:00Z\"}}", ERR_READ_EPC);
    refused("{\"tagInventoryEvent\":7,\"timestamp\":\"2026-06-01T08:00:00Z\"}", ERR_READ_EPC);
    refused("{\"epc\":\"30\",\"time\":1}", ERR_READ_ANTENNA);
    refused("{\"epc\":\"30\",\"antenna\":-1,\"time\":1}", ERR_READ_ANTENNA);
    refused("{\"epc\":\"30\",\"antenna\":1.5,\"time\":1}", ERR_READ_ANTENNA);
    refused("{\"epc\":\"30\",\"antenna\":99999,\"time\":1}", ERR_READ_ANTENNA);
    refused("{\"epc\":\"30\",\"antenna\":1,\"time\":1,\"reader\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
            ERR_READ_READER);
    char *long_epc = check_alloc(1024, 1);
    strcpy(long_epc, "{\"antenna\":1,\"time\":1,\"epc\":\"");
    memset(long_epc + strlen(long_epc), 'a', 2 * EPC_BYTES_MAX + 2);
    strcat(long_epc, "\"}");
    refused(long_epc, ERR_READ_EPC);
    free(long_epc);
    /* One that names no reader, of a source that has none. */
    struct got *g = parse("{\"epc\":\"30\",\"antenna\":1,\"time\":1}", "");
    assert_int_equal(g->result.first.err, ERR_READ_READER);
    free(g);
}

static void too_much(void **state) {
    (void)state;
    struct buffer text CLEANUP(buffer_free) = {0};
    buffer_init(&text, 4 << 20);
    buffer_text(&text, "[");
    for (uint32_t i = 0; i < MESSAGE_READS_MAX + 5; i++) buffer_text(&text, i ? ",{\"time\":1}" : "{\"time\":1}");
    buffer_text(&text, "]");
    buffer_u8(&text, 0);
    struct got *g = parse((const char *)text.data, "r");
    assert_int_equal(g->result.taken, MESSAGE_READS_MAX);
    assert_int_equal(g->result.first.err, ERR_READ_COUNT);
    free(g);
    buffer_clear(&text);
    for (uint32_t i = 0; i <= MESSAGE_BYTES_MAX; i++) buffer_u8(&text, ' ');
    buffer_u8(&text, 0);
    refused((const char *)text.data, ERR_TOO_LARGE);
}

static void canonical_bytes(void **state) {
    (void)state;
    struct buffer b CLEANUP(buffer_free) = {0};
    struct tag_read r = {.received_ms = 5, .time_ms = 4, .reader = span_text("r"), .epc = span_of(epc, sizeof epc), .antenna = 7,
                         .has_rssi = true, .rssi_cdbm = -5000}, back;
    buffer_init(&b, READ_BYTES_MAX);
    read_encode(&r, &b);
    assert_int_equal(read_decode(buffer_span(&b), &back), OK);
    assert_int_equal(back.rssi_cdbm, -5000);
    for (size_t len = 0; len < b.len; len++) assert_int_not_equal(read_decode(span_of(b.data, len), &back), OK);
    r.received_ms = 1;
    r.time_ms = READ_AHEAD_MS_MAX + 1;
    assert_false(read_ahead(&r));
    r.time_ms++;
    assert_true(read_ahead(&r));
}

#define ZONES "\"zones\":[{\"name\":\"a\",\"antennas\":[{\"reader\":\"r\",\"antenna\":1}]}]"
#define BASE "\"subject\":\"s\",\"key\":\"k\",\"spool\":{\"directory\":\"d\"}"

static void config_is(const char *text, enum err e, const char *where) {
    struct gateway_config *c = NULL;
    struct refusal refusal = {0};
    assert_int_equal(config_parse(span_text(text), &c, &refusal), e);
    if (e != OK) assert_non_null(strstr(refusal.where, where));
    config_free(c);
}

static void configurations(void **state) {
    (void)state;
    config_is("{" BASE "," ZONES "}", OK, "");
    config_is("[]", ERR_GATEWAY_CONFIG, "");
    config_is("{" BASE "}", ERR_GATEWAY_CONFIG, "zones");
    config_is("{" BASE "," ZONES ",\"windw\":\"5s\"}", ERR_GATEWAY_CONFIG, "windw");
    config_is("{" BASE "," ZONES ",\"window\":5}", ERR_GATEWAY_CONFIG, "window");
    config_is("{" BASE "," ZONES ",\"window\":\"0s\"}", ERR_GATEWAY_CONFIG, "window");
    config_is("{" BASE "," ZONES ",\"time_zone\":\"8\"}", ERR_GATEWAY_CONFIG, "time_zone");
    config_is("{" BASE "," ZONES ",\"http\":{}}", ERR_GATEWAY_CONFIG, "http.port");
    config_is("{" BASE "," ZONES ",\"mqtt\":[{\"host\":\"h\",\"client\":\"c\"}]}", ERR_GATEWAY_CONFIG, "mqtt[0].topics");
    config_is("{" BASE "," ZONES ",\"events\":[{\"on\":\"seen\"}]}", ERR_GATEWAY_CONFIG, "events[0].on");
    config_is("{" BASE "," ZONES ",\"events\":[{\"on\":\"left\",\"zone\":\"z\"}]}", ERR_GATEWAY_CONFIG, "events[0].zone");
    config_is("{" BASE ",\"zones\":[{\"name\":\"a\"},{\"name\":\"a\"}]}", ERR_GATEWAY_CONFIG, "zones[1].name");
    config_is("{" BASE ",\"zones\":[{\"name\":\"a\",\"antennas\":[{\"reader\":\"r\",\"antenna\":1},{\"reader\":\"r\",\"antenna\":1}]}]}",
              ERR_GATEWAY_CONFIG, "antennas");
    config_is("{" BASE ",\"zones\":[7]}", ERR_GATEWAY_CONFIG, "zones[0]");
    config_is("{" BASE ",\"zones\":[{\"name\":\"a\",\"rssi_enter\":5}]}", ERR_GATEWAY_CONFIG, "rssi_enter");
}

/* A mapping that EPCIS does not take is found at start, not when the first tag comes. */
static void mappings(void **state) {
    (void)state;
    struct gateway_config *c = NULL;
    struct refusal refusal;
    assert_int_equal(config_parse(span_text("{" BASE "," ZONES ",\"events\":[{\"on\":\"left\",\"bizStep\":\"departing\"}]}"), &c, &refusal), OK);
    assert_int_equal(batch_try(c, &refusal), OK);
    config_free(c);
    c = NULL;
    assert_int_equal(config_parse(span_text("{" BASE "," ZONES
                  ",\"events\":[{\"on\":\"left\"},{\"on\":\"arrived\",\"bizStep\":\"strolling\"}]}"), &c, &refusal), OK);
    assert_int_not_equal(batch_try(c, &refusal), OK);
    assert_non_null(strstr(refusal.where, "events[1]"));
    config_free(c);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makers),     cmocka_unit_test(ticks_and_lines), cmocka_unit_test(hostile),  cmocka_unit_test(too_much),
        cmocka_unit_test(canonical_bytes), cmocka_unit_test(configurations), cmocka_unit_test(mappings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
