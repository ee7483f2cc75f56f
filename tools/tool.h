/* tool.h: the frame every subcommand of `suyuan` stands on.
 *
 * A subcommand is one constant row (struct command): its words, its options, its examples and a
 * function. The same row gives parsing, help, shell completion and the manual; main.c lists the
 * rows. To add one: write cmd_X.c with the row, name it in commands.h and in the table of main.c.
 *
 *   run(tool, arguments) returns an exit code (enum tool_exit). It has been given what the row
 * demands: known options, the right number of words. What it prints to standard output is its
 * result; everything else goes to standard error.
 *
 * Two languages: every sentence stands twice where it is used, Chinese first; both formats take the
 * same arguments in the same order and the compiler checks both. With --json a command prints one
 * JSON value to standard output instead of sentences, and a failure one JSON object to standard
 * error.
 *
 * Text that others wrote (names, identifiers, refusals from a node) goes through `shown` before it
 * reaches a terminal. Memory: tool->arena lives as long as the program; `shown` and `format` put
 * their texts there.
 */
#ifndef TOOLS_TOOL_H
#define TOOLS_TOOL_H

#include <stdio.h>

#include "base/crypto.h"
#include "base/emit.h"
#include "base/err.h"
#include "base/span.h"

enum tool_exit {
    EXIT_OK = 0,
    EXIT_BROKEN = 1,  /* the world: a file, the disk, memory, a node that talks nonsense */
    EXIT_USAGE = 2,   /* the command line */
    EXIT_REFUSED = 3, /* the input, or the ledger, says no: trying again as it is will not help */
    EXIT_FALSE = 4,   /* a proof or a document does not check */
    EXIT_UNREACHABLE = 5, /* nothing was sent, or the node is busy: trying again is right */
    EXIT_UNKNOWN =
        6, /* it was sent and no answer came, or it is still pending: ask, or send the same again */
    EXIT_NOT_FOUND = 7,
};
struct exit_row {
    enum tool_exit code;
    const char *zh, *en;
};
extern const struct exit_row exit_rows[]; /* ends with zh NULL */

enum { NODES_MAX = 16, GIVEN_MAX = 256, OPTIONS_MAX = 32 };

/* One option of a command. key: a printable character is also the short form (-k), a larger number
 * has none. */
struct option_row {
    const char *name;
    int key;
    const char *value; /* "FILE"; NULL: a flag */
    const char *zh, *en;
};
enum {
    OPTION_NODE = 0x1001,
    OPTION_LANG,
    OPTION_JSON,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_FIRST = 0x1100
};
extern const struct option_row global_options[]; /* ends with name NULL */

struct example_row {
    const char *line; /* without "suyuan " */
    const char *zh, *en;
};

struct arguments;
struct tool;
struct command {
    const char *name;  /* "key new": one word or two */
    const char *words; /* as usage shows them: "FILE..."; NULL: none */
    uint32_t words_min, words_max;
    const char *zh, *en;                /* one line: what it does */
    const struct option_row *options;   /* ends with name NULL; may be NULL */
    const struct example_row *examples; /* ends with line NULL */
    const char *more_zh, *more_en;      /* paragraphs for help; may be NULL */
    int (*run)(struct tool *t, const struct arguments *a);
};

struct tool {
    enum lang lang;
    bool json;
    bool colour;   /* standard output is a terminal that likes colour (NO_COLOR is unset) */
    bool terminal; /* standard error is a terminal: progress may be shown */
    const char *nodes[NODES_MAX]; /* tried in this order; at least one */
    uint32_t nodes_count;
    const struct command *const *commands; /* ends with NULL */
    const struct command *command;         /* the one that runs; NULL before it is known */
    struct arena arena;
};

/* What stood on the command line. */
struct arguments {
    struct {
        int key;
        const char *value; /* "" for a flag */
    } given[GIVEN_MAX];
    uint32_t given_count;
    char **words; /* words_count of them, then NULL */
    uint32_t words_count;
};
/* The last value of an option; NULL when it was not given. */
const char *argument(const struct arguments *a, int key);
/* Every value of an option in order: begin with *at = 0; NULL past the last. */
const char *argument_next(const struct arguments *a, int key, uint32_t *at);
/* A whole number; `otherwise` when not given. False, and the complaint printed: not a number in
 * min..max. */
bool argument_number(struct tool *t, const struct arguments *a, int key, uint64_t min, uint64_t max,
                     uint64_t otherwise, uint64_t *ret) MUST_USE;
/* "90s", "15m", "12h", "7d", "250ms" to milliseconds; false, and the complaint printed, otherwise.
 */
bool argument_duration(struct tool *t, const struct arguments *a, int key, uint64_t otherwise_ms,
                       uint64_t *ret_ms) MUST_USE;
/* The same of a text, where nothing is complained about. */
bool duration_read(const char *text, uint64_t *ret_ms) MUST_USE;

/* argv[0] is the last word of the command (of the program, below) and not looked at. False: the
 * complaint is printed, the exit code is EXIT_USAGE. Global options among them are taken into `t`;
 * --help prints help and sets *ret_done.
 */
bool arguments_read(struct tool *t, const struct command *c, int argc, char **argv,
                    struct arguments *ret, bool *ret_done) MUST_USE;
/* The global options before the command; *ret_next is the index of the first other word. */
bool arguments_global(struct tool *t, int argc, char **argv, int *ret_next,
                      bool *ret_done) MUST_USE;

/* -- output.c -- */

#define TWO_FORMATS(zh, en) __attribute__((format(printf, zh, en + 1), format(printf, en, en + 1)))

/* To standard output, in the language of `t`. Nothing is added: sentences end with their own line
 * feed. */
void say(const struct tool *t, const char *zh, const char *en, ...) TWO_FORMATS(2, 3);
/* The same to standard error: progress and remarks, after what standard output has so far. Silent
 * with --json. */
void remark(const struct tool *t, const char *zh, const char *en, ...) TWO_FORMATS(2, 3);
/* The choice between two texts. */
const char *tr(const struct tool *t, const char *zh, const char *en);
/* Prints the error and the next command to type (`next` without "suyuan "; NULL only where nothing
 * can be typed), and returns `code`. With --json: {"error": {"exit", "name", "text", "next"}}. */
int fail(const struct tool *t, enum tool_exit code, const char *next, const char *zh,
         const char *en, ...) TWO_FORMATS(4, 5);
/* The same for a refusal: its sentence, the place, and `what` (a file, an identifier; may be NULL)
 * before it. */
int fail_refusal(const struct tool *t, enum tool_exit code, const char *next, const char *what,
                 const struct refusal *refusal);
/* A refusal among a result: {"name", "where", "text"}. */
void emit_refusal(struct emit *j, const struct refusal *refusal);
/* The sentence for an errno. */
const char *errno_text(const struct tool *t, int number);
/* errno as it stands, for a file: EXIT_BROKEN, or EXIT_NOT_FOUND when it does not exist. */
int fail_file(const struct tool *t, const char *next, const char *path);
/* Writes a finished JSON value and a line feed to standard output. */
void json_print(const struct buffer *json);

/* A copy that is safe to print: control characters, bidirectional overrides and broken UTF-8 become
 * U+FFFD. */
const char *shown(struct tool *t, struct span text);
const char *format(struct tool *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As a word for a shell: quoted when it is more than plain characters. Safe to print. */
const char *shell_word(struct tool *t, const char *word);
/* How many columns a terminal uses for it (East Asian characters take two). */
uint32_t columns(const char *text);
/* Prints text and blanks up to `width` columns. */
void print_padded(const char *text, uint32_t width);

enum paint { PAINT_PLAIN, PAINT_STRONG, PAINT_FAINT, PAINT_GOOD, PAINT_BAD, PAINT_NAME };
/* The escape sequence, or "" without colour. */
const char *paint(const struct tool *t, enum paint p);

/* "2026-06-12 06:30:05 +08:00" in the local zone of the machine (TZ). */
const char *time_text(struct tool *t, uint64_t ms);
/* Now, milliseconds UTC. */
uint64_t now_ms(void);
/* 64 digits. */
const char *hex_text(struct tool *t, const uint8_t bytes[32]);

/* -- help.c -- */

void help_all(const struct tool *t);
void help_command(const struct tool *t, const struct command *c);
/* The manual page suyuan(1), man(7) format (manual.c). */
void manual_print(const struct tool *t);
/* All commands whose first word is `group`; false when there is none. */
bool help_group(const struct tool *t, const char *group);
/* The command that argv begins with, and how many words name it; NULL when there is none. */
const struct command *command_find(const struct command *const commands[], int argc, char **argv,
                                   int *ret_words);

/* -- file.c -- */

/* The whole file ("-": standard input) into `out`; ERR_TOO_LARGE when it is longer than out->max,
 * never more is read. Returns an exit code; the complaint is printed. */
int file_read(struct tool *t, const char *path, struct buffer *out) MUST_USE;
/* Durably and whole: a temporary file beside it, fsync, rename, fsync of the directory. "-":
 * standard output. */
int file_write(struct tool *t, const char *path, struct span data) MUST_USE;
/* The same for what is too long to hold: written to `to`, has its name when file_finish says EXIT_OK; else file_abandon. A later
 * file_begin of the same path takes over what a crash left half written. */
struct file_writing {
    FILE *to; /* NULL: nothing is being written */
    const char *path, *temporary;
};
int file_begin(struct tool *t, const char *path, unsigned mode, struct file_writing *ret) MUST_USE;
int file_finish(struct tool *t, struct file_writing *w) MUST_USE;
void file_abandon(struct file_writing *w); /* accepts a zeroed struct */
/* Makes the name of `path` durable: fsync of the directory it stands in. False: errno says why. */
bool file_sync_directory(const char *path) MUST_USE;
/* The path of a program in the directory of this executable; NULL when there is none to run. */
const char *program_beside(struct tool *t, const char *name);

#endif
