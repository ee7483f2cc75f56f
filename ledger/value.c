/* value.c: tables of the status values (SPEC S4, S5). */
#include "ledger/value.h"

#include "ledger/record.h"

#define COMMON(s) COMMON_STATES(s, 2)
#define COMMON_STATES(s, last)                                                                     \
    CODEC_UINT(s, version, 1, 1), CODEC_UINT(s, state, 1, last),                                      \
        CODEC_UINT(s, since_height, 0, UINT64_MAX), CODEC_UINT(s, log_index, 0, UINT64_MAX),       \
        CODEC_UINT(s, until_ms, 0, UINT64_MAX), CODEC_UINT(s, reason, 0, UINT16_MAX)

static const struct field member_fields[] = {
    COMMON(member_value),
    CODEC_UINT(member_value, roles, 1, MEMBER_ROLES_ALL),
    CODEC_TEXT(member_value, name, 1, NAME_BYTES_MAX),
    CODEC_TEXT(member_value, division, 0, 12),
};
const struct type member_value_type = CODEC_TYPE(member_value, member_fields);

static const struct field key_fields[] = {
    COMMON(key_value),
    CODEC_TEXT(key_value, subject, 1, SUBJECT_ID_BYTES_MAX),
    CODEC_UINT(key_value, from_ms, 0, UINT64_MAX),
};
const struct type key_value_type = CODEC_TYPE(key_value, key_fields);

static const struct field holder_fields[] = {
    CODEC_TEXT(holder, subject, 0, SUBJECT_ID_BYTES_MAX),
    CODEC_BOOL(holder, due),
    CODEC_INT(holder, n),
};
static const struct type holder_type = CODEC_TYPE(holder, holder_fields);
static const struct field mark_fields[] = {
    CODEC_TEXT(recall_mark, recall, 1, CERTIFICATE_ID_BYTES_MAX),
    CODEC_UINT(recall_mark, ms, 0, UINT64_MAX),
};
static const struct type mark_type = CODEC_TYPE(recall_mark, mark_fields);
static const struct field told_mark_fields[] = {
    CODEC_FIXED(told_mark, digest),
    CODEC_BOOL(told_mark, corrected),
};
static const struct type told_mark_type = CODEC_TYPE(told_mark, told_mark_fields);
static const struct field flow_fields[] = {
    CODEC_TEXT(flow, maker, 0, SUBJECT_ID_BYTES_MAX),
    CODEC_UINT(flow, made, 0, FLOW_MADE_MAX),
    CODEC_UINT(flow, foreign, 0, FLOW_MADE_MAX),
    CODEC_UINT(flow, marks, 0, UINT8_MAX),
    CODEC_TEXT(flow, parent, 0, IDENTIFIER_BYTES_MAX),
    CODEC_UINT(flow, packed_ms, 0, UINT64_MAX),
    CODEC_UINT(flow, born_ms, 0, UINT64_MAX),
    CODEC_UINT(flow, first_ms, 0, UINT64_MAX),
    CODEC_UINT(flow, last_ms, 0, UINT64_MAX),
    CODEC_UINT(flow, destroyed_ms, 0, UINT64_MAX),
    CODEC_UINT(flow, unit_count, 0, UINT64_MAX),
    CODEC_BYTES(flow, unit_chain, 0, 32),
    CODEC_UINT(flow, strays, 0, UINT32_MAX),
    CODEC_UINT(flow, overdrawn, 0, UINT32_MAX),
    CODEC_UINT(flow, unnamed, 0, UINT32_MAX),
    CODEC_LIST(flow, holders, holders_count, &holder_type, 0, FLOW_HOLDERS_MAX),
    CODEC_LIST(flow, recalls, recalls_count, &mark_type, 0, FLOW_RECALLS_MAX),
    CODEC_LIST(flow, told, told_count, &told_mark_type, 0, FLOW_TOLD_MAX),
};
static const struct type flow_type = CODEC_TYPE(flow, flow_fields);

static const struct field thing_fields[] = {
    COMMON(thing_value),
    CODEC_UINT(thing_value, count, 0, UINT64_MAX),
    CODEC_FIXED(thing_value, chain),
    CODEC_TEXT(thing_value, lot, 0, IDENTIFIER_BYTES_MAX),
    CODEC_TEXT(thing_value, pack, 0, IDENTIFIER_BYTES_MAX),
    CODEC_TEXT(thing_value, product, 0, IDENTIFIER_BYTES_MAX),
    CODEC_LIST(thing_value, flow, flow_count, &flow_type, 0, 1),
};
const struct type thing_value_type = CODEC_TYPE(thing_value, thing_fields);

static const struct field record_id_fields[] = {
    COMMON(record_id_value),
    CODEC_UINT(record_id_value, code, 0, UINT16_MAX),
};
const struct type record_id_value_type = CODEC_TYPE(record_id_value, record_id_fields);

static const struct field act_fields[] = {COMMON(act_value)};
const struct type act_value_type = CODEC_TYPE(act_value, act_fields);

static const struct field covered_fields[] = {
    CODEC_TEXT(covered, identifier, 1, IDENTIFIER_BYTES_MAX),
    CODEC_TEXT(covered, unit, 0, CERTIFICATE_UNIT_BYTES_MAX),
    CODEC_UINT(covered, quantity, 0, INT64_MAX),
    CODEC_UINT(covered, drawn, 0, INT64_MAX),
};
static const struct type covered_type = CODEC_TYPE(covered, covered_fields);

static const struct field certificate_fields[] = {
    COMMON_STATES(certificate_value, 3),
    CODEC_UINT(certificate_value, issued, 0, UINT64_MAX),
    CODEC_UINT(certificate_value, item, 0, UINT16_MAX),
    CODEC_TEXT(certificate_value, type, 1, SUBJECT_ID_BYTES_MAX),
    CODEC_FIXED(certificate_value, definition),
    CODEC_TEXT(certificate_value, producer, 1, SUBJECT_ID_BYTES_MAX),
    CODEC_LIST(certificate_value, covered, covered_count, &covered_type, 1, CERTIFICATE_THINGS_MAX),
    CODEC_VALUE(certificate_value, upstream, CERTIFICATE_UPSTREAM_MAX * (CERTIFICATE_ID_BYTES_MAX + 3)),
    CODEC_FIXED(certificate_value, item_digest),
    CODEC_UINT(certificate_value, line, 1, CERTIFICATE_LINE_MAX),
    CODEC_TEXT(certificate_value, other, 0, CERTIFICATE_ID_BYTES_MAX),
    CODEC_UINT(certificate_value, ended, 0, UINT16_MAX),
};
const struct type certificate_value_type = CODEC_TYPE(certificate_value, certificate_fields);

static const struct field range_fields[] = {
    CODEC_UINT(pack_range, first, 0, PACK_CODES_MAX - 1),
    CODEC_UINT(pack_range, last, 0, PACK_CODES_MAX - 1),
};
static const struct type range_type = CODEC_TYPE(pack_range, range_fields);

static const struct field pack_fields[] = {
    COMMON(pack_value),
    CODEC_UINT(pack_value, issued, 0, UINT64_MAX),
    CODEC_UINT(pack_value, item, 0, UINT16_MAX),
    CODEC_TEXT(pack_value, subject, 1, SUBJECT_ID_BYTES_MAX),
    CODEC_UINT(pack_value, count, 1, PACK_CODES_MAX),
    CODEC_FIXED(pack_value, root),
    CODEC_TEXT(pack_value, lot, 0, IDENTIFIER_BYTES_MAX),
    CODEC_TEXT(pack_value, certificate, 0, CERTIFICATE_ID_BYTES_MAX),
    CODEC_TEXT(pack_value, drawn_on, 0, IDENTIFIER_BYTES_MAX),
    CODEC_LIST(pack_value, voided, voided_count, &range_type, 0, PACK_RANGES_MAX),
};
const struct type pack_value_type = CODEC_TYPE(pack_value, pack_fields);

static const struct field claim_fields[] = {
    COMMON(claim_value),
    CODEC_TEXT(claim_value, division, 0, 6),
    CODEC_FIXED(claim_value, nonce),
    CODEC_UINT(claim_value, time_ms, 0, UINT64_MAX),
};
const struct type claim_value_type = CODEC_TYPE(claim_value, claim_fields);

static const struct field balance_fields[] = {
    COMMON(balance_value),
    CODEC_UINT(balance_value, amount, 0, INT64_MAX),
};
const struct type balance_value_type = CODEC_TYPE(balance_value, balance_fields);

static const struct field certificate_type_fields[] = {
    COMMON(certificate_type_value),
    CODEC_BYTES(certificate_type_value, definition, 1, CERTIFICATE_TYPE_BYTES_MAX),
};
const struct type certificate_type_value_type =
    CODEC_TYPE(certificate_type_value, certificate_type_fields);

static const struct field anchor_fields_of_value[] = {
    COMMON(anchor_value),
    CODEC_UINT(anchor_value, count, 0, UINT64_MAX),
    CODEC_FIXED(anchor_value, root),
};
const struct type anchor_value_type = CODEC_TYPE(anchor_value, anchor_fields_of_value);

static const struct field deletion_fields_of_value[] = {
    COMMON(deletion_value),
    CODEC_UINT(deletion_value, tiers, 1, 7),
};
const struct type deletion_value_type = CODEC_TYPE(deletion_value, deletion_fields_of_value);
static const struct field account_fields[] = {
    COMMON(account_value),
    CODEC_INT(account_value, amount),
};
const struct type account_value_type = CODEC_TYPE(account_value, account_fields);

static const struct field rule_fields[] = {
    COMMON(rule_value),
    CODEC_UINT(rule_value, action, 1, 2),
};
const struct type rule_value_type = CODEC_TYPE(rule_value, rule_fields);

static const struct field party_fields[] = {
    COMMON(party_value),
    CODEC_TEXT(party_value, subject, 0, SUBJECT_ID_BYTES_MAX),
};
const struct type party_value_type = CODEC_TYPE(party_value, party_fields);

static const struct field told_fields[] = {
    COMMON(told_value),
    CODEC_UINT(told_value, told, 0, UINT64_MAX),
    CODEC_UINT(told_value, item, 0, UINT16_MAX),
};
const struct type told_value_type = CODEC_TYPE(told_value, told_fields);

static const struct field group_fields[] = {
    COMMON(group_value),
    CODEC_UINT(group_value, count, 1, UINT64_MAX),
    CODEC_FIXED(group_value, chain),
};
const struct type group_value_type = CODEC_TYPE(group_value, group_fields);

static const struct field link_fields[] = {COMMON(link_value)};
const struct type link_value_type = CODEC_TYPE(link_value, link_fields);

static const struct field recall_fields_of_value[] = {
    COMMON(recall_value),
    CODEC_TEXT(recall_value, root, 1, IDENTIFIER_BYTES_MAX),
    CODEC_UINT(recall_value, level, 1, 3),
    CODEC_UINT(recall_value, listed, 1, UINT32_MAX),
    CODEC_UINT(recall_value, lifted, 0, UINT32_MAX),
};
const struct type recall_value_type = CODEC_TYPE(recall_value, recall_fields_of_value);

static const struct field recalled_fields[] = {COMMON(recalled_value)};
const struct type recalled_value_type = CODEC_TYPE(recalled_value, recalled_fields);

static const struct field yield_fields[] = {
    COMMON(yield_value),
    CODEC_BYTES(yield_value, rule, 1, YIELD_BYTES_MAX),
};
const struct type yield_value_type = CODEC_TYPE(yield_value, yield_fields);

enum err value_any_read(struct span value, struct value_any *ret) {
    struct unpack u;
    struct value_any v = {0};
    unpack_init(&u, value);
    uint32_t fields = unpack_array(&u, 64);
    v.version = (uint8_t)unpack_uint(&u, UINT8_MAX);
    v.state = (uint8_t)unpack_uint(&u, UINT8_MAX);
    v.since_height = unpack_uint(&u, UINT64_MAX);
    v.log_index = unpack_uint(&u, UINT64_MAX);
    v.until_ms = unpack_uint(&u, UINT64_MAX);
    v.reason = (uint16_t)unpack_uint(&u, UINT16_MAX);
    if (u.err || fields < 6) return u.err ? u.err : ERR_CODEC_COUNT;
    *ret = v;
    return OK;
}

static const struct {
    uint32_t bit;
    const char *en, *zh;
} roles[] = {
    {MEMBER_AUTHORITY, "authority", "主管机构"}, {MEMBER_PRODUCER, "producer", "生产者"},
    {MEMBER_PROCESSOR, "processor", "加工者"},   {MEMBER_CARRIER, "carrier", "承运者"},
    {MEMBER_RETAILER, "retailer", "销售者"},     {MEMBER_CERTIFIER, "certifier", "认证检测机构"},
    {MEMBER_DEVICE, "device", "设备"},           {MEMBER_AUDITOR, "auditor", "审计者"},
};

const char *role_name(uint32_t bit, enum lang lang) {
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (roles[i].bit == bit) return lang == LANG_ZH ? roles[i].zh : roles[i].en;
    return NULL;
}

uint32_t role_by_name(struct span name) {
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (span_is(name, roles[i].en)) return roles[i].bit;
    return 0;
}
