/* chain.h: which ledger is meant, and by whose word.
 *
 * The chain id is what everything else is trusted by. It comes from --chain-id or --genesis, else
 * from SUYUAN_CHAIN_ID or SUYUAN_GENESIS; where a command permits it, from the node that is asked,
 * and then nothing is proven about the node.
 */
#ifndef TOOLS_CHAIN_H
#define TOOLS_CHAIN_H

#include "genesis/genesis.h"
#include "tools/node.h"

enum { OPTION_GENESIS = OPTION_FIRST + 0x80, OPTION_CHAIN_ID };
/* The two rows, for commands without options of their own; CHAIN_OPTIONS for those with. */
#define CHAIN_OPTIONS                                                                              \
    {"genesis", OPTION_GENESIS, "FILE", "创世文件（环境变量 SUYUAN_GENESIS）",                     \
     "the genesis file (SUYUAN_GENESIS)"},                                                         \
    {                                                                                              \
        "chain-id", OPTION_CHAIN_ID, "HEX", "链编号，64 位十六进制（环境变量 SUYUAN_CHAIN_ID）",   \
            "the chain id, 64 hex digits (SUYUAN_CHAIN_ID)"                                        \
    }
extern const struct option_row chain_options[];

/* Reads a genesis file; the caller frees it. All return an exit code, the complaint printed. */
int genesis_read(struct tool *t, const char *path, struct genesis **ret) MUST_USE;
/* The genesis file that was named, by option or environment; NULL when none was. */
const char *chain_genesis_file(const struct arguments *a);
/* The same for a next command, quoted: the file that is known, or what it is usually called. */
const char *chain_genesis_hint(struct tool *t, const struct arguments *a);
/* EXIT_USAGE when nothing says which chain is meant, or two things say different ones. */
int chain_id_of_arguments(struct tool *t, const struct arguments *a, struct digest *ret) MUST_USE;
/* The whole genesis: from the file, else from the node, whose answer must have the chain id that
 * was given, if one was. */
int chain_genesis(struct node *n, const struct arguments *a, struct genesis **ret) MUST_USE;

#endif
