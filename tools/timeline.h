/* timeline.h: an event as a person reads it: when, what, who, where, with which things. */
#ifndef TOOLS_TIMELINE_H
#define TOOLS_TIMELINE_H

#include "tools/tool.h"
#include "trace/item.h"

/* One event, indented. `who` is shown as it is (already safe). `about`: the canonical identifier
 * the reader asked for, which is not repeated among the things; empty for none. */
void timeline_event(struct tool *t, const struct item *item, const char *who, struct span about);
/* Fields of a map as indented lines, names without their namespace, nested ones further in. */
void timeline_fields(struct tool *t, struct span map, int indent);

#endif
