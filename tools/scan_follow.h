/* scan_follow.h: each hour of a node's tallies is anchored when it is over, the ones that were missed first, oldest first, while a record
 * of them can still be accepted.
 *
 * Nothing is remembered between runs. The record of an hour is made of the hour alone: created when the hour ends, valid as long as the
 * ledger permits, its nonce from what it says; so one that is sent again is the same record, and an hour that is settled stays so. That
 * another record anchored the hour before (43) is as good when its root is the same; with another root it is a conflict, and told aloud.
 */
#ifndef TOOLS_SCAN_FOLLOW_H
#define TOOLS_SCAN_FOLLOW_H

#include "tools/desk.h"

/* name: of the node; NULL: as it says. stay: until it is ended from outside; else until nothing is due. EXIT_FALSE: of some hour the
 * ledger has another root. */
int scan_follow(struct desk *d, const char *name, bool stay) MUST_USE;

#endif
