/*
 * flood KIND FILE: READY=1, then messages of a kind to NOTIFY_SOCKET as fast as it can, never waiting for the other side. Writes
 * "TRIED TAKEN NANOSECONDS" to FILE again and again: how many were sent, how many of them the socket took, and the time since it began.
 *
 *   status, ready, watchdog, reloading, garbage, descriptors, store, silence
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { REPORT_EVERY = 1024, DESCRIPTORS = 3 };

static void die(const char *what)
{
    fprintf(stderr, "flood: cannot %s: %s\n", what, strerror(errno));
    exit(120);
}

static long long now_nanos(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int connected(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (!path || strlen(path) >= sizeof to.sun_path)
        die("find NOTIFY_SOCKET");
    strcpy(to.sun_path, path);
    int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s < 0 || connect(s, (struct sockaddr *) &to, sizeof to) != 0)
        die("connect");
    return s;
}

static int text_of(const char *kind, char *text, size_t room, long number)
{
    if (strcmp(kind, "status") == 0)
        return snprintf(text, room, "STATUS=message %ld of a flood", number);
    if (strcmp(kind, "ready") == 0)
        return snprintf(text, room, "READY=1");
    if (strcmp(kind, "watchdog") == 0)
        return snprintf(text, room, "WATCHDOG=1");
    if (strcmp(kind, "reloading") == 0)
        return snprintf(text, room, number % 2 ? "READY=1" : "RELOADING=1\nMONOTONIC_USEC=%lld", now_nanos() / 1000);
    if (strcmp(kind, "store") == 0)
        return snprintf(text, room, "FDSTORE=1\nFDNAME=n%ld", number % 100);
    if (strcmp(kind, "descriptors") == 0)
        return snprintf(text, room, "X_NUMBER=%ld", number);
    int length = 1 + (int) (number % 199);
    for (int i = 0; i < length; i++)
        text[i] = (char) (number * 31 + i * 7 + (i * number >> 3));
    return length;
}

static bool sent(int s, char *text, int length, int descriptors)
{
    static int null = -1;
    if (null < 0)
        null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct iovec vector = {text, (size_t) length};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * DESCRIPTORS)];
    } control = {.space = {0}};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (descriptors > 0) {
        size_t size = sizeof(int) * (size_t) descriptors;
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(size);
        control.header = (struct cmsghdr) {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(size)};
        for (int i = 0; i < descriptors; i++)
            memcpy(CMSG_DATA(&control.header) + i * (int) sizeof null, &null, sizeof null);
    }
    if (sendmsg(s, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
        return true;
    if (errno != EAGAIN && errno != ETOOMANYREFS)
        die("send");
    return false;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        die("begin");
    const char *kind = argv[1];
    int s = connected();
    int file = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    char text[400], report[100];
    int descriptors = strcmp(kind, "descriptors") == 0 ? DESCRIPTORS : strcmp(kind, "store") == 0;
    while (!sent(s, strcpy(text, "READY=1"), 7, 0))
        continue;
    while (strcmp(kind, "silence") == 0)
        pause();
    long long begin = now_nanos();
    long taken = 0;
    for (long tried = 1;; tried++) {
        taken += sent(s, text, text_of(kind, text, sizeof text, tried), descriptors);
        if (tried % REPORT_EVERY == 0) {
            int length = snprintf(report, sizeof report, "%15ld %15ld %20lld\n", tried, taken, now_nanos() - begin);
            if (pwrite(file, report, (size_t) length, 0) != length)
                die("report");
        }
    }
}
