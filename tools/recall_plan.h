/* recall_plan.h: the closure of a lot as a node's answers give it (closure.h), for `suyuan recall` and `suyuan trace --down`. */
#ifndef TOOLS_RECALL_PLAN_H
#define TOOLS_RECALL_PLAN_H

#include "tools/closure.h"
#include "tools/node.h"

struct recall_plan {
    struct closure closure;
    struct span root;   /* the unit of what was asked about, canonical */
    uint64_t took_ms;
    struct arena arena; /* of all of it */
};
/* item: in any spelling. An exit code; the complaint is printed. */
int recall_plan_make(struct node *n, const char *item, struct recall_plan *ret) MUST_USE;
void recall_plan_free(struct recall_plan *p); /* accepts a zeroed struct */

#endif
