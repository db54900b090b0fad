/* The end: on the manager's order, or alone. What is killed is what is ours: slots, adopted children, tagged processes. */
#include "keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MILLIS(n) ((uint64_t)(n) * 1000000u)

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

enum { MANAGER_END_MS = 2000, KILL_MS = 2000, RESCAN_MS = 20, MAX_GRACE_MS = 600000 };

/* The soft limit of file locks of /proc/PID, 0 if there is none. */
uint64_t tag_of(int process) {
    char text[4096];
    int fd = openat(process, "limits", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length < 0 ? 0 : length] = 0;
    const char *line = strstr(text, "Max file locks");
    return line ? strtoull(line + strlen("Max file locks"), NULL, 10) : 0; /* "unlimited" gives 0 */
}

/* A child, which is a slot's or was adopted; or a process with our tag. The pidfd is held while it is looked at. */
static bool is_ours(const struct keeper *keeper, int pidfd, int process) {
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0) return true;
    if (tag_of(process) >> 32 != keeper->tag_prefix) return false;
    return pidfd_kill(pidfd, 0) == 0; /* still there: so it was this one whose limits were read */
}

static bool signal_if_ours(const struct keeper *keeper, int proc, const char *name, int signal) {
    pid_t pid = atoi(name);
    if (pid == getpid() || pid == keeper->manager) return false;
    int pidfd = pidfd_open_of(pid);
    if (pidfd < 0) return false;
    int process = openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool ours = process >= 0 && is_ours(keeper, pidfd, process);
    /* Zombies wait for their parent, not for a signal; sending them one does no harm. */
    bool sent = ours && pidfd_kill(pidfd, signal) == 0;
    if (sent && signal == SIGTERM) pidfd_kill(pidfd, SIGCONT);
    if (process >= 0) close(process);
    close(pidfd);
    return sent;
}

/* Signals all that is ours but the manager; how many took it. */
static unsigned signal_all(struct keeper *keeper, int signal) {
    unsigned sent = 0;
    for (uint32_t i = 0; i < keeper->slots_touched; i++) {
        const struct slot *slot = &keeper->slots[i];
        if (slot->id && slot->state == KEEPER_WATCHED && pidfd_kill(slot->pidfd, signal) == 0) sent++;
    }
    if (keeper->pid1) {
        if (kill(-1, signal) == 0) sent++;
        if (signal == SIGTERM) kill(-1, SIGCONT);
        return sent;
    }
    DIR *proc = opendir("/proc");
    if (!proc) {
        say("cannot find what is left: open /proc: %s", strerror(errno));
        return sent;
    }
    for (const struct dirent *entry; (entry = readdir(proc)) != NULL;)
        if (entry->d_name[0] > '0' && entry->d_name[0] <= '9' &&
            signal_if_ours(keeper, dirfd(proc), entry->d_name, signal))
            sent++;
    closedir(proc);
    return sent;
}

static void enter_phase(struct keeper *keeper, enum phase phase, uint32_t millis) {
    keeper->phase = phase;
    keeper->phase_due_ns = now_ns() + MILLIS(millis);
}

_Noreturn static void finish(struct keeper *keeper, unsigned left) {
    if (left) say("ends although %u processes could not be killed", left);
    /* An ordered end leaves only what was meant to be left: the next keeper is not to end that. */
    if (keeper->lock >= 0 && ftruncate(keeper->lock, 0) < 0) say("cannot clear the lock file: %s", strerror(errno));
    exit(keeper->exit_code);
}

void shutdown_ordered(struct keeper *keeper, const struct keeper_exit *message) {
    if (keeper->phase != PHASE_RUN) return;
    keeper->exit_code = message->code & 0xff;
    if (message->header.type == KEEPER_ENDING) {
        keeper->ending = true;
        keeper->grace_ms = message->grace_ms < MAX_GRACE_MS ? message->grace_ms : MAX_GRACE_MS;
        return;
    }
    keeper->kill_leftovers = message->flags & KEEPER_EXIT_KILL;
    enter_phase(keeper, PHASE_MANAGER, MANAGER_END_MS);
}

/* There is no manager, or none that is of use: TERM, bounded wait, KILL. */
void shutdown_alone(struct keeper *keeper, int code, uint32_t grace_ms) {
    if (keeper->phase != PHASE_RUN) return;
    keeper->exit_code = code;
    keeper->kill_leftovers = true;
    enter_phase(keeper, PHASE_TERM, grace_ms);
    signal_all(keeper, SIGTERM);
}

/* The next look: soon, as not everything that ends is a child and tells so. */
uint64_t shutdown_due(const struct keeper *keeper) {
    if (keeper->phase == PHASE_RUN) return 0;
    if (keeper->phase == PHASE_MANAGER) return keeper->phase_due_ns;
    return keeper->scan_due_ns < keeper->phase_due_ns ? keeper->scan_due_ns : keeper->phase_due_ns;
}

static void kill_manager_now(struct keeper *keeper) {
    int pidfd = pidfd_open_of(keeper->manager);
    if (pidfd < 0) return;
    pidfd_kill(pidfd, SIGKILL);
    close(pidfd);
}

void shutdown_timers(struct keeper *keeper, uint64_t now) {
    bool due = now >= keeper->phase_due_ns;
    switch (keeper->phase) {
    case PHASE_RUN: return;
    case PHASE_MANAGER:
        if (keeper->manager > 0 && !due) return;
        if (keeper->manager > 0) kill_manager_now(keeper);
        if (!keeper->kill_leftovers) finish(keeper, 0);
        enter_phase(keeper, PHASE_KILL, KILL_MS);
        due = false;
        break;
    case PHASE_TERM:
        if (!due && now < keeper->scan_due_ns) return;
        keeper->scan_due_ns = now + MILLIS(RESCAN_MS);
        if (signal_all(keeper, 0) > 0 && !due) return;
        enter_phase(keeper, PHASE_KILL, KILL_MS);
        due = false;
        break;
    case PHASE_KILL:
        if (!due && now < keeper->scan_due_ns) return;
        break;
    }
    keeper->scan_due_ns = now + MILLIS(RESCAN_MS);
    reap(keeper);
    unsigned left = signal_all(keeper, SIGKILL);
    if (left == 0 || due) finish(keeper, left);
}
