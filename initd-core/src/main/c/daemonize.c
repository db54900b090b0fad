/* --detach: the launcher, which waits until the daemon is ready or gone, and what the daemon does to stand alone. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_LOG_BYTES = 10 << 20 };

/* What the launcher's caller has open is not to be kept from its end by a daemon. */
static void close_inherited(void) {
    int fd;
    do fd = open("/dev/null", O_RDWR); /* 0, 1 and 2 are always open */
    while (fd >= 0 && fd < 3);
    if (syscall(SYS_close_range, 3, ~0u, 0) < 0)
        for (fd = 3; fd < 1024; fd++) close(fd);
}

/* Copies to the standard error what is there; false at its end. */
static bool copy_report(int report, bool *any) {
    char text[4096];
    ssize_t length;
    while ((length = read(report, text, sizeof text)) > 0) {
        *any = true;
        for (ssize_t done = 0, part; done < length; done += part)
            if ((part = write(STDERR_FILENO, text + done, (size_t)(length - done))) <= 0) break;
    }
    return length < 0 && (errno == EAGAIN || errno == EINTR);
}

_Noreturn static void failed(const struct options *options, pid_t daemon, bool any) {
    int status;
    while (waitpid(daemon, &status, 0) < 0)
        if (errno != EINTR) die(1, "cannot start: wait for jinitd: %s", strerror(errno));
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    if (WIFSIGNALED(status))
        say("cannot start: jinitd was killed before it was ready (%s); its log is %s/" LOG_NAME,
            strsignal(WTERMSIG(status)), options->log_dir);
    else if (!any || code == 255)
        say("cannot start: jinitd ended with code %d before it was ready; its log is %s/" LOG_NAME, code,
            options->log_dir);
    exit(code == 2 ? 2 : 1);
}

/*
 * Two pipes: over `report` come the words of keeper and manager, over `ready` one byte, of the keeper alone. Nothing
 * limits the time here: the keeper gives up on a manager that does not come up or does not answer.
 */
_Noreturn static void launch(const struct options *options, pid_t daemon, int report, int ready) {
    bool any = false;
    char byte;
    struct pollfd on[] = {{.fd = report, .events = POLLIN},
                          {.fd = ready, .events = POLLIN},
                          {.fd = pidfd_open_of(daemon), .events = POLLIN}};
    fcntl(report, F_SETFL, O_NONBLOCK);
    for (;;) {
        if (poll(on, 3, -1) < 0 && errno != EINTR) die(1, "cannot wait for jinitd: %s", strerror(errno));
        /* Whatever was said before the byte is in the pipe when the byte is seen. */
        bool over = on[1].revents != 0, told = over && read(ready, &byte, 1) == 1;
        if (on[0].revents && !copy_report(report, &any)) on[0].fd = NONE;
        if (over || on[2].revents) {
            if (on[0].fd != NONE) copy_report(report, &any);
            if (!told && !over) told = fcntl(ready, F_SETFL, O_NONBLOCK) == 0 && read(ready, &byte, 1) == 1;
            if (told) exit(0);
            failed(options, daemon, any);
        }
    }
}

/* Returns in the daemon only. Comes before there is a keeper, whose memory is not copied by fork. */
struct launcher detach(const struct options *options) {
    int report[2], ready[2];
    if (getpid() == 1) die(2, "cannot detach: the first process of a container or machine must stay; omit --detach");
    close_inherited();
    signal(SIGCHLD, SIG_DFL); /* whoever ignored it would keep us from the daemon's status */
    if (pipe2(report, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0) die(1, "cannot detach: pipe: %s", strerror(errno));
    pid_t daemon = fork();
    if (daemon < 0) die(1, "cannot detach: fork: %s", strerror(errno));
    if (daemon > 0) {
        signal(SIGPIPE, SIG_IGN);
        close(report[1]);
        close(ready[1]);
        launch(options, daemon, report[0], ready[0]);
    }
    close(report[0]);
    close(ready[0]);
    say_also_to(report[1]);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3; fd++)
        if (null < 0 || dup2(null, fd) < 0) die(1, "cannot detach: open /dev/null: %s", strerror(errno));
    close(null);
    if (setsid() < 0) die(1, "cannot detach: setsid: %s", strerror(errno));
    if (!options->no_chdir && chdir("/") < 0) die(1, "cannot detach: change directory to /: %s", strerror(errno));
    return (struct launcher){.report = report[1], .ready = ready[1]};
}

static void make_directories(const char *path) {
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = part + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = 0;
        mkdir(part, 0755);
        *slash = '/';
    }
    if (mkdir(path, 0750) < 0 && errno != EEXIST) die(1, "cannot make the log directory %s: %s", path, strerror(errno));
}

/* Without a terminal the log goes to a file, the keeper's as well as the manager's; and so does inherited output. */
void open_log(struct keeper *keeper) {
    char path[PATH_MAX + 16], old[PATH_MAX + 20];
    struct stat status;
    make_directories(keeper->options.log_dir);
    snprintf(path, sizeof path, "%s/" LOG_NAME, keeper->options.log_dir);
    snprintf(old, sizeof old, "%s.1", path);
    if (lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > MAX_LOG_BYTES) rename(path, old);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
    if (fd < 0 || fstat(fd, &status) < 0) die(1, "cannot open the log %s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode)) die(1, "cannot open the log %s: it is not a regular file", path);
    fcntl(fd, F_SETFL, O_APPEND);
    if (dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0) die(1, "cannot use the log %s: %s", path, strerror(errno));
    close(fd);
    say_with_time();
}

void watch_launcher(struct keeper *keeper) {
    /* No event is asked for: that nobody reads any more is told always. */
    if (keeper->launcher.ready != NONE) watch_fd(keeper, keeper->launcher.ready, 0, SOURCE_LAUNCHER, 0);
}

static void forget_launcher(struct keeper *keeper) {
    say_also_to(NONE);
    close(keeper->launcher.ready); /* a forked child may hold it too for a moment, so it is not left to the closing alone */
    close(keeper->launcher.report);
    keeper->launcher = NOBODY;
}

void manager_ready(struct keeper *keeper, uint32_t state) {
    if (keeper->launcher.ready == NONE || state < (keeper->options.wait_boot ? KEEPER_SETTLED : KEEPER_LISTENING)) return;
    epoll_ctl(keeper->epoll, EPOLL_CTL_DEL, keeper->launcher.ready, NULL);
    ssize_t written = write(keeper->launcher.ready, "", 1);
    forget_launcher(keeper);
    if (written != 1) launcher_gone(keeper);
}

/* Whoever gave up waiting (Ctrl-C, a time limit) does not want half a start: as if TERM had come. */
void launcher_gone(struct keeper *keeper) {
    if (keeper->launcher.ready != NONE) {
        epoll_ctl(keeper->epoll, EPOLL_CTL_DEL, keeper->launcher.ready, NULL);
        forget_launcher(keeper);
    }
    say("the launcher went before jinitd was ready; ending");
    keeper->signal[SIGTERM] = (struct signal_count){
        .pid = getpid(), .uid = getuid(), .count = keeper->signal[SIGTERM].count + 1};
    keeper->signals_due |= 1ull << SIGTERM;
    keeper->end_asked = true;
}
