/* sealing.h: what opens hidden values, on its way to nodes (SPEC U): kept in the outbox, sealed and wrapped, before the record is sent;
 * given to every node that is named once the record is committed; forgotten when one of them has it. Nothing there is in the clear but the
 * keys of tier 3, which anyone may have.
 *
 * A file of the outbox, WIRE-IDENTITY.sealed: canonical [version 1, wire identity, expires ms, [[tier, sealed file, key file], ...]].
 * Functions return an exit code; the complaint is printed. */
#ifndef TOOLS_SEALING_H
#define TOOLS_SEALING_H

#include "tools/openings.h"
#include "tools/outbox.h"
#include "tools/node.h"
#include "trace/sealed.h"

struct sealing {
    struct tool *tool;
    struct node *node;
    struct outbox *outbox; /* with a directory */
    const struct keypair *keys;
    struct digest chain_id;
    /* Record keys that may read tiers 1 and 2, besides one's own. */
    struct pubkey readers[2][SEALED_WRAPS_MAX];
    uint32_t readers_count[2];
};
/* The valid keys of a member may read this tier (1 or 2). Every node that is named and answers must say the same about them: who believes
 * one node lets it name its own key. */
int sealing_reader(struct sealing *s, enum item_tier tier, const char *subject) MUST_USE;
/* Those of the member whom this party of a destination stands for (SPEC A11). */
int sealing_party(struct sealing *s, enum item_tier tier, struct span party) MUST_USE;
/* Those of all active authorities may read tier 2. */
int sealing_regulators(struct sealing *s) MUST_USE;
/* Seals the openings of this record (R6) and keeps them in the outbox. */
int sealing_keep(struct sealing *s, struct span wire, const struct opening list[], uint32_t count) MUST_USE;
/* It was refused: nothing of it is wanted any more. */
int sealing_forget(struct outbox *o, struct span wire) MUST_USE;
/* Gives all that the outbox keeps to the nodes. EXIT_UNKNOWN: some stays there, because its record is not decided; EXIT_UNREACHABLE: because
 * no node took it. */
int sealing_flush(struct tool *t, struct node *n, struct outbox *o) MUST_USE;

/* ---- hiding, before a record is signed ---- */

enum { HIDE_RULES_MAX = 32 };
struct hider {
    struct tool *tool;
    struct digest chain_id;
    struct {
        struct span name;
        enum item_tier tier;
    } rules[HIDE_RULES_MAX];
    uint32_t rules_count;
    struct openings openings; /* of the record that is being filled */
};
/* "price=partner,buyer=regulator,/ilmd/contact=public" */
int hider_read(struct hider *h, const char *text) MUST_USE;
bool hider_has(const struct hider *h, enum item_tier tier);
/* Hides in the events of a document, whose first item will have the index `first` in its record. Fields live in the arena. On failure nothing
 * is added to the openings. ERR_HIDE_NONE, ERR_HIDE_MANY, ERR_ITEM_HIDDEN (E6), ERR_TOO_LARGE. */
enum err hider_apply(struct hider *h, struct item items[], uint32_t count, uint32_t first, struct arena *arena,
                     struct refusal *ret_refusal) MUST_USE;

#endif
