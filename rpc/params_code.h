/* params_code.h: the parameters of code packs and of scans, a part of method_table.c that is included there alone, after the macros it uses. */
#ifndef RPC_PARAMS_CODE_H
#define RPC_PARAMS_CODE_H

#define PACK                                                                                                  \
    {"gtin", PARAM_PATH, PARAM_TEXT, true, 14, 14, NULL, "GTIN of 14 digits", "14 位 GTIN"},                    \
    {"pack", PARAM_PATH, PARAM_TEXT, true, 5, 5, NULL, "the 5 characters of the pack", "码包的 5 个字符"}
#define CHUNK                                                                                                 \
    {"chunk", PARAM_PATH, PARAM_UINT, true, 0, PACK_CHUNKS_MAX - 1, NULL, "number of the chunk, from 0", "分块序号，从 0 起"}
static const struct param pack_params[] = {PACK};
static const struct param pack_hashes_params[] = {
    PACK,
    {"hashes", PARAM_BODY, PARAM_BYTES, true, 32, LEAVES_HASHES_BYTES_MAX, NULL, "the hash of each chunk, 32 bytes each",
     "各分块哈希，每个 32 字节"},
};
static const struct param pack_chunk_params[] = {PACK, CHUNK};
static const struct param pack_chunk_put_params[] = {
    PACK,
    CHUNK,
    {"leaves", PARAM_BODY, PARAM_BYTES, true, 64, PACK_CHUNK_BYTES, NULL, "code hash and claim key of each code, 64 bytes each",
     "各码的哈希与声明公钥，每码 64 字节"},
};

static const struct param scan_report_params[] = {
    {"identifier", PARAM_BODY, PARAM_TEXT, true, 1, IDENTIFIER_BYTES_MAX, NULL, "what was scanned: GTIN and serial",
     "扫到的标识：GTIN 与序列号"},
    {"division", PARAM_BODY, PARAM_TEXT, false, 0, SCAN_DIVISION_DIGITS, NULL,
     "administrative division, at most 6 digits; nothing finer, nothing of the person", "行政区划，至多 6 位；不含更细的位置与个人信息"},
};
static const struct param scans_params[] = {
    IDENTIFIER,
    {"scans", PARAM_QUERY, PARAM_UINT, false, 0, (1ull << 53) - 1, NULL, "N: more scans than these warn", "N：扫码次数超过即警示"},
    {"divisions", PARAM_QUERY, PARAM_UINT, false, 0, (1ull << 53) - 1, NULL, "M: more divisions than these warn",
     "M：区划数超过即警示"},
    {"hours", PARAM_QUERY, PARAM_UINT, false, 1, SCAN_HOURS_MAX, NULL, "T: within these hours", "T：时限（小时）"},
};
static const struct param scan_hour_params[] = {
    {"hour", PARAM_PATH, PARAM_UINT, true, 0, (1ull << 53) - 1, NULL, "when the hour begins, milliseconds UTC",
     "小时的起点，UTC 毫秒"},
    {"cursor", PARAM_QUERY, PARAM_UINT, false, 0, SCANS_HOUR_ROWS_MAX, NULL, "`next` of the page before", "上一页的 next"},
    LIMIT(PAGE_ROWS_MAX),
};

#endif
