/* value.c: tables of the status values (SPEC S4, S5). */
#include "ledger/value.h"

#include "ledger/record.h"

#define COMMON(s)                                                                                  \
    CODEC_UINT(s, version, 1, 1), CODEC_UINT(s, state, 1, 2),                                      \
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

static const struct field thing_fields[] = {
    COMMON(thing_value),
    CODEC_UINT(thing_value, count, 1, UINT64_MAX),
    CODEC_FIXED(thing_value, chain),
    CODEC_TEXT(thing_value, lot, 0, IDENTIFIER_BYTES_MAX),
    CODEC_TEXT(thing_value, pack, 0, IDENTIFIER_BYTES_MAX),
    CODEC_TEXT(thing_value, product, 0, IDENTIFIER_BYTES_MAX),
};
const struct type thing_value_type = CODEC_TYPE(thing_value, thing_fields);

static const struct field record_id_fields[] = {
    COMMON(record_id_value),
    CODEC_UINT(record_id_value, code, 0, UINT16_MAX),
};
const struct type record_id_value_type = CODEC_TYPE(record_id_value, record_id_fields);

static const struct field act_fields[] = {COMMON(act_value)};
const struct type act_value_type = CODEC_TYPE(act_value, act_fields);

static const struct field anchor_fields_of_value[] = {
    COMMON(anchor_value),
    CODEC_UINT(anchor_value, count, 0, UINT64_MAX),
    CODEC_FIXED(anchor_value, root),
};
const struct type anchor_value_type = CODEC_TYPE(anchor_value, anchor_fields_of_value);

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
