/*
 * serv: the one test daemon. Its arguments are a small program, executed word by word:
 *
 *   serv mark:FILE:started on:TERM { mark:FILE:term exit:0 } fork-daemon notify:READY=1 wait
 *
 * A word is NAME or NAME:ARGUMENT; some take a block { ... } of words. The end of the program is exit 0. Every step that
 * fails ends the program with 120, so that no test passes because its daemon did something else.
 */
#define _GNU_SOURCE
#include "serv.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BROKEN = 120 };

typedef struct {
    char **words;
    int count;
} Block;

static Block on_signal[NSIG];
static sigset_t awaited;
static int daemon_pipe = -1; /* of fork-daemon: written by parent-exit, closed by death */

static void run(Block program);

static void die(const char *what)
{
    fprintf(stderr, "serv: cannot %s: %s\n", what, strerror(errno));
    _exit(BROKEN);
}

void check(bool ok, const char *what)
{
    if (!ok)
        die(what);
}

static int signal_number(const char *name)
{
    for (int s = 1; s < NSIG; s++) {
        const char *abbreviation = sigabbrev_np(s);
        if (abbreviation && strcmp(abbreviation, name) == 0)
            return s;
    }
    int number = atoi(name);
    errno = EINVAL;
    check(number > 0 && number < NSIG, name);
    return number;
}

char *split(char *arg, const char *otherwise)
{
    char *colon = strchr(arg, ':');
    if (!colon)
        return (char *) otherwise;
    *colon = 0;
    return colon + 1;
}

static void append(const char *path, const char *text, size_t length)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    check(fd >= 0, path);
    check(write(fd, text, length) == (ssize_t) length, path);
    close(fd);
}

/* One line "TEXT PID PPID NANOSECONDS"; one write with O_APPEND, so that lines of several processes never mix. */
static void mark(const char *path, const char *text)
{
    char line[512];
    int length = snprintf(line, sizeof line, "%s %d %d %lld\n", text, getpid(), getppid(), now_nanos());
    append(path, line, (size_t) length);
}

static void replace_file(const char *path, const char *text, size_t length)
{
    char temporary[300];
    snprintf(temporary, sizeof temporary, "%s.%d", path, getpid());
    int fd = open(temporary, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0644);
    check(fd >= 0 && write(fd, text, length) == (ssize_t) length, temporary);
    close(fd);
    check(rename(temporary, path) == 0, path);
}

static void write_environment(const char *path)
{
    size_t used = 0, room = 1 << 20;
    char *text = malloc(room);
    for (char **e = environ; e && *e; e++)
        used += (size_t) snprintf(text + used, room - used, "%s\n", *e);
    replace_file(path, text, used);
    free(text);
}

static void copy_file(char *from)
{
    char *to = split(from, "");
    char text[65536];
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    check(fd >= 0, from);
    ssize_t n, used = 0;
    while (used < (ssize_t) sizeof text && (n = read(fd, text + used, sizeof text - (size_t) used)) > 0)
        used += n;
    close(fd);
    replace_file(to, text, (size_t) used);
}

/* The open descriptors, one "NUMBER TARGET" per line. */
static void write_descriptors(const char *path)
{
    char text[8192], link[40], target[256];
    size_t used = 0;
    for (int fd = 0; fd < 1024; fd++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, target, sizeof target - 1);
        if (n < 0)
            continue;
        target[n] = 0;
        used += (size_t) snprintf(text + used, sizeof text - used, "%d %s\n", fd, target);
    }
    replace_file(path, text, used);
}

/* A pid file as daemons write it: "PATH", or "PATH:TEXT" for another text than the own pid. */
static void pid_file(char *arg, const char *lock)
{
    char own[20];
    snprintf(own, sizeof own, "%d", getpid());
    const char *text = split(arg, own);
    int fd = open(arg, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    check(fd >= 0, arg);
    if (strcmp(lock, "flock") == 0)
        check(flock(fd, LOCK_EX | LOCK_NB) == 0, "lock the pid file");
    struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (strcmp(lock, "fcntl") == 0)
        check(fcntl(fd, F_SETLK, &range) == 0, "lock the pid file");
    check(ftruncate(fd, 0) == 0 && dprintf(fd, "%s\n", text) > 0, arg);
    if (!*lock)
        close(fd);
}

static void wait_gate(const char *path)
{
    char byte;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    check(fd >= 0, path);
    while (read(fd, &byte, 1) < 0 && errno == EINTR)
        continue;
    close(fd);
}

static void listen_tcp(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t) port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    check(s >= 0 && bind(s, (struct sockaddr *) &at, sizeof at) == 0 && listen(s, 64) == 0, "listen");
}

static void listen_unix(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    check(strlen(path) < sizeof at.sun_path, path);
    strcpy(at.sun_path, path);
    unlink(path);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(s >= 0 && bind(s, (struct sockaddr *) &at, sizeof at) == 0 && listen(s, 64) == 0, "listen");
}

/* A child starts as a fresh daemon would: nothing blocked, no handler of its parent's. */
pid_t spawn(void)
{
    fflush(NULL);
    pid_t child = fork();
    check(child >= 0, "fork");
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigemptyset(&awaited);
        memset(on_signal, 0, sizeof on_signal);
        sigprocmask(SIG_SETMASK, &none, NULL);
    }
    return child;
}

/* The parent exits 0 when the child says so (parent-exit), and with 1 when the child dies before. */
static void fork_daemon(void)
{
    int ends[2];
    char byte;
    check(pipe2(ends, O_CLOEXEC) == 0, "make a pipe");
    if (spawn() != 0) {
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 1 ? 0 : 1);
    }
    close(ends[0]);
    daemon_pipe = ends[1];
    setsid();
}

/* Forks until limit processes exist in all, each of which forks on; all then wait to be killed. */
static void bomb(int limit)
{
    int *count = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    check(count != MAP_FAILED, "map");
    *count = 1;
    while (__atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST) < limit)
        if (fork() == 0 && (getpid() & 1))
            setsid();
    for (;;)
        pause();
}

/* Takes every catchable signal and writes "NAME PID" of each to the file; lives until KILL. */
static void record(const char *path)
{
    sigset_t all;
    siginfo_t info;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    mark(path, "recording");
    for (;;)
        if (sigwaitinfo(&all, &info) > 0)
            mark(path, sigabbrev_np(info.si_signo));
}

/* Runs the block in a child whose pid is exactly this one, by the name space's ns_last_pid; gives up after some tries. */
static void take_pid(long wanted, Block block)
{
    char text[20];
    int length = snprintf(text, sizeof text, "%ld", wanted - 1);
    for (int attempt = 0; attempt < 200; attempt++) {
        int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
        check(fd >= 0 && write(fd, text, (size_t) length) == length, "write ns_last_pid");
        close(fd);
        pid_t child = spawn();
        if (child == 0 && getpid() == wanted) {
            run(block);
            _exit(0);
        }
        if (child == 0)
            _exit(0);
        if (child == wanted)
            return;
        waitpid(child, NULL, 0);
    }
    errno = EBUSY;
    die("take the pid");
}

/* Waits for signals for ever; those named by on: run their block, others act as they are disposed. */
static void wait_signals(void)
{
    siginfo_t info;
    for (;;) {
        if (sigisemptyset(&awaited)) {
            pause();
            continue;
        }
        int s = sigwaitinfo(&awaited, &info);
        if (s > 0)
            run(on_signal[s]);
    }
}

/* Runs the block while fewer than N runs (of any process) were counted in FILE: "FILE:N". */
static bool counted(char *path)
{
    long limit = atol(split(path, "1"));
    struct stat s = {0};
    if (stat(path, &s) == 0 && s.st_size >= limit)
        return false;
    append(path, "x", 1);
    return true;
}

static void end_by_signal(int s)
{
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, s);
    signal(s, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    raise(s);
}

static void chew(long megabytes)
{
    size_t size = (size_t) megabytes << 20;
    char *memory = malloc(size);
    check(memory != NULL, "get memory");
    memset(memory, 1, size);
    __asm__ volatile("" : : "r"(memory) : "memory"); /* or the compiler leaves all of it out */
}

static void null_output(void)
{
    int fd = open("/dev/null", O_RDWR);
    check(fd >= 0, "open /dev/null");
    for (int i = 0; i < 3; i++)
        dup2(fd, i);
}

/* Words with a block. Returns false when the name is none of them. */
static bool run_block(const char *name, char *arg, Block block)
{
    if (strcmp(name, "on") == 0) {
        int s = signal_number(arg);
        on_signal[s] = block;
        sigaddset(&awaited, s);
        sigprocmask(SIG_BLOCK, &awaited, NULL);
    } else if (strcmp(name, "child") == 0) {
        for (int i = *arg ? atoi(arg) : 1; i > 0; i--)
            if (spawn() == 0) {
                run(block);
                _exit(0);
            }
    } else if (strcmp(name, "orphan") == 0) {
        pid_t child = spawn();
        if (child == 0) {
            setsid();
            if (spawn() == 0)
                run(block);
            _exit(0);
        }
        waitpid(child, NULL, 0);
    } else if (strcmp(name, "times") == 0) {
        if (counted(arg))
            run(block);
    } else if (strcmp(name, "repeat") == 0) {
        for (long i = atol(arg); i > 0; i--)
            run(block);
    } else if (strcmp(name, "if-exists") == 0) {
        if (access(arg, F_OK) == 0)
            run(block);
    } else if (strcmp(name, "if-missing") == 0) {
        if (access(arg, F_OK) != 0)
            run(block);
    } else if (strcmp(name, "take-pid") == 0) {
        take_pid(atol(arg), block);
    } else if (strcmp(name, "exec") == 0) {
        block.words[block.count] = NULL;
        execvp(block.words[0], block.words);
        die("execute");
    } else {
        return false;
    }
    return true;
}

static bool run_files(const char *name, char *arg)
{
    if (strcmp(name, "mark") == 0) {
        char *text = split(arg, "started");
        mark(arg, text);
    } else if (strcmp(name, "env") == 0) {
        write_environment(arg);
    } else if (strcmp(name, "descriptors") == 0) {
        write_descriptors(arg);
    } else if (strcmp(name, "copy") == 0) {
        copy_file(arg);
    } else if (strcmp(name, "pid-file") == 0) {
        pid_file(arg, "");
    } else if (strcmp(name, "pid-file-flock") == 0) {
        pid_file(arg, "flock");
    } else if (strcmp(name, "pid-file-fcntl") == 0) {
        pid_file(arg, "fcntl");
    } else if (strcmp(name, "unlink") == 0) {
        unlink(arg);
    } else if (strcmp(name, "gate") == 0) {
        wait_gate(arg);
    } else if (strcmp(name, "await-file") == 0) {
        while (access(arg, F_OK) != 0)
            pause_millis(2);
    } else if (strcmp(name, "await-no-file") == 0) {
        while (access(arg, F_OK) == 0)
            pause_millis(2);
    } else if (strcmp(name, "listen") == 0) {
        listen_tcp(atoi(arg));
    } else if (strcmp(name, "listen-unix") == 0) {
        listen_unix(arg);
    } else if (strcmp(name, "print") == 0) {
        dprintf(1, "%s\n", arg);
    } else if (strcmp(name, "error") == 0) {
        dprintf(2, "%s\n", arg);
    } else {
        return false;
    }
    return true;
}

static bool run_process(const char *name, char *arg)
{
    if (strcmp(name, "exit") == 0) {
        fflush(NULL);
        _exit(atoi(arg));
    } else if (strcmp(name, "kill-self") == 0) {
        end_by_signal(signal_number(arg));
    } else if (strcmp(name, "ignore") == 0) {
        signal(signal_number(arg), SIG_IGN);
    } else if (strcmp(name, "sleep") == 0) {
        pause_millis(atol(arg));
    } else if (strcmp(name, "fork") == 0) {
        if (spawn() != 0)
            _exit(0);
    } else if (strcmp(name, "fork-daemon") == 0) {
        fork_daemon();
    } else if (strcmp(name, "parent-exit") == 0) {
        check(write(daemon_pipe, "", 1) == 1, "let the parent exit");
        close(daemon_pipe);
    } else if (strcmp(name, "setsid") == 0) {
        setsid();
    } else if (strcmp(name, "clear-environment") == 0) {
        clearenv();
    } else if (strcmp(name, "trace-me") == 0) {
        check(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0, "be traced");
    } else if (strcmp(name, "bomb") == 0) {
        bomb(atoi(arg));
    } else if (strcmp(name, "record") == 0) {
        record(arg);
    } else if (strcmp(name, "wait") == 0) {
        wait_signals();
    } else if (strcmp(name, "reap") == 0) {
        signal(SIGCHLD, SIG_IGN);
    } else if (strcmp(name, "chew") == 0) {
        chew(atol(arg));
    } else if (strcmp(name, "null-output") == 0) {
        null_output();
    } else {
        return strcmp(name, "tag") == 0; /* a word to find the process by, nothing more */
    }
    return true;
}

/* The words of the block that begins at words[0] = "{"; its closing brace is at words[count + 1]. */
static Block block_at(char **words, int count)
{
    int depth = 0;
    for (int i = 0; i < count; i++) {
        depth += strcmp(words[i], "{") == 0;
        depth -= strcmp(words[i], "}") == 0;
        if (depth == 0)
            return (Block) {words + 1, i - 1};
    }
    errno = EINVAL;
    die("find the end of a block");
    return (Block) {0};
}

static void run(Block program)
{
    for (int i = 0; i < program.count; i++) {
        char *name = strdup(program.words[i]);
        check(name != NULL, "get memory");
        char *arg = split(name, "");
        arg = *arg ? arg : strdup("");
        bool known;
        if (i + 1 < program.count && strcmp(program.words[i + 1], "{") == 0) {
            Block block = block_at(program.words + i + 1, program.count - i - 1);
            known = run_block(name, arg, block);
            i += block.count + 2;
        } else {
            known = run_files(name, arg) || run_notify(name, arg) || run_process(name, arg);
        }
        errno = EINVAL;
        check(known, name);
        free(name);
    }
}

int main(int argc, char **argv)
{
    sigemptyset(&awaited);
    run((Block) {argv + 1, argc - 1});
    return 0;
}
