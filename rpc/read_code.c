/* read_code.c: code packs and codes (SPEC Q). A pack and its voids and claims stand on the ledger; that a code is one of its
 * pack's follows from the leaves, which this node may lack: then it says that it cannot tell, never that a code is false. */
#include "rpc/handlers.h"

#include <stdlib.h>
#include <string.h>

#include "storage/leaves.h"
#include "trace/identifier.h"

enum { PACKS_LIMIT = 100 };

static uint64_t voided_codes(const struct pack_value *p) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < p->voided_count; i++)
        n += p->voided[i].last - p->voided[i].first + 1;
    return n;
}

/* When the log leaf came: its block's height and time. */
static void put_when(struct emit *j, struct view *v, uint64_t log_index) {
    struct block_summary s;
    uint64_t height;
    if (query_height_of_leaf(v->snapshot.reader, log_index, &height) != OK ||
        query_block(v->snapshot.reader, height, &s) != OK)
        return;
    emit_key_uint(j, "height", height);
    emit_key_uint(j, "block_time_ms", s.time_ms);
}

/* Members of a pack's object; the list of ranges only where one pack is asked for. */
static void put_pack(struct emit *j, struct view *v, struct span id, const struct pack_value *p, bool ranges) {
    emit_key_text(j, "pack", id);
    emit_key_text(j, "gtin", span_part(id, 0, CODE_GTIN_DIGITS));
    emit_key_text(j, "subject", p->subject);
    emit_key_uint(j, "count", p->count);
    emit_key_digest(j, "root", &p->root);
    emit_key_text(j, "lot", p->lot);
    emit_key_text(j, "certificate", p->certificate);
    emit_key_text(j, "drawn_on", p->drawn_on);
    emit_key_uint(j, "log_index", p->issued);
    emit_key_uint(j, "item", p->item);
    put_when(j, v, p->issued);
    emit_key_uint(j, "voided_codes", voided_codes(p));
    if (!ranges) return;
    emit_key_uint(j, "reason", p->reason);
    emit_key(j, "voided");
    emit_list(j);
    for (uint32_t i = 0; i < p->voided_count; i++) {
        emit_object(j);
        emit_key_uint(j, "first", p->voided[i].first);
        emit_key_uint(j, "last", p->voided[i].last);
        emit_object_end(j);
    }
    emit_list_end(j);
}

enum err read_pack(struct view *v) {
    char id[PACK_ID_BYTES + 1];
    struct buffer value CLEANUP(buffer_free) = {0};
    struct pack_value pack;
    struct emit j;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    if (!pack_id_make(v->arguments[0].text, v->arguments[1].text, id)) return ERR_RPC_NOT_FOUND;
    enum err e = query_pack(v->snapshot.reader, span_text(id), &value, v->arena, &pack);
    if (e != OK) return e == ERR_QUERY_UNKNOWN ? ERR_RPC_NOT_FOUND : e;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    put_pack(&j, v, span_text(id), &pack, true);
    emit_object_end(&j);
    emit_end(&j);
    return OK;
}

/* -- lists, in the order packs were issued; the cursor is the place of the last one -- */

static void put_packs(struct view *v, enum packs_of by, struct span name) {
    const struct argument *cursor = &v->arguments[1];
    uint32_t limit = v->arguments[2].given ? (uint32_t)v->arguments[2].number : PACKS_LIMIT;
    struct issued_place after = place_of_cursor(cursor->number);
    struct issued_place *places = check_alloc(limit + 1, sizeof *places);
    uint32_t n = query_packs(v->snapshot.reader, by, name, cursor->given ? &after : NULL, limit + 1, v->arena, places);
    struct buffer value CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key(&j, "packs");
    emit_list(&j);
    for (uint32_t i = 0; i < n && i < limit; i++) {
        struct pack_value pack;
        arena_reset(v->scratch);
        if (query_pack(v->snapshot.reader, places[i].id, &value, v->scratch, &pack) != OK) continue;
        emit_object(&j);
        put_pack(&j, v, places[i].id, &pack, false);
        emit_object_end(&j);
    }
    emit_list_end(&j);
    if (n > limit) emit_key_uint(&j, "next", cursor_of_place(&places[limit - 1]));
    emit_object_end(&j);
    emit_end(&j);
    free(places);
}

enum err read_member_packs(struct view *v) {
    put_packs(v, PACKS_OF_SUBJECT, v->arguments[0].text);
    return OK;
}

/* Of a product those with lots too, of a lot its own; nothing else has packs. */
enum err read_thing_packs(struct view *v) {
    struct span canonical;
    enum identifier_kind kind;
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 2 * IDENTIFIER_BYTES_MAX);
    enum err e = identifier_canonical(v->arguments[0].text, &b, &kind);
    if (e != OK) return e;
    canonical = buffer_span(&b);
    put_packs(v, kind == IDENTIFIER_LOT ? PACKS_OF_LOT : PACKS_OF_GTIN, canonical);
    return OK;
}

/* -- one code -- */

enum issued { ISSUED_YES, ISSUED_NO, ISSUED_CANNOT_TELL };

/* By the leaf at its index, if that is here. */
static enum issued issued_by_leaves(struct view *v, const struct code *code, const struct pack_value *pack) {
    struct leaves_pack known = {.count = pack->count, .root = pack->root};
    struct buffer chunk CLEANUP(buffer_free) = {0};
    struct digest stands, hash = code_hash(pack->subject, code);
    struct pubkey key;
    memcpy(known.id, code->pack_id, sizeof known.id);
    buffer_init(&chunk, PACK_CHUNK_BYTES);
    if (v->host->leaves == NULL ||
        leaves_get_chunk(v->host->leaves, &known, code->index / PACK_CHUNK_CODES, &chunk) != OK)
        return ISSUED_CANNOT_TELL;
    size_t place = (size_t)(code->index % PACK_CHUNK_CODES) * PACK_ENTRY_BYTES;
    CHECK(place + PACK_ENTRY_BYTES <= chunk.len);
    pack_entry_read(chunk.data + place, &stands, &key);
    return digest_equal(&stands, &hash) ? ISSUED_YES : ISSUED_NO;
}

static bool is_void(const struct pack_value *pack, uint32_t index) {
    for (uint32_t i = 0; i < pack->voided_count; i++)
        if (pack->voided[i].first <= index && index <= pack->voided[i].last) return true;
    return false;
}

static void put_claim(struct emit *j, struct view *v, const struct claim_value *c) {
    emit_key(j, "claim");
    emit_object(j);
    emit_key_uint(j, "time_ms", c->time_ms);
    emit_key_text(j, "division", c->division);
    emit_key_hex(j, "nonce", span_of(c->nonce, sizeof c->nonce));
    emit_key_uint(j, "log_index", c->log_index);
    put_when(j, v, c->log_index);
    emit_object_end(j);
}

static const char *issued_word(enum issued issued) {
    switch (issued) {
    case ISSUED_YES: return "yes";
    case ISSUED_NO: return "no";
    case ISSUED_CANNOT_TELL: return "cannot_tell";
    }
    CHECK(false);
}

/* What is false comes before what is spoilt: of a copied serial nothing is said that was done to the true one. */
static const char *verdict(enum issued issued, bool voided, bool claimed) {
    if (issued == ISSUED_NO) return "never_issued";
    if (issued == ISSUED_CANNOT_TELL) return "cannot_tell";
    return voided ? "void" : claimed ? "claimed" : "genuine";
}

static enum err put_code(struct view *v, struct emit *j, const struct code *code) {
    struct buffer value CLEANUP(buffer_free) = {0}, claimed CLEANUP(buffer_free) = {0};
    struct pack_value pack;
    struct claim_value claim;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    buffer_init(&claimed, STATUS_VALUE_BYTES_MAX);
    emit_key_text(j, "serial", span_text(code->serial));
    emit_key_uint(j, "index", code->index);
    enum err e = query_pack(v->snapshot.reader, span_text(code->pack_id), &value, v->arena, &pack);
    if (e != OK && e != ERR_QUERY_UNKNOWN) return e;
    /* Packs are on the ledger or nowhere: no leaves are needed to say so. */
    if (e == ERR_QUERY_UNKNOWN || code->index >= pack.count) {
        emit_key_string(j, "issued", issued_word(ISSUED_NO));
        emit_key_string(j, "verdict", verdict(ISSUED_NO, false, false));
        return OK;
    }
    bool has_claim = query_claim(v->snapshot.reader, code, &claimed, &claim) == OK;
    bool voided = is_void(&pack, code->index);
    enum issued issued = issued_by_leaves(v, code, &pack);
    emit_key_string(j, "issued", issued_word(issued));
    emit_key_string(j, "verdict", verdict(issued, voided, has_claim));
    emit_key(j, "pack");
    emit_object(j);
    put_pack(j, v, span_text(code->pack_id), &pack, false);
    emit_object_end(j);
    if (issued == ISSUED_NO) return OK;
    emit_key_bool(j, "voided", voided);
    if (has_claim) put_claim(j, v, &claim);
    return OK;
}

enum err read_code(struct view *v) {
    struct span canonical;
    struct code code;
    struct emit j;
    enum err e = canonical_of(v, v->arguments[0].text, &canonical);
    if (e != OK) return e;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key_text(&j, "identifier", v->arguments[0].text);
    emit_key_text(&j, "canonical", canonical);
    if (code_of_identifier(canonical, &code)) {
        e = put_code(v, &j, &code);
    } else {
        emit_key_string(&j, "issued", issued_word(ISSUED_NO));
        emit_key_string(&j, "verdict", "no_code");
    }
    emit_object_end(&j);
    return e;
}
