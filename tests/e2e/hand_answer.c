/* hand_answer.c: a node that lies. Whatever is asked of PORT, the answer is 200 with the bytes of FILE as they stand then. Says "ready" when it
 * listens; ends when it is killed. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "tests/e2e/hand.h"

enum { REQUEST_BYTES_MAX = 8192, WAIT_S = 5 };

/* A GET has no body: its head is all of it. */
static bool request_read(int fd) {
    char head[REQUEST_BYTES_MAX];
    size_t len = 0;
    while (len < sizeof head) {
        ssize_t got = recv(fd, head + len, sizeof head - len, 0);
        if (got <= 0) return false;
        len += (size_t)got;
        if (memmem(head, len, "\r\n\r\n", 4) != NULL) return true;
    }
    return false;
}

static void answer(int fd, const char *path, const char *type) {
    struct buffer out CLEANUP(buffer_free) = {0};
    uint8_t *body = check_alloc(1, RPC_ANSWER_BYTES_MAX);
    FILE *f = fopen(path, "rb");
    size_t len = f ? fread(body, 1, RPC_ANSWER_BYTES_MAX, f) : 0;
    if (f) fclose(f);
    buffer_init(&out, 2 * RPC_ANSWER_BYTES_MAX);
    buffer_printf(&out, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", type, len);
    buffer_append(&out, body, len);
    for (size_t at = 0; at < out.len;) {
        ssize_t put = send(fd, out.data + at, out.len - at, MSG_NOSIGNAL);
        if (put <= 0) break;
        at += (size_t)put;
    }
    free(body);
}

int hand_answer(int argc, char **argv) {
    if (argc != 3) return 2;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number_of(argv[0]))};
    struct timeval patience = {.tv_sec = WAIT_S};
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (const struct sockaddr *)&a, sizeof a) != 0 || listen(listener, 8) != 0) return 1;
    puts("ready");
    fflush(stdout);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) return 1;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (request_read(fd)) answer(fd, argv[1], argv[2]);
        close(fd);
    }
}
