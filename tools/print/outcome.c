/* outcome.c: the two ways a job fails, and the flag of the signals. */
#include <errno.h>
#include <signal.h>

#include "tools/print/outcome.h"

bool outcome_refused(struct outcome *o, const struct refusal *refusal) {
    o->exit = PRINT_REFUSED;
    o->refusal = *refusal;
    return false;
}

bool outcome_broken(struct outcome *o, int error, const char *file) {
    o->exit = error == ENOENT ? PRINT_NOT_FOUND : PRINT_BROKEN;
    o->error = error;
    o->file = file;
    return false;
}

static volatile sig_atomic_t stop_flag;

static void on_signal(int number) {
    (void)number;
    stop_flag = 1;
}

void stop_arm(void) {
    /* Without SA_RESTART: a read that waits for a pipe comes back. */
    struct sigaction act = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        (void)sigaction(signals[i], &act, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

bool stop_asked(void) {
    return stop_flag != 0;
}
