/* HTTP and what lies behind it: hostile bytes in pieces of hostile sizes, at hostile moments; every request goes through the
 * method table over a small real chain. Checked: nothing crashes, what is held stays bounded, requests are answered once, and
 * answers leave in order. */
#include <stdint.h>

#include "tests/unit/rpc_world.h"

struct fuzz_state {
    struct world world;
    uint64_t now;
    uint64_t next_ticket;
};

static struct fuzz_state *fuzz_state(void) {
    static struct fuzz_state *state; /* the chain is made once per process */
    if (state == NULL) {
        state = calloc(1, sizeof *state);
        CHECK(state != NULL);
        world_init(&state->world);
        (void)world_event(&state->world, "urn:epc:id:sgtin:0614141.107346.2017", "ADD", "commissioning");
    }
    return state;
}

/* Runs a call to its end, the pool answering "pending" to everything. */
static void call_run(struct fuzz_state *s, struct http *h, const struct http_request *request) {
    struct world *w = &s->world;
    w->submits_count = 0;
    struct rpc_call *call = rpc_call_new(&w->host, request, s->next_ticket++, s->now);
    enum rpc_progress progress = rpc_call_run(call);
    if (progress == RPC_LOOP_NEXT) progress = rpc_call_continue(call);
    for (uint32_t i = 0; i < w->submits_count && progress == RPC_WAITING; i++) {
        struct submit_reply reply = {.outcome = SUBMIT_PENDING, .wire_id = w->submits[i].wire_id};
        progress = rpc_call_submitted(call, (uint32_t)(w->submits[i].ticket & 0xffff), &reply);
    }
    if (progress == RPC_WAITING) progress = rpc_call_expire(call);
    CHECK(progress == RPC_ANSWERED || progress == RPC_STREAMING);
    uint64_t id = request->id;
    struct rpc_stream *stream = progress == RPC_STREAMING ? rpc_call_stream(call) : NULL;
    http_respond(h, id, rpc_call_response(call), s->now);
    rpc_call_free(call);
    if (stream != NULL) {
        struct buffer out;
        buffer_init(&out, 2 * RPC_EVENT_BYTES_MAX);
        (void)rpc_stream_fill(stream, RPC_EVENT_BYTES_MAX, s->now, &out);
        if (http_stream_room(h, id) >= out.len) http_stream_write(h, id, buffer_span(&out), s->now);
        buffer_free(&out);
        rpc_stream_free(stream);
        http_stream_end(h, id, s->now);
    }
    CHECK(w->snapshots == 0);
}

static void drain(struct fuzz_state *s, struct http *h) {
    for (struct span out = http_output(h); out.len > 0; out = http_output(h))
        http_output_done(h, out.len > 1500 ? 1500 : out.len, s->now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses how the rest is cut; 0 gives it whole. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || size > 65536) return 0;
    struct fuzz_state *s = fuzz_state();
    struct http_shared shared = {.admit = rpc_admit, .held_max = HTTP_TOTAL_BYTES_MAX};
    s->now = 1000;
    struct http *h = http_new(&shared, s->now);
    size_t step = data[0] == 0 ? size : data[0], at = 1;
    while (at < size && !http_closed(h)) {
        size_t part = size - at < step ? size - at : step;
        size_t used = http_input(h, span_of(data + at, part), s->now);
        CHECK(used <= part);
        at += used;
        const struct http_request *request;
        while (http_next(h, &request))
            call_run(s, h, request);
        CHECK(http_pending(h) == 0);
        CHECK(shared.held <= 2 * (uint64_t)RPC_ANSWER_BYTES_MAX + RPC_BATCH_BYTES_MAX);
        if (used == 0 || (data[0] & 1) == 0) drain(s, h);
        if ((data[0] & 7) == 3) s->now += 97;
        if (s->now >= http_deadline(h)) http_tick(h, s->now);
    }
    http_eof(h, s->now);
    drain(s, h);
    CHECK(http_closed(h));
    http_free(h);
    CHECK(shared.held == 0);
    return 0;
}
