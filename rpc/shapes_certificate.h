/* shapes_certificate.h: the shapes of certificates, a part of method_table.c that is included there alone, after the macros and
 * the shapes it uses. */
#ifndef RPC_SHAPES_CERTIFICATE_H
#define RPC_SHAPES_CERTIFICATE_H

static const struct shape_field covered_fields[] = {
    TEXT("identifier", "canonical", "规范标识"),
    TEXT("unit", "of the quantity, or empty", "数量单位，可为空"),
    UINT("quantity_millionths", "0: none given", "数量（百万分之一）；0 表示未给出"),
    UINT("codes_drawn", "codes issued on it", "已据此发出的码数"),
};
SHAPE(covered, "Covered");

#define CERTIFICATE_ROW                                                                                       \
    TEXT("id", "issuer/number", "签发者/编号"), TEXT("issuer", "who issued it", "签发者"),                    \
        TEXT("number", "given by the issuer", "编号"), TEXT("type", "its type", "证书类型"),                  \
        TEXT("producer", "whose goods it covers", "生产者"),                                                  \
        TEXT("state", "active | expired | revoked | superseded",                                              \
             "active 有效 | expired 过期 | revoked 已撤销 | superseded 已被取代"),                            \
        UINT("until_ms", "0: no end", "截止时间；0 表示无期限"),                                              \
        UINT("issued", "log index of the record that issued it", "签发记录的日志序号"),                       \
        OBJECTS("covers", covered, "the goods", "所列货物")

static const struct shape_field certificate_row_fields[] = {CERTIFICATE_ROW};
SHAPE(certificate_row, "CertificateRow");

static const struct shape_field certificate_fields[] = {
    AT,
    CERTIFICATE_ROW,
    TEXTS("upstream", "certificates it rests on", "上游证书"),
    UINT("line", "its place among those that superseded each other", "在相继取代的证书中的次序"),
    TEXT("superseded_by", "certificate id, or empty", "取代它的证书，可为空"),
    UINT("reason", "of its revocation", "撤销原因编号"),
    UINT("since_height", "of its last change of state", "最近状态变更高度"),
    UINT("log_index", "of that change", "该变更的日志序号"),
    DIGEST("definition", "SHA-256 of the type's definition at that time", "签发时类型定义的摘要"),
    DIGEST("record", "id of the record that issued it", "签发记录编号"),
    UINT("height", "of that record", "该记录的区块高度"),
    UINT("block_time_ms", "of that record", "该记录的区块时间"),
    OBJECT("item", item, "what it says", "证书内容"),
};
SHAPE(certificate, "Certificate");

static const struct shape_field certificate_list_fields[] = {
    AT,
    OBJECTS("certificates", certificate_row, "in the order they were issued", "按签发次序"),
    UINT_MAYBE("next", "cursor of the next page; absent on the last", "下一页游标；末页没有"),
};
SHAPE(certificate_list, "CertificateList");

static const struct shape_field certificate_field_fields[] = {
    TEXT("name", "of the field", "字段名"),
    TEXT("kind", "text | integer | number | date | digest | choice | choices | texts", "取值种类"),
    BOOL("required", "must be there", "是否必填"),
    BOOL("hidden", "stands on the ledger as a commitment", "账本上只有承诺值"),
    TEXTS("choices", "of kinds choice and choices", "可选值"),
    TEXT("zh", "label", "中文名"),
    TEXT("en", "label", "英文名"),
};
SHAPE(certificate_field, "CertificateField");

static const struct shape_field certificate_type_fields[] = {
    TEXT("type", "its name", "类型名"),
    TEXT("title_zh", "title", "中文标题"),
    TEXT("title_en", "title", "英文标题"),
    TEXT("state", "active | retired", "active 启用 | retired 停用"),
    UINT("since_height", "of its last change", "最近变更高度"),
    DIGEST("digest", "SHA-256 of the definition", "定义的摘要"),
    TEXTS("roles", "who may issue it, by name", "可签发的角色"),
    TEXTS("covers", "kinds of things", "可列的标识种类"),
    TEXTS("issuers", "only these, unless empty", "签发者名单；空则不限"),
    TEXT("own", "anyone | own | others: whose goods", "anyone 任何人 | own 只限自己 | others 只限他人"),
    TEXT("quota", "none | produced", "none 不限 | produced 不超过所产"),
    UINT("things_min", "things at least", "至少几个标识"),
    UINT("things_max", "things at most", "至多几个标识"),
    TEXT("upstream", "never | may | must", "never 不得 | may 可以 | must 必须引用上游证书"),
    TEXTS("upstream_if", "empty, or a field and its value with which it must", "空，或字段与取值：此时必须引用"),
    UINT("validity_ms", "at most; 0: no limit", "最长有效期；0 表示不限"),
    OBJECTS("fields", certificate_field, "what it says", "字段"),
    BASE64("definition", "exact bytes", "定义的原始字节"),
};
SHAPE(certificate_type, "CertificateType");

static const struct shape_field certificate_type_answer_fields[] = {
    AT,
    OBJECT("type", certificate_type, "the type", "证书类型"),
};
SHAPE(certificate_type_answer, "CertificateTypeAnswer");

static const struct shape_field certificate_type_list_fields[] = {
    AT,
    OBJECTS("types", certificate_type, "in the order of their names", "按名称排序"),
    TEXT_MAYBE("next", "cursor of the next page; absent on the last", "下一页游标；末页没有"),
};
SHAPE(certificate_type_list, "CertificateTypeList");

#endif
