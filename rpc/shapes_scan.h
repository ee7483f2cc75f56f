/* shapes_scan.h: the shapes of scan tallies, a part of method_table.c that is included there alone, after the macros and the shapes it
 * uses. */
#ifndef RPC_SHAPES_SCAN_H
#define RPC_SHAPES_SCAN_H

static const struct shape_field scan_taken_fields[] = {
    TEXT("canonical", "the piece, in its one spelling", "单件的规范写法"),
    TEXT("division", "as told; may be empty", "所报区划，可为空"),
};
SHAPE(scan_taken, "ScanTaken");

static const struct shape_field scan_row_fields[] = {
    UINT("hour_ms", "when the hour begins", "该小时的起点"),
    TEXT("division", "where; may be empty", "区划，可为空"),
    UINT("count", "scans", "次数"),
};
SHAPE(scan_row, "ScanRow");

static const struct shape_field scan_rules_fields[] = {
    UINT("scans", "N: more scans than these warn", "N：扫码次数超过即警示"),
    UINT("divisions", "M: more divisions than these within the hours warn", "M：时限内区划数超过即警示"),
    UINT("hours", "T", "T：时限（小时）"),
};
SHAPE(scan_rules, "ScanRules");

static const struct shape_field scan_warning_fields[] = {
    TEXT("name", "many_scans | many_divisions | before_shipping | after_destruction",
         "many_scans 次数过多 | many_divisions 地区过多 | before_shipping 发货之前 | after_destruction 销毁之后"),
    UINT("figure", "scans, or divisions", "次数，或区划数"),
    UINT_MAYBE("limit", "what it exceeds", "所超过的界限"),
    UINT_MAYBE("hour_ms", "the hour in which it begins", "起始小时"),
};
SHAPE(scan_warning, "ScanWarning");

static const struct shape_field scans_fields[] = {
    AT,
    TEXT("identifier", "as asked", "查询标识"),
    TEXT("canonical", "its one spelling", "规范写法"),
    UINT("total", "scans of all rows", "各行次数之和"),
    OBJECTS("rows", scan_row, "by hour and division", "按小时与区划"),
    BOOL("cut", "older rows were left out", "是否略去了较早的行"),
    UINT_MAYBE("shipped_ms", "time of its first shipping, its own or of what it was in, by the ledger", "账本上首次发货的时间，单独或随箱托"),
    UINT_MAYBE("destroyed_ms", "time of its last destroying, by the ledger", "账本上最近一次销毁的时间"),
    BOOL("events_cut", "it has more events than were looked at", "事件过多，未全部查看"),
    OBJECT("rules", scan_rules, "by which it is warned", "警示规则的参数"),
    OBJECTS("warnings", scan_warning, "what these rows warn of", "警示"),
};
SHAPE(scans, "Scans");

static const struct shape_field hour_row_fields[] = {
    TEXT("identifier", "canonical", "规范标识"),
    TEXT("division", "where; may be empty", "区划，可为空"),
    UINT("count", "scans", "次数"),
};
SHAPE(hour_row, "ScanHourRow");

static const struct shape_field scan_hour_fields[] = {
    TEXT("name", "of this validator, or empty", "本验证节点的名称，可为空"),
    UINT("hour_ms", "when the hour begins", "该小时的起点"),
    BOOL("over", "nothing is added any more", "已结束，不再增加"),
    UINT("count", "rows", "行数"),
    DIGEST("root", "of the rows", "各行的根"),
    UINT("dropped", "scans that were not tallied: the hour was full", "因该小时已满而未计的扫码"),
    OBJECTS("rows", hour_row, "by identifier and division", "按标识与区划"),
    UINT_MAYBE("next", "cursor of the next page; absent on the last", "下一页游标；末页没有"),
};
SHAPE(scan_hour, "ScanHour");

#endif
