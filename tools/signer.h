/* signer.h: who signs, and for which chain (cmd_key.c, chain.c). */
#ifndef TOOLS_SIGNER_H
#define TOOLS_SIGNER_H

#include "genesis/genesis.h"
#include "tools/tool.h"

/* The record key of a key file. Returns an exit code; the complaint is printed. The caller wipes
 * it. */
int signer_read(struct tool *t, const char *path, struct keypair *ret) MUST_USE;

/* All public keys a seed makes, in whichever part it is used. */
struct public_keys {
    struct pubkey record, transport, consensus, checkpoint, log;
};
void public_keys_derive(const struct seed *seed, struct public_keys *ret);

#endif
