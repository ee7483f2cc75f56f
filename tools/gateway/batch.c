#include "tools/gateway/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/emit.h"
#include "trace/epc_tag.h"
#include "trace/epcis.h"

enum { EVENT_FRAME_BYTES = 560, EPC_URI_BYTES = 2 * IDENTIFIER_BYTES_MAX, MOVEMENTS_FIRST = 64 };
#define EPCIS_CONTEXT "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

void batch_init(struct batch *b, const struct gateway_config *config) {
    *b = (struct batch){.config = config};
}

void batch_free(struct batch *b) {
    free(b->movements);
    *b = (struct batch){0};
}

static const struct config_event *rule_of(const struct batch *b, const struct movement *m) {
    return config_event_for(b->config, m->kind, m->from, m->to);
}

static uint64_t stretch_of(const struct batch *b, uint64_t ms) {
    return ms / b->config->batch_ms;
}

/* No event of a movement is longer. */
static size_t text_bytes(const char *text) {
    return text != NULL ? strlen(text) : 0;
}

static size_t event_bytes(const struct batch *b, const struct movement *m) {
    const struct config_event *rule = rule_of(b, m);
    const struct config_zone *place = &b->config->zone_names[m->to != ZONE_NONE ? m->to : m->from];
    return EVENT_FRAME_BYTES + text_bytes(rule->biz_step) + text_bytes(rule->disposition) +
           text_bytes(rule->action) + text_bytes(place->read_point) +
           text_bytes(place->biz_location) + 4 * (size_t)m->epc_len;
}

bool batch_full(const struct batch *b, const struct movement *m) {
    if (b->count == 0 || rule_of(b, m) == NULL) return false;
    return stretch_of(b, m->at_ms) != b->stretch || b->count >= b->config->batch_events ||
           b->json_bytes + event_bytes(b, m) > BATCH_JSON_MAX;
}

bool batch_over(const struct batch *b, uint64_t horizon_ms) {
    return b->count > 0 && stretch_of(b, horizon_ms + 1) > b->stretch;
}

bool batch_add(struct batch *b, const struct movement *m) {
    if (rule_of(b, m) == NULL) return false;
    CHECK(!batch_full(b, m));
    if (b->count == b->cap) {
        b->cap = b->cap ? 2 * b->cap : MOVEMENTS_FIRST;
        b->movements = check_realloc(b->movements, b->cap, sizeof *b->movements);
    }
    b->stretch = stretch_of(b, m->at_ms);
    b->json_bytes += event_bytes(b, m);
    b->movements[b->count++] = *m;
    return true;
}

void batch_clear(struct batch *b) {
    b->count = 0;
    b->json_bytes = 0;
}

/* The URN where it has one (it needs the length of the company prefix, which the "+" schemes do not
 * carry), else the Digital Link. */
static bool epc_name(struct span epc, struct buffer *out) {
    struct epc e;
    size_t from = out->len;
    if (epc_from_bits(epc, 8 * epc.len, &e) != OK) return false;
    if (epc_to_id_uri(&e, out) == OK && out->len - from <= IDENTIFIER_BYTES_MAX) return true;
    out->len = from;
    if (epc_to_digital_link(&e, span_text("https://id.gs1.org"), out) == OK &&
        out->len - from <= IDENTIFIER_BYTES_MAX)
        return true;
    out->len = from;
    return false;
}

void epc_uri(struct span epc, struct buffer *out) {
    static const char digits[] = "0123456789ABCDEF";
    if (epc_name(epc, out)) return;
    /* EPC Tag Data Standard 2.0 section 12.1: the raw URI of bits that name nothing known. */
    buffer_printf(out, "urn:epc:raw:%zu.x", 8 * epc.len);
    for (size_t i = 0; i < epc.len; i++) {
        buffer_u8(out, (uint8_t)digits[epc.data[i] >> 4]);
        buffer_u8(out, (uint8_t)digits[epc.data[i] & 15]);
    }
}

void batch_time_text(uint64_t ms, char ret[BATCH_TIME_BYTES]) {
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    snprintf(ret, BATCH_TIME_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)(ms % 1000));
}

static void time_put(struct emit *j, const char *key, uint64_t ms) {
    char text[BATCH_TIME_BYTES];
    batch_time_text(ms, text);
    emit_key_string(j, key, text);
}

static void place_put(struct emit *j, const char *key, const char *id) {
    if (id == NULL) return;
    emit_key(j, key);
    emit_object(j);
    emit_key_string(j, "id", id);
    emit_object_end(j);
}

static bool same_event(const struct batch *b, const struct movement *a, const struct movement *m) {
    return rule_of(b, a) == rule_of(b, m) && a->from == m->from && a->to == m->to;
}

/* The identifiers of one event, for each stands in it once: two tags may carry one name. */
struct event_names {
    struct buffer texts;
    size_t ends[BATCH_EPCS_MAX];
    uint32_t count;
};

static bool name_add(struct event_names *n, const struct movement *m) {
    size_t from = n->texts.len, at = 0;
    epc_uri(span_of(m->epc, m->epc_len), &n->texts);
    struct span all = buffer_span(&n->texts), name = span_part(all, from, all.len - from);
    for (uint32_t i = 0; i < n->count; at = n->ends[i++]) {
        if (!span_equal(span_part(all, at, n->ends[i] - at), name)) continue;
        n->texts.len = from;
        return false;
    }
    n->ends[n->count++] = all.len;
    return true;
}

/* The event that begins with movement `first`: it alone, or all further ones that the same rule
 * makes of the same places. Its newest time. */
static uint64_t names_gather(const struct batch *b, uint32_t first, bool used[],
                             struct event_names *n) {
    uint64_t newest = 0;
    uint32_t end = b->config->aggregate ? b->count : first + 1;
    for (uint32_t i = first; i < end && n->count < BATCH_EPCS_MAX; i++) {
        const struct movement *m = &b->movements[i];
        if (used[i] || !same_event(b, &b->movements[first], m) || !name_add(n, m)) continue;
        used[i] = true;
        if (m->time_ms > newest) newest = m->time_ms;
    }
    return newest;
}

static uint64_t event_put(const struct batch *b, struct emit *j, uint32_t first, bool used[],
                          struct event_names *n) {
    const struct movement *m = &b->movements[first];
    const struct config_event *rule = rule_of(b, m);
    const struct config_zone *place = &b->config->zone_names[m->to != ZONE_NONE ? m->to : m->from];
    size_t at = 0;
    buffer_clear(&n->texts);
    n->count = 0;
    uint64_t newest = names_gather(b, first, used, n);
    emit_object(j);
    emit_key_string(j, "type", "ObjectEvent");
    emit_key(j, "epcList");
    emit_list(j);
    for (uint32_t i = 0; i < n->count; at = n->ends[i++])
        emit_text(j, span_part(buffer_span(&n->texts), at, n->ends[i] - at));
    emit_list_end(j);
    time_put(j, "eventTime", newest);
    emit_key_string(j, "eventTimeZoneOffset", b->config->time_zone);
    emit_key_string(j, "action", rule->action ? rule->action : "OBSERVE");
    if (rule->biz_step) emit_key_string(j, "bizStep", rule->biz_step);
    if (rule->disposition) emit_key_string(j, "disposition", rule->disposition);
    place_put(j, "readPoint", place->read_point);
    place_put(j, "bizLocation", place->biz_location);
    emit_object_end(j);
    return newest;
}

static void document_put(const struct batch *b, struct buffer *json, struct batch_body *body) {
    struct emit j;
    bool *used = check_alloc(b->count + 1, sizeof *used);
    struct event_names *names = check_alloc(1, sizeof *names);
    uint64_t newest = 0;
    for (uint32_t i = 0; i < b->count; i++)
        if (b->movements[i].time_ms > newest) newest = b->movements[i].time_ms;
    buffer_init(&names->texts, (size_t)BATCH_EPCS_MAX * EPC_URI_BYTES);
    emit_begin(&j, json);
    emit_object(&j);
    emit_key_string(&j, "@context", EPCIS_CONTEXT);
    emit_key_string(&j, "type", "EPCISDocument");
    emit_key_string(&j, "schemaVersion", "2.0");
    time_put(&j, "creationDate", newest);
    emit_key(&j, "epcisBody");
    emit_object(&j);
    emit_key(&j, "eventList");
    emit_list(&j);
    for (uint32_t i = 0; i < b->count; i++) {
        if (used[i]) continue;
        uint64_t time_ms = event_put(b, &j, i, used, names);
        if (time_ms > body->newest_ms) body->newest_ms = time_ms;
        body->events++;
    }
    emit_list_end(&j);
    emit_object_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    buffer_free(&names->texts);
    free(names);
    free(used);
}

enum err batch_write(const struct batch *b, struct buffer *out, struct batch_body *ret,
                     struct refusal *ret_refusal) {
    struct buffer json CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0};
    struct batch_body body = {0};
    struct items items;
    buffer_init(&json, 2 * BATCH_JSON_MAX);
    arena_init(&arena, 64 << 20);
    document_put(b, &json, &body);
    CHECK(!json.overflow);
    enum err e = epcis_parse(buffer_span(&json), &arena, &items, ret_refusal);
    if (e != OK) return e;
    body.items = items.count;
    pack_array(out, items.count);
    for (uint32_t i = 0; i < items.count; i++)
        item_encode(&items.list[i], out);
    CHECK(!out->overflow);
    *ret = body;
    return OK;
}

/* One movement per rule through every step: what the schema does not take is found out now. */
enum err batch_try(const struct gateway_config *config, struct refusal *ret_refusal) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct batch b CLEANUP(batch_free) = {0};
    struct batch_body body;
    buffer_init(&out, BATCH_BODY_MAX);
    for (uint32_t i = 0; i < config->events_count; i++) {
        const struct config_event *e = &config->events[i];
        for (uint16_t z = 0; z < config->zones.zones_count; z++) {
            struct movement m = {.kind = e->on,
                                 .time_ms = 1,
                                 .at_ms = 1,
                                 .epc = {0x30},
                                 .epc_len = 12,
                                 .from = z,
                                 .to = z};
            if (e->on == MOVEMENT_ARRIVED) m.from = ZONE_NONE;
            if (e->on == MOVEMENT_LEFT) m.to = ZONE_NONE;
            if (e->on == MOVEMENT_MOVED && e->from != ZONE_NONE) m.from = e->from;
            batch_init(&b, config);
            buffer_clear(&out);
            enum err err = batch_add(&b, &m) ? batch_write(&b, &out, &body, ret_refusal) : OK;
            batch_free(&b);
            if (err != OK) {
                char where[sizeof ret_refusal->where];
                snprintf(where, sizeof where, "%.100s", ret_refusal->where);
                return refusal_set(ret_refusal, err, "events[%u]: %s", i, where);
            }
        }
    }
    return OK;
}
