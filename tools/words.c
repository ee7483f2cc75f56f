#include "tools/words.h"

#include "trace/item.h"

struct word_row {
    const char *word, *zh, *en;
};

static const struct word_row words[] = {
    /* business steps */
    {"accepting", "验收", "accepting"},
    {"arriving", "到达", "arriving"},
    {"assembling", "组装", "assembling"},
    {"collecting", "收集", "collecting"},
    {"commissioning", "赋码启用", "commissioning"},
    {"consigning", "托运", "consigning"},
    {"creating_class_instance", "建立批次", "creating a batch"},
    {"cycle_counting", "循环盘点", "cycle counting"},
    {"decommissioning", "停用标识", "decommissioning"},
    {"departing", "出发", "departing"},
    {"destroying", "销毁", "destroying"},
    {"disassembling", "拆解", "disassembling"},
    {"dispensing", "分发", "dispensing"},
    {"encoding", "写入标签", "encoding a tag"},
    {"entering_exiting", "进出", "entering or leaving"},
    {"holding", "暂扣", "holding"},
    {"inspecting", "检验", "inspecting"},
    {"installing", "安装", "installing"},
    {"killing", "注销标签", "killing a tag"},
    {"loading", "装车", "loading"},
    {"other", "其他", "other"},
    {"packing", "装箱", "packing"},
    {"picking", "拣选", "picking"},
    {"receiving", "收货", "receiving"},
    {"removing", "移除", "removing"},
    {"repackaging", "重新包装", "repackaging"},
    {"repairing", "维修", "repairing"},
    {"replacing", "更换", "replacing"},
    {"reserving", "预留", "reserving"},
    {"retail_selling", "零售", "retail selling"},
    {"sampling", "抽样", "sampling"},
    {"sensor_reporting", "传感器上报", "sensor reporting"},
    {"shipping", "发货", "shipping"},
    {"staging_outbound", "备货待发", "staging outbound"},
    {"stock_taking", "盘点", "stock taking"},
    {"stocking", "上架", "stocking"},
    {"storing", "入库存放", "storing"},
    {"transporting", "运输", "transporting"},
    {"unloading", "卸车", "unloading"},
    {"unpacking", "拆箱", "unpacking"},
    {"void_shipping", "取消发货", "voiding a shipment"},
    /* dispositions */
    {"active", "启用", "active"},
    {"available", "可用", "available"},
    {"completeness_inferred", "推定完整", "completeness inferred"},
    {"completeness_verified", "核实完整", "completeness verified"},
    {"conformant", "合格", "conformant"},
    {"container_closed", "容器已封", "container closed"},
    {"container_open", "容器已开", "container open"},
    {"damaged", "损坏", "damaged"},
    {"destroyed", "已销毁", "destroyed"},
    {"dispensed", "已分发", "dispensed"},
    {"disposed", "已处置", "disposed"},
    {"encoded", "已写入", "encoded"},
    {"expired", "过期", "expired"},
    {"in_progress", "进行中", "in progress"},
    {"in_transit", "在途", "in transit"},
    {"inactive", "停用", "inactive"},
    {"mismatch_class", "品类不符", "mismatch of class"},
    {"mismatch_instance", "单品不符", "mismatch of instance"},
    {"mismatch_quantity", "数量不符", "mismatch of quantity"},
    {"needs_replacement", "需更换", "needs replacement"},
    {"no_pedigree_match", "来源不符", "no pedigree match"},
    {"non_conformant", "不合格", "non-conformant"},
    {"non_sellable_other", "不可销售", "not sellable"},
    {"partially_dispensed", "部分分发", "partially dispensed"},
    {"recalled", "已召回", "recalled"},
    {"reserved", "已预留", "reserved"},
    {"retail_sold", "已售出", "sold"},
    {"returned", "退回", "returned"},
    {"sellable_accessible", "在售", "on sale"},
    {"sellable_not_accessible", "可售未上架", "sellable, not on the shelf"},
    {"stolen", "被盗", "stolen"},
    {"unavailable", "不可用", "unavailable"},
    {"unknown", "不明", "unknown"},
    /* parties and transactions */
    {"owning_party", "所有方", "owner"},
    {"possessing_party", "持有方", "holder"},
    {"location", "地点", "location"},
    {"bol", "提单", "bill of lading"},
    {"cert", "合格证", "certificate"},
    {"desadv", "发货通知", "despatch advice"},
    {"inv", "发票", "invoice"},
    {"pedigree", "来源单", "pedigree"},
    {"po", "订单", "purchase order"},
    {"poc", "订单确认", "order confirmation"},
    {"prodorder", "生产单", "production order"},
    {"recadv", "收货通知", "receiving advice"},
    {"rma", "退货单", "return authorisation"},
    {"testprd", "检测程序", "test procedure"},
    {"testres", "检测结果", "test result"},
    {"upevt", "上游事件", "upstream event"},
    /* actions */
    {"ADD", "新增", "add"},
    {"OBSERVE", "观察", "observe"},
    {"DELETE", "移除", "remove"},
    /* measurements met on a cold chain */
    {"Temperature", "温度", "temperature"},
    {"RelativeHumidity", "相对湿度", "relative humidity"},
    {"AbsoluteHumidity", "绝对湿度", "absolute humidity"},
    {"Illuminance", "照度", "illuminance"},
    {"Mass", "质量", "mass"},
    {"Pressure", "压力", "pressure"},
    {"Speed", "速度", "speed"},
};

const char *word_text(struct span word, enum lang lang) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (span_is(word, words[i].word)) return lang == LANG_ZH ? words[i].zh : words[i].en;
    return NULL;
}

const char *role_text(uint8_t role, enum lang lang) {
    static const char *const zh[] = {
        [ROLE_PARENT] = "容器",
        [ROLE_CHILD] = "内含",
        [ROLE_CHILD_QUANTITY] = "内含批量",
        [ROLE_EPC] = "对象",
        [ROLE_QUANTITY] = "批量",
        [ROLE_INPUT] = "投入",
        [ROLE_INPUT_QUANTITY] = "投入批量",
        [ROLE_OUTPUT] = "产出",
        [ROLE_OUTPUT_QUANTITY] = "产出批量",
        [ROLE_COVERED] = "货物",
    };
    static const char *const en[] = {
        [ROLE_PARENT] = "container",
        [ROLE_CHILD] = "inside",
        [ROLE_CHILD_QUANTITY] = "inside, by quantity",
        [ROLE_EPC] = "object",
        [ROLE_QUANTITY] = "quantity",
        [ROLE_INPUT] = "input",
        [ROLE_INPUT_QUANTITY] = "input quantity",
        [ROLE_OUTPUT] = "output",
        [ROLE_OUTPUT_QUANTITY] = "output quantity",
        [ROLE_COVERED] = "covers",
    };
    if (role < ROLE_PARENT || role > ROLE_COVERED) return "?";
    return lang == LANG_ZH ? zh[role] : en[role];
}

const char *unit_text(struct span unit, enum lang lang) {
    static const struct word_row units[] = {
        {"KGM", "千克", "kg"},   {"GRM", "克", "g"},     {"TNE", "吨", "t"},
        {"LTR", "升", "l"},      {"MTR", "米", "m"},     {"MTK", "平方米", "m²"},
        {"PR", "双", "pairs"},   {"NPR", "双", "pairs"},   {"EA", "件", "pieces"}, {"H87", "件", "pieces"},
        {"CEL", "℃", "°C"},      {"P1", "%", "%"},       {"A93", "克/立方米", "g/m³"},
        {"MTQ", "立方米", "m³"}, {"XBX", "箱", "boxes"}, {"FAH", "℉", "°F"},
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (span_is(unit, units[i].word)) return lang == LANG_ZH ? units[i].zh : units[i].en;
    return NULL;
}
