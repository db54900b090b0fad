/*
 * strangers PATH: gives pids of one's choice to processes that are no service's, and tells of every signal that one of them got.
 * Serves one connection to the socket PATH. A command and its answer end with a NUL:
 *
 *   take PID    a stranger gets this pid as soon as nobody has it    taken, busy
 *   steal PID   kills who has the pid, then the same                 taken, busy
 *   end PID     ends a stranger, after a last look at it             ended
 *   check       what signals strangers ever got                      untouched COUNT, touched PID SIGNAL of SENDER ...
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 256, PATIENCE_MILLIS = 3000 };

/* Shared with the stranger, which writes the last two. */
typedef struct {
    pid_t pid;
    volatile int signal;
    volatile pid_t sender;
} Stranger;

static Stranger *strangers;
static char touched[4000];

static void die(const char *what)
{
    fprintf(stderr, "strangers: cannot %s: %s\n", what, strerror(errno));
    exit(120);
}

static void note(pid_t pid, const char *how, int signal, pid_t sender)
{
    size_t used = strlen(touched);
    snprintf(touched + used, sizeof touched - used, " %d %s%d of %d", pid, how, signal, sender);
}

/* Every signal is blocked, so none is lost: it waits to be taken, the lowest number first. The last one is the order to end. */
static void live(Stranger *self)
{
    sigset_t all;
    siginfo_t info;
    sigfillset(&all);
    for (;;) {
        int s = sigwaitinfo(&all, &info);
        if (s == SIGRTMAX && info.si_pid == getppid())
            _exit(0);
        if (s > 0) {
            self->sender = info.si_pid;
            self->signal = s;
        }
    }
}

/* The kernel gives exactly this pid or none. Signals are blocked before, so that there is no moment without a record. */
static bool fork_with_pid(Stranger *slot, pid_t pid)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    *slot = (Stranger) {.pid = pid};
    struct clone_args args = {
        .exit_signal = SIGCHLD, .set_tid = (uint64_t) (uintptr_t) &pid, .set_tid_size = 1};
    long child = syscall(SYS_clone3, &args, sizeof args);
    if (child == 0)
        live(slot);
    int problem = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (child > 0)
        return true;
    slot->pid = 0;
    errno = problem;
    if (problem != EEXIST)
        die("make a process with this pid");
    return false;
}

static long now_millis(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

static Stranger *find(pid_t pid)
{
    for (int i = 0; i < ROOM; i++)
        if (strangers[i].pid == pid)
            return &strangers[i];
    return NULL;
}

static const char *take(pid_t pid, bool by_force)
{
    Stranger *slot = find(0);
    if (pid <= 1 || find(pid) || !slot)
        return "busy";
    if (by_force)
        kill(pid, SIGKILL);
    long end = now_millis() + PATIENCE_MILLIS;
    while (!fork_with_pid(slot, pid)) {
        if (now_millis() > end)
            return "busy";
        usleep(20);
    }
    return "taken";
}

/* What a stranger cannot write itself: that it was killed or stopped. */
static void look_at_end(Stranger *stranger, int flags)
{
    int status = 0;
    pid_t pid = stranger->pid;
    if (waitpid(pid, &status, flags | WUNTRACED) != pid)
        return;
    if (WIFSTOPPED(status)) {
        note(pid, "stopped by ", WSTOPSIG(status), 0);
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
    } else if (WIFSIGNALED(status)) {
        note(pid, "killed by ", WTERMSIG(status), 0);
    }
    if (stranger->signal)
        note(pid, "", stranger->signal, stranger->sender);
    stranger->pid = 0;
}

static void end(pid_t pid)
{
    Stranger *stranger = find(pid);
    if (pid > 0 && stranger) {
        sigqueue(pid, SIGRTMAX, (union sigval) {0});
        look_at_end(stranger, 0);
    }
}

static void check(char *answer, size_t room)
{
    int living = 0;
    for (int i = 0; i < ROOM; i++) {
        Stranger *stranger = &strangers[i];
        if (stranger->pid > 0)
            look_at_end(stranger, WNOHANG);
        if (stranger->pid > 0 && stranger->signal) {
            note(stranger->pid, "", stranger->signal, stranger->sender);
            stranger->signal = 0;
        }
        living += stranger->pid > 0;
    }
    if (*touched)
        snprintf(answer, room, "touched%s", touched);
    else
        snprintf(answer, room, "untouched %d", living);
}

static void serve(int connection)
{
    FILE *in = fdopen(connection, "r");
    char *line = NULL, answer[sizeof touched + 20];
    size_t room = 0;
    while (in && getdelim(&line, &room, 0, in) > 0) {
        char word[20] = "";
        int pid = 0;
        if (sscanf(line, "%19s %d", word, &pid) < 1)
            break;
        if (strcmp(word, "check") == 0) {
            check(answer, sizeof answer);
        } else if (strcmp(word, "end") == 0) {
            end(pid);
            strcpy(answer, "ended");
        } else {
            strcpy(answer, take(pid, strcmp(word, "steal") == 0));
        }
        if (write(connection, answer, strlen(answer) + 1) < 0)
            break;
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    strangers = mmap(NULL, ROOM * sizeof *strangers, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (argc != 2 || strangers == MAP_FAILED)
        die("begin");
    snprintf(at.sun_path, sizeof at.sun_path, "%s", argv[1]);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0 || bind(s, (struct sockaddr *) &at, sizeof at) != 0 || listen(s, 1) != 0)
        die("listen");
    serve(accept(s, NULL, NULL));
    return 0;
}
