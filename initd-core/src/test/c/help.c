/* What the driver does as a service. */
#include "kit.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The open descriptors, as "0 1 2 ", then their owners. */
static int list_fds(void) {
    DIR *directory = opendir("/proc/self/fd");
    struct dirent **entries;
    int own = dirfd(directory);
    int count = scandir("/proc/self/fd", &entries, NULL, versionsort);
    for (int i = 0; i < count; i++) {
        int fd = atoi(entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && fd != own && fcntl(fd, F_GETFD) >= 0) printf("%d ", fd);
    }
    return 0;
}

/* All that a plan can set. */
static int facts(void) {
    struct rlimit files, locks;
    struct stat output;
    gid_t groups[64];
    sigset_t mask;
    char directory[256];
    mode_t mode = umask(0);
    int count = getgroups(64, groups);
    getrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_LOCKS, &locks);
    fstat(1, &output);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    printf("pid=%d sid=%d uid=%u gid=%u groups=", getpid(), getsid(0), getuid(), getgid());
    for (int i = 0; i < count; i++) printf("%s%u", i ? "," : "", groups[i]);
    printf(" umask=%03o nice=%d nofile=%llu locks=%llu cwd=%s", mode, getpriority(PRIO_PROCESS, 0),
           (unsigned long long)files.rlim_cur, (unsigned long long)locks.rlim_cur, getcwd(directory, sizeof directory));
    printf(" out=%u:%u:%o ignored=", output.st_uid, output.st_gid, output.st_mode & 0777);
    for (int number = 1; number < 32; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) printf("%d.", number);
    }
    printf(" blocked=");
    for (int number = 1; number < 32; number++)
        if (sigismember(&mask, number) == 1) printf("%d.", number);
    puts(" ");
    return 0;
}

static int environment(void) {
    for (char **entry = environ; *entry; entry++) puts(*entry);
    return 0;
}

/* Leaves a grandchild behind: it outlives its parent, ignores what the word says, and ends how it is told. */
static int leave(const char *what) {
    pid_t pid = fork();
    if (pid > 0) {
        printf("%d\n", pid);
        return 0;
    }
    setsid();
    close(1);
    if (strcmp(what, "stop") == 0) raise(SIGSTOP);
    if (strcmp(what, "deaf") == 0) signal(SIGTERM, SIG_IGN);
    if (strcmp(what, "exit") == 0) {
        char byte;
        _exit(read(0, &byte, 1) == 0 ? 9 : 8); /* when the test closes it */
    }
    for (;;) pause();
}

int help_main(int argc, char **argv) {
    if (strcmp(argv[0], "fds") == 0) return list_fds();
    if (strcmp(argv[0], "facts") == 0) return facts();
    if (strcmp(argv[0], "environment") == 0) return environment();
    if (strcmp(argv[0], "leave") == 0 && argc == 2) return leave(argv[1]);
    if (strcmp(argv[0], "exit") == 0 && argc == 2) return atoi(argv[1]);
    if (strcmp(argv[0], "stop") == 0) return raise(SIGSTOP) == 0 ? 5 : 6;
    if (strcmp(argv[0], "pause") == 0)
        for (;;) pause();
    if (strcmp(argv[0], "deaf") == 0) {
        signal(SIGTERM, SIG_IGN);
        for (;;) pause();
    }
    return 2;
}
