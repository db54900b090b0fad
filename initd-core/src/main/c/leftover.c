/* What a keeper that died without an end of its own has left: known by its tag, ended before anything is started. */
#include "keeper.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SECONDS(n) ((uint64_t)(n) * 1000000000u)

enum { KILL_AFTER_S = 5, GIVE_UP_AFTER_S = 10, LOOK_AGAIN_MS = 10 };

/* The pidfd is held before the tag is read and found alive after it, so it is this process that has the tag. */
static bool signal_leftover(int proc, const char *name, uint32_t prefix, int signal) {
    int pidfd = pidfd_open_of(atoi(name));
    if (pidfd < 0) return false;
    int process = openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool ours = process >= 0 && tag_of(process) >> 32 == prefix;
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    bool alive = ours && poll(&ended, 1, 0) == 0 && pidfd_kill(pidfd, signal) == 0;
    if (alive && signal == SIGTERM) pidfd_kill(pidfd, SIGCONT);
    if (process >= 0) close(process);
    close(pidfd);
    return alive;
}

/* How many there are; the first one's number. */
static unsigned signal_leftovers(uint32_t prefix, int signal, int *first) {
    unsigned found = 0;
    DIR *proc = opendir("/proc");
    if (!proc) return 0;
    for (const struct dirent *entry; (entry = readdir(proc)) != NULL;)
        if (entry->d_name[0] > '0' && entry->d_name[0] <= '9' &&
            signal_leftover(dirfd(proc), entry->d_name, prefix, signal) && found++ == 0)
            *first = atoi(entry->d_name);
    closedir(proc);
    return found;
}

void end_leftovers(const struct keeper *keeper) {
    uint32_t prefix = keeper->leftover_prefix;
    bool refuse = keeper->options.refuse_leftovers;
    int first = 0;
    unsigned left = prefix ? signal_leftovers(prefix, refuse ? 0 : SIGTERM, &first) : 0;
    if (left == 0) return;
    if (refuse)
        die(1, "cannot start: an earlier jinitd died and left %u processes (pid %d%s); end them, or give --leftover=kill",
            left, first, left > 1 ? " and others" : "");
    say("an earlier jinitd died and left %u processes; ending them before anything is started", left);
    uint64_t start = now_ns();
    while (left > 0 && now_ns() < start + SECONDS(GIVE_UP_AFTER_S)) {
        const struct timespec pause = {.tv_nsec = LOOK_AGAIN_MS * 1000000};
        nanosleep(&pause, NULL);
        left = signal_leftovers(prefix, now_ns() < start + SECONDS(KILL_AFTER_S) ? 0 : SIGKILL, &first);
    }
    if (left > 0) say("%u processes of an earlier jinitd cannot be ended", left);
}
