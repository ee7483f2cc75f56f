/* shapes_recall.h: shapes and parameters of flow and recalls, a part of method_table.c that is included there alone, after the macros it uses. */
#ifndef RPC_SHAPES_RECALL_H
#define RPC_SHAPES_RECALL_H

static const struct shape_field recall_row_fields[] = {
    TEXT("recall", "who ordered it, a slash, a number", "召回编号：下令者/编号"),
    TEXT("root", "the batch it began with", "起因批次"),
    UINT("level", "1 the gravest, to 3", "级别，1 最重"),
    TEXT("state", "active | lifted", "active 有效 | lifted 已全部解除"),
    UINT("reason", "number of the reason", "原因编号"),
    UINT("listed", "how many things it listed", "已列入数"),
    UINT("lifted", "how many of them are let go", "已解除数"),
    UINT("since_height", "of its last change", "最近变更高度"),
    UINT("log_index", "of its last record", "最近记录日志序号"),
};
SHAPE(recall_row, "RecallRow");

static const struct shape_field recall_answer_fields[] = {
    AT,
    OBJECT("row", recall_row, "the recall", "召回"),
};
SHAPE(recall_answer, "RecallAnswer");

static const struct shape_field recall_list_fields[] = {
    AT,
    OBJECTS("recalls", recall_row, "in the order they were first ordered", "按首次下令的次序"),
    UINT_MAYBE("next", "cursor of the next page; absent on the last", "下一页游标；末页没有"),
};
SHAPE(recall_list, "RecallList");

static const struct shape_field recall_thing_fields[] = {
    UINT("n", "in the order they were listed, from 1", "列入次序，从 1 起"),
    TEXT("thing", "canonical identifier", "规范标识"),
    TEXT("state", "recalled | lifted", "recalled 召回中 | lifted 已解除"),
    UINT("log_index", "of the order that listed it", "列入它的记录日志序号"),
    UINT("item", "of that record", "该记录的条目序号"),
};
SHAPE(recall_thing, "RecalledThing");

static const struct shape_field recall_things_fields[] = {
    AT,
    TEXT("recall", "as asked", "召回编号"),
    UINT("listed", "how many in all", "总数"),
    OBJECTS("things", recall_thing, "in the order they were listed", "按列入次序"),
    UINT_MAYBE("next", "cursor of the next page; absent on the last", "下一页游标；末页没有"),
};
SHAPE(recall_things, "RecallThings");

#define RECALL_ID \
    {"id", PARAM_PATH, PARAM_TEXT, true, 3, CERTIFICATE_ID_BYTES_MAX, NULL, "subject/number, percent-encoded", "主体/编号（百分号编码）"}
#define RECALL_CURSOR(from) \
    {"cursor", PARAM_QUERY, PARAM_UINT, false, from, (1ull << 53) - 1, NULL, "`next` of the page before", "上一页的 next"}
#define RECALL_LIMIT {"limit", PARAM_QUERY, PARAM_UINT, false, 1, PAGE_ROWS_MAX, NULL, "rows at most", "最多行数"}
static const struct param recall_params[] = {RECALL_ID};
static const struct param recall_things_params[] = {RECALL_ID, RECALL_CURSOR(1), RECALL_LIMIT};
static const struct param recall_list_params[] = {RECALL_CURSOR(0), RECALL_LIMIT};

#endif
