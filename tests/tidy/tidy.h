/* tidy.h: the house rules as a test. One file at a time is given to every rule; a rule reports, tidy.c counts and prints.
 *
 * Rules know text, not C: they see each file as it is (`text`) and once more with comments and the insides of literals blanked (`code`, same
 * length, same lines). That is enough for what people forget; the compilers see to the rest. What may deviate stands by name in
 * exceptions.c, with the reason beside it. */
#ifndef TESTS_TIDY_H
#define TESTS_TIDY_H

#include <stdbool.h>
#include <stddef.h>

struct file {
    const char *path; /* from the root: "base/span.c" */
    char *text;       /* with a zero byte behind it */
    char *code;       /* the same for .c and .h; NULL for other files */
    size_t len;
};

/* One breach; line 0: the file as a whole. Exceptions are asked here. */
void report(const struct file *f, size_t line, const char *rule, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Is this breach permitted by name? `amount` for limits, else 0. */
bool exception(const char *path, const char *rule, const char *what, size_t amount);

bool has_suffix(const char *s, const char *suffix);
bool has_prefix(const char *s, const char *prefix);
bool in_folder(const char *path, const char *folder);
size_t line_of(const struct file *f, size_t at);
bool path_exists(const char *path);
/* Is there a file of this name anywhere in the tree? */
bool name_exists(const char *name);

/* includes.c: which folder may include which, and the doors to libraries. */
void check_includes(const struct file *f);
/* calls.c: what may be called where. */
void check_calls(const struct file *f);
/* shape.c: sizes, globals, typedefs, guards, white space, marks left behind. */
void check_shape(const struct file *f);
/* prose.c: quotes of the spec, links and paths in documents, the two-language tables. */
void spec_read(const char *spec);
void check_prose(const struct file *f);
void check_table(const struct file *f);

#endif
