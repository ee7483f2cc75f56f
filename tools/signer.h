/* signer.h: who signs, and for which chain (cmd_key.c). */
#ifndef TOOLS_SIGNER_H
#define TOOLS_SIGNER_H

#include "genesis/genesis.h"
#include "tools/node.h"

/* The record key of a key file. Returns an exit code; the complaint is printed. The caller wipes
 * it. */
int signer_read(struct tool *t, const char *path, struct keypair *ret) MUST_USE;

/* All public keys a seed makes, in whichever part it is used. */
struct public_keys {
    struct pubkey record, transport, consensus, checkpoint, log;
};
void public_keys_derive(const struct seed *seed, struct public_keys *ret);
/* From the file that `key show --json` wrote. Returns an exit code, the complaint printed. */
int public_keys_read(struct tool *t, const char *path, struct public_keys *ret) MUST_USE;

/* In whose name: --subject, SUYUAN_SUBJECT, else whose the key is by genesis, else by the node.
 * Returns an exit code, the complaint printed; the text lives in the tool's arena. */
int signer_subject(struct node *n, const char *given, const struct pubkey *key,
                   const struct genesis *g, struct span *ret) MUST_USE;

#endif
