/* recover.h: what a start finds in the store, checked, and what it repaired, in sentences.
 *
 * The happy path: both tables stand at the same height, the rows of that height fit together, the
 * node goes on. After a crash between the two writes of a commit (commit.h) chain is ahead:
 * recover_open says so, the caller executes the blocks above state again from chain (they are there
 * complete), and gives each to recover_replay, which first compares the rows with those that chain
 * holds already and then commits. Doing it twice, or crashing within, is harmless.
 *
 * What rows mean is the ledger's knowledge: it comes in as struct recover_checks, so that this file
 * knows heights and the ledger's checks know blocks. Each check returns true, or false with a
 * sentence.
 *
 * Errors: a store whose tables do not fit together is not repaired by guessing. RECOVER_BROKEN
 * means: do not start; move the directory away and let the node sync from its peers (its journal
 * stays: it keeps the votes).
 */
#ifndef STORAGE_RECOVER_H
#define STORAGE_RECOVER_H

#include "storage/commit.h"

enum recover_level {
    RECOVER_HEAD,   /* the head: its rows, its block, its roots; milliseconds */
    RECOVER_SAMPLE, /* and RECOVER_SAMPLE_BLOCKS heights spread evenly; below a second */
    RECOVER_FULL,   /* and every height; minutes per million records */
};

enum { RECOVER_SAMPLE_BLOCKS = 64, RECOVER_TEXT_BYTES = 512 };

struct recover_checks {
    const void *self;
    /* The rows of the newest state: head row, last block, log root recomputed from stored hashes,
     * status root. */
    bool (*head)(const void *self, struct reader r, uint64_t height, enum recover_level level,
                 char ret_text[RECOVER_TEXT_BYTES]);
    /* One stored block: its hash links to the one before, its rows are there. 0 < height <= the
     * chain table's, so it reads that table alone. */
    bool (*block)(const void *self, struct reader r, uint64_t height,
                  char ret_text[RECOVER_TEXT_BYTES]);
};

enum recover_state {
    RECOVER_EMPTY,  /* nothing was ever committed: write genesis */
    RECOVER_WHOLE,  /* go on at `height` */
    RECOVER_BEHIND, /* state lacks height + 1 .. chain_height: execute, recover_replay */
    RECOVER_BROKEN, /* see text */
};

struct recover_report {
    enum recover_state state;
    uint64_t height;       /* of the state table: what readers see */
    uint64_t chain_height;
    uint64_t blocks_checked;
    char text[RECOVER_TEXT_BYTES]; /* what was found, in sentences; never empty */
};

void recover_open(struct store s, const struct recover_checks *checks, enum recover_level level,
                  struct recover_report *ret);

/* Commits height + 1 of a store that is BEHIND, from the caller's execution of the block that chain
 * holds. False: a row that execution gives differs from the one chain holds (ret_text names its
 * key; nothing was written), or the world refused. */
bool recover_replay(struct store s, struct changes *block, uint64_t height,
                    char ret_text[RECOVER_TEXT_BYTES]) MUST_USE;

#endif
