/* cmd_epcis.c: names for EPCIS events that need no node. */
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "tools/commands.h"
#include "tools/epcis_xml.h"
#include "trace/epcis.h"

enum { OPTION_PREHASH = 'p', DOCUMENT_BYTES_MAX = 16 << 20, ARENA_BYTES_MAX = 512 << 20 };

struct hashing {
    struct tool *tool;
    struct emit *json; /* NULL: lines */
    bool prehash;
    bool refused; /* an event had no hash */
};

static enum err elements_read(struct span text, struct arena *arena, struct event_element *ret,
                              struct refusal *refusal) {
    struct buffer value CLEANUP(buffer_free) = {0};
    if (epcis_is_xml(text)) return epcis_xml_read(text, arena, ret, refusal);
    buffer_init(&value, 4 * (size_t)DOCUMENT_BYTES_MAX);
    enum err e = json_parse(text, &value, refusal);
    struct span document = e == OK ? arena_copy(arena, buffer_span(&value)) : SPAN_EMPTY;
    if (e == OK && document.data == NULL) e = refusal_set(refusal, ERR_TOO_LARGE, "%s", "");
    return e == OK ? event_hash_read(document, arena, ret, refusal) : e;
}

/* One line: the hash, the pre-hash string, or "-" with the reason on standard error. */
static void print_event(struct hashing *h, const char *path, uint32_t number, enum err e,
                        struct span prehash, const struct refusal *refusal) {
    struct tool *t = h->tool;
    char uri[EVENT_HASH_URI_SIZE] = "-";
    if (e == OK) event_hash_uri(prehash, uri);
    if (h->json != NULL) {
        emit_object(h->json);
        emit_key_string(h->json, "file", path);
        emit_key_uint(h->json, "event", number);
        if (e == OK) emit_key_string(h->json, "hash", uri);
        if (e == OK && h->prehash) emit_key_text(h->json, "prehash", prehash);
        if (e != OK) {
            emit_key(h->json, "error");
            emit_refusal(h->json, refusal);
        }
        emit_object_end(h->json);
        return;
    }
    if (e != OK) {
        printf("-\n");
        const char *where = shown(t, span_text(refusal->where));
        remark(t, "%s：第 %u 个事件：%s：%s%s%s\n", "%s: event %u: %s: %s%s%s\n",
               shown(t, span_text(path)), number, err_name(e), err_text(e, t->lang),
               where[0] != 0 ? tr(t, "：", ": ") : "", where);
    } else if (!h->prehash) {
        printf("%s\n", uri);
    } else if (isatty(STDOUT_FILENO)) {
        printf("%s\n", shown(t, prehash));
    } else {
        (void)fwrite(prehash.data, 1, prehash.len, stdout);
        printf("\n");
    }
}

static int hash_file(struct hashing *h, const char *path, struct arena *arena) {
    struct buffer text CLEANUP(buffer_free) = {0};
    struct event_element list = {0};
    struct refusal refusal = {OK, ""};
    uint32_t number = 0;
    buffer_init(&text, DOCUMENT_BYTES_MAX);
    int code = file_read(h->tool, path, &text);
    if (code) return code;
    if (elements_read(buffer_span(&text), arena, &list, &refusal) != OK)
        return fail_refusal(h->tool, EXIT_REFUSED, "help epcis hash", path, &refusal);
    for (struct event_element *e = list.first; e != NULL; e = e->next) {
        struct buffer prehash CLEANUP(buffer_free) = {0};
        buffer_init(&prehash, DOCUMENT_BYTES_MAX);
        enum err failed = event_prehash(e, arena, &prehash, &refusal);
        h->refused = h->refused || failed != OK;
        print_event(h, path, ++number, failed, buffer_span(&prehash), &refusal);
    }
    return EXIT_OK;
}

static int run_hash(struct tool *t, const struct arguments *a) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    struct hashing h = {.tool = t, .prehash = argument(a, OPTION_PREHASH) != NULL};
    int code = EXIT_OK;
    buffer_init(&out, 8 * (size_t)DOCUMENT_BYTES_MAX);
    if (t->json) {
        emit_begin(&j, &out);
        emit_object(&j);
        emit_key(&j, "events");
        emit_list(&j);
        h.json = &j;
    }
    for (uint32_t i = 0; i < a->words_count && code == EXIT_OK; i++) {
        struct arena arena;
        arena_init(&arena, ARENA_BYTES_MAX);
        code = hash_file(&h, a->words[i], &arena);
        arena_free(&arena);
    }
    if (code) return code;
    if (t->json) {
        emit_list_end(&j);
        emit_object_end(&j);
        emit_end(&j);
        if (out.overflow) {
            struct refusal refusal;
            (void)refusal_set(&refusal, ERR_TOO_LARGE, "%s", "--json");
            return fail_refusal(t, EXIT_REFUSED, "help epcis hash", NULL, &refusal);
        }
        json_print(&out);
    }
    return h.refused ? EXIT_REFUSED : EXIT_OK;
}

/* clang-format off: one a line */
static const struct option_row hash_options[] = {
    {"prehash", OPTION_PREHASH, NULL, "打印散列前的字符串，而不是散列",
     "print the strings that are hashed instead of the hashes"},
    {0},
};
static const struct example_row hash_examples[] = {
    {"epcis hash events.jsonld", "每个事件一行", "one line for each event"},
    {"epcis hash --prehash events.xml", "看看散列的是什么", "see what is hashed"},
    {"epcis hash --json a.jsonld b.xml", "一个 JSON 值", "one JSON value"},
    {0},
};
/* clang-format on */
const struct command cmd_epcis_hash = {
    .name = "epcis hash",
    .words = "FILE...",
    .words_min = 1,
    .words_max = GIVEN_MAX,
    .zh = "EPCIS 事件的 CBV 2.0 散列标识（ni:///sha-256;…），输入 JSON 或 XML",
    .en = "the CBV 2.0 hash identifiers of EPCIS events (ni:///sha-256;...), JSON or XML",
    .options = hash_options,
    .examples = hash_examples,
    .more_zh = "文件是 EPCIS 2.0 的 JSON / JSON-LD，或 EPCIS 1.2、2.0 的 XML；\"-\" "
               "是标准输入。标准输出按文件与事件的顺序\n"
               "每个事件正好一行。没有散列的事件（例如时间无法识别）那一行是 "
               "\"-\"，原因写到标准错误，退出码为 3。读不了的\n"
               "文件没有行，后面的文件也不再读。\n"
               "这个标识用于与他人核对事件，可用作 "
               "eventID；它不是承诺：不同的内容可以有同一个散列。账本承诺的是条目摘要。",
    .more_en = "A file is EPCIS 2.0 JSON / JSON-LD or EPCIS 1.2 or 2.0 XML; \"-\" is standard "
               "input. Standard output has\n"
               "exactly one line for each event, in the order of files and events. The line of an "
               "event without a hash (a\n"
               "time that cannot be read, say) is \"-\"; the reason goes to standard error and the "
               "exit code is 3. A file\n"
               "that cannot be read has no lines, and those after it are not read.\n"
               "The identifier serves to compare events with others, and as eventID; it commits to "
               "nothing: different\n"
               "contents can have one hash. What the ledger commits to is the item's digest.",
    .run = run_hash,
};
