/* load.h: many HTTP requests at once, to measure nodes with: keep-alive connections on 127.0.0.1,
 * one request outstanding on each, one thread, poll.
 *
 * A group of connections asks its source for the next request and hands it the answer. With an
 * interval the group sends on a schedule (a request is due every interval_us, whether the one
 * before it was answered or not, as far as its connections suffice); without, each connection sends
 * its next request as soon as the last was answered.
 *
 * Bounded: LOAD_CONNECTIONS_MAX connections, LOAD_ANSWER_BYTES_MAX per answer, plan->until_us.
 * A broken connection is opened again and its request sent again (records are the same bytes: the
 * ledger takes them once).
 */
#ifndef TOOLS_LOAD_H
#define TOOLS_LOAD_H

#include "base/span.h"

enum {
    LOAD_CONNECTIONS_MAX = 64,
    LOAD_HEAD_BYTES = 512,
    LOAD_ANSWER_BYTES_MAX = 8 << 20,
    LOAD_PATIENCE_US = 45000000,
};

struct load_request {
    char head[LOAD_HEAD_BYTES]; /* request line and headers with their empty line */
    struct span body;           /* borrowed until the answer */
    uint64_t tag;               /* the source's own */
    uint64_t asked_us;          /* when it was first sent */
};
struct load_answer {
    uint32_t status;
    uint64_t retry_after_s;
    struct span body;
    uint64_t latency_us; /* since it was first sent */
};

enum load_verdict { LOAD_DONE, LOAD_AGAIN /* the same once more, after retry_after */ };
struct load_group {
    const uint16_t *ports; /* connection i of the group speaks to ports[i % ports_count] */
    uint32_t ports_count;
    uint32_t connections;
    uint64_t interval_us;
    void *context;
    /* False: there is no more. */
    bool (*next)(void *context, struct load_request *ret);
    enum load_verdict (*done)(void *context, const struct load_request *request,
                              const struct load_answer *answer);
};

struct load_report {
    uint64_t began_us, ended_us; /* monotonic */
    uint64_t answers, retries, reconnects;
    uint64_t longest_silence_us; /* between two answers of the first group, over all connections */
    bool broken; /* a connection could not be opened again, or a request was never accepted */
};

/* Runs until every source has no more and all is answered, or until_us: then what is outstanding is
 * left unanswered; or until stopped() says so. A request that is not accepted within
 * LOAD_PATIENCE_US ends the run: report->broken. */
void load_run(const struct load_group groups[], uint32_t count, uint64_t until_us,
              bool (*stopped)(void), struct load_report *ret);
uint64_t load_now_us(void); /* monotonic */

#endif
