/* hider.c: see sealing.h, hiding. */
#include <string.h>

#include "tools/sealing.h"
#include "trace/epcis.h"
#include "trace/hidden.h"

static int rule_fail(struct tool *t, struct span part) {
    return fail(t, EXIT_USAGE, "help submit", "--hide 应如 price=partner：级别为 partner、regulator 或 public，而不是 %s",
                "--hide is written price=partner, the tier being partner, regulator or public: %s", shown(t, part));
}

int hider_read(struct hider *h, const char *text) {
    struct span rest = span_text(text);
    while (rest.len > 0) {
        struct span part = span_take(&rest, ',');
        size_t mark = part.len;
        while (mark > 0 && part.data[mark - 1] != '=')
            mark--;
        if (mark < 2 || h->rules_count == HIDE_RULES_MAX) return rule_fail(h->tool, part);
        enum item_tier tier = tier_of_word(span_part(part, mark, part.len - mark));
        if (tier == TIER_PUBLIC) return rule_fail(h->tool, part);
        h->rules[h->rules_count].name = span_part(part, 0, mark - 1);
        h->rules[h->rules_count++].tier = tier;
    }
    return EXIT_OK;
}

bool hider_has(const struct hider *h, enum item_tier tier) {
    for (uint32_t i = 0; i < h->rules_count; i++)
        if (h->rules[i].tier == tier) return true;
    return false;
}

/* One rule in one event. *ret_hid: it was there. */
static enum err hide_one(struct hider *h, uint32_t rule, struct item *item, uint32_t index, struct arena *arena, bool *ret_hid) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct span names[1], value;
    uint32_t found = hidden_find(item->fields, h->rules[rule].name, arena, 1, names);
    if (found > 1) return ERR_HIDE_MANY;
    if (found == 0) return OK;
    if (names[0].data == NULL || h->openings.count == SEALED_OPENINGS_MAX) return ERR_TOO_LARGE;
    struct opening *o = &h->openings.list[h->openings.count++];
    *o = (struct opening){.item = index, .tier = h->rules[rule].tier, .name = names[0]};
    CHECK(hidden_value_at(item->fields, names[0], &value));
    if (value_kind(value) == VALUE_EXT) return ERR_ITEM_HIDDEN;
    o->value = value;
    random_bytes(o->salt, sizeof o->salt);
    struct hidden hidden = {o->tier, opening_commitment(&h->chain_id, o)};
    buffer_init(&out, item->fields.len + 64);
    CHECK(hidden_put(item->fields, names[0], &hidden, &out));
    struct span copy = arena_copy(arena, buffer_span(&out));
    if (copy.data == NULL) return ERR_TOO_LARGE;
    item->fields = copy;
    *ret_hid = true;
    return OK;
}

static enum err hide_rules(struct hider *h, struct item items[], uint32_t count, uint32_t first, struct arena *arena,
                           struct refusal *ret_refusal) {
    for (uint32_t rule = 0; rule < h->rules_count; rule++) {
        bool hid = false;
        for (uint32_t i = 0; i < count; i++) {
            enum err e = items[i].type == ITEM_ENVELOPE ? OK : hide_one(h, rule, &items[i], first + i, arena, &hid);
            if (e != OK)
                return refusal_set(ret_refusal, e, "%.*s", (int)h->rules[rule].name.len, (const char *)h->rules[rule].name.data);
        }
        if (!hid)
            return refusal_set(ret_refusal, ERR_HIDE_NONE, "%.*s", (int)h->rules[rule].name.len, (const char *)h->rules[rule].name.data);
    }
    return OK;
}

enum err hider_apply(struct hider *h, struct item items[], uint32_t count, uint32_t first, struct arena *arena,
                     struct refusal *ret_refusal) {
    uint32_t before = h->openings.count, offender;
    enum err e = hide_rules(h, items, count, first, arena, ret_refusal);
    /* SPEC E6: "In an event these are never hidden" */
    if (e == OK) e = epcis_items_check(items, count, &offender, ret_refusal);
    if (e != OK) h->openings.count = before;
    return e;
}
