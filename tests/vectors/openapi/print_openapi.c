/* print_openapi.c: what a node answers at /openapi.json, on standard output. */
#include "tests/unit/rpc_world.h"

int main(void) {
    static struct world w;
    struct http_request request = {.id = 1, .verb = HTTP_VERB_GET, .path = span_text("/openapi.json")};
    crypto_start();
    world_init(&w);
    struct rpc_call *call = rpc_call_new(&w.host, &request, 1, 1000);
    enum rpc_progress progress = rpc_call_run(call);
    if (progress == RPC_LOOP_NEXT) progress = rpc_call_continue(call);
    CHECK(progress == RPC_ANSWERED);
    const struct http_response *answer = rpc_call_response(call);
    CHECK(answer->status == 200);
    fwrite(answer->body.data, 1, answer->body.len, stdout);
    rpc_call_free(call);
    world_free(&w);
    return 0;
}
