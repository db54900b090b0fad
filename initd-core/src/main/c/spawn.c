/* The keeper's side of a spawn: fork, pidfd, status pipe; and the watching of processes that are not its children. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* As of linux/pidfd.h since 6.13; exit information since 6.15. */
struct pidfd_info_v0 {
    uint64_t mask, cgroup;
    uint32_t pid, tgid, ppid, ids[8];
    int32_t exit_code;
};
static_assert(sizeof(struct pidfd_info_v0) == 64, "layout");
#define PIDFD_GET_INFO_V0 _IOWR(0xFF, 11, struct pidfd_info_v0)
enum { PIDFD_INFO_EXIT_BIT = 8 };

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static void finish_status(struct keeper *keeper, struct slot *slot) {
    close(slot->status_pipe);
    slot->status_pipe = NONE;
    if (slot->exec_tried && !slot->failed && slot->state == KEEPER_FORKED) {
        slot->flags |= KEEPER_SLOT_EXECUTED;
        slot_change(keeper, slot, KEEPER_EXECUTED);
    }
}

/* Reads what the child has to say; at end of file (which execve brings) the slot is executed, or is to be reaped. */
void spawn_status(struct keeper *keeper, struct slot *slot) {
    char buffer[1 + sizeof(struct report)];
    while (slot->status_pipe != NONE) {
        ssize_t length = read(slot->status_pipe, buffer, sizeof buffer);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0 && errno == EAGAIN) return;
        if (length <= 0) {
            finish_status(keeper, slot);
            return;
        }
        const char *at = buffer;
        if (*at == REPORT_EXEC) {
            slot->exec_tried = true;
            at++;
            length--;
        }
        struct report report;
        if (length < (ssize_t)sizeof report) continue;
        memcpy(&report, at, sizeof report);
        slot->failed = true;
        slot->step = report.step < STEP_COUNT ? report.step : STEP_PLAN;
        slot->error = report.error;
        if (report.interpreter) slot->flags |= KEEPER_SLOT_INTERPRETER;
        snprintf(slot->detail, sizeof slot->detail, "%.*s", KEEPER_DETAIL_SIZE - 1, report.detail);
    }
}

static void start_child(struct keeper *keeper, struct slot *slot, const int *fds, int count, const int *status) {
    const struct inherited *inherited = keeper->inherited;
    pid_t pid = fork();
    if (pid == 0) child_run(inherited, fds[0], fds + 1, count - 1, status[1]);
    int error = errno;
    close(status[1]);
    if (pid < 0) {
        refuse(keeper, slot->request, KEEPER_NO_PROCESS, error);
        close(status[0]);
        slot->state = KEEPER_FAILED;
        slot_free(keeper, slot);
        return;
    }
    slot->status_pipe = status[0];
    slot_set_pid(keeper, slot, pid);
    slot_change(keeper, slot, KEEPER_FORKED);
    /* Nobody else reaps, so this is the child also when it is gone already. Without descriptor it is told later. */
    slot->pidfd = pidfd_open_of(pid);
    if (slot->pidfd != NONE) slot->pid_inode = fd_inode(slot->pidfd);
    /*
     * No event is asked for: end of file alone wakes, not the byte before it. Once: a later child may hold the pipe for
     * a while after it is closed here. If it cannot be watched, the reaping tells.
     */
    watch_fd(keeper, slot->status_pipe, EPOLLONESHOT, SOURCE_STATUS, slot_index(keeper, slot));
}

void spawn(struct keeper *keeper, const struct keeper_spawn *message, const int *fds, int count) {
    struct slot *slot = slot_by_label(keeper, message->label);
    if (slot) {
        slot_tell(keeper, slot);
        return;
    }
    if (keeper->phase != PHASE_RUN) {
        refuse(keeper, message->request, KEEPER_IS_ENDING, 0);
        return;
    }
    if (count < 1 || count > 1 + KEEPER_MAX_SPAWN_FDS) {
        refuse(keeper, message->request, KEEPER_BAD_REQUEST, EBADF);
        return;
    }
    int status[2];
    if (pipe2(status, O_CLOEXEC | O_NONBLOCK) < 0) {
        refuse(keeper, message->request, KEEPER_NO_DESCRIPTOR, errno);
        return;
    }
    slot = slot_new(keeper, message->label, message->request);
    if (slot) {
        start_child(keeper, slot, fds, count, status);
        return;
    }
    close(status[0]);
    close(status[1]);
    refuse(keeper, message->request, KEEPER_NO_SLOT, 0);
}

/* The process of a pidfd, or -1 when it was reaped or this is no pidfd. */
static pid_t pid_of(int pidfd) {
    char path[40], text[512];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length < 0 ? 0 : length] = 0;
    const char *at = strstr(text, "\nPid:");
    return at ? atoi(at + 5) : -1;
}

/* Takes the pidfd when it answers true. */
bool watch(struct keeper *keeper, const struct keeper_watch *message, int pidfd) {
    struct slot *slot = slot_by_label(keeper, message->label);
    if (slot) {
        slot_tell(keeper, slot);
        return false;
    }
    if (pidfd_kill(pidfd, 0) < 0 && errno == EBADF) {
        refuse(keeper, message->request, KEEPER_BAD_REQUEST, EBADF);
        return false;
    }
    slot = slot_new(keeper, message->label, message->request);
    if (!slot) {
        refuse(keeper, message->request, KEEPER_NO_SLOT, 0);
        return false;
    }
    slot->pidfd = pidfd;
    slot->pidfd_told = true; /* the manager has it: it came from there */
    slot->pid_inode = fd_inode(pidfd);
    slot->flags = KEEPER_SLOT_WATCHED;
    slot_set_pid(keeper, slot, pid_of(pidfd));
    slot_change(keeper, slot, KEEPER_WATCHED);
    keeper->watched++;
    watch_fd(keeper, pidfd, EPOLLIN | EPOLLET, SOURCE_WATCHED, slot_index(keeper, slot));
    watched_event(keeper, slot);
    return true;
}

/*
 * A watched process died or was reaped. If it has become the keeper's child meanwhile, it is reaped here. Otherwise
 * its status is to be had after its parent has reaped it (POLLHUP), from kernels that keep it.
 */
void watched_event(struct keeper *keeper, struct slot *slot) {
    if (slot->id == 0 || slot->state != KEEPER_WATCHED) return;
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)slot->pidfd, &info, WEXITED | WNOHANG) == 0) {
        if (info.si_pid != 0) slot_exited(keeper, slot, wait_status_of(&info), true);
        return;
    }
    struct pollfd poll_fd = {.fd = slot->pidfd, .events = POLLIN};
    if (poll(&poll_fd, 1, 0) <= 0 || (keeper->exit_info && !(poll_fd.revents & POLLHUP))) return;
    struct pidfd_info_v0 exit_info = {.mask = PIDFD_INFO_EXIT_BIT};
    bool known =
        ioctl(slot->pidfd, PIDFD_GET_INFO_V0, &exit_info) == 0 && (exit_info.mask & PIDFD_INFO_EXIT_BIT) != 0;
    slot_exited(keeper, slot, known ? exit_info.exit_code : 0, known);
}
