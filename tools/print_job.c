/* print_job.c: the happy path is: two descriptors, fork, lines through one, nothing through the other, exit 0. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "tools/print_job.h"

enum { REPORT_FD = 3, REPORT_BYTES_MAX = 32 << 10, NOT_STARTED = 127 };

static void close_both(int fds[2]) {
    close(fds[0]);
    close(fds[1]);
}

/* In the child. The two descriptors are moved out of the way of the numbers they get. */
static void become(const char *program, char *const argv[], int lines, int report) {
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    lines = fcntl(lines, F_DUPFD_CLOEXEC, REPORT_FD + 1);
    report = fcntl(report, F_DUPFD_CLOEXEC, REPORT_FD + 1);
    if (lines >= 0 && report >= 0 && dup2(lines, STDIN_FILENO) >= 0 && dup2(report, REPORT_FD) >= 0) execv(program, argv);
    _exit(NOT_STARTED);
}

int print_job_start(struct tool *t, const char *program, const char *const words[], struct print_job *ret) {
    const char *argv[PRINT_ARGUMENTS_MAX + 8] = {NULL}, *help = format(t, "help %s", t->command ? t->command->name : "");
    size_t n = 0;
    if (program == NULL) program = program_beside(t, "suyuan-print");
    if (program == NULL)
        return fail(t, EXIT_NOT_FOUND, help, "找不到 suyuan-print：它应与 suyuan 在同一目录", "there is no suyuan-print beside suyuan");
    argv[n++] = program;
    for (size_t i = 0; words[i] != NULL; i++) {
        CHECK(i < PRINT_ARGUMENTS_MAX);
        argv[n++] = words[i];
    }
    argv[n++] = "--in";
    argv[n++] = "-";
    argv[n++] = "--report";
    argv[n++] = "3";
    argv[n++] = "--lang";
    argv[n++] = t->lang == LANG_ZH ? "zh" : "en";
    /* A socket, since a write to it can be told not to raise SIGPIPE. */
    int lines[2], report[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lines) != 0) return fail_file(t, help, program);
    if (pipe2(report, O_CLOEXEC) != 0) {
        close_both(lines);
        return fail_file(t, help, program);
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) become(program, (char *const *)(uintptr_t)argv, lines[1], report[1]);
    int saved = errno;
    close(lines[1]);
    close(report[1]);
    if (pid < 0) {
        close(lines[0]);
        close(report[0]);
        errno = saved;
        return fail_file(t, help, program);
    }
    (void)shutdown(lines[0], SHUT_RD);
    *ret = (struct print_job){.pid = pid, .lines = lines[0], .report = report[0]};
    return EXIT_OK;
}

static bool send_all(int fd, struct span data) {
    while (data.len > 0) {
        ssize_t n = send(fd, data.data, data.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        data = span_part(data, (size_t)n, data.len - (size_t)n);
    }
    return true;
}

bool print_job_line(struct print_job *job, struct span line) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, line.len + 1);
    buffer_append_span(&b, line);
    buffer_u8(&b, '\n');
    bool ok = send_all(job->lines, buffer_span(&b));
    secret_wipe(b.data, b.len);
    return ok;
}

/* Until the program closes it, which is when it ends. */
static void report_read(int fd, struct buffer *out) {
    uint8_t chunk[4096];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        buffer_append(out, chunk, (size_t)n);
    }
}

static int wait_for(struct print_job *job) {
    int status = 0;
    while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    close(job->report);
    *job = (struct print_job){0};
    return status;
}

static bool report_text(struct span map, const char *key, struct span *ret) {
    struct span value;
    struct unpack u;
    if (!value_get(map, key, &value)) return false;
    unpack_init(&u, value);
    *ret = unpack_text(&u, REPORT_BYTES_MAX);
    return unpack_end(&u) == OK;
}

/* What the program reported, as our own failure; false when it said nothing that can be read. */
static bool complain(struct tool *t, struct span report, int code, const char *next) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct span error, name, where, text;
    struct refusal refusal;
    buffer_init(&value, REPORT_BYTES_MAX);
    if (json_parse(report, &value, &refusal) != OK || !value_get(buffer_span(&value), "error", &error)) return false;
    if (report_text(error, "name", &name) && report_text(error, "where", &where)) {
        enum err e = err_by_name(format(t, "%.*s", (int)name.len, (const char *)name.data));
        (void)refusal_set(&refusal, e, "%s", shown(t, where));
        if (e != OK) (void)fail_refusal(t, (enum tool_exit)code, next, NULL, &refusal);
        return e != OK;
    }
    if (!report_text(error, "text", &text)) return false;
    (void)fail(t, (enum tool_exit)code, next, "%s", "%s", shown(t, text));
    return true;
}

int print_job_end(struct tool *t, struct print_job *job, const char *next) {
    struct buffer report CLEANUP(buffer_free) = {0};
    buffer_init(&report, REPORT_BYTES_MAX);
    close(job->lines);
    report_read(job->report, &report);
    int status = wait_for(job);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return EXIT_OK;
    int code = WIFEXITED(status) && WEXITSTATUS(status) <= EXIT_NOT_FOUND ? WEXITSTATUS(status) : (int)EXIT_BROKEN;
    if (complain(t, buffer_span(&report), code, next)) return code;
    struct refusal refusal;
    (void)refusal_set(&refusal, ERR_PRINT_ENDED, "suyuan-print %s %d", WIFSIGNALED(status) ? "signal" : "exit",
                      WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return fail_refusal(t, (enum tool_exit)code, next, NULL, &refusal);
}

void print_job_cancel(struct print_job *job) {
    if (job->pid == 0) return;
    /* Before the lines end, or their end would look like a whole job. */
    (void)kill(job->pid, SIGTERM);
    close(job->lines);
    (void)wait_for(job);
}
