/* hand_flood.c: connections in masses, and bytes as they come.
 *
 * flood KIND PORT COUNT SECONDS: opens COUNT connections as fast as they are taken and keeps them SECONDS seconds:
 *   open      says nothing
 *   head      an HTTP request line and no more
 *   drip      one byte of an HTTP request every 100 ms on each connection in turn
 *   body      a POST that announces a megabyte and sends a part of it
 *   noise     the two length bytes of a handshake message and no more
 * Prints how many were opened, and how many the node had closed by the end.
 *
 * raw PORT [PATIENCE_MS]: sends stdin, prints what comes back until the node closes or is silent.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/e2e/hand.h"

enum { FLOOD_MAX = 20000 };

static const char REQUEST[] = "GET /healthz HTTP/1.1\r\nhost: a\r\nx: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n\r\n";

static void descriptors_raise(void) {
    struct rlimit l;
    CHECK(getrlimit(RLIMIT_NOFILE, &l) == 0);
    l.rlim_cur = l.rlim_max;
    CHECK(setrlimit(RLIMIT_NOFILE, &l) == 0);
}

static struct span first_bytes(const char *kind) {
    static const uint8_t half_length[2] = {0, 32};
    if (strcmp(kind, "head") == 0) return span_text("GET /v1/node HTTP/1.1\r\n");
    if (strcmp(kind, "body") == 0)
        return span_text("POST /v1/records HTTP/1.1\r\nhost: a\r\ncontent-type: application/msgpack\r\ncontent-length: 1000000\r\n\r\nxxxx");
    if (strcmp(kind, "noise") == 0) return span_of(half_length, sizeof half_length);
    return SPAN_EMPTY;
}

static bool closed_by_node(int fd) {
    uint8_t bytes[4096];
    for (;;) {
        ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (got > 0) continue; /* a refusal in words */
        return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    }
}

static void nap_ms(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

int hand_flood(int argc, char **argv) {
    if (argc != 4) return 2;
    uint64_t count = number_of(argv[2]), until_ms = people_now_ms() + number_of(argv[3]) * 1000;
    uint32_t opened = 0, closed = 0, refused = 0;
    bool drip = strcmp(argv[0], "drip") == 0;
    struct span first = first_bytes(argv[0]);
    int *fds = check_alloc(FLOOD_MAX, sizeof *fds);
    if (count > FLOOD_MAX) return 2;
    descriptors_raise();
    for (uint64_t i = 0; i < count; i++) {
        int fd = loopback_connect((uint16_t)number_of(argv[1]), 2000);
        if (fd < 0) {
            refused++;
            continue;
        }
        if (first.len > 0) (void)send(fd, first.data, first.len, MSG_NOSIGNAL);
        fds[opened++] = fd;
    }
    for (size_t at = 0; people_now_ms() < until_ms; at++) {
        for (uint32_t i = 0; drip && i < opened && at < sizeof REQUEST - 3; i++) (void)send(fds[i], REQUEST + at, 1, MSG_NOSIGNAL);
        nap_ms(100);
    }
    for (uint32_t i = 0; i < opened; i++) {
        closed += closed_by_node(fds[i]);
        close(fds[i]);
    }
    printf("flood kind=%s opened=%u refused=%u closed_by_node=%u\n", argv[0], opened, refused, closed);
    free(fds);
    return 0;
}

int hand_raw(int argc, char **argv) {
    if (argc < 1) return 2;
    uint8_t bytes[65536];
    int fd = loopback_connect((uint16_t)number_of(argv[0]), 5000);
    int patience_ms = argc > 1 ? (int)number_of(argv[1]) : 1000;
    if (fd < 0) return 1;
    for (ssize_t got; (got = read(STDIN_FILENO, bytes, sizeof bytes)) > 0;)
        for (ssize_t at = 0, put; at < got; at += put)
            if ((put = send(fd, bytes + at, (size_t)(got - at), MSG_NOSIGNAL)) <= 0) break;
    struct pollfd p = {fd, POLLIN, 0};
    while (poll(&p, 1, patience_ms) > 0) {
        ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        if (got <= 0) {
            printf("\nclosed\n");
            break;
        }
        fwrite(bytes, 1, (size_t)got, stdout);
    }
    close(fd);
    return 0;
}
