/* rpc.h: from a request to its answer: REST under /v1, JSON-RPC 2.0 at /rpc, log tiles, metrics, event streams.
 *
 * All of them are the one table of method.h. A call is one HTTP request on its way:
 *
 *   call = rpc_call_new(...)           routes; the request must stay readable until the call is freed
 *   rpc_call_place(call)               a hint: RPC_LOOP is a matter of microseconds, RPC_WORKER belongs on another thread
 *   rpc_call_run(call)                 any thread. RPC_ANSWERED: take rpc_call_response
 *                                      RPC_LOOP_NEXT: call rpc_call_continue on the loop thread, once
 *                                      RPC_STREAMING: take rpc_call_response (its head), then drive rpc_call_stream
 *   rpc_call_continue(call)            submits, and asks what is pending: RPC_ANSWERED or RPC_WAITING
 *                                      RPC_WAITING: rpc_call_submitted for each answer of the host, rpc_call_expire at
 *                                      rpc_call_deadline, until one of them says RPC_ANSWERED
 *   rpc_call_free(call)
 *
 * Every input gets an answer; refusals are application/problem+json (RFC 9457) with the number and name of `enum err`.
 * rpc_call_run reads one snapshot of the store and releases it before it returns. Bounded: see RPC_* in base/limits.h.
 *
 * A stream is read by its owner: whenever the height, the checkpoint or the alarms moved and there is room, rpc_stream_fill appends
 * whole events. It keeps no queue: where it stands is a block height and a place in that block, and it reads the stored
 * blocks. So a slow reader costs nothing, and Last-Event-ID resumes without gap or duplicate.
 *
 * rpc_admit is the http_admit_fn for all this; its context is not used.
 */
#ifndef RPC_RPC_H
#define RPC_RPC_H

#include "rpc/host.h"
#include "rpc/http.h"

enum rpc_place { RPC_LOOP, RPC_WORKER };
enum rpc_progress { RPC_ANSWERED, RPC_LOOP_NEXT, RPC_WAITING, RPC_STREAMING };

struct rpc_call;
struct rpc_stream;

bool rpc_admit(void *context, const struct http_request *head, uint64_t *ret_body_max,
               struct http_response *ret_refusal);

/* ticket < 2^48, the owner's name for this call: host.submit gets (ticket << 16) | index. */
struct rpc_call *rpc_call_new(const struct host *host, const struct http_request *request, uint64_t ticket,
                              uint64_t now_ms);
void rpc_call_free(struct rpc_call *call); /* accepts NULL */
enum rpc_place rpc_call_place(const struct rpc_call *call);
enum rpc_progress rpc_call_run(struct rpc_call *call);
enum rpc_progress rpc_call_continue(struct rpc_call *call);
/* An answer for an index that was not waited for any more changes nothing. */
enum rpc_progress rpc_call_submitted(struct rpc_call *call, uint32_t index, const struct submit_reply *reply);
/* What is not committed by now is answered as pending. */
enum rpc_progress rpc_call_expire(struct rpc_call *call);
uint64_t rpc_call_deadline(const struct rpc_call *call); /* HTTP_NEVER when it waits for nothing */
struct http_response *rpc_call_response(struct rpc_call *call); /* http_respond takes its buffers over */
/* After RPC_STREAMING; the caller owns it from now on, the call may be freed. */
struct rpc_stream *rpc_call_stream(struct rpc_call *call);

/* A whole request that neither submits nor streams, answered at once. For tests and tools. */
void rpc_handle(const struct host *host, const struct http_request *request, struct http_response *ret_response);

enum { RPC_STREAM_KEEPALIVE_MS = 15 * 1000 };

void rpc_stream_free(struct rpc_stream *s); /* accepts NULL */
/* Appends whole events while out->len is below `room`, then stops: one event (at most RPC_EVENT_BYTES_MAX) may stand
 * above what fits, so ask with room to spare. True: more is ready now. Reads one snapshot. */
bool rpc_stream_fill(struct rpc_stream *s, size_t room, uint64_t now_ms, struct buffer *out);
/* When a comment is due that keeps the connection alive. */
uint64_t rpc_stream_deadline(const struct rpc_stream *s);

enum { RPC_EVENT_BYTES_MAX = 4096 };

#endif
