/* exceptions.c: what may deviate from a rule, by name and with the reason. Limits only ever go down: a row permits what is there, not more. */
#include <string.h>

#include "tests/tidy/tidy.h"

static const struct {
    const char *path, *rule, *what;
    size_t amount; /* of limits: at most this */
    const char *why;
} rows[] = {
    {"base/check.c", "call", "calloc", 0, "check_alloc itself"},
    {"base/check.c", "call", "realloc", 0, "check_realloc itself"},
    {"base/check.c", "call", "fprintf", 0, "the last words of a broken program"},
    {"base/log.c", "call", "fprintf", 0, "the log itself"},
    {"base/log.c", "call", "clock_gettime", 0, "the log itself"},
    {"base/log.c", "call", "log_line", 0, "the log itself"},
    {"base/log.h", "call", "log_line", 0, "the log itself"},
    {"base/log.c", "global", "", 0, "the least level, set once at start"},
    {"base/crypto.c", "call", "randombytes_buf", 0, "random_bytes, for the shell and tools"},
    {"base/key_file.c", "call", "open", 0, "what the daemon and the tool share about key files"},
    {"node/config.c", "call", "open", 0, "reads the INI file at start, before anything else runs"},
    {"tools/print/outcome.c", "global", "", 0, "the signal flag"},
    {"node/uv_net.c", "memcmp", "", 0, "an IPv6 address has no padding"},
    {"tests/sim/fixture.c", "door", "sodium", 0, "makes the second valid signature no honest signer makes"},
    {"cmake", "readme", "", 0, "two small files that say what they do"},
    {"tests/vectors/ajv", "readme", "", 0, "part of tests/vectors"},
    {"tests/vectors/openapi", "readme", "", 0, "part of tests/vectors"},
    {"trace/epcis.c", "lines", "", 633, "one walk over one document"},
    {"tests/unit/test_node_peer.c", "lines", "", 689, "one session from birth to death"},
    {"tests/unit/test_trace_identifier.c", "function", "every_key_in_both_spellings", 73, "one table"},
};

bool exception(const char *path, const char *rule, const char *what, size_t amount) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].rule, rule) == 0 && strcmp(rows[i].path, path) == 0 && strcmp(rows[i].what, what) == 0)
            return amount <= rows[i].amount;
    return false;
}
