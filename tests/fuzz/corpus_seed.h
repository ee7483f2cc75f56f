/* corpus_seed.h: how make_corpus.c writes a seed, for files that make those of one target. */
#ifndef TESTS_CORPUS_SEED_H
#define TESTS_CORPUS_SEED_H

#include "base/span.h"

/* The file `name` of the target: the prefix, then the bytes. */
void seed(const char *target, const char *name, const char *prefix, size_t prefix_len, struct span bytes);
/* Signed as fuzz_sealed.c expects: its key, chain and record. */
void seed_sealed(void);

#endif
