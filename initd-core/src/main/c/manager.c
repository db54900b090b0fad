/* The life of the manager: started, challenged, started again. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS(n) ((uint64_t)(n) * 1000000000u)

enum {
    MAX_FAILURES = 5,
    HELLO_SECONDS = 60,   /* from the start to HELLO */
    SILENCE_SECONDS = 30, /* then it is challenged */
    ANSWER_SECONDS = 10,
    LATE_SECONDS = 2,     /* the keeper itself woke so late: it was frozen, and the manager with it */
    END_SECONDS = 2,      /* from the end of the link to that of the process */
    GRACE_MS = 5000,
    MAX_FILE = 16384,
    MAX_ENVIRONMENT = 24,
};

static char file_text[MAX_FILE], expanded[MAX_FILE];
static char *arguments[2 * MAX_MANAGER_ARGS + 8];
static char *environment[MAX_ENVIRONMENT + 1];

/* Nothing else of the keeper's environment reaches the manager as its environment: it gets that as data. */
static void prepare_environment(void) {
    static const char *const kept[] = {"LANG",           "LC_ALL",          "LC_CTYPE",      "LC_MESSAGES",
                                       "TZ",             "HOME",            "TERM",          "XDG_RUNTIME_DIR",
                                       "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"};
    int count = 0;
    environment[count++] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        const char *value = getenv(kept[i]);
        if (value) environment[count++] = (char *)(uintptr_t)(value - strlen(kept[i]) - 1);
    }
    if (!getenv("HOME")) environment[count++] = "HOME=/";
}

/* One argument per line; %i is the image's directory, %% a percent sign. */
static int read_arguments(const struct keeper *keeper, const char *path, int count) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, file_text, sizeof file_text - 1);
    if (length < 0) die(1, "cannot read %s: %s", path, strerror(errno));
    close(fd);
    if (length == sizeof file_text - 1) die(1, "cannot read %s: it is over %d bytes", path, MAX_FILE - 2);
    size_t out = 0;
    char *rest = file_text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (*line == 0) continue;
        if (count > MAX_MANAGER_ARGS) die(1, "cannot read %s: it has over %d lines", path, MAX_MANAGER_ARGS);
        arguments[count++] = expanded + out;
        for (const char *at = line; *at; at++) {
            bool image = at[0] == '%' && at[1] == 'i';
            size_t length_added = image ? strlen(keeper->image) : 1;
            if (out + length_added + 2 > sizeof expanded) die(1, "cannot read %s: it is too long", path);
            memcpy(expanded + out, image ? keeper->image : at, length_added);
            out += length_added;
            if (at[0] == '%' && (at[1] == 'i' || at[1] == '%')) at++;
        }
        expanded[out++] = 0;
    }
    return count;
}

/* All that starting a manager needs is laid down once. */
void manager_prepare(struct keeper *keeper) {
    static char program[PATH_MAX + 32], list[PATH_MAX + 32];
    ssize_t length = readlink("/proc/self/exe", keeper->image, sizeof keeper->image - 1);
    if (length < 0) die(1, "cannot find the image: readlink /proc/self/exe: %s", strerror(errno));
    keeper->image[length] = 0;
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(keeper->image, '/');
        if (slash) *slash = 0;
    }
    int count = 1;
    if (keeper->options.manager) {
        arguments[0] = (char *)(uintptr_t)keeper->options.manager;
    } else {
        snprintf(program, sizeof program, "%s/libexec/runtime/bin/java", keeper->image);
        snprintf(list, sizeof list, "%s/libexec/manager.argv", keeper->image);
        arguments[0] = program;
        /* Java's account of a crash, which would else be written to the working directory. */
        if (keeper->options.detach &&
            asprintf(&arguments[count++], "-XX:ErrorFile=%s/manager-crash-%%p.txt", keeper->options.log_dir) < 0)
            die(1, "cannot start: out of memory");
        count = read_arguments(keeper, list, count);
    }
    /* First, so that the manager can tell them from those of a command to run. */
    if (keeper->options.detach) arguments[count++] = (char *)(uintptr_t)"--detach";
    if (keeper->options.wait_boot) arguments[count++] = (char *)(uintptr_t)"--wait-boot";
    if (keeper->pidfile) arguments[count++] = keeper->pidfile;
    for (int i = 0; i < keeper->options.manager_argc; i++) arguments[count++] = keeper->options.manager_argv[i];
    prepare_environment();
}

_Noreturn static void run_manager(int link, int report) {
    static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT};
    sigset_t none;
    setsid();
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) signal(ignored[i], SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int result = report == NONE ? 0 : dup2(report, STDIN_FILENO);
    if (result >= 0) result = link == KEEPER_LINK_FD ? fcntl(link, F_SETFD, 0) : dup2(link, KEEPER_LINK_FD);
    if (result >= 0) execve(arguments[0], arguments, environment);
    say("cannot start the manager: execute %s: %s", arguments[0], strerror(errno));
    _exit(127);
}

static void start_failed(struct keeper *keeper, const char *what, int error) {
    say("cannot start the manager: %s: %s", what, strerror(error));
    keeper->restart_due_ns = now_ns() + SECONDS(1);
    if (++keeper->failures >= MAX_FAILURES) shutdown_alone(keeper, 255, GRACE_MS);
}

static void show_crashes(const struct keeper *keeper) {
    char text[200];
    if (keeper->crashes == 0) return;
    snprintf(text, sizeof text, "monitoring pid %d (%u crashes: %s)", keeper->manager, keeper->crashes,
             keeper->last_crash);
    title_set(text);
}

void manager_start(struct keeper *keeper) {
    int pair[2];
    keeper->restart_due_ns = 0;
    keeper->started_ns = now_ns();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        start_failed(keeper, "socketpair", errno);
        return;
    }
    int report = keeper->launcher.report; /* a child has not the keeper's memory */
    pid_t pid = fork();
    if (pid == 0) run_manager(pair[1], report);
    int error = errno;
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        start_failed(keeper, "fork", error);
        return;
    }
    keeper->manager = pid;
    keeper->manager_starts++;
    show_crashes(keeper);
    keeper->link = pair[0];
    keeper->link_reading = true;
    keeper->link_writing = keeper->link_broken = false;
    keeper->hello = false;
    keeper->kill_due_ns = keeper->pinged_ns = 0;
    if (watch_fd(keeper, keeper->link, EPOLLIN, SOURCE_LINK, 0) < 0) manager_lost_link(keeper);
}

void manager_hello(struct keeper *keeper, uint32_t version) {
    if (version != KEEPER_VERSION) {
        say("cannot talk to the manager: it speaks version %u, the keeper %d", version, KEEPER_VERSION);
        manager_lost_link(keeper);
        return;
    }
    keeper->hello = keeper->welcome_due = keeper->sync_due = true;
    if (keeper->launcher.ready == NONE) keeper->failures = 0; /* who waits for a start is not to wait for ever */
    keeper->orphans_told = 0;
    table_untell(keeper);
    /* An order to end may have been lost with the manager before, which it reached: this one must have it too. */
    const uint64_t ends = 1ull << SIGTERM | 1ull << SIGINT | 1ull << SIGPWR;
    if (!keeper->end_asked || keeper->signals_due & ends) return; /* a second one would kill at once */
    keeper->signal[SIGTERM].count = 1;
    keeper->signals_due |= 1ull << SIGTERM;
}

/* Without a link the manager is of no use; it is to end by itself. */
void manager_lost_link(struct keeper *keeper) {
    link_close(keeper);
    if (keeper->manager > 0 && keeper->kill_due_ns == 0) keeper->kill_due_ns = now_ns() + SECONDS(END_SECONDS);
}

static void kill_manager(struct keeper *keeper) {
    /* Not reaped yet, so the pid is its own. */
    int pidfd = pidfd_open_of(keeper->manager);
    if (pidfd < 0 || pidfd_kill(pidfd, SIGKILL) < 0) say("cannot kill the manager: %s", strerror(errno));
    if (pidfd >= 0) close(pidfd);
}

/* In the words of Open vSwitch's daemons, which people search their logs for. */
static void describe(int wait_status, char *text, size_t size) {
    if (WIFEXITED(wait_status)) snprintf(text, size, "exit status %d", WEXITSTATUS(wait_status));
    else
        snprintf(text, size, "killed (%s)%s", strsignal(WTERMSIG(wait_status)),
                 WCOREDUMP(wait_status) ? ", core dumped" : "");
}

/* What a manager said before its end counts, above all an EXIT. */
static void hear_last_words(struct keeper *keeper) {
    char byte;
    while (keeper->link != NONE && keeper->phase == PHASE_RUN) {
        keeper->refusals = 0; /* nobody is left to be told */
        ssize_t size = recv(keeper->link, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (size == 0 || (size < 0 && errno != ECONNRESET)) return;
        link_read(keeper);
    }
}

void manager_died(struct keeper *keeper, int wait_status) {
    char text[100];
    bool hello = keeper->hello;
    pid_t pid = keeper->manager;
    describe(wait_status, text, sizeof text);
    hear_last_words(keeper);
    hello = hello || keeper->hello;
    link_close(keeper);
    keeper->manager = 0;
    keeper->kill_due_ns = keeper->pinged_ns = 0;
    if (keeper->phase != PHASE_RUN) return;
    keeper->crashes++;
    snprintf(keeper->last_crash, sizeof keeper->last_crash, "pid %d died, %s", pid, text);
    if (keeper->ending) {
        say("%u crashes: %s; ending without a manager", keeper->crashes, keeper->last_crash);
        shutdown_alone(keeper, keeper->exit_code, keeper->grace_ms);
        return;
    }
    if ((!hello || keeper->launcher.ready != NONE) && ++keeper->failures >= MAX_FAILURES) {
        say("%u crashes: %s; cannot start the manager %d times in a row, giving up", keeper->crashes,
            keeper->last_crash, MAX_FAILURES);
        shutdown_alone(keeper, 255, GRACE_MS);
        return;
    }
    say("%u crashes: %s; starting the manager again", keeper->crashes, keeper->last_crash);
    keeper->restart_due_ns = keeper->started_ns + SECONDS(1);
}

/* When the manager is next to be looked at, 0 for never. */
uint64_t manager_due(const struct keeper *keeper) {
    if (keeper->phase != PHASE_RUN) return 0;
    if (keeper->manager <= 0) return keeper->restart_due_ns;
    if (keeper->kill_due_ns) return keeper->kill_due_ns;
    if (!keeper->hello) return keeper->started_ns + SECONDS(HELLO_SECONDS);
    if (keeper->pinged_ns) return keeper->pinged_ns + SECONDS(ANSWER_SECONDS);
    return keeper->heard_ns + SECONDS(SILENCE_SECONDS);
}

void manager_timers(struct keeper *keeper, uint64_t now) {
    uint64_t due = manager_due(keeper);
    if (due == 0 || now < due) return;
    if (keeper->manager <= 0) {
        manager_start(keeper);
        return;
    }
    bool late = now > due + SECONDS(LATE_SECONDS);
    if (keeper->kill_due_ns) {
        kill_manager(keeper);
        keeper->kill_due_ns = now + SECONDS(END_SECONDS);
    } else if (!keeper->hello) {
        say("the manager did not say hello within %d s; killing it", HELLO_SECONDS);
        keeper->kill_due_ns = now;
    } else if (!keeper->pinged_ns || late) {
        if (getrandom(&keeper->challenge, sizeof keeper->challenge, GRND_NONBLOCK) < 0) keeper->challenge = now;
        keeper->pinged_ns = now;
        keeper->ping_due = true;
    } else {
        say("the manager does not answer; killing it");
        link_close(keeper);
        kill_manager(keeper);
        keeper->kill_due_ns = now + SECONDS(END_SECONDS);
    }
}
