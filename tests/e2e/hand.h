/* hand.h: the subcommands of e2e_hand, the test's own hands: what shell scripts cannot do themselves. One file per subcommand;
 * each gets its arguments without the subcommand's name and returns the exit status: 0 as expected, 1 not, 2 usage. */
#ifndef TESTS_E2E_HAND_H
#define TESTS_E2E_HAND_H

#include "tests/e2e/http_call.h"
#include "tests/e2e/people.h"

/* hand_load.c */
int hand_load(int argc, char **argv);
int hand_acked(int argc, char **argv);
/* hand_store.c */
int hand_ledger(int argc, char **argv);
int hand_alter(int argc, char **argv);
/* hand_liar.c */
int hand_liar(int argc, char **argv);
/* hand_flood.c */
int hand_flood(int argc, char **argv);
int hand_raw(int argc, char **argv);
/* hand_peer.c */
int hand_peer(int argc, char **argv);
/* hand_leaves.c */
int hand_pack(int argc, char **argv);
int hand_leaves(int argc, char **argv);
int hand_whole(int argc, char **argv);
/* hand_scan.c */
int hand_scan(int argc, char **argv);
/* hand_answer.c */
int hand_answer(int argc, char **argv);
/* hand_stream.c */
int hand_stream(int argc, char **argv);

#endif
