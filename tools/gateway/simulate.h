/* simulate.h: `suyuan gateway simulate`: a recorded stream, or a made-up one (world.h), to standard
 * output, over HTTP, over MQTT or, as if the gateway had been cut off from the ledger all the while,
 * into its spool; and what a gateway must make of a made-up one. */
#ifndef TOOLS_GATEWAY_SIMULATE_H
#define TOOLS_GATEWAY_SIMULATE_H

#include "tools/tool.h"

enum {
    OPTION_TAGS = 't',
    OPTION_FILE = 'f',
    OPTION_VISITS = OPTION_FIRST + 0x50,
    OPTION_READS,
    OPTION_SEED,
    OPTION_BEGIN,
    OPTION_SPREAD,
    OPTION_FORMAT,
    OPTION_HTTP,
    OPTION_MQTT,
    OPTION_TOPIC,
    OPTION_RATE,
    OPTION_MESSAGE,
    OPTION_EXPECTED,
    OPTION_SPOOL,
};

/* Returns an exit code, the complaint printed. */
int gateway_simulate(struct tool *t, const struct arguments *a);

#endif
