/* main.c: suyuan-print: labels and certificates on paper. A program of its own, so that `suyuan` does not link what paper needs. It reads
 * JSON from a file or a pipe and writes files; it opens no socket and keeps no state. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/emit.h"
#include "tools/print/certificate.h"
#include "tools/print/labels.h"

struct choice {
    enum lang lang;
    bool json, labels;
    int report; /* descriptor for the report of a failure; -1: standard error, in words */
    const char *in, *out;
    struct labels_job job;
    bool format_given;
};

static const char help_zh[] =
    "suyuan-print — 标签页与证书\n\n"
    "例子：\n"
    "  suyuan-print labels --in labels.jsonl --out sheets.pdf --sheet a4-3x8\n"
    "      十万枚标签也只占少量内存\n"
    "  suyuan-print labels --in labels.jsonl --out printer.csv\n"
    "      交给印刷厂的表格\n"
    "  suyuan-print certificate --in certificate.json --out certificate.pdf\n"
    "      一份 A4 证书，附二维码\n\n"
    "选项：\n"
    "  --in FILE|-          输入（默认标准输入）：labels 每行一个 JSON 对象，certificate 一个 JSON 对象\n"
    "  --out FILE|-         输出；完整写好才有这个名字。标签文件含内码，权限 0600\n"
    "  --format svg|pdf|csv 标签的形式（默认按 --out 的后缀）；svg 每页一个文件：NAME-00001.svg\n"
    "  --sheet NAME|WxHmm   版式：%s，或单枚卷装标签的尺寸，如 62x29mm（默认 a4-3x8）\n"
    "  --module-mm MM       二维码模块的最小边长，0.6 到 5 毫米（默认 0.6）\n"
    "  --count N            标签应有的数量；不符则拒绝\n"
    "  --pages-per-file N   PDF 每 N 页一个文件：NAME-00001.pdf\n"
    "  --progress           显示进度（终端上总是显示）\n"
    "  --lang zh|en         语言（默认 zh）\n"
    "  --json               结果为一个 JSON 值，失败为标准错误上的一个 JSON 对象\n"
    "  --report FD          失败以 JSON 写到此描述符（供 suyuan 使用）\n\n"
    "退出码：0 成功，1 环境故障，2 用法错误，3 被拒绝，7 未找到\n";
static const char help_en[] =
    "suyuan-print — sheets of labels, and certificates\n\n"
    "Examples:\n"
    "  suyuan-print labels --in labels.jsonl --out sheets.pdf --sheet a4-3x8\n"
    "      a hundred thousand labels take little memory as well\n"
    "  suyuan-print labels --in labels.jsonl --out printer.csv\n"
    "      the table for a printing house\n"
    "  suyuan-print certificate --in certificate.json --out certificate.pdf\n"
    "      a certificate on A4, with its QR code\n\n"
    "Options:\n"
    "  --in FILE|-          input (default: standard input): JSON lines for labels, one JSON object for a certificate\n"
    "  --out FILE|-         output; it has this name when it is whole. Labels hold inner codes: mode 0600\n"
    "  --format svg|pdf|csv form of the labels (default: by the end of --out); svg is one file a sheet: NAME-00001.svg\n"
    "  --sheet NAME|WxHmm   %s, or the size of single labels on a roll, 62x29mm (default a4-3x8)\n"
    "  --module-mm MM       the least side of a module of a QR code, 0.6 to 5 mm (default 0.6)\n"
    "  --count N            how many labels there must be; other numbers are refused\n"
    "  --pages-per-file N   a PDF for every N pages: NAME-00001.pdf\n"
    "  --progress           show progress (always on a terminal)\n"
    "  --lang zh|en         language (default zh)\n"
    "  --json               the result is one JSON value, a failure one JSON object on standard error\n"
    "  --report FD          write a failure as JSON to this descriptor (used by suyuan)\n\n"
    "Exit codes: 0 done, 1 broken world, 2 usage, 3 refused, 7 not found\n";

static int help(enum lang lang) {
    char names[256] = "";
    size_t len = 0;
    for (size_t i = 0; sheets[i].name != NULL; i++)
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", i > 0 ? ", " : "", sheets[i].name);
    printf(lang == LANG_ZH ? help_zh : help_en, names);
    return PRINT_DONE;
}

/* ---- how it ends ---- */

static void failure_text(const struct choice *c, const struct outcome *o, char *ret, size_t cap) {
    if (o->refusal.err != OK)
        snprintf(ret, cap, "%s%s%s [%s]", o->refusal.where, o->refusal.where[0] ? ": " : "", err_text(o->refusal.err, c->lang),
                 err_name(o->refusal.err));
    else
        snprintf(ret, cap, "%s%s%s", o->file ? o->file : "", o->file && o->error ? ": " : "", o->error ? strerror(o->error) : "");
}

/* What a file name holds must not steer the terminal. */
static void print_safe(FILE *to, const char *text) {
    struct span left = span_text(text);
    uint32_t rune = 0;
    while (left.len > 0) {
        size_t len = span_rune(left, &rune);
        bool bad = len == 0 || rune_steers(rune);
        if (bad) fputs("\xef\xbf\xbd", to);
        else fwrite(left.data, 1, len, to);
        left = span_part(left, len > 0 ? len : 1, left.len - (len > 0 ? len : 1));
    }
}

static int ends_badly(const struct choice *c, const struct outcome *o) {
    char text[1024];
    failure_text(c, o, text, sizeof text);
    if (!c->json && c->report < 0) {
        fputs(c->lang == LANG_ZH ? "错误：" : "error: ", stderr);
        print_safe(stderr, text);
        fputs(c->lang == LANG_ZH ? "\n接着试：suyuan-print help\n" : "\ntry: suyuan-print help\n", stderr);
        return (int)o->exit;
    }
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, 64 << 10);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key(&j, "error");
    emit_object(&j);
    emit_key_uint(&j, "exit", (uint64_t)o->exit);
    if (o->refusal.err != OK) {
        emit_key_string(&j, "name", err_name(o->refusal.err));
        emit_key_string(&j, "where", o->refusal.where);
    }
    emit_key_string(&j, "text", span_is_utf8(span_text(text)) ? text : "?");
    emit_object_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    buffer_u8(&out, '\n');
    (void)!write(c->report >= 0 ? c->report : STDERR_FILENO, out.data, out.len);
    return (int)o->exit;
}

static int ends_well(const struct choice *c, const struct outcome *o, double seconds) {
    if (!c->json) return PRINT_DONE;
    struct rusage usage;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, 64 << 10);
    emit_begin(&j, &out);
    emit_object(&j);
    if (c->labels) emit_key_uint(&j, "labels", o->labels);
    emit_key_uint(&j, "pages", o->pages);
    emit_key_uint(&j, "files", o->files);
    emit_key_uint(&j, "bytes", o->bytes);
    emit_key_uint(&j, "ms", (uint64_t)(seconds * 1000));
    if (c->labels) emit_key_uint(&j, "labels_per_s", (uint64_t)((double)o->labels / (seconds > 0.001 ? seconds : 0.001)));
    emit_key_uint(&j, "peak_rss_kb", (uint64_t)usage.ru_maxrss);
    emit_object_end(&j);
    emit_end(&j);
    printf("%.*s\n", (int)out.len, (const char *)out.data);
    return fflush(stdout) == 0 ? PRINT_DONE : PRINT_BROKEN;
}

static int wrong(const struct choice *c, const char *zh, const char *en) {
    struct outcome o = {.exit = PRINT_USAGE, .file = c->lang == LANG_ZH ? zh : en};
    return ends_badly(c, &o);
}

/* ---- the command line ---- */

static bool number_read(const char *text, uint64_t max, uint64_t *ret) {
    uint64_t n = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[digits] != 0) return false;
    for (; *text != 0; text++)
        n = n * 10 + (uint64_t)(*text - '0');
    *ret = n;
    return n <= max;
}

static bool module_read(const char *text, double *ret) {
    char *end;
    if (text[strspn(text, "0123456789.")] != 0 || strlen(text) > 8) return false;
    *ret = strtod(text, &end);
    return end != text && *end == 0 && *ret >= 0.6 && *ret <= 5;
}

static bool format_read(const char *text, enum labels_format *ret) {
    static const char *const names[] = {[LABELS_PDF] = "pdf", [LABELS_SVG] = "svg", [LABELS_CSV] = "csv"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0) {
            *ret = (enum labels_format)i;
            return true;
        }
    return false;
}

enum { GIVEN_IN = 1, GIVEN_OUT, GIVEN_FORMAT, GIVEN_SHEET, GIVEN_MODULE, GIVEN_LANG, GIVEN_COUNT, GIVEN_PAGES, GIVEN_PROGRESS, GIVEN_JSON,
       GIVEN_REPORT, GIVEN_HELP };
static const struct option options[] = {
    {"in", required_argument, NULL, GIVEN_IN},
    {"out", required_argument, NULL, GIVEN_OUT},
    {"lang", required_argument, NULL, GIVEN_LANG},
    {"json", no_argument, NULL, GIVEN_JSON},
    {"report", required_argument, NULL, GIVEN_REPORT},
    {"help", no_argument, NULL, GIVEN_HELP},
    /* labels only, from here on */
    {"format", required_argument, NULL, GIVEN_FORMAT},
    {"sheet", required_argument, NULL, GIVEN_SHEET},
    {"module-mm", required_argument, NULL, GIVEN_MODULE},
    {"count", required_argument, NULL, GIVEN_COUNT},
    {"pages-per-file", required_argument, NULL, GIVEN_PAGES},
    {"progress", no_argument, NULL, GIVEN_PROGRESS},
    {NULL, 0, NULL, 0},
};
enum { OPTIONS_OF_LABELS = 6 };

/* False: the value is not one the option takes. */
static bool take(struct choice *c, int key, const char *value) {
    uint64_t n = 0;
    switch (key) {
    case GIVEN_IN: c->in = value; return value[0] != 0;
    case GIVEN_OUT: c->out = value; return value[0] != 0;
    case GIVEN_FORMAT: c->format_given = true; return format_read(value, &c->job.format);
    case GIVEN_SHEET: return sheet_find(value, &c->job.sheet) == OK;
    case GIVEN_MODULE: return module_read(value, &c->job.module);
    case GIVEN_LANG: c->lang = strcmp(value, "en") == 0 ? LANG_EN : LANG_ZH; return strcmp(value, "en") == 0 || strcmp(value, "zh") == 0;
    case GIVEN_COUNT: return number_read(value, UINT64_MAX, &c->job.count) && c->job.count > 0;
    case GIVEN_PAGES: {
        bool ok = number_read(value, 100000, &n) && n > 0;
        c->job.pages_per_file = (uint32_t)n;
        return ok;
    }
    case GIVEN_PROGRESS: c->job.progress = true; return true;
    case GIVEN_JSON: c->json = true; return true;
    case GIVEN_REPORT: {
        bool ok = number_read(value, 1023, &n) && n > 2;
        c->report = (int)n;
        return ok;
    }
    }
    return false;
}

static int complain(const struct choice *c, int key, int index) {
    char zh[160], en[160];
    struct outcome o = {.exit = PRINT_USAGE};
    if (key == GIVEN_SHEET) {
        (void)refusal_set(&o.refusal, ERR_PRINT_SHEET, "%s", "--sheet");
        return ends_badly(c, &o);
    }
    if (key == '?') return wrong(c, "未知选项，或选项缺少取值", "an unknown option, or one without its value");
    snprintf(zh, sizeof zh, "--%s 不接受该值", options[index].name);
    snprintf(en, sizeof en, "--%s does not take this value", options[index].name);
    return wrong(c, zh, en);
}

/* -1: go on; otherwise the exit code. */
static int read_options(struct choice *c, int argc, char **argv) {
    int key, index = 0;
    opterr = 0;
    while ((key = getopt_long(argc, argv, "+", options, &index)) != -1) {
        if (key == GIVEN_HELP) return help(c->lang);
        if (key == '?' || !take(c, key, optarg) || (!c->labels && index >= OPTIONS_OF_LABELS)) return complain(c, key, index);
    }
    if (optind != argc) return wrong(c, "多余的参数", "one argument too many");
    if (c->out == NULL) return wrong(c, "缺少 --out", "--out is missing");
    if (c->json && strcmp(c->out, "-") == 0) return wrong(c, "--json 与 --out - 不能同用", "--json and --out - exclude each other");
    if (!c->labels) return -1;
    const char *dot = strrchr(c->out, '.');
    if (!c->format_given && (dot == NULL || !format_read(dot + 1, &c->job.format)))
        return wrong(c, "请用 --format 指明 svg、pdf 或 csv", "say svg, pdf or csv with --format");
    if (c->job.pages_per_file > 0 && c->job.format != LABELS_PDF)
        return wrong(c, "--pages-per-file 只用于 pdf", "--pages-per-file is for pdf");
    if ((c->job.format == LABELS_SVG || c->job.pages_per_file > 0) && strcmp(c->out, "-") == 0)
        return wrong(c, "多个文件不能写到标准输出", "several files cannot go to standard output");
    return -1;
}

static void run(const struct choice *c, struct outcome *ret) {
    bool standard = strcmp(c->in, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(c->in, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    *ret = (struct outcome){0};
    if (fd < 0) {
        (void)outcome_broken(ret, errno, c->in);
        return;
    }
    if (c->labels) {
        struct labels_job job = c->job;
        job.in = fd;
        job.in_name = c->in;
        job.out = c->out;
        job.lang = c->lang;
        job.terminal = isatty(STDERR_FILENO) == 1;
        labels_run(&job, ret);
    } else {
        certificate_run(fd, c->in, c->out, ret);
    }
    if (!standard) close(fd);
}

int main(int argc, char **argv) {
    struct choice c = {.report = -1, .in = "-", .job.module = 0.6};
    const char *word = argc > 1 ? argv[1] : "help";
    setlocale(LC_CTYPE, "C.UTF-8");
    /* Fontconfig calls a family by its name in the reader's language: the fonts are asked for by their English names. */
    CHECK(setenv("FC_LANG", "en", 1) == 0);
    stop_arm();
    CHECK(sheet_find("a4-3x8", &c.job.sheet) == OK);
    c.labels = strcmp(word, "labels") == 0;
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0)
        return argc > 1 ? help(argc > 3 && strcmp(argv[3], "en") == 0 ? LANG_EN : LANG_ZH) : (help(LANG_ZH), PRINT_USAGE);
    if (strcmp(word, "--version") == 0 || strcmp(word, "version") == 0) {
        puts("suyuan-print " SUYUAN_VERSION);
        return PRINT_DONE;
    }
    if (!c.labels && strcmp(word, "certificate") != 0)
        return wrong(&c, "没有这个命令；有 labels 与 certificate", "there is no such command; there are labels and certificate");
    int code = read_options(&c, argc - 1, argv + 1);
    if (code >= 0) return code;
    struct outcome o;
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    run(&c, &o);
    clock_gettime(CLOCK_MONOTONIC, &to);
    if (o.exit != PRINT_DONE) return ends_badly(&c, &o);
    return ends_well(&c, &o, (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
}
