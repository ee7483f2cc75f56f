/* memo.c: a signature is checked once per process. All nodes of a world check the same signatures with one
 * engine, and
 * whether one checks depends on its bytes alone: the linker puts these functions before verify and verify_raw
 * (-Wl,--wrap), and a world costs a fifth. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

bool __real_verify(const struct pubkey *key, const char *tag, struct span message,
                   const struct signature *sig);
bool __real_verify_raw(const struct pubkey *key, struct span message, const struct signature *sig);
bool __wrap_verify(const struct pubkey *key, const char *tag, struct span message,
                   const struct signature *sig);
bool __wrap_verify_raw(const struct pubkey *key, struct span message, const struct signature *sig);

enum { MEMO_PLACES = 1 << 15 };
struct memo {
    bool used, valid;
    struct digest of;
};
static struct memo *memo; /* a cache of a pure function: no world can tell that it is there */

void memo_free(void) {
    free(memo);
    memo = NULL;
}

/* The place where the answer is or will be; `known` says which. A newer question takes the place of an older one. */
static struct memo *place_of(const struct pubkey *key, const char *tag, struct span message,
                             const struct signature *sig, bool *ret_known) {
    if (memo == NULL) memo = check_alloc(MEMO_PLACES, sizeof *memo);
    struct sha256 h;
    struct digest d;
    sha256_init(&h);
    sha256_add(&h, key->b, sizeof key->b);
    sha256_add(&h, sig->b, sizeof sig->b);
    sha256_add(&h, tag, strlen(tag) + 1);
    sha256_add(&h, message.data, message.len);
    sha256_final(&h, &d);
    struct memo *m = &memo[get_u64(d.b) % MEMO_PLACES];
    *ret_known = m->used && digest_equal(&m->of, &d);
    if (!*ret_known) *m = (struct memo){true, false, d};
    return m;
}

bool __wrap_verify(const struct pubkey *key, const char *tag, struct span message,
                   const struct signature *sig) {
    bool known;
    struct memo *m = place_of(key, tag, message, sig, &known);
    if (!known) m->valid = __real_verify(key, tag, message, sig);
    return m->valid;
}

bool __wrap_verify_raw(const struct pubkey *key, struct span message, const struct signature *sig) {
    bool known;
    struct memo *m = place_of(key, "", message, sig, &known);
    if (!known) m->valid = __real_verify_raw(key, message, sig);
    return m->valid;
}
