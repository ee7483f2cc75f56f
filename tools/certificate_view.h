/* certificate_view.h: a certificate as a node tells it: its state, the exact item that issued it, and the definition of its type.
 *
 * Functions return an exit code; the complaint is printed. Spans live in the tool's arena. */
#ifndef TOOLS_CERTIFICATE_VIEW_H
#define TOOLS_CERTIFICATE_VIEW_H

#include "tools/node.h"
#include "tools/openings.h"
#include "tools/problems.h"

struct certificate_view {
    struct span answer; /* of GET /v1/certificates/{id} */
    struct span id, issuer, state;
    struct digest chain_id; /* of the record that issued it */
    struct certificate_issue issue;
    struct certificate_type type;
    struct span type_answer;
    bool redefined; /* its type has another definition now */
    struct openings openings; /* count 0: none are given */
};
/* A type by its name: the node's answer and the definition. */
int certificate_type_get(struct node *n, struct span type, struct span *ret_answer,
                         struct certificate_type *ret) MUST_USE;
/* `openings`: a file, or NULL. An opening that does not fit its commitment is a refusal (EXIT_FALSE). */
int certificate_view_get(struct node *n, const char *id, const char *openings, struct certificate_view *ret) MUST_USE;

/* The value of an entry as text: lists joined, digests as hex, hidden ones by their opening or "（未公开）". */
const char *certificate_value_shown(struct tool *t, const struct certificate_view *v, const struct certificate_entry *e);
/* "1200 千克" or ""; `micro` in millionths. */
const char *certificate_quantity_shown(struct tool *t, uint64_t micro, struct span unit);
/* The value of a field, canonical, opened when it can be; SPAN_EMPTY when it is not there or hidden. */
struct span certificate_value_open(const struct certificate_view *v, struct span name);
/* "有效", "已撤销" ... */
const char *certificate_state_shown(struct tool *t, struct span state);

/* Why it is not in force; nothing is added when it is. */
int certificate_problems(struct node *n, const struct certificate_view *v, struct problems *p) MUST_USE;

#endif
