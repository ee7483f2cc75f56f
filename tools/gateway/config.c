#include "tools/gateway/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "genesis/genesis.h"
#include "tools/map.h"
#include "tools/tool.h"

/* One object of the file. `known` collects the names that were asked for, so that what is left over
 * is unknown. The refusal is sticky: the first one counts. */
enum { KNOWN_MAX = 24, PLACE_BYTES = 128 };
struct section {
    struct gateway_config *config;
    struct refusal *refusal;
    struct span map;
    char place[PLACE_BYTES]; /* "zones[2]." */
    const char *known[KNOWN_MAX];
    uint32_t known_count;
};

static bool failed(const struct section *s) {
    return s->refusal->err != OK;
}

static void refuse(struct section *s, const char *field) {
    if (!failed(s)) (void)refusal_set(s->refusal, ERR_GATEWAY_CONFIG, "%s%s", s->place, field);
}

static struct section section_open(struct section *parent, struct span map, const char *place) {
    struct section s = {.config = parent->config, .refusal = parent->refusal, .map = map};
    snprintf(s.place, sizeof s.place, "%.60s%.60s", parent->place, place);
    if (value_kind(map) != VALUE_MAP) refuse(&s, "");
    return s;
}

static struct span field(struct section *s, const char *name) {
    CHECK(s->known_count < KNOWN_MAX);
    s->known[s->known_count++] = name;
    return map_get(s->map, name);
}

static void section_close(struct section *s) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    if (failed(s)) return;
    unpack_init(&u, s->map);
    for (uint32_t left = unpack_map(&u, 1 << 20); left > 0; left--) {
        struct span name = unpack_key(&u, &last);
        bool known = false;
        for (uint32_t i = 0; i < s->known_count; i++)
            known = known || span_is(name, s->known[i]);
        (void)unpack_value(&u);
        char text[64];
        snprintf(text, sizeof text, "%.*s", (int)(name.len < 60 ? name.len : 60),
                 (const char *)name.data);
        if (!known) refuse(s, text);
    }
}

static void *config_alloc(struct section *s, size_t count, size_t size) {
    void *p = arena_alloc(&s->config->arena, count, size);
    CHECK(p != NULL);
    return p;
}

static const char *text_copy(struct section *s, struct span text) {
    char *copy = config_alloc(s, text.len + 1, 1);
    memcpy(copy, text.data, text.len);
    return copy;
}

/* NULL when absent (and allowed to be). */
static const char *text_field(struct section *s, const char *name, bool required) {
    struct span value = field(s, name), text = value_text(value);
    if (value.len == 0 && !required) return NULL;
    if (text.len == 0 || text.len > CONFIG_TEXT_MAX) {
        refuse(s, name);
        return NULL;
    }
    return text_copy(s, text);
}

static uint64_t number_field(struct section *s, const char *name, uint64_t min, uint64_t max,
                             uint64_t otherwise) {
    struct unpack u;
    struct span value = field(s, name);
    if (value.len == 0) return otherwise;
    unpack_init(&u, value);
    uint64_t n = unpack_uint(&u, max);
    if (unpack_end(&u) != OK || n < min) refuse(s, name);
    return n;
}

static uint64_t duration_field(struct section *s, const char *name, uint64_t min, uint64_t max,
                               uint64_t otherwise) {
    struct span value = field(s, name), text = value_text(value);
    char copy[32];
    uint64_t ms = 0;
    if (value.len == 0) return otherwise;
    snprintf(copy, sizeof copy, "%.*s", (int)(text.len < 31 ? text.len : 31),
             text.len > 0 ? (const char *)text.data : "");
    if (!duration_read(copy, &ms) || ms < min || ms > max) refuse(s, name);
    return ms;
}

static bool bool_field(struct section *s, const char *name) {
    struct span value = field(s, name);
    if (value.len > 0 && value_kind(value) != VALUE_BOOL) refuse(s, name);
    return map_bool(s->map, name);
}

/* dBm, perhaps with a fraction, to hundredths. */
static int32_t rssi_field(struct section *s, const char *name) {
    struct unpack u;
    struct span value = field(s, name);
    double v = 1;
    if (value.len == 0) return INT32_MIN;
    unpack_init(&u, value);
    if (value_kind(value) == VALUE_INT) v = (double)unpack_int(&u);
    if (value_kind(value) == VALUE_FLOAT) v = unpack_float(&u);
    if (!(v <= 0 && v >= -200)) {
        refuse(s, name);
        return INT32_MIN;
    }
    return (int32_t)(v * 100);
}

/* Walks a list of objects, at most `max`; false at the end. */
static bool next_section(struct section *s, struct list *l, const char *name, uint32_t index,
                         uint32_t max, struct section *ret) {
    struct span value;
    char place[64];
    if (failed(s) || !list_next(l, &value)) return false;
    snprintf(place, sizeof place, "%s[%u].", name, index);
    if (index >= max) refuse(s, name);
    *ret = section_open(s, value, place);
    return !failed(s);
}

static struct list list_field(struct section *s, const char *name) {
    struct span value = field(s, name);
    if (value.len > 0 && value_kind(value) != VALUE_ARRAY) refuse(s, name);
    return list_open(value);
}

static uint32_t texts_field(struct section *s, const char *name, const char *ret[], uint32_t max) {
    struct list l = list_field(s, name);
    struct span value;
    uint32_t count = 0;
    while (!failed(s) && list_next(&l, &value)) {
        struct span text = value_text(value);
        if (count == max || text.len == 0 || text.len > CONFIG_TEXT_MAX)
            refuse(s, name);
        else
            ret[count++] = text_copy(s, text);
    }
    return count;
}

static void antenna_read(struct section *s, uint16_t zone) {
    struct gateway_config *c = s->config;
    struct config_antenna *a = &c->antennas[c->antennas_count];
    *a = (struct config_antenna){.zone = zone};
    a->reader = text_field(s, "reader", true);
    if (a->reader != NULL && strlen(a->reader) > READER_BYTES_MAX) refuse(s, "reader");
    a->antenna = (uint16_t)number_field(s, "antenna", 0, ANTENNA_MAX, UINT16_MAX);
    if (a->antenna == UINT16_MAX) refuse(s, "antenna");
    section_close(s);
    if (!failed(s)) c->antennas_count++;
}

static void enter_read(struct section *s, struct zone_rule *rule) {
    struct span value = field(s, "enter");
    *rule = (struct zone_rule){.enter_reads = 2, .enter_ms = 5000};
    if (value.len == 0) return;
    struct section enter = section_open(s, value, "enter.");
    rule->enter_reads = (uint32_t)number_field(&enter, "reads", 1, 1000, rule->enter_reads);
    rule->enter_ms = duration_field(&enter, "within", 1, 24 * 3600 * 1000, rule->enter_ms);
    section_close(&enter);
}

static void zone_read(struct section *s) {
    struct gateway_config *c = s->config;
    uint16_t index = (uint16_t)c->zones.zones_count;
    struct config_zone *z = &c->zone_names[index];
    struct zone_rule *rule = &c->zones.zones[index];
    z->name = text_field(s, "name", true);
    z->read_point = text_field(s, "readPoint", false);
    z->biz_location = text_field(s, "bizLocation", false);
    enter_read(s, rule);
    rule->leave_ms = duration_field(s, "leave", 1, (uint64_t)30 * 24 * 3600 * 1000, 30 * 1000);
    rule->stay_ms = duration_field(s, "stays", 1000, (uint64_t)30 * 24 * 3600 * 1000, 0);
    rule->rssi_enter = rssi_field(s, "rssi_enter");
    rule->rssi_stay = rssi_field(s, "rssi_stay");
    if (z->name != NULL && config_zone_named(c, span_text(z->name)) != ZONE_NONE) refuse(s, "name");
    struct list l = list_field(s, "antennas");
    struct section antenna;
    for (uint32_t i = 0; next_section(s, &l, "antennas", i, CONFIG_ANTENNAS_MAX, &antenna); i++) {
        if (c->antennas_count == CONFIG_ANTENNAS_MAX) refuse(s, "antennas");
        if (!failed(s)) antenna_read(&antenna, index);
    }
    section_close(s);
    c->zones.zones_count++;
}

static uint16_t zone_field(struct section *s, const char *name) {
    const char *zone = text_field(s, name, false);
    uint16_t index = zone != NULL ? config_zone_named(s->config, span_text(zone)) : ZONE_NONE;
    if (zone != NULL && index == ZONE_NONE) refuse(s, name);
    return index;
}

static void event_read(struct section *s) {
    static const char *const kinds[] = {"arrived", "moved", "left", "stays"};
    struct config_event *e = &s->config->events[s->config->events_count];
    *e = (struct config_event){.from = ZONE_NONE, .to = ZONE_NONE};
    const char *on = text_field(s, "on", true);
    for (uint32_t i = 0; on != NULL && i < 4; i++)
        if (strcmp(on, kinds[i]) == 0) e->on = (enum movement_kind)(MOVEMENT_ARRIVED + i);
    if (e->on == 0) refuse(s, "on");
    uint16_t zone = zone_field(s, "zone"), from = zone_field(s, "from");
    if (from != ZONE_NONE && e->on != MOVEMENT_MOVED) refuse(s, "from");
    e->from = e->on == MOVEMENT_LEFT ? zone : from;
    e->to = e->on == MOVEMENT_LEFT ? ZONE_NONE : zone;
    e->biz_step = text_field(s, "bizStep", false);
    e->disposition = text_field(s, "disposition", false);
    e->action = text_field(s, "action", false);
    section_close(s);
    s->config->events_count++;
}

static void mqtt_read(struct section *s) {
    struct config_mqtt *m = &s->config->mqtt[s->config->mqtt_count];
    m->host = text_field(s, "host", true);
    m->port = (uint16_t)number_field(s, "port", 1, 65535, 1883);
    m->client = text_field(s, "client", true);
    m->reader = text_field(s, "reader", false);
    m->user = text_field(s, "user", false);
    m->password_file = text_field(s, "password_file", false);
    m->ca_file = text_field(s, "ca_file", false);
    m->topics_count = texts_field(s, "topics", m->topics, CONFIG_TOPICS_MAX);
    if (m->topics_count == 0) refuse(s, "topics");
    section_close(s);
    s->config->mqtt_count++;
}

static void sources_read(struct section *s) {
    struct gateway_config *c = s->config;
    struct list l = list_field(s, "mqtt");
    struct section mqtt;
    for (uint32_t i = 0; next_section(s, &l, "mqtt", i, CONFIG_MQTT_MAX, &mqtt); i++)
        mqtt_read(&mqtt);
    struct span http = field(s, "http"), input = field(s, "stdin");
    if (http.len > 0) {
        struct section h = section_open(s, http, "http.");
        c->http = true;
        c->http_port = (uint16_t)number_field(&h, "port", 1, 65535, 0);
        if (c->http_port == 0) refuse(&h, "port");
        c->http_reader = text_field(&h, "reader", false);
        section_close(&h);
    }
    if (input.len > 0) {
        struct section i = section_open(s, input, "stdin.");
        c->standard_input = true;
        c->stdin_reader = text_field(&i, "reader", false);
        section_close(&i);
    }
}

static void spool_read(struct section *s) {
    struct gateway_config *c = s->config;
    struct span value = field(s, "spool");
    struct section spool = section_open(s, value, "spool.");
    c->spool = text_field(&spool, "directory", true);
    c->disk_bytes = number_field(&spool, "disk_mib", 1, 1 << 24, 4096) << 20;
    c->keep_ms = duration_field(&spool, "keep", 3600 * 1000, (uint64_t)3660 * 24 * 3600 * 1000,
                                (uint64_t)90 * 24 * 3600 * 1000);
    section_close(&spool);
}

static bool time_zone_valid(const char *z) {
    return strlen(z) == 6 && (z[0] == '+' || z[0] == '-') && strspn(z + 1, "0123456789") == 2 &&
           z[3] == ':' && strspn(z + 4, "0123456789") == 2;
}

static void settings_read(struct section *s) {
    struct gateway_config *c = s->config;
    c->subject = text_field(s, "subject", true);
    c->name = text_field(s, "name", false);
    if (c->name == NULL) c->name = "gateway";
    if (strlen(c->name) > 48 || !subject_id_valid(span_text(c->name))) refuse(s, "name");
    c->key = text_field(s, "key", true);
    c->genesis = text_field(s, "genesis", false);
    c->nodes_count = texts_field(s, "nodes", c->nodes, CONFIG_NODES_MAX);
    c->zones.window_ms = duration_field(s, "window", 1, 3600 * 1000, 5000);
    c->zones.tags_max = (uint32_t)number_field(s, "tags", 1, 10 * 1000 * 1000, 200 * 1000);
    c->zones.window_max = (uint32_t)number_field(s, "waiting", 16, 4 << 20, 1 << 18);
    c->quiet_ms = duration_field(s, "quiet", 1000, 24 * 3600 * 1000, 0);
    c->batch_ms = duration_field(s, "batch", 1, 24 * 3600 * 1000, 10 * 1000);
    c->batch_events = (uint32_t)number_field(s, "batch_events", 1, RECORD_ITEMS_MAX - 1, 500);
    c->aggregate = bool_field(s, "aggregate");
    c->lifetime_ms =
        duration_field(s, "lifetime", 60 * 1000, RECORD_LIFETIME_MS_MAX, 6 * 3600 * 1000);
    c->time_zone = text_field(s, "time_zone", false);
    if (c->time_zone == NULL) c->time_zone = "+08:00";
    if (!time_zone_valid(c->time_zone)) refuse(s, "time_zone");
}

static int antenna_compare(const void *a, const void *b) {
    const struct config_antenna *x = a, *y = b;
    int c = strcmp(x->reader, y->reader);
    return c != 0 ? c : (int)x->antenna - (int)y->antenna;
}

static void antennas_sort(struct section *s) {
    struct gateway_config *c = s->config;
    qsort(c->antennas, c->antennas_count, sizeof *c->antennas, antenna_compare);
    for (uint32_t i = 1; i < c->antennas_count; i++)
        if (antenna_compare(&c->antennas[i - 1], &c->antennas[i]) == 0) refuse(s, "antennas");
}

enum err config_parse(struct span text, struct gateway_config **ret, struct refusal *ret_refusal) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct gateway_config *c = check_alloc(1, sizeof *c);
    struct section root = {.config = c, .refusal = ret_refusal}, sub;
    buffer_init(&value, CONFIG_BYTES_MAX);
    arena_init(&c->arena, 8 << 20);
    enum err e = text.len > CONFIG_BYTES_MAX ? refusal_set(ret_refusal, ERR_TOO_LARGE, "%s", "")
                                             : json_parse(text, &value, ret_refusal);
    if (e != OK) {
        config_free(c);
        return e;
    }
    *ret_refusal = (struct refusal){0};
    root.map = buffer_span(&value);
    if (value_kind(root.map) != VALUE_MAP) refuse(&root, "");
    c->antennas = config_alloc(&root, CONFIG_ANTENNAS_MAX + 1, sizeof *c->antennas);
    c->events = config_alloc(&root, CONFIG_EVENTS_MAX + 1, sizeof *c->events);
    settings_read(&root);
    spool_read(&root);
    sources_read(&root);
    struct list l = list_field(&root, "zones");
    for (uint32_t i = 0; next_section(&root, &l, "zones", i, ZONES_MAX, &sub); i++)
        zone_read(&sub);
    l = list_field(&root, "events");
    for (uint32_t i = 0; next_section(&root, &l, "events", i, CONFIG_EVENTS_MAX, &sub); i++)
        event_read(&sub);
    if (c->zones.zones_count == 0) refuse(&root, "zones");
    section_close(&root);
    if (!failed(&root)) antennas_sort(&root);
    if (failed(&root)) {
        config_free(c);
        return ret_refusal->err;
    }
    *ret = c;
    return OK;
}

void config_free(struct gateway_config *c) {
    if (c == NULL) return;
    arena_free(&c->arena);
    free(c);
}

uint16_t config_zone_of(const struct gateway_config *c, struct span reader, uint16_t antenna) {
    uint32_t low = 0, high = c->antennas_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct config_antenna *a = &c->antennas[middle];
        int order = span_compare(span_text(a->reader), reader);
        if (order == 0) order = (int)a->antenna - (int)antenna;
        if (order == 0) return a->zone;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return ZONE_NONE;
}

uint16_t config_zone_named(const struct gateway_config *c, struct span name) {
    for (uint32_t i = 0; i < c->zones.zones_count; i++)
        if (span_is(name, c->zone_names[i].name)) return (uint16_t)i;
    return ZONE_NONE;
}

const struct config_event *config_event_for(const struct gateway_config *c, enum movement_kind kind,
                                            uint16_t from, uint16_t to) {
    for (uint32_t i = 0; i < c->events_count; i++) {
        const struct config_event *e = &c->events[i];
        bool from_fits = e->from == ZONE_NONE || e->from == from;
        bool to_fits = e->to == ZONE_NONE || e->to == to;
        if (e->on == kind && from_fits && to_fits) return e;
    }
    return NULL;
}
