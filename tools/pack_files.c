/* pack_files.c: the directory itself, the plan, and the secrets. The leaves are in pack_leaves.c. */
#include "tools/pack_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "tools/map.h"
#include "trace/identifier.h"

enum { BLOCK_CODES = 1024, RANDOM_BYTES = 7 + CODE_INNER_RANDOM_BYTES, PROGRESS_CODES = 1 << 16 };

static const char csv_head[] = "index,serial,url,inner\n";

const char *pack_file(struct tool *t, const char *directory, const char *file) {
    return format(t, "%s/%s", directory, file);
}

bool pack_has(struct tool *t, const char *directory, const char *file) {
    return access(pack_file(t, directory, file), F_OK) == 0;
}

void pack_unlock(int *lock) {
    if (*lock >= 0) close(*lock);
    *lock = -1;
}

static bool is_empty(const char *directory) {
    DIR *d = opendir(directory);
    bool empty = d != NULL;
    for (struct dirent *e = d ? readdir(d) : NULL; e != NULL && empty; e = readdir(d))
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    if (d != NULL) closedir(d);
    return empty;
}

int pack_directory(struct tool *t, const char *directory, bool make, int *ret_lock) {
    if (make && ((mkdir(directory, 0700) != 0 && errno != EEXIST) || !file_sync_directory(directory)))
        return fail_file(t, "help code pack", directory);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail_file(t, "help code pack", directory);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return fail(t, EXIT_UNREACHABLE, format(t, "code pack --resume %s", shell_word(t, directory)),
                    "另一个进程正在处理这个目录：%s", "another process works in this directory: %s",
                    shown(t, span_text(directory)));
    }
    if (make && !is_empty(directory)) {
        close(fd);
        return fail(t, EXIT_USAGE, format(t, "code pack --resume %s", shell_word(t, directory)),
                    "目录不是空的：%s", "the directory is not empty: %s", shown(t, span_text(directory)));
    }
    *ret_lock = fd;
    return EXIT_OK;
}

/* -- the plan -- */

void pack_url(struct span host, const struct code *code, struct buffer *out) {
    buffer_append_span(out, host);
    buffer_printf(out, "/01/%s/21/%s", code->gtin, code->serial);
}

int pack_plan_write(struct tool *t, const char *directory, const struct pack_plan *plan) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, 64 << 10);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key_string(&j, "pack", plan->id);
    emit_key_uint(&j, "count", plan->count);
    emit_key_text(&j, "thing", plan->thing);
    emit_key_text(&j, "certificate", plan->certificate);
    emit_key_text(&j, "host", plan->host);
    emit_key_text(&j, "subject", plan->subject);
    emit_key_digest(&j, "chain_id", &plan->chain_id);
    emit_object_end(&j);
    emit_end(&j);
    buffer_text(&out, "\n");
    return file_write(t, pack_file(t, directory, "pack.json"), buffer_span(&out));
}

int pack_plan_read(struct tool *t, const char *directory, struct pack_plan *ret) {
    struct buffer text CLEANUP(buffer_free) = {0}, value CLEANUP(buffer_free) = {0};
    const char *path = pack_file(t, directory, "pack.json");
    struct pack_plan p = {.count = 0};
    struct refusal refusal;
    buffer_init(&text, 64 << 10);
    buffer_init(&value, 64 << 10);
    int code = file_read(t, path, &text);
    if (code) return code;
    if (json_parse(buffer_span(&text), &value, &refusal))
        return fail_refusal(t, EXIT_BROKEN, "help code pack", path, &refusal);
    struct span m = arena_copy(&t->arena, buffer_span(&value)), id = map_text(m, "pack");
    uint64_t count = map_uint(m, "count");
    p.thing = map_text(m, "thing");
    p.certificate = map_text(m, "certificate");
    p.host = map_text(m, "host");
    p.subject = map_text(m, "subject");
    if (!pack_id_valid(id) || count < 1 || count > PACK_CODES_MAX || p.host.len == 0 ||
        p.host.len > PACK_HOST_BYTES_MAX || !map_digest(m, "chain_id", &p.chain_id))
        return fail(t, EXIT_BROKEN, "help code pack", "不是码包目录：%s", "not the directory of a code pack: %s",
                    shown(t, span_text(path)));
    memcpy(p.id, id.data, PACK_ID_BYTES);
    p.count = (uint32_t)count;
    *ret = p;
    return EXIT_OK;
}

/* -- secrets -- */

static void progress(struct tool *t, const char *zh, const char *en, uint32_t done, uint32_t all) {
    if (!t->terminal || t->json) return;
    if (done == all)
        fputs("\r\033[K", stderr);
    else
        remark(t, "\r%s %u / %u\033[K", "\r%s %u / %u\033[K", tr(t, zh, en), done, all);
}

/* One line; `random` is RANDOM_BYTES of the system's randomness. */
static void secret_write(const struct pack_plan *plan, uint32_t index, const uint8_t *random, FILE *to,
                         struct buffer *url) {
    char serial[CODE_SERIAL_CHARS + 1], inner[CODE_INNER_CHARS + 1];
    uint8_t wide[8] = {0};
    struct code code;
    memcpy(wide + 1, random, 7);
    code_serial_format(plan->id + CODE_GTIN_DIGITS + 1, index, get_u64(wide) >> 1, serial);
    code_inner_format(random + 7, inner);
    CHECK(code_make(span_of(plan->id, CODE_GTIN_DIGITS), span_text(serial), &code));
    buffer_clear(url);
    pack_url(plan->host, &code, url);
    fprintf(to, "%u,%s,%.*s,%s\n", index, serial, (int)url->len, (const char *)url->data, inner);
    secret_wipe(inner, sizeof inner);
}

int pack_secrets_make(struct tool *t, const char *directory, const struct pack_plan *plan) {
    struct file_writing w CLEANUP(file_abandon) = {.to = NULL};
    struct buffer url CLEANUP(buffer_free) = {0};
    uint8_t random[BLOCK_CODES * RANDOM_BYTES];
    buffer_init(&url, PACK_LINE_BYTES_MAX);
    int code = file_begin(t, pack_file(t, directory, "secrets.csv"), 0600, &w);
    if (code) return code;
    fputs(csv_head, w.to);
    for (uint32_t i = 0; i < plan->count && !ferror(w.to); i++) {
        if (i % BLOCK_CODES == 0) random_bytes(random, sizeof random);
        if (i % PROGRESS_CODES == 0) progress(t, "生成码", "making codes", i, plan->count);
        secret_write(plan, i, random + (size_t)(i % BLOCK_CODES) * RANDOM_BYTES, w.to, &url);
    }
    secret_wipe(random, sizeof random);
    progress(t, "", "", plan->count, plan->count);
    return file_finish(t, &w);
}

int pack_reader_open(struct tool *t, const char *directory, const struct pack_plan *plan,
                     struct pack_reader *ret) {
    *ret = (struct pack_reader){.tool = t, .plan = plan, .path = pack_file(t, directory, "secrets.csv")};
    int fd = open(ret->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_file(t, format(t, "code pack --resume %s", shell_word(t, directory)), ret->path);
    ret->from = fdopen(fd, "r");
    CHECK(ret->from != NULL);
    buffer_init(&ret->url, PACK_LINE_BYTES_MAX);
    return EXIT_OK;
}

void pack_reader_close(struct pack_reader *r) {
    if (r->from != NULL) (void)fclose(r->from);
    buffer_free(&r->url);
    secret_wipe(r->line, sizeof r->line);
    r->from = NULL;
}

static int damaged(struct pack_reader *r) {
    return fail(r->tool, EXIT_BROKEN, "help code pack", "%s 第 %u 行不是这个码包的",
                "%s: line %u is not of this pack", shown(r->tool, span_text(r->path)), r->next + 2);
}

/* `index,serial,url,inner`, exactly as it was written. */
static bool secret_parse(struct pack_reader *r, struct pack_secret *s) {
    char index[16];
    size_t length = strlen(r->line), at = (size_t)snprintf(index, sizeof index, "%u,", r->next);
    if (length < at + CODE_SERIAL_CHARS + 1 || strncmp(r->line, index, at) != 0) return false;
    if (!code_make(span_of(r->plan->id, CODE_GTIN_DIGITS), span_of(r->line + at, CODE_SERIAL_CHARS), &s->code) ||
        s->code.index != r->next || strcmp(s->code.pack_id, r->plan->id) != 0)
        return false;
    buffer_clear(&r->url);
    buffer_text(&r->url, ",");
    pack_url(r->plan->host, &s->code, &r->url);
    buffer_text(&r->url, ",");
    at += CODE_SERIAL_CHARS;
    if (length != at + r->url.len + CODE_INNER_CHARS + 1 || memcmp(r->line + at, r->url.data, r->url.len) != 0)
        return false;
    const char *inner = r->line + at + r->url.len;
    if (inner[CODE_INNER_CHARS] != '\n' || !code_alphabet_holds(span_of(inner, CODE_INNER_CHARS))) return false;
    memcpy(s->inner, inner, CODE_INNER_CHARS);
    s->inner[CODE_INNER_CHARS] = 0;
    s->url = span_of(r->url.data + 1, r->url.len - 2);
    return true;
}

int pack_reader_next(struct pack_reader *r, struct pack_secret *ret, bool *ret_more) {
    if (r->next == 0 && (fgets(r->line, sizeof r->line, r->from) == NULL || strcmp(r->line, csv_head) != 0))
        return damaged(r);
    bool line = fgets(r->line, sizeof r->line, r->from) != NULL;
    if (r->next == r->plan->count && !line) {
        *ret_more = false;
        return EXIT_OK;
    }
    if (r->next == r->plan->count || !line || !secret_parse(r, ret)) return damaged(r);
    r->next++;
    *ret_more = true;
    return EXIT_OK;
}
