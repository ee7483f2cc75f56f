/* deletion.c: see deletion.h. */
#include "trace/deletion.h"

enum err deletion_decode(const struct item *item, struct deletion *ret) {
    struct deletion d;
    struct unpack u;
    struct span last = SPAN_EMPTY;
    if (item->type != ITEM_DELETION || item->things_count != 0) return ERR_DELETION_FORM;
    unpack_init(&u, item->fields);
    unpack_map_of(&u, 3);
    unpack_key_named(&u, &last, "reason");
    d.reason = (uint16_t)unpack_uint(&u, UINT16_MAX);
    unpack_key_named(&u, &last, "record");
    unpack_fixed(&u, d.record.b, sizeof d.record.b);
    unpack_key_named(&u, &last, "tiers");
    d.tiers = (uint8_t)unpack_uint(&u, UINT8_MAX);
    enum err e = unpack_end(&u);
    if (e) return e;
    /* SPEC U8: "tiers has bit t - 1 for tier t, at least one and no other bits" */
    if (d.tiers == 0 || (d.tiers & ~DELETION_TIERS_ALL) != 0) return ERR_DELETION_FORM;
    *ret = d;
    return OK;
}

void deletion_fields(const struct deletion *deletion, struct buffer *out) {
    pack_map(out, 3);
    pack_text(out, span_text("reason"));
    pack_uint(out, deletion->reason);
    pack_text(out, span_text("record"));
    pack_bytes(out, span_of(deletion->record.b, sizeof deletion->record.b));
    pack_text(out, span_text("tiers"));
    pack_uint(out, deletion->tiers);
}
