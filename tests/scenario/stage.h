/* stage.h: some consensus cores on a stage that a script directs: what is delivered, lost, cut off, when the
 * disk writes, who crashes, what a liar says.
 * Signatures are not made: the core does not look at them. Digests are names. Deterministic. */
#ifndef SCENARIO_STAGE_H
#define SCENARIO_STAGE_H

#include "consensus/consensus.h"

struct stage;
struct stage *stage_new(void);
void stage_free(struct stage *w);
/* Runs one command line (which it takes apart); false when it is no command. */
bool stage_command(struct stage *w, char *line);
/* Appends what happened since the last call, one line each. */
void stage_transcript(struct stage *w, struct buffer *out);
/* The first invariant that broke, or "". */
const char *stage_failure(const struct stage *w);
/* Heals all and demands something new that is final everywhere. */
bool stage_end(struct stage *w);

#endif
