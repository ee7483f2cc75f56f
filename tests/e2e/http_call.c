#include "tests/e2e/http_call.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MAX = 16 << 10 };

int loopback_connect(uint16_t port, int timeout_ms) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval t = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (const struct sockaddr *)&a, sizeof a) == 0) return fd;
    close(fd);
    return -1;
}

void http_connection_init(struct http_connection *c, uint16_t port, int timeout_ms) {
    *c = (struct http_connection){.port = port, .fd = -1, .timeout_ms = timeout_ms};
}

void http_connection_close(struct http_connection *c) {
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
}

static bool send_all(int fd, const void *data, size_t len) {
    const uint8_t *p = data;
    while (len > 0) {
        ssize_t put = send(fd, p, len, MSG_NOSIGNAL);
        if (put <= 0) return false;
        p += put;
        len -= (size_t)put;
    }
    return true;
}

/* Reads until the head is complete; what came behind it stays in the buffer. Returns the head's length, 0 on failure. */
static size_t read_head(int fd, struct buffer *in) {
    uint8_t bytes[16384];
    for (;;) {
        uint8_t *end = in->len >= 4 ? memmem(in->data, in->len, "\r\n\r\n", 4) : NULL;
        if (end != NULL) return (size_t)(end - in->data) + 4;
        ssize_t got = in->len < HEAD_MAX ? recv(fd, bytes, sizeof bytes, 0) : -1;
        if (got <= 0) return 0;
        buffer_append(in, bytes, (size_t)got);
    }
}

static bool header_of(const char *head, const char *name, char *ret, size_t cap) {
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n")) {
        size_t len = strlen(name);
        if (strncasecmp(line + 2, name, len) != 0 || line[2 + len] != ':') continue;
        const char *value = line + 3 + len + strspn(line + 3 + len, " ");
        snprintf(ret, cap, "%.*s", (int)strcspn(value, "\r\n"), value);
        return true;
    }
    return false;
}

static int read_answer(struct http_connection *c, struct buffer *ret_body) {
    struct buffer in CLEANUP(buffer_free) = {0};
    char head[HEAD_MAX + 1], value[64];
    uint8_t bytes[65536];
    buffer_init(&in, (16 << 20) + HEAD_MAX);
    size_t head_len = read_head(c->fd, &in);
    if (head_len == 0 || head_len > HEAD_MAX) return 0;
    memcpy(head, in.data, head_len);
    head[head_len] = '\0';
    int status = (int)strtoul(head + strcspn(head, " "), NULL, 10);
    if (status == 204 || status == 304) return status;
    if (!header_of(head, "content-length", value, sizeof value)) return 0;
    size_t len = strtoull(value, NULL, 10);
    while (in.len - head_len < len) {
        ssize_t got = recv(c->fd, bytes, sizeof bytes, 0);
        if (got <= 0) return 0;
        buffer_append(&in, bytes, (size_t)got);
        if (in.overflow) return 0;
    }
    buffer_append(ret_body, in.data + head_len, len);
    if (header_of(head, "connection", value, sizeof value) && strcasecmp(value, "close") == 0) http_connection_close(c);
    return status;
}

int http_call(struct http_connection *c, const char *verb, const char *path, const char *type, struct span body,
              struct buffer *ret_body) {
    char head[1024];
    buffer_clear(ret_body);
    if (c->fd < 0) c->fd = loopback_connect(c->port, c->timeout_ms);
    if (c->fd < 0) return 0;
    int len = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nhost: 127.0.0.1\r\n%s%s%scontent-length: %zu\r\n\r\n", verb, path,
                       type != NULL ? "content-type: " : "", type != NULL ? type : "", type != NULL ? "\r\n" : "", body.len);
    int status = 0;
    if (send_all(c->fd, head, (size_t)len) && send_all(c->fd, body.data, body.len)) status = read_answer(c, ret_body);
    if (status == 0) http_connection_close(c);
    return status;
}

bool json_pick(struct span json, const char *name, char *ret, size_t cap) {
    char key[64];
    int len = snprintf(key, sizeof key, "\"%s\":", name);
    const uint8_t *at = json.len > 0 ? memmem(json.data, json.len, key, (size_t)len) : NULL;
    if (at == NULL) return false;
    const char *value = (const char *)at + len, *end = (const char *)json.data + json.len;
    bool quoted = value < end && *value == '"';
    value += quoted;
    size_t n = 0;
    while (value + n < end && (quoted ? value[n] != '"' : strchr(",}]", value[n]) == NULL)) n++;
    snprintf(ret, cap, "%.*s", (int)n, value);
    return true;
}
