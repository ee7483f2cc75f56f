/* shapes_sealed.h: shapes and parameters of sealed values and of whom a party stands for, a part of method_table.c that is included there
 * alone, after the macros it uses. */
#ifndef RPC_SHAPES_SEALED_H
#define RPC_SHAPES_SEALED_H

static const struct shape_field party_fields[] = {
    AT,
    TEXT("identifier", "as asked", "查询标识"),
    TEXT("canonical", "its one spelling", "规范写法"),
    TEXT("subject", "the member it stands for, or empty", "所代表的成员，可为空"),
};
SHAPE(party, "Party");

static const struct shape_field sealed_tier_fields[] = {
    UINT("tier", "1 trade partner, 2 regulator, 3 public but deletable", "1 贸易伙伴，2 监管，3 公开但可删除"),
    BOOL("deleted", "its values were told to be deleted", "已被要求删除"),
    BOOL("held", "this node holds the sealed file", "本节点是否持有密封文件"),
    UINT("bytes", "of the sealed file", "密封文件字节数"),
    UINT("keys", "for how many recipients", "密钥份数"),
};
SHAPE(sealed_tier, "SealedTier");

static const struct shape_field sealed_list_fields[] = {
    AT,
    DIGEST("leaf", "wire identity", "线上标识"),
    TEXT("subject", "whose record it is", "提交主体"),
    OBJECTS("tiers", sealed_tier, "those of which the record hides values", "含隐藏值的各级"),
};
SHAPE(sealed_list, "SealedList");

static const struct shape_field sealed_key_fields[] = {
    DIGEST("leaf", "wire identity", "线上标识"),
    UINT("tier", "tier", "级"),
    BASE64("secret", "of tiers 1 and 2 the key in a box that only the recipient opens, 80 bytes; of tier 3 the key, 32 bytes",
           "第 1、2 级为只有接收者能打开的盒子（80 字节）；第 3 级为密钥（32 字节）"),
};
SHAPE(sealed_key, "SealedKey");

#define SEALED_TIER \
    {"tier", PARAM_PATH, PARAM_UINT, true, 1, 3, NULL, "1 trade partner, 2 regulator, 3 public but deletable", \
     "1 贸易伙伴，2 监管，3 公开但可删除"}
static const struct param sealed_list_params[] = {
    {"id", PARAM_PATH, PARAM_DIGEST, true, 0, 0, NULL, "record id or wire identity, hex", "记录编号或线上标识（十六进制）"},
};
static const struct param sealed_params[] = {
    {"id", PARAM_PATH, PARAM_DIGEST, true, 0, 0, NULL, "record id or wire identity, hex", "记录编号或线上标识（十六进制）"},
    SEALED_TIER,
};
static const struct param sealed_put_params[] = {
    {"id", PARAM_PATH, PARAM_DIGEST, true, 0, 0, NULL, "record id or wire identity, hex", "记录编号或线上标识（十六进制）"},
    SEALED_TIER,
    {"file", PARAM_BODY, PARAM_BYTES, true, 1, SEALED_FILE_BYTES_MAX, NULL, "the sealed file, signed by the record's key",
     "由记录所用密钥签名的密封文件"},
};
static const struct param sealed_keys_params[] = {
    {"id", PARAM_PATH, PARAM_DIGEST, true, 0, 0, NULL, "record id or wire identity, hex", "记录编号或线上标识（十六进制）"},
    SEALED_TIER,
    {"keys", PARAM_BODY, PARAM_BYTES, true, 1, SEALED_KEYS_BYTES_MAX, NULL, "the key file, signed by the record's key",
     "由记录所用密钥签名的密钥文件"},
};
static const struct param sealed_wrap_params[] = {
    {"id", PARAM_PATH, PARAM_DIGEST, true, 0, 0, NULL, "record id or wire identity, hex", "记录编号或线上标识（十六进制）"},
    SEALED_TIER,
    {"request", PARAM_BODY, PARAM_BYTES, true, 1, SEALED_REQUEST_BYTES_MAX, NULL, "signed by the recipient's key, not older than a minute",
     "由接收者密钥签名、不超过一分钟的请求"},
};

#endif
