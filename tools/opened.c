/* opened.c: see opened.h. */
#include "tools/opened.h"

#include "base/json.h"
#include "trace/hidden.h"

bool opening_fits(const struct digest *chain_id, const struct opening *o, struct span fields) {
    struct span value;
    struct hidden hidden;
    if (!hidden_value_at(fields, o->name, &value) || hidden_read(value, &hidden) != OK || hidden.tier != o->tier) return false;
    struct digest d = opening_commitment(chain_id, o);
    return digest_equal(&d, &hidden.commitment);
}

void opening_print(struct tool *t, const struct opening *o) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 4 * o->value.len + 256);
    json_write(o->value, 0, &b);
    printf("  %s  items[%u]%s: %s%s%s\n", tier_shown(t, o->tier), o->item, shown(t, o->name), paint(t, PAINT_STRONG),
           shown(t, buffer_span(&b)), paint(t, PAINT_PLAIN));
}

/* Does it fit an item that the proof discloses? ERR_SEALED_ABSENT: it discloses none that it could be of. */
static enum err disclosed_fits(const struct statement *s, const struct openings *o, const struct opening *opening) {
    enum err e = ERR_SEALED_ABSENT;
    for (uint32_t i = 0; i < s->records_count; i++) {
        const struct statement_record *r = &s->records[i];
        if (!digest_is_zero(&o->record) && !digest_equal(&r->wire_id, &o->record)) continue;
        for (uint32_t k = 0; k < r->items_count; k++) {
            if (r->items[k].index != opening->item || !r->items[k].fields_disclosed) continue;
            if (opening_fits(&o->chain_id, opening, r->items[k].fields)) return OK;
            e = ERR_SEALED_FALSE;
        }
    }
    return e;
}

int openings_verify(struct tool *t, const char *path, const struct statement *s, struct openings *ret) {
    int code = openings_read(t, path, ret);
    if (code) return code;
    if (!digest_equal(&ret->chain_id, &s->chain_id))
        return fail(t, EXIT_FALSE, "help verify", "%s 属于另一个账本", "%s is of another ledger", shown(t, span_text(path)));
    for (uint32_t i = 0; i < ret->count; i++) {
        const struct opening *o = &ret->list[i];
        enum err e = disclosed_fits(s, ret, o);
        if (e == ERR_SEALED_ABSENT)
            return fail(t, EXIT_FALSE, "help proof get", "%s：证明没有披露它所在的条目 %u", "%s: the proof does not disclose its item, %u",
                        shown(t, o->name), o->item);
        if (e != OK)
            return fail(t, EXIT_FALSE, "help open", "%s：%s 与账本上的承诺值不符", "%s: %s does not match its commitment on the ledger",
                        shown(t, span_text(path)), shown(t, o->name));
    }
    return EXIT_OK;
}
