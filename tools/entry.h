/* entry.h: items as a node tells them in JSON, back into what the timeline prints; and who a
 * subject is. */
#ifndef TOOLS_ENTRY_H
#define TOOLS_ENTRY_H

#include "ledger/record.h"
#include "tools/node.h"
#include "trace/item.h"

/* From {"type", "fields", "things": [{"role", "identifier", "quantity", "unit"}]}. Borrows from the
 * value and the tool's arena. */
bool item_of_json(struct tool *t, struct span value, struct item *ret) MUST_USE;
/* A record's items out of its exact bytes, by record id or wire identity; in the tool's arena. An exit code, the complaint printed. */
int record_items(struct node *n, struct span id, struct record_header *ret_header, struct item **ret_items,
                 uint32_t *ret_count) MUST_USE;
/* "山福杨梅专业合作社 (lucheng.shanfu-yangmei)" by the node's word; the id alone when it does not
 * say. Asked once per subject. */
const char *member_name(struct node *n, struct span subject);
/* "330302 浙江省 温州市 鹿城区"; that no place was given, of an empty code. */
const char *division_shown(struct tool *t, struct span code);

#endif
