#include "tools/gateway/source.h"

#include <math.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "tools/map.h"
#include "trace/rfc3339.h"

struct parse {
    struct span reader;
    source_read_fn *fn;
    void *self;
    struct source_result *result;
    uint32_t index; /* of the object in the message, from 1 */
    uint8_t epc[EPC_BYTES_MAX], tid[TID_BYTES_MAX];
};

static void refuse(struct parse *p, enum err e, const char *field) {
    struct source_result *r = p->result;
    if (r->refused++ > 0) return;
    (void)refusal_set(&r->first, e, "[%u].%s", p->index, field);
}

static bool hex_digit(uint8_t c, uint8_t *ret) {
    if (c >= '0' && c <= '9')
        *ret = (uint8_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
        *ret = (uint8_t)(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
        *ret = (uint8_t)(c - 'A' + 10);
    else
        return false;
    return true;
}

/* Readers write either case. */
static bool hex_read(struct span text, uint8_t *ret, size_t cap, size_t *ret_len) {
    if (text.len % 2 != 0 || text.len / 2 > cap) return false;
    for (size_t i = 0; i < text.len / 2; i++) {
        uint8_t high, low;
        if (!hex_digit(text.data[2 * i], &high) || !hex_digit(text.data[2 * i + 1], &low))
            return false;
        ret[i] = (uint8_t)(high << 4 | low);
    }
    *ret_len = text.len / 2;
    return true;
}

/* Of either alphabet (RFC 4648 sections 4 and 5), padded or not. */
static bool base64_read(struct span text, uint8_t *ret, size_t cap, size_t *ret_len) {
    uint8_t strict[128];
    size_t len = text.len;
    while (len > 0 && text.data[len - 1] == '=')
        len--;
    if (len > sizeof strict - 4) return false;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = text.data[i];
        strict[i] = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    while (len % 4 != 0)
        strict[len++] = '=';
    return base64_decode(span_of(strict, len), ret, cap, ret_len);
}

/* hex under one name, else base64 under another; absent is empty. */
static bool bank_read(struct span map, const char *hex, const char *base64, uint8_t *bytes,
                      size_t cap, struct span *ret) {
    size_t len = 0;
    bool ok = true;
    if (map_has(map, hex))
        ok = hex_read(map_text(map, hex), bytes, cap, &len);
    else if (base64 != NULL && map_has(map, base64))
        ok = base64_read(map_text(map, base64), bytes, cap, &len);
    *ret = span_of(bytes, len);
    return ok;
}

static bool time_read(struct span value, uint64_t *ret_ms) {
    int64_t ms;
    if (value_kind(value) == VALUE_INT) {
        struct unpack u;
        unpack_init(&u, value);
        *ret_ms = unpack_uint(&u, READ_TIME_MS_MAX);
        return unpack_end(&u) == OK && *ret_ms > 0;
    }
    if (!rfc3339_ms(value_text(value), &ms) || ms <= 0) return false;
    *ret_ms = (uint64_t)ms;
    return true;
}

/* A number of `unit` hundredths of dBm; what is absent or no number is no RSSI. */
static void rssi_read(struct span value, double unit, struct tag_read *r) {
    struct unpack u;
    double v = NAN;
    unpack_init(&u, value);
    if (value_kind(value) == VALUE_INT) v = (double)unpack_int(&u);
    if (value_kind(value) == VALUE_FLOAT) v = unpack_float(&u);
    v *= unit;
    r->has_rssi = v >= -100000 && v <= 100000;
    r->rssi_cdbm = r->has_rssi ? (int32_t)lround(v) : 0;
}

static bool antenna_read(struct span value, uint16_t *ret) {
    struct unpack u;
    unpack_init(&u, value);
    if (value.len == 0) return false;
    uint64_t n = unpack_uint(&u, ANTENNA_MAX);
    if (unpack_end(&u) != OK) return false;
    *ret = (uint16_t)n;
    return true;
}

/* The reader by its own word, else as configured. */
static bool reader_set(struct span said, struct span configured, struct tag_read *r) {
    r->reader = said.len > 0 ? said : configured;
    return r->reader.len > 0 && r->reader.len <= READER_BYTES_MAX;
}

/* What differs between the makers. */
struct dialect {
    struct span body; /* the fields of the sighting; empty: a tick */
    struct span reader;
    struct span time;
    const char *epc_hex, *epc_base64, *tid_hex, *tid_base64, *antenna, *rssi;
    double rssi_unit;
};

static void dialect_of(struct span object, struct dialect *ret) {
    static const struct dialect impinj = {.epc_hex = "epcHex",
                                          .epc_base64 = "epc",
                                          .tid_hex = "tidHex",
                                          .tid_base64 = "tid",
                                          .antenna = "antennaPort",
                                          .rssi = "peakRssiCdbm",
                                          .rssi_unit = 1};
    static const struct dialect zebra = {.epc_hex = "idHex",
                                         .tid_hex = "TID",
                                         .antenna = "antenna",
                                         .rssi = "peakRssi",
                                         .rssi_unit = 100};
    static const struct dialect generic = {
        .epc_hex = "epc", .tid_hex = "tid", .antenna = "antenna", .rssi = "rssi", .rssi_unit = 100};
    struct span stamp = map_get(object, "timestamp"), data = map_get(object, "data");
    if (map_has(object, "tagInventoryEvent")) {
        *ret = impinj;
        ret->body = map_get(object, "tagInventoryEvent");
        struct span seen = map_get(ret->body, "lastSeenTime");
        ret->time = seen.len > 0 ? seen : stamp;
        ret->reader = map_text(object, "hostname");
    } else if (map_has(data, "idHex")) {
        *ret = zebra;
        ret->body = data;
        ret->time = stamp;
        ret->reader = map_text(data, "hostName");
    } else if (stamp.len > 0 && !map_has(object, "epc")) {
        *ret = (struct dialect){.time = stamp};
        ret->reader = map_text(object, "hostname");
    } else {
        *ret = generic;
        ret->body = map_has(object, "epc") ? object : SPAN_EMPTY;
        ret->time = map_has(object, "time") ? map_get(object, "time") : stamp;
        ret->reader = map_text(object, "reader");
    }
}

static void object_read(struct parse *p, struct span object) {
    struct tag_read r = {0};
    struct dialect d;
    p->index++;
    if (value_kind(object) != VALUE_MAP) {
        refuse(p, ERR_READ_FORM, "");
        return;
    }
    dialect_of(object, &d);
    if (d.time.len == 0 && d.body.len == 0) {
        refuse(p, ERR_READ_FORM, "");
    } else if (!time_read(d.time, &r.time_ms)) {
        refuse(p, ERR_READ_TIME, "time");
    } else if (!reader_set(d.reader, p->reader, &r)) {
        refuse(p, ERR_READ_READER, "reader");
    } else if (d.body.len > 0 &&
               (!bank_read(d.body, d.epc_hex, d.epc_base64, p->epc, sizeof p->epc, &r.epc) ||
                r.epc.len == 0)) {
        refuse(p, ERR_READ_EPC, d.epc_hex);
    } else if (d.body.len > 0 &&
               !bank_read(d.body, d.tid_hex, d.tid_base64, p->tid, sizeof p->tid, &r.tid)) {
        refuse(p, ERR_READ_EPC, d.tid_hex);
    } else if (d.body.len > 0 && !antenna_read(map_get(d.body, d.antenna), &r.antenna)) {
        refuse(p, ERR_READ_ANTENNA, d.antenna);
    } else {
        if (d.body.len > 0) rssi_read(map_get(d.body, d.rssi), d.rssi_unit, &r);
        p->result->taken++;
        p->fn(p->self, &r);
    }
}

static void value_read(struct parse *p, struct span value) {
    if (value_kind(value) != VALUE_ARRAY) {
        object_read(p, value);
        return;
    }
    struct span object;
    for (struct list l = list_open(value); list_next(&l, &object);) {
        if (p->index >= MESSAGE_READS_MAX) {
            p->index++;
            refuse(p, ERR_READ_COUNT, "");
            return;
        }
        object_read(p, object);
    }
}

static void text_read(struct parse *p, struct span text, struct buffer *scratch) {
    struct refusal refusal;
    buffer_clear(scratch);
    enum err e = json_parse(text, scratch, &refusal);
    if (e == OK) {
        value_read(p, buffer_span(scratch));
    } else {
        p->index++;
        refuse(p, e, refusal.where);
    }
}

static bool blank(struct span line) {
    for (size_t i = 0; i < line.len; i++)
        if (strchr(" \t\r", line.data[i]) == NULL || line.data[i] == 0) return false;
    return true;
}

/* JSON lines: the first line is a whole value and there is something behind it. */
static bool lines_read(struct parse *p, struct span message, struct buffer *scratch) {
    const uint8_t *feed = message.len > 0 ? memchr(message.data, '\n', message.len) : NULL;
    size_t first = feed != NULL ? (size_t)(feed - message.data) : 0;
    if (feed == NULL || blank(span_part(message, first + 1, message.len - first - 1))) return false;
    buffer_clear(scratch);
    if (json_parse(span_of(message.data, first), scratch, NULL) != OK) return false;
    for (size_t at = 0; at < message.len;) {
        const uint8_t *end = memchr(message.data + at, '\n', message.len - at);
        size_t len = end != NULL ? (size_t)(end - message.data) - at : message.len - at;
        struct span line = span_of(message.data + at, len);
        at += len + 1;
        if (blank(line)) continue;
        if (p->index >= MESSAGE_READS_MAX) {
            p->index++;
            refuse(p, ERR_READ_COUNT, "");
            return true;
        }
        text_read(p, line, scratch);
    }
    return true;
}

void source_parse(struct span message, struct span reader, struct buffer *scratch,
                  source_read_fn *fn, void *self, struct source_result *ret) {
    struct parse p = {.reader = reader, .fn = fn, .self = self, .result = ret};
    *ret = (struct source_result){0};
    if (message.len > MESSAGE_BYTES_MAX) {
        p.index++;
        refuse(&p, ERR_TOO_LARGE, "");
        return;
    }
    if (!lines_read(&p, message, scratch)) text_read(&p, message, scratch);
}
