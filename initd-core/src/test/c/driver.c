/*
 * Tests the keeper by speaking its protocol. driver list [long]: the names of the cases; driver run JINITD CASE: runs
 * one below a keeper, in a private pid and mount namespace with a tmpfs on /tmp; driver --target=CASE on descriptor 3:
 * is the manager of that case; driver help WORD...: is a service. driver samples, messages, plan: for the Java codec.
 */
#include "kit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUN_SECONDS = 120, LONG_SECONDS = 330 };

static const struct test_case *const all_cases[] = {spawn_cases, step_cases, life_cases, bulk_cases, detach_cases};

static const struct test_case *find_case(const char *name) {
    for (size_t i = 0; i < sizeof all_cases / sizeof all_cases[0]; i++)
        for (const struct test_case *one = all_cases[i]; one->name; one++)
            if (strcmp(one->name, name) == 0) return one;
    fprintf(stderr, "cannot run %s: no such case\n", name);
    exit(2);
}

static int list(unsigned wanted) {
    for (size_t i = 0; i < sizeof all_cases / sizeof all_cases[0]; i++)
        for (const struct test_case *one = all_cases[i]; one->name; one++)
            if ((one->how & (HOW_LONG | HOW_BENCH)) == wanted) puts(one->name);
    return 0;
}

/* Answers one system call with an errno, as container profiles do. */
static void refuse_call(int number, int error) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
        perror("cannot filter system calls");
        exit(2);
    }
}

static void run_keeper(const char *jinitd, const struct test_case *one) {
    char target[80];
    snprintf(target, sizeof target, "--target=%s", one->name);
    if (one->how & HOW_PID1)
        while (umount2("/proc", MNT_DETACH) == 0) continue;
    if (one->how & HOW_NO_CLONE3) refuse_call(SYS_clone3, ENOSYS);
    if (one->how & HOW_NO_SETSID) refuse_call(SYS_setsid, EPERM);
    if (one->how & HOW_NO_SETUID) refuse_call(SYS_setresuid, EPERM);
    if (one->how & HOW_NO_PRCTL) refuse_call(SYS_prctl, EPERM);
    if (one->how & HOW_USER && (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)) _exit(124);
    const char *size = one->how & HOW_SMALL ? "--max-services=16" : "--max-services=16384";
    setenv("KEEPER_TEST", "the original environment", 1);
    const char *arguments[16] = {jinitd, "--run-dir=/tmp/run", size, "--manager", one->run ? "/tmp/driver" : "/bin/false", target};
    for (int i = 0; i < 6 && one->options[i]; i++) arguments[6 + i] = one->options[i];
    execv("/tmp/jinitd", (char *const *)(uintptr_t)arguments);
    perror(jinitd);
    _exit(126);
}

/* So that it can be run by whoever the case is run as. */
static void copy(int in, const char *to) {
    char block[65536];
    int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    ssize_t length = -1;
    while (out >= 0 && (length = read(in, block, sizeof block)) > 0)
        if (write(out, block, (size_t)length) != length) break;
    if (length != 0) {
        perror(to);
        exit(2);
    }
    close(in);
    close(out);
}

static pid_t start(const char *jinitd, const struct test_case *one) {
    if (one->how & HOW_PID1 && unshare(CLONE_NEWPID) < 0) {
        perror("cannot make a pid namespace");
        exit(2);
    }
    pid_t keeper = fork();
    if (keeper == 0) {
        if (one->how & HOW_PID1 && unshare(CLONE_NEWNS) < 0) _exit(125);
        run_keeper(jinitd, one);
    }
    return keeper;
}

/* As init of its namespace it would not die of a signal that has no handler; with it all of the namespace ends. */
static void too_long(int signal) {
    static const char text[] = "the case does not end\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    _exit(written < 0 ? signal : 3);
}

static int run(const char *jinitd, const char *name) {
    const struct test_case *one = find_case(name);
    int status;
    int program = open(jinitd, O_RDONLY | O_CLOEXEC), self = open(self_path(), O_RDONLY | O_CLOEXEC);
    signal(SIGALRM, too_long);
    alarm(one->how & HOW_LONG ? LONG_SECONDS : RUN_SECONDS);
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("tmpfs", "/tmp", "tmpfs", 0, NULL) < 0) {
        perror("cannot make /tmp private");
        return 2;
    }
    copy(program, "/tmp/jinitd");
    copy(self, "/tmp/driver");
    pid_t keeper = start(jinitd, one);
    int outside = one->outside ? one->outside(keeper) : 0;
    if (waitpid(keeper, &status, 0) < 0) return 2;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (code != one->expected) fprintf(stderr, "%s: jinitd ended with %d instead of %d\n", name, code, one->expected);
    if (outside != 0) fprintf(stderr, "%s: the check outside of jinitd failed\n", name);
    return code == one->expected && outside == 0 ? 0 : 1;
}

static int manage(const char *name) {
    const struct test_case *one = find_case(name);
    one->run();
    send_exit(KEEPER_EXIT, one->expected, KEEPER_EXIT_KILL, 0);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--target=", 9) == 0) return manage(argv[i] + 9);
    if (argc == 2 && strcmp(argv[1], "list") == 0) return list(0);
    if (argc == 3 && strcmp(argv[1], "list") == 0) return list(strcmp(argv[2], "long") == 0 ? HOW_LONG : HOW_BENCH);
    if (argc == 4 && strcmp(argv[1], "run") == 0) return run(argv[2], argv[3]);
    if (argc == 2 && strcmp(argv[1], "samples") == 0) return write_samples();
    if (argc == 2 && strcmp(argv[1], "messages") == 0) return read_messages();
    if (argc == 2 && strcmp(argv[1], "plan") == 0) return read_plan();
    if (argc >= 3 && strcmp(argv[1], "help") == 0) return help_main(argc - 2, argv + 2);
    fprintf(stderr, "Usage: driver list [long|bench] | run JINITD CASE | help WORD...\n");
    return 2;
}
