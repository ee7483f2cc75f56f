/* uv_leaves.h: leaf_fetch.h and storage/leaves.h in a running node: a lane of its own looks through the ledger, checks and writes what peers sent,
 * and reads what peers asked for, one thing at a time; the loop only moves messages. Nothing here delays a vote: the messages are
 * bulk, and the disk sees one chunk at a time.
 *
 * One per node, on the loop's thread. */
#ifndef NODE_UV_LEAVES_H
#define NODE_UV_LEAVES_H

#include "node/uv_node.h"

struct uv_leaves *uv_leaves_new(struct uv_node *n);
void uv_leaves_peer_up(struct uv_leaves *l, uint64_t peer, bool source);
void uv_leaves_peer_down(struct uv_leaves *l, uint64_t peer);
/* False when the message is none of these types. */
bool uv_leaves_message(struct uv_leaves *l, uint64_t peer, uint8_t type, struct span body);
void uv_leaves_committed(struct uv_leaves *l);
/* The leaves_* fields. Loop thread. */
void uv_leaves_counters(struct uv_leaves *l, struct host_status *ret);
/* Ends the lane and the timer; the sessions are closed before. Then run the loop once more and free. */
void uv_leaves_stop(struct uv_leaves *l); /* accepts NULL */
void uv_leaves_free(struct uv_leaves *l); /* accepts NULL */

#endif
