/* devnet_make.c: a new devnet: keys, the genesis with them filled in, one directory per node.
 * devnet.json comes last, so what was interrupted is not taken for a devnet. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/key_file.h"
#include "genesis/genesis.h"
#include "tools/devnet.h"
#include "tools/genesis_fill.h"
#include "tools/map.h"
#include "tools/signer.h"

enum {
    TEMPLATE_BYTES_MAX = GENESIS_BYTES_MAX,
    PORT_TRIES = 200,
    PORT_RANDOM = 20000,
    PORT_RANDOM_SPAN = 12000
};

struct making {
    struct tool *tool;
    struct devnet *devnet;
    struct buffer file; /* the genesis file */
    struct genesis *genesis;
    struct pubkey follower;
};

/* ---- ports ---- */

static bool port_free(uint16_t port) {
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    bool free_now = bind(fd, (const struct sockaddr *)&a, sizeof a) == 0;
    close(fd);
    return free_now;
}

static bool range_free(uint32_t base, uint32_t validators, uint16_t *ret_taken) {
    for (uint32_t i = 0; i <= validators; i++)
        for (uint32_t at = base + i; at <= base + i + DEVNET_HTTP; at += DEVNET_HTTP)
            if (!port_free((uint16_t)at)) {
                *ret_taken = (uint16_t)at;
                return false;
            }
    return true;
}

/* A port may be taken between this look and the node's own: then the node says so. */
static int ports_choose(struct tool *t, const char *directory, const struct devnet_options *o,
                        uint16_t *ret) {
    uint16_t taken = 0, random;
    uint32_t base = o->base_port;
    for (uint32_t i = 0; o->base_port == 0 && i < PORT_TRIES; i++) {
        random_bytes(&random, sizeof random);
        base = PORT_RANDOM + random % PORT_RANDOM_SPAN;
        if (range_free(base, o->validators, &taken)) break;
    }
    if (!range_free(base, o->validators, &taken))
        return fail(t, EXIT_BROKEN,
                    format(t, "devnet up --base-port 0 --dir %s", shell_word(t, directory)),
                    "端口 %u 已被占用", "port %u is in use", (unsigned)taken);
    *ret = (uint16_t)base;
    return EXIT_OK;
}

/* ---- files ---- */

static int directory_make(struct tool *t, const char *path) {
    if (mkdir(path, 0700) == 0 || errno == EEXIST) return EXIT_OK;
    return fail_file(t, "help devnet up", path);
}

static bool directory_empty(const char *path) {
    DIR *d = opendir(path);
    bool empty = true;
    if (d == NULL) return errno == ENOENT;
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) empty = false;
    closedir(d);
    return empty;
}

/* ---- the genesis: the template for as many validators as wanted; genesis_fill makes the keys ----
 */

/* Validators from the template as long as it names some, numbered ones after. */
static void validators_list(struct making *m, struct span named, struct buffer *out) {
    struct list list = list_open(named);
    pack_array(out, m->devnet->validators);
    for (uint32_t i = 0; i < m->devnet->validators; i++) {
        struct span v;
        if (list_next(&list, &v)) {
            pack_raw(out, v);
            continue;
        }
        pack_map(out, 1);
        pack_text(out, span_text("name"));
        pack_text(out, span_text(format(m->tool, "validator-%u.devnet.example", i)));
    }
}

/* Writes the template for this devnet beside it and fills it. */
static int genesis_file_make(struct making *m, struct span map) {
    struct buffer validators CLEANUP(buffer_free) = {0}, fitted CLEANUP(buffer_free) = {0};
    struct buffer text CLEANUP(buffer_free) = {0};
    struct tool *t = m->tool;
    const char *keys = format(t, "%s/keys", m->devnet->directory);
    const char *path = format(t, "%s/template.json", m->devnet->directory);
    struct genesis_fill how = {.keys = keys, .new_keys = true, .created_ms = now_ms()};
    buffer_init(&validators, TEMPLATE_BYTES_MAX);
    buffer_init(&fitted, 2 * TEMPLATE_BYTES_MAX);
    buffer_init(&text, TEMPLATE_BYTES_MAX);
    validators_list(m, map_get(map, "validators"), &validators);
    map_with(map, "validators", buffer_span(&validators), &fitted);
    json_write(buffer_span(&fitted), 2, &text);
    if (validators.overflow || fitted.overflow || text.overflow)
        return fail(t, EXIT_REFUSED, "help devnet up", "创世模板太大",
                    "the genesis template is too large");
    int code = file_write(t, path, buffer_span(&text));
    return code == EXIT_OK ? genesis_fill(t, path, &how, &m->file) : code;
}

static int genesis_write(struct making *m) {
    struct buffer text CLEANUP(buffer_free) = {0};
    struct refusal refusal = {0};
    struct tool *t = m->tool;
    if (genesis_parse(buffer_span(&m->file), &m->genesis, &refusal) != OK)
        return fail_refusal(t, EXIT_REFUSED, "help devnet up", "genesis", &refusal);
    buffer_init(&text, GENESIS_BYTES_MAX);
    genesis_json(m->genesis, &text);
    buffer_text(&text, "\n");
    int code =
        file_write(t, format(t, "%s/genesis.json", m->devnet->directory), buffer_span(&text));
    if (code != EXIT_OK) return code;
    return file_write(t, format(t, "%s/genesis", m->devnet->directory), buffer_span(&m->file));
}

/* ---- nodes ---- */

static int node_make(struct making *m, uint32_t node) {
    struct buffer ini CLEANUP(buffer_free) = {0};
    struct tool *t = m->tool;
    const struct devnet *d = m->devnet;
    bool validator = node < d->validators;
    char follower[65];
    int code = directory_make(t, format(t, "%s/%s", d->directory, devnet_name(t, d, node)));
    if (code != EXIT_OK) return code;
    buffer_init(&ini, 64 << 10);
    buffer_printf(&ini, "# suyuan devnet; paths are relative to this directory\n[node]\ndata = "
                        "data\ngenesis = ../genesis\n");
    const char *key = "../keys/follower.key";
    if (validator)
        key = genesis_key_path(t, "../keys", "validators",
                               m->genesis->validators.validators[node].name, "key");
    buffer_printf(&ini, "key = %s\n[peers]\n", key);
    if (validator) buffer_printf(&ini, "listen = 127.0.0.1:%u\n", d->base_port + node);
    for (uint32_t i = 0; i < d->validators; i++)
        if (i != node) buffer_printf(&ini, "peer = 127.0.0.1:%u\n", d->base_port + i);
    hex_encode(span_of(m->follower.b, sizeof m->follower.b), follower);
    if (validator) buffer_printf(&ini, "follower = %s\n", follower);
    buffer_printf(&ini, "[http]\nlisten = 127.0.0.1:%u\n", d->base_port + DEVNET_HTTP + node);
    return file_write(t, devnet_path(t, d, node, "node.ini"), buffer_span(&ini));
}

static int follower_key_make(struct making *m) {
    struct seed seed CLEANUP(seed_wipe) = {0};
    struct refusal refusal = {0};
    struct public_keys keys;
    seed_random(&seed);
    if (key_file_write(format(m->tool, "%s/keys/follower.key", m->devnet->directory), &seed,
                       &refusal) != OK)
        return fail_refusal(m->tool, EXIT_BROKEN, "devnet up --dir devnet2", NULL, &refusal);
    public_keys_derive(&seed, &keys);
    m->follower = keys.transport;
    return EXIT_OK;
}

static int template_read(struct tool *t, const char *path, struct buffer *ret_map) {
    struct buffer text CLEANUP(buffer_free) = {0};
    struct refusal refusal = {0};
    buffer_init(&text, TEMPLATE_BYTES_MAX);
    buffer_append(&text, path ? "" : (const char *)devnet_template, path ? 0 : devnet_template_len);
    int code = path ? file_read(t, path, &text) : EXIT_OK;
    if (code != EXIT_OK) return code;
    if (json_parse(buffer_span(&text), ret_map, &refusal) == OK) return EXIT_OK;
    return fail_refusal(t, EXIT_REFUSED, "help devnet up", path ? path : "genesis.json", &refusal);
}

static int make_inside(struct making *m, const char *template_file) {
    struct buffer map CLEANUP(buffer_free) = {0};
    struct devnet *d = m->devnet;
    buffer_init(&map, TEMPLATE_BYTES_MAX);
    static const char *const directories[] = {"keys", "keys/validators", "keys/members"};
    int code = template_read(m->tool, template_file, &map);
    for (size_t i = 0; i < sizeof directories / sizeof *directories && code == EXIT_OK; i++)
        code = directory_make(m->tool, format(m->tool, "%s/%s", d->directory, directories[i]));
    if (code == EXIT_OK) code = follower_key_make(m);
    if (code == EXIT_OK) code = genesis_file_make(m, buffer_span(&map));
    if (code == EXIT_OK) code = genesis_write(m);
    for (uint32_t i = 0; i <= d->validators && code == EXIT_OK; i++)
        code = node_make(m, i);
    return code == EXIT_OK ? devnet_save(m->tool, d) : code;
}

int devnet_make(struct tool *t, const char *directory, const struct devnet_options *o,
                struct devnet *ret) {
    struct devnet d = {.lock = -1, .validators = o->validators};
    struct making m = {.tool = t, .devnet = &d};
    char absolute[PATH_MAX];
    if (!directory_empty(directory))
        return fail(t, EXIT_REFUSED, "devnet up --dir devnet2", "目录不为空，也不是开发网：%s",
                    "the directory is not empty and no devnet: %s", directory);
    int code = ports_choose(t, directory, o, &d.base_port);
    if (code == EXIT_OK) code = directory_make(t, directory);
    if (code != EXIT_OK) return code;
    if (realpath(directory, absolute) == NULL || strlen(absolute) >= sizeof d.directory)
        return fail_file(t, "help devnet up", directory);
    memcpy(d.directory, absolute, strlen(absolute) + 1);
    buffer_init(&m.file, GENESIS_BYTES_MAX);
    code = make_inside(&m, o->template_file);
    buffer_free(&m.file);
    genesis_free(m.genesis);
    if (code != EXIT_OK) return code;
    return devnet_open(t, d.directory, true, ret);
}
