/* includes.c: ARCHITECTURE.md, "Include rules". */
#include <stdio.h>
#include <string.h>

#include "tests/tidy/tidy.h"

/* A folder may include itself and these, or just one header. A folder inside another has a row of its own; the deepest that holds
 * a file counts. tests may include everything. */
static const struct {
    const char *folder;
    const char *may[10];
} folders[] = {
    {"base", {NULL}},
    {"consensus", {"base"}},
    {"trace", {"base"}},
    {"ledger", {"base", "trace"}},
    {"genesis", {"base", "trace", "ledger"}},
    {"storage", {"base", "trace", "ledger", "genesis"}},
    {"rpc", {"base", "trace", "ledger", "genesis", "storage"}},
    {"node", {"base", "consensus", "trace", "ledger", "genesis", "storage", "rpc"}},
    {"tools", {"base", "trace", "ledger", "genesis"}},
    {"tools/gateway", {"base", "trace", "ledger", "genesis", "tools", "rpc/http.h"}}, /* the HTTP session links alone */
};

/* A library's header stands in these files only. "uv_" at the end of a path: every file of the folder that begins so. */
static const struct {
    const char *header; /* a prefix */
    const char *files[3];
} doors[] = {
    {"sodium", {"base/crypto.c"}},
    {"openssl/", {"base/sha256.c"}},
    {"msgpack", {"base/codec_pack.c", "tests/unit/test_base_codec.c"}}, /* the test judges our reader by theirs */
    {"jansson", {"base/json.c"}},
    {"leveldb/", {"storage/store_leveldb.c"}},
    {"zlib", {"storage/journal_frame.c"}},
    {"llhttp", {"rpc/http_parser.c"}},
    {"uv.h", {"node/uv_"}},
    {"ini.h", {"node/config.c"}},
    {"curl/", {"tools/http_client.c"}},
    {"expat.h", {"tools/epcis_xml.c"}},
    {"sqlite3", {"tools/gateway/spool_"}}, /* spool_sql.h: spool.c and spool_batch.c */
    {"mosquitto", {"tools/gateway/mqtt.c"}},
    {"cmocka", {"tests/"}},
};

static bool among(const char *const list[], size_t n, const char *path, bool prefix) {
    for (size_t i = 0; i < n && list[i] != NULL; i++) {
        bool open = prefix && (has_suffix(list[i], "_") || has_suffix(list[i], "/"));
        if (open ? has_prefix(path, list[i]) : strcmp(path, list[i]) == 0) return true;
    }
    return false;
}

static void check_door(const struct file *f, size_t line, const char *header) {
    for (size_t i = 0; i < sizeof doors / sizeof doors[0]; i++)
        if (has_prefix(header, doors[i].header) && !among(doors[i].files, 3, f->path, true) &&
            !exception(f->path, "door", doors[i].header, 0))
            report(f, line, "door", "<%s> stands behind %s only", header, doors[i].files[0]);
}

static void check_own(const struct file *f, size_t line, const char *header) {
    char folder[64];
    const char *slash = strchr(header, '/');
    if (slash == NULL || !path_exists(header)) {
        report(f, line, "include", "\"%s\": headers are named from the root, folder first", header);
        return;
    }
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - header), header);
    size_t row = sizeof folders / sizeof folders[0];
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (in_folder(f->path, folders[i].folder) &&
            (row == sizeof folders / sizeof folders[0] || in_folder(folders[i].folder, folders[row].folder)))
            row = i;
    if (row == sizeof folders / sizeof folders[0]) return;
    if (!in_folder(header, folders[row].folder) && !among(folders[row].may, 10, folder, false) &&
        !among(folders[row].may, 10, header, false))
        report(f, line, "include", "%s/ may not include %s", folders[row].folder, header);
}

void check_includes(const struct file *f) {
    size_t line = 0;
    for (const char *at = f->code; at != NULL; at = strchr(at, '\n'), at = at != NULL ? at + 1 : NULL) {
        char open, header[256];
        line++;
        const char *raw = f->text + (at - f->code);
        if (*at != '#' || sscanf(raw, "# include %c%255[^>\"\n]", &open, header) != 2) continue;
        if (open == '<') check_door(f, line, header);
        if (open == '"') check_own(f, line, header);
    }
}
