#include "rpc/handlers.h"

#include <string.h>

#include "base/merkle_root.h"
#include "genesis/genesis.h"
#include "ledger/member.h"
#include "ledger/proof.h"
#include "trace/epcis.h"

void put_at(struct emit *j, const struct view *v) {
    emit_key(j, "at");
    emit_object(j);
    emit_key_uint(j, "height", v->summary.height);
    emit_key_uint(j, "time_ms", v->summary.time_ms);
    emit_key_uint(j, "size", v->summary.log_size);
    emit_key_digest(j, "root", &v->summary.log_root);
    emit_object_end(j);
}

void put_result(struct emit *j, uint16_t code, uint16_t item) {
    emit_key(j, "result");
    emit_object(j);
    emit_key_uint(j, "code", code);
    emit_key_string(j, "name", result_name(code));
    emit_key_string(j, "text_en", result_text(code, LANG_EN));
    emit_key_string(j, "text_zh", result_text(code, LANG_ZH));
    emit_key_uint(j, "item", item);
    emit_object_end(j);
}

void put_committed(struct emit *j, uint64_t height, uint64_t log_index, uint16_t code, uint16_t item) {
    emit_key_uint(j, "height", height);
    if (log_index != LOG_INDEX_NONE) emit_key_uint(j, "log_index", log_index);
    put_result(j, code, item);
}

const char *item_type_name(uint8_t type) {
    static const char *const events[] = {
        [ITEM_ENVELOPE] = "envelope",
        [ITEM_OBJECT_EVENT] = "ObjectEvent",
        [ITEM_AGGREGATION_EVENT] = "AggregationEvent",
        [ITEM_ASSOCIATION_EVENT] = "AssociationEvent",
        [ITEM_TRANSACTION_EVENT] = "TransactionEvent",
        [ITEM_TRANSFORMATION_EVENT] = "TransformationEvent",
        [ITEM_OTHER_EVENT] = "extension event",
    };
    static const char *const acts[] = {"member admitted", "member suspended", "key added", "key revoked",
                                       "certificate type", "flow rule", "party", "yield"};
    static const char *const certificates[] = {"certificate issued", "certificate superseded",
                                               "certificate revoked"};
    if (type >= ITEM_ENVELOPE && type <= ITEM_OTHER_EVENT) return events[type];
    if (type >= ACT_MEMBER_ADMITTED && type <= ACT_YIELD) return acts[type - ACT_MEMBER_ADMITTED];
    if (type >= ITEM_CERTIFICATE_ISSUED && type <= ITEM_CERTIFICATE_REVOKED)
        return certificates[type - ITEM_CERTIFICATE_ISSUED];
    if (type == ITEM_RECALL_ORDERED) return "recall ordered";
    if (type == ITEM_RECALL_LIFTED) return "recall lifted";
    if (type == ITEM_PACK_ISSUED) return "codes issued";
    if (type == ITEM_CODES_VOIDED) return "codes voided";
    if (type == ITEM_CLAIM) return "claim";
    if (type == ITEM_ANCHOR) return "anchor";
    if (type == ITEM_DELETION) return "deletion";
    return "unknown";
}

static const char *role_text(uint8_t role) {
    static const char *const names[] = {
        [ROLE_PARENT] = "parentID",           [ROLE_CHILD] = "childEPCs",
        [ROLE_CHILD_QUANTITY] = "childQuantityList", [ROLE_EPC] = "epcList",
        [ROLE_QUANTITY] = "quantityList",     [ROLE_INPUT] = "inputEPCList",
        [ROLE_INPUT_QUANTITY] = "inputQuantityList", [ROLE_OUTPUT] = "outputEPCList",
        [ROLE_OUTPUT_QUANTITY] = "outputQuantityList", [ROLE_COVERED] = "covered",
        [ROLE_PACK] = "pack of", [ROLE_CODE] = "code",
        [ROLE_RECALLED] = "recalled",
    };
    return role >= ROLE_PARENT && role <= ROLE_RECALLED ? names[role] : "unknown";
}

void put_item(struct emit *j, uint32_t index, const struct item *item, const struct digest *digest) {
    emit_object(j);
    emit_key_uint(j, "index", index);
    emit_key_uint(j, "type", item->type);
    emit_key_string(j, "type_name", item_type_name(item->type));
    emit_key_digest(j, "digest", digest);
    emit_key_value(j, "fields", item->fields);
    emit_key(j, "things");
    emit_list(j);
    for (uint32_t i = 0; i < item->things_count && !j->out->overflow; i++) {
        const struct thing *t = &item->things[i];
        emit_object(j);
        emit_key_uint(j, "role", t->role);
        emit_key_string(j, "role_name", role_text(t->role));
        emit_key_text(j, "identifier", t->identifier);
        if (value_kind(t->quantity) != VALUE_NIL) emit_key_value(j, "quantity", t->quantity);
        if (value_kind(t->unit) == VALUE_TEXT) emit_key_value(j, "unit", t->unit);
        emit_object_end(j);
    }
    emit_list_end(j);
    emit_object_end(j);
}

enum err find_record(struct view *v, const struct digest *id, struct digest *ret_wire_id,
                     struct record_place *ret_place) {
    struct record_place place;
    if (query_record(v->snapshot.reader, id, &place) == OK) {
        *ret_wire_id = *id;
        *ret_place = place;
        return OK;
    }
    struct digest wire_id;
    if (query_record_by_id(v->snapshot.reader, id, &wire_id) != OK) return ERR_RPC_NOT_FOUND;
    if (query_record(v->snapshot.reader, &wire_id, &place) != OK) return ERR_RPC_NOT_FOUND;
    *ret_wire_id = wire_id;
    *ret_place = place;
    return OK;
}

enum err load_record(struct view *v, uint64_t height, uint32_t index, struct buffer *wire, struct record *ret) {
    enum err e = query_record_bytes(v->snapshot.reader, height, index, wire);
    if (e != OK) return e;
    arena_reset(v->scratch);
    return record_parse(&v->host->genesis->params, buffer_span(wire), v->scratch, ret, NULL);
}

enum err attested_of(struct view *v, struct attested *ret) {
    return v->host->ops->attested(v->host->self, &v->snapshot, ret) ? OK : ERR_RPC_NOT_ATTESTED;
}

/* A record's id is not among what is stored by wire identity: it is the hash of its header. */
static enum err id_of_place(struct view *v, const struct record_place *place, struct digest *ret_id) {
    if (place->log_index != LOG_INDEX_NONE) {
        struct buffer leaf;
        buffer_init(&leaf, LEAF_BYTES_MAX + 64);
        uint64_t height;
        uint32_t index;
        struct span header;
        struct signature signature;
        enum err e = query_log_leaf(v->snapshot.reader, place->log_index, &leaf, &height, &index);
        if (e == OK) e = record_leaf_decode(buffer_span(&leaf), &header, &signature);
        if (e == OK) *ret_id = record_id_of(header);
        buffer_free(&leaf);
        return e;
    }
    struct buffer wire;
    buffer_init(&wire, RECORD_BYTES_MAX);
    struct record record;
    enum err e = load_record(v, place->height, place->index, &wire, &record);
    if (e == OK) *ret_id = record.id;
    buffer_free(&wire);
    return e;
}

enum err read_record_status(struct view *v) {
    struct digest wire_id, id;
    struct record_place place;
    if (find_record(v, &v->arguments[0].digest, &wire_id, &place) != OK) {
        v->ask_pending = true;
        v->asked = v->arguments[0].digest;
        return OK;
    }
    enum err e = id_of_place(v, &place, &id);
    if (e != OK) return e;
    struct emit j;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key_string(&j, "status", "committed");
    emit_key_digest(&j, "id", &id);
    emit_key_digest(&j, "leaf", &wire_id);
    put_committed(&j, place.height, place.log_index, place.code, place.item);
    emit_object_end(&j);
    emit_end(&j);
    return OK;
}

static void put_record(struct view *v, const struct record *r, const struct record_place *place,
                       const struct block_summary *summary) {
    struct emit j;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key_digest(&j, "id", &r->id);
    emit_key_digest(&j, "leaf", &r->wire_id);
    emit_key_uint(&j, "block_time_ms", summary->time_ms);
    emit_key_uint(&j, "index", place->index);
    put_committed(&j, place->height, place->log_index, place->code, place->item);
    emit_key_uint(&j, "kind", r->header.kind);
    emit_key_text(&j, "subject", r->header.subject);
    emit_key_hex(&j, "key", span_of(r->header.key.b, sizeof r->header.key.b));
    emit_key_hex(&j, "signature", span_of(r->signature.b, sizeof r->signature.b));
    emit_key_uint(&j, "created_ms", r->header.created_ms);
    emit_key_uint(&j, "expires_ms", r->header.expires_ms);
    emit_key(&j, "nonce");
    buffer_text(v->out, "\"");
    emit_uint(&j, r->header.nonce);
    buffer_text(v->out, "\"");
    emit_key(&j, "items");
    emit_list(&j);
    for (uint32_t i = 0; i < r->header.item_count && !v->out->overflow; i++)
        put_item(&j, i, &r->items[i], &r->item_digests[i]);
    emit_list_end(&j);
    emit_object_end(&j);
    emit_end(&j);
}

enum err read_record(struct view *v) {
    struct digest wire_id;
    struct record_place place;
    enum err e = find_record(v, &v->arguments[0].digest, &wire_id, &place);
    if (e != OK) return e;
    v->immutable = v->form == FORM_MSGPACK;
    struct buffer wire;
    buffer_init(&wire, RECORD_BYTES_MAX);
    struct record record;
    struct block_summary summary;
    e = load_record(v, place.height, place.index, &wire, &record);
    if (e == OK) e = query_block(v->snapshot.reader, place.height, &summary);
    if (e == OK && v->form == FORM_MSGPACK)
        buffer_append_span(v->out, buffer_span(&wire));
    else if (e == OK)
        put_record(v, &record, &place, &summary);
    buffer_free(&wire);
    return e;
}

/* The items that begin document number `index`; how many documents there are in *ret_documents. */
static bool document_find(const struct record *r, uint64_t index, uint32_t *ret_first, uint32_t *ret_documents) {
    uint32_t first = 0, documents = 0;
    bool found = false;
    while (first < r->header.item_count) {
        if (documents == index) {
            *ret_first = first;
            found = true;
        }
        uint32_t count = epcis_document_items(r->items + first, r->header.item_count - first);
        first += count == 0 ? 1 : count;
        documents++;
    }
    *ret_documents = documents;
    return found;
}

static enum err write_document(struct view *v, const struct record *r, uint64_t index) {
    uint32_t first = 0, documents = 0;
    if (!document_find(r, index, &first, &documents)) return ERR_RPC_NO_DOCUMENT;
    struct buffer document;
    buffer_init(&document, 2 * RECORD_BYTES_MAX);
    enum err e = epcis_from_items(r->items + first, r->header.item_count - first, &document);
    struct emit j;
    emit_begin(&j, v->out);
    if (e == OK && v->form == FORM_EPCIS) {
        emit_value(&j, buffer_span(&document));
    } else if (e == OK) {
        emit_object(&j);
        put_at(&j, v);
        emit_key_value(&j, "document", buffer_span(&document));
        emit_key_uint(&j, "index", index);
        emit_key_uint(&j, "documents", documents);
        emit_object_end(&j);
    }
    buffer_free(&document);
    return e;
}

enum err read_record_epcis(struct view *v) {
    struct digest wire_id;
    struct record_place place;
    enum err e = find_record(v, &v->arguments[0].digest, &wire_id, &place);
    if (e != OK) return e;
    v->immutable = v->form == FORM_EPCIS;
    struct buffer wire;
    buffer_init(&wire, RECORD_BYTES_MAX);
    struct record record;
    e = load_record(v, place.height, place.index, &wire, &record);
    if (e == OK && record.header.kind != RECORD_EVENTS) e = ERR_RPC_NO_DOCUMENT;
    if (e == OK) e = write_document(v, &record, v->arguments[1].given ? v->arguments[1].number : 0);
    buffer_free(&wire);
    return e;
}
