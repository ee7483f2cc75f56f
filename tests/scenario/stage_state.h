/* stage_state.h: what stage.c and stage_command.c share. */
#ifndef SCENARIO_STAGE_STATE_H
#define SCENARIO_STAGE_STATE_H

#include "consensus/vote_guard.h"
#include "tests/scenario/stage.h"

enum { NODES = 10, WIRE_MAX = 20000, PAYLOADS = 512, FINALS = 512, QUEUE = 4096, LINE_BYTES = 160 };

enum said { SAID_PROPOSAL, SAID_VOTE, SAID_CERTIFICATE, SAID_PAYLOAD };
struct message {
    uint32_t from, to;
    enum said said;
    struct vote vote;
    struct certificate certificate;
};

struct disk_record {
    bool is_vote, proposal;
    struct vote vote;
    struct certificate certificate;
};

enum verdict_mode { VERDICT_VALID, VERDICT_INVALID, VERDICT_PENDING };

struct node {
    struct consensus *core; /* NULL while it is dead */
    bool alive, liar, stepping, disk_held, withholds;
    struct consensus_outputs *outputs;
    uint32_t life, to_build;
    struct vote_guard guard;
    struct disk_record *disk;
    uint32_t disk_count, disk_synced, disk_cap;
    struct digest payloads[PAYLOADS];
    uint32_t payloads_count;
    bool wants, checking;
    struct digest wanted;
    struct ballot check;
    enum verdict_mode verdict;
    struct digest finals[FINALS]; /* repeats left out */
    uint64_t final_views[FINALS];
    uint32_t finals_count, committed;
    struct consensus_input queue[QUEUE];
    uint32_t queue_count;
};

struct line {
    uint32_t nodes; /* bits */
    char text[LINE_BYTES];
};

struct stage {
    uint32_t n;
    uint64_t now_ms, delta_ms, activity_ms;
    struct node nodes[NODES];
    bool cut[NODES][NODES];
    struct message **wire;
    uint32_t wire_count;
    struct line *lines;
    uint32_t lines_count;
    char failure[LINE_BYTES];
    struct consensus_outputs *out;
};

void stage_fail(struct stage *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tell(struct stage *w, uint32_t node, const char *format, ...) __attribute__((format(printf, 3, 4)));
struct digest named(const char *name);
const char *name_of(const struct digest *d);
void post(struct stage *w, uint32_t from, uint32_t to, enum said said, const struct vote *v, const struct certificate *c);
void input(struct stage *w, uint32_t i, struct consensus_input in);
void deliver(struct stage *w, struct message *m);
void take_payload(struct stage *w, uint32_t i, const struct digest *d);
void disk_sync(struct stage *w, uint32_t i);
void node_start(struct stage *w, uint32_t i);
void node_crash(struct stage *w, uint32_t i);
void node_work(struct stage *w, uint32_t i, uint32_t blocks);
void invariants(struct stage *w);

#endif
