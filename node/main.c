/* main.c: suyuand, the daemon. Arguments to configuration; everything else is uv_node_run. */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/uv_node.h"

const char *argp_program_version = "suyuand " SUYUAN_VERSION;

static const char DOC[] =
    "溯源账本节点 the node of a Suyuan ledger\v"
    "例 Examples:\n"
    "  suyuand --config /etc/suyuan/node.ini\n"
    "  suyuand --data ./v0 --genesis ./genesis --key ./v0.key --listen 127.0.0.1:7700 \\\n"
    "          --peer 127.0.0.1:7701 --http 127.0.0.1:7780\n"
    "\n"
    "参数与配置文件的同名项含义相同，并优先于文件。限额只能收窄。\n"
    "A flag says the same as the setting of its name and goes before it; a limit can only be narrowed.\n"
    "退出码 Exit status: 0 正常停止 stopped, 1 环境问题，见日志 broken world, see the log, 2 用法或配置有误 usage.\n";

struct flag {
    const char *name;
    int key;
    const char *arg, *section, *setting, *help;
};

enum { KEY_CONFIG = 'c', KEY_FIRST = 256 };

/* One flag per setting an operator gives by hand; --limit NAME=VALUE for the rest. */
static const struct flag FLAGS[] = {
    {"data", 'd', "DIR", "node", "data", "数据目录 directory of store and journal"},
    {"genesis", 'g', "FILE", "node", "genesis", "创世文件 genesis file"},
    {"key", 'k', "FILE", "node", "key", "密钥种子文件（0600） seed file of this node"},
    {"log", KEY_FIRST, "LEVEL", "node", "log", "debug, info, warn, error"},
    {"check", KEY_FIRST + 1, "LEVEL", "node", "check", "启动检查 check at start: head, sample, full"},
    {"listen", 'l', "HOST:PORT", "peers", "listen", "监听对等节点（可多次） listen for peers"},
    {"peer", 'p', "HOST:PORT [KEY]", "peers", "peer", "连接对等节点（可多次） connect to a peer"},
    {"follower", KEY_FIRST + 2, "KEY", "peers", "follower", "允许此审计节点连接（可多次） a follower that may connect"},
    {"http", KEY_FIRST + 3, "HOST:PORT", "http", "listen", "HTTP 监听，off 关闭 listen for HTTP, off for none"},
};
enum { FLAGS_COUNT = sizeof FLAGS / sizeof FLAGS[0], KEY_LIMIT = KEY_FIRST + 100 };

struct arguments {
    struct config *config;
    const char *file;
    bool overriding; /* second pass: flags, after the file */
};

static error_t refuse(struct argp_state *state, const struct refusal *r) {
    argp_failure(state, 2, 0, "%s\n  %s\n  %s: %s\n运行 Try: suyuand --help", err_text(r->err, LANG_ZH),
                 err_text(r->err, LANG_EN), err_name(r->err), r->where);
    return EINVAL;
}

static error_t limit(struct argp_state *state, const struct arguments *a, char *arg) {
    struct refusal r = {0};
    char *value = strchr(arg, '=');
    if (value == NULL) {
        argp_error(state, "--limit NAME=VALUE");
        return EINVAL;
    }
    *value = '\0';
    enum err e = config_override(a->config, "limits", arg, value + 1, &r);
    *value = '=';
    return e == OK ? 0 : refuse(state, &r);
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    struct arguments *a = state->input;
    if (key == KEY_CONFIG) {
        a->file = arg;
        return 0;
    }
    if (key == ARGP_KEY_ARG) argp_error(state, "%s: 不需要参数 no such argument", arg);
    if (key == KEY_LIMIT) return a->overriding ? limit(state, a, arg) : 0;
    for (size_t i = 0; i < FLAGS_COUNT; i++) {
        struct refusal r = {0};
        if (FLAGS[i].key != key) continue;
        if (!a->overriding || config_override(a->config, FLAGS[i].section, FLAGS[i].setting, arg, &r) == OK) return 0;
        return refuse(state, &r);
    }
    return ARGP_ERR_UNKNOWN;
}

static int usage(const struct refusal *r) {
    fprintf(stderr, "suyuand: %s\n  %s\n  %s: %s\n运行 Try: suyuand --help\n", err_text(r->err, LANG_ZH),
            err_text(r->err, LANG_EN), err_name(r->err), r->where);
    return 2;
}

int main(int argc, char **argv) {
    struct argp_option options[FLAGS_COUNT + 3] = {
        {"config", KEY_CONFIG, "FILE", 0, "配置文件 configuration (INI)", 0},
        {"limit", KEY_LIMIT, "NAME=VALUE", 0, "收窄限额 narrow a limit: pool_records, pool_bytes, peers, ...", 0},
    };
    for (size_t i = 0; i < FLAGS_COUNT; i++) {
        options[2 + i] = (struct argp_option){FLAGS[i].name, FLAGS[i].key, FLAGS[i].arg, 0, FLAGS[i].help, 0};
    }
    struct argp argp = {options, parse, NULL, DOC, NULL, NULL, NULL};
    struct config *config = check_alloc(1, sizeof *config);
    struct arguments a = {.config = config};
    struct refusal refusal = {0};
    argp_err_exit_status = 2;
    config_default(config);
    crypto_start();
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    if (a.file != NULL && config_read(a.file, config, &refusal) != OK) return usage(&refusal);
    a.overriding = true;
    argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &a);
    if (config_check(config, &refusal) != OK) return usage(&refusal);
    log_level_set(config->log_level);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is a full disk: an error of the write, not the end */
    int result = uv_node_run(config);
    free(config);
    return result;
}
