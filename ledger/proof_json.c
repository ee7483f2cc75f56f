/* proof_json.c: statements and bundles as JSON, and one log leaf as a C2SP tlog-proof. For people
 * and other programs; nothing here is a format that anybody signs. */
#include <inttypes.h>

#include "base/json.h"
#include "ledger/merkle.h"
#include "ledger/proof_bundle.h"

static void write_key(struct buffer *out, bool *first, const char *name) {
    buffer_printf(out, "%s\"%s\":", *first ? "" : ",", name);
    *first = false;
}

static void write_uint(struct buffer *out, bool *first, const char *name, uint64_t v) {
    write_key(out, first, name);
    buffer_printf(out, "%" PRIu64, v);
}

static void write_text(struct buffer *out, bool *first, const char *name, struct span text) {
    write_key(out, first, name);
    json_write_text(text, out);
}

static void hex_text(struct buffer *out, struct span bytes) {
    static const char digits[] = "0123456789abcdef";
    buffer_text(out, "\"");
    for (size_t i = 0; i < bytes.len; i++) {
        buffer_u8(out, (uint8_t)digits[bytes.data[i] >> 4]);
        buffer_u8(out, (uint8_t)digits[bytes.data[i] & 15]);
    }
    buffer_text(out, "\"");
}

static void write_hex(struct buffer *out, bool *first, const char *name, struct span bytes) {
    write_key(out, first, name);
    hex_text(out, bytes);
}

static void write_digest(struct buffer *out, bool *first, const char *name,
                         const struct digest *d) {
    write_hex(out, first, name, span_of(d->b, 32));
}

static void write_value(struct buffer *out, bool *first, const char *name, struct span value) {
    write_key(out, first, name);
    if (value.len)
        json_write(value, 0, out);
    else
        buffer_text(out, "null");
}

static void write_thing(struct buffer *out, uint32_t index, struct span bytes) {
    struct thing t;
    bool first = true;
    CHECK(codec_decode(&thing_type, bytes, NULL, &t) == OK); /* bundle_read did */
    buffer_text(out, "{");
    write_uint(out, &first, "index", index);
    write_uint(out, &first, "role", t.role);
    write_text(out, &first, "identifier", t.identifier);
    write_value(out, &first, "quantity", t.quantity);
    write_value(out, &first, "unit", t.unit);
    buffer_text(out, "}");
}

static void write_statement_item(struct buffer *out, const struct statement_item *item) {
    bool first = true;
    buffer_text(out, "{");
    write_uint(out, &first, "index", item->index);
    write_uint(out, &first, "type", item->type);
    write_digest(out, &first, "digest", &item->digest);
    write_value(out, &first, "fields", item->fields);
    write_uint(out, &first, "things_count", item->things_count);
    write_key(out, &first, "things");
    buffer_text(out, "[");
    for (uint32_t i = 0; i < item->things_disclosed; i++) {
        buffer_text(out, i ? "," : "");
        write_thing(out, item->things[i].index, item->things[i].bytes);
    }
    buffer_text(out, "]}");
}

static void write_header(struct buffer *out, bool *first, const struct record_header *h) {
    write_uint(out, first, "kind", h->kind);
    write_text(out, first, "subject", h->subject);
    write_hex(out, first, "key", span_of(h->key.b, 32));
    write_uint(out, first, "created_ms", h->created_ms);
    write_uint(out, first, "expires_ms", h->expires_ms);
    write_uint(out, first, "nonce", h->nonce);
    write_uint(out, first, "item_count", h->item_count);
    write_digest(out, first, "body_root", &h->body_root);
}

static void write_statement_record(struct buffer *out, const struct statement_record *r) {
    bool first = true;
    buffer_text(out, "{");
    write_uint(out, &first, "log_index", r->log_index);
    write_digest(out, &first, "wire_id", &r->wire_id);
    write_header(out, &first, &r->header);
    write_key(out, &first, "items");
    buffer_text(out, "[");
    for (uint32_t i = 0; i < r->items_count; i++) {
        buffer_text(out, i ? "," : "");
        write_statement_item(out, &r->items[i]);
    }
    buffer_text(out, "]}");
}

static const struct type *value_type(uint8_t type) {
    switch (type) {
    case STATUS_MEMBER:
        return &member_value_type;
    case STATUS_KEY:
        return &key_value_type;
    case STATUS_THING:
        return &thing_value_type;
    case STATUS_RECORD_ID:
        return &record_id_value_type;
    case STATUS_ACT:
        return &act_value_type;
    case STATUS_CERTIFICATE:
        return &certificate_value_type;
    case STATUS_PACK:
        return &pack_value_type;
    case STATUS_CLAIM:
        return &claim_value_type;
    case STATUS_CERTIFICATE_TYPE:
        return &certificate_type_value_type;
    }
    return NULL;
}

/* The subject is a text or bytes, as its type says. */
static void write_subject(struct buffer *out, bool *first, uint8_t type, struct span subject) {
    bool text = type == STATUS_MEMBER || type == STATUS_THING || type == STATUS_CERTIFICATE ||
                type == STATUS_PACK || type == STATUS_CERTIFICATE_TYPE;
    if (text && span_is_utf8(subject))
        write_text(out, first, "subject", subject);
    else
        write_hex(out, first, "subject", subject);
}

static void write_status(struct buffer *out, const struct statement_status *s) {
    const struct type *type = value_type(s->type);
    union {
        struct member_value member;
        struct key_value key;
        struct thing_value thing;
        struct record_id_value record_id;
        struct act_value act;
        struct certificate_value certificate;
        struct pack_value pack;
        struct claim_value claim;
        struct certificate_type_value certificate_type;
    } value;
    struct arena arena CLEANUP(arena_free) = {0}; /* lists of certificates and packs */
    bool first = true;
    arena_init(&arena, 1 << 16);
    buffer_text(out, "{");
    write_uint(out, &first, "type", s->type);
    write_subject(out, &first, s->type, s->subject);
    write_key(out, &first, "exists");
    buffer_text(out, s->exists ? "true" : "false");
    write_key(out, &first, "value");
    if (s->exists && type && codec_decode(type, s->value, &arena, &value) == OK)
        codec_json(type, &value, out);
    else if (s->exists)
        json_write(s->value, 0, out);
    else
        buffer_text(out, "null");
    buffer_text(out, "}");
}

static void write_entry(struct buffer *out, const struct statement_entry *e) {
    bool first = true;
    buffer_text(out, "{");
    write_uint(out, &first, "i", e->i);
    write_uint(out, &first, "log_index", e->log_index);
    write_uint(out, &first, "item", e->item);
    write_digest(out, &first, "wire_id", &e->wire_id);
    write_text(out, &first, "subject", e->subject);
    write_digest(out, &first, "item_digest", &e->item_digest);
    buffer_text(out, "}");
}

static void write_signers(struct buffer *out, const struct statement *s) {
    buffer_text(out, "[");
    for (uint32_t i = 0; i < s->signers_count; i++) {
        bool first = true;
        buffer_text(out, i ? ",{" : "{");
        write_uint(out, &first, "index", s->signers[i].index);
        write_text(out, &first, "name", s->signers[i].name);
        write_uint(out, &first, "time_s", s->signers[i].time_s);
        buffer_text(out, "}");
    }
    buffer_text(out, "]");
}

static const char *question_name(enum proof_question question) {
    switch (question) {
    case PROOF_RECORD:
        return "record";
    case PROOF_THING:
        return "thing";
    case PROOF_CERTIFICATE:
        return "certificate";
    case PROOF_CODE:
        return "code";
    }
    return "?";
}

static const char *code_state_name(enum code_state state) {
    switch (state) {
    case CODE_NO_PACK:
        return "no pack";
    case CODE_NO_INDEX:
        return "no index";
    case CODE_OTHER:
        return "other";
    case CODE_ISSUED:
        return "issued";
    }
    return "?";
}

static void write_bool(struct buffer *out, bool *first, const char *name, bool v) {
    write_key(out, first, name);
    buffer_text(out, v ? "true" : "false");
}

static void write_code(struct buffer *out, const struct statement_code *c) {
    bool first = true;
    buffer_text(out, "{");
    write_bool(out, &first, "issued", c->state == CODE_ISSUED);
    write_text(out, &first, "state", span_text(code_state_name(c->state)));
    write_text(out, &first, "pack", c->pack_id);
    write_uint(out, &first, "index", c->index);
    write_text(out, &first, "issuer", c->issuer);
    write_text(out, &first, "lot", c->lot);
    write_text(out, &first, "certificate", c->certificate);
    write_bool(out, &first, "contradicts", c->contradicts);
    write_bool(out, &first, "voided", c->voided);
    write_bool(out, &first, "claimed", c->claimed);
    if (c->claimed) {
        write_uint(out, &first, "claimed_ms", c->claimed_ms);
        write_text(out, &first, "claimed_division", c->claimed_division);
    }
    buffer_text(out, "}");
}

void statement_json(const struct statement *s, struct buffer *out) {
    bool first = true;
    buffer_text(out, "{");
    write_text(out, &first, "question", span_text(question_name(s->question)));
    if (s->question == PROOF_RECORD)
        write_digest(out, &first, "wire_id", &s->wire_id);
    else
        write_text(out, &first, "identifier", s->identifier);
    write_digest(out, &first, "chain_id", &s->chain_id);
    write_text(out, &first, "domain", s->domain);
    if (s->question == PROOF_CODE) {
        write_key(out, &first, "code");
        write_code(out, &s->code);
        write_uint(out, &first, "history_before", s->entries_before);
    }
    write_uint(out, &first, "size", s->size);
    write_digest(out, &first, "root", &s->root);
    write_uint(out, &first, "height", s->height);
    write_uint(out, &first, "block_time_ms", s->block_time_ms);
    write_digest(out, &first, "status_root", &s->status_root);
    write_uint(out, &first, "as_of_s", s->as_of_s);
    write_uint(out, &first, "validators", s->validators);
    write_key(out, &first, "signers");
    write_signers(out, s);
    write_key(out, &first, "records");
    buffer_text(out, "[");
    for (uint32_t i = 0; i < s->records_count; i++) {
        buffer_text(out, i ? "," : "");
        write_statement_record(out, &s->records[i]);
    }
    buffer_text(out, "]");
    write_key(out, &first, "statuses");
    buffer_text(out, "[");
    for (uint32_t i = 0; i < s->statuses_count; i++) {
        buffer_text(out, i ? "," : "");
        write_status(out, &s->statuses[i]);
    }
    buffer_text(out, "]");
    write_key(out, &first, "history");
    buffer_text(out, "[");
    for (uint32_t i = 0; i < s->entries_count; i++) {
        buffer_text(out, i ? "," : "");
        write_entry(out, &s->entries[i]);
    }
    buffer_text(out, "]}");
}

/* The bundle as it is. */

static void write_path(struct buffer *out, bool *first, const struct path *path) {
    write_key(out, first, "path");
    buffer_text(out, "[");
    for (uint32_t i = 0; i < path->count; i++) {
        buffer_text(out, i ? "," : "");
        hex_text(out, span_of(path->hashes[i].b, 32));
    }
    buffer_text(out, "]");
}

static void write_bundle_item(struct buffer *out, const struct bundle_item *item) {
    bool first = true;
    buffer_text(out, "{");
    write_uint(out, &first, "index", item->index);
    write_uint(out, &first, "type", item->type);
    if (item->fields_disclosed)
        write_hex(out, &first, "fields", item->fields);
    else
        write_digest(out, &first, "fields_digest", &item->fields_digest);
    write_uint(out, &first, "things_count", item->things_count);
    if (!item->things_all) write_digest(out, &first, "things_root", &item->things_root);
    write_key(out, &first, "things");
    buffer_text(out, "[");
    for (uint32_t i = 0; i < item->things_disclosed; i++) {
        bool inner = true;
        buffer_text(out, i ? ",{" : "{");
        write_uint(out, &inner, "index", item->things[i].index);
        write_hex(out, &inner, "thing", item->things[i].bytes);
        write_path(out, &inner, &item->things[i].path);
        buffer_text(out, "}");
    }
    buffer_text(out, "]");
    write_path(out, &first, &item->path);
    buffer_text(out, "}");
}

static void write_bundle_record(struct buffer *out, const struct bundle_record *r) {
    bool first = true;
    buffer_text(out, "{");
    write_uint(out, &first, "log_index", r->log_index);
    write_hex(out, &first, "header", r->header_bytes);
    write_hex(out, &first, "signature", span_of(r->signature.b, 64));
    write_path(out, &first, &r->path);
    write_key(out, &first, "items");
    buffer_text(out, "[");
    for (uint32_t i = 0; i < r->items_count; i++) {
        buffer_text(out, i ? "," : "");
        write_bundle_item(out, &r->items[i]);
    }
    buffer_text(out, "]}");
}

static void write_bundle_checkpoint(struct buffer *out, const struct bundle *b) {
    bool first = true;
    buffer_text(out, "{");
    write_uint(out, &first, "size", b->size);
    write_digest(out, &first, "root", &b->root);
    write_key(out, &first, "cosignatures");
    buffer_text(out, "[");
    for (uint32_t i = 0; i < b->cosignatures_count; i++) {
        bool inner = true;
        buffer_text(out, i ? ",{" : "{");
        write_uint(out, &inner, "index", b->cosignatures[i].index);
        write_uint(out, &inner, "time_s", b->cosignatures[i].time_s);
        write_hex(out, &inner, "signature", span_of(b->cosignatures[i].signature.b, 64));
        buffer_text(out, "}");
    }
    buffer_text(out, "]}");
}

static void write_bundle_status(struct buffer *out, const struct bundle_status *s) {
    bool first = true;
    buffer_text(out, "{");
    write_uint(out, &first, "type", s->type);
    write_subject(out, &first, s->type, s->subject);
    if (s->exists) write_hex(out, &first, "value", s->value);
    write_hex(out, &first, "proof", s->proof);
    buffer_text(out, "}");
}

enum err proof_export_json(struct span bundle, struct arena *arena, struct buffer *out) {
    struct bundle b;
    bool first = true;
    enum err e = bundle_read(bundle, arena, &b);
    if (e) return e;
    buffer_text(out, "{");
    write_uint(out, &first, "version", 1);
    write_hex(out, &first, "validator_set", b.validator_bytes);
    write_digest(out, &first, "rest_digest", &b.rest_digest);
    if (b.question == PROOF_RECORD)
        write_digest(out, &first, "wire_id", &b.wire_id);
    else
        write_text(out, &first, "identifier", b.identifier);
    if (b.question == PROOF_CODE && b.code_leaf.len > 0) {
        bool inner = true;
        write_key(out, &first, "code");
        buffer_text(out, "{");
        write_hex(out, &inner, "leaf", b.code_leaf);
        write_path(out, &inner, &b.code_path);
        buffer_text(out, "}");
    }
    if (b.question == PROOF_CODE) {
        write_uint(out, &first, "history_before", b.entries_before);
        write_digest(out, &first, "history_chain", &b.entries_chain);
    }
    write_key(out, &first, "checkpoint");
    write_bundle_checkpoint(out, &b);
    write_hex(out, &first, "block_leaf", b.leaf);
    write_path(out, &first, &b.leaf_path);
    write_key(out, &first, "records");
    buffer_text(out, "[");
    for (uint32_t i = 0; i < b.records_count; i++) {
        buffer_text(out, i ? "," : "");
        write_bundle_record(out, &b.records[i]);
    }
    buffer_text(out, "]");
    write_key(out, &first, "statuses");
    buffer_text(out, "[");
    for (uint32_t i = 0; i < b.statuses_count; i++) {
        buffer_text(out, i ? "," : "");
        write_bundle_status(out, &b.statuses[i]);
    }
    buffer_text(out, "]");
    write_key(out, &first, "history");
    buffer_text(out, "[");
    for (uint32_t i = 0; i < b.entries_count; i++) {
        buffer_text(out, i ? "," : "");
        codec_json(&history_entry_type, &b.entries[i], out);
    }
    buffer_text(out, "]}");
    return OK;
}

static void base64_line(struct span in, struct buffer *out) {
    /* In pieces of a multiple of three bytes, so that the pieces' texts join. */
    char text[65];
    for (size_t at = 0; at < in.len; at += 48) {
        size_t len = in.len - at < 48 ? in.len - at : 48;
        buffer_append(out, text, base64_encode(span_part(in, at, len), text, sizeof text));
    }
    buffer_text(out, "\n");
}

enum err proof_export_tlog(struct reader r, const struct validator_set *set, struct span origin,
                           const struct attested *attested, uint64_t log_index,
                           struct buffer *out) {
    struct buffer leaf CLEANUP(buffer_free) = {0};
    struct merkle_path path;
    uint64_t height;
    uint32_t index;
    buffer_init(&leaf, LEAF_BYTES_MAX + 16);
    enum err e = query_log_leaf(r, log_index, &leaf, &height, &index);
    if (e == OK) e = merkle_inclusion(r, log_index, attested->size, &path);
    if (e) return e;
    buffer_text(out, "c2sp.org/tlog-proof@v1\nextra ");
    base64_line(buffer_span(&leaf), out);
    buffer_printf(out, "index %" PRIu64 "\n", log_index);
    for (uint32_t i = 0; i < path.count; i++)
        base64_line(span_of(path.hashes[i].b, 32), out);
    buffer_text(out, "\n");
    checkpoint_note(set, origin, attested, out);
    return OK;
}
