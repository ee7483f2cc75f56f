/* peer_queue.h: what waits to be sent to one peer, in two classes. Private to peer*.c and its tests.
 *
 * Promises: order within a class is kept; urgent is never refused; bytes (bodies, frame headers and the entries
 * themselves) stay at most bytes_max plus one message per class. Begun messages are never evicted: the stream would break.
 */
#ifndef NODE_PEER_QUEUE_H
#define NODE_PEER_QUEUE_H

#include "node/peer.h"

enum { FRAME_HEADER_BYTES = 5 /* u32 body length || u8 type */ };

struct queue_entry {
    struct parcel *parcel;
    struct queue_entry *next;
};

struct peer_queue {
    struct queue_entry *first[MESSAGE_CLASSES], *last[MESSAGE_CLASSES];
    size_t sent[MESSAGE_CLASSES]; /* of the first entry's frame */
    size_t bytes, bytes_max;
    uint64_t dropped;
};

void peer_queue_init(struct peer_queue *q, size_t bytes_max);
void peer_queue_free(struct peer_queue *q); /* drops everything; accepts a zeroed struct */
/* Takes a reference of its own. ERR_PEER_QUEUE_FULL for bulk only. */
enum err peer_queue_add(struct peer_queue *q, struct parcel *p) MUST_USE;
bool peer_queue_empty(const struct peer_queue *q, enum message_class c);
bool peer_queue_mid_frame(const struct peer_queue *q, enum message_class c);
/* Moves up to `room` bytes of the class's stream to ret_bytes; how many. Finished messages leave the queue. */
size_t peer_queue_take(struct peer_queue *q, enum message_class c, uint8_t *ret_bytes, size_t room);

#endif
