#include "tools/timeline.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "tools/map.h"
#include "tools/openings.h"
#include "tools/words.h"
#include "trace/event.h"
#include "trace/identifier.h"
#include "trace/vocabulary.h"

enum { THINGS_SHOWN = 6, READINGS_SHOWN = 6, LABEL_COLUMNS = 10, FIELDS_DEPTH = 8 };

static void label(struct tool *t, const char *zh, const char *en) {
    printf("    %s", paint(t, PAINT_FAINT));
    print_padded(tr(t, zh, en), t->lang == LANG_ZH ? LABEL_COLUMNS : LABEL_COLUMNS + 8);
    printf("%s", paint(t, PAINT_PLAIN));
}

static void line(struct tool *t, const char *zh, const char *en, const char *text) {
    if (text[0] == 0) return;
    label(t, zh, en);
    printf("%s\n", text);
}

/* "发货 shipping": the word of the standard stands beside its translation, so that both can be
 * searched for. */
static const char *word_shown(struct tool *t, struct span canonical) {
    const char *text = word_text(canonical, t->lang), *as_is = shown(t, canonical);
    if (text == NULL) return as_is;
    return t->lang == LANG_ZH ? format(t, "%s %s", text, as_is) : format(t, "%s", text);
}

/* "https://a.example/ns/plot" and "lucheng:plot" are shown as "plot". */
static struct span local_name(struct span name) {
    for (size_t i = name.len; i > 0; i--)
        if (name.data[i - 1] == ':' || name.data[i - 1] == '/' || name.data[i - 1] == '#')
            return i < name.len ? span_part(name, i, name.len - i) : name;
    return name;
}

static const char *value_shown(struct tool *t, struct span value) {
    struct buffer b CLEANUP(buffer_free) = {0};
    if (value_kind(value) == VALUE_TEXT) return shown(t, value_text(value));
    /* A hidden value: as it is in a record, and as a node's JSON tells it. */
    struct hidden hidden;
    uint64_t tier = map_uint(map_get(value, "hidden"), "tier");
    if (value_kind(value) == VALUE_EXT && hidden_read(value, &hidden) == OK) tier = hidden.tier;
    if (tier >= TIER_PARTNER && tier <= TIER_DELETABLE)
        return format(t, "%s%s%s", tr(t, "（未公开：", "(not public: "), tier_shown(t, (enum item_tier)tier), tr(t, "）", ")"));
    if (value_kind(value) == VALUE_EXT || value_kind(map_get(value, "hidden")) == VALUE_MAP)
        return tr(t, "（未公开）", "(not public)");
    buffer_init(&b, 4 * value.len + 256);
    json_write(value, 0, &b);
    return shown(t, buffer_span(&b));
}

static void fields_shown(struct tool *t, struct span map, int indent, int depth) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    if (value_kind(map) != VALUE_MAP) return;
    unpack_init(&u, map);
    for (uint32_t pairs = unpack_map(&u, UINT32_MAX); pairs > 0; pairs--) {
        struct span key = unpack_key(&u, &last), value = unpack_value(&u);
        bool nested = value_kind(value) == VALUE_MAP && depth < FIELDS_DEPTH &&
                      value_kind(map_get(value, "hidden")) != VALUE_MAP;
        printf("%*s%s:%s%s\n", indent, "", shown(t, local_name(key)), nested ? "" : " ",
               nested ? "" : value_shown(t, value));
        if (nested) fields_shown(t, value, indent + 2, depth + 1);
    }
}

void timeline_fields(struct tool *t, struct span map, int indent) {
    fields_shown(t, map, indent, 0);
}

static const char *quantity_shown(struct tool *t, const struct thing *thing) {
    if (value_kind(thing->quantity) == VALUE_NIL) return "";
    struct span unit = value_text(thing->unit);
    const char *name = unit_text(unit, t->lang);
    return format(t, "  %s %s", value_shown(t, thing->quantity), name ? name : shown(t, unit));
}

static bool thing_is(const struct thing *thing, struct span about) {
    struct buffer b CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    buffer_init(&b, 2 * IDENTIFIER_BYTES_MAX);
    return identifier_canonical(thing->identifier, &b, &kind) == OK &&
           span_equal(buffer_span(&b), about);
}

/* Things under one role; what the reader asked for comes first and in short. */
static void things_shown(struct tool *t, const struct item *item, uint8_t role, struct span about) {
    uint32_t count = 0, printed = 0;
    bool here = false;
    for (uint32_t i = 0; i < item->things_count; i++) {
        if (item->things[i].role != role) continue;
        count++;
        if (about.len > 0 && !here) here = thing_is(&item->things[i], about);
    }
    if (count == 0) return;
    label(t, role_text(role, LANG_ZH), role_text(role, LANG_EN));
    if (here)
        printf("%s%s%s", paint(t, PAINT_STRONG), tr(t, "本物品", "this thing"),
               paint(t, PAINT_PLAIN));
    if (count > 1) say(t, "%s共 %u 个\n", "%s%u in all\n", here ? tr(t, "，", ", ") : "", count);
    for (uint32_t i = 0; i < item->things_count && printed < THINGS_SHOWN; i++) {
        const struct thing *thing = &item->things[i];
        bool same = about.len > 0 && thing->role == role && here && thing_is(thing, about);
        if (thing->role != role || (same && count > 1)) continue;
        if (same) {
            printf("%s\n", quantity_shown(t, thing));
            return;
        }
        printf("%*s%s%s\n", count > 1 ? 8 : 0, "", shown(t, thing->identifier),
               quantity_shown(t, thing));
        printed++;
    }
    if (count - (here ? 1 : 0) > printed)
        say(t, "        …… 另有 %u 个\n", "        ... and %u more\n",
            count - printed - (here ? 1 : 0));
}

static void parties_shown(struct tool *t, const struct item *item) {
    struct event_party p;
    for (uint32_t i = 0; event_source(item, i, &p); i++) {
        label(t, "来自", "from");
        printf("%s  (%s)\n", shown(t, p.id), word_shown(t, p.type));
    }
    for (uint32_t i = 0; event_destination(item, i, &p); i++) {
        label(t, "去往", "to");
        printf("%s  (%s)\n", shown(t, p.id), word_shown(t, p.type));
    }
}

static void transactions_shown(struct tool *t, const struct item *item) {
    struct span entry, list = map_get(item->fields, "bizTransactionList");
    for (struct list l = list_open(list); list_next(&l, &entry);) {
        struct span type =
            vocabulary_canonical(VOCABULARY_BIZ_TRANSACTION_TYPE, map_text(entry, "type"));
        label(t, "单据", "document");
        printf("%s%s%s\n", shown(t, map_text(entry, "bizTransaction")), type.len ? "  " : "",
               type.len ? word_shown(t, type) : "");
    }
}

static void readings_shown(struct tool *t, const struct item *item) {
    struct span element, report;
    uint32_t count = 0;
    for (struct list l = list_open(map_get(item->fields, "sensorElementList"));
         list_next(&l, &element);)
        for (struct list r = list_open(map_get(element, "sensorReport")); list_next(&r, &report);) {
            if (++count > READINGS_SHOWN) continue;
            struct span type =
                vocabulary_canonical(VOCABULARY_MEASUREMENT_TYPE, map_text(report, "type"));
            struct span unit = map_text(report, "uom"), value = map_get(report, "value");
            const char *name = unit_text(unit, t->lang);
            label(t, "传感器", "sensor");
            printf("%s %s %s  %s\n", type.len ? word_shown(t, type) : "",
                   value.len ? value_shown(t, value) : "", name ? name : shown(t, unit),
                   shown(t, map_text(map_get(element, "sensorMetadata"), "time")));
        }
    if (count > READINGS_SHOWN)
        say(t, "        …… 另有 %u 个读数\n", "        ... and %u more readings\n",
            count - READINGS_SHOWN);
}

/* What is no field of EPCIS: the submitter's own words. */
static void extensions_shown(struct tool *t, const struct item *item) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    if (value_kind(item->fields) != VALUE_MAP) return;
    unpack_init(&u, item->fields);
    for (uint32_t pairs = unpack_map(&u, UINT32_MAX); pairs > 0; pairs--) {
        struct span key = unpack_key(&u, &last), value = unpack_value(&u);
        if (key.len == 0 || memchr(key.data, ':', key.len) == NULL) continue;
        bool nested = value_kind(value) == VALUE_MAP && value_kind(map_get(value, "hidden")) != VALUE_MAP;
        printf("    %s:%s%s\n", shown(t, local_name(key)), nested ? "" : " ",
               nested ? "" : value_shown(t, value));
        if (nested) fields_shown(t, value, 8, 1);
    }
}

static void correction_shown(struct tool *t, const struct item *item) {
    struct span declaration = map_get(item->fields, "errorDeclaration");
    if (declaration.len == 0) return;
    printf("    %s%s%s\n", paint(t, PAINT_BAD),
           tr(t, "更正声明：提交者声明该事件有误",
              "correction: the submitter declares this event wrong"),
           paint(t, PAINT_PLAIN));
    fields_shown(t, declaration, 8, 1);
}

static void persistent_shown(struct tool *t, const struct item *item) {
    static const struct {
        const char *name, *zh, *en;
    } rows[] = {{"set", "持续状态", "from now on"}, {"unset", "解除状态", "no longer"}};
    for (size_t i = 0; i < 2; i++) {
        struct span word,
            list = map_get(map_get(item->fields, "persistentDisposition"), rows[i].name);
        for (struct list l = list_open(list); list_next(&l, &word);)
            line(t, rows[i].zh, rows[i].en,
                 word_shown(t, vocabulary_canonical(VOCABULARY_DISPOSITION, value_text(word))));
    }
}

/* SPEC D2 to D4. The fields stand under their names: a record is told without asking for the labels of its type. */
static void certificate_shown(struct tool *t, const struct item *item, const char *who, struct span about) {
    static const char *const zh[] = {"签发证书", "换发证书", "撤销证书"},
                            *const en[] = {"certificate issued", "certificate re-issued", "certificate revoked"};
    struct span from = map_get(item->fields, "from"), until = map_get(item->fields, "until"), entry;
    uint32_t at = item->type - ITEM_CERTIFICATE_ISSUED;
    printf("%s%s%s  %s%s%s  %s\n", paint(t, PAINT_NAME),
           from.len ? time_text(t, map_uint(item->fields, "from")) : "", paint(t, PAINT_PLAIN),
           paint(t, PAINT_STRONG), tr(t, zh[at], en[at]), paint(t, PAINT_PLAIN), who);
    line(t, "证书", "certificate", shown(t, map_text(item->fields, "certificate")));
    if (map_has(item->fields, "reason"))
        line(t, "原因编号", "reason", value_shown(t, map_get(item->fields, "reason")));
    line(t, "类型", "type", shown(t, map_text(item->fields, "type")));
    line(t, "编号", "number", shown(t, map_text(item->fields, "number")));
    line(t, "生产者", "producer", shown(t, map_text(item->fields, "producer")));
    line(t, "取代", "replaces", shown(t, map_text(item->fields, "supersedes")));
    if (until.len > 0 && map_uint(item->fields, "until") > 0)
        line(t, "有效至", "valid until", time_text(t, map_uint(item->fields, "until")));
    things_shown(t, item, ROLE_COVERED, about);
    for (struct list l = list_open(map_get(item->fields, "upstream")); list_next(&l, &entry);)
        line(t, "上游", "rests on", shown(t, value_text(entry)));
    fields_shown(t, map_get(item->fields, "fields"), 4, 0);
}

void timeline_event(struct tool *t, const struct item *item, const char *who, struct span about) {
    if (item->type >= ITEM_CERTIFICATE_ISSUED && item->type <= ITEM_CERTIFICATE_REVOKED) {
        certificate_shown(t, item, who, about);
        return;
    }
    struct span step = event_biz_step(item), disposition = event_disposition(item);
    struct span time = event_text(item, "eventTime");
    const char *what = step.len ? word_shown(t, step) : word_shown(t, event_action(item));
    printf("%s%s%s  %s%s%s  %s\n", paint(t, PAINT_NAME), time.len ? shown(t, time) : "?",
           paint(t, PAINT_PLAIN), paint(t, PAINT_STRONG),
           what[0] ? what : shown(t, map_text(item->fields, "type")), paint(t, PAINT_PLAIN), who);
    if (disposition.len > 0) line(t, "状态", "disposition", word_shown(t, disposition));
    persistent_shown(t, item);
    line(t, "地点", "where", shown(t, event_read_point(item)));
    if (!span_equal(event_read_point(item), event_biz_location(item)))
        line(t, "所在地", "now at", shown(t, event_biz_location(item)));
    for (uint8_t role = ROLE_PARENT; role <= ROLE_OUTPUT_QUANTITY; role++)
        things_shown(t, item, role, about);
    parties_shown(t, item);
    transactions_shown(t, item);
    readings_shown(t, item);
    fields_shown(t, map_get(item->fields, "ilmd"), 4, 0);
    extensions_shown(t, item);
    correction_shown(t, item);
}
