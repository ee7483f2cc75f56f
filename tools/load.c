/* load.c: see load.h. A connection is idle, sending, receiving, or pausing before it sends again.
 */
#include "tools/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
    SLEEP_MAX_US = 1000000,
    PAUSE_US = 20000,
    PAUSE_MAX_US = 1000000,
    BROKEN_MAX = 200,
    HEAD_BYTES_MAX = 16 << 10
};

enum state { IDLE, SENDING, RECEIVING, PAUSING, FINISHED };

struct connection {
    const struct load_group *group;
    uint16_t port;
    int fd; /* -1: to be opened */
    enum state state;
    struct load_request request;
    size_t sent;
    struct buffer in;
    uint64_t resume_us;
    uint32_t broken; /* in a row */
};

struct run {
    const struct load_group *groups;
    bool (*stopped)(void);
    struct connection list[LOAD_CONNECTIONS_MAX];
    uint32_t count;
    uint64_t due_us[LOAD_CONNECTIONS_MAX]; /* per group: when its next request is due */
    uint64_t last_answer_us;
    struct load_report *report;
};

uint64_t load_now_us(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void open_socket(struct connection *c) {
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(c->port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0) return;
    /* On loopback connecting is immediate or refused. */
    if (connect(c->fd, (const struct sockaddr *)&a, sizeof a) == 0 &&
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0 &&
        fcntl(c->fd, F_SETFL, O_NONBLOCK) == 0)
        return;
    close(c->fd);
    c->fd = -1;
}

static void again_later(struct connection *c, uint64_t pause_us) {
    c->state = PAUSING;
    c->sent = 0;
    c->in.len = 0;
    c->resume_us = load_now_us() + pause_us;
}

static void broke(struct run *r, struct connection *c) {
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
    r->report->reconnects++;
    if (++c->broken > BROKEN_MAX) {
        c->state = FINISHED;
        r->report->broken = true;
        return;
    }
    again_later(c, PAUSE_US);
}

static void send_more(struct run *r, struct connection *c) {
    if (c->fd < 0) open_socket(c);
    if (c->fd < 0) {
        broke(r, c);
        return;
    }
    size_t head = strlen(c->request.head), total = head + c->request.body.len;
    while (c->sent < total) {
        struct iovec v[2];
        int n = 0;
        if (c->sent < head) v[n++] = (struct iovec){c->request.head + c->sent, head - c->sent};
        size_t at = c->sent > head ? c->sent - head : 0;
        if (c->request.body.len > at)
            v[n++] = (struct iovec){(void *)(uintptr_t)(c->request.body.data + at),
                                    c->request.body.len - at};
        struct msghdr m = {.msg_iov = v, .msg_iovlen = (size_t)n};
        ssize_t done = sendmsg(c->fd, &m, MSG_NOSIGNAL);
        if (done < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (done <= 0) {
            broke(r, c);
            return;
        }
        c->sent += (size_t)done;
    }
    c->state = RECEIVING;
}

static void begin(struct run *r, struct connection *c) {
    c->state = SENDING;
    c->sent = 0;
    c->in.len = 0;
    send_more(r, c);
}

/* The value of a header of ours; NULL when it is not there. `head` ends with NUL. */
static const char *header_of(const char *head, const char *name) {
    size_t len = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':') return line + 3 + len;
    return NULL;
}

/* 1: a whole answer, 0: not yet, -1: not what we can read. */
static int answer_read(const struct connection *c, struct load_answer *ret) {
    char head[HEAD_BYTES_MAX + 1];
    size_t cap = c->in.len < HEAD_BYTES_MAX ? c->in.len : HEAD_BYTES_MAX;
    if (cap == 0) return 0;
    const uint8_t *end = memmem(c->in.data, cap, "\r\n\r\n", 4);
    if (end == NULL) return c->in.len >= HEAD_BYTES_MAX ? -1 : 0;
    size_t head_len = (size_t)(end - c->in.data) + 4;
    memcpy(head, c->in.data, head_len);
    head[head_len] = 0;
    const char *length = header_of(head, "content-length"), *retry = header_of(head, "retry-after");
    if (strncmp(head, "HTTP/1.1 ", 9) != 0 || length == NULL) return -1;
    size_t body = (size_t)strtoull(length, NULL, 10);
    if (body > LOAD_ANSWER_BYTES_MAX) return -1;
    if (c->in.len < head_len + body) return 0;
    *ret = (struct load_answer){.status = (uint32_t)strtoul(head + 9, NULL, 10),
                                .retry_after_s = retry ? strtoull(retry, NULL, 10) : 0,
                                .body = span_of(c->in.data + head_len, body),
                                .latency_us = load_now_us() - c->request.asked_us};
    return 1;
}

static void answered(struct run *r, struct connection *c, const struct load_answer *a) {
    uint64_t now = load_now_us();
    c->broken = 0;
    r->report->answers++;
    if (c->group == &r->groups[0]) {
        if (now - r->last_answer_us > r->report->longest_silence_us)
            r->report->longest_silence_us = now - r->last_answer_us;
        r->last_answer_us = now;
    }
    if (c->group->done(c->group->context, &c->request, a) == LOAD_DONE) {
        c->state = IDLE;
        return;
    }
    r->report->retries++;
    if (a->latency_us > LOAD_PATIENCE_US) r->report->broken = true;
    uint64_t pause = a->retry_after_s * 1000000;
    again_later(c, pause < PAUSE_US ? PAUSE_US : pause > PAUSE_MAX_US ? PAUSE_MAX_US : pause);
}

static void receive_more(struct run *r, struct connection *c) {
    uint8_t part[64 << 10];
    ssize_t n = recv(c->fd, part, sizeof part, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        broke(r, c);
        return;
    }
    buffer_append(&c->in, part, (size_t)n);
    struct load_answer answer;
    int whole = c->in.overflow ? -1 : answer_read(c, &answer);
    if (whole < 0) broke(r, c);
    if (whole > 0) answered(r, c, &answer);
}

/* Gives work to whoever may have some; the time until which nothing else is due. */
static uint64_t give_work(struct run *r, uint64_t now) {
    uint64_t wake = UINT64_MAX;
    for (uint32_t i = 0; i < r->count; i++) {
        struct connection *c = &r->list[i];
        uint64_t *due = &r->due_us[c->group - r->groups];
        if (c->state == PAUSING && now >= c->resume_us) begin(r, c);
        if (c->state == PAUSING && c->resume_us < wake) wake = c->resume_us;
        if (c->state != IDLE) continue;
        if (c->group->interval_us > 0 && now < *due) {
            if (*due < wake) wake = *due;
            continue;
        }
        if (!c->group->next(c->group->context, &c->request)) {
            c->state = FINISHED;
            continue;
        }
        *due += c->group->interval_us;
        /* Who fell far behind does not make up for it in one burst. */
        if (*due + 1000000 < now) *due = now;
        c->request.asked_us = now;
        begin(r, c);
    }
    return wake;
}

static bool wait_and_move(struct run *r, uint64_t wake, uint64_t until_us) {
    struct pollfd fds[LOAD_CONNECTIONS_MAX];
    struct connection *of[LOAD_CONNECTIONS_MAX];
    nfds_t n = 0;
    bool open = false;
    for (uint32_t i = 0; i < r->count; i++) {
        struct connection *c = &r->list[i];
        open = open || c->state != FINISHED;
        if (c->state != SENDING && c->state != RECEIVING) continue;
        of[n] = c;
        fds[n++] = (struct pollfd){c->fd, c->state == SENDING ? POLLOUT : POLLIN, 0};
    }
    if (!open || r->report->broken || r->stopped()) return false;
    uint64_t now = load_now_us();
    if (now >= until_us) return false;
    if (until_us < wake) wake = until_us;
    uint64_t sleep_us = wake <= now ? 0 : wake - now > SLEEP_MAX_US ? SLEEP_MAX_US : wake - now;
    struct timespec timeout = {.tv_sec = (time_t)(sleep_us / 1000000),
                               .tv_nsec = (long)(sleep_us % 1000000) * 1000};
    if (ppoll(fds, n, &timeout, NULL) < 0 && errno != EINTR) return false;
    for (nfds_t i = 0; i < n; i++) {
        if (fds[i].revents == 0) continue;
        if (of[i]->state == SENDING)
            send_more(r, of[i]);
        else
            receive_more(r, of[i]);
    }
    return true;
}

void load_run(const struct load_group groups[], uint32_t count, uint64_t until_us,
              bool (*stopped)(void), struct load_report *ret) {
    struct run *r = check_alloc(1, sizeof *r);
    *ret = (struct load_report){.began_us = load_now_us()};
    r->groups = groups;
    r->stopped = stopped;
    r->report = ret;
    r->last_answer_us = ret->began_us;
    for (uint32_t g = 0; g < count; g++) {
        r->due_us[g] = ret->began_us;
        for (uint32_t i = 0; i < groups[g].connections && r->count < LOAD_CONNECTIONS_MAX; i++) {
            struct connection *c = &r->list[r->count++];
            *c = (struct connection){.group = &groups[g], .fd = -1};
            c->port = groups[g].ports[i % groups[g].ports_count];
            buffer_init(&c->in, LOAD_ANSWER_BYTES_MAX + HEAD_BYTES_MAX);
        }
    }
    while (wait_and_move(r, give_work(r, load_now_us()), until_us))
        continue;
    ret->ended_us = load_now_us();
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->list[i].fd >= 0) close(r->list[i].fd);
        buffer_free(&r->list[i].in);
    }
    free(r);
}
