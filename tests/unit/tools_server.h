/* tools_server.h: a server for the tests of the client side: it takes connections one after the
 * other, reads one request, answers with the next of its answers (the last one again and again),
 * closes. */
#ifndef TESTS_TOOLS_SERVER_H
#define TESTS_TOOLS_SERVER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

#define SERVER_HANGS_UP NULL /* closes without a word */
#define SERVER_SILENT   ""   /* says nothing for a while */

struct server {
    int fd;
    uint16_t port;
    pthread_t thread;
    const char *const *answers;
    int answers_count, connections;
    char request[65536]; /* the last one */
};

/* Until the client has said everything it has to say for now. */
static void server_read(struct server *s, int c) {
    struct pollfd p = {.fd = c, .events = POLLIN};
    size_t len = 0;
    while (len < sizeof s->request - 1 && poll(&p, 1, len == 0 ? 1000 : 30) == 1) {
        ssize_t n = read(c, s->request + len, sizeof s->request - 1 - len);
        if (n <= 0) break;
        len += (size_t)n;
    }
    s->request[len] = 0;
}

static void *server_run(void *self) {
    struct server *s = self;
    for (;;) {
        int c = accept(s->fd, NULL, NULL);
        if (c < 0) return NULL;
        const char *answer =
            s->answers[s->connections < s->answers_count ? s->connections : s->answers_count - 1];
        s->connections++;
        server_read(s, c);
        if (answer != SERVER_HANGS_UP && answer[0] == 0) usleep(400 * 1000);
        if (answer != SERVER_HANGS_UP && send(c, answer, strlen(answer), MSG_NOSIGNAL) < 0)
            perror("send");
        shutdown(c, SHUT_WR);
        char rest[256];
        struct pollfd p = {.fd = c, .events = POLLIN};
        while (poll(&p, 1, 100) == 1 && read(c, rest, sizeof rest) > 0) {
        }
        close(c);
    }
}

static void server_start(struct server *s, const char *const answers[], int count) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    *s = (struct server){.answers = answers, .answers_count = count};
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(s->fd >= 0 && bind(s->fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(s->fd, 8) == 0);
    CHECK(getsockname(s->fd, (struct sockaddr *)&a, &len) == 0);
    s->port = ntohs(a.sin_port);
    CHECK(pthread_create(&s->thread, NULL, server_run, s) == 0);
}

static void server_stop(struct server *s) {
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
}

#endif
