/* shapes_code.h: the shapes of code packs, their leaves and their codes, a part of method_table.c that is included there alone, after the
 * macros and the shapes it uses. */
#ifndef RPC_SHAPES_CODE_H
#define RPC_SHAPES_CODE_H

static const struct shape_field void_range_fields[] = {
    UINT("first", "index", "首序号"),
    UINT("last", "index, included", "末序号（含）"),
};
SHAPE(void_range, "VoidRange");

#define PACK_FIELDS                                                                                           \
    TEXT("pack", "pack id", "码包编号"), TEXT("gtin", "of 14 digits", "14 位 GTIN"),                          \
        TEXT("subject", "who issued it", "签发主体"), UINT("count", "codes in the pack", "码数"),             \
        DIGEST("root", "of its leaves", "叶子的根"), TEXT("lot", "canonical lot, or empty", "批次，可为空"),  \
        TEXT("certificate", "id, or empty", "证书编号，可为空"),                                              \
        TEXT("drawn_on", "the thing of the certificate that its codes are drawn on, or empty",                \
             "码所取用的证书条目，可为空"),                                                                   \
        UINT("log_index", "of the record that issued it", "签发记录的日志序号"),                              \
        UINT("item", "of that record", "该记录中的条目序号"), UINT("height", "of the block", "区块高度"),     \
        UINT("block_time_ms", "time of the block", "区块时间"),                                               \
        UINT("voided_codes", "how many codes are void", "已作废的码数")

static const struct shape_field pack_leaves_fields[] = {
    AT,
    TEXT("pack", "pack id", "码包编号"),
    UINT("count", "codes in the pack", "码数"),
    DIGEST("root", "of the pack, as the ledger has it", "账本上的码包根"),
    UINT("chunks", "of 1,024 codes, the last one shorter", "分块数（每块 1024 码，末块可短）"),
    UINT("held", "chunks that are here", "本节点持有的分块数"),
    BOOL("hashes", "whether the hashes of the chunks are here", "是否持有分块哈希"),
    BOOL("whole", "whether all is here", "是否完整"),
    BOOL("deleted", "whether the operator deleted them here", "是否已由运营者删除"),
    HEX("bits", "a bit per chunk held, lowest first", "各分块的持有位，低位在前"),
};
SHAPE(pack_leaves, "PackLeaves");

static const struct shape_field pack_fields[] = {
    AT,
    PACK_FIELDS,
    UINT("reason", "of the last void; 0: none", "最近一次作废的原因编号；0 表示没有"),
    OBJECTS("voided", void_range, "the ranges of indices that are void", "已作废的序号区间"),
};
SHAPE(pack, "Pack");

static const struct shape_field pack_row_fields[] = {PACK_FIELDS};
SHAPE(pack_row, "PackRow");

static const struct shape_field pack_list_fields[] = {
    AT,
    OBJECTS("packs", pack_row, "in the order they were issued", "按签发顺序"),
    UINT_MAYBE("next", "cursor of the next page; absent on the last", "下一页游标；末页没有"),
};
SHAPE(pack_list, "PackList");

static const struct shape_field claim_fields[] = {
    UINT("time_ms", "of the block that has it", "所在区块的时间"),
    TEXT("division", "where, as the claimant said; may be empty", "认领者所报区划，可为空"),
    HEX("nonce", "by which the claimant knows its own", "认领者据此认出自己的认领"),
    UINT("log_index", "place in the log", "日志序号"),
    UINT("height", "of the block", "区块高度"),
    UINT("block_time_ms", "time of the block", "区块时间"),
};
SHAPE(claim, "Claim");

static const struct shape_field piece_fields[] = {
    AT,
    TEXT("identifier", "as asked", "查询标识"),
    TEXT("canonical", "its one spelling", "规范写法"),
    TEXT_MAYBE("serial", "when it is a code", "序列号（是防伪码时）"),
    UINT_MAYBE("index", "its place in the pack", "在码包中的序号"),
    TEXT("issued", "yes | no | cannot_tell (this node lacks the leaves)", "yes 已发 | no 未发 | cannot_tell 本节点没有叶子，无法判断"),
    TEXT("verdict", "genuine | claimed | void | never_issued | cannot_tell | no_code",
         "genuine 真码 | claimed 已被认领 | void 已作废 | never_issued 从未发出 | cannot_tell 无法判断 | no_code 不是防伪码"),
    OBJECT_MAYBE("pack", pack_row, "the pack its serial names", "序列号所属码包"),
    {"voided", SHAPE_BOOL, true, false, NULL, "whether its index is void", "该序号是否已作废"},
    OBJECT_MAYBE("claim", claim, "of its index", "该序号的认领"),
};
SHAPE(piece, "CodeState");

#endif
