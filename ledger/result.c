/* result.c: the table of result codes. */
#include "ledger/result.h"

static const struct field result_fields[] = {
    CODEC_FIXED(result, wire_id),
    CODEC_UINT(result, code, 0, UINT16_MAX),
    CODEC_UINT(result, item, 0, UINT16_MAX),
};
const struct type result_type = CODEC_TYPE(result, result_fields);

static const struct {
    uint16_t code;
    const char *name, *en, *zh;
} table[] = {
#define RESULT(number, name, en, zh) {number, #name, en, zh},
#include "ledger/result_table.h"
#undef RESULT
};
enum { ROWS = sizeof table / sizeof table[0] };

const char *result_name(uint16_t code) {
    for (int i = 0; i < ROWS; i++)
        if (table[i].code == code) return table[i].name;
    return "RESULT_?";
}

const char *result_text(uint16_t code, enum lang lang) {
    for (int i = 0; i < ROWS; i++)
        if (table[i].code == code) return lang == LANG_ZH ? table[i].zh : table[i].en;
    return lang == LANG_ZH ? "未知结果" : "an unknown result";
}

int result_at(int i) {
    return i >= 0 && i < ROWS ? table[i].code : -1;
}
