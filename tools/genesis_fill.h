/* genesis_fill.h: from the document people write to a genesis file, with the keys filled in that it
 * leaves out.
 *
 * The document is that of genesis/genesis.h. A validator without keys gets those of
 * KEYS/validators/NAME.pub (what `suyuan key show --json` prints) or KEYS/validators/NAME.key; a
 * member without keys that of KEYS/members/SUBJECT.pub or .key. With new_keys a missing .key is
 * made. A member that has neither is entered without a key (an authority adds one later); a
 * validator is refused. In file names a slash becomes an underscore. Without "created" the document
 * is of `created_ms`.
 */
#ifndef TOOLS_GENESIS_FILL_H
#define TOOLS_GENESIS_FILL_H

#include "tools/tool.h"

struct genesis_fill {
    const char *keys; /* directory; NULL: fill nothing */
    bool new_keys;
    uint64_t created_ms;
};
/* Appends the genesis file. Returns an exit code; the complaint is printed. */
int genesis_fill(struct tool *t, const char *document_path, const struct genesis_fill *how,
                 struct buffer *out) MUST_USE;
/* KEYS/KIND/NAME.SUFFIX; kind: "validators", "members"; suffix: "key", "pub". In the tool's arena.
 */
const char *genesis_key_path(struct tool *t, const char *keys, const char *kind, struct span name,
                             const char *suffix);

#endif
