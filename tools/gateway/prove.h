/* prove.h: `suyuan gateway prove`: a raw read out of the spool, with the proof that it was anchored
 * (opened.h); and the check of such a file by anybody. */
#ifndef TOOLS_GATEWAY_PROVE_H
#define TOOLS_GATEWAY_PROVE_H

#include "tools/tool.h"

enum {
    OPTION_OUTPUT = 'o',
    OPTION_CHECK = OPTION_FIRST + 0x60,
    OPTION_TAG,
    OPTION_AT,
    OPTION_READ,
};

/* Returns an exit code, the complaint printed. */
int gateway_prove(struct tool *t, const struct arguments *a);

#endif
