/* The two sides of the codec compared: what C writes, Java reads, and the other way round. */
#include "keeper.h"
#include "kit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SAMPLE(kind, type_name, ...)                                                                                   \
    do {                                                                                                               \
        struct kind sample = {                                                                                         \
            .header = {.version = KEEPER_VERSION, .type = (type_name), .size = sizeof(struct kind)}, __VA_ARGS__};     \
        if (fwrite(&sample, sizeof sample, 1, stdout) != 1) return 1;                                                  \
    } while (0)

/* One message of each type from the keeper, each field with a value of its own. */
int write_samples(void) {
    SAMPLE(keeper_welcome, KEEPER_WELCOME, .version = 1, .flags = KEEPER_WELCOME_SUBREAPER | KEEPER_WELCOME_AGAIN,
           .keeper_pid = 101, .manager_starts = 102, .keeper_start = 103, .pid_namespace = 104, .boot_id = "boot",
           .tag_prefix = 0x7ffffffe, .max_slots = 105, .slots = 106, .stored = 107, .nofile_soft = 108,
           .nofile_hard = UINT64_MAX);
    SAMPLE(keeper_slot, KEEPER_SLOT, .slot = 1ull << 40, .request = 201, .state = KEEPER_FAILED,
           .flags = KEEPER_SLOT_INTERPRETER, .pid = 202, .wait_status = 127 << 8, .step = STEP_EXEC, .error = 2,
           .pid_inode = 203, .changed_ns = 204, .label = "label", .detail = "/bin/nope");
    SAMPLE(keeper_slot, KEEPER_SLOT, .slot = 2, .state = KEEPER_EXITED,
           .flags = KEEPER_SLOT_EXECUTED | KEEPER_SLOT_WATCHED | KEEPER_SLOT_STATUS_UNKNOWN);
    SAMPLE(keeper_stopped, KEEPER_STOPPED, .slot = 301, .pid = 302, .signal = 19);
    SAMPLE(keeper_orphans, KEEPER_ORPHANS, .total = 401, .count = 2, .last = {{402, 0}, {403, 9}});
    SAMPLE(keeper_signal, KEEPER_SIGNAL, .signal = 15, .pid = 501, .uid = 502, .count = 503);
    SAMPLE(keeper_stored, KEEPER_STORED, .label = "stored");
    SAMPLE(keeper_ping, KEEPER_PING, .challenge = 601);
    SAMPLE(keeper_refused, KEEPER_REFUSED, .request = 701, .reason = KEEPER_NO_PROCESS, .error = 11);
    struct keeper_synced synced = {.header = {.version = KEEPER_VERSION, .type = KEEPER_SYNCED, .size = sizeof synced}};
    return fwrite(&synced, sizeof synced, 1, stdout) == 1 && fflush(stdout) == 0 ? 0 : 1;
}

static void print_message(const void *bytes) {
    const struct keeper_header *header = bytes;
    const struct keeper_spawn *spawn = bytes;
    const struct keeper_ack *ack = bytes;
    const struct keeper_exit *end = bytes;
    switch (header->type) {
    case KEEPER_HELLO: printf("hello %u\n", ((const struct keeper_hello *)bytes)->version); return;
    case KEEPER_SPAWN: printf("spawn %llu %s\n", (unsigned long long)spawn->request, spawn->label); return;
    case KEEPER_ACK: printf("ack %llu %u\n", (unsigned long long)ack->slot, ack->state); return;
    case KEEPER_WATCH: printf("watch %llu %s\n", (unsigned long long)spawn->request, spawn->label); return;
    case KEEPER_RELEASE: printf("release %llu\n", (unsigned long long)ack->slot); return;
    case KEEPER_STORE_PUT: printf("put %s\n", ((const struct keeper_store *)bytes)->label); return;
    case KEEPER_STORE_DROP: printf("drop %s\n", ((const struct keeper_store *)bytes)->label); return;
    case KEEPER_PONG: printf("pong %llu\n", (unsigned long long)ack->slot); return;
    case KEEPER_ENDING: printf("ending %d %u\n", end->code, end->grace_ms); return;
    case KEEPER_EXIT: printf("exit %d %u\n", end->code, end->flags); return;
    case KEEPER_READY: printf("ready %u\n", ((const struct keeper_ready *)bytes)->state); return;
    default: printf("unknown type %u\n", header->type);
    }
}

static uint32_t size_of(unsigned type) {
    static const uint32_t sizes[] = {
        [KEEPER_HELLO] = sizeof(struct keeper_hello),     [KEEPER_SPAWN] = sizeof(struct keeper_spawn),
        [KEEPER_ACK] = sizeof(struct keeper_ack),         [KEEPER_WATCH] = sizeof(struct keeper_watch),
        [KEEPER_RELEASE] = sizeof(struct keeper_release), [KEEPER_STORE_PUT] = sizeof(struct keeper_store),
        [KEEPER_STORE_DROP] = sizeof(struct keeper_store), [KEEPER_PONG] = sizeof(struct keeper_ping),
        [KEEPER_ENDING] = sizeof(struct keeper_exit),     [KEEPER_EXIT] = sizeof(struct keeper_exit),
        [KEEPER_READY] = sizeof(struct keeper_ready),
    };
    return type < sizeof sizes / sizeof sizes[0] ? sizes[type] : 0;
}

/* Prints the messages to the keeper that come on the standard input. */
int read_messages(void) {
    _Alignas(uint64_t) char bytes[KEEPER_MAX_MESSAGE];
    struct keeper_header header;
    while (fread(&header, sizeof header, 1, stdin) == 1) {
        if (header.version != KEEPER_VERSION || header.size != size_of(header.type)) {
            printf("type %u has version %u and size %u\n", header.type, header.version, header.size);
            return 1;
        }
        memcpy(bytes, &header, sizeof header);
        size_t rest = header.size - sizeof header;
        if (rest > 0 && fread(bytes + sizeof header, rest, 1, stdin) != 1) return 1;
        print_message(bytes);
    }
    return 0;
}

static void print_strings(const char *name, const struct plan *plan, struct plan_span span) {
    const char *at = (const char *)plan + span.offset;
    printf("%s=", name);
    for (uint32_t i = 0; i < span.count; i++, at += strlen(at) + 1) printf("[%s]", at);
    puts("");
}

static void print_text(const char *name, const struct plan *plan, uint32_t offset) {
    const char *text = offset ? (const char *)plan + offset : "none";
    printf("%s=%s\n", name, text);
}

static void print_items(const struct plan *plan) {
    const struct plan_fd *fds = (const struct plan_fd *)((const char *)plan + plan->fds.offset);
    const struct plan_limit *limits = (const struct plan_limit *)((const char *)plan + plan->limits.offset);
    const uint8_t *mask = (const uint8_t *)plan + plan->affinity.offset;
    for (uint32_t i = 0; i < plan->fds.count; i++)
        printf("fd=%d from %u flags %u\n", fds[i].target, fds[i].index, fds[i].flags);
    for (uint32_t i = 0; i < plan->limits.count; i++)
        printf("limit=%u %llu %llu\n", limits[i].resource, (unsigned long long)limits[i].soft,
               (unsigned long long)limits[i].hard);
    for (uint32_t cpu = 0; cpu < plan->affinity.count * 8; cpu++)
        if (mask[cpu / 8] & 1u << cpu % 8) printf("cpu=%u\n", cpu);
}

/* Prints the plan that comes on the standard input, as the keeper's child understands it. */
int read_plan(void) {
    static char bytes[KEEPER_MAX_PLAN + 1];
    int error, memfd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    size_t size = fread(bytes, 1, sizeof bytes, stdin);
    if (memfd < 0 || write(memfd, bytes, size) != (ssize_t)size) return 1;
    if (fcntl(memfd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0) return 1;
    const struct plan *plan = plan_map(memfd, 250, &error);
    if (!plan) {
        printf("refused: %s\n", strerror(error));
        return 0;
    }
    print_strings("argv", plan, plan->argv);
    print_strings("environment", plan, plan->environment);
    print_strings("groups", plan, plan->groups);
    const struct { const char *name; uint32_t offset; } texts[] = {
        {"executable", plan->executable}, {"user", plan->user},         {"group", plan->group},
        {"directory", plan->directory},   {"root", plan->root},         {"terminal", plan->terminal},
        {"notify", plan->notify_socket}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) print_text(texts[i].name, plan, texts[i].offset);
    print_items(plan);
    printf("flags=%u cgroup=%d namespace=%d nice=%d oom=%d io=%u umask=%o tag=%llu ignored=%llu blocked=%llu\n", plan->flags,
           plan->cgroup_index, plan->namespace_index, plan->nice, plan->oom_score, plan->io_priority, plan->umask,
           (unsigned long long)plan->tag, (unsigned long long)plan->ignored_signals,
           (unsigned long long)plan->blocked_signals);
    return 0;
}
