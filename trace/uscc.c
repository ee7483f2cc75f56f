#include "trace/uscc.h"

/* GB 32100-2015 table 3: a character's place is its value. */
static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/* 31 when it has none. */
static unsigned place(uint8_t c) {
    unsigned i = 0;
    while (i < 31 && alphabet[i] != (char)c)
        i++;
    return i;
}

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static bool all_digits(struct span s) {
    for (size_t i = 0; i < s.len; i++)
        if (!is_digit(s.data[i])) return false;
    return true;
}

char uscc_check_character(struct span seventeen) {
    unsigned sum = 0, weight = 1;
    for (size_t i = 0; i < seventeen.len; i++, weight = weight * 3 % 31)
        sum += place(seventeen.data[i]) * weight;
    return alphabet[(31 - sum % 31) % 31];
}

/* GB 11714-1997: 0 to 9 and A (10) to Z (35) times these weights; what is lacking to a multiple of 11,
 * 10 written X, 11 written 0. */
static bool organisation_checks(struct span nine) {
    static const unsigned weights[] = {3, 7, 9, 10, 5, 8, 4, 2};
    unsigned sum = 0;
    for (size_t i = 0; i < 8; i++) {
        uint8_t c = nine.data[i];
        sum += weights[i] * (is_digit(c) ? (unsigned)(c - '0') : (unsigned)(c - 'A') + 10);
    }
    return "0123456789X"[(11 - sum % 11) % 11] == (char)nine.data[8];
}

/* GB 32100-2015 table 1. category NULL: the department itself. */
static const struct {
    char department, category;
    const char *zh, *en;
} words[] = {
    {'1', 0, "机构编制", "institutional establishment"},
    {'1', '1', "机关", "government body"},
    {'1', '2', "事业单位", "public institution"},
    {'1', '3', "编办直接管理机构编制的群众团体", "people's organisation"},
    {'1', '9', "其他", "other"},
    {'2', 0, "外交", "foreign affairs"},
    {'2', '1', "外国常驻新闻机构", "resident foreign press"},
    {'2', '9', "其他", "other"},
    {'3', 0, "司法行政", "justice"},
    {'3', '1', "律师执业机构", "law firm"},
    {'3', '2', "公证处", "notary office"},
    {'3', '3', "基层法律服务所", "local legal service"},
    {'3', '4', "司法鉴定机构", "forensic institution"},
    {'3', '5', "仲裁委员会", "arbitration commission"},
    {'3', '9', "其他", "other"},
    {'4', 0, "文化", "culture"},
    {'4', '1', "外国在华文化中心", "foreign cultural centre"},
    {'4', '9', "其他", "other"},
    {'5', 0, "民政", "civil affairs"},
    {'5', '1', "社会团体", "association"},
    {'5', '2', "民办非企业单位", "private non-enterprise unit"},
    {'5', '3', "基金会", "foundation"},
    {'5', '9', "其他", "other"},
    {'6', 0, "旅游", "tourism"},
    {'6', '1', "外国旅游部门常驻代表机构", "resident foreign tourism office"},
    {'6', '2', "港澳台地区旅游部门常驻内地（大陆）代表机构",
     "resident tourism office of Hong Kong, Macao or Taiwan"},
    {'6', '9', "其他", "other"},
    {'7', 0, "宗教", "religion"},
    {'7', '1', "宗教活动场所", "place of worship"},
    {'7', '2', "宗教院校", "religious college"},
    {'7', '9', "其他", "other"},
    {'8', 0, "工会", "trade unions"},
    {'8', '1', "基层工会", "local trade union"},
    {'8', '9', "其他", "other"},
    {'9', 0, "工商（市场监督管理）", "industry and commerce"},
    {'9', '1', "企业", "enterprise"},
    {'9', '2', "个体工商户", "individual business"},
    {'9', '3', "农民专业合作社", "farmers' cooperative"},
    {'A', 0, "中央军委改革和编制办公室", "Central Military Commission"},
    {'A', '1', "军队事业单位", "military institution"},
    {'A', '9', "其他", "other"},
    {'N', 0, "农业", "agriculture"},
    {'N', '1', "组级集体经济组织", "collective of a group"},
    {'N', '2', "村级集体经济组织", "collective of a village"},
    {'N', '3', "乡镇级集体经济组织", "collective of a township"},
    {'N', '9', "其他", "other"},
    {'Y', 0, "其他", "other"},
    {'Y', '1', "其他", "other"},
};

static void find_words(struct span code, struct uscc *u) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i].department != (char)code.data[0]) continue;
        if (words[i].category == 0) {
            u->department = words[i].zh;
            u->department_en = words[i].en;
        } else if (words[i].category == (char)code.data[1]) {
            u->category = words[i].zh;
            u->category_en = words[i].en;
        }
    }
}

static enum err refuse(enum err err, size_t at, size_t *ret_at) {
    *ret_at = at;
    return err;
}

enum err uscc_read(struct span code, struct uscc *ret, size_t *ret_at) {
    struct uscc u = {0};
    for (size_t i = 0; i < code.len && i < USCC_LENGTH; i++) {
        bool digit_place = i >= 2 && i < 8;
        if (place(code.data[i]) == 31 || (digit_place && !is_digit(code.data[i])))
            return refuse(ERR_USCC_CHARACTER, i, ret_at);
    }
    if (code.len != USCC_LENGTH) return refuse(ERR_USCC_LENGTH, code.len, ret_at);
    if (uscc_check_character(span_part(code, 0, 17)) != (char)code.data[17])
        return refuse(ERR_USCC_CHECK, 17, ret_at);
    find_words(code, &u);
    u.division = span_part(code, 2, 6);
    u.organisation = span_part(code, 8, 9);
    u.organisation_checks = organisation_checks(u.organisation);
    *ret = u;
    return OK;
}

enum err pesticide_read(struct span code, struct pesticide *ret) {
    static const char *const kinds[] = {"PD", "WP", "LS"};
    static const char *const produced[] = {"登记证持有人生产", "委托加工", "委托分装"};
    static const char *const produced_en[] = {"made by the holder of the registration",
                                              "made on commission", "packed on commission"};
    if (code.len != 32 || !all_digits(code)) return ERR_PESTICIDE_CODE;
    size_t kind = (size_t)(code.data[0] - '1'), by = (size_t)(code.data[7] - '1');
    if (kind > 2 || by > 2) return ERR_PESTICIDE_CODE;
    *ret = (struct pesticide){
        .registration = span_part(code, 1, 6),
        .kind = kinds[kind],
        .produced = produced[by],
        .produced_en = produced_en[by],
        .specification = span_part(code, 8, 3),
        .serial = span_part(code, 11, 21),
    };
    return OK;
}

enum err veterinary_check(struct span code) {
    return code.len == 24 && all_digits(code) ? OK : ERR_VETERINARY_CODE;
}

enum err trace_code_check(struct span code) {
    if (code.len < 8 || code.len > 64) return ERR_TRACE_CODE;
    for (size_t i = 0; i < code.len; i++) {
        uint8_t c = code.data[i], lower = c | 0x20;
        if (!is_digit(c) && !(lower >= 'a' && lower <= 'z') && c != '-' && c != '.')
            return ERR_TRACE_CODE;
    }
    return OK;
}
