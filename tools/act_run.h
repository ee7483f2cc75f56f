/* act_run.h: an act from the command line, submitted, or with --draft only written down for others to approve (cmd_act.c). */
#ifndef TOOLS_ACT_RUN_H
#define TOOLS_ACT_RUN_H

#include "ledger/member.h"
#include "tools/tool.h"

enum { OPTION_DRAFT = 'o' };
#define DRAFT_OPTION                                                                               \
    {                                                                                              \
        "draft", OPTION_DRAFT, "FILE", "只写草案，待他人批准，不提交",                             \
            "only write a draft for others to approve; submit nothing"                             \
    }
/* The command has the options of desk.h, chain.h and DRAFT_OPTION; its first word names the act. */
int act_run(struct tool *t, const struct arguments *a, struct act *act) MUST_USE;

#endif
