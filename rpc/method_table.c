/* The table itself. To add a method: its shape, its parameters, its row, its handler (handlers.h). The tests then
 * demand that the OpenAPI document, REST, JSON-RPC and what the handler writes agree. */
#include "rpc/handlers.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define SHAPE(n, text) static const struct shape n = {text, n##_fields, COUNT(n##_fields)}

/* Fields: name, kind, optional, list, shape. */
#define TEXT(n, en, zh) {n, SHAPE_TEXT, false, false, NULL, en, zh}
#define TEXT_MAYBE(n, en, zh) {n, SHAPE_TEXT, true, false, NULL, en, zh}
#define TEXTS_MAYBE(n, en, zh) {n, SHAPE_TEXT, true, true, NULL, en, zh}
#define TEXTS(n, en, zh) {n, SHAPE_TEXT, false, true, NULL, en, zh}
#define UINT(n, en, zh) {n, SHAPE_UINT, false, false, NULL, en, zh}
#define UINT_MAYBE(n, en, zh) {n, SHAPE_UINT, true, false, NULL, en, zh}
#define BOOL(n, en, zh) {n, SHAPE_BOOL, false, false, NULL, en, zh}
#define HEX(n, en, zh) {n, SHAPE_HEX, false, false, NULL, en, zh}
#define DIGEST(n, en, zh) {n, SHAPE_DIGEST, false, false, NULL, en, zh}
#define DIGEST_MAYBE(n, en, zh) {n, SHAPE_DIGEST, true, false, NULL, en, zh}
#define BASE64(n, en, zh) {n, SHAPE_BASE64, false, false, NULL, en, zh}
#define ANY(n, en, zh) {n, SHAPE_ANY, false, false, NULL, en, zh}
#define ANY_MAYBE(n, en, zh) {n, SHAPE_ANY, true, false, NULL, en, zh}
#define OBJECT(n, s, en, zh) {n, SHAPE_OBJECT, false, false, &(s), en, zh}
#define OBJECT_MAYBE(n, s, en, zh) {n, SHAPE_OBJECT, true, false, &(s), en, zh}
#define OBJECTS(n, s, en, zh) {n, SHAPE_OBJECT, false, true, &(s), en, zh}

static const struct shape_field at_fields[] = {
    UINT("height", "block height the answer stands on", "所依据的区块高度"),
    UINT("time_ms", "time of that block", "该区块时间"),
    UINT("size", "log size at that height", "该高度的日志大小"),
    DIGEST("root", "log root at that size", "该大小的日志根"),
};
SHAPE(at, "At");
#define AT OBJECT("at", at, "what the answer stands on", "结果所依据的位置")

static const struct shape_field problem_fields[] = {
    TEXT("type", "urn:suyuan:error:<code>", "错误类型"),
    TEXT("title", "the sentence in the language asked for", "所选语言的说明"),
    UINT("status", "HTTP status", "HTTP 状态码"),
    UINT("code", "number of the refusal", "拒绝编号"),
    TEXT("name", "name of the refusal", "拒绝名称"),
    TEXT("where", "the place it was found at, or empty", "出错位置，可为空"),
    TEXT("title_en", "the sentence in English", "英文说明"),
    TEXT("title_zh", "the sentence in Chinese", "中文说明"),
};
SHAPE(problem, "Problem");

static const struct shape_field result_fields[] = {
    UINT("code", "result code", "结果编号"),
    TEXT("name", "its name", "结果名称"),
    TEXT("text_en", "its sentence in English", "英文说明"),
    TEXT("text_zh", "its sentence in Chinese", "中文说明"),
    UINT("item", "index of the offending item plus one; 0: the record as a whole", "出错条目序号加一；0 表示整条记录"),
};
SHAPE(result, "Result");

static const struct shape_field submitted_fields[] = {
    DIGEST_MAYBE("id", "record id", "记录编号"),
    DIGEST_MAYBE("leaf", "wire identity (log leaf hash)", "线上标识（日志叶哈希）"),
    TEXT("status", "pending | committed | refused | busy", "pending 待定 | committed 已提交 | refused 被拒 | busy 繁忙"),
    UINT_MAYBE("height", "of the block", "区块高度"),
    UINT_MAYBE("log_index", "place in the log, when accepted", "日志序号（被接受时）"),
    OBJECT_MAYBE("result", result, "what execution decided", "执行结果"),
    OBJECT_MAYBE("error", problem, "why it was not taken", "未受理的原因"),
};
SHAPE(submitted, "Submitted");

static const struct shape_field batch_fields[] = {
    OBJECTS("records", submitted, "one outcome per record, in order", "逐条结果，按顺序"),
    UINT("pending", "how many", "待定数"),
    UINT("committed", "how many", "已提交数"),
    UINT("refused", "how many", "被拒数"),
    UINT("busy", "how many were not taken: submit them again", "未受理数，请重新提交"),
};
SHAPE(batch, "SubmittedBatch");

static const struct shape_field status_fields[] = {
    AT,
    TEXT("status", "pending | committed | unknown", "pending 待定 | committed 已提交 | unknown 未知"),
    DIGEST_MAYBE("id", "record id", "记录编号"),
    DIGEST_MAYBE("leaf", "wire identity", "线上标识"),
    UINT_MAYBE("height", "of the block", "区块高度"),
    UINT_MAYBE("log_index", "place in the log, when accepted", "日志序号（被接受时）"),
    OBJECT_MAYBE("result", result, "what execution decided", "执行结果"),
};
SHAPE(status, "RecordStatus");

static const struct shape_field thing_fields[] = {
    UINT("role", "place in the event", "在事件中的角色编号"),
    TEXT("role_name", "the same in words", "角色名称"),
    TEXT("identifier", "as received", "原样标识"),
    ANY_MAYBE("quantity", "number", "数量"),
    TEXT_MAYBE("unit", "unit of the quantity", "单位"),
};
SHAPE(thing, "NamedThing");

static const struct shape_field item_fields[] = {
    UINT("index", "in the record", "在记录中的序号"),
    UINT("type", "item type", "条目类型编号"),
    TEXT("type_name", "the same in words", "条目类型名称"),
    DIGEST("digest", "item digest", "条目摘要"),
    ANY("fields", "as received, without the identifiers", "原样字段，不含标识"),
    OBJECTS("things", thing, "the identifiers it names", "所列标识"),
};
SHAPE(item, "Item");

static const struct shape_field record_fields[] = {
    AT,
    DIGEST("id", "record id", "记录编号"),
    DIGEST("leaf", "wire identity", "线上标识"),
    UINT("height", "of the block", "区块高度"),
    UINT("block_time_ms", "time of the block", "区块时间"),
    UINT("index", "in the block", "区块内序号"),
    UINT_MAYBE("log_index", "place in the log, when accepted", "日志序号（被接受时）"),
    OBJECT("result", result, "what execution decided", "执行结果"),
    UINT("kind", "record kind", "记录种类"),
    TEXT("subject", "who says it", "提交主体"),
    DIGEST("key", "public key", "公钥"),
    HEX("signature", "over the header", "签名"),
    UINT("created_ms", "as the submitter says", "创建时间"),
    UINT("expires_ms", "as the submitter says", "过期时间"),
    TEXT("nonce", "decimal", "随机数（十进制）"),
    OBJECTS("items", item, "what it says", "条目"),
};
SHAPE(record, "Record");

static const struct shape_field document_fields[] = {
    AT,
    ANY("document", "the EPCIS document as received", "原样 EPCIS 文档"),
    UINT("index", "of this document in the record", "该文档在记录中的序号"),
    UINT("documents", "how many the record carries", "记录中的文档数"),
};
SHAPE(document, "EpcisDocument");

static const struct shape_field record_row_fields[] = {
    UINT("log_index", "place in the log", "日志序号"),
    UINT("height", "of the block", "区块高度"),
    UINT("block_time_ms", "time of the block", "区块时间"),
    DIGEST("id", "record id", "记录编号"),
    DIGEST("leaf", "wire identity", "线上标识"),
    UINT("kind", "record kind", "记录种类"),
    TEXT("subject", "who says it", "提交主体"),
    DIGEST("key", "public key", "公钥"),
    UINT("created_ms", "as the submitter says", "创建时间"),
    UINT("items", "how many", "条目数"),
};
SHAPE(record_row, "RecordRow");

static const struct shape_field record_list_fields[] = {
    AT,
    OBJECTS("records", record_row, "in the order of the log", "按日志顺序"),
    UINT_MAYBE("next", "cursor of the next page; absent on the last", "下一页游标；末页没有"),
};
SHAPE(record_list, "RecordList");

#include "rpc/shapes_thing.h"

static const struct shape_field key_fields[] = {
    DIGEST("key", "public key", "公钥"),
    TEXT("subject", "whose it is", "所属主体"),
    TEXT("state", "active | revoked", "active 有效 | revoked 已吊销"),
    UINT("from_ms", "valid from", "生效时间"),
    UINT("until_ms", "valid until; 0: no end", "失效时间；0 表示无期限"),
    UINT("since_height", "of its last change", "最近变更高度"),
    UINT("reason", "of its revocation", "吊销原因编号"),
};
SHAPE(key, "Key");

static const struct shape_field key_answer_fields[] = {
    AT,
    OBJECT("key", key, "the key", "公钥"),
};
SHAPE(key_answer, "KeyAnswer");

static const struct shape_field member_fields[] = {
    TEXT("subject", "subject id", "主体编号"),
    TEXT("name", "name", "名称"),
    TEXTS("roles", "roles by name", "角色"),
    TEXT("division", "administrative division code", "行政区划代码"),
    TEXT("state", "active | suspended", "active 有效 | suspended 已暂停"),
    UINT("since_height", "of its last change", "最近变更高度"),
    UINT("reason", "of its suspension", "暂停原因编号"),
};
SHAPE(member, "Member");

static const struct shape_field member_answer_fields[] = {
    AT,
    OBJECT("member", member, "the member", "成员"),
    OBJECTS("keys", key, "its keys", "公钥列表"),
};
SHAPE(member_answer, "MemberAnswer");

static const struct shape_field member_list_fields[] = {
    AT,
    OBJECTS("members", member, "in the order of their subject ids", "按主体编号排序"),
    TEXT_MAYBE("next", "cursor of the next page; absent on the last", "下一页游标；末页没有"),
};
SHAPE(member_list, "MemberList");

#include "rpc/shapes_certificate.h"

static const struct shape_field block_result_fields[] = {
    DIGEST("leaf", "wire identity of the record", "记录线上标识"),
    OBJECT("result", result, "what execution decided", "执行结果"),
};
SHAPE(block_result, "BlockResult");

static const struct shape_field block_fields[] = {
    AT,
    UINT("height", "height", "高度"),
    UINT("view", "view it was ordered in", "视图"),
    UINT("epoch", "epoch", "纪元"),
    DIGEST("digest", "block digest", "区块摘要"),
    DIGEST("parent", "digest of the parent", "父区块摘要"),
    UINT("time_ms", "block time", "区块时间"),
    UINT("proposer", "index of the validator", "提议者序号"),
    TEXT("proposer_name", "its name", "提议者名称"),
    UINT("log_size", "after this block", "执行后日志大小"),
    DIGEST("log_root", "at that size", "日志根"),
    UINT("status_count", "rows of the status tree", "状态树行数"),
    DIGEST("status_root", "its root", "状态树根"),
    UINT("records", "how many", "记录数"),
    UINT("accepted", "of them", "接受数"),
    OBJECTS("results", block_result, "per record", "逐条结果"),
    ANY("certificate", "as stored", "证书"),
    ANY("nullifications", "of the views it jumped over", "跳过视图的作废证明"),
};
SHAPE(block, "Block");

static const struct shape_field cosignature_fields[] = {
    UINT("index", "of the validator", "验证节点序号"),
    TEXT("name", "of the validator", "验证节点名称"),
    UINT("time_s", "when it signed", "签署时间"),
    BASE64("cosignature", "cosignature/v1", "联署"),
    BASE64("log", "as the log", "日志签名"),
};
SHAPE(cosignature, "Cosignature");

static const struct shape_field checkpoint_fields[] = {
    TEXT("origin", "origin line", "来源行"),
    UINT("height", "of the last block in it", "区块高度"),
    UINT("size", "of the log", "日志大小"),
    DIGEST("root", "of the log", "日志根"),
    UINT("as_of_s", "nothing finalised before this time is missing", "截至时间"),
    OBJECTS("cosignatures", cosignature, "a quorum of them", "法定多数的联署"),
    TEXT("note", "the signed note", "签名文本"),
};
SHAPE(checkpoint, "Checkpoint");

static const struct shape_field alarm_fields[] = {
    UINT("sequence", "number", "编号"),
    UINT("time_ms", "when", "时间"),
    TEXT("text", "what", "内容"),
};
SHAPE(alarm, "Alarm");

static const struct shape_field node_fields[] = {
    TEXT("version", "of the software", "软件版本"),
    DIGEST("chain_id", "chain id", "链编号"),
    TEXT("domain", "domain of the log", "日志域名"),
    TEXT("role", "validator | follower", "validator 验证节点 | follower 跟随节点"),
    UINT_MAYBE("index", "of the validator", "验证节点序号"),
    TEXT_MAYBE("name", "of the validator", "验证节点名称"),
    UINT("validators", "how many there are", "验证节点数"),
    UINT("quorum", "how many suffice", "法定多数"),
    UINT("started_ms", "since when it runs", "启动时间"),
    UINT("uptime_ms", "for how long", "运行时长"),
    UINT("view", "present view", "当前视图"),
    UINT("final_height", "newest final block", "最终高度"),
    UINT("executed_height", "newest executed block", "已执行高度"),
    UINT("attested_height", "newest attested block", "已见证高度"),
    UINT("committed_height", "newest readable block", "可读高度"),
    UINT("verified_height", "every block up to here was checked and executed by this node itself, its root compared with a quorum's",
         "本节点自行检查并执行、且根与法定多数一致的最高区块"),
    UINT("final_time_ms", "time of the newest final block", "最新区块时间"),
    UINT("attested_time_s", "as-of time of the newest checkpoint", "最新检查点截至时间"),
    UINT("peers", "connected", "已连接节点数"),
    UINT("validators_connected", "of them validators", "其中验证节点数"),
    UINT("pool_records", "waiting", "待处理记录数"),
    UINT("pool_bytes", "waiting", "待处理字节数"),
    UINT("records_accepted", "since it started", "启动以来接受数"),
    UINT("records_refused", "since it started", "启动以来拒绝数"),
    BOOL("ready", "answers for the present", "是否就绪"),
    BOOL("voting", "takes part", "是否参与表决"),
    BOOL("diverged", "a quorum signed another root than its own", "是否与多数分歧"),
    UINT_MAYBE("diverged_height", "first such height", "首个分歧高度"),
    TEXT("reason", "why not, or empty", "原因"),
    OBJECTS("alarms", alarm, "the newest", "最新告警"),
};
SHAPE(node, "NodeStatus");

#include "rpc/shapes_code.h"
#include "rpc/shapes_scan.h"
#include "rpc/shapes_sealed.h"
#include "rpc/shapes_recall.h"

static const struct shape_field code_fields[] = {
    UINT("code", "number", "编号"),
    TEXT("name", "name", "名称"),
    TEXT("text_en", "sentence in English", "英文说明"),
    TEXT("text_zh", "sentence in Chinese", "中文说明"),
};
SHAPE(code, "Code");

static const struct shape_field codes_fields[] = {
    OBJECTS("errors", code, "refusals", "拒绝"),
    OBJECTS("results", code, "results of execution", "执行结果"),
};
SHAPE(codes, "Codes");

static const struct shape *const shapes[] = {
    &at, &problem, &result, &submitted, &batch, &status, &thing, &item, &record, &document, &record_row,
    &record_list, &state, &entry, &trace, &key, &key_answer, &member, &member_answer, &member_list,
    &covered, &certificate_row, &certificate, &certificate_list, &certificate_field, &certificate_type,
    &certificate_type_answer, &certificate_type_list,
    &block_result, &block, &cosignature, &checkpoint, &alarm, &node, &pack_leaves,
    &void_range, &pack, &pack_row, &pack_list, &claim, &piece, &code, &codes,
    &scan_taken, &scan_row, &scan_rules, &scan_warning, &scans, &hour_row, &scan_hour,
    &party, &sealed_tier, &sealed_list, &sealed_key,
    &holder, &mark, &recall_of_thing, &recall_row, &recall_answer, &recall_list, &recall_thing, &recall_things,
};

const struct shape *shape_at(size_t i) {
    return i < COUNT(shapes) ? shapes[i] : NULL;
}

static const char *const record_types[] = {"application/msgpack", "application/octet-stream", NULL};
static const char *const bytes_types[] = {"application/octet-stream", NULL};
static const char *const json_types[] = {"application/json", NULL};
static const char *const wait_words[] = {"no", "committed", NULL};

#define ID                                                                                                    \
    {"id", PARAM_PATH, PARAM_DIGEST, true, 0, 0, NULL, "record id or wire identity, hex",                     \
     "记录编号或线上标识（十六进制）"}
#define IDENTIFIER                                                                                            \
    {"identifier", PARAM_PATH, PARAM_TEXT, true, 1, IDENTIFIER_BYTES_MAX, NULL,                               \
     "EPC URN, GS1 Digital Link or other identifier, percent-encoded", "EPC URN、GS1 数字链接或其他标识（百分号编码）"}
#define LIMIT(max)                                                                                            \
    {"limit", PARAM_QUERY, PARAM_UINT, false, 1, max, NULL, "rows at most", "最多行数"}
#define WAIT                                                                                                  \
    {"wait", PARAM_QUERY, PARAM_WORD, false, 0, 0, wait_words, "committed: answer when it is decided",        \
     "committed：等待结果后再答复"},                                                                          \
    {"timeout_ms", PARAM_QUERY, PARAM_UINT, false, 1, RPC_WAIT_MS_MAX, NULL, "how long to wait at most",      \
     "最长等待毫秒数"}

#define PACK_PAGE                                                                                             \
    {"cursor", PARAM_QUERY, PARAM_UINT, false, 0, (1ull << 53) - 1, NULL, "`next` of the page before",        \
     "上一页的 next"},                                                                                        \
        LIMIT(PAGE_ROWS_MAX)

static const struct param submit_params[] = {
    {"record", PARAM_BODY, PARAM_RECORD, true, 1, RECORD_BYTES_MAX, NULL, "one canonical record", "一条规范编码的记录"},
    WAIT,
};
static const struct param batch_params[] = {
    {"records", PARAM_BODY, PARAM_RECORDS, true, 1, RPC_BATCH_RECORDS_MAX, NULL,
     "canonical array of records as bytes", "由记录字节串组成的规范数组"},
    WAIT,
};
static const struct param id_params[] = {ID};
static const struct param epcis_params[] = {
    ID,
    {"document", PARAM_QUERY, PARAM_UINT, false, 0, RECORD_ITEMS_MAX, NULL, "which of the record's documents", "第几个文档"},
};
static const struct param record_proof_params[] = {
    ID,
    {"items", PARAM_QUERY, PARAM_INDICES, false, 0, RECORD_ITEMS_MAX - 1, NULL, "items to disclose: 0,3,7; default all",
     "披露的条目：0,3,7；默认全部"},
};
static const struct param list_params[] = {
    {"subject", PARAM_QUERY, PARAM_TEXT, false, 1, 64, NULL, "of this subject only", "仅此主体"},
    {"from_ms", PARAM_QUERY, PARAM_UINT, false, 0, (1ull << 53) - 1, NULL, "block time not before", "区块时间不早于"},
    {"to_ms", PARAM_QUERY, PARAM_UINT, false, 0, (1ull << 53) - 1, NULL, "block time before", "区块时间早于"},
    {"cursor", PARAM_QUERY, PARAM_UINT, false, 0, (1ull << 53) - 1, NULL, "`next` of the page before", "上一页的 next"},
    LIMIT(PAGE_ROWS_MAX),
};
static const struct param identifier_params[] = {IDENTIFIER};
static const struct param trace_params[] = {
    IDENTIFIER,
    {"cursor", PARAM_QUERY, PARAM_UINT, false, 1, (1ull << 53) - 1, NULL, "`next` of the page before", "上一页的 next"},
    LIMIT(PAGE_ROWS_MAX),
};
static const struct param transformation_params[] = {
    {"subject", PARAM_PATH, PARAM_TEXT, true, 1, 64, NULL, "subject id of who told it", "提交者主体编号"},
    {"transformation", PARAM_PATH, PARAM_TEXT, true, 1, IDENTIFIER_BYTES_MAX, NULL, "transformationID, percent-encoded",
     "transformationID（百分号编码）"},
    {"cursor", PARAM_QUERY, PARAM_UINT, false, 1, (1ull << 53) - 1, NULL, "`next` of the page before", "上一页的 next"},
    LIMIT(PAGE_ROWS_MAX),
};
static const struct param member_params[] = {
    {"subject", PARAM_PATH, PARAM_TEXT, true, 1, 64, NULL, "subject id", "主体编号"},
};
static const struct param member_list_params[] = {
    {"cursor", PARAM_QUERY, PARAM_TEXT, false, 1, 64, NULL, "`next` of the page before", "上一页的 next"},
    LIMIT(PAGE_ROWS_MAX),
};
static const struct param certificate_params[] = {
    {"id", PARAM_PATH, PARAM_TEXT, true, 3, CERTIFICATE_ID_BYTES_MAX, NULL, "issuer/number, percent-encoded",
     "签发者/编号（百分号编码）"},
};
/* The first three stand in the order of enum certificates_of. */
static const struct param certificate_list_params[] = {
    {"issuer", PARAM_QUERY, PARAM_TEXT, false, 1, 64, NULL, "issued by this subject", "由此主体签发"},
    {"producer", PARAM_QUERY, PARAM_TEXT, false, 1, 64, NULL, "for goods of this subject", "货物属此主体"},
    {"thing", PARAM_QUERY, PARAM_TEXT, false, 1, IDENTIFIER_BYTES_MAX, NULL, "covering this identifier", "列有此标识"},
    {"cursor", PARAM_QUERY, PARAM_UINT, false, 0, (1ull << 53) - 1, NULL, "`next` of the page before", "上一页的 next"},
    LIMIT(PAGE_ROWS_MAX),
};
static const struct param certificate_type_params[] = {
    {"type", PARAM_PATH, PARAM_TEXT, true, 1, 64, NULL, "name of the type", "类型名"},
};
static const struct param member_packs_params[] = {
    {"subject", PARAM_PATH, PARAM_TEXT, true, 1, 64, NULL, "subject id", "主体编号"},
    PACK_PAGE,
};
static const struct param thing_packs_params[] = {IDENTIFIER, PACK_PAGE};
static const struct param key_params[] = {
    {"key", PARAM_PATH, PARAM_KEY, true, 0, 0, NULL, "public key, hex", "公钥（十六进制）"},
};
static const struct param block_params[] = {
    {"height", PARAM_PATH, PARAM_UINT, true, 0, (1ull << 53) - 1, NULL, "height, from 0", "高度，从 0 起"},
};
static const struct param stream_params[] = {
    {"from", PARAM_QUERY, PARAM_UINT, false, 0, (1ull << 53) - 1, NULL,
     "first height; default: what comes from now on; Last-Event-ID goes before", "起始高度；默认从现在起；Last-Event-ID 优先"},
};
static const struct param tile_params[] = {
    {"path", PARAM_PATH, PARAM_TEXT, true, 1, 128, NULL, "<L>/<N>[.p/<W>] or entries/<N>[.p/<W>] (C2SP tlog-tiles)",
     "C2SP tlog-tiles 路径"},
};

#include "rpc/params_code.h"

#define PARAMS(p) p, COUNT(p)
#define NO_PARAMS NULL, 0
#define GET HTTP_VERB_GET
#define POST HTTP_VERB_POST
#define PUT HTTP_VERB_PUT

/* name, verb, path, flow, json_rpc, worker, snapshot, body_max, body_types, params, forms, result, run, en, zh */
static const struct method methods[] = {
    {"record.submit", POST, "/v1/records", FLOW_SUBMIT, true, false, false, RECORD_BYTES_MAX, record_types,
     PARAMS(submit_params), {FORM_JSON}, &submitted, NULL, "Submit one signed record", "提交一条签名记录"},
    {"record.submit_batch", POST, "/v1/records:batch", FLOW_SUBMIT, true, false, false, RPC_BATCH_BYTES_MAX,
     record_types, PARAMS(batch_params), {FORM_JSON}, &batch, NULL, "Submit many signed records", "批量提交签名记录"},
    {"record.list", GET, "/v1/records", FLOW_READ, true, true, true, 0, NULL, PARAMS(list_params), {FORM_JSON},
     &record_list, read_record_list, "Accepted records by subject and time", "按主体和时间列出已接受的记录"},
    {"record.status", GET, "/v1/records/{id}/status", FLOW_STATUS, true, false, true, 0, NULL, PARAMS(id_params),
     {FORM_JSON}, &status, read_record_status, "What became of a record", "查询记录状态"},
    {"record.get", GET, "/v1/records/{id}", FLOW_READ, true, true, true, 0, NULL, PARAMS(id_params),
     {FORM_JSON, FORM_MSGPACK}, &record, read_record, "A record with its items, or its exact bytes", "查询记录内容或原始字节"},
    {"record.epcis", GET, "/v1/records/{id}/epcis", FLOW_READ, true, true, true, 0, NULL, PARAMS(epcis_params),
     {FORM_EPCIS, FORM_JSON}, &document, read_record_epcis, "The EPCIS document as received", "原样 EPCIS 文档"},
    {"record.proof", GET, "/v1/records/{id}/proof", FLOW_READ, true, true, true, 0, NULL,
     PARAMS(record_proof_params), {FORM_PROOF, FORM_JSON, FORM_TLOG}, NULL, read_record_proof,
     "Proof that a record was accepted", "记录已被接受的证明"},
    {"thing.get", GET, "/v1/things/{identifier}", FLOW_READ, true, false, true, 0, NULL, PARAMS(identifier_params),
     {FORM_JSON}, &state, read_thing, "Present state of a thing", "查询物品现状"},
    {"thing.trace", GET, "/v1/things/{identifier}/history", FLOW_READ, true, true, true, 0, NULL,
     PARAMS(trace_params), {FORM_JSON}, &trace, read_thing_trace, "Everything that happened to a thing", "查询物品全部历史"},
    {"thing.moves", GET, "/v1/things/{identifier}/moves", FLOW_READ, true, true, true, 0, NULL, PARAMS(trace_params),
     {FORM_JSON}, &trace, read_thing_moves, "What moved a lot or its pieces, or a thing without lot",
     "查询批次（含其单品）或无批次物品的全部流转事件"},
    {"transformation.moves", GET, "/v1/members/{subject}/transformations/{transformation}/moves", FLOW_READ, true, true, true,
     0, NULL, PARAMS(transformation_params), {FORM_JSON}, &trace, read_transformation,
     "The events of one transformationID of a member", "查询成员同一 transformationID 的全部事件"},
    {"recall.get", GET, "/v1/recalls/{id}", FLOW_READ, true, false, true, 0, NULL, PARAMS(recall_params), {FORM_JSON}, &recall_answer,
     read_recall, "A recall: root, level, state", "查询召回"},
    {"recall.list", GET, "/v1/recalls", FLOW_READ, true, true, true, 0, NULL, PARAMS(recall_list_params), {FORM_JSON}, &recall_list,
     read_recall_list, "All recalls", "列出全部召回"},
    {"recall.things", GET, "/v1/recalls/{id}/things", FLOW_READ, true, true, true, 0, NULL, PARAMS(recall_things_params), {FORM_JSON},
     &recall_things, read_recall_things, "What a recall lists", "召回所列批次"},
    {"thing.proof", GET, "/v1/things/{identifier}/proof", FLOW_READ, true, true, true, 0, NULL,
     PARAMS(identifier_params), {FORM_PROOF, FORM_JSON}, NULL, read_thing_proof,
     "Proof of a thing's state and complete history", "物品现状与完整历史的证明"},
    {"pack.get", GET, "/v1/packs/{gtin}/{pack}", FLOW_READ, true, false, true, 0, NULL, PARAMS(pack_params), {FORM_JSON},
     &pack, read_pack, "A code pack: who issued it, on what, and what of it is void", "查询码包：签发者、依据与作废区间"},
    {"member.packs", GET, "/v1/members/{subject}/packs", FLOW_READ, true, true, true, 0, NULL,
     PARAMS(member_packs_params), {FORM_JSON}, &pack_list, read_member_packs, "Code packs that a member issued",
     "列出成员签发的码包"},
    {"thing.packs", GET, "/v1/things/{identifier}/packs", FLOW_READ, true, true, true, 0, NULL,
     PARAMS(thing_packs_params), {FORM_JSON}, &pack_list, read_thing_packs, "Code packs of a product or a lot",
     "列出产品或批次的码包"},
    {"code.get", GET, "/v1/codes/{identifier}", FLOW_READ, true, true, true, 0, NULL, PARAMS(identifier_params),
     {FORM_JSON}, &piece, read_code, "A code: issued, void, claimed; what a scan means",
     "查询防伪码：是否发出、作废、认领"},
    {"scan.report", POST, "/v1/scans", FLOW_REPORT, true, true, false, 2048, json_types, PARAMS(scan_report_params),
     {FORM_JSON}, &scan_taken, write_scan, "Report one scan; tallied by hour and division", "上报一次扫码，按小时与区划计数"},
    {"code.scans", GET, "/v1/codes/{identifier}/scans", FLOW_READ, true, true, true, 0, NULL, PARAMS(scans_params), {FORM_JSON},
     &scans, read_scans, "Scans of a piece on this node, and what they warn of", "本节点上某件的扫码计数与警示"},
    {"scan.hour", GET, "/v1/scans/hours/{hour}", FLOW_READ, true, true, false, 0, NULL, PARAMS(scan_hour_params), {FORM_JSON},
     &scan_hour, read_scan_hour, "All tallies of an hour on this node, with their root", "本节点某小时的全部扫码计数及其根"},
    {"pack.leaves", GET, "/v1/packs/{gtin}/{pack}/leaves", FLOW_READ, true, true, true, 0, NULL, PARAMS(pack_params),
     {FORM_JSON}, &pack_leaves, read_pack_leaves, "Which leaves of a code pack this node holds", "本节点持有码包的哪些叶子"},
    {"pack.hashes", GET, "/v1/packs/{gtin}/{pack}/hashes", FLOW_READ, false, true, true, 0, NULL, PARAMS(pack_params),
     {FORM_BYTES}, NULL, read_pack_hashes, "The hashes of a pack's chunks of leaves", "码包各分块的哈希"},
    {"pack.hashes_put", PUT, "/v1/packs/{gtin}/{pack}/hashes", FLOW_WRITE, false, true, true, LEAVES_HASHES_BYTES_MAX,
     bytes_types, PARAMS(pack_hashes_params), {FORM_JSON}, &pack_leaves, write_pack_hashes,
     "Give the hashes of a pack's chunks; taken when they are the pack's", "提交码包各分块的哈希，与码包相符才受理"},
    {"pack.chunk", GET, "/v1/packs/{gtin}/{pack}/leaves/{chunk}", FLOW_READ, false, true, true, 0, NULL,
     PARAMS(pack_chunk_params), {FORM_BYTES}, NULL, read_pack_chunk, "One chunk of a pack's leaves", "码包的一个叶子分块"},
    {"pack.chunk_put", PUT, "/v1/packs/{gtin}/{pack}/leaves/{chunk}", FLOW_WRITE, false, true, true, PACK_CHUNK_BYTES,
     bytes_types, PARAMS(pack_chunk_put_params), {FORM_JSON}, &pack_leaves, write_pack_chunk,
     "Give one chunk of a pack's leaves; taken when it is the pack's", "提交码包的一个叶子分块，与码包相符才受理"},
    {"sealed.list", GET, "/v1/records/{id}/sealed", FLOW_READ, true, true, true, 0, NULL, PARAMS(sealed_list_params), {FORM_JSON},
     &sealed_list, read_sealed_list, "Of which tiers a record hides values, and what opens them here", "记录含哪几级隐藏值、本节点持有什么"},
    {"sealed.get", GET, "/v1/records/{id}/sealed/{tier}", FLOW_READ, false, true, true, 0, NULL, PARAMS(sealed_params), {FORM_BYTES},
     NULL, read_sealed, "The sealed file of a record and tier", "记录某一级的密封文件"},
    {"sealed.put", PUT, "/v1/records/{id}/sealed/{tier}", FLOW_WRITE, false, true, true, SEALED_FILE_BYTES_MAX, bytes_types,
     PARAMS(sealed_put_params), {FORM_JSON}, &sealed_list, write_sealed, "Give the sealed file of a record and tier",
     "提交记录某一级的密封文件"},
    {"sealed.keys_put", PUT, "/v1/records/{id}/sealed/{tier}/keys", FLOW_WRITE, false, true, true, SEALED_KEYS_BYTES_MAX, bytes_types,
     PARAMS(sealed_keys_params), {FORM_JSON}, &sealed_list, write_sealed_keys, "Give keys for it, each for one recipient",
     "提交其密钥，每份只给一个接收者"},
    {"sealed.key", GET, "/v1/records/{id}/sealed/{tier}/key", FLOW_READ, false, true, true, 0, NULL, PARAMS(sealed_params),
     {FORM_JSON}, &sealed_key, read_sealed_key, "The key of tier 3", "第 3 级的密钥"},
    {"sealed.wrap", POST, "/v1/records/{id}/sealed/{tier}/wrap", FLOW_READ, false, true, true, SEALED_REQUEST_BYTES_MAX, bytes_types,
     PARAMS(sealed_wrap_params), {FORM_JSON}, &sealed_key, read_sealed_wrap, "The key of tiers 1 and 2 for whoever signed the request",
     "第 1、2 级的密钥，只给签署请求者"},
    {"certificate.proof", GET, "/v1/certificates/{id}/proof", FLOW_READ, true, true, true, 0, NULL,
     PARAMS(certificate_params), {FORM_PROOF, FORM_JSON}, NULL, read_certificate_proof,
     "Proof of what a certificate says and whether it stands", "证书内容与是否有效的证明"},
    {"code.proof", GET, "/v1/codes/{identifier}/proof", FLOW_READ, true, true, true, 0, NULL,
     PARAMS(identifier_params), {FORM_PROOF, FORM_JSON}, NULL, read_code_proof,
     "Proof that a code was issued or never was, is void, was claimed", "码是否发出过、作废、认领的证明"},
    {"member.list", GET, "/v1/members", FLOW_READ, true, true, true, 0, NULL, PARAMS(member_list_params),
     {FORM_JSON}, &member_list, read_member_list, "All members", "列出成员"},
    {"member.get", GET, "/v1/members/{subject}", FLOW_READ, true, false, true, 0, NULL, PARAMS(member_params),
     {FORM_JSON}, &member_answer, read_member, "A member and its keys", "查询成员及其公钥"},
    {"party.get", GET, "/v1/parties/{identifier}", FLOW_READ, true, false, true, 0, NULL, PARAMS(identifier_params), {FORM_JSON},
     &party, read_party, "Whom a party of a destination stands for", "收货方标识代表哪个成员"},
    {"key.get", GET, "/v1/keys/{key}", FLOW_READ, true, false, true, 0, NULL, PARAMS(key_params), {FORM_JSON},
     &key_answer, read_key, "Whose key this is", "查询公钥所属"},
    {"certificate.list", GET, "/v1/certificates", FLOW_READ, true, true, true, 0, NULL,
     PARAMS(certificate_list_params), {FORM_JSON}, &certificate_list, read_certificate_list,
     "Certificates by issuer, producer or thing: exactly one of these", "按签发者、生产者或标识列出证书（三者择一）"},
    {"certificate.get", GET, "/v1/certificates/{id}", FLOW_READ, true, true, true, 0, NULL,
     PARAMS(certificate_params), {FORM_JSON}, &certificate, read_certificate, "A certificate and its present state",
     "查询证书及其现状"},
    {"certificate_type.list", GET, "/v1/certificate-types", FLOW_READ, true, true, true, 0, NULL,
     PARAMS(member_list_params), {FORM_JSON}, &certificate_type_list, read_certificate_type_list,
     "All certificate types", "列出证书类型"},
    {"certificate_type.get", GET, "/v1/certificate-types/{type}", FLOW_READ, true, false, true, 0, NULL,
     PARAMS(certificate_type_params), {FORM_JSON}, &certificate_type_answer, read_certificate_type,
     "A certificate type and its definition", "查询证书类型及其定义"},
    {"block.get", GET, "/v1/blocks/{height}", FLOW_READ, true, true, true, 0, NULL, PARAMS(block_params),
     {FORM_JSON, FORM_MSGPACK}, &block, read_block, "A block with its results and certificate", "查询区块、结果与证书"},
    {"checkpoint.get", GET, "/v1/checkpoint", FLOW_READ, true, false, true, 0, NULL, NO_PARAMS,
     {FORM_JSON, FORM_NOTE}, &checkpoint, read_checkpoint, "The newest attested checkpoint", "最新的已见证检查点"},
    {"checkpoint.policy", GET, "/v1/checkpoint/policy", FLOW_READ, true, false, false, 0, NULL, NO_PARAMS,
     {FORM_TEXT}, NULL, read_policy, "C2SP policy: whose signatures suffice", "C2SP 策略：所需签名"},
    {"genesis.get", GET, "/v1/genesis", FLOW_READ, true, false, false, 0, NULL, NO_PARAMS,
     {FORM_JSON, FORM_MSGPACK}, NULL, read_genesis, "The genesis document", "创世文档"},
    {"node.status", GET, "/v1/node", FLOW_READ, true, false, false, 0, NULL, NO_PARAMS, {FORM_JSON}, &node,
     read_node_status, "How this node is doing", "节点状态"},
    {"node.codes", GET, "/v1/codes", FLOW_READ, true, false, false, 0, NULL, NO_PARAMS, {FORM_JSON}, &codes,
     read_codes, "All refusals and results with their sentences", "全部拒绝与结果编号及说明"},
    {"node.stream", GET, "/v1/stream", FLOW_STREAM, false, false, true, 0, NULL,
     PARAMS(stream_params), {FORM_EVENTS}, NULL,
     NULL, "Blocks, records, checkpoints and alarms as they come; resumes by Last-Event-ID", "实时事件流，可凭 Last-Event-ID 续传"},
    {"rpc", POST, "/rpc", FLOW_CALLS, false, true, false, RPC_JSON_BYTES_MAX, json_types, NO_PARAMS, {FORM_JSON},
     NULL, NULL, "JSON-RPC 2.0, single and batch", "JSON-RPC 2.0，单个或批量"},
    {"openapi", GET, "/openapi.json", FLOW_READ, false, true, false, 0, NULL, NO_PARAMS, {FORM_JSON}, NULL,
     read_openapi, "This description", "本接口说明"},
    {"log.checkpoint", GET, "/checkpoint", FLOW_READ, false, false, true, 0, NULL, NO_PARAMS, {FORM_NOTE}, NULL,
     read_checkpoint, "The checkpoint as C2SP tlog-tiles wants it", "C2SP tlog-tiles 检查点"},
    {"log.tile", GET, "/tile/{path*}", FLOW_READ, false, false, true, 0, NULL, PARAMS(tile_params), {FORM_BYTES},
     NULL, read_tile, "A tile of the log (C2SP tlog-tiles)", "日志分块（C2SP tlog-tiles）"},
    {"health", GET, "/healthz", FLOW_READ, false, false, false, 0, NULL, NO_PARAMS, {FORM_TEXT}, NULL, read_health,
     "The process answers", "进程存活"},
    {"ready", GET, "/readyz", FLOW_READ, false, false, false, 0, NULL, NO_PARAMS, {FORM_TEXT}, NULL, read_ready,
     "The node answers for the present (200) or not (503)", "节点是否就绪"},
    {"metrics", GET, "/metrics", FLOW_READ, false, true, false, 0, NULL, NO_PARAMS, {FORM_METRICS}, NULL,
     read_metrics, "Prometheus metrics", "Prometheus 指标"},
};

const struct method *method_at(size_t i) {
    return i < COUNT(methods) ? &methods[i] : NULL;
}
