/* cmd_code_labels.c: the labels of a pack, drawn by suyuan-print, to which they go line by line: memory does not grow with the pack. */
#include <string.h>

#include "tools/commands.h"
#include "tools/pack_files.h"
#include "tools/pack_node.h"
#include "tools/print_job.h"

enum {
    OPTION_OUT = 'o',
    OPTION_FORMAT = OPTION_FIRST,
    OPTION_SHEET,
    OPTION_MODULE,
    OPTION_PAGES,
    OPTION_LINE,
    OPTION_FROM_INDEX,
    OPTION_TO_INDEX,
    OPTION_WITH_VOIDED,
};
enum { WORDS_MAX = 24, LABEL_BYTES_MAX = 16 << 10, GROUP = 4 };

/* Options that suyuan-print knows by the same name. */
static const struct {
    int key;
    const char *word;
} passed_on[] = {{OPTION_FORMAT, "--format"}, {OPTION_SHEET, "--sheet"}, {OPTION_MODULE, "--module-mm"}, {OPTION_PAGES, "--pages-per-file"}};

static void words_make(struct tool *t, const struct arguments *a, uint32_t count, const char *words[WORDS_MAX]) {
    size_t n = 0;
    words[n++] = "labels";
    words[n++] = "--out";
    words[n++] = argument(a, OPTION_OUT);
    words[n++] = "--count";
    words[n++] = format(t, "%u", count);
    if (t->json) words[n++] = "--json";
    for (size_t i = 0; i < sizeof passed_on / sizeof passed_on[0]; i++) {
        if (argument(a, passed_on[i].key) == NULL) continue;
        words[n++] = passed_on[i].word;
        words[n++] = argument(a, passed_on[i].key);
    }
    words[n] = NULL;
}

/* 8Z3T-Q0M4-C1VN-W6XA: as people copy it. */
static void inner_grouped(const char inner[CODE_INNER_CHARS + 1], char ret[CODE_INNER_CHARS + 4]) {
    char *to = ret;
    for (size_t i = 0; i < CODE_INNER_CHARS; i++) {
        if (i > 0 && i % GROUP == 0) *to++ = '-';
        *to++ = inner[i];
    }
    *to = 0;
}

static void label_write(const struct arguments *a, const struct pack_secret *s, struct buffer *out) {
    char inner[CODE_INNER_CHARS + 4];
    uint32_t at = 0;
    struct emit j;
    inner_grouped(s->inner, inner);
    buffer_clear(out);
    emit_begin(&j, out);
    emit_object(&j);
    emit_key_text(&j, "url", s->url);
    emit_key_string(&j, "serial", s->code.serial);
    emit_key_string(&j, "inner", inner);
    emit_key(&j, "lines");
    emit_list(&j);
    for (const char *line = argument_next(a, OPTION_LINE, &at); line != NULL; line = argument_next(a, OPTION_LINE, &at))
        emit_text(&j, span_text(line));
    emit_list_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    secret_wipe(inner, sizeof inner);
}

/* Which codes get labels. */
struct choice {
    uint32_t first, last;     /* of the pack */
    struct pack_known *known; /* what is void in it is left out */
    uint32_t left_out;
};

/* What the ledger says is void. A pack that is not there yet has nothing void in it. */
static int voided_ask(struct tool *t, const struct arguments *a, const struct pack_plan *plan, struct choice *c) {
    struct node n CLEANUP(node_close) = {0};
    if (argument(a, OPTION_WITH_VOIDED) != NULL) return EXIT_OK;
    node_open(t, &n);
    int code = pack_ask(&n, plan->id, c->known);
    if (code == EXIT_NOT_FOUND) return EXIT_OK;
    if (code == EXIT_UNREACHABLE)
        remark(t, "不问节点、连同作废的一起画：加 --with-voided\n", "to draw all without asking, also what is void: --with-voided\n");
    if (code) return code;
    if (c->known->count != plan->count)
        return fail(t, EXIT_BROKEN, "status", "账本上的码包 %s 有 %u 个码，目录中有 %u 个", "the pack %s has %u codes on the ledger, %u here",
                    plan->id, c->known->count, plan->count);
    c->left_out = pack_voided(c->known, c->first, c->last);
    if (c->left_out <= c->last - c->first) return EXIT_OK;
    return fail(t, EXIT_REFUSED, format(t, "help %s", t->command->name), "这些码都已作废，没有标签可画；仍要画：--with-voided",
                "all these codes are void and get no labels; to draw them all the same: --with-voided");
}

static void left_out_say(struct tool *t, const struct choice *c) {
    struct buffer ranges CLEANUP(buffer_free) = {0};
    if (c->left_out == 0) return;
    buffer_init(&ranges, PACK_RANGES_MAX * 24);
    for (uint32_t i = 0; i < c->known->voided_count; i++) {
        const struct pack_range *r = &c->known->voided[i];
        if (r->last < c->first || r->first > c->last) continue;
        buffer_printf(&ranges, "%s%u", ranges.len ? ", " : "", r->first);
        if (r->last > r->first) buffer_printf(&ranges, "-%u", r->last);
    }
    say(t, "略去已作废的 %u 个：%s\n", "%u void codes are left out: %s\n", c->left_out, shown(t, buffer_span(&ranges)));
}

/* Every line of the file is read and checked, also what gets no label: labels of a damaged pack are not printed. */
static int labels_feed(struct tool *t, const struct arguments *a, struct pack_reader *r, const struct choice *c,
                       struct print_job *job) {
    struct buffer line CLEANUP(buffer_free) = {0};
    struct pack_secret s;
    bool more = true, taken = true;
    const char *next = format(t, "help %s", t->command->name);
    buffer_init(&line, LABEL_BYTES_MAX);
    while (more && taken) {
        int code = pack_reader_next(r, &s, &more);
        if (code) {
            print_job_cancel(job);
            return code;
        }
        if (!more || s.code.index < c->first || s.code.index > c->last) continue;
        if (pack_voided(c->known, s.code.index, s.code.index) > 0) continue;
        label_write(a, &s, &line);
        if (line.overflow) break; /* the count is short then, and refused by name */
        taken = print_job_line(job, buffer_span(&line));
    }
    if (line.data != NULL) secret_wipe(line.data, line.len);
    return print_job_end(t, job, next);
}

static int run_labels(struct tool *t, const struct arguments *a) {
    struct pack_reader r CLEANUP(pack_reader_close) = {.from = NULL};
    struct print_job job = {.pid = 0};
    struct pack_plan plan;
    struct pack_known known = {.count = 0};
    struct choice choice = {.known = &known};
    const char *words[WORDS_MAX], *directory = a->words[0];
    uint64_t first, last;
    if (argument(a, OPTION_OUT) == NULL)
        return fail(t, EXIT_USAGE, "help code labels", "缺少 -o 文件", "-o FILE is missing");
    int code = pack_plan_read(t, directory, &plan);
    if (code) return code;
    if (!argument_number(t, a, OPTION_FROM_INDEX, 0, plan.count - 1, 0, &first) ||
        !argument_number(t, a, OPTION_TO_INDEX, first, plan.count - 1, plan.count - 1, &last))
        return EXIT_USAGE;
    /* What is not on its way to the ledger is no pack yet. */
    if (!pack_has(t, directory, "record.bin"))
        return fail(t, EXIT_REFUSED, format(t, "code pack --resume %s", shell_word(t, directory)), "码包还没有做完：%s",
                    "the pack is not finished: %s", shown(t, span_text(directory)));
    choice.first = (uint32_t)first;
    choice.last = (uint32_t)last;
    code = voided_ask(t, a, &plan, &choice);
    if (code == EXIT_OK) code = pack_reader_open(t, directory, &plan, &r);
    if (code) return code;
    uint32_t count = choice.last - choice.first + 1 - choice.left_out;
    words_make(t, a, count, words);
    code = print_job_start(t, NULL, words, &job);
    if (code == EXIT_OK) code = labels_feed(t, a, &r, &choice, &job);
    if (code == EXIT_OK && !t->json) {
        say(t, "%u 枚标签：%s\n", "%u labels: %s\n", count, shown(t, span_text(argument(a, OPTION_OUT))));
        left_out_say(t, &choice);
    }
    return code;
}

static const struct option_row options[] = {
    {"out", OPTION_OUT, "FILE", "写到哪里；权限 0600，因为含有内码", "where to; mode 0600, for it holds inner codes"},
    {"format", OPTION_FORMAT, "svg|pdf|csv", "形式（默认按文件名的后缀）", "form (default: by the end of the file's name)"},
    {"sheet", OPTION_SHEET, "NAME|WxHmm", "版式，如 a4-3x8，或卷装标签尺寸 62x29mm", "sheet, as a4-3x8, or single labels on a roll, 62x29mm"},
    {"module-mm", OPTION_MODULE, "MM", "二维码模块的最小边长（默认 0.6）", "the least side of a module of the QR code (default 0.6)"},
    {"pages-per-file", OPTION_PAGES, "N", "PDF 每 N 页一个文件", "a PDF for every N pages"},
    {"line", OPTION_LINE, "TEXT", "标签上的一行字，可重复", "a line of text on every label; may be repeated"},
    {"first", OPTION_FROM_INDEX, "N", "从这个序号起（默认 0）", "from this index (default 0)"},
    {"last", OPTION_TO_INDEX, "N", "到这个序号为止（含）", "to this index, included"},
    {"with-voided", OPTION_WITH_VOIDED, NULL, "连同已作废的一起画，不问节点", "draw also what is void, and ask no node"},
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row examples[] = {
    {"code labels pack -o labels.pdf --line '男士正装鞋 42 码'", "A4 标签页", "sheets of A4"},
    {"code labels pack -o roll.svg --sheet 62x29mm --first 0 --last 99", "前 100 个，卷装，每枚一个文件", "the first hundred, for a roll, a file each"},
    {"code labels pack -o printer.csv", "交给印刷厂的表格", "the table for a printing house"},
    {NULL, NULL, NULL},
};
const struct command cmd_code_labels = {
    .name = "code labels",
    .words = "DIR",
    .words_min = 1,
    .words_max = 1,
    .zh = "画出码包的标签",
    .en = "draw the labels of a pack",
    .options = options,
    .examples = examples,
    .more_zh = "由 suyuan-print 绘制，它须与 suyuan 在同一目录。没有画完就没有文件。\n"
               "已作废的码由节点得知，不画，并说明略去了哪些；尚未写入账本的码包没有作废的码。",
    .more_en = "Drawn by suyuan-print, which stands beside suyuan. What was not drawn to the end leaves no file.\n"
               "Codes that a node says are void get no labels, and it is said which; a pack that is not on the ledger yet has none.",
    .run = run_labels,
};
