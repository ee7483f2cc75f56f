#include "tools/problems.h"

#include <stdarg.h>

void problem(struct problems *p, const char *zh, const char *en, ...) {
    char text[1024];
    va_list list;
    if (p->count == PROBLEMS_MAX) return;
    va_start(list, en);
    (void)vsnprintf(text, sizeof text, p->tool->lang == LANG_ZH ? zh : en, list);
    va_end(list);
    p->list[p->count++] = format(p->tool, "%s", text);
}

void problems_print(const struct problems *p) {
    for (uint32_t i = 0; i < p->count; i++)
        printf("  %s✗%s %s\n", paint(p->tool, PAINT_BAD), paint(p->tool, PAINT_PLAIN), p->list[i]);
}

void problems_emit(const struct problems *p, struct emit *j) {
    emit_list(j);
    for (uint32_t i = 0; i < p->count; i++)
        emit_text(j, span_text(p->list[i]));
    emit_list_end(j);
}

int problems_fail(const struct problems *p, enum tool_exit code, const char *next, const char *label) {
    const char *all = "";
    for (uint32_t i = 0; i < p->count; i++)
        all = format(p->tool, "%s%s%s", all, i ? tr(p->tool, "；", "; ") : "", p->list[i]);
    return fail(p->tool, code, next, "%s：%s", "%s: %s", shown(p->tool, span_text(label)), all);
}

int usage_fail(struct tool *t, const char *zh, const char *en, const char *text) {
    return fail(t, EXIT_USAGE, format(t, "help %s", t->command->name), "%s：%s", "%s: %s", tr(t, zh, en),
                shown(t, span_text(text)));
}
