/* entry.h: items as a node tells them in JSON, back into what the timeline prints; and who a
 * subject is. */
#ifndef TOOLS_ENTRY_H
#define TOOLS_ENTRY_H

#include "tools/node.h"
#include "trace/item.h"

/* From {"type", "fields", "things": [{"role", "identifier", "quantity", "unit"}]}. Borrows from the
 * value and the tool's arena. */
bool item_of_json(struct tool *t, struct span value, struct item *ret) MUST_USE;
/* "山福杨梅专业合作社 (lucheng.shanfu-yangmei)" by the node's word; the id alone when it does not
 * say. Asked once per subject. */
const char *member_name(struct node *n, struct span subject);

#endif
