#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct err_row {
    enum err err;
    const char *name, *en, *zh;
} rows[] = {
#define ERR(number, name, en, zh) {name, #name, en, zh},
#include "base/err_table.h"
#undef ERR
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static const struct err_row *row_of(enum err e) {
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].err == e) return &rows[i];
    return NULL;
}

const char *err_name(enum err e) {
    const struct err_row *row = row_of(e);
    return row == NULL ? "ERR_?" : row->name;
}

const char *err_text(enum err e, enum lang lang) {
    const struct err_row *row = row_of(e);
    if (row == NULL) return lang == LANG_ZH ? "未知错误" : "unknown error";
    return lang == LANG_ZH ? row->zh : row->en;
}

enum err err_by_name(const char *name) {
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0) return rows[i].err;
    return OK;
}

int err_at(int i) {
    return i >= 0 && i < ROWS ? (int)rows[i].err : -1;
}

enum err refusal_set(struct refusal *ret, enum err e, const char *format, ...) {
    if (ret == NULL) return e;
    ret->err = e;
    va_list args;
    va_start(args, format);
    vsnprintf(ret->where, sizeof ret->where, format, args);
    va_end(args);
    return e;
}
