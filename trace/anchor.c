/* anchor.c: see anchor.h. */
#include "trace/anchor.h"

#include "trace/subject.h"

enum err anchor_decode(const struct item *item, uint64_t created_ms, struct anchor *ret) {
    struct anchor a;
    struct unpack u;
    struct span last = SPAN_EMPTY;
    if (item->type != ITEM_ANCHOR || item->things_count != 0) return ERR_ANCHOR_FORM;
    unpack_init(&u, item->fields);
    unpack_map_of(&u, 5);
    unpack_key_named(&u, &last, "count");
    a.count = unpack_uint(&u, UINT64_MAX);
    unpack_key_named(&u, &last, "from");
    a.from_ms = unpack_uint(&u, UINT64_MAX);
    unpack_key_named(&u, &last, "root");
    unpack_fixed(&u, a.root.b, sizeof a.root.b);
    unpack_key_named(&u, &last, "until");
    a.until_ms = unpack_uint(&u, UINT64_MAX);
    unpack_key_named(&u, &last, "what");
    a.what = unpack_text(&u, SUBJECT_ID_BYTES_MAX);
    enum err e = unpack_end(&u);
    if (e) return e;
    /* SPEC Z1: "from is a multiple of 3,600,000, until = from + 3,600,000 and at most the record's created time: an hour that is
     * over." */
    if (a.from_ms % ANCHOR_PERIOD_MS != 0 || a.until_ms < a.from_ms ||
        a.until_ms - a.from_ms != ANCHOR_PERIOD_MS || a.until_ms > created_ms ||
        !subject_id_valid(a.what))
        return ERR_ANCHOR_FORM;
    *ret = a;
    return OK;
}

void anchor_fields(const struct anchor *anchor, struct buffer *out) {
    pack_map(out, 5);
    pack_text(out, span_text("count"));
    pack_uint(out, anchor->count);
    pack_text(out, span_text("from"));
    pack_uint(out, anchor->from_ms);
    pack_text(out, span_text("root"));
    pack_bytes(out, span_of(anchor->root.b, sizeof anchor->root.b));
    pack_text(out, span_text("until"));
    pack_uint(out, anchor->until_ms);
    pack_text(out, span_text("what"));
    pack_text(out, anchor->what);
}
