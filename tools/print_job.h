/* print_job.h: what goes on paper is drawn by suyuan-print, a program beside this one, so that `suyuan` links no graphics. This starts
 * it, gives it lines, and says what became of it.
 *
 *   print_job_start   the program runs and waits for lines
 *   print_job_line    one line; false: it reads no more, and print_job_end says why
 *   print_job_end     no more lines; waits; the exit code, and the complaint printed
 *   print_job_cancel  instead of end, when the caller fails: nothing gets its name; accepts a zeroed struct
 *
 * No shell. The program's failures come back on a descriptor of their own with their number, so a refusal there is printed as one here.
 * Its progress goes straight to standard error, where it shows it on a terminal. SIGPIPE is never raised. Lines may hold secrets: they
 * pass through memory only, and the line is wiped.
 */
#ifndef TOOLS_PRINT_JOB_H
#define TOOLS_PRINT_JOB_H

#include <sys/types.h>

#include "tools/tool.h"

enum { PRINT_ARGUMENTS_MAX = 32 };

struct print_job {
    pid_t pid; /* 0: none runs */
    int lines, report;
};

/* program: NULL for suyuan-print beside this executable. words: what follows its name, ends with NULL; --in, --report and --lang are
 * added. An exit code; the complaint is printed. Labels: say --count, so that a caller that dies leaves no smaller pack. */
int print_job_start(struct tool *t, const char *program, const char *const words[], struct print_job *ret) MUST_USE;
/* `line` without a line feed. */
bool print_job_line(struct print_job *job, struct span line) MUST_USE;
int print_job_end(struct tool *t, struct print_job *job, const char *next) MUST_USE;
void print_job_cancel(struct print_job *job);

#endif
