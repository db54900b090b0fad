/* The manager's side of the protocol, as small as tests need it. */
#include "kit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct kit kit;

enum { PLAN_ROOM = 65536 };

_Noreturn void fail_at(const char *file, int line, const char *condition, const char *format, ...) {
    va_list arguments;
    fprintf(stderr, "%s:%d: not so: %s: ", file, line, condition);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    send_exit(KEEPER_EXIT, 99, KEEPER_EXIT_KILL, 0);
}

uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct building plan_new(void) {
    struct building plan = {.bytes = calloc(1, PLAN_ROOM), .size = sizeof(struct plan)};
    plan.head = (struct plan){
        .magic = PLAN_MAGIC, .version = KEEPER_VERSION, .head_size = sizeof(struct plan), .cgroup_index = -1, .namespace_index = -1};
    return plan;
}

struct building plan_of(const char *const *argv, const char *const *environment) {
    struct building plan = plan_new();
    plan.head.argv = plan_strings(&plan, argv);
    if (environment) plan.head.environment = plan_strings(&plan, environment);
    return plan;
}

uint32_t plan_text(struct building *plan, const char *text) {
    uint32_t offset = (uint32_t)plan->size;
    strcpy(plan->bytes + offset, text);
    plan->size += strlen(text) + 1;
    return offset;
}

struct plan_span plan_strings(struct building *plan, const char *const *texts) {
    struct plan_span span = {.offset = (uint32_t)plan->size};
    for (; *texts; texts++, span.count++) plan_text(plan, *texts);
    return span;
}

struct plan_span plan_items(struct building *plan, const void *items, uint32_t count, size_t item_size) {
    plan->size = (plan->size + 7) & ~(size_t)7;
    struct plan_span span = {.offset = (uint32_t)plan->size, .count = count};
    memcpy(plan->bytes + plan->size, items, count * item_size);
    plan->size += count * item_size;
    return span;
}

int plan_done(struct building *plan, bool seal) {
    int fd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    size_t size = plan->size + 1; /* ends in 0 */
    if (plan->head.size == 0) plan->head.size = (uint32_t)size;
    memcpy(plan->bytes, &plan->head, sizeof plan->head);
    CHECK(write(fd, plan->bytes, size) == (ssize_t)size, "%s", strerror(errno));
    if (seal) fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    free(plan->bytes);
    return fd;
}

/* Waits for room; what comes meanwhile is taken, so that neither side waits for the other. */
void send_to_keeper(const void *message, const int *fds, int count) {
    const struct keeper_header *header = message;
    struct iovec part = {.iov_base = (void *)(uintptr_t)message, .iov_len = header->size};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(253 * sizeof(int))] = {0};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        packet.msg_control = control;
        packet.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
        struct cmsghdr *rights = CMSG_FIRSTHDR(&packet);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
        memcpy(CMSG_DATA(rights), fds, (size_t)count * sizeof(int));
    }
    while (sendmsg(KEEPER_LINK_FD, &packet, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        if (errno != EAGAIN) {
            fprintf(stderr, "cannot write to the keeper: %s\n", strerror(errno));
            _exit(98);
        }
        struct pollfd ready = {.fd = KEEPER_LINK_FD, .events = POLLIN | POLLOUT};
        poll(&ready, 1, 1000);
        while (pump(0)) continue;
    }
}

#define HEADER(kind, type_name) {.version = KEEPER_VERSION, .type = (type_name), .size = sizeof(struct kind)}

void say_hello(void) {
    struct keeper_hello message = {.header = HEADER(keeper_hello, KEEPER_HELLO), .version = KEEPER_VERSION};
    kit.environment = kit.arguments = -1;
    send_to_keeper(&message, NULL, 0);
    while (!kit.synced) CHECK(pump(KIT_WAIT_MS), "no answer to HELLO");
}

void send_spawn(uint64_t request, const char *label, int memfd, const int *fds, int count) {
    struct keeper_spawn message = {.header = HEADER(keeper_spawn, KEEPER_SPAWN), .request = request};
    int all[1 + KEEPER_MAX_SPAWN_FDS] = {memfd};
    snprintf((char *)message.label, sizeof message.label, "%s", label);
    if (count > 0) memcpy(all + 1, fds, (size_t)count * sizeof(int));
    send_to_keeper(&message, all, 1 + count);
}

void spawn_plan(uint64_t request, struct building *plan, const int *fds, int count) {
    char label[32];
    int memfd = plan_done(plan, true);
    snprintf(label, sizeof label, "request %llu", (unsigned long long)request);
    send_spawn(request, label, memfd, fds, count);
    close(memfd);
}

void spawn_command(uint64_t request, const char *const *argv) {
    struct building plan = plan_of(argv, COMMAND("PATH=/usr/bin:/bin"));
    plan.head.flags = PLAN_SESSION;
    int fds[] = {1, 2};
    struct plan_fd map[] = {{.target = 1, .index = 0}, {.target = 2, .index = 1}};
    plan.head.fds = plan_items(&plan, map, 2, sizeof map[0]);
    spawn_plan(request, &plan, fds, 2);
}

void send_ack(uint64_t slot, uint32_t state) {
    struct keeper_ack message = {.header = HEADER(keeper_ack, KEEPER_ACK), .slot = slot, .state = state};
    send_to_keeper(&message, NULL, 0);
}

void send_simple(uint16_t type, uint64_t value) {
    struct keeper_ping message = {.header = HEADER(keeper_ping, type), .challenge = value};
    send_to_keeper(&message, NULL, 0);
}

void send_store(uint16_t type, const char *label, int fd) {
    struct keeper_store message = {.header = HEADER(keeper_store, type)};
    snprintf((char *)message.label, sizeof message.label, "%s", label);
    send_to_keeper(&message, &fd, fd < 0 ? 0 : 1);
}

void send_watch(uint64_t request, const char *label, int pidfd) {
    struct keeper_watch message = {.header = HEADER(keeper_watch, KEEPER_WATCH), .request = request};
    snprintf((char *)message.label, sizeof message.label, "%s", label);
    send_to_keeper(&message, &pidfd, 1);
}

_Noreturn void send_exit(uint16_t type, int code, uint32_t flags, uint32_t grace_ms) {
    struct keeper_exit message = {
        .header = HEADER(keeper_exit, type), .code = code, .flags = flags, .grace_ms = grace_ms};
    send_to_keeper(&message, NULL, 0);
    _exit(0);
}

struct seen *seen_of(uint64_t request) {
    return &kit.seen[request % KIT_SEEN];
}

static void take(const struct keeper_header *header, const int *fds, int count) {
    const void *bytes = header;
    switch (header->type) {
    case KEEPER_WELCOME:
        memcpy(&kit.welcome, bytes, sizeof kit.welcome);
        CHECK(count == 2, "%d descriptors", count);
        kit.environment = fds[0];
        kit.arguments = fds[1];
        return;
    case KEEPER_SLOT: {
        const struct keeper_slot *slot = bytes;
        struct seen *seen = seen_of(slot->request);
        if (!seen->valid || seen->slot.slot != slot->slot) *seen = (struct seen){.valid = true, .pidfd = -1};
        seen->slot = *slot;
        seen->told++;
        kit.slots_told++;
        if (count == 1) {
            CHECK(seen->pidfd < 0, "a second pidfd for request %llu", (unsigned long long)slot->request);
            seen->pidfd = fds[0];
        }
        return;
    }
    case KEEPER_STOPPED:
        kit.stops[kit.stop_count % KIT_LIST].stop = *(const struct keeper_stopped *)bytes;
        kit.stops[kit.stop_count++ % KIT_LIST].pidfd = count == 1 ? fds[0] : -1;
        return;
    case KEEPER_ORPHANS: memcpy(&kit.orphans, bytes, sizeof kit.orphans); return;
    case KEEPER_SIGNAL: kit.signals[((const struct keeper_signal *)bytes)->signal] = *(const struct keeper_signal *)bytes; return;
    case KEEPER_STORED:
        CHECK(count == 1, "%d descriptors", count);
        memcpy(kit.stored[kit.stored_count % KIT_LIST].label, ((const struct keeper_stored *)bytes)->label,
               KEEPER_LABEL_SIZE);
        kit.stored[kit.stored_count++ % KIT_LIST].fd = fds[0];
        return;
    case KEEPER_SYNCED: kit.synced = true; return;
    case KEEPER_PING:
        kit.pings++;
        if (!kit.no_pong) send_simple(KEEPER_PONG, ((const struct keeper_ping *)bytes)->challenge);
        return;
    case KEEPER_REFUSED:
        kit.refused[kit.refused_count++ % KIT_LIST] = *(const struct keeper_refused *)bytes;
        return;
    }
    CHECK(false, "message of type %u", header->type);
}

/* Takes one message; false: none within the time. */
bool pump(int timeout_ms) {
    struct pollfd ready = {.fd = KEEPER_LINK_FD, .events = POLLIN};
    if (timeout_ms != 0 && poll(&ready, 1, timeout_ms) <= 0) return false;
    _Alignas(uint64_t) char bytes[KEEPER_MAX_MESSAGE];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))];
    struct iovec part = {.iov_base = bytes, .iov_len = sizeof bytes};
    struct msghdr packet = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t size = recvmsg(KEEPER_LINK_FD, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0 && errno == EAGAIN) return false;
    if (size <= 0) _exit(97); /* the keeper is gone */
    int fds[8], count = 0;
    const struct cmsghdr *rights = CMSG_FIRSTHDR(&packet);
    if (rights) {
        count = (int)((rights->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(fds, CMSG_DATA(rights), (size_t)count * sizeof(int));
    }
    const struct keeper_header *header = (const struct keeper_header *)bytes;
    CHECK(header->size == size && header->version == KEEPER_VERSION, "size %zd", size);
    take(header, fds, count);
    return true;
}

static bool reached(uint32_t state, uint32_t wanted) {
    return state >= wanted && (state != KEEPER_WATCHED || wanted == KEEPER_WATCHED);
}

/* Until the request's slot is in that state or a later one. */
struct seen *await(uint64_t request, uint32_t state) {
    struct seen *seen = seen_of(request);
    uint64_t end = clock_ns() + KIT_WAIT_MS * 1000000ull;
    while (!seen->valid || seen->slot.request != request || !reached(seen->slot.state, state))
        CHECK(pump(1000) || clock_ns() < end, "request %llu: state %u, awaited %u", (unsigned long long)request,
              seen->slot.state, state);
    return seen;
}

struct seen *await_and_ack(uint64_t request) {
    struct seen *seen = await(request, KEEPER_FAILED);
    send_ack(seen->slot.slot, seen->slot.state);
    if (seen->pidfd >= 0) close(seen->pidfd);
    seen->pidfd = -1;
    return seen;
}

bool until(bool (*done)(void), int timeout_ms) {
    uint64_t end = clock_ns() + (uint64_t)timeout_ms * 1000000u;
    while (!done()) {
        uint64_t now = clock_ns();
        if (now >= end) return false;
        pump((int)((end - now) / 1000000u) + 1);
    }
    return true;
}

int signal_pidfd(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int open_pidfd(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

size_t read_all(int fd, char *text, size_t size) {
    size_t used = 0;
    ssize_t length = 0;
    while (used < size - 1 && (length = read(fd, text + used, size - 1 - used)) > 0) used += (size_t)length;
    text[used] = 0;
    return used;
}

/* A number of /proc/PID/status, such as VmRSS; -1 if there is none. */
long status_number(pid_t pid, const char *key) {
    char path[40], text[4096];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    read_all(fd, text, sizeof text);
    close(fd);
    const char *at = strstr(text, key);
    return at ? strtol(at + strlen(key) + 1, NULL, 10) : -1;
}

int open_fds(pid_t pid) {
    char path[40];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *directory = opendir(path);
    if (!directory) return -1;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

int zombies_of(pid_t parent) {
    int count = 0;
    DIR *proc = opendir("/proc");
    for (const struct dirent *entry; (entry = readdir(proc)) != NULL;) {
        pid_t pid = atoi(entry->d_name);
        if (pid <= 0 || status_number(pid, "PPid:") != parent) continue;
        char path[40], text[512];
        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) continue;
        read_all(fd, text, sizeof text);
        close(fd);
        const char *state = strrchr(text, ')');
        if (state && state[2] == 'Z') count++;
    }
    closedir(proc);
    return count;
}

void full_pipe(int fds[2]) {
    char block[4096] = {0};
    CHECK(pipe2(fds, O_CLOEXEC) == 0, "%s", strerror(errno));
    fcntl(fds[1], F_SETFL, O_NONBLOCK);
    while (write(fds[1], block, sizeof block) > 0) continue;
    while (write(fds[1], block, 1) > 0) continue;
    fcntl(fds[1], F_SETFL, 0);
}

const char *self_path(void) {
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    return path;
}
