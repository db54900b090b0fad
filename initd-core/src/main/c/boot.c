/* What is done once, before the manager is started. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

enum { FDS_PER_SERVICE = 6, FDS_BESIDES = 1024 };

/* 0, 1 and 2 are always open, so that no descriptor of ours gets such a number. */
static void open_standard(struct keeper *keeper) {
    int fd;
    do {
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd < 0) fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* without /dev: until it is mounted */
        if (fd < 0) _exit(1);
    } while (fd < 3 && fcntl(fd, F_SETFD, 0) == 0);
    keeper->inherited->null = fd;
}

static void mount_missing(const char *type, const char *path, unsigned long flags, const char *data) {
    struct stat root, here;
    mkdir(path, 0755);
    if (stat("/", &root) < 0 || stat(path, &here) < 0 || root.st_dev != here.st_dev) return;
    if (mount(type, path, type, flags, data) < 0 && errno != EPERM && errno != EACCES && errno != EBUSY)
        say("cannot mount %s on %s: %s", type, path, strerror(errno));
}

static void mount_basics(void) {
    mount_missing("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    mount_missing("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    mount_missing("devtmpfs", "/dev", MS_NOSUID, "mode=0755");
    mount_missing("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755");
}

static void raise_nofile(struct keeper *keeper) {
    if (getrlimit(RLIMIT_NOFILE, &keeper->inherited->nofile) < 0) return;
    rlim_t wanted = (rlim_t)keeper->options.max_services * FDS_PER_SERVICE + FDS_BESIDES;
    struct rlimit limit = keeper->inherited->nofile;
    if (limit.rlim_cur >= wanted) return;
    limit.rlim_cur = wanted;
    if (limit.rlim_max < wanted) limit.rlim_max = wanted;
    keeper->inherited->nofile_changed = setrlimit(RLIMIT_NOFILE, &limit) == 0; /* needs a privilege where over the hard limit */
    if (keeper->inherited->nofile_changed || keeper->inherited->nofile.rlim_cur == keeper->inherited->nofile.rlim_max) return;
    limit = (struct rlimit){.rlim_cur = keeper->inherited->nofile.rlim_max, .rlim_max = keeper->inherited->nofile.rlim_max};
    keeper->inherited->nofile_changed = setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/* glibc's signal() refuses the two signals that it keeps for itself, and a parent may have left them ignored. */
static void default_action(int number) {
    static const struct { void (*handler)(int); unsigned long flags; void (*restorer)(void); uint64_t mask; } kernel_default;
    syscall(SYS_rt_sigaction, number, &kernel_default, NULL, sizeof kernel_default.mask);
}

/* All signals have their default action, so children need not reset any; those the keeper wants come by descriptor. */
static void take_signals(struct keeper *keeper) {
    static const int taken[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGPWR, SIGCHLD, SIGPIPE};
    sigset_t set;
    for (int number = 1; number < _NSIG; number++) default_action(number);
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) sigaddset(&set, taken[i]);
    if (sigprocmask(SIG_SETMASK, &set, NULL) < 0) die(1, "cannot block signals: %s", strerror(errno));
    sigdelset(&set, SIGPIPE); /* only blocked */
    keeper->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (keeper->signals < 0) die(1, "cannot open signalfd: %s", strerror(errno));
}

static void read_line(const char *path, char *text, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, size - 1);
    if (fd >= 0) close(fd);
    text[length < 0 ? 0 : length] = 0;
    text[strcspn(text, "\n")] = 0;
}

static void learn_facts(struct keeper *keeper) {
    char text[1024];
    struct stat status;
    struct utsname kernel;
    unsigned major, minor;
    read_line("/proc/sys/kernel/random/boot_id", keeper->boot_id, sizeof keeper->boot_id);
    if (stat("/proc/self/ns/pid", &status) == 0) keeper->pid_namespace = status.st_ino;
    read_line("/proc/self/stat", text, sizeof text);
    const char *at = strrchr(text, ')'); /* ends field 2; each later field has one space before it */
    for (int field = 2; at && field < 22; field++) at = strchr(at + 1, ' ');
    if (at) keeper->start_time = strtoull(at, NULL, 10);
    if (uname(&kernel) == 0 && sscanf(kernel.release, "%u.%u", &major, &minor) == 2)
        keeper->exit_info = major > 6 || (major == 6 && minor >= 15);
    do {
        if (getrandom(&keeper->tag_prefix, sizeof keeper->tag_prefix, 0) < 0)
            die(1, "cannot draw the tag: getrandom: %s", strerror(errno));
        keeper->tag_prefix &= 0x7fffffff; /* so that no tag is RLIM_INFINITY */
    } while (keeper->tag_prefix == 0 || keeper->tag_prefix == 0x7fffffff);
}

void prepare_process(struct keeper *keeper) {
    keeper->pid1 = getpid() == 1;
    open_standard(keeper);
    if (keeper->pid1) {
        mount_basics();
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (null >= 0) {
            close(keeper->inherited->null);
            keeper->inherited->null = null;
        }
    }
    /* What was inherited besides 0, 1 and 2 is nobody's. Kernels before 5.11 lack the flag. */
    if (syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
        for (int fd = 3; fd < 1024; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
    take_signals(keeper);
    if (!keeper->pid1) keeper->subreaper = prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
    raise_nofile(keeper);
    learn_facts(keeper);
}

static int open_run_dir(const char *path) {
    struct stat status;
    if (mkdir(path, 0755) == 0) {
        if (chmod(path, 0755) < 0) die(1, "cannot set the mode of %s: %s", path, strerror(errno));
    } else if (errno != EEXIST) {
        die(1, "cannot make the run directory %s: %s", path, strerror(errno));
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0) die(1, "cannot open the run directory %s: %s", path, strerror(errno));
    if (status.st_uid != geteuid())
        die(1, "cannot use the run directory %s: it belongs to uid %u; remove it or give --run-dir", path,
            status.st_uid);
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        die(1, "cannot use the run directory %s: others may write to it; chmod it to 0755", path);
    return fd;
}

/* The lock is the process's own, not the descriptor's: children do not keep it. Its file is never removed. */
void prepare_run_dir(struct keeper *keeper) {
    const char *path = keeper->options.run_dir;
    int directory = open_run_dir(path);
    keeper->lock = openat(directory, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (keeper->lock < 0) die(1, "cannot open %s/lock: %s", path, strerror(errno));
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(keeper->lock, F_SETLK, &lock) < 0) {
        if (errno != EACCES && errno != EAGAIN) die(1, "cannot lock %s/lock: %s", path, strerror(errno));
        if (fcntl(keeper->lock, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK) lock.l_pid = 0;
        if (lock.l_pid <= 0) die(1, "cannot start: another jinitd uses %s", path);
        die(1, "cannot start: another jinitd (pid %d) uses %s", lock.l_pid, path);
    }
    char text[40] = "";
    if (pread(keeper->lock, text, sizeof text - 1, 0) > 0) {
        const char *second = strchr(text, '\n');
        unsigned long prefix = second ? strtoul(second + 1, NULL, 10) : 0;
        keeper->leftover_prefix = prefix < 0x7fffffff ? (uint32_t)prefix : 0;
    }
    close(directory);
}

/* Not before what the last one left is gone: if that is refused or cut short, the next one is still to know of it. */
void mark_run_dir(struct keeper *keeper) {
    char text[40];
    int length = snprintf(text, sizeof text, "%d\n%u\n", getpid(), keeper->tag_prefix);
    if (ftruncate(keeper->lock, 0) < 0 || pwrite(keeper->lock, text, (size_t)length, 0) != length)
        die(1, "cannot write %s/lock: %s", keeper->options.run_dir, strerror(errno));
}

static int strings_memfd(const char *name, char **strings) {
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) die(1, "cannot make a memfd: %s", strerror(errno));
    for (char **string = strings; *string; string++) {
        size_t size = strlen(*string) + 1;
        if (write(fd, *string, size) != (ssize_t)size) die(1, "cannot write a memfd: %s", strerror(errno));
    }
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
        die(1, "cannot seal a memfd: %s", strerror(errno));
    return fd;
}

/* The original environment and arguments, for every manager there will be. */
void prepare_memfds(struct keeper *keeper) {
    keeper->environment = strings_memfd("jinit-environment", environ);
    keeper->arguments = strings_memfd("jinit-arguments", keeper->options.argv);
}
