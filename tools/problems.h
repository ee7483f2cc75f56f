/* problems.h: everything that is wrong with a document at once, each a sentence: a clerk corrects them all before trying again. */
#ifndef TOOLS_PROBLEMS_H
#define TOOLS_PROBLEMS_H

#include "tools/tool.h"

enum { PROBLEMS_MAX = 64 };
struct problems {
    struct tool *tool;
    const char *list[PROBLEMS_MAX]; /* in the tool's arena; what is beyond them is not told */
    uint32_t count;
};
void problem(struct problems *p, const char *zh, const char *en, ...) TWO_FORMATS(2, 3);
/* To standard output, one a line. */
void problems_print(const struct problems *p);
void problems_emit(const struct problems *p, struct emit *j); /* a list of texts */
/* The same as a complaint (fail); returns `code`. */
int problems_fail(const struct problems *p, enum tool_exit code, const char *next, const char *label);

/* A complaint about the command line: a sentence and what it is about. EXIT_USAGE. */
int usage_fail(struct tool *t, const char *zh, const char *en, const char *text);

#endif
