/* node.h: questions to nodes, in the order they were named: the next is asked when one cannot be
 * reached, and the one that answered is asked first from then on.
 *
 * Everything returns an exit code and has printed its complaint. An answer is bounded by
 * RPC_ANSWER_BYTES_MAX. What a node refuses comes as application/problem+json; its number decides
 * the exit code: nothing under that name EXIT_NOT_FOUND, busy or not ready EXIT_UNREACHABLE, else
 * EXIT_REFUSED.
 */
#ifndef TOOLS_NODE_H
#define TOOLS_NODE_H

#include "tools/http_client.h"
#include "tools/tool.h"

/* Subjects whose names were asked for (entry.c); in the tool's arena. */
struct member_known {
    struct member_known *next;
    const char *subject, *name;
};

struct node {
    struct tool *tool;
    struct http_client *http;
    uint32_t current; /* of tool->nodes */
    struct http_answer answer;
    struct member_known *members;
};
void node_open(struct tool *t, struct node *ret);
void node_close(struct node *n); /* accepts a zeroed struct */

/* One call to the nodes in turn. `path` begins with "/". call->url is filled in. HTTP_NO_ANSWER
 * ends the round: the caller knows whether asking another node is harmless. Nothing is printed. */
enum http_outcome node_call(struct node *n, const char *path, struct http_call *call) MUST_USE;
/* The same, of the node that is asked first and no other. */
enum http_outcome node_call_present(struct node *n, const char *path,
                                    struct http_call *call) MUST_USE;
/* The next node is asked first from now on. */
void node_turn(struct node *n);
/* Prints why the last call brought nothing usable. `next`: NULL for `suyuan status`. */
int node_fail(struct node *n, enum http_outcome outcome, const char *next);

/* GET; the answer is in n->answer. A node that is silent or busy is passed over for the next.
 * Nothing is printed. */
enum http_outcome node_ask(struct node *n, const char *path, const char *accept) MUST_USE;
/* The ledger knows nothing of that name: the caller says it better than the node. */
bool node_lacks(const struct node *n, enum http_outcome outcome);
/* The same, and the complaint printed unless the answer in n->answer.body is good.
 * `next`: what to type when it fails; NULL for a default. */
int node_get(struct node *n, const char *path, const char *accept, const char *next) MUST_USE;
/* The last answer as JSON, appended to `ret` as a canonical value. */
int node_value(struct node *n, struct buffer *ret) MUST_USE;
/* GET as JSON, appended to `ret` as a canonical value. */
int node_get_value(struct node *n, const char *path, const char *next, struct buffer *ret) MUST_USE;

/* Percent-encodes one path segment. In the tool's arena. */
const char *path_segment(struct tool *t, struct span text);

#endif
