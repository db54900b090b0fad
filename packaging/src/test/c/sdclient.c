/*
 * sdclient FILE: a daemon that speaks to its manager through libsystemd alone, as daemons do. Appends to FILE what the library told it.
 * In its first run it stores a descriptor, in a later one it looks for it. HUP: reload. TERM: stops.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

enum { BARRIER_MICROS = 10 * 1000 * 1000 };

static FILE *out;

static void tell(const char *name, long value)
{
    fprintf(out, "%s %ld\n", name, value);
    fflush(out);
}

/* Every call of the library must say that it was done. */
static void expect(int result, const char *what)
{
    if (result <= 0) {
        fprintf(stderr, "sdclient: cannot %s: %s\n", what, result ? strerror(-result) : "nobody to tell");
        exit(120);
    }
}

static void keep(const char *text, const char *name)
{
    char message[200];
    int fd = memfd_create("kept", MFD_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t) strlen(text))
        exit(120);
    snprintf(message, sizeof message, "FDSTORE=1\nFDNAME=%s", name);
    expect(sd_pid_notify_with_fds(0, 0, message, &fd, 1), "store a descriptor");
    close(fd);
}

static void take_back(void)
{
    char **names = NULL, text[100];
    int count = sd_listen_fds_with_names(0, &names);
    tell("descriptors", count);
    for (int i = 0; i < count; i++) {
        ssize_t length = pread(SD_LISTEN_FDS_START + i, text, sizeof text, 0);
        fprintf(out, "kept %s %.*s\n", names[i], (int) length, text);
    }
    if (count == 0) {
        keep("alpha", "first");
        keep("beta", "second");
    }
}

static void reload(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long micros = now.tv_sec * 1000000LL + now.tv_nsec / 1000;
    expect(sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", micros), "tell that it reloads");
    expect(sd_notify(0, "READY=1\nSTATUS=reloaded"), "tell that it has reloaded");
    tell("reloaded", 1);
}

int main(int argc, char **argv)
{
    sigset_t signals;
    uint64_t watchdog = 0;
    out = argc == 2 ? fopen(argv[1], "a") : NULL;
    if (!out)
        return 120;
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    take_back();
    tell("watchdog", sd_watchdog_enabled(0, &watchdog) > 0 ? (long) watchdog : 0);
    expect(sd_notifyf(0, "STATUS=%s", "warming up"), "tell a status");
    tell("barrier", sd_notify_barrier(0, BARRIER_MICROS));
    expect(sd_pid_notifyf(getpid(), 0, "READY=1\nMAINPID=%d", getpid()), "tell that it is ready");
    for (;;) {
        struct timespec half = {(time_t) (watchdog / 2000000), (long) (watchdog / 2 % 1000000 * 1000)};
        int s = sigtimedwait(&signals, NULL, watchdog ? &half : NULL);
        if (s == SIGHUP)
            reload();
        if (s == SIGTERM)
            break;
        expect(sd_notify(0, "WATCHDOG=1"), "tell that it lives");
    }
    expect(sd_notify(0, "STOPPING=1"), "tell that it stops");
    tell("stopping", sd_notify_barrier(1, BARRIER_MICROS));
    tell("forgotten", getenv("NOTIFY_SOCKET") == NULL);
    return 0;
}
