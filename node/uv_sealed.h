/* uv_sealed.h: a running node carries out deletions (docs/spec.md rule U10): when blocks were committed, a lane of its own looks at what was
 * told to be deleted since, asks the ledger whether it was for them to tell, and destroys what storage/sealed.h holds of it.
 *
 * One per node, on the loop's thread. Without a store of sealed values it does nothing. */
#ifndef NODE_UV_SEALED_H
#define NODE_UV_SEALED_H

#include "node/uv_node.h"

struct uv_sealed *uv_sealed_new(struct uv_node *n);
/* Blocks are readable that were not before; also once when the node begins. */
void uv_sealed_committed(struct uv_sealed *s);
/* Ends the lane; then run the loop once more and free. */
void uv_sealed_stop(struct uv_sealed *s); /* accepts NULL */
void uv_sealed_free(struct uv_sealed *s); /* accepts NULL */

#endif
