/* hand_load.c: submitters that keep what was acknowledged, and the check that it is there.
 *
 * load: each thread submits one record after the other with wait=committed and hands an unanswered one to the next node, the same bytes
 * again, until some node says what became of it: so a killed node costs a submitter nothing but time. A record counts as acknowledged from
 * the moment a node answered "committed"; then its id goes to the ack file in one write, so that ending the load at any moment loses none.
 * Ends after SECONDS or at SIGTERM; prints one line: acknowledged, refused, how often it had to ask again, the longest time without any
 * acknowledgement.
 *
 * acked: asks each node about each acknowledged record.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/e2e/hand.h"

enum { PORTS_MAX = 8, THREADS_MAX = 64, TIMEOUT_MS = 6000 };

static volatile sig_atomic_t stopped; /* the signal flag */

struct load {
    const struct genesis *genesis;
    uint16_t ports[PORTS_MAX];
    uint32_t ports_count;
    int acks;
    uint64_t until_ms, first_nonce;
    _Atomic uint64_t acknowledged, refused, repeated, unknown, last_ms, longest_gap_ms;
};

struct submitter {
    struct load *load;
    uint32_t number;
    pthread_t thread;
};

static void on_signal(int number) {
    (void)number;
    stopped = 1;
}

static bool over(const struct load *l) {
    return stopped != 0 || people_now_ms() >= l->until_ms;
}

static void pause_ms(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void acknowledged(struct load *l, const char *id) {
    char line[80];
    int len = snprintf(line, sizeof line, "%s\n", id);
    CHECK(write(l->acks, line, (size_t)len) == len);
    uint64_t now = people_now_ms(), last = atomic_exchange(&l->last_ms, now);
    uint64_t gap = last > 0 && now > last ? now - last : 0, longest = atomic_load(&l->longest_gap_ms);
    while (gap > longest && !atomic_compare_exchange_weak(&l->longest_gap_ms, &longest, gap)) {
    }
    atomic_fetch_add(&l->acknowledged, 1);
}

/* "committed" after a repeated submission: the first one may have been committed while its answer was lost. */
static bool is_committed(struct http_connection *c, const struct digest *id, struct buffer *body) {
    char hex[65], path[128], status[32];
    hex_encode(span_of(id->b, sizeof id->b), hex);
    snprintf(path, sizeof path, "/v1/records/%s/status", hex);
    return http_call(c, "GET", path, NULL, SPAN_EMPTY, body) == 200 &&
           json_pick(buffer_span(body), "status", status, sizeof status) && strcmp(status, "committed") == 0;
}

static void submit_until_known(struct submitter *s, struct http_connection connections[], struct span record,
                               struct buffer *body) {
    struct load *l = s->load;
    struct digest id;
    char text[80];
    CHECK(record_wire_id(record, &id) == OK);
    for (uint32_t attempt = 0; !over(l); attempt++) {
        struct http_connection *c = &connections[(s->number + attempt) % l->ports_count];
        int status = http_call(c, "POST", "/v1/records?wait=committed&timeout_ms=4000", "application/msgpack", record, body);
        if (status == 200) {
            CHECK(json_pick(buffer_span(body), "id", text, sizeof text));
            acknowledged(l, text);
            return;
        }
        atomic_fetch_add(&l->repeated, 1);
        bool gone = status == 0 || status == 202 || status == 503 || status == 429;
        if (!gone && is_committed(c, &id, body) && json_pick(buffer_span(body), "id", text, sizeof text)) {
            acknowledged(l, text);
            return;
        }
        if (!gone) {
            if (atomic_fetch_add(&l->refused, 1) == 0)
                fprintf(stderr, "refused: %d %.*s\n", status, (int)body->len, (const char *)body->data);
            return;
        }
        if (status != 202) pause_ms(20);
    }
    atomic_fetch_add(&l->unknown, 1);
}

static void *submitter_run(void *context) {
    struct submitter *s = context;
    struct load *l = s->load;
    struct http_connection connections[PORTS_MAX];
    struct buffer record CLEANUP(buffer_free) = {0}, body CLEANUP(buffer_free) = {0};
    buffer_init(&record, RECORD_BYTES_MAX);
    buffer_init(&body, 1 << 20);
    for (uint32_t i = 0; i < l->ports_count; i++) http_connection_init(&connections[i], l->ports[i], TIMEOUT_MS);
    for (uint64_t n = 0; !over(l); n++) {
        struct draft d = {.subject = s->number % PEOPLE_SUBJECTS, .nonce = l->first_nonce + n * THREADS_MAX + s->number,
                          .text_bytes = 40};
        buffer_clear(&record);
        people_record(l->genesis, &d, &record);
        submit_until_known(s, connections, buffer_span(&record), &body);
    }
    for (uint32_t i = 0; i < l->ports_count; i++) http_connection_close(&connections[i]);
    return NULL;
}

int hand_load(int argc, char **argv) {
    if (argc < 5 || argc > 4 + PORTS_MAX) return 2;
    struct load l = {0};
    struct submitter submitters[THREADS_MAX];
    uint32_t threads = (uint32_t)number_of(argv[3]);
    if (threads < 1 || threads > THREADS_MAX) return 2;
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    struct genesis *g = people_genesis_read(argv[0]);
    l.genesis = g;
    l.acks = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    CHECK(l.acks >= 0);
    l.first_nonce = people_now_ms() << 20;
    l.until_ms = people_now_ms() + number_of(argv[2]) * 1000;
    for (int i = 4; i < argc; i++) l.ports[l.ports_count++] = (uint16_t)number_of(argv[i]);
    for (uint32_t i = 0; i < threads; i++) {
        submitters[i] = (struct submitter){.load = &l, .number = i};
        CHECK(pthread_create(&submitters[i].thread, NULL, submitter_run, &submitters[i]) == 0);
    }
    for (uint32_t i = 0; i < threads; i++) CHECK(pthread_join(submitters[i].thread, NULL) == 0);
    printf("load acknowledged=%llu refused=%llu repeated=%llu unknown=%llu longest_gap_ms=%llu\n",
           (unsigned long long)l.acknowledged, (unsigned long long)l.refused, (unsigned long long)l.repeated,
           (unsigned long long)l.unknown, (unsigned long long)l.longest_gap_ms);
    genesis_free(g);
    close(l.acks);
    return l.refused == 0 ? 0 : 1;
}

static uint64_t check_node(uint16_t port, struct span acks) {
    struct http_connection c;
    struct buffer body CLEANUP(buffer_free) = {0};
    uint64_t missing = 0;
    buffer_init(&body, 1 << 20);
    http_connection_init(&c, port, TIMEOUT_MS);
    for (size_t at = 0; at + 65 <= acks.len; at += 65) {
        struct digest id;
        if (hex_decode((const char *)acks.data + at, 64, id.b, sizeof id.b) == OK && is_committed(&c, &id, &body)) continue;
        if (missing++ < 3)
            fprintf(stderr, "port %u lacks %.64s: %.*s\n", port, (const char *)acks.data + at, (int)body.len, (const char *)body.data);
    }
    http_connection_close(&c);
    return missing;
}

int hand_acked(int argc, char **argv) {
    if (argc < 2) return 2;
    struct buffer acks CLEANUP(buffer_free) = {0};
    uint64_t missing = 0;
    buffer_init(&acks, 256 << 20);
    people_file(argv[0], &acks);
    for (int i = 1; i < argc; i++) missing += check_node((uint16_t)number_of(argv[i]), buffer_span(&acks));
    printf("acked records=%zu nodes=%d missing=%llu\n", acks.len / 65, argc - 1, (unsigned long long)missing);
    return missing == 0 ? 0 : 1;
}
