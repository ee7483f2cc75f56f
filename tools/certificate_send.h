/* certificate_send.h: one item of a certificate record: to the outbox, to a node, until it is decided (cmd_cert.c). */
#ifndef TOOLS_CERTIFICATE_SEND_H
#define TOOLS_CERTIFICATE_SEND_H

#include "tools/desk.h"
#include "tools/openings.h"

/* directory: the outbox's, or NULL. openings: of hidden fields, which are then sealed and given to nodes; NULL: none.
 * An exit code; the complaint is printed. */
int certificate_send(struct tool *t, const char *directory, struct desk *d, const struct record_header *h,
                     const struct item *item, const char *label, const struct openings *openings) MUST_USE;

#endif
