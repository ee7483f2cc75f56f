/* devnet_make.c: a new devnet: keys, the genesis with them filled in, one directory per node.
 * devnet.json comes last, so what was interrupted is not taken for a devnet. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "genesis/genesis.h"
#include "tools/devnet.h"

enum {
    TEMPLATE_BYTES_MAX = GENESIS_BYTES_MAX,
    PORT_TRIES = 200,
    PORT_RANDOM = 20000,
    PORT_RANDOM_SPAN = 12000
};

struct making {
    struct tool *tool;
    struct devnet *devnet;
    struct buffer genesis; /* canonical map: the template with keys */
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
static int ports_choose(struct tool *t, const struct devnet_options *o, uint16_t *ret) {
    uint16_t taken = 0, random;
    uint32_t base = o->base_port;
    for (uint32_t i = 0; o->base_port == 0 && i < PORT_TRIES; i++) {
        random_bytes(&random, sizeof random);
        base = PORT_RANDOM + random % PORT_RANDOM_SPAN;
        if (range_free(base, o->validators, &taken)) break;
    }
    if (!range_free(base, o->validators, &taken))
        return fail(t, EXIT_BROKEN, "devnet up --base-port 0", "端口 %u 已被占用",
                    "port %u is in use", (unsigned)taken);
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

/* A seed file as node/config.h wants it. */
static int key_make(struct making *m, const char *name, const char *about, struct seed *ret) {
    struct tool *t = m->tool;
    const char *path = format(t, "%s/keys/%s.key", m->devnet->directory, name);
    char text[65], line[256];
    seed_random(ret);
    hex_encode(span_of(ret->b, sizeof ret->b), text);
    int len = snprintf(line, sizeof line, "# %s\n%s\n", about, text);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written = fd >= 0 && write(fd, line, (size_t)len) == len;
    int saved = errno;
    if (fd >= 0 && close(fd) != 0) written = false;
    secret_wipe(text, sizeof text);
    secret_wipe(line, sizeof line);
    errno = saved;
    return written ? EXIT_OK : fail_file(t, "devnet up --dir devnet2", path);
}

/* ---- the genesis: the template, with what must not be written by hand ---- */

/* Appends `map` with one more pair, at its place in the order; a pair of the same name is replaced.
 */
static bool map_with(struct span map, const char *name, struct span value, struct buffer *out) {
    struct unpack u;
    struct span last = SPAN_EMPTY, old;
    bool put = false;
    if (value_kind(map) != VALUE_MAP) return false;
    unpack_init(&u, map);
    uint32_t pairs = unpack_map(&u, 1024);
    pack_map(out, pairs + (value_get(map, name, &old) ? 0 : 1));
    for (uint32_t i = 0; i <= pairs; i++) {
        struct span key = i < pairs ? unpack_key(&u, &last) : SPAN_EMPTY;
        struct span v = i < pairs ? unpack_value(&u) : SPAN_EMPTY;
        int order = i < pairs ? span_compare(key, span_text(name)) : 1;
        if (!put && order >= 0) {
            pack_text(out, span_text(name));
            pack_raw(out, value);
            put = true;
        }
        if (i == pairs || order == 0) continue;
        pack_text(out, key);
        pack_raw(out, v);
    }
    return u.err == OK;
}

static void pack_hex_key(struct buffer *out, const struct pubkey *key) {
    char text[65];
    hex_encode(span_of(key->b, sizeof key->b), text);
    pack_text(out, span_of(text, 64));
}

static bool map_with_key(struct buffer *map, const char *name, const struct pubkey *key) {
    struct buffer value CLEANUP(buffer_free) = {0}, longer = {0};
    buffer_init(&value, 128);
    buffer_init(&longer, map->max);
    pack_hex_key(&value, key);
    bool ok = map_with(buffer_span(map), name, buffer_span(&value), &longer);
    buffer_free(map);
    *map = longer;
    return ok;
}

static struct span text_of(struct span map, const char *name) {
    struct span value;
    struct unpack u;
    if (!value_get(map, name, &value)) return SPAN_EMPTY;
    unpack_init(&u, value);
    struct span text = unpack_text(&u, NAME_BYTES_MAX);
    return unpack_end(&u) == OK ? text : SPAN_EMPTY;
}

static int template_complaint(struct making *m, const char *place) {
    return fail(m->tool, EXIT_REFUSED, "help devnet up", "创世模板有误：%s",
                "the genesis template is wrong: %s", place);
}

/* Validator `index`: from the template as long as it names some, numbered ones after. */
static int validator_make(struct making *m, uint32_t index, struct span map, struct buffer *out) {
    struct buffer v CLEANUP(buffer_free) = {0};
    struct seed seed;
    struct validator_keys keys;
    buffer_init(&v, 1 << 16);
    if (map.len > 0) {
        buffer_append_span(&v, map);
    } else {
        pack_map(&v, 1);
        pack_text(&v, span_text("name"));
        pack_text(&v, span_text(format(m->tool, "validator-%u.devnet.example", index)));
    }
    const char *name = shown(m->tool, text_of(buffer_span(&v), "name"));
    int code = key_make(m, format(m->tool, "validator-%u", index), name, &seed);
    if (code != EXIT_OK) return code;
    validator_keys_derive(&seed, &keys);
    bool ok = map_with_key(&v, "consensus_key", &keys.consensus.public_key) &&
              map_with_key(&v, "checkpoint_key", &keys.checkpoint.public_key) &&
              map_with_key(&v, "log_key", &keys.log.public_key) &&
              map_with_key(&v, "transport_key", &keys.transport.public_key);
    pack_raw(out, buffer_span(&v));
    validator_keys_wipe(&keys);
    seed_wipe(&seed);
    return ok ? EXIT_OK : template_complaint(m, "validators");
}

static int validators_make(struct making *m, struct span list, struct buffer *out) {
    struct unpack u;
    unpack_init(&u, list);
    uint32_t named = unpack_array(&u, VALIDATORS_MAX), count = m->devnet->validators;
    int code = u.err == OK ? EXIT_OK : template_complaint(m, "validators");
    pack_array(out, count);
    for (uint32_t i = 0; i < count && code == EXIT_OK; i++)
        code = validator_make(m, i, i < named ? unpack_value(&u) : SPAN_EMPTY, out);
    return code;
}

/* A subject id is part of a file name: its alphabet (SPEC G6) has no slash, and two dots are no
 * name. */
static bool subject_is_plain(struct span subject) {
    bool plain = subject.len > 0 && subject.len <= SUBJECT_ID_BYTES_MAX && subject.data[0] != '.';
    for (size_t i = 0; i < subject.len; i++)
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-",
                   subject.data[i]) == NULL ||
            subject.data[i] == 0)
            plain = false;
    return plain;
}

static int member_make(struct making *m, struct span map, struct buffer *out) {
    struct buffer keys CLEANUP(buffer_free) = {0};
    struct span subject = text_of(map, "subject");
    struct seed seed, record;
    struct keypair pair;
    if (!subject_is_plain(subject)) return template_complaint(m, "members.subject");
    const char *name = shown(m->tool, subject);
    int code = key_make(m, name, shown(m->tool, text_of(map, "name")), &seed);
    if (code != EXIT_OK) return code;
    seed_derive(&seed, "record", &record); /* SPEC C4 */
    key_from_seed(&record, &pair);
    buffer_init(&keys, 1024);
    pack_array(&keys, 1);
    pack_map(&keys, 1);
    pack_text(&keys, span_text("key"));
    pack_hex_key(&keys, &pair.public_key);
    bool ok = map_with(map, "keys", buffer_span(&keys), out);
    keypair_wipe(&pair);
    seed_wipe(&record);
    seed_wipe(&seed);
    return ok ? EXIT_OK : template_complaint(m, "members");
}

static int members_make(struct making *m, struct span list, struct buffer *out) {
    struct unpack u;
    unpack_init(&u, list);
    uint32_t count = unpack_array(&u, GENESIS_MEMBERS_MAX);
    int code = u.err == OK ? EXIT_OK : template_complaint(m, "members");
    pack_array(out, count);
    for (uint32_t i = 0; i < count && code == EXIT_OK; i++)
        code = member_make(m, unpack_value(&u), out);
    return code;
}

/* The template's canonical map with validators, members and time filled in. */
static int genesis_fill(struct making *m, struct span map) {
    struct buffer part CLEANUP(buffer_free) = {0}, next CLEANUP(buffer_free) = {0},
                       last CLEANUP(buffer_free) = {0};
    struct span validators, members;
    buffer_init(&part, 2 * TEMPLATE_BYTES_MAX);
    buffer_init(&next, 2 * TEMPLATE_BYTES_MAX);
    buffer_init(&last, 2 * TEMPLATE_BYTES_MAX);
    if (!value_get(map, "validators", &validators) || !value_get(map, "members", &members))
        return template_complaint(m, "validators, members");
    int code = validators_make(m, validators, &part);
    if (code != EXIT_OK) return code;
    bool ok = map_with(map, "validators", buffer_span(&part), &next);
    buffer_clear(&part);
    if ((code = members_make(m, members, &part)) != EXIT_OK) return code;
    ok = ok && map_with(buffer_span(&next), "members", buffer_span(&part), &last);
    buffer_clear(&part);
    pack_uint(&part, now_ms());
    ok = ok && map_with(buffer_span(&last), "created", buffer_span(&part), &m->genesis);
    return ok && !m->genesis.overflow ? EXIT_OK : template_complaint(m, "");
}

static int genesis_write(struct making *m) {
    struct buffer text CLEANUP(buffer_free) = {0}, file CLEANUP(buffer_free) = {0};
    struct refusal refusal = {0};
    struct tool *t = m->tool;
    buffer_init(&text, GENESIS_BYTES_MAX);
    buffer_init(&file, GENESIS_BYTES_MAX);
    json_write(buffer_span(&m->genesis), 2, &text);
    if (genesis_from_json(buffer_span(&text), &file, &refusal) != OK)
        return fail_refusal(t, EXIT_REFUSED, "help devnet up", "genesis", &refusal);
    buffer_text(&text, "\n");
    int code =
        file_write(t, format(t, "%s/genesis.json", m->devnet->directory), buffer_span(&text));
    if (code != EXIT_OK) return code;
    return file_write(t, format(t, "%s/genesis", m->devnet->directory), buffer_span(&file));
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
    buffer_printf(&ini, "key = ../keys/%s.key\n[peers]\n",
                  validator ? format(t, "validator-%u", node) : "follower");
    if (validator) buffer_printf(&ini, "listen = 127.0.0.1:%u\n", d->base_port + node);
    for (uint32_t i = 0; i < d->validators; i++)
        if (i != node) buffer_printf(&ini, "peer = 127.0.0.1:%u\n", d->base_port + i);
    hex_encode(span_of(m->follower.b, sizeof m->follower.b), follower);
    if (validator) buffer_printf(&ini, "follower = %s\n", follower);
    buffer_printf(&ini, "[http]\nlisten = 127.0.0.1:%u\n", d->base_port + DEVNET_HTTP + node);
    return file_write(t, devnet_path(t, d, node, "node.ini"), buffer_span(&ini));
}

static int follower_key_make(struct making *m) {
    struct seed seed;
    struct validator_keys keys;
    int code = key_make(m, "follower", "审计节点 audit node", &seed);
    if (code != EXIT_OK) return code;
    validator_keys_derive(&seed, &keys);
    m->follower = keys.transport.public_key;
    validator_keys_wipe(&keys);
    seed_wipe(&seed);
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
    int code = template_read(m->tool, template_file, &map);
    if (code == EXIT_OK) code = directory_make(m->tool, format(m->tool, "%s/keys", d->directory));
    if (code == EXIT_OK) code = follower_key_make(m);
    if (code == EXIT_OK) code = genesis_fill(m, buffer_span(&map));
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
    int code = ports_choose(t, o, &d.base_port);
    if (code == EXIT_OK) code = directory_make(t, directory);
    if (code != EXIT_OK) return code;
    if (realpath(directory, absolute) == NULL || strlen(absolute) >= sizeof d.directory)
        return fail_file(t, "help devnet up", directory);
    memcpy(d.directory, absolute, strlen(absolute) + 1);
    buffer_init(&m.genesis, 2 * TEMPLATE_BYTES_MAX);
    code = make_inside(&m, o->template_file);
    buffer_free(&m.genesis);
    if (code != EXIT_OK) return code;
    return devnet_open(t, d.directory, true, ret);
}
