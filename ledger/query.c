/* query.c: see query.h. Rows are named in keys.h. */
#include "ledger/query.h"

#include <string.h>

#include "ledger/history.h"
#include "ledger/rows.h"

static const struct field summary_fields[] = {
    CODEC_UINT(block_summary, height, 0, UINT64_MAX),
    CODEC_UINT(block_summary, view, 0, UINT64_MAX),
    CODEC_FIXED(block_summary, block),
    CODEC_UINT(block_summary, time_ms, 0, UINT64_MAX),
    CODEC_UINT(block_summary, log_size, 1, UINT64_MAX),
    CODEC_FIXED(block_summary, log_root),
    CODEC_UINT(block_summary, status_count, 0, UINT64_MAX),
    CODEC_FIXED(block_summary, status_root),
    CODEC_UINT(block_summary, records, 0, UINT32_MAX),
    CODEC_UINT(block_summary, accepted, 0, UINT32_MAX),
};
const struct type block_summary_type = CODEC_TYPE(block_summary, summary_fields);

enum { SMALL_ROW = 1024 };

enum err query_record(struct reader r, const struct digest *wire_id, struct record_place *ret) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct row_key k = row_digest('W', wire_id);
    buffer_init(&b, SMALL_ROW);
    if (!row_get(r, TABLE_STATE, &k, &b)) return ERR_QUERY_UNKNOWN;
    CHECK(b.len == 24);
    *ret = (struct record_place){get_u64(b.data), get_u32(b.data + 8), get_u64(b.data + 12),
                                 get_u16(b.data + 20), get_u16(b.data + 22)};
    return OK;
}

enum err query_record_by_id(struct reader r, const struct digest *record_id,
                            struct digest *ret_wire_id) {
    struct buffer b CLEANUP(buffer_free) = {0}, wire CLEANUP(buffer_free) = {0};
    struct row_key k = row_digest('I', record_id);
    buffer_init(&b, SMALL_ROW);
    buffer_init(&wire, RECORD_BYTES_MAX);
    if (!row_get(r, TABLE_STATE, &k, &b)) return ERR_QUERY_UNKNOWN;
    CHECK(b.len == 12);
    enum err e = query_record_bytes(r, get_u64(b.data), get_u32(b.data + 8), &wire);
    return e ? e : record_wire_id(buffer_span(&wire), ret_wire_id);
}

static enum err chain_row(struct reader r, const struct row_key *k, struct buffer *ret) {
    return row_get(r, TABLE_CHAIN, k, ret) ? OK : ERR_QUERY_UNKNOWN;
}

enum err query_record_bytes(struct reader r, uint64_t height, uint32_t index, struct buffer *ret) {
    struct row_key k = row_record(height, index);
    return chain_row(r, &k, ret);
}

enum err query_log_leaf(struct reader r, uint64_t log_index, struct buffer *ret,
                        uint64_t *ret_height, uint32_t *ret_index) {
    struct row_key k = row_u64('E', log_index);
    enum err e = chain_row(r, &k, ret);
    if (e) return e;
    if (ret->len <= 12) return ERR_CODEC_TRUNCATED;
    *ret_height = get_u64(ret->data);
    *ret_index = get_u32(ret->data + 8);
    buffer_consume(ret, 12);
    return OK;
}

enum err query_height_of_leaf(struct reader r, uint64_t log_index, uint64_t *ret) {
    struct buffer b CLEANUP(buffer_free) = {0};
    uint32_t index;
    buffer_init(&b, LEAF_BYTES_MAX + 12);
    return query_log_leaf(r, log_index, &b, ret, &index);
}

enum err query_block(struct reader r, uint64_t height, struct block_summary *ret) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct row_key k = row_u64('S', height);
    buffer_init(&b, SMALL_ROW);
    enum err e = chain_row(r, &k, &b);
    return e != OK ? e : codec_decode(&block_summary_type, buffer_span(&b), NULL, ret);
}

enum err query_block_stored(struct reader r, uint64_t height, struct buffer *ret) {
    struct row_key k = row_u64('B', height);
    return chain_row(r, &k, ret);
}

enum err query_results(struct reader r, uint64_t height, struct arena *arena, struct result **ret,
                       uint32_t *ret_count) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct row_key k = row_u64('R', height);
    struct block_summary s;
    struct unpack u;
    buffer_init(&b, (size_t)BLOCK_RECORDS_MAX * 64);
    enum err e = query_block(r, height, &s);
    if (e == OK) e = chain_row(r, &k, &b);
    if (e) return e;
    struct result *list = arena_alloc(arena, s.records + 1, sizeof *list);
    if (!list) return ERR_TOO_LARGE;
    unpack_init(&u, buffer_span(&b));
    for (uint32_t i = 0; i < s.records; i++)
        if (!codec_read(&result_type, &u, NULL, &list[i])) return u.err;
    e = unpack_end(&u);
    if (e) return e;
    *ret = list;
    *ret_count = s.records;
    return OK;
}

/* Block times rise, so a bisection over heights needs no walk over the time rows. */
uint64_t query_height_at(struct reader r, uint64_t time_ms) {
    struct ledger_head head;
    if (!ledger_head_read(r, &head)) return 0;
    uint64_t low = 0, high = head.height;
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        struct block_summary s;
        CHECK(query_block(r, middle, &s) == OK);
        if (s.time_ms <= time_ms)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static enum err query_value(struct reader r, const struct digest *key, const struct type *type,
                            struct buffer *value, void *ret) {
    if (!status_get(r, key, value)) return ERR_QUERY_UNKNOWN;
    CHECK(codec_decode(type, buffer_span(value), NULL, ret) == OK);
    return OK;
}

enum err query_member(struct reader r, struct span subject, struct buffer *value,
                      struct member_value *ret) {
    if (!subject_id_valid(subject)) return ERR_QUERY_UNKNOWN;
    struct digest key = status_key(STATUS_MEMBER, subject);
    return query_value(r, &key, &member_value_type, value, ret);
}

enum err query_key(struct reader r, const struct pubkey *key, struct buffer *value,
                   struct key_value *ret) {
    struct digest at = status_key(STATUS_KEY, span_of(key->b, 32));
    return query_value(r, &at, &key_value_type, value, ret);
}

enum err query_thing(struct reader r, struct span canonical, struct buffer *value, struct arena *arena,
                     struct thing_value *ret) {
    if (canonical.len == 0 || canonical.len > IDENTIFIER_BYTES_MAX) return ERR_QUERY_UNKNOWN;
    struct digest key = status_key(STATUS_THING, canonical);
    if (!status_get(r, &key, value)) return ERR_QUERY_UNKNOWN;
    CHECK(codec_decode(&thing_value_type, buffer_span(value), arena, ret) == OK);
    return OK;
}

struct page {
    uint32_t count, max;
    void *list;
    struct arena *arena;
};

static bool key_row(void *context, struct span key, struct span value) {
    struct page *p = context;
    struct pubkey *list = p->list;
    (void)value;
    if (p->count == p->max) return false;
    CHECK(key.len == 65);
    memcpy(list[p->count++].b, key.data + 33, 32);
    return true;
}

uint32_t query_member_keys(struct reader r, struct span subject, const struct pubkey *after,
                           uint32_t max, struct pubkey ret[]) {
    struct page p = {.max = max, .list = ret};
    struct row_key prefix = row_key_of(subject, NULL), from = row_key_of(subject, after),
                   to = row_after(&prefix);
    if (after) key_u8(&from, 0); /* the next key after it */
    reader_scan(r, TABLE_STATE, key_span(&from), key_span(&to), key_row, &p);
    return p.count;
}

static bool name_row(void *context, struct span key, struct span value) {
    struct page *p = context;
    struct span *list = p->list;
    (void)value;
    if (p->count == p->max) return false;
    list[p->count] = arena_copy(p->arena, span_part(key, 1, key.len - 1));
    if (!list[p->count].data) return false;
    p->count++;
    return true;
}

/* Rows whose key is the kind and a name, after the given one. */
static uint32_t names(struct reader r, char kind, struct span after, uint32_t max,
                      struct arena *arena, struct span ret[]) {
    struct page p = {.max = max, .list = ret, .arena = arena};
    if (after.len > SUBJECT_ID_BYTES_MAX) return 0;
    struct row_key from = row_text(kind, after), prefix = key_begin(kind), to = row_after(&prefix);
    if (after.len > 0) key_u8(&from, 0);
    reader_scan(r, TABLE_STATE, key_span(&from), key_span(&to), name_row, &p);
    return p.count;
}

uint32_t query_members(struct reader r, struct span after, uint32_t max, struct arena *arena,
                       struct span ret[]) {
    return names(r, 'm', after, max, arena, ret);
}

uint32_t query_certificate_types(struct reader r, struct span after, uint32_t max,
                                 struct arena *arena, struct span ret[]) {
    return names(r, 'T', after, max, arena, ret);
}

enum err query_certificate(struct reader r, struct span id, struct buffer *value,
                           struct arena *arena, struct certificate_value *ret) {
    if (!certificate_id_valid(id)) return ERR_QUERY_UNKNOWN;
    struct digest key = status_key(STATUS_CERTIFICATE, id);
    if (!status_get(r, &key, value)) return ERR_QUERY_UNKNOWN;
    return codec_decode(&certificate_value_type, buffer_span(value), arena, ret);
}

enum err query_certificate_type(struct reader r, struct span type, struct buffer *value,
                                struct certificate_type_value *ret) {
    if (!subject_id_valid(type)) return ERR_QUERY_UNKNOWN;
    struct digest key = status_key(STATUS_CERTIFICATE_TYPE, type);
    return query_value(r, &key, &certificate_type_value_type, value, ret);
}

static bool issued_row(void *context, struct span key, struct span value) {
    struct page *p = context;
    struct issued_place *list = p->list;
    if (p->count == p->max) return false;
    CHECK(key.len == 43);
    struct issued_place place = {get_u64(key.data + 33), get_u16(key.data + 41),
                                      arena_copy(p->arena, value)};
    if (!place.id.data) return false;
    list[p->count++] = place;
    return true;
}

static uint32_t issued(struct reader r, char kind, const struct digest *by,
                       const struct issued_place *after, struct page p) {
    struct row_key prefix = row_digest(kind, by), from = prefix, to = row_after(&prefix);
    if (after) {
        from = row_issued(kind, by, after->issued, after->item);
        key_u8(&from, 0); /* the next key after it */
    }
    reader_scan(r, TABLE_STATE, key_span(&from), key_span(&to), issued_row, &p);
    return p.count;
}

uint32_t query_certificates(struct reader r, enum certificates_of by, struct span name,
                            const struct issued_place *after, uint32_t max,
                            struct arena *arena, struct issued_place ret[]) {
    static const char kinds[] = {
        [CERTIFICATES_OF_ISSUER] = 'c', [CERTIFICATES_OF_PRODUCER] = 'p', [CERTIFICATES_OF_THING] = 't'};
    if (name.len > IDENTIFIER_BYTES_MAX) return 0;
    struct digest d = by == CERTIFICATES_OF_THING ? status_key(STATUS_THING, name) : sha256(name);
    return issued(r, kinds[by], &d, after, (struct page){.max = max, .list = ret, .arena = arena});
}

enum err query_pack(struct reader r, struct span pack_id, struct buffer *value, struct arena *arena,
                    struct pack_value *ret) {
    if (!pack_id_valid(pack_id)) return ERR_QUERY_UNKNOWN;
    struct digest key = status_key(STATUS_PACK, pack_id);
    if (!status_get(r, &key, value)) return ERR_QUERY_UNKNOWN;
    return codec_decode(&pack_value_type, buffer_span(value), arena, ret);
}

enum err query_claim(struct reader r, const struct code *code, struct buffer *value,
                     struct claim_value *ret) {
    struct digest key = row_claim(code);
    return query_value(r, &key, &claim_value_type, value, ret);
}

enum err query_anchor(struct reader r, struct span subject, struct span what, uint64_t from_ms,
                      struct buffer *value, struct anchor_value *ret) {
    struct digest key = row_anchor(subject, what, from_ms);
    return query_value(r, &key, &anchor_value_type, value, ret);
}

enum err query_party(struct reader r, struct span canonical, struct buffer *value, struct party_value *ret) {
    if (canonical.len == 0 || canonical.len > IDENTIFIER_BYTES_MAX) return ERR_QUERY_UNKNOWN;
    struct digest key = status_key(STATUS_PARTY, canonical);
    return query_value(r, &key, &party_value_type, value, ret);
}

/* SPEC U10: "the tiers of the row with the empty text and those of the row of the record's own subject" */
uint8_t query_deleted(struct reader r, const struct digest *wire_id, struct span subject) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct deletion_value v;
    uint8_t tiers = 0;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    struct digest own = row_deletion(wire_id, subject), authority = row_deletion(wire_id, SPAN_EMPTY);
    if (query_value(r, &own, &deletion_value_type, &value, &v) == OK) tiers |= v.tiers;
    if (query_value(r, &authority, &deletion_value_type, &value, &v) == OK) tiers |= v.tiers;
    return tiers;
}

uint32_t query_deletions(struct reader r, const struct issued_place *after, uint32_t max, struct arena *arena,
                         struct issued_place ret[]) {
    struct digest all = sha256(SPAN_EMPTY);
    return issued(r, 'y', &all, after, (struct page){.max = max, .list = ret, .arena = arena});
}

uint32_t query_packs(struct reader r, enum packs_of by, struct span name,
                     const struct issued_place *after, uint32_t max, struct arena *arena,
                     struct issued_place ret[]) {
    static const char kinds[] = {
        [PACKS_OF_SUBJECT] = 'q', [PACKS_OF_GTIN] = 'g', [PACKS_OF_LOT] = 'l', [PACKS_ALL] = 'a'};
    if (name.len > IDENTIFIER_BYTES_MAX) return 0;
    struct digest d = by == PACKS_OF_SUBJECT || by == PACKS_ALL ? sha256(name) : status_key(STATUS_THING, name);
    return issued(r, kinds[by], &d, after, (struct page){.max = max, .list = ret, .arena = arena});
}

static bool history_row(void *context, struct span key, struct span value) {
    struct page *p = context;
    struct history_place *list = p->list;
    if (p->count == p->max) return false;
    CHECK(key.len == 41 && value.len >= 10);
    list[p->count++] = (struct history_place){get_u64(key.data + 33), get_u64(value.data),
                                              get_u16(value.data + 8)};
    return true;
}

static uint32_t chain_page(struct reader r, char kind, const struct digest *key, uint64_t from, uint32_t max,
                           struct history_place ret[]) {
    struct page p = {.max = max, .list = ret};
    struct row_key prefix = row_digest(kind, key), first = row_chain(kind, key, from), to = row_after(&prefix);
    reader_scan(r, TABLE_STATE, key_span(&first), key_span(&to), history_row, &p);
    return p.count;
}

uint32_t query_history(struct reader r, struct span canonical, uint64_t from, uint32_t max,
                       struct history_place ret[]) {
    if (canonical.len == 0 || canonical.len > IDENTIFIER_BYTES_MAX) return 0;
    struct digest key = status_key(STATUS_THING, canonical);
    return chain_page(r, 'h', &key, from, max, ret);
}

uint32_t query_moves(struct reader r, const struct digest *key, uint64_t from, uint32_t max, struct history_place ret[]) {
    return chain_page(r, 'u', key, from, max, ret);
}

enum err query_recall(struct reader r, struct span id, struct buffer *value, struct recall_value *ret) {
    if (!certificate_id_valid(id)) return ERR_QUERY_UNKNOWN;
    struct digest key = status_key(STATUS_RECALL, id);
    return query_value(r, &key, &recall_value_type, value, ret);
}

uint32_t query_recalls(struct reader r, const struct issued_place *after, uint32_t max, struct arena *arena,
                       struct issued_place ret[]) {
    struct digest all = sha256(SPAN_EMPTY);
    return issued(r, 'r', &all, after, (struct page){.max = max, .list = ret, .arena = arena});
}

static bool recalled_row(void *context, struct span key, struct span value) {
    struct page *p = context;
    struct recalled_place *list = p->list;
    if (p->count == p->max) return false;
    CHECK(key.len == 41 && value.len > 10);
    struct span thing = arena_copy(p->arena, span_of(value.data + 10, value.len - 10));
    if (!thing.data) return false;
    list[p->count++] = (struct recalled_place){
        .n = get_u64(key.data + 33), .log_index = get_u64(value.data), .item = get_u16(value.data + 8), .thing = thing};
    return true;
}

uint32_t query_recalled(struct reader r, struct span id, uint64_t from, uint32_t max, struct arena *arena,
                        struct recalled_place ret[]) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct page p = {.max = max, .list = ret, .arena = arena};
    struct digest recall = sha256(id);
    struct row_key prefix = row_digest('j', &recall), first = row_chain('j', &recall, from), to = row_after(&prefix);
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    reader_scan(r, TABLE_STATE, key_span(&first), key_span(&to), recalled_row, &p);
    for (uint32_t i = 0; i < p.count; i++) {
        struct recalled_value v;
        struct digest key = row_recalled(id, ret[i].thing);
        ret[i].lifted = query_value(r, &key, &recalled_value_type, &value, &v) == OK && v.state == STATE_LIFTED;
    }
    return p.count;
}

enum err query_history_head(struct reader r, struct span canonical, uint64_t i,
                            struct digest *ret) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct digest zero = {{0}};
    CHECK(i % HISTORY_HEAD_EVERY == 0);
    if (canonical.len == 0 || canonical.len > IDENTIFIER_BYTES_MAX) return ERR_QUERY_UNKNOWN;
    struct digest key = status_key(STATUS_THING, canonical);
    struct row_key row = row_chain('h', &key, i);
    buffer_init(&b, 10 + 32);
    if (i > 0 && (!row_get(r, TABLE_STATE, &row, &b) || b.len != 10 + 32)) return ERR_QUERY_UNKNOWN;
    if (i > 0) memcpy(zero.b, b.data + 10, 32);
    *ret = zero;
    return OK;
}

static bool subject_row(void *context, struct span key, struct span value) {
    struct page *p = context;
    uint64_t *list = p->list;
    (void)value;
    if (p->count == p->max) return false;
    CHECK(key.len == 41);
    list[p->count++] = get_u64(key.data + 33);
    return true;
}

uint32_t query_subject_records(struct reader r, struct span subject, uint64_t from, uint32_t max,
                               uint64_t ret[]) {
    struct page p = {.max = max, .list = ret};
    struct digest d = sha256(subject);
    struct row_key prefix = row_digest('s', &d), first = row_subject(subject, from),
                   to = row_after(&prefix);
    reader_scan(r, TABLE_STATE, key_span(&first), key_span(&to), subject_row, &p);
    return p.count;
}
