/* hand_scan.c: writes scans of another time into a node's tallies: no test waits until an hour is over. */
#include <stdio.h>

#include "storage/scans.h"
#include "tests/e2e/hand.h"

static uint64_t given_clock(void *self) {
    return *(const uint64_t *)self;
}

/* scan FILE TIME_MS IDENTIFIER DIVISION... */
int hand_scan(int argc, char **argv) {
    char why[SCANS_ERROR_BYTES];
    if (argc < 4) return 2;
    uint64_t now = number_of(argv[1]);
    struct scans_options options = {.clock_ms = given_clock, .self = &now};
    struct scans *s = scans_open(argv[0], &options, why);
    if (s == NULL) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    enum err e = OK;
    for (int i = 3; i < argc && e == OK; i++)
        e = scans_tally(s, span_text(argv[2]), span_text(argv[i]));
    scans_close(s);
    if (e != OK) fprintf(stderr, "%s\n", err_name(e));
    return e == OK ? 0 : 1;
}
