/*
 * jinitd, the keeper: the parent of every process. It starts the manager, does what the manager asks for, and keeps
 * what has happened until the manager knows it. One thread, one loop, nothing allocated after the start.
 */
#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENT_BATCH = 64 };

uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int also = -1; /* beside the standard error */
static bool with_time;

/* A reader of our output that has stopped must not stop us. */
static void write_to(int fd, const char *text, size_t size) {
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (poll(&ready, 1, 0) == 1 && write(fd, text, size) < 0) return;
}

void say_also_to(int fd) {
    also = fd;
}

/* As the manager does it where the log is a file. */
void say_with_time(void) {
    tzset();
    with_time = true;
}

static size_t put_time(char *text, size_t size) {
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    if (!with_time || !localtime_r(&now.tv_sec, &parts)) return 0;
    size_t length = strftime(text, size, "%F %T", &parts);
    return length + (size_t)snprintf(text + length, size - length, ".%03ld ", now.tv_nsec / 1000000);
}

/* One write each, so that the manager's lines do not come in between. */
static void write_line(const char *format, va_list arguments) {
    char line[1024];
    size_t time = put_time(line, sizeof line), start = time + (size_t)sprintf(line + time, "jinitd: ");
    int length = vsnprintf(line + start, sizeof line - start - 1, format, arguments);
    if (length < 0) return;
    size_t end = start + (size_t)length;
    if (end > sizeof line - 2) end = sizeof line - 2;
    line[end++] = '\n';
    write_to(STDERR_FILENO, line, end);
    if (also >= 0) write_to(also, line + time, end - time);
}

void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
}

_Noreturn void die(int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
    exit(code);
}

int watch_fd(struct keeper *keeper, int fd, uint32_t events, enum source source, uint32_t index) {
    struct epoll_event event = {.events = events, .data.u64 = (uint64_t)source << 32 | index};
    int result = epoll_ctl(keeper->epoll, EPOLL_CTL_ADD, fd, &event);
    if (result < 0) say("cannot watch descriptor %d: %s", fd, strerror(errno));
    return result;
}

static void read_signals(struct keeper *keeper) {
    struct signalfd_siginfo info[16];
    bool children = false;
    for (ssize_t size; (size = read(keeper->signals, info, sizeof info)) > 0;) {
        for (size_t i = 0; i < (size_t)size / sizeof info[0]; i++) {
            uint32_t number = info[i].ssi_signo;
            if (number == SIGCHLD) {
                children = true;
                continue;
            }
            struct signal_count *count = &keeper->signal[number];
            *count = (struct signal_count){
                .pid = (int32_t)info[i].ssi_pid, .uid = info[i].ssi_uid, .count = count->count + 1};
            keeper->signals_due |= 1ull << number;
            if (number == SIGTERM || number == SIGINT || number == SIGPWR) keeper->end_asked = true;
        }
    }
    if (children) reap(keeper);
}

static void act_on(struct keeper *keeper, uint64_t what) {
    uint32_t index = (uint32_t)what;
    switch ((enum source)(what >> 32)) {
    case SOURCE_SIGNAL: read_signals(keeper); break;
    case SOURCE_LINK:
        if (keeper->link != NONE) link_read(keeper);
        break;
    case SOURCE_STATUS: spawn_status(keeper, &keeper->slots[index]); break;
    case SOURCE_LAUNCHER:
        if (keeper->launcher.ready != NONE) launcher_gone(keeper);
        break;
    case SOURCE_WATCHED: watched_event(keeper, &keeper->slots[index]); break;
    }
}

/* Milliseconds to the next thing that is due, -1 for none. */
static int timeout(const struct keeper *keeper) {
    uint64_t manager = manager_due(keeper), end = shutdown_due(keeper), now = now_ns();
    uint64_t due = manager == 0 || (end != 0 && end < manager) ? end : manager;
    if (due == 0) return -1;
    return due <= now ? 0 : (int)((due - now) / 1000000u + 1);
}

_Noreturn static void run(struct keeper *keeper) {
    struct epoll_event events[EVENT_BATCH];
    for (;;) {
        int count = epoll_wait(keeper->epoll, events, EVENT_BATCH, timeout(keeper));
        if (count < 0 && errno != EINTR) die(255, "cannot wait for events: %s", strerror(errno));
        for (int i = 0; i < count; i++) act_on(keeper, events[i].data.u64);
        uint64_t now = now_ns();
        manager_timers(keeper, now);
        shutdown_timers(keeper, now);
        link_flush(keeper);
    }
}

int main(int argc, char **argv) {
    static struct inherited inherited;
    static struct options options;
    parse_options(&options, argc, title_prepare(argv));
    struct launcher launcher = options.detach ? detach(&options) : NOBODY;
    struct keeper *keeper = table_memory(sizeof *keeper);
    keeper->link = keeper->lock = NONE;
    keeper->inherited = &inherited;
    keeper->options = options;
    keeper->launcher = launcher;
    prepare_process(keeper);
    prepare_run_dir(keeper);
    if (keeper->options.detach) open_log(keeper);
    make_pidfile(keeper);
    prepare_memfds(keeper);
    table_init(keeper);
    keeper->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (keeper->epoll < 0) die(1, "cannot open epoll: %s", strerror(errno));
    if (watch_fd(keeper, keeper->signals, EPOLLIN, SOURCE_SIGNAL, 0) < 0) return 1;
    watch_launcher(keeper);
    end_leftovers(keeper);
    mark_run_dir(keeper);
    manager_prepare(keeper);
    manager_start(keeper);
    run(keeper);
}
