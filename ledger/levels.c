/* levels.c: see levels.h. */
#include "ledger/levels.h"

#include <string.h>

#include "base/merkle_root.h"

bool levels_build(struct arena *arena, const struct digest leaves[], uint32_t count,
                  struct levels *ret) {
    ret->n = 0;
    for (uint32_t n = count; n > 0; n = n > 1 ? (n + 1) / 2 : 0) {
        struct digest *level = arena_alloc(arena, n, sizeof *level);
        if (!level) return false;
        if (ret->n == 0) {
            memcpy(level, leaves, n * sizeof *level);
        } else {
            const struct digest *below = ret->level[ret->n - 1];
            uint32_t below_count = ret->count[ret->n - 1];
            for (uint32_t i = 0; i < n; i++)
                level[i] = 2 * i + 1 < below_count
                               ? merkle_node_hash(&below[2 * i], &below[2 * i + 1])
                               : below[2 * i];
        }
        ret->level[ret->n] = level;
        ret->count[ret->n++] = n;
    }
    return true;
}

void levels_path(const struct levels *l, uint32_t index, struct buffer *out) {
    struct digest path[PROOF_PATH_MAX];
    uint32_t n = 0;
    for (uint32_t k = 0; k + 1 < l->n; k++, index /= 2)
        if ((index ^ 1) < l->count[k]) path[n++] = l->level[k][index ^ 1];
    pack_array(out, n);
    for (uint32_t i = 0; i < n; i++)
        pack_bytes(out, span_of(path[i].b, 32));
}
