/* shapes_flow.h: shapes of how a thing stands: who holds it, what does not fit, its recalls. A part of method_table.c that is included there alone,
 * after the macros it uses. */
#ifndef RPC_SHAPES_FLOW_H
#define RPC_SHAPES_FLOW_H

static const struct shape_field holder_fields[] = {
    TEXT("subject", "subject id; empty: whoever receives it", "主体编号；空：任何收货者"),
    BOOL("due", "to be received, not held", "待收，尚未持有"),
    ANY("n", "integer, not 0; below 0: handed over without having it", "整数，非 0；负数表示未持有而交出"),
};
SHAPE(holder, "Holder");

static const struct shape_field mark_fields[] = {
    TEXT("thing", "it, or its lot", "它或其批次"),
    UINT("rule", "number of the flow rule", "流转规则编号"),
    TEXT("name", "name of the rule", "规则名称"),
    TEXT("text_zh", "what does not fit, in Chinese", "中文说明"),
    TEXT("text_en", "what does not fit, in English", "英文说明"),
};
SHAPE(mark, "Mark");

static const struct shape_field recall_of_thing_fields[] = {
    TEXT("thing", "it, or its lot", "它或其批次"),
    TEXT("recall", "recall id; with nothing after the slash: by an event", "召回编号；斜线后为空表示由事件召回"),
    UINT("ms", "since", "自何时"),
};
SHAPE(recall_of_thing, "RecallOfThing");

#endif
