#include "tools/node.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "tools/map.h"
#include "trace/uri.h"

enum { READ_TIMEOUT_MS = 10000 };

void node_open(struct tool *t, struct node *ret) {
    *ret = (struct node){.tool = t, .http = http_client_new()};
    buffer_init(&ret->answer.body, RPC_ANSWER_BYTES_MAX);
}

void node_close(struct node *n) {
    http_client_free(n->http);
    buffer_free(&n->answer.body);
    *n = (struct node){0};
}

const char *path_segment(struct tool *t, struct span text) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 3 * text.len + 1);
    uri_escape(text, &b);
    return format(t, "%.*s", (int)b.len, b.data ? (const char *)b.data : "");
}

enum http_outcome node_call_present(struct node *n, const char *path, struct http_call *call) {
    struct tool *t = n->tool;
    const char *url = t->nodes[n->current];
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/')
        len--;
    call->accept_language = t->lang == LANG_ZH ? "zh" : "en";
    call->url = format(t, "%.*s%s", (int)len, url, path);
    return http_client_call(n->http, call, &n->answer);
}

enum http_outcome node_call(struct node *n, const char *path, struct http_call *call) {
    enum http_outcome outcome = HTTP_UNREACHABLE;
    uint32_t first = n->current;
    for (uint32_t i = 0; i < n->tool->nodes_count; i++) {
        n->current = (first + i) % n->tool->nodes_count;
        outcome = node_call_present(n, path, call);
        if (outcome != HTTP_UNREACHABLE) return outcome;
    }
    n->current = first;
    return outcome;
}

void node_turn(struct node *n) {
    n->current = (n->current + 1) % n->tool->nodes_count;
}

static const char *default_next(struct node *n, const char *next) {
    return next ? next : format(n->tool, "status --node %s", n->tool->nodes[n->current]);
}

int node_fail(struct node *n, enum http_outcome outcome, const char *next) {
    struct tool *t = n->tool;
    const char *url = t->nodes[n->current], *trouble = shown(n->tool, span_text(n->answer.trouble));
    switch (outcome) {
    case HTTP_UNREACHABLE:
        return fail(t, EXIT_UNREACHABLE, next ? next : "status --node http://HOST:PORT",
                    "无法连接节点 %s：%s", "the node %s cannot be reached: %s", url, trouble);
    case HTTP_NO_ANSWER:
        return fail(t, EXIT_UNREACHABLE, default_next(n, next), "节点 %s 没有答复：%s",
                    "the node %s did not answer: %s", url, trouble);
    case HTTP_BAD_ANSWER:
        return fail(t, EXIT_BROKEN, default_next(n, next), "节点 %s 的答复无法使用：%s",
                    "the answer of node %s cannot be used: %s", url, trouble);
    case HTTP_ANSWERED:
        break;
    }
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    uint32_t status = n->answer.status;
    bool problem = strncmp(n->answer.content_type, "application/problem+json", 24) == 0 &&
                   json_parse(buffer_span(&n->answer.body), &value, NULL) == OK;
    struct span map = problem ? buffer_span(&value) : SPAN_EMPTY;
    enum tool_exit code = status == 404                              ? EXIT_NOT_FOUND
                          : status == 503 || status == 429           ? EXIT_UNREACHABLE
                          : problem && status >= 400 && status < 500 ? EXIT_REFUSED
                                                                     : EXIT_BROKEN;
    if (!problem)
        return fail(t, code == EXIT_NOT_FOUND ? EXIT_BROKEN : code, default_next(n, next),
                    "%s 不是溯源节点，或答复异常：HTTP %u",
                    "%s is no node of this ledger, or answers nonsense: HTTP %u", url, status);
    const char *where = shown(n->tool, map_text(map, "where"));
    return fail(t, code, default_next(n, next), "%s%s%s [%s]", "%s%s%s [%s]", where,
                where[0] ? ": " : "",
                shown(n->tool, map_text(map, t->lang == LANG_ZH ? "title_zh" : "title_en")),
                shown(n->tool, map_text(map, "name")));
}

enum http_outcome node_ask(struct node *n, const char *path, const char *accept) {
    enum http_outcome outcome = HTTP_UNREACHABLE;
    /* Asking another node the same question is harmless. */
    for (uint32_t i = 0; i < n->tool->nodes_count; i++) {
        struct http_call call = {.accept = accept, .total_timeout_ms = READ_TIMEOUT_MS};
        outcome = node_call(n, path, &call);
        bool answered = outcome == HTTP_ANSWERED && n->answer.status != 503;
        if (answered || outcome == HTTP_UNREACHABLE || i + 1 == n->tool->nodes_count) break;
        node_turn(n);
    }
    return outcome;
}

bool node_lacks(const struct node *n, enum http_outcome outcome) {
    return outcome == HTTP_ANSWERED && n->answer.status == 404 &&
           strncmp(n->answer.content_type, "application/problem+json", 24) == 0;
}

int node_get(struct node *n, const char *path, const char *accept, const char *next) {
    enum http_outcome outcome = node_ask(n, path, accept);
    return outcome == HTTP_ANSWERED && n->answer.status == 200 ? EXIT_OK
                                                               : node_fail(n, outcome, next);
}

int node_value(struct node *n, struct buffer *ret) {
    struct refusal refusal;
    if (json_parse(buffer_span(&n->answer.body), ret, &refusal))
        return fail_refusal(n->tool, EXIT_BROKEN, default_next(n, NULL), n->tool->nodes[n->current],
                            &refusal);
    return EXIT_OK;
}

int node_get_value(struct node *n, const char *path, const char *next, struct buffer *ret) {
    int code = node_get(n, path, NULL, next);
    return code ? code : node_value(n, ret);
}
