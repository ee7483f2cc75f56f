/* output.c: what a person reads, in one of two languages, and what a program reads. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "tools/tool.h"

const struct exit_row exit_rows[] = {
    {EXIT_OK, "成功", "done"},
    {EXIT_BROKEN, "环境故障：文件、磁盘，或节点答复异常",
     "broken world: a file, the disk, or a node that talks nonsense"},
    {EXIT_USAGE, "用法错误", "wrong usage"},
    {EXIT_REFUSED, "被拒绝：原样重试无用", "refused: trying again as it is will not help"},
    {EXIT_FALSE, "验证不通过", "verification failed"},
    {EXIT_UNREACHABLE, "无法连接或节点繁忙：什么都没有发生，可以重试",
     "unreachable or busy: nothing happened, try again"},
    {EXIT_UNKNOWN, "结果未知：已发送但未确认，可原样重发",
     "outcome unknown: sent but not confirmed; sending the same again is harmless"},
    {EXIT_NOT_FOUND, "未找到", "not found"},
    {EXIT_OK, NULL, NULL},
};

const char *tr(const struct tool *t, const char *zh, const char *en) {
    return t->lang == LANG_ZH ? zh : en;
}

void say(const struct tool *t, const char *zh, const char *en, ...) {
    va_list args;
    va_start(args, en);
    vfprintf(stdout, tr(t, zh, en), args);
    va_end(args);
}

void remark(const struct tool *t, const char *zh, const char *en, ...) {
    if (t->json) return;
    fflush(stdout); /* where both go into one file, the order of the sentences is theirs */
    va_list args;
    va_start(args, en);
    vfprintf(stderr, tr(t, zh, en), args);
    va_end(args);
}

/* Appends text with what could steer a terminal, or is no UTF-8, as U+FFFD. */
static void safe_append(struct span text, struct buffer *out) {
    for (size_t i = 0; i < text.len;) {
        uint32_t rune;
        size_t n = span_rune(span_part(text, i, text.len - i), &rune);
        bool bad = n == 0 || rune_steers(rune);
        if (n == 0) n = 1;
        buffer_append(out, bad ? (const uint8_t *)"\xef\xbf\xbd" : text.data + i, bad ? 3 : n);
        i += n;
    }
}

/* The same as a text of its own. */
static const char *safe_text(const char *text, struct buffer *ret) {
    buffer_init(ret, 64 << 10);
    safe_append(span_text(text ? text : ""), ret);
    buffer_u8(ret, 0);
    return ret->overflow ? "…" : (const char *)ret->data;
}

static void print_failure(const struct tool *t, enum tool_exit code, const char *name,
                          const char *raw_next, const char *raw_text) {
    struct buffer safe_next CLEANUP(buffer_free) = {0}, safe CLEANUP(buffer_free) = {0};
    const char *text = safe_text(raw_text, &safe);
    const char *next = raw_next ? safe_text(raw_next, &safe_next) : NULL;
    fflush(stdout);
    if (t->json) {
        struct buffer out CLEANUP(buffer_free) = {0};
        struct emit j;
        buffer_init(&out, 64 << 10);
        emit_begin(&j, &out);
        emit_object(&j);
        emit_key(&j, "error");
        emit_object(&j);
        emit_key_uint(&j, "exit", (uint64_t)code);
        if (name) emit_key_string(&j, "name", name);
        emit_key_string(&j, "text", text);
        if (next) emit_key_text(&j, "next", span_text(next));
        emit_object_end(&j);
        emit_object_end(&j);
        emit_end(&j);
        fprintf(stderr, "%.*s\n", (int)out.len, (const char *)out.data);
        return;
    }
    fprintf(stderr, "%s%s\n", tr(t, "错误：", "error: "), text);
    if (next) fprintf(stderr, "%ssuyuan %s\n", tr(t, "接着试：", "try: "), next);
}

int fail(const struct tool *t, enum tool_exit code, const char *next, const char *zh,
         const char *en, ...) {
    char text[4096];
    va_list args;
    va_start(args, en);
    vsnprintf(text, sizeof text, tr(t, zh, en), args);
    va_end(args);
    print_failure(t, code, NULL, next, text);
    return (int)code;
}

int fail_refusal(const struct tool *t, enum tool_exit code, const char *next, const char *what,
                 const struct refusal *refusal) {
    char text[4096];
    snprintf(text, sizeof text, "%s%s%s%s%s [%s]", what ? what : "", what ? ": " : "",
             refusal->where, refusal->where[0] ? ": " : "", err_text(refusal->err, t->lang),
             err_name(refusal->err));
    print_failure(t, code, err_name(refusal->err), next, text);
    return (int)code;
}

/* What a clerk meets, in Chinese; the C library knows the rest, in English. */
void emit_refusal(struct emit *j, const struct refusal *refusal) {
    emit_object(j);
    emit_key_string(j, "name", err_name(refusal->err));
    emit_key_string(j, "where", refusal->where);
    emit_key_string(j, "text", err_text(refusal->err, LANG_EN));
    emit_object_end(j);
}

const char *errno_text(const struct tool *t, int number) {
    static const struct {
        int number;
        const char *zh;
    } rows[] = {
        {ENOENT, "没有这个文件或目录"}, {EACCES, "没有权限"},  {EPERM, "不允许"},
        {EISDIR, "这是一个目录"},       {ENOTDIR, "不是目录"}, {EEXIST, "已存在"},
        {ENOSPC, "磁盘已满"},           {EROFS, "磁盘只读"},   {EIO, "磁盘读写出错"},
        {ENAMETOOLONG, "名称太长"},     {ELOOP, "层次太多"},   {EMFILE, "打开的文件过多"},
        {EDQUOT, "超出磁盘配额"},       {ETXTBSY, "文件正忙"},
    };
    for (size_t i = 0; t->lang == LANG_ZH && i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].number == number) return rows[i].zh;
    return strerror(number);
}

int fail_file(const struct tool *t, const char *next, const char *path) {
    int saved = errno;
    return fail(t, saved == ENOENT ? EXIT_NOT_FOUND : EXIT_BROKEN, next, "%s：%s", "%s: %s", path,
                errno_text(t, saved));
}

void json_print(const struct buffer *json) {
    CHECK(!json->overflow);
    fwrite(json->data, 1, json->len, stdout);
    fputc('\n', stdout);
}

const char *shown(struct tool *t, struct span text) {
    struct buffer safe CLEANUP(buffer_free) = {0};
    buffer_init(&safe, 3 * text.len + 1);
    safe_append(text, &safe);
    buffer_u8(&safe, 0);
    struct span copy = arena_copy(&t->arena, buffer_span(&safe));
    return copy.data ? (const char *)copy.data : "…";
}

const char *format(struct tool *t, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(len >= 0);
    char *text = arena_alloc(&t->arena, (size_t)len + 1, 1);
    if (text != NULL) vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text ? text : "…";
}

const char *shell_word(struct tool *t, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";
    struct buffer b CLEANUP(buffer_free) = {0};
    if (word[0] != 0 && strspn(word, plain) == strlen(word)) return word;
    buffer_init(&b, 4 * strlen(word) + 3);
    buffer_u8(&b, '\'');
    for (; *word != 0; word++) {
        if (*word == '\'') buffer_text(&b, "'\\'");
        buffer_u8(&b, (uint8_t)*word);
    }
    buffer_u8(&b, '\'');
    return shown(t, buffer_span(&b));
}

/* Unicode's East Asian wide and fullwidth blocks, as far as names and sentences here use them. */
static bool wide(uint32_t c) {
    return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
           (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
           (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) ||
           (c >= 0x20000 && c <= 0x3fffd);
}

uint32_t columns(const char *text) {
    struct span left = span_text(text);
    uint32_t n = 0, rune = 0;
    while (left.len > 0) {
        size_t len = span_rune(left, &rune);
        n += len > 0 && wide(rune) ? 2 : 1;
        if (len == 0) len = 1;
        left = span_part(left, len, left.len - len);
    }
    return n;
}

void print_padded(const char *text, uint32_t width) {
    uint32_t used = columns(text);
    printf("%s%*s", text, used < width ? (int)(width - used) : 0, "");
}

const char *paint(const struct tool *t, enum paint p) {
    if (!t->colour) return "";
    switch (p) {
    case PAINT_PLAIN:
        return "\033[0m";
    case PAINT_STRONG:
        return "\033[1m";
    case PAINT_FAINT:
        return "\033[2m";
    case PAINT_GOOD:
        return "\033[32m";
    case PAINT_BAD:
        return "\033[31m";
    case PAINT_NAME:
        return "\033[36m";
    }
    CHECK(false);
}

const char *time_text(struct tool *t, uint64_t ms) {
    time_t s = (time_t)(ms / 1000);
    struct tm tm;
    char text[40];
    if (localtime_r(&s, &tm) == NULL ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", &tm) == 0)
        return format(t, "%llu ms", (unsigned long long)ms);
    return format(t, "%s", text);
}

uint64_t now_ms(void) {
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

const char *hex_text(struct tool *t, const uint8_t bytes[32]) {
    char text[65];
    hex_encode(span_of(bytes, 32), text);
    return format(t, "%s", text);
}
