/* includes.c: ARCHITECTURE.md, "Include rules". */
#include <stdio.h>
#include <string.h>

#include "tests/tidy/tidy.h"

/* A folder may include itself and these, or just one header. A folder inside another has a row of its own and is then no part of the
 * outer one. tests may include everything. */
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
    {"tools", {"base", "trace", "ledger", "genesis", "tools/gateway"}},
    {"tools/gateway", {"base", "trace", "ledger", "genesis", "tools", "rpc/http.h"}}, /* the HTTP session links alone */
    {"tools/print", {"base"}},
};

/* A library's header stands in these files only. "uv_" at the end of a path: every file of the folder that begins so. */
static const struct {
    const char *header; /* a prefix */
    const char *files[4];
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
    {"sqlite3", {"tools/gateway/spool_", "storage/scans_sqlite.c", "storage/sealed_sqlite.c"}}, /* spool_sql.h: spool.c and spool_batch.c */
    {"mosquitto", {"tools/gateway/mqtt.c"}},
    {"cairo", {"tools/print/canvas.c"}},
    {"pango", {"tools/print/canvas.c"}},
    {"qrencode.h", {"tools/print/qr.c"}},
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
        if (has_prefix(header, doors[i].header) && !among(doors[i].files, 4, f->path, true) &&
            !exception(f->path, "door", doors[i].header, 0))
            report(f, line, "door", "<%s> stands behind %s only", header, doors[i].files[0]);
}

/* The innermost folder of the table that holds this path; NULL: none. */
static const char *folder_of(const char *path) {
    const char *best = NULL;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (in_folder(path, folders[i].folder) && (best == NULL || strlen(folders[i].folder) > strlen(best)))
            best = folders[i].folder;
    return best;
}

static void check_own(const struct file *f, size_t line, const char *header) {
    if (strchr(header, '/') == NULL || !path_exists(header)) {
        report(f, line, "include", "\"%s\": headers are named from the root, folder first", header);
        return;
    }
    const char *from = folder_of(f->path), *folder = folder_of(header);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (from == folders[i].folder && from != folder && (folder == NULL || !among(folders[i].may, 10, folder, false)) &&
            !among(folders[i].may, 10, header, false))
            report(f, line, "include", "%s/ may not include %s", from, header);
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
