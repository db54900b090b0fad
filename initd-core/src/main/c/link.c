/* The link to the manager: requests in, and out whatever the tables hold that was not told yet. Never blocks. */
#include "keeper.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MAX_FDS = 253,   /* what the kernel passes at once */
    READ_BATCH = 16, /* requests read before what they brought about is told */
};

#define HEADER(struct_name, type_name) \
    { .version = KEEPER_VERSION, .type = (type_name), .size = sizeof(struct struct_name) }

/* Sets what the link is to wake for. */
static void link_interest(struct keeper *keeper, bool reading, bool writing) {
    if (keeper->link == NONE || (reading == keeper->link_reading && writing == keeper->link_writing)) return;
    struct epoll_event event = {.events = (reading ? EPOLLIN : 0u) | (writing ? EPOLLOUT : 0u),
                                .data.u64 = (uint64_t)SOURCE_LINK << 32};
    if (epoll_ctl(keeper->epoll, EPOLL_CTL_MOD, keeper->link, &event) < 0)
        say("cannot watch the link: %s", strerror(errno));
    keeper->link_reading = reading;
    keeper->link_writing = writing;
}

void link_close(struct keeper *keeper) {
    if (keeper->link == NONE) return;
    /* A child that has not executed yet may hold it too, so closing alone would not end the watching. */
    epoll_ctl(keeper->epoll, EPOLL_CTL_DEL, keeper->link, NULL);
    close(keeper->link);
    keeper->link = NONE;
    keeper->refusals = 0;
    keeper->hello = keeper->welcome_due = keeper->sync_due = keeper->ping_due = false;
}

/* False: not now (the link is full), or never (it is gone). */
static bool send_message(struct keeper *keeper, const void *message, const int *fds, int count) {
    const struct keeper_header *header = message;
    struct iovec part = {.iov_base = (void *)(uintptr_t)message, .iov_len = header->size};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))];
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        packet.msg_control = control;
        packet.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
        memset(control, 0, sizeof control);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&packet);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
        memcpy(CMSG_DATA(rights), fds, (size_t)count * sizeof(int));
    }
    ssize_t sent;
    do {
        sent = sendmsg(keeper->link, &packet, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) return true;
    if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM || errno == ETOOMANYREFS) {
        link_interest(keeper, keeper->link_reading, true);
    } else {
        /* What the manager said before it went is still to be read; end of file comes after that. */
        keeper->link_broken = true;
    }
    return false;
}

static bool tell_welcome(struct keeper *keeper) {
    if (!keeper->welcome_due) return true;
    struct keeper_welcome message = {
        .header = HEADER(keeper_welcome, KEEPER_WELCOME),
        .version = KEEPER_VERSION,
        .flags = (keeper->pid1 ? KEEPER_WELCOME_PID1 : 0u) | (keeper->subreaper ? KEEPER_WELCOME_SUBREAPER : 0u) |
                 (keeper->hello_ever ? KEEPER_WELCOME_AGAIN : 0u),
        .keeper_pid = getpid(),
        .manager_starts = keeper->manager_starts,
        .keeper_start = keeper->start_time,
        .pid_namespace = keeper->pid_namespace,
        .tag_prefix = keeper->tag_prefix,
        .max_slots = keeper->max_slots,
        .slots = keeper->slots_used,
        .stored = keeper->stored_used,
        .nofile_soft = keeper->inherited->nofile.rlim_cur,
        .nofile_hard = keeper->inherited->nofile.rlim_max,
    };
    memcpy(message.boot_id, keeper->boot_id, sizeof message.boot_id);
    int fds[] = {keeper->environment, keeper->arguments};
    if (!send_message(keeper, &message, fds, 2)) return false;
    keeper->welcome_due = false;
    keeper->hello_ever = true;
    return true;
}

static bool tell_refusals(struct keeper *keeper) {
    uint32_t told = 0;
    for (; told < keeper->refusals; told++) {
        const struct refusal *refusal = &keeper->refusal[told];
        struct keeper_refused message = {.header = HEADER(keeper_refused, KEEPER_REFUSED),
                                         .request = refusal->request,
                                         .reason = refusal->reason,
                                         .error = refusal->error};
        if (!send_message(keeper, &message, NULL, 0)) break;
    }
    keeper->refusals -= told;
    memmove(keeper->refusal, keeper->refusal + told, keeper->refusals * sizeof keeper->refusal[0]);
    return keeper->refusals == 0;
}

static bool tell_signals(struct keeper *keeper) {
    for (int number = 1; keeper->signals_due != 0 && number < _NSIG && number < 64; number++) {
        if (!(keeper->signals_due & 1ull << number)) continue;
        struct signal_count *count = &keeper->signal[number];
        struct keeper_signal message = {.header = HEADER(keeper_signal, KEEPER_SIGNAL),
                                        .signal = number,
                                        .pid = count->pid,
                                        .uid = count->uid,
                                        .count = count->count};
        if (!send_message(keeper, &message, NULL, 0)) return false;
        count->count = 0;
        keeper->signals_due &= ~(1ull << number);
    }
    return true;
}

static bool tell_stop(struct keeper *keeper, uint64_t slot, pid_t pid, int signal, int pidfd) {
    struct keeper_stopped message = {
        .header = HEADER(keeper_stopped, KEEPER_STOPPED), .slot = slot, .pid = pid, .signal = signal};
    return send_message(keeper, &message, &pidfd, pidfd == NONE ? 0 : 1);
}

static bool tell_slot(struct keeper *keeper, struct slot *slot) {
    struct keeper_slot message = {
        .header = HEADER(keeper_slot, KEEPER_SLOT),
        .slot = slot->id,
        .request = slot->request,
        .state = slot->state,
        .flags = slot->flags,
        .pid = slot->pid,
        .wait_status = slot->wait_status,
        .step = slot->step,
        .error = slot->error,
        .pid_inode = slot->pid_inode,
        .changed_ns = slot->changed_ns,
    };
    memcpy(message.label, slot->label, sizeof message.label);
    memcpy(message.detail, slot->detail, sizeof message.detail);
    bool watched = slot->flags & KEEPER_SLOT_WATCHED;
    if (!slot->pidfd_told && slot->pidfd == NONE && !slot_is_final(slot)) slot->pidfd = pidfd_open_of(slot->pid);
    bool attach = !slot->pidfd_told && slot->pidfd != NONE;
    if (!send_message(keeper, &message, &slot->pidfd, attach ? 1 : 0)) return false;
    slot->pidfd_told = true;
    /* An own child's can be had again while it is not reaped: so thousands of slots do not hold descriptors. */
    if (attach && (!watched || slot_is_final(slot))) {
        close(slot->pidfd);
        slot->pidfd = NONE;
    }
    if (slot->stop_signal && !slot->stop_told && !slot_is_final(slot)) {
        if (!tell_stop(keeper, slot->id, slot->pid, slot->stop_signal, NONE)) return false;
        slot->stop_told = true;
    }
    slot_told(keeper, slot);
    return true;
}

static bool tell_tables(struct keeper *keeper) {
    while (keeper->untold_slots.first)
        if (!tell_slot(keeper, &keeper->slots[keeper->untold_slots.first - 1])) return false;
    while (keeper->untold_stored.first) {
        struct stored *stored = &keeper->stored[keeper->untold_stored.first - 1];
        struct keeper_stored message = {.header = HEADER(keeper_stored, KEEPER_STORED)};
        memcpy(message.label, stored->label, sizeof message.label);
        if (!send_message(keeper, &message, &stored->fd, 1)) return false;
        store_told(keeper, stored);
    }
    struct keeper_synced message = {.header = HEADER(keeper_synced, KEEPER_SYNCED)};
    if (keeper->sync_due && !send_message(keeper, &message, NULL, 0)) return false;
    keeper->sync_due = false;
    return true;
}

static bool tell_adopted_stops(struct keeper *keeper) {
    uint32_t told = 0;
    for (; told < keeper->stops; told++) {
        const struct adopted_stop *stop = &keeper->stop[told];
        if (!tell_stop(keeper, 0, stop->pid, stop->signal, stop->pidfd)) break;
        if (stop->pidfd != NONE) close(stop->pidfd);
    }
    keeper->stops -= told;
    memmove(keeper->stop, keeper->stop + told, keeper->stops * sizeof keeper->stop[0]);
    return keeper->stops == 0;
}

static bool tell_orphans(struct keeper *keeper) {
    if (keeper->orphans == keeper->orphans_told) return true;
    struct keeper_orphans message = {.header = HEADER(keeper_orphans, KEEPER_ORPHANS), .total = keeper->orphans};
    uint64_t first = keeper->orphans > KEEPER_LAST_ORPHANS ? keeper->orphans - KEEPER_LAST_ORPHANS : 0;
    for (uint64_t number = first; number < keeper->orphans; number++)
        message.last[message.count++] = keeper->orphan[number % KEEPER_LAST_ORPHANS];
    if (!send_message(keeper, &message, NULL, 0)) return false;
    keeper->orphans_told = keeper->orphans;
    return true;
}

static bool tell_ping(struct keeper *keeper) {
    struct keeper_ping message = {.header = HEADER(keeper_ping, KEEPER_PING), .challenge = keeper->challenge};
    if (keeper->ping_due && !send_message(keeper, &message, NULL, 0)) return false;
    keeper->ping_due = false;
    return true;
}

/* Tells all that is untold, as far as the link takes it. */
void link_flush(struct keeper *keeper) {
    if (keeper->link == NONE || !keeper->hello || keeper->link_broken) return;
    bool all = tell_welcome(keeper) && tell_refusals(keeper) && tell_signals(keeper) && tell_tables(keeper) &&
               tell_adopted_stops(keeper) && tell_orphans(keeper) && tell_ping(keeper);
    if (keeper->link_broken) keeper->refusals = 0;
    link_interest(keeper, keeper->refusals < MAX_PENDING, !all && !keeper->link_broken);
}

/* There is always room: requests are read only while there is. */
void refuse(struct keeper *keeper, uint64_t request, uint32_t reason, int error) {
    if (keeper->refusals == MAX_PENDING) return;
    keeper->refusal[keeper->refusals++] = (struct refusal){.request = request, .reason = reason, .error = error};
}

static void acknowledged(struct keeper *keeper, const struct keeper_ack *message) {
    struct slot *slot = slot_by_id(keeper, message->slot);
    if (slot && slot_is_final(slot) && slot->state == message->state && !slot->untold.queued) slot_free(keeper, slot);
}

static void released(struct keeper *keeper, const struct keeper_release *message) {
    struct slot *slot = slot_by_id(keeper, message->slot);
    if (slot && (slot_is_final(slot) || slot->state == KEEPER_WATCHED)) slot_free(keeper, slot);
}

/* Acts on a message; taken descriptors are set to NONE, the caller closes the others. */
static void act(struct keeper *keeper, const void *bytes, int *fds, int count) {
    const struct keeper_header *header = bytes;
    switch (header->type) {
    case KEEPER_HELLO: manager_hello(keeper, ((const struct keeper_hello *)bytes)->version); break;
    case KEEPER_SPAWN: spawn(keeper, bytes, fds, count); break;
    case KEEPER_ACK: acknowledged(keeper, bytes); break;
    case KEEPER_WATCH:
        if (count == 1 && watch(keeper, bytes, fds[0])) fds[0] = NONE;
        break;
    case KEEPER_RELEASE: released(keeper, bytes); break;
    case KEEPER_STORE_PUT:
        if (count == 1 && store_put(keeper, ((const struct keeper_store *)bytes)->label, fds[0])) fds[0] = NONE;
        else refuse(keeper, 0, count == 1 ? KEEPER_NO_SLOT : KEEPER_BAD_REQUEST, 0);
        break;
    case KEEPER_STORE_DROP: store_drop(keeper, ((const struct keeper_store *)bytes)->label); break;
    case KEEPER_PONG: break; /* any message is a sign of life */
    case KEEPER_READY: manager_ready(keeper, ((const struct keeper_ready *)bytes)->state); break;
    case KEEPER_ENDING:
    case KEEPER_EXIT: shutdown_ordered(keeper, bytes); break;
    }
}

static size_t size_of(unsigned type) {
    switch (type) {
    case KEEPER_HELLO: return sizeof(struct keeper_hello);
    case KEEPER_SPAWN: return sizeof(struct keeper_spawn);
    case KEEPER_ACK: return sizeof(struct keeper_ack);
    case KEEPER_WATCH: return sizeof(struct keeper_watch);
    case KEEPER_RELEASE: return sizeof(struct keeper_release);
    case KEEPER_STORE_PUT:
    case KEEPER_STORE_DROP: return sizeof(struct keeper_store);
    case KEEPER_PONG: return sizeof(struct keeper_ping);
    case KEEPER_ENDING:
    case KEEPER_EXIT: return sizeof(struct keeper_exit);
    case KEEPER_READY: return sizeof(struct keeper_ready);
    }
    return 0;
}

/* NULL, or what is wrong. */
static const char *fault_of(const struct keeper *keeper, const struct msghdr *packet, const void *bytes, size_t size) {
    const struct keeper_header *header = bytes;
    if (packet->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) return "truncated (or no descriptor is free)";
    if (size < sizeof *header || header->size != size || header->size != size_of(header->type)) return "wrong size";
    if (header->version != KEEPER_VERSION) return "wrong version";
    if (!keeper->hello && header->type != KEEPER_HELLO) return "before HELLO";
    return NULL;
}

static int passed_fds(struct msghdr *packet, int *fds) {
    int count = 0;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(packet); part; part = CMSG_NXTHDR(packet, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        size_t bytes = part->cmsg_len - CMSG_LEN(0);
        memcpy(fds + count, CMSG_DATA(part), bytes);
        count += (int)(bytes / sizeof(int));
    }
    return count;
}

/* Reads one message; false when there is none. */
static bool read_message(struct keeper *keeper) {
    _Alignas(uint64_t) char bytes[KEEPER_MAX_MESSAGE];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(MAX_FDS * sizeof(int))];
    struct iovec part = {.iov_base = bytes, .iov_len = sizeof bytes};
    struct msghdr packet = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t size = recvmsg(keeper->link, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    /* A reset says that the manager went without having read all; what it sent is read after that. */
    if (size < 0 && (errno == EINTR || errno == ECONNRESET)) return true;
    if (size < 0 && errno == EAGAIN) return false;
    if (size <= 0) {
        manager_lost_link(keeper);
        return false;
    }
    int fds[MAX_FDS];
    int count = passed_fds(&packet, fds);
    keeper->heard_ns = now_ns();
    keeper->pinged_ns = 0;
    const char *fault = fault_of(keeper, &packet, bytes, (size_t)size);
    if (fault) say("dropped a message of the manager: %s", fault);
    else act(keeper, bytes, fds, count);
    for (int i = 0; i < count; i++)
        if (fds[i] != NONE) close(fds[i]);
    return keeper->link != NONE;
}

void link_read(struct keeper *keeper) {
    for (int i = 0; i < READ_BATCH && keeper->link != NONE && keeper->refusals < MAX_PENDING; i++)
        if (!read_message(keeper)) return;
}
