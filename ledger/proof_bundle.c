/* proof_bundle.c: reads the form of a bundle, strictly. Nothing here is believed yet. */
#include "ledger/proof_bundle.h"

static void *list_begin(struct unpack *u, struct arena *arena, uint32_t max, size_t size,
                        uint32_t *ret_count) {
    uint32_t count = unpack_array(u, max);
    void *list = u->err ? NULL : arena_alloc(arena, (size_t)count + 1, size);
    if (u->err == OK && !list) unpack_fail(u, ERR_TOO_LARGE);
    *ret_count = u->err ? 0 : count;
    return list;
}

static void fields_expect(struct unpack *u, uint32_t count) {
    if (unpack_array(u, count) != count) unpack_fail(u, ERR_CODEC_COUNT);
}

static void path_read(struct unpack *u, struct arena *arena, struct path *ret) {
    ret->hashes = list_begin(u, arena, PROOF_PATH_MAX, sizeof *ret->hashes, &ret->count);
    for (uint32_t i = 0; i < ret->count && u->err == OK; i++)
        unpack_fixed(u, ret->hashes[i].b, 32);
}

static void code_leaf_read(struct unpack *u, struct arena *arena, struct bundle *b) {
    if (unpack_peek(u) == VALUE_NIL) {
        unpack_nil(u);
        return;
    }
    fields_expect(u, 2);
    b->code_leaf = unpack_bytes(u, PROOF_LEAF_BYTES_MAX);
    if (u->err == OK && b->code_leaf.len == 0) unpack_fail(u, ERR_CODEC_RANGE);
    path_read(u, arena, &b->code_path);
}

static void question_read(struct unpack *u, struct arena *arena, struct bundle *b) {
    uint32_t fields = unpack_array(u, 3);
    uint64_t kind = unpack_uint(u, PROOF_CODE);
    b->question = (enum proof_question)kind;
    if (fields != (kind == PROOF_CODE ? 3u : 2u)) unpack_fail(u, ERR_CODEC_COUNT);
    if (kind == PROOF_RECORD)
        unpack_fixed(u, b->wire_id.b, 32);
    else if (kind == PROOF_THING || kind == PROOF_CERTIFICATE || kind == PROOF_CODE)
        b->identifier = unpack_text(u, IDENTIFIER_BYTES_MAX);
    else
        unpack_fail(u, ERR_CODEC_RANGE);
    if (kind == PROOF_CODE) code_leaf_read(u, arena, b);
}

static void checkpoint_read(struct unpack *u, struct arena *arena, struct bundle *b) {
    fields_expect(u, 3);
    b->size = unpack_uint(u, INT64_MAX);
    unpack_fixed(u, b->root.b, 32);
    b->cosignatures =
        list_begin(u, arena, VALIDATORS_MAX, sizeof *b->cosignatures, &b->cosignatures_count);
    for (uint32_t i = 0; i < b->cosignatures_count && u->err == OK; i++) {
        struct bundle_cosignature *c = &b->cosignatures[i];
        fields_expect(u, 3);
        c->index = (uint8_t)unpack_uint(u, VALIDATORS_MAX - 1);
        c->time_s = unpack_uint(u, INT64_MAX);
        unpack_fixed(u, c->signature.b, 64);
    }
}

static void item_fields_read(struct unpack *u, struct bundle_item *item) {
    fields_expect(u, 2);
    item->fields_disclosed = unpack_uint(u, 1) == 1;
    if (!item->fields_disclosed) {
        unpack_fixed(u, item->fields_digest.b, 32);
        return;
    }
    item->fields = unpack_bytes(u, RECORD_BYTES_MAX);
    if (u->err == OK && (value_check(item->fields) || value_kind(item->fields) != VALUE_MAP))
        unpack_fail(u, ERR_CODEC_TYPE);
}

/* One thing: checked to be one by decoding it; kept as its bytes. */
static struct span thing_read(struct unpack *u) {
    struct span bytes = unpack_value(u);
    struct thing thing;
    if (u->err == OK) {
        enum err e = codec_decode(&thing_type, bytes, NULL, &thing);
        if (e) unpack_fail(u, e);
    }
    return bytes;
}

static void item_things_read(struct unpack *u, struct arena *arena, struct bundle_item *item) {
    uint32_t fields = unpack_array(u, 3);
    item->things_all = unpack_uint(u, 1) == 1;
    if (fields != (item->things_all ? 2u : 3u)) unpack_fail(u, ERR_CODEC_COUNT);
    if (!item->things_all) unpack_fixed(u, item->things_root.b, 32);
    item->things =
        list_begin(u, arena, ITEM_THINGS_MAX, sizeof *item->things, &item->things_disclosed);
    for (uint32_t i = 0; i < item->things_disclosed && u->err == OK; i++) {
        struct bundle_thing *t = &item->things[i];
        t->index = i;
        if (item->things_all) {
            t->bytes = thing_read(u);
            continue;
        }
        fields_expect(u, 3);
        t->index = (uint32_t)unpack_uint(u, ITEM_THINGS_MAX - 1);
        t->bytes = thing_read(u);
        path_read(u, arena, &t->path);
    }
}

static void item_read_form(struct unpack *u, struct arena *arena, struct bundle_item *item) {
    fields_expect(u, 6);
    item->index = (uint32_t)unpack_uint(u, RECORD_ITEMS_MAX - 1);
    item->type = (uint8_t)unpack_uint(u, UINT8_MAX);
    item_fields_read(u, item);
    item->things_count = (uint32_t)unpack_uint(u, ITEM_THINGS_MAX);
    item_things_read(u, arena, item);
    path_read(u, arena, &item->path);
}

static void records_read(struct unpack *u, struct arena *arena, struct bundle *b) {
    b->records = list_begin(u, arena, PROOF_BYTES_MAX / 128, sizeof *b->records, &b->records_count);
    for (uint32_t i = 0; i < b->records_count && u->err == OK; i++) {
        struct bundle_record *r = &b->records[i];
        fields_expect(u, 5);
        r->log_index = unpack_uint(u, INT64_MAX);
        r->header_bytes = unpack_bytes(u, RECORD_HEADER_BYTES_MAX);
        unpack_fixed(u, r->signature.b, 64);
        path_read(u, arena, &r->path);
        r->items = list_begin(u, arena, RECORD_ITEMS_MAX, sizeof *r->items, &r->items_count);
        for (uint32_t k = 0; k < r->items_count && u->err == OK; k++)
            item_read_form(u, arena, &r->items[k]);
    }
}

static void statuses_read(struct unpack *u, struct arena *arena, struct bundle *b) {
    b->statuses =
        list_begin(u, arena, PROOF_BYTES_MAX / 16, sizeof *b->statuses, &b->statuses_count);
    for (uint32_t i = 0; i < b->statuses_count && u->err == OK; i++) {
        struct bundle_status *s = &b->statuses[i];
        fields_expect(u, 4);
        s->type = (uint8_t)unpack_uint(u, UINT8_MAX);
        s->subject = unpack_bytes(u, IDENTIFIER_BYTES_MAX);
        s->exists = unpack_peek(u) != VALUE_NIL;
        if (s->exists)
            s->value = unpack_bytes(u, STATUS_VALUE_BYTES_MAX);
        else
            unpack_nil(u);
        s->proof = unpack_value(u);
    }
}

static void entries_read(struct unpack *u, struct arena *arena, struct bundle *b) {
    if (b->question == PROOF_CODE) {
        fields_expect(u, 3);
        b->entries_before = unpack_uint(u, INT64_MAX);
        unpack_fixed(u, b->entries_chain.b, 32);
    }
    b->entries = list_begin(u, arena, PROOF_BYTES_MAX / 64, sizeof *b->entries, &b->entries_count);
    for (uint32_t i = 0; i < b->entries_count && u->err == OK; i++)
        (void)!codec_read(&history_entry_type, u, NULL, &b->entries[i]);
}

enum err bundle_read(struct span in, struct arena *arena, struct bundle *ret) {
    struct bundle b = {.question = PROOF_RECORD};
    struct unpack u;
    if (in.len > PROOF_BYTES_MAX) return ERR_TOO_LARGE;
    unpack_init(&u, in);
    fields_expect(&u, 10);
    if (unpack_uint(&u, UINT8_MAX) != 1) unpack_fail(&u, ERR_PROOF_VERSION);
    b.validator_bytes = unpack_bytes(&u, PROOF_BYTES_MAX);
    unpack_fixed(&u, b.rest_digest.b, 32);
    /* SPEC P1: "hand-overs is the empty array in protocol version 1" */
    (void)unpack_array(&u, 0);
    question_read(&u, arena, &b);
    checkpoint_read(&u, arena, &b);
    fields_expect(&u, 2);
    b.leaf = unpack_bytes(&u, LEAF_BYTES_MAX);
    path_read(&u, arena, &b.leaf_path);
    records_read(&u, arena, &b);
    statuses_read(&u, arena, &b);
    entries_read(&u, arena, &b);
    enum err e = unpack_end(&u);
    if (e == OK) *ret = b;
    return e;
}
