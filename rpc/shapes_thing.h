/* shapes_thing.h: shapes of things and what happened to them. Part of method_table.c that is included there alone. */
#ifndef RPC_SHAPES_THING_H
#define RPC_SHAPES_THING_H

#include "rpc/shapes_flow.h"

static const struct shape_field state_fields[] = {
    AT,
    TEXT("identifier", "as asked", "查询标识"),
    TEXT("canonical", "its one spelling", "规范写法"),
    TEXT("kind", "item | lot | product | location | document | other", "种类"),
    BOOL("exists", "an accepted event names it", "是否有已接受的事件提到它"),
    TEXT_MAYBE("state", "active | ended", "active 有效 | ended 已终结"),
    UINT_MAYBE("since_height", "of its last event", "最近事件高度"),
    UINT_MAYBE("log_index", "of its last record", "最近记录日志序号"),
    UINT_MAYBE("count", "events in its history", "历史事件数"),
    DIGEST_MAYBE("chain", "history head", "历史链头"),
    TEXT_MAYBE("lot", "canonical lot, or empty", "批次"),
    TEXT_MAYBE("product", "canonical product, or empty", "产品"),
    TEXT_MAYBE("pack", "code pack, or empty", "码包"),
    TEXT_MAYBE("maker", "subject that made it first, or empty", "最先的制造者"),
    TEXT_MAYBE("holder", "subject that holds it, empty when nobody or several", "现持有者"),
    TEXT_MAYBE("inside", "canonical parent it was packed into, or empty", "所在的外包装"),
    UINT_MAYBE("moves", "events in its unit chain", "流转事件数"),
    TEXTS_MAYBE("disputed", "flow rules its events break: held, named, destroyed, recalled, balance, yield, time", "存疑的规则"),
    TEXTS_MAYBE("recalls", "recalls in force; an id that ends in / is by an event", "生效中的召回"),
    TEXT_MAYBE("unit", "its lot, else itself: what is recalled", "批次或其自身：召回的单位"),
    {"holders", SHAPE_OBJECT, true, true, &holder, "of a thing that is not bulk: who holds it and who is to receive it", "持有与待收（非散货）"},
    {"marks", SHAPE_OBJECT, true, true, &mark, "disputed by these rules, it or its lot", "存疑：它或其批次不符的规则"},
    {"recalled_by", SHAPE_OBJECT, true, true, &recall_of_thing, "recalled by these, it or its lot", "召回：它或其批次"},
};
SHAPE(state, "Thing");

static const struct shape_field entry_fields[] = {
    UINT("i", "number in the history, from 1", "历史序号，从 1 起"),
    UINT("log_index", "of the record", "记录日志序号"),
    UINT("height", "of the block", "区块高度"),
    UINT("block_time_ms", "time of the block", "区块时间"),
    DIGEST("id", "record id", "记录编号"),
    DIGEST("leaf", "wire identity", "线上标识"),
    TEXT("subject", "who says it", "提交主体"),
    TEXT("event_time", "as received, or empty", "事件时间原文"),
    TEXT("action", "ADD | OBSERVE | DELETE, or empty", "动作"),
    TEXT("biz_step", "canonical, or empty", "业务步骤"),
    TEXT("disposition", "canonical, or empty", "状态"),
    TEXT("read_point", "as received, or empty", "读取点"),
    TEXT("biz_location", "as received, or empty", "业务地点"),
    OBJECT("item", item, "the event", "事件条目"),
    TEXTS_MAYBE("units", "in chains of moves: of its things in their order the lot of each, else itself; empty for places and documents",
                "流转链中：各标识的批次，无批次者为其自身；地点与单据为空"),
};
SHAPE(entry, "HistoryEntry");

static const struct shape_field trace_fields[] = {
    AT,
    TEXT("identifier", "as asked", "查询标识"),
    TEXT("canonical", "its one spelling", "规范写法"),
    UINT("count", "events in its history", "历史事件数"),
    OBJECTS("entries", entry, "in the order of the log", "按日志顺序"),
    UINT_MAYBE("next", "cursor of the next page; absent on the last", "下一页游标；末页没有"),
};
SHAPE(trace, "Trace");

#endif
