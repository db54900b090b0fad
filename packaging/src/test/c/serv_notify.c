/*
 * What serv says to its manager: sd_notify's datagrams and the readiness pipe.
 */
#define _GNU_SOURCE
#include "serv.h"
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

long long now_nanos(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

void pause_millis(long millis)
{
    struct timespec t = {millis / 1000, millis % 1000 * 1000000L};
    while (nanosleep(&t, &t) < 0 && errno == EINTR)
        continue;
}

/* Sends one datagram to NOTIFY_SOCKET, with a descriptor when fd is one. "\n" written as backslash n is a newline. */
static void notify(const char *escaped, int fd)
{
    const char *path = getenv("NOTIFY_SOCKET");
    errno = ENOENT;
    check(path != NULL, "find NOTIFY_SOCKET");
    char text[4096];
    size_t used = 0;
    for (const char *c = escaped; *c && used < sizeof text; c++) {
        bool newline = c[0] == '\\' && c[1] == 'n';
        text[used++] = newline ? '\n' : *c;
        c += newline;
    }
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    check(length < sizeof to.sun_path, "use NOTIFY_SOCKET");
    memcpy(to.sun_path, path, length);
    if (path[0] == '@')
        to.sun_path[0] = 0;
    struct iovec vector = {text, used};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {.space = {0}};
    struct msghdr message = {.msg_name = &to, .msg_iov = &vector, .msg_iovlen = 1};
    message.msg_namelen = (socklen_t) (offsetof(struct sockaddr_un, sun_path) + length);
    if (fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control.space;
        control.header = (struct cmsghdr) {
            .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
        memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    }
    int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    check(s >= 0 && sendmsg(s, &message, MSG_NOSIGNAL) >= 0, "notify");
    close(s);
}

/* sd_notify_barrier: the other side closes the descriptor when everything sent before was processed. */
static void barrier(long millis)
{
    int ends[2];
    char byte;
    check(pipe2(ends, O_CLOEXEC) == 0, "make a pipe");
    notify("BARRIER=1", ends[1]);
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    long long end = now_nanos() + millis * 1000000LL;
    while (read(ends[0], &byte, 1) < 0 && errno == EAGAIN) {
        errno = ETIMEDOUT;
        check(now_nanos() < end, "pass the barrier");
        pause_millis(1);
    }
    close(ends[0]);
}

/* Stores a memfd with this text under this name: "NAME:TEXT". */
static void store(char *name)
{
    const char *text = split(name, "");
    char message[300];
    int fd = memfd_create("stored", MFD_CLOEXEC);
    check(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text), "make a memory file");
    snprintf(message, sizeof message, "FDSTORE=1\nFDNAME=%s", name);
    notify(message, fd);
    close(fd);
}

/* Says what is in a file, if there is one. */
static void notify_file(const char *path)
{
    char text[200];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    close(fd);
    if (length > 0) {
        text[length] = 0;
        notify(text, -1);
    }
}

bool run_notify(const char *name, char *arg)
{
    char text[80];
    if (strcmp(name, "notify") == 0) {
        notify(arg, -1);
    } else if (strcmp(name, "notify-child") == 0) {
        pid_t child = spawn();
        if (child == 0) {
            notify(arg, -1);
            _exit(0);
        }
        waitpid(child, NULL, 0);
    } else if (strcmp(name, "notify-reloading") == 0) {
        snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld", now_nanos() / 1000);
        notify(text, -1);
    } else if (strcmp(name, "notify-flood") == 0) {
        for (long i = atol(arg); i > 0; i--)
            notify("STATUS=flood", -1);
    } else if (strcmp(name, "notify-main") == 0) {
        snprintf(text, sizeof text, "MAINPID=%s", *arg ? arg : "");
        if (!*arg)
            snprintf(text, sizeof text, "MAINPID=%d", getpid());
        notify(text, -1);
    } else if (strcmp(name, "notify-file") == 0) {
        notify_file(arg);
    } else if (strcmp(name, "store") == 0) {
        store(arg);
    } else if (strcmp(name, "barrier") == 0) {
        barrier(*arg ? atol(arg) : 10000);
    } else if (strcmp(name, "ready-fd") == 0) {
        check(write(atoi(arg), "\n", 1) == 1, "say that it is ready");
    } else if (strcmp(name, "ready-env") == 0) {
        const char *fd = getenv("JINIT_READY_FD");
        check(fd != NULL && write(atoi(fd), "\n", 1) == 1, "say that it is ready");
    } else if (strcmp(name, "close-fd") == 0) {
        check(close(atoi(arg)) == 0, "close");
    } else {
        return false;
    }
    return true;
}
