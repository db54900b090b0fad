/* The only place where children are waited for. */
#include "keeper.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

int pidfd_open_of(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec by itself */
}

int pidfd_kill(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

uint64_t fd_inode(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

/* As of wait(2). */
int wait_status_of(const siginfo_t *info) {
    if (info->si_code == CLD_EXITED) return info->si_status << 8;
    return info->si_code == CLD_DUMPED ? info->si_status | 0x80 : info->si_status;
}

/* The process is reaped: its pid is no longer its own. */
void slot_exited(struct keeper *keeper, struct slot *slot, int wait_status, bool known) {
    if (slot->status_pipe != NONE) {
        spawn_status(keeper, slot);
        if (slot->status_pipe != NONE) close(slot->status_pipe);
        slot->status_pipe = NONE;
    }
    slot_forget_pid(keeper, slot);
    if (slot->flags & KEEPER_SLOT_WATCHED) {
        keeper->watched--;
        close(slot->pidfd);
        slot->pidfd = NONE;
    }
    slot->wait_status = wait_status;
    slot->stop_signal = 0;
    if (!known) slot->flags |= KEEPER_SLOT_STATUS_UNKNOWN;
    slot_change(keeper, slot, slot->failed ? KEEPER_FAILED : KEEPER_EXITED);
}

static void orphan_exited(struct keeper *keeper, pid_t pid, int wait_status) {
    keeper->orphan[keeper->orphans % KEEPER_LAST_ORPHANS] =
        (struct keeper_orphan){.pid = pid, .wait_status = wait_status};
    keeper->orphans++;
}

static void child_stopped(struct keeper *keeper, pid_t pid, int signal) {
    struct slot *slot = slot_by_pid(keeper, pid);
    if (slot) {
        slot->stop_signal = signal;
        slot->stop_told = false;
        slot_tell(keeper, slot);
        return;
    }
    if (pid == keeper->manager) return;
    struct adopted_stop stop = {.pid = pid, .signal = signal, .pidfd = pidfd_open_of(pid)};
    if (keeper->stops == MAX_PENDING) {
        /* The oldest is given up. */
        if (keeper->stop[0].pidfd != NONE) close(keeper->stop[0].pidfd);
        for (uint32_t i = 1; i < MAX_PENDING; i++) keeper->stop[i - 1] = keeper->stop[i];
        keeper->stops--;
    }
    keeper->stop[keeper->stops++] = stop;
}

static void child_changed(struct keeper *keeper, const siginfo_t *info) {
    pid_t pid = info->si_pid;
    struct slot *slot = slot_by_pid(keeper, pid);
    switch (info->si_code) {
    case CLD_STOPPED: child_stopped(keeper, pid, info->si_status); return;
    case CLD_TRAPPED: return;
    case CLD_CONTINUED:
        if (slot) slot->stop_signal = 0;
        return;
    }
    int status = wait_status_of(info);
    if (pid == keeper->manager) manager_died(keeper, status);
    else if (slot) slot_exited(keeper, slot, status, true);
    else orphan_exited(keeper, pid, status);
}

/*
 * The next child to look at, without waiting for it: a watched process that became a child is known by its pidfd, for a
 * pid alone may meanwhile be that of another child.
 */
static bool peek_watched(struct keeper *keeper, idtype_t *type, id_t *id) {
    siginfo_t info = {0};
    if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
        return false;
    *type = P_PID;
    *id = (id_t)info.si_pid;
    struct slot *slot = slot_by_pid(keeper, info.si_pid);
    siginfo_t unused = {0};
    if (slot && slot->state == KEEPER_WATCHED &&
        waitid(P_PIDFD, (id_t)slot->pidfd, &unused, WEXITED | WNOHANG | WNOWAIT) < 0)
        watched_event(keeper, slot);
    return true;
}

void reap(struct keeper *keeper) {
    for (;;) {
        idtype_t type = P_ALL;
        id_t id = 0;
        if (keeper->watched > 0 && !peek_watched(keeper, &type, &id)) return;
        siginfo_t info = {0};
        int result = waitid(type, id, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG);
        if (result < 0 && errno == EINTR) continue;
        if (result < 0 || info.si_pid == 0) return;
        child_changed(keeper, &info);
    }
}
