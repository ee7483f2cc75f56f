#include "tools/genesis_fill.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/key_file.h"
#include "genesis/genesis.h"
#include "tools/map.h"
#include "tools/signer.h"

struct filling {
    struct tool *tool;
    const struct genesis_fill *how;
    int code; /* sticky */
};

const char *genesis_key_path(struct tool *t, const char *keys, const char *kind, struct span name,
                             const char *suffix) {
    char *file = arena_alloc(&t->arena, name.len + 1, 1);
    CHECK(file != NULL);
    for (size_t i = 0; i < name.len; i++)
        file[i] = name.data[i] == '/' || name.data[i] < ' ' ? '_' : (char)name.data[i];
    return format(t, "%s/%s/%s.%s", keys, kind, file, suffix);
}

static bool exists(const char *path) {
    struct stat st;
    return stat(path, &st) == 0;
}

static int seed_public(struct tool *t, const char *path, struct public_keys *ret) {
    struct seed seed CLEANUP(seed_wipe) = {0};
    struct refusal refusal;
    if (key_file_read(path, &seed, &refusal))
        return fail_refusal(t, EXIT_BROKEN, format(t, "key show %s", path), NULL, &refusal);
    public_keys_derive(&seed, ret);
    return EXIT_OK;
}

static int seed_new(struct tool *t, const char *path) {
    struct seed seed CLEANUP(seed_wipe) = {0};
    struct refusal refusal;
    seed_random(&seed);
    return key_file_write(path, &seed, &refusal)
               ? fail_refusal(t, EXIT_BROKEN, "help genesis make", NULL, &refusal)
               : EXIT_OK;
}

/* False when there are none, or with f->code set. */
static bool keys_find(struct filling *f, const char *kind, struct span name,
                      struct public_keys *ret) {
    struct tool *t = f->tool;
    if (f->how->keys == NULL || name.len == 0 || name.len > NAME_BYTES_MAX) return false;
    const char *public_path = genesis_key_path(t, f->how->keys, kind, name, "pub");
    const char *key_path = genesis_key_path(t, f->how->keys, kind, name, "key");
    if (exists(public_path)) {
        f->code = public_keys_read(t, public_path, ret);
        return f->code == EXIT_OK;
    }
    if (!exists(key_path)) {
        if (!f->how->new_keys) return false;
        f->code = seed_new(t, key_path);
        if (f->code) return false;
    }
    f->code = seed_public(t, key_path, ret);
    return f->code == EXIT_OK;
}

/* `map` becomes the map with one more field; the old bytes stay in the arena. */
static struct span with(struct filling *f, struct span map, const char *name, struct span value) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, GENESIS_BYTES_MAX);
    map_with(map, name, value, &b);
    struct span copy = arena_copy(&f->tool->arena, buffer_span(&b));
    CHECK(!b.overflow && copy.data != NULL);
    return copy;
}

static struct span with_key(struct filling *f, struct span map, const char *name,
                            const struct pubkey *key) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 128);
    pack_text(&b, span_text(hex_text(f->tool, key->b)));
    return with(f, map, name, buffer_span(&b));
}

static struct span fill_validator(struct filling *f, struct span v) {
    static const char *const names[] = {"consensus_key", "checkpoint_key", "log_key",
                                        "transport_key"};
    struct public_keys k;
    if (value_kind(v) != VALUE_MAP || map_has(v, names[0])) return v;
    if (!keys_find(f, "validators", map_text(v, "name"), &k)) {
        if (f->code == EXIT_OK && f->how->keys != NULL)
            f->code = fail(f->tool, EXIT_REFUSED,
                           format(f->tool, "key new %s",
                                  genesis_key_path(f->tool, f->how->keys, "validators",
                                                   map_text(v, "name"), "key")),
                           "验证节点 %s 没有公钥", "validator %s has no keys",
                           shown(f->tool, map_text(v, "name")));
        return v;
    }
    const struct pubkey *const keys[] = {&k.consensus, &k.checkpoint, &k.log, &k.transport};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        v = with_key(f, v, names[i], keys[i]);
    return v;
}

static struct span fill_member(struct filling *f, struct span m) {
    struct public_keys k;
    if (value_kind(m) != VALUE_MAP || map_has(m, "keys")) return m;
    if (!keys_find(f, "members", map_text(m, "subject"), &k)) return m;
    static const uint8_t empty[] = {0x80};
    struct span key = with_key(f, span_of(empty, 1), "key", &k.record);
    struct buffer list CLEANUP(buffer_free) = {0};
    buffer_init(&list, 1024);
    pack_array(&list, 1);
    pack_raw(&list, key);
    return with(f, m, "keys", buffer_span(&list));
}

static struct span fill_list(struct filling *f, struct span document, const char *name,
                             struct span (*fill)(struct filling *, struct span)) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct span entry, value = map_get(document, name);
    if (value_kind(value) != VALUE_ARRAY) return document;
    struct list l = list_open(value);
    buffer_init(&b, GENESIS_BYTES_MAX);
    pack_array(&b, l.left);
    while (list_next(&l, &entry))
        pack_raw(&b, f->code ? entry : fill(f, entry));
    return with(f, document, name, buffer_span(&b));
}

static int keys_directories(struct tool *t, const struct genesis_fill *how) {
    const char *paths[] = {how->keys, format(t, "%s/validators", how->keys),
                           format(t, "%s/members", how->keys)};
    for (size_t i = 0; i < 3; i++)
        if (mkdir(paths[i], 0700) != 0 && errno != EEXIST)
            return fail_file(t, "help genesis make", paths[i]);
    return EXIT_OK;
}

int genesis_fill(struct tool *t, const char *document_path, const struct genesis_fill *how,
                 struct buffer *out) {
    struct buffer text CLEANUP(buffer_free) = {0}, value CLEANUP(buffer_free) = {0};
    struct filling f = {.tool = t, .how = how};
    struct refusal refusal;
    buffer_init(&text, GENESIS_BYTES_MAX);
    buffer_init(&value, GENESIS_BYTES_MAX);
    int code = file_read(t, document_path, &text);
    if (code == EXIT_OK && how->new_keys) code = keys_directories(t, how);
    if (code) return code;
    if (json_parse(buffer_span(&text), &value, &refusal))
        return fail_refusal(t, EXIT_REFUSED, "help genesis make", document_path, &refusal);
    struct span document = buffer_span(&value);
    if (value_kind(document) == VALUE_MAP) {
        document = fill_list(&f, document, "validators", fill_validator);
        document = fill_list(&f, document, "members", fill_member);
        if (f.code) return f.code;
        struct buffer created CLEANUP(buffer_free) = {0};
        buffer_init(&created, 16);
        pack_uint(&created, how->created_ms);
        if (!map_has(document, "created"))
            document = with(&f, document, "created", buffer_span(&created));
    }
    buffer_clear(&text);
    json_write(document, 0, &text);
    if (genesis_from_json(buffer_span(&text), out, &refusal))
        return fail_refusal(t, EXIT_REFUSED, "help genesis make", document_path, &refusal);
    return EXIT_OK;
}
