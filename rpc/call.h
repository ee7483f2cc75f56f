/* call.h: the inside of a call, shared by rpc.c (its life), arguments.c (what was asked), json_rpc.c (the envelope of /rpc) and
 * submit.c. Not for others.
 *
 * A call has parts: one for REST, one per JSON-RPC request. A part ends with an answer in `out` or with a refusal.
 */
#ifndef RPC_CALL_H
#define RPC_CALL_H

#include "rpc/method.h"
#include "rpc/rpc.h"

struct outcome {
    bool final;    /* nothing more will come for it */
    bool answered; /* reply holds something */
    struct submit_reply reply;
};

struct part {
    const struct method *method; /* NULL when refused before it was found */
    struct argument arguments[METHOD_PARAMS_MAX];
    enum form form;
    struct refusal refusal; /* err OK while all is well */
    uint32_t retry_after_ms;
    uint16_t status;
    bool immutable, unkept;
    struct buffer out;
    bool ask_pending;
    struct digest asked;
    /* FLOW_SUBMIT */
    bool wait;
    uint32_t first; /* ticket index of the first record */
    struct span *records;
    struct outcome *outcomes;
    uint32_t records_count, open;
    /* JSON-RPC */
    bool has_id;
    struct span id; /* canonical */
    int protocol_error; /* -32700 ... -32602; 0: none */
};

enum { CALL_ARENA_BYTES = 16 << 20, CALL_RECORDS_MAX = 4096 };

struct rpc_call {
    struct host host;
    const struct http_request *request;
    uint64_t ticket, now_ms, deadline_ms;
    enum lang lang;
    struct arena arena, scratch;
    const struct method *method;
    struct span texts[METHOD_PARAMS_MAX];
    uint32_t allow;
    struct part *parts;
    uint32_t parts_count;
    bool json_rpc, batch;
    bool asking; /* a part has to ask what is pending */
    uint32_t records_count; /* of all parts */
    struct http_response response;
    bool answered;
    struct rpc_stream *stream;
};

static_assert(CALL_RECORDS_MAX <= 1 << 16, "a record's index fits into the low bits of its ticket");

/* arguments.c: fills arguments, form and refusal. */
void arguments_from_request(struct rpc_call *c, struct part *p);
/* params: a canonical map or array, or empty. */
void arguments_from_value(struct rpc_call *c, struct part *p, struct span params);

/* json_rpc.c: the parts of a JSON-RPC body; and the answer made of them. */
void json_rpc_parse(struct rpc_call *c);
void json_rpc_answer(struct rpc_call *c);

/* submit.c: splits a part's argument into records with tickets; writes their outcomes. */
void submit_prepare(struct rpc_call *c, struct part *p);
void submit_send(struct rpc_call *c, struct part *p);
void submit_answer(struct rpc_call *c, struct part *p);

/* rpc.c: the parts' answers become the response. */
void call_answer(struct rpc_call *c);

/* stream.c */
enum err stream_begin(struct rpc_call *c, struct rpc_stream **ret);

void part_refuse(struct part *p, enum err e, const char *where);

#endif
