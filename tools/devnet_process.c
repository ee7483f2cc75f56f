/* devnet_process.c: the processes of a devnet: started detached, found again by pid file, signalled
 * only when they are surely ours. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/devnet.h"
#include "tools/http_client.h"

enum { POLL_MS = 20, LOG_TAIL_BYTES = 2000, BOOT_ID_BYTES = 37 };

struct process {
    long pid;
    unsigned long long start_ticks;
    char boot_id[BOOT_ID_BYTES];
};

static void sleep_ms(uint64_t ms) {
    struct timespec ts = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&ts, &ts) != 0 && errno == EINTR)
        continue;
}

static uint64_t monotonic_ms(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static bool text_read(const char *path, char *ret, size_t cap) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, ret, cap - 1);
    close(fd);
    if (n <= 0) return false;
    ret[n] = 0;
    return true;
}

/* What /proc says of a pid now; false when nothing lives there. proc(5): field 22, counted after
 * the name's ')'. */
static bool process_look(long pid, struct process *ret) {
    char path[64], stat[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    if (!text_read(path, stat, sizeof stat)) return false;
    const char *p = strrchr(stat, ')');
    char state = 0;
    unsigned long long ticks;
    if (p == NULL ||
        sscanf(p + 1,
               " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
               &state, &ticks) != 2)
        return false;
    if (state == 'Z' || state == 'X') return false;
    *ret = (struct process){.pid = pid, .start_ticks = ticks};
    if (!text_read("/proc/sys/kernel/random/boot_id", ret->boot_id, sizeof ret->boot_id))
        ret->boot_id[0] = 0;
    return true;
}

bool devnet_running(struct tool *t, const struct devnet *d, uint32_t node, pid_t *ret_pid) {
    struct process kept = {0}, now;
    char text[128];
    if (!text_read(devnet_path(t, d, node, "pid"), text, sizeof text) ||
        sscanf(text, "%ld %llu %36s", &kept.pid, &kept.start_ticks, kept.boot_id) != 3 ||
        kept.pid <= 1 || kept.pid > INT_MAX)
        return false;
    (void)waitpid((pid_t)kept.pid, NULL, WNOHANG); /* where it is our child: let the dead go */
    if (!process_look(kept.pid, &now) || now.start_ticks != kept.start_ticks ||
        strcmp(now.boot_id, kept.boot_id) != 0)
        return false;
    *ret_pid = (pid_t)kept.pid;
    return true;
}

/* In the child: becomes the daemon, or tells the parent why not. */
static void become(const char *daemon, const char *directory, int log, int report) {
    char *const argv[] = {(char *)(uintptr_t)daemon, (char *)(uintptr_t) "--config",
                          (char *)(uintptr_t) "node.ini", NULL};
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (setsid() >= 0 && chdir(directory) == 0 && null >= 0 && dup2(null, 0) >= 0 &&
        dup2(log, 1) >= 0 && dup2(log, 2) >= 0)
        execv(daemon, argv);
    int why = errno;
    (void)!write(report, &why, sizeof why);
    _exit(127);
}

static int pid_write(struct tool *t, const struct devnet *d, uint32_t node, pid_t pid) {
    struct process p = {0};
    /* A child that died at once is seen by devnet_wait; its file then names nobody alive. */
    if (!process_look(pid, &p)) p.pid = pid;
    const char *text =
        format(t, "%ld %llu %s\n", p.pid, p.start_ticks, p.boot_id[0] ? p.boot_id : "-");
    return file_write(t, devnet_path(t, d, node, "pid"), span_text(text));
}

int devnet_start(struct tool *t, const struct devnet *d, uint32_t node) {
    pid_t pid;
    int report[2], why = 0;
    const char *daemon = program_beside(t, "suyuand"), *log_path = devnet_path(t, d, node, "log");
    if (devnet_running(t, d, node, &pid)) return EXIT_OK;
    if (daemon == NULL)
        return fail(t, EXIT_NOT_FOUND, "help devnet up", "找不到 suyuand：它应与 suyuan 在同一目录",
                    "there is no suyuand beside suyuan");
    int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) return fail_file(t, "help devnet start", log_path);
    if (pipe2(report, O_CLOEXEC) != 0) {
        close(log);
        return fail_file(t, "help devnet start", "pipe");
    }
    fflush(NULL);
    pid = fork();
    if (pid == 0) become(daemon, devnet_path(t, d, node, ""), log, report[1]);
    close(log);
    close(report[1]);
    ssize_t n = pid > 0 ? read(report[0], &why, sizeof why) : (ssize_t)sizeof why;
    close(report[0]);
    if (n == 0) return pid_write(t, d, node, pid);
    errno = pid > 0 ? why : errno;
    return fail_file(t, "help devnet start", daemon);
}

/* ---- readiness ---- */

static bool ready(struct tool *t, struct http_client *http, const struct devnet *d, uint32_t node) {
    struct http_answer answer = {0};
    struct http_call call = {.url = format(t, "%s/readyz", devnet_url(t, d, node)),
                             .accept = "*/*",
                             .connect_timeout_ms = 1000,
                             .total_timeout_ms = 2000};
    buffer_init(&answer.body, 64 << 10);
    bool ok = http_client_call(http, &call, &answer) == HTTP_ANSWERED && answer.status == 200;
    buffer_free(&answer.body);
    return ok;
}

static int died(struct tool *t, const struct devnet *d, uint32_t node) {
    const char *path = devnet_path(t, d, node, "log");
    char tail[LOG_TAIL_BYTES + 1] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        off_t size = lseek(fd, 0, SEEK_END);
        ssize_t n =
            pread(fd, tail, LOG_TAIL_BYTES, size > LOG_TAIL_BYTES ? size - LOG_TAIL_BYTES : 0);
        tail[n > 0 ? n : 0] = 0;
        close(fd);
    }
    char *last = tail + strlen(tail);
    for (int lines = 0; last > tail && lines < 4; last--)
        if (last[-1] == '\n' && last[0] != 0 && ++lines == 4) break;
    return fail(t, EXIT_BROKEN, format(t, "devnet status --dir %s", shell_word(t, d->directory)),
                "%s 启动后退出；日志 %s 的结尾：\n%s",
                "%s ended after it was started; %s ends with:\n%s", devnet_name(t, d, node), path,
                shown(t, span_text(last)));
}

int devnet_wait(struct tool *t, const struct devnet *d, const uint32_t nodes[], uint32_t count,
                uint64_t timeout_ms) {
    uint64_t until = monotonic_ms() + timeout_ms;
    struct http_client *http = http_client_new();
    int code = EXIT_OK;
    pid_t pid;
    for (uint32_t i = 0; i < count && code == EXIT_OK; i++)
        while (code == EXIT_OK && !ready(t, http, d, nodes[i])) {
            if (!devnet_running(t, d, nodes[i], &pid))
                code = died(t, d, nodes[i]);
            else if (monotonic_ms() > until)
                code = fail(t, EXIT_UNREACHABLE,
                            format(t, "devnet status --dir %s", shell_word(t, d->directory)),
                            "%s 在 %llu 秒内未就绪；日志：%s",
                            "%s was not ready within %llu s; its log: %s",
                            devnet_name(t, d, nodes[i]), (unsigned long long)(timeout_ms / 1000),
                            devnet_path(t, d, nodes[i], "log"));
            else
                sleep_ms(POLL_MS);
        }
    http_client_free(http);
    return code;
}

/* ---- the end ---- */

static bool gone(struct tool *t, const struct devnet *d, uint32_t node, uint64_t timeout_ms) {
    uint64_t until = monotonic_ms() + timeout_ms;
    pid_t pid;
    while (devnet_running(t, d, node, &pid)) {
        if (monotonic_ms() > until) return false;
        sleep_ms(POLL_MS);
    }
    return true;
}

enum devnet_stopped devnet_kill(struct tool *t, const struct devnet *d, uint32_t node) {
    pid_t pid;
    if (!devnet_running(t, d, node, &pid)) return DEVNET_WAS_DOWN;
    (void)kill(pid, SIGKILL);
    (void)gone(t, d, node, DEVNET_STOP_MS);
    return DEVNET_KILLED;
}

void devnet_stop(struct tool *t, const struct devnet *d, enum devnet_stopped ret[], bool gently) {
    pid_t pid;
    for (uint32_t i = 0; i <= d->validators; i++) {
        ret[i] = devnet_running(t, d, i, &pid) ? DEVNET_STOPPED : DEVNET_WAS_DOWN;
        if (ret[i] == DEVNET_STOPPED) (void)kill(pid, gently ? SIGTERM : SIGKILL);
    }
    uint64_t until = monotonic_ms() + DEVNET_STOP_MS;
    for (uint32_t i = 0; i <= d->validators; i++) {
        uint64_t now = monotonic_ms();
        if (ret[i] == DEVNET_WAS_DOWN || gone(t, d, i, now < until ? until - now : 0)) continue;
        ret[i] = devnet_kill(t, d, i);
    }
}
