/* handlers.h: the handlers that the table in method_table.c names, and what they share. Inside rpc/ only.
 *
 * All are method_fn (method.h).
 * One file per noun: read_record.c, read_proof.c, read_thing.c, read_member.c, read_certificate.c, read_chain.c, read_node.c.
 */
#ifndef RPC_HANDLERS_H
#define RPC_HANDLERS_H

#include "ledger/record.h"
#include "ledger/value.h"
#include "rpc/method.h"

enum err read_record_status(struct view *v);
enum err read_record(struct view *v);
enum err read_record_epcis(struct view *v);
enum err read_record_proof(struct view *v);
enum err read_record_list(struct view *v);
enum err read_thing(struct view *v);
enum err read_thing_trace(struct view *v);
enum err read_thing_moves(struct view *v);
enum err read_transformation(struct view *v);
enum err read_recall(struct view *v);
enum err read_recall_list(struct view *v);
enum err read_recall_things(struct view *v);
enum err read_thing_proof(struct view *v);
enum err read_certificate_proof(struct view *v);
enum err read_code_proof(struct view *v);
enum err read_member(struct view *v);
enum err read_member_list(struct view *v);
enum err read_party(struct view *v);
enum err read_key(struct view *v);
enum err read_certificate(struct view *v);
enum err read_certificate_list(struct view *v);
enum err read_certificate_type(struct view *v);
enum err read_certificate_type_list(struct view *v);
enum err read_block(struct view *v);
enum err read_checkpoint(struct view *v);
enum err read_policy(struct view *v);
enum err read_tile(struct view *v);
enum err read_genesis(struct view *v);
enum err read_node_status(struct view *v);
enum err read_health(struct view *v);
enum err read_ready(struct view *v);
enum err read_metrics(struct view *v);
enum err read_pack(struct view *v);
enum err read_member_packs(struct view *v);
enum err read_thing_packs(struct view *v);
enum err read_code(struct view *v);
enum err read_pack_leaves(struct view *v);
enum err read_pack_hashes(struct view *v);
enum err read_pack_chunk(struct view *v);
enum err write_pack_hashes(struct view *v);
enum err write_pack_chunk(struct view *v);
enum err write_scan(struct view *v);
enum err read_scans(struct view *v);
enum err read_scan_hour(struct view *v);
enum err read_sealed_list(struct view *v);
enum err read_sealed(struct view *v);
enum err write_sealed(struct view *v);
enum err write_sealed_keys(struct view *v);
enum err read_sealed_key(struct view *v);
enum err read_sealed_wrap(struct view *v);
enum err read_codes(struct view *v);
enum err read_openapi(struct view *v);

/* The height, time, size and root that an answer stands on: "at". */
void put_at(struct emit *j, const struct view *v);
/* The name of this validator, or empty. */
struct span own_name(const struct view *v);
/* "result": code, name, sentences, item. */
void put_result(struct emit *j, uint16_t code, uint16_t item);
/* "item"s as objects: index, type, digest, fields, things. */
void put_item(struct emit *j, uint32_t index, const struct item *item, const struct digest *digest);
/* "unit", "holders", "marks", "recalled_by" of a thing. */
void put_standing(struct emit *j, struct view *v, struct span canonical, const struct thing_value *thing);
/* "member_admitted", "ObjectEvent" ... */
const char *item_type_name(uint8_t type);

/* A record by wire identity or record id; ERR_RPC_NOT_FOUND. */
enum err find_record(struct view *v, const struct digest *id, struct digest *ret_wire_id,
                     struct record_place *ret_place) MUST_USE;
/* The record at a place, parsed; bytes into `wire`, lists into the scratch arena, which is reset before. */
enum err load_record(struct view *v, uint64_t height, uint32_t index, struct buffer *wire, struct record *ret) MUST_USE;
/* The canonical spelling of an identifier argument, in the arena. */
enum err canonical_of(struct view *v, struct span received, struct span *ret) MUST_USE;
/* The attested checkpoint of this snapshot; ERR_RPC_NOT_ATTESTED. */
enum err attested_of(struct view *v, struct attested *ret) MUST_USE;

/* rpc_submit.c and rpc_read.c write the same object about a record's fate. */
void put_committed(struct emit *j, uint64_t height, uint64_t log_index, uint16_t code, uint16_t item);

/* Lists in the order of issue give the place of their last row as `next`: below 2^53, as 2^37 log leaves are. */
enum { PLACE_ITEM_BITS = 16 };
static inline uint64_t cursor_of_place(const struct issued_place *place) {
    return place->issued << PLACE_ITEM_BITS | place->item;
}
static inline struct issued_place place_of_cursor(uint64_t cursor) {
    return (struct issued_place){.issued = cursor >> PLACE_ITEM_BITS, .item = (uint16_t)cursor};
}

#endif
