/* devnet.h: a whole network of suyuand processes on 127.0.0.1 in one directory, for trying, testing
 * and measuring.
 *
 * In DIR: `devnet.json` (how many validators, the ports; written last: a directory with it is
 * complete); `genesis`, and `genesis.json` for people; `keys/` with validators/NAME.key,
 * members/SUBJECT.key and follower.key, mode 0600; `node0/` ... and `follower/`, each with
 * node.ini, data/, log and pid.
 *
 * Nodes are numbered: 0 to validators - 1 are the validators, `validators` is the follower (the
 * audit node: its key is made and admitted from the start, it runs once it is asked for). Paths in
 * the INI files are relative to the node's own directory, in which it runs, so the whole directory
 * may be moved while nothing runs.
 *
 * A process is signalled only when it is surely the one that was started: its pid file keeps the
 * start time and the boot id of the machine. Commands hold DIR/lock while they change something.
 *
 * Functions that return int return an exit code and have printed the complaint; `next` commands
 * name the directory.
 */
#ifndef TOOLS_DEVNET_H
#define TOOLS_DEVNET_H

#include <sys/types.h>

#include "base/limits.h"
#include "tools/tool.h"

enum {
    DEVNET_PATH_BYTES = 1024,
    DEVNET_PORT = 7700,     /* peers from here, HTTP from DEVNET_HTTP further on */
    DEVNET_HTTP = 80,       /* more than VALIDATORS_MAX + 1 */
    DEVNET_STOP_MS = 10000, /* after it a node that was asked to stop is killed */
};

struct devnet {
    char directory[DEVNET_PATH_BYTES]; /* absolute */
    uint32_t validators;
    uint16_t base_port;
    bool follower; /* the follower takes part in up, down and status */
    int lock;      /* descriptor, -1 without */
};

/* The genesis template that is compiled in: genesis/lucheng/genesis.json. */
extern const unsigned char devnet_template[];
extern const size_t devnet_template_len;

struct devnet_options {
    uint32_t validators;
    uint32_t base_port;        /* 0: any range that is free */
    const char *template_file; /* NULL: the compiled one */
};

/* Is there a complete one? */
bool devnet_exists(const char *directory);
/* Makes one; the directory must be absent or empty. devnet_make.c */
int devnet_make(struct tool *t, const char *directory, const struct devnet_options *o,
                struct devnet *ret) MUST_USE;
/* Opens an existing one; `change`: takes the lock. */
int devnet_open(struct tool *t, const char *directory, bool change, struct devnet *ret) MUST_USE;
void devnet_close(struct devnet *d); /* accepts a closed one; the processes run on */
/* Writes devnet.json again, after `follower` changed. */
int devnet_save(struct tool *t, const struct devnet *d) MUST_USE;

uint32_t devnet_nodes(const struct devnet *d); /* validators, and the follower when it takes part */
const char *devnet_name(struct tool *t, const struct devnet *d,
                        uint32_t node); /* "node0", "follower" */
const char *devnet_path(struct tool *t, const struct devnet *d, uint32_t node, const char *file);
const char *devnet_url(struct tool *t, const struct devnet *d,
                       uint32_t node); /* http://127.0.0.1:7780 */

/* devnet_process.c */
bool devnet_running(struct tool *t, const struct devnet *d, uint32_t node, pid_t *ret_pid);
/* Starts it; nothing happens when it runs already. */
int devnet_start(struct tool *t, const struct devnet *d, uint32_t node) MUST_USE;
/* Until every node that runs answers /readyz; the complaint shows the end of a dead node's log. */
int devnet_wait(struct tool *t, const struct devnet *d, const uint32_t nodes[], uint32_t count,
                uint64_t timeout_ms) MUST_USE;
enum devnet_stopped { DEVNET_WAS_DOWN, DEVNET_STOPPED, DEVNET_KILLED };
/* SIGTERM to all of them at once, then SIGKILL to those that stay. */
void devnet_stop(struct tool *t, const struct devnet *d, enum devnet_stopped ret[], bool gently);
enum devnet_stopped devnet_kill(struct tool *t, const struct devnet *d, uint32_t node);

#endif
