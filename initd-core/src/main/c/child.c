/* Between fork and exec: the steps of a plan in their order. The single-threaded parent leaves all of libc usable. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { IOPRIO_WHO_PROCESS = 1 };

_Noreturn static void report_and_exit(const struct child *child, struct report *report, const char *detail) {
    report->kind = REPORT_FAILED;
    if (detail) snprintf(report->detail, sizeof report->detail, "%s", detail);
    ssize_t written = write(child->status, report, sizeof *report); /* a pipe takes it whole */
    _exit(written == sizeof *report ? 127 : 126);
}

_Noreturn void child_fail(const struct child *child, enum spawn_step step, int error, const char *detail) {
    struct report report = {.step = (uint8_t)step, .error = error};
    report_and_exit(child, &report, detail);
}

static void check(const struct child *child, bool done, enum spawn_step step, const char *detail) {
    if (!done) child_fail(child, step, errno, detail);
}

static void enter_cgroup(const struct child *child) {
    int procs = child->plan->cgroup_index;
    int namespace = child->plan->namespace_index;
    if (procs >= 0) check(child, write(child->fds[procs], "0", 1) == 1, STEP_CGROUP, NULL);
    if (namespace >= 0)
        check(child, setns(child->fds[namespace], CLONE_NEWCGROUP) == 0, STEP_CGROUP, "cgroup namespace");
}

static void enter_session(struct child *child) {
    const struct plan *plan = child->plan;
    const char *terminal = plan_string(plan, plan->terminal);
    if (plan->flags & PLAN_SESSION) check(child, setsid() >= 0, STEP_SESSION, NULL);
    if (!terminal) return;
    child->terminal = open(terminal, O_RDWR | O_NOCTTY | O_CLOEXEC);
    check(child, child->terminal >= 0, STEP_TERMINAL, terminal);
    if (!isatty(child->terminal)) child_fail(child, STEP_TERMINAL, ENOTTY, terminal);
    if (plan->flags & PLAN_SESSION) {
        int steal = plan->flags & PLAN_TERMINAL_TAKE ? 1 : 0;
        check(child, ioctl(child->terminal, TIOCSCTTY, steal) == 0, STEP_TERMINAL, terminal);
    }
}

static void set_affinity(const struct child *child) {
    const struct plan *plan = child->plan;
    const uint8_t *mask = (const uint8_t *)plan + plan->affinity.offset;
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    for (uint32_t cpu = 0; cpu < plan->affinity.count * 8 && cpu < CPU_SETSIZE; cpu++)
        if (mask[cpu / 8] & 1u << cpu % 8) CPU_SET(cpu, &cpus);
    check(child, sched_setaffinity(0, sizeof cpus, &cpus) == 0, STEP_SCHEDULING, "CPU affinity");
}

static void set_scheduling(const struct child *child) {
    const struct plan *plan = child->plan;
    if (plan->flags & PLAN_NICE) check(child, setpriority(PRIO_PROCESS, 0, plan->nice) == 0, STEP_SCHEDULING, "nice");
    if (plan->flags & PLAN_IO_PRIORITY) {
        long result = syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, (int)plan->io_priority);
        check(child, result == 0, STEP_SCHEDULING, "I/O priority");
    }
    if (plan->affinity.count > 0) set_affinity(child);
}

static void set_oom_score(const struct child *child) {
    if (!(child->plan->flags & PLAN_OOM_SCORE)) return;
    char text[16];
    int length = snprintf(text, sizeof text, "%d", child->plan->oom_score);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    check(child, fd >= 0 && write(fd, text, (size_t)length) == length, STEP_OOM_SCORE, NULL);
    close(fd);
}

/* The socket is found before the root changes, and held, so that nobody can put another file in its place. */
static void find_notify_socket(struct child *child) {
    const char *path = plan_string(child->plan, child->plan->notify_socket);
    if (!path || !child->has_uid) return;
    struct stat status;
    child->notify = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    check(child, child->notify >= 0 && fstat(child->notify, &status) == 0, STEP_DESCRIPTORS, path);
    if (!S_ISSOCK(status.st_mode)) child_fail(child, STEP_DESCRIPTORS, ENOTSOCK, path);
}

static void change_root(const struct child *child) {
    const char *root = plan_string(child->plan, child->plan->root);
    if (root) check(child, chroot(root) == 0 && chdir("/") == 0, STEP_ROOT, root);
}

static const char *limit_name(uint32_t resource) {
    static const char *const names[RLIM_NLIMITS] = {
        [RLIMIT_CPU] = "cpu",         [RLIMIT_FSIZE] = "fsize",       [RLIMIT_DATA] = "data",
        [RLIMIT_STACK] = "stack",     [RLIMIT_CORE] = "core",         [RLIMIT_RSS] = "rss",
        [RLIMIT_NPROC] = "nproc",     [RLIMIT_NOFILE] = "nofile",     [RLIMIT_MEMLOCK] = "memlock",
        [RLIMIT_AS] = "as",           [RLIMIT_LOCKS] = "locks",       [RLIMIT_SIGPENDING] = "sigpending",
        [RLIMIT_MSGQUEUE] = "msgqueue", [RLIMIT_NICE] = "nice",       [RLIMIT_RTPRIO] = "rtprio",
        [RLIMIT_RTTIME] = "rttime",
    };
    return resource < RLIM_NLIMITS ? names[resource] : "unknown";
}

static void set_limits(const struct child *child) {
    const struct plan *plan = child->plan;
    const struct plan_limit *limits = (const struct plan_limit *)((const char *)plan + plan->limits.offset);
    struct rlimit limit;
    /* The keeper raised its own. */
    if (child->inherited->nofile_changed)
        check(child, setrlimit(RLIMIT_NOFILE, &child->inherited->nofile) == 0, STEP_LIMITS, "nofile");
    for (uint32_t i = 0; i < plan->limits.count; i++) {
        limit = (struct rlimit){.rlim_cur = limits[i].soft, .rlim_max = limits[i].hard};
        check(child, setrlimit((__rlimit_resource_t)limits[i].resource, &limit) == 0, STEP_LIMITS,
              limit_name(limits[i].resource));
    }
    if (!(plan->flags & PLAN_TAG)) return;
    check(child, getrlimit(RLIMIT_LOCKS, &limit) == 0, STEP_LIMITS, "locks");
    limit.rlim_cur = plan->tag;
    check(child, setrlimit(RLIMIT_LOCKS, &limit) == 0, STEP_LIMITS, "locks (tag)");
}

static void set_ids(const struct child *child) {
    set_limits(child);
    if (child->has_gid) check(child, setresgid(child->gid, child->gid, child->gid) == 0, STEP_GROUP, NULL);
    if (child->has_uid) check(child, setresuid(child->uid, child->uid, child->uid) == 0, STEP_USER, NULL);
    if (child->plan->flags & PLAN_NO_NEW_PRIVILEGES)
        check(child, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, STEP_NO_NEW_PRIVILEGES, NULL);
}

static void set_surroundings(const struct child *child) {
    const struct plan *plan = child->plan;
    const char *directory = plan_string(plan, plan->directory);
    if (directory) check(child, chdir(directory) == 0, STEP_DIRECTORY, directory);
    if (plan->flags & PLAN_UMASK) umask((mode_t)plan->umask);
}

/* All dispositions are the default ones: the keeper has no handlers and set them so at its start. */
static void set_signals(const struct child *child) {
    const struct plan *plan = child->plan;
    sigset_t blocked;
    sigemptyset(&blocked);
    for (int number = 1; number < _NSIG; number++) {
        uint64_t bit = 1ull << (number - 1);
        if (plan->ignored_signals & bit)
            check(child, signal(number, SIG_IGN) != SIG_ERR, STEP_SIGNALS, strsignal(number));
        if (plan->blocked_signals & bit)
            check(child, sigaddset(&blocked, number) == 0, STEP_SIGNALS, strsignal(number));
    }
    check(child, sigprocmask(SIG_SETMASK, &blocked, NULL) == 0, STEP_SIGNALS, NULL);
}

_Noreturn static void report_interpreter(const struct child *child, const char *interpreter, int error) {
    struct report report = {.step = STEP_EXEC, .error = error, .interpreter = 1};
    report_and_exit(child, &report, interpreter);
}

/* A script whose interpreter is missing gets the same errno as a missing script. */
static void explain_exec(const struct child *child, const char *path, int error) {
    if ((error != ENOENT && error != EACCES) || access(path, error == ENOENT ? F_OK : X_OK) < 0) return;
    char line[KEEPER_DETAIL_SIZE + 2];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return;
    ssize_t length = read(fd, line, sizeof line - 1);
    if (length < 3 || line[0] != '#' || line[1] != '!') return;
    line[length] = 0;
    char *interpreter = line + 2 + strspn(line + 2, " \t");
    interpreter[strcspn(interpreter, " \t\r\n")] = 0;
    if (*interpreter) report_interpreter(child, interpreter, error);
}

static void try_exec(const struct child *child, char **argv, const char *path) {
    execve(path, argv, child->environment);
    int error = errno;
    explain_exec(child, path, error);
    errno = error;
}

/* As execvp does, but with the PATH of the service. */
static void search_exec(const struct child *child, char **argv, const char *name) {
    const char *path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (char **entry = child->environment; *entry; entry++)
        if (strncmp(*entry, "PATH=", 5) == 0) path = *entry + 5;
    char file[PATH_MAX];
    int error = ENOENT;
    for (;;) {
        int length = (int)strcspn(path, ":");
        int printed = snprintf(file, sizeof file, "%.*s%s%s", length, path, length ? "/" : "./", name);
        if (printed < (int)sizeof file) {
            try_exec(child, argv, file);
            if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) child_fail(child, STEP_EXEC, errno, file);
            if (errno == EACCES) error = EACCES;
        }
        if (path[length] == 0) break;
        path += length + 1;
    }
    child_fail(child, STEP_EXEC, error, name);
}

_Noreturn void child_exec(struct child *child) {
    const struct plan *plan = child->plan;
    char **argv = calloc(plan->argv.count + 1, sizeof *argv);
    check(child, argv != NULL, STEP_EXEC, NULL);
    const char *at = plan_string(plan, plan->argv.offset);
    for (uint32_t i = 0; i < plan->argv.count; i++, at += strlen(at) + 1) argv[i] = (char *)(uintptr_t)at;
    const char *file = plan->executable ? plan_string(plan, plan->executable) : argv[0];
    set_signals(child);
    const char tried = REPORT_EXEC;
    check(child, write(child->status, &tried, 1) == 1, STEP_EXEC, NULL);
    if (strchr(file, '/') || *file == 0) try_exec(child, argv, file);
    else search_exec(child, argv, file);
    child_fail(child, STEP_EXEC, errno, file);
}

_Noreturn void child_run(const struct inherited *inherited, int memfd, const int *fds, int count, int status) {
    struct child child = {
        .inherited = inherited, .fds = fds, .count = count, .status = status, .terminal = NONE, .notify = NONE};
    int error;
    child.plan = plan_map(memfd, count, &error);
    if (!child.plan) child_fail(&child, STEP_PLAN, error, NULL);
    enter_cgroup(&child);
    enter_session(&child);
    set_scheduling(&child);
    set_oom_score(&child);
    child_account(&child);
    find_notify_socket(&child);
    if (child.plan->flags & PLAN_LISTEN_PID) {
        int self = pidfd_open_of(getpid());
        child.pid_inode = self < 0 ? 0 : fd_inode(self);
        if (self >= 0) close(self);
    }
    change_root(&child);
    child_descriptors(&child);
    set_ids(&child);
    set_surroundings(&child);
    child_environment(&child);
    child_exec(&child);
}
