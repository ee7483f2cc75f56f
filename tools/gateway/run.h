/* run.h: `suyuan gateway run`: sources, intake and dispatch under one roof, until SIGTERM.
 *
 * One turn: take what every source has, commit it once, and only then acknowledge: HTTP answers,
 * PUBACKs, the bytes of standard input let go. A turn that fails acknowledges nothing: connections
 * to brokers are dropped with their acknowledgements unsent, HTTP clients get 503, standard input
 * is not read on; after a moment everything is tried again. */
#ifndef TOOLS_GATEWAY_RUN_H
#define TOOLS_GATEWAY_RUN_H

#include "tools/gateway/config.h"
#include "tools/tool.h"

enum { OPTION_CONFIG = 'c', OPTION_STATUS = OPTION_FIRST + 0x40 };

/* Returns an exit code, the complaint printed. */
int gateway_run(struct tool *t, const struct arguments *a);
/* The file of --config, with its paths resolved and its nodes in `t`. An exit code, the complaint
 * printed. */
int gateway_config_load(struct tool *t, const struct arguments *a,
                        struct gateway_config **ret) MUST_USE;

#endif
