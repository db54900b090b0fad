/* Cases: many spawns; what is left of them; how long they take. */
#include "kit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { IN_FLIGHT = 64 };

/* Requests first..last, at most IN_FLIGHT at a time. */
static void spawn_many(uint64_t first, uint64_t last) {
    uint64_t next = first;
    for (uint64_t request = first; request <= last; request++) {
        for (; next <= last && next < request + IN_FLIGHT; next++) {
            struct building plan = plan_of(COMMAND("/tmp/driver", "help", "exit", "3"), NULL);
            plan.head.flags = PLAN_SESSION;
            spawn_plan(next, &plan, NULL, 0);
        }
        const struct keeper_slot *slot = &await_and_ack(request)->slot;
        CHECK(slot->state == KEEPER_EXITED && slot->wait_status == 3 << 8, "request %llu: state %u status %d",
              (unsigned long long)request, slot->state, slot->wait_status);
        CHECK(slot->flags == KEEPER_SLOT_EXECUTED, "flags %u", slot->flags);
    }
}

static void leak_nothing(uint64_t many) {
    say_hello();
    pid_t keeper = kit.welcome.keeper_pid;
    spawn_many(1, 1000); /* first use of everything */
    long memory = status_number(keeper, "VmRSS:");
    int fds = open_fds(keeper);
    uint64_t start = clock_ns();
    spawn_many(1001, 1000 + many);
    double seconds = (double)(clock_ns() - start) / 1e9;
    long memory_after = status_number(keeper, "VmRSS:");
    int fds_after = open_fds(keeper), zombies = zombies_of(keeper);
    printf("%llu spawns in %.1f s; keeper: %ld kB before, %ld kB after; descriptors %d, %d; zombies %d\n",
           (unsigned long long)many, seconds, memory, memory_after, fds, fds_after, zombies);
    fflush(stdout);
    CHECK(memory_after <= memory + 64, "memory grew from %ld to %ld kB", memory, memory_after);
    CHECK(fds_after == fds && zombies == 0, "%d descriptors, %d before; %d zombies", fds_after, fds, zombies);
}

static void twenty_thousand(void) {
    leak_nothing(20000);
}

static void hundred_thousand(void) {
    leak_nothing(100000);
}

static void bench(uint64_t many) {
    for (int round = 0; round < 3; round++) {
        uint64_t first = (uint64_t)round * many, start = clock_ns();
        for (uint64_t request = first; request < first + many; request++) {
            struct building plan = plan_of(COMMAND("/tmp/driver", "help", "pause"), NULL);
            plan.head.flags = PLAN_SESSION | PLAN_TAG;
            plan.head.tag = (uint64_t)kit.welcome.tag_prefix << 32 | (request + 1);
            spawn_plan(request, &plan, NULL, 0);
        }
        for (uint64_t request = first; request < first + many; request++) await(request, KEEPER_EXECUTED);
        double started = (double)(clock_ns() - start) / 1e9;
        start = clock_ns();
        for (uint64_t request = first; request < first + many; request++) signal_pidfd(seen_of(request)->pidfd, 15);
        for (uint64_t request = first; request < first + many; request++) await_and_ack(request);
        printf("%llu spawns to the last exec: %.3f s; TERM to the last exit: %.3f s; keeper %ld kB\n",
               (unsigned long long)many, started, (double)(clock_ns() - start) / 1e9,
               status_number(kit.welcome.keeper_pid, "VmRSS:"));
        fflush(stdout);
    }
}

static void bench_thousand(void) {
    say_hello();
    bench(1000);
}

/* With the listening sockets, notify sockets and log pipes of so many services in the store. */
static void bench_thousand_with_store(void) {
    char label[32];
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    say_hello();
    for (int i = 0; i < 3000; i++) {
        snprintf(label, sizeof label, "stored %d", i);
        send_store(KEEPER_STORE_PUT, label, fd);
    }
    bench(1000);
}

static void bench_four_thousand(void) {
    say_hello();
    bench(4000);
}

const struct test_case bulk_cases[] = {
    {.name = "twentyThousandSpawnsLeakNothing", .run = twenty_thousand},
    {.name = "hundredThousandSpawnsLeakNothing", .run = hundred_thousand, .how = HOW_LONG},
    {.name = "benchThousand", .run = bench_thousand, .how = HOW_BENCH},
    {.name = "benchThousandWithStore", .run = bench_thousand_with_store, .how = HOW_BENCH},
    {.name = "benchFourThousand", .run = bench_four_thousand, .how = HOW_BENCH},
    {.name = NULL},
};
