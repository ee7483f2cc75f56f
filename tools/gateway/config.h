/* config.h: the gateway's configuration, one JSON file: who signs for whom, where reads come from,
 * which antenna stands in which zone, and which movement makes which EPCIS event.
 *
 * An example with every field stands in the folder's README. Unknown fields are refused: a misspelt
 * one would be a setting silently not made. Lengths, counts and texts are bounded; a text that goes
 * into events must be a URI or a word the EPCIS schema takes, which events.h tries out at start.
 *
 * Ownership: everything lives in the config's arena. Paths are as written; the caller resolves them
 * against the file's folder. Errors: ERR_GATEWAY_CONFIG with the field's place, ERR_JSON_*. Pure.
 */
#ifndef TOOLS_GATEWAY_CONFIG_H
#define TOOLS_GATEWAY_CONFIG_H

#include "base/err.h"
#include "tools/gateway/zones.h"

enum {
    CONFIG_BYTES_MAX = 1 << 20,
    CONFIG_TEXT_MAX = 256,
    CONFIG_NODES_MAX = 16,
    CONFIG_MQTT_MAX = 8,
    CONFIG_TOPICS_MAX = 16,
    CONFIG_ANTENNAS_MAX = 4096,
    CONFIG_EVENTS_MAX = 256,
};

struct config_zone {
    const char *name, *read_point, *biz_location; /* the last two may be NULL */
};
struct config_antenna {
    const char *reader;
    uint16_t antenna, zone;
};
/* The first that fits makes the event; a movement without one makes none. */
struct config_event {
    enum movement_kind on;
    uint16_t from, to; /* ZONE_NONE: any. For arrived, left and stays only the zone itself counts */
    const char *biz_step, *disposition, *action; /* NULL: not said; action OBSERVE */
};
struct config_mqtt {
    const char *host, *client, *reader; /* reader NULL: the topic's last but one level names it */
    uint16_t port;
    const char *topics[CONFIG_TOPICS_MAX];
    uint32_t topics_count;
    const char *user, *password_file, *ca_file; /* NULL: none */
};
struct gateway_config {
    struct arena arena;
    const char *name; /* of this gateway among those of its subject: part of its anchors */
    const char *subject, *key, *genesis;
    const char *nodes[CONFIG_NODES_MAX];
    uint32_t nodes_count;
    const char *spool;   /* a directory */
    uint64_t disk_bytes; /* reads are not taken above this */
    uint64_t keep_ms;    /* anchored reads are dropped after it */
    struct config_mqtt mqtt[CONFIG_MQTT_MAX];
    uint32_t mqtt_count;
    bool http, standard_input;
    uint16_t http_port;
    const char *http_reader, *stdin_reader;
    uint64_t quiet_ms; /* 0: never. Else the gateway ticks when no reader spoke for so long */
    uint64_t batch_ms; /* of the stream's time under one signature */
    uint32_t batch_events;
    bool aggregate;       /* one event per batch and rule instead of one per movement */
    uint64_t lifetime_ms; /* of a record */
    const char *time_zone;
    struct zones_config zones; /* zones.zones_count entries of zone_names */
    struct config_zone zone_names[ZONES_MAX];
    struct config_antenna *antennas; /* sorted by (reader, antenna) */
    uint32_t antennas_count;
    struct config_event *events;
    uint32_t events_count;
};

enum err config_parse(struct span text, struct gateway_config **ret,
                      struct refusal *ret_refusal) MUST_USE;
void config_free(struct gateway_config *c); /* accepts NULL */
/* ZONE_NONE when the antenna stands in no zone. */
uint16_t config_zone_of(const struct gateway_config *c, struct span reader, uint16_t antenna);
/* ZONE_NONE when no zone has this name. */
uint16_t config_zone_named(const struct gateway_config *c, struct span name);
/* NULL: no event is made of it. */
const struct config_event *config_event_for(const struct gateway_config *c, enum movement_kind kind,
                                            uint16_t from, uint16_t to);

#endif
