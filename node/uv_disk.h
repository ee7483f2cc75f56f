/* uv_disk.h: the journal on its own thread (storage/journal.h says what a journal is).
 *
 * uv_disk_append queues; uv_disk_flush, once per turn of the loop, hands everything gathered to the disk thread when that
 * is free; one fdatasync covers it. What is appended meanwhile shares the next one. When a batch is durable `written` is called on
 * the loop's thread with the sequence number up to which all is on the disk. When the world refuses, `failed` is called once, and nothing is
 * ever written again: the node must stop signing.
 */
#ifndef NODE_UV_DISK_H
#define NODE_UV_DISK_H

#include "node/uv_work.h"
#include "storage/journal.h"

struct uv_disk_events {
    void *context;
    void (*written)(void *context, uint64_t sequence);
    void (*failed)(void *context, const char *why);
};

struct uv_disk;
enum { UV_DISK_ERROR_BYTES = 512 };

/* Folds what is there: fn gets every record that counts, oldest first, before this returns. NULL: ret_error says why. */
struct uv_disk *uv_disk_open(uv_loop_t *loop, const char *directory, const struct journal_config *config,
                             const struct uv_disk_events *events, journal_record_fn *fn, void *context,
                             struct journal_report *ret_report, char ret_error[UV_DISK_ERROR_BYTES]);
uint64_t uv_disk_append(struct uv_disk *d, uint8_t type, struct span body);
void uv_disk_keep(struct uv_disk *d, uint64_t sequence);
void uv_disk_flush(struct uv_disk *d);
/* Everything appended is durable or the journal failed. */
bool uv_disk_idle(const struct uv_disk *d);
uint64_t uv_disk_syncs(const struct uv_disk *d);
uint64_t uv_disk_bytes(const struct uv_disk *d); /* appended since the start */
/* Writes what is left, marks a clean end, joins the thread. Blocks. Then run the loop once more. */
void uv_disk_close(struct uv_disk *d); /* accepts NULL */

#endif
