/* devnet.c: the directory of a devnet: what is where, and devnet.json. */
#include "tools/devnet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "tools/map.h"

bool devnet_exists(const char *directory) {
    char path[DEVNET_PATH_BYTES];
    return snprintf(path, sizeof path, "%s/devnet.json", directory) < (int)sizeof path &&
           access(path, F_OK) == 0;
}

uint32_t devnet_nodes(const struct devnet *d) {
    return d->validators + (d->follower ? 1 : 0);
}

const char *devnet_name(struct tool *t, const struct devnet *d, uint32_t node) {
    return node < d->validators ? format(t, "node%u", node) : "follower";
}

const char *devnet_path(struct tool *t, const struct devnet *d, uint32_t node, const char *file) {
    return format(t, "%s/%s/%s", d->directory, devnet_name(t, d, node), file);
}

const char *devnet_url(struct tool *t, const struct devnet *d, uint32_t node) {
    return format(t, "http://127.0.0.1:%u", d->base_port + DEVNET_HTTP + node);
}

int devnet_save(struct tool *t, const struct devnet *d) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, 4096);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key_uint(&j, "version", 1);
    emit_key_uint(&j, "validators", d->validators);
    emit_key_uint(&j, "base_port", d->base_port);
    emit_key_bool(&j, "follower", d->follower);
    emit_object_end(&j);
    emit_end(&j);
    buffer_text(&out, "\n");
    return file_write(t, format(t, "%s/devnet.json", d->directory), buffer_span(&out));
}

static bool manifest_read(struct span text, struct devnet *d) {
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, 4096);
    if (json_parse(text, &value, NULL) != OK) return false;
    struct span map = buffer_span(&value);
    uint64_t validators = map_uint(map, "validators"), base_port = map_uint(map, "base_port");
    if (map_uint(map, "version") != 1 || validators < VALIDATORS_MIN ||
        validators > VALIDATORS_MAX || base_port < 1024 ||
        base_port > UINT16_MAX - DEVNET_HTTP - VALIDATORS_MAX)
        return false;
    d->follower = map_bool(map, "follower");
    d->validators = (uint32_t)validators;
    d->base_port = (uint16_t)base_port;
    return true;
}

static int lock_take(struct tool *t, struct devnet *d) {
    const char *path = format(t, "%s/lock", d->directory);
    d->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (d->lock < 0) return fail_file(t, "help devnet", path);
    if (flock(d->lock, LOCK_EX | LOCK_NB) == 0) return EXIT_OK;
    devnet_close(d);
    return fail(t, EXIT_UNREACHABLE,
                format(t, "devnet status --dir %s", shell_word(t, d->directory)),
                "另一个 suyuan devnet 命令正在这个目录里工作：%s",
                "another suyuan devnet command is at work here: %s", d->directory);
}

int devnet_open(struct tool *t, const char *directory, bool change, struct devnet *ret) {
    struct devnet d = {.lock = -1};
    struct buffer text CLEANUP(buffer_free) = {0};
    char absolute[PATH_MAX];
    const char *up = format(t, "devnet up --dir %s", shell_word(t, directory));
    if (!devnet_exists(directory))
        return fail(t, EXIT_NOT_FOUND, up, "这里没有开发网：%s", "there is no devnet here: %s",
                    directory);
    if (realpath(directory, absolute) == NULL) return fail_file(t, up, directory);
    if (strlen(absolute) >= sizeof d.directory)
        return fail(t, EXIT_USAGE, "help devnet up", "路径太长：%s", "the path is too long: %s",
                    absolute);
    memcpy(d.directory, absolute, strlen(absolute) + 1);
    buffer_init(&text, 4096);
    int code = file_read(t, format(t, "%s/devnet.json", d.directory), &text);
    if (code != EXIT_OK) return code;
    if (!manifest_read(buffer_span(&text), &d))
        return fail(t, EXIT_BROKEN, "devnet up --dir devnet2", "devnet.json 已损坏：%s",
                    "devnet.json is damaged: %s", d.directory);
    if (change && (code = lock_take(t, &d)) != EXIT_OK) return code;
    *ret = d;
    return EXIT_OK;
}

void devnet_close(struct devnet *d) {
    if (d->lock >= 0) close(d->lock);
    d->lock = -1;
}
