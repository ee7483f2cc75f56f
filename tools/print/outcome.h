/* outcome.h: what became of a job: done, or why not. Exit codes are those of `suyuan` (tools/tool.h). */
#ifndef TOOLS_PRINT_OUTCOME_H
#define TOOLS_PRINT_OUTCOME_H

#include "base/err.h"
#include "base/span.h"

enum print_exit { PRINT_DONE = 0, PRINT_BROKEN = 1, PRINT_USAGE = 2, PRINT_REFUSED = 3, PRINT_NOT_FOUND = 7 };

struct outcome {
    enum print_exit exit;
    struct refusal refusal; /* PRINT_REFUSED, PRINT_USAGE */
    int error;              /* PRINT_BROKEN, PRINT_NOT_FOUND: errno, and of which file */
    const char *file;
    uint64_t labels, pages, bytes; /* PRINT_DONE */
    uint32_t files;
};

/* Both return false, so that a step that failed ends with `return outcome_refused(...)`. */
bool outcome_refused(struct outcome *o, const struct refusal *refusal);
bool outcome_broken(struct outcome *o, int error, const char *file);

/* The flag that SIGINT, SIGTERM and SIGHUP set: reading ends, nothing is committed (outcome.c). */
void stop_arm(void);
bool stop_asked(void);

#endif
