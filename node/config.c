/* config.c: the table of settings, and the small parsers of their values. */
#include "node/config.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ini.h>

enum {
    /* The INI reader cuts a longer line in two without saying so; we say so. */
    LINE_BYTES_MAX = 198,
    MIB = 1 << 20,
    THREADS_MAX = 64,
};

enum setting_kind { SETTING_PATH, SETTING_NUMBER, SETTING_LISTEN, SETTING_PEER, SETTING_FOLLOWER, SETTING_LOG, SETTING_CHECK, SETTING_SUBJECT };
enum list_bit { LIST_LISTEN = 1, LIST_PEERS = 2, LIST_FOLLOWERS = 4, LIST_HTTP = 8 };

struct setting {
    const char *section, *name;
    enum setting_kind kind;
    size_t offset;
    uint64_t min, max;
    enum list_bit list;
};

#define PLACE(member) offsetof(struct config, member)
static const struct setting SETTINGS[] = {
    {"node", "data", SETTING_PATH, PLACE(data_directory), 0, 0, 0},
    {"node", "genesis", SETTING_PATH, PLACE(genesis_file), 0, 0, 0},
    {"node", "key", SETTING_PATH, PLACE(key_file), 0, 0, 0},
    {"node", "log", SETTING_LOG, PLACE(log_level), 0, 0, 0},
    {"node", "check", SETTING_CHECK, PLACE(check), 0, 0, 0},
    {"peers", "listen", SETTING_LISTEN, PLACE(listen), 0, 0, LIST_LISTEN},
    {"peers", "peer", SETTING_PEER, PLACE(peers), 0, 0, LIST_PEERS},
    {"peers", "follower", SETTING_FOLLOWER, PLACE(followers), 0, 0, LIST_FOLLOWERS},
    {"http", "listen", SETTING_LISTEN, PLACE(http), 0, 0, LIST_HTTP},
    {"http", "scans_per_minute", SETTING_NUMBER, PLACE(scans_per_minute), 0, 60 * SCANS_PER_SECOND, 0},
    {"http", "scans_anchored_by", SETTING_SUBJECT, PLACE(scans_anchored_by), 0, 0, 0},
    {"limits", "pool_records", SETTING_NUMBER, PLACE(pool_records_max), 16, POOL_RECORDS_MAX, 0},
    {"limits", "pool_bytes", SETTING_NUMBER, PLACE(pool_bytes_max), BLOCK_BYTES_MAX, POOL_BYTES_MAX, 0},
    {"limits", "peers", SETTING_NUMBER, PLACE(peers_max), 1, PEERS_MAX, 0},
    {"limits", "http_connections", SETTING_NUMBER, PLACE(http_connections_max), 1, HTTP_CONNECTIONS_MAX, 0},
    {"limits", "journal_segment_bytes", SETTING_NUMBER, PLACE(journal_segment_bytes), 16 * MIB, 1024 * MIB, 0},
    {"limits", "cache_bytes", SETTING_NUMBER, PLACE(cache_bytes), 1 * MIB, UINT64_C(1) << 40, 0},
    {"limits", "leaves_bytes", SETTING_NUMBER, PLACE(leaves_bytes_max), 0, (uint64_t)LEAVES_MIB_MAX * MIB, 0},
    {"limits", "verify_threads", SETTING_NUMBER, PLACE(verify_threads), 1, THREADS_MAX, 0},
    {"limits", "read_threads", SETTING_NUMBER, PLACE(read_threads), 1, THREADS_MAX, 0},
};
enum { SETTINGS_COUNT = sizeof SETTINGS / sizeof SETTINGS[0] };

void config_default(struct config *ret) {
    memset(ret, 0, sizeof *ret);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    ret->log_level = LOG_INFO;
    ret->check = CONFIG_CHECK_SAMPLE;
    ret->pool_records_max = POOL_RECORDS_MAX;
    ret->pool_bytes_max = POOL_BYTES_MAX;
    ret->peers_max = PEERS_MAX;
    ret->scans_per_minute = SCANS_VISITOR_PER_MINUTE;
    ret->http_connections_max = HTTP_CONNECTIONS_MAX;
    ret->journal_segment_bytes = 64 * MIB;
    ret->cache_bytes = 32 * MIB;
    ret->leaves_bytes_max = (uint64_t)LEAVES_MIB_MAX * MIB;
    ret->verify_threads = cores < 1 ? 1 : cores > THREADS_MAX ? THREADS_MAX : (uint64_t)cores;
    ret->read_threads = 2;
}

enum err config_address_parse(const char *text, struct config_address *ret) {
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text) return ERR_CONFIG_ADDRESS;
    const char *host = text;
    size_t host_len = (size_t)(colon - text);
    if (host[0] == '[') {
        if (host_len < 3 || host[host_len - 1] != ']') return ERR_CONFIG_ADDRESS;
        host++;
        host_len -= 2;
    } else if (memchr(host, ':', host_len) != NULL) {
        return ERR_CONFIG_ADDRESS;
    }
    if (host_len >= CONFIG_HOST_BYTES || memchr(host, ' ', host_len) != NULL) return ERR_CONFIG_ADDRESS;
    size_t digits = strspn(colon + 1, "0123456789");
    if (digits == 0 || digits > 5 || colon[1 + digits] != '\0') return ERR_CONFIG_ADDRESS;
    unsigned long port = strtoul(colon + 1, NULL, 10);
    if (port > 65535) return ERR_CONFIG_ADDRESS;
    memset(ret, 0, sizeof *ret);
    memcpy(ret->host, host, host_len);
    ret->port = (uint16_t)port;
    return OK;
}

static enum err set_path(char *place, const char *value) {
    size_t len = strlen(value);
    if (len == 0 || len >= CONFIG_PATH_BYTES) return ERR_CONFIG_VALUE;
    memcpy(place, value, len + 1);
    return OK;
}

/* Digits, then nothing or K, M, G for powers of 1024. */
static enum err set_number(const struct setting *s, uint64_t *place, const char *value) {
    size_t digits = strspn(value, "0123456789");
    if (digits == 0 || digits > 15) return ERR_CONFIG_VALUE;
    uint64_t number = strtoull(value, NULL, 10);
    const char *unit = value + digits;
    unsigned shift = 0;
    if (*unit == 'K') shift = 10;
    if (*unit == 'M') shift = 20;
    if (*unit == 'G') shift = 30;
    if (shift > 0) unit++;
    if (*unit != '\0') return ERR_CONFIG_VALUE;
    if (number > s->max >> shift || number << shift < s->min) return ERR_CONFIG_LIMIT;
    *place = number << shift;
    return OK;
}

static enum err add_address(struct config_address list[], uint32_t *count, const char *value) {
    struct config_address address;
    if (strcmp(value, "off") == 0) {
        *count = 0;
        return OK;
    }
    enum err e = config_address_parse(value, &address);
    if (e != OK) return e;
    if (*count == CONFIG_LISTEN_MAX) return ERR_CONFIG_COUNT;
    list[(*count)++] = address;
    return OK;
}

static enum err parse_key(const char *text, struct pubkey *ret) {
    struct pubkey key;
    if (hex_decode(text, strlen(text), key.b, sizeof key.b) != OK) return ERR_CONFIG_KEY;
    if (!key_valid(&key)) return ERR_CONFIG_KEY;
    *ret = key;
    return OK;
}

static enum err add_peer(struct config *c, const char *value) {
    char address[CONFIG_HOST_BYTES + 16];
    struct config_peer peer = {0};
    size_t len = strcspn(value, " \t");
    if (len >= sizeof address) return ERR_CONFIG_ADDRESS;
    memcpy(address, value, len);
    address[len] = '\0';
    enum err e = config_address_parse(address, &peer.address);
    if (e != OK) return e;
    const char *key = value + len + strspn(value + len, " \t");
    if (*key != '\0') {
        if ((e = parse_key(key, &peer.key)) != OK) return e;
        peer.has_key = true;
    }
    if (c->peers_count == PEERS_MAX) return ERR_CONFIG_COUNT;
    c->peers[c->peers_count++] = peer;
    return OK;
}

static enum err add_follower(struct config *c, const char *value) {
    struct pubkey key;
    enum err e = parse_key(value, &key);
    if (e != OK) return e;
    if (c->followers_count == PEERS_MAX) return ERR_CONFIG_COUNT;
    c->followers[c->followers_count++] = key;
    return OK;
}

static enum err set_log(enum log_level *place, const char *value) {
    static const char *const names[] = {
        [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};
    for (enum log_level level = LOG_DEBUG; level <= LOG_ERROR; level++) {
        if (strcmp(value, names[level]) != 0) continue;
        *place = level;
        return OK;
    }
    return ERR_CONFIG_VALUE;
}

static enum err set_subject(char *place, const char *value) {
    if (!subject_id_valid(span_text(value))) return ERR_CONFIG_VALUE;
    memcpy(place, value, strlen(value) + 1);
    return OK;
}

static enum err set_check(enum config_check_level *place, const char *value) {
    static const char *const names[] = {
        [CONFIG_CHECK_HEAD] = "head", [CONFIG_CHECK_SAMPLE] = "sample", [CONFIG_CHECK_FULL] = "full"};
    for (enum config_check_level level = CONFIG_CHECK_HEAD; level <= CONFIG_CHECK_FULL; level++) {
        if (strcmp(value, names[level]) != 0) continue;
        *place = level;
        return OK;
    }
    return ERR_CONFIG_VALUE;
}

static enum err set_value(struct config *c, const struct setting *s, const char *value) {
    void *place = (char *)c + s->offset;
    switch (s->kind) {
    case SETTING_PATH:
        return set_path(place, value);
    case SETTING_NUMBER:
        return set_number(s, place, value);
    case SETTING_LISTEN:
        if (s->list == LIST_HTTP) return add_address(c->http, &c->http_count, value);
        return add_address(c->listen, &c->listen_count, value);
    case SETTING_PEER:
        return add_peer(c, value);
    case SETTING_FOLLOWER:
        return add_follower(c, value);
    case SETTING_LOG:
        return set_log(place, value);
    case SETTING_CHECK:
        return set_check(place, value);
    case SETTING_SUBJECT:
        return set_subject(place, value);
    }
    return ERR_CONFIG_VALUE;
}

static const struct setting *find_setting(const char *section, const char *name) {
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        const struct setting *s = &SETTINGS[i];
        if (strcmp(s->section, section) == 0 && strcmp(s->name, name) == 0) return s;
    }
    return NULL;
}

enum err config_set(struct config *c, const char *section, const char *name, const char *value,
                    struct refusal *ret_refusal) {
    const struct setting *s = find_setting(section, name);
    if (s == NULL) return refusal_set(ret_refusal, ERR_CONFIG_NAME, "[%s] %s", section, name);
    enum err e = set_value(c, s, value);
    if (e == OK) return OK;
    if (e == ERR_CONFIG_LIMIT) {
        return refusal_set(ret_refusal, e, "[%s] %s = %.40s: from %llu to %llu", section, name, value,
                           (unsigned long long)s->min, (unsigned long long)s->max);
    }
    return refusal_set(ret_refusal, e, "[%s] %s = %.90s", section, name, value);
}

enum err config_override(struct config *c, const char *section, const char *name, const char *value,
                         struct refusal *ret_refusal) {
    const struct setting *s = find_setting(section, name);
    CHECK(s != NULL);
    if (s->list != 0 && (c->overridden & (uint32_t)s->list) == 0) {
        c->overridden |= (uint32_t)s->list;
        if (s->list == LIST_LISTEN) c->listen_count = 0;
        if (s->list == LIST_PEERS) c->peers_count = 0;
        if (s->list == LIST_FOLLOWERS) c->followers_count = 0;
        if (s->list == LIST_HTTP) c->http_count = 0;
    }
    return config_set(c, section, name, value, ret_refusal);
}

struct reading {
    struct config *config;
    struct refusal first;
};

/* inih's handler: 0 marks the line as wrong. */
static int on_setting(void *user, const char *section, const char *name, const char *value) {
    struct reading *r = user;
    if (r->first.err != OK) return 0;
    return config_set(r->config, section, name, value, &r->first) == OK;
}

static int long_line(struct span text) {
    size_t start = 0;
    int line = 1;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.data[i] != '\n') continue;
        if (i - start > LINE_BYTES_MAX) return line;
        start = i + 1;
        line++;
    }
    return 0;
}

enum err config_parse(const char *name, struct span text, struct config *c, struct refusal *ret_refusal) {
    if (text.len > CONFIG_FILE_BYTES_MAX) return refusal_set(ret_refusal, ERR_TOO_LARGE, "%s", name);
    if (text.len > 0 && memchr(text.data, 0, text.len) != NULL) {
        return refusal_set(ret_refusal, ERR_CONFIG_SYNTAX, "%s", name);
    }
    int line = long_line(text);
    if (line > 0) return refusal_set(ret_refusal, ERR_CONFIG_LINE, "%s line %d", name, line);
    struct reading reading = {.config = c};
    char *copy = check_alloc(text.len + 1, 1);
    if (text.len > 0) memcpy(copy, text.data, text.len);
    line = ini_parse_string(copy, on_setting, &reading);
    free(copy);
    if (line == 0) return OK;
    if (reading.first.err == OK) {
        return refusal_set(ret_refusal, ERR_CONFIG_SYNTAX, "%s line %d", name, line);
    }
    return refusal_set(ret_refusal, reading.first.err, "%.60s line %d: %.110s", name, line,
                       reading.first.where);
}

bool config_file_read(const char *path, struct buffer *ret) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    uint8_t part[4096];
    ssize_t n;
    do {
        n = read(fd, part, sizeof part);
        if (n > 0) buffer_append(ret, part, (size_t)n);
    } while (n > 0 && !ret->overflow);
    int saved = errno;
    close(fd);
    errno = saved;
    return n == 0 || ret->overflow;
}

enum err config_read(const char *path, struct config *c, struct refusal *ret_refusal) {
    struct buffer text CLEANUP(buffer_free) = {0};
    buffer_init(&text, CONFIG_FILE_BYTES_MAX);
    if (!config_file_read(path, &text)) {
        return refusal_set(ret_refusal, ERR_CONFIG_FILE, "%.120s: %s", path, strerror(errno));
    }
    if (text.overflow) return refusal_set(ret_refusal, ERR_TOO_LARGE, "%s", path);
    return config_parse(path, buffer_span(&text), c, ret_refusal);
}

enum err config_check(const struct config *c, struct refusal *ret_refusal) {
    if (c->data_directory[0] == '\0') {
        return refusal_set(ret_refusal, ERR_CONFIG_MISSING, "[node] data, or --data DIR");
    }
    if (c->genesis_file[0] == '\0') {
        return refusal_set(ret_refusal, ERR_CONFIG_MISSING, "[node] genesis, or --genesis FILE");
    }
    if (c->listen_count == 0 && c->peers_count == 0) {
        return refusal_set(ret_refusal, ERR_CONFIG_ALONE, "[peers] listen, peer");
    }
    return OK;
}
