/* plant.h: faults that can be built in on purpose, to see that the simulator's checks catch them.
 *
 * Each is 0 in every ordinary build. tests/sim builds one variant of this library per fault with
 * -DPLANT_<NAME>=1 and must see
 * it fail. A check that catches nothing is removed or sharpened; a rule without a planted fault is not known
 * to be tested.
 */
#ifndef CONSENSUS_PLANT_H
#define CONSENSUS_PLANT_H

#ifndef PLANT_QUORUM_ONE_TOO_SMALL
#define PLANT_QUORUM_ONE_TOO_SMALL 0
#endif
#ifndef PLANT_ANY_PARENT
#define PLANT_ANY_PARENT 0 /* proposals are taken without their parent's certificate */
#endif
#ifndef PLANT_FINALIZE_AFTER_NULLIFY
#define PLANT_FINALIZE_AFTER_NULLIFY 0
#endif
#ifndef PLANT_NO_GUARD
#define PLANT_NO_GUARD 0 /* the signer signs whatever the core asks; alone it is harmless: planted together with VOTES_FORGOTTEN */
#endif
#ifndef PLANT_VOTES_FORGOTTEN
#define PLANT_VOTES_FORGOTTEN 0 /* the core does not fold its own votes at restart; alone it must be harmless: the guard suffices */
#endif
#ifndef PLANT_OWN_NULLIFY_NOT_COUNTED
#define PLANT_OWN_NULLIFY_NOT_COUNTED 0 /* resent after a restart, but not fed back */
#endif
#ifndef PLANT_NULLIFICATIONS_OFF_BY_ONE
#define PLANT_NULLIFICATIONS_OFF_BY_ONE 0
#endif
#ifndef PLANT_PENDING_IS_INVALID
#define PLANT_PENDING_IS_INVALID 0
#endif
#ifndef PLANT_NO_REPEAT
#define PLANT_NO_REPEAT 0
#endif
#ifndef PLANT_LEAVING_NOT_DURABLE
#define PLANT_LEAVING_NOT_DURABLE 0 /* certificates by which a view was left are not journalled */
#endif
#ifndef PLANT_SEND_BEFORE_DURABLE
#define PLANT_SEND_BEFORE_DURABLE 0
#endif
#ifndef PLANT_PATIENCE_CONSTANT
#define PLANT_PATIENCE_CONSTANT 0
#endif
#ifndef PLANT_EQUIVOCATION_IGNORED
#define PLANT_EQUIVOCATION_IGNORED 0 /* the newest notarize vote of a signer replaces the one before, nobody is blamed */
#endif
#ifndef PLANT_COSIGNER_FORGETS
#define PLANT_COSIGNER_FORGETS 0 /* the cosigner's guard is not folded at restart */
#endif
#ifndef PLANT_STALE_STAMP
#define PLANT_STALE_STAMP 0 /* a heartbeat always says "now" (SPEC K4) */
#endif
#ifndef PLANT_NO_PIPELINE_BOUND
#define PLANT_NO_PIPELINE_BOUND 0
#endif
#ifndef PLANT_ANY_TIME
#define PLANT_ANY_TIME 0 /* votes for blocks from the future (SPEC B5) */
#endif
#ifndef PLANT_ACKNOWLEDGE_EARLY
#define PLANT_ACKNOWLEDGE_EARLY 0 /* "committed" is said when a block is executed */
#endif
#ifndef PLANT_OLD_CHECKPOINTS_IGNORED
#define PLANT_OLD_CHECKPOINTS_IGNORED 0 /* who catches up waits for the present checkpoint */
#endif
#ifndef PLANT_PAYLOAD_NOT_JOURNALLED
#define PLANT_PAYLOAD_NOT_JOURNALLED 0 /* votes for what the disk does not hold */
#endif

#ifndef PLANT_LOST_VOTES
#define PLANT_LOST_VOTES 0 /* a validator that lost its journal votes on as if it had signed nothing */
#endif

#endif
