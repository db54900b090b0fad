/* Cases: slots, orphans, stops, watching, signals; the manager that comes and goes; the end. */
#include "kit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Spawns the helper that leaves a grandchild; its pid. Its input is the reading end of what `held` gets. */
static pid_t leave_behind(uint64_t request, const char *how, int *held) {
    char text[32];
    int out[2], in[2];
    CHECK(pipe2(out, O_CLOEXEC) == 0 && pipe2(in, O_CLOEXEC) == 0, "%s", strerror(errno));
    struct building plan = plan_of(COMMAND(self_path(), "help", "leave", how), NULL);
    struct plan_fd map[] = {{.target = 1, .index = 0}, {.target = 0, .index = 1}};
    plan.head.fds = plan_items(&plan, map, 2, sizeof map[0]);
    plan.head.flags = PLAN_TAG;
    plan.head.tag = (uint64_t)kit.welcome.tag_prefix << 32 | request;
    int fds[] = {out[1], in[0]};
    spawn_plan(request, &plan, fds, 2);
    close(out[1]);
    close(in[0]);
    await_and_ack(request);
    read_all(out[0], text, sizeof text);
    close(out[0]);
    *held = in[1];
    return atoi(text);
}

static bool one_orphan(void) {
    return kit.orphans.total == 1;
}

static void orphans_are_reaped_and_told(void) {
    int held;
    say_hello();
    pid_t orphan = leave_behind(1, "exit", &held);
    CHECK(kit.orphans.total == 0, "too early");
    close(held);
    CHECK(until(one_orphan, KIT_WAIT_MS), "not told");
    CHECK(kit.orphans.count == 1 && kit.orphans.last[0].pid == orphan, "pid %d", kit.orphans.last[0].pid);
    CHECK(kit.orphans.last[0].wait_status == 9 << 8, "status %d", kit.orphans.last[0].wait_status);
    CHECK(zombies_of(kit.welcome.keeper_pid) == 0, "zombies");
}

static bool one_stop(void) {
    return kit.stop_count == 1;
}

static bool two_stops(void) {
    return kit.stop_count == 2;
}

static void stops_of_slots_and_adopted_children_are_told(void) {
    int held;
    say_hello();
    spawn_command(1, COMMAND(self_path(), "help", "stop"));
    CHECK(until(one_stop, KIT_WAIT_MS), "not told");
    const struct keeper_slot *slot = &await(1, KEEPER_EXECUTED)->slot;
    CHECK(kit.stops[0].stop.slot == slot->slot && kit.stops[0].stop.pid == slot->pid, "not the slot's");
    CHECK(kit.stops[0].stop.signal == SIGSTOP && kit.stops[0].pidfd == -1, "signal %d", kit.stops[0].stop.signal);
    signal_pidfd(seen_of(1)->pidfd, SIGCONT);
    CHECK(await_and_ack(1)->slot.wait_status == 5 << 8, "status %d", slot->wait_status);
    pid_t orphan = leave_behind(2, "stop", &held);
    CHECK(until(two_stops, KIT_WAIT_MS), "not told");
    CHECK(kit.stops[1].stop.slot == 0 && kit.stops[1].stop.pid == orphan, "pid %d", kit.stops[1].stop.pid);
    CHECK(kit.stops[1].pidfd >= 0 && signal_pidfd(kit.stops[1].pidfd, SIGKILL) == 0, "no pidfd");
    CHECK(until(one_orphan, KIT_WAIT_MS), "not reaped");
}

static void watched_process_tells_its_end(void) {
    int held;
    say_hello();
    /* Adopted by the keeper: it reaps and knows. */
    pid_t orphan = leave_behind(1, "exit", &held);
    int pidfd = open_pidfd(orphan);
    send_watch(2, "adopted", pidfd);
    CHECK(await(2, KEEPER_WATCHED)->slot.state == KEEPER_WATCHED, "not watched");
    CHECK(seen_of(2)->slot.pid == orphan && seen_of(2)->pidfd == -1, "not watched");
    close(held);
    const struct keeper_slot *slot = &await_and_ack(2)->slot;
    CHECK(slot->wait_status == 9 << 8 && slot->flags == KEEPER_SLOT_WATCHED, "status %d", slot->wait_status);
    CHECK(kit.orphans.total == 0, "also told as an orphan");
    /* Another's child: known where the kernel keeps it, else unknown, but never late or lost. */
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(1);
    }
    pidfd = open_pidfd(child);
    send_watch(3, "another's", pidfd);
    await(3, KEEPER_WATCHED);
    kill(child, SIGUSR1);
    waitpid(child, NULL, 0);
    slot = &await_and_ack(3)->slot;
    bool known = !(slot->flags & KEEPER_SLOT_STATUS_UNKNOWN);
    CHECK(slot->state == KEEPER_EXITED && (!known || slot->wait_status == SIGUSR1), "status %d", slot->wait_status);
    send_watch(4, "gone already", pidfd);
    CHECK(await_and_ack(4)->slot.state == KEEPER_EXITED, "not told");
    send_watch(5, "no pidfd", 1);
    while (kit.refused_count == 0) CHECK(pump(KIT_WAIT_MS), "not refused");
    CHECK(kit.refused[0].request == 5 && kit.refused[0].reason == KEEPER_BAD_REQUEST, "reason");
}

static bool has_signals(void) {
    return kit.signals[SIGTERM].count > 0 && kit.signals[SIGHUP].count > 0;
}

static void signals_are_passed_on(void) {
    say_hello();
    kill(kit.welcome.keeper_pid, SIGTERM);
    kill(kit.welcome.keeper_pid, SIGHUP);
    CHECK(until(has_signals, KIT_WAIT_MS), "not told");
    CHECK(kit.signals[SIGTERM].pid == getpid() && kit.signals[SIGTERM].uid == getuid(), "sender");
}

/* 2,000 spawns while nobody reads: the keeper goes on, and everything is told at last. */
static void full_link_delays_nothing_and_loses_nothing(void) {
    enum { MANY = 2000 };
    say_hello();
    for (uint64_t request = 1; request <= MANY; request++) {
        struct building plan = plan_of(COMMAND("/bin/true"), NULL);
        spawn_plan(request, &plan, NULL, 0);
        if (request == 1) kit.no_pong = true;
    }
    uint64_t end = clock_ns() + KIT_WAIT_MS * 1000000ull;
    while (zombies_of(kit.welcome.keeper_pid) > 0) CHECK(clock_ns() < end, "not reaped while the link is full");
    for (uint64_t request = 1; request <= MANY; request++)
        CHECK(await_and_ack(request)->slot.wait_status == 0, "status");
}

static bool label_is(const uint8_t *label, const char *text) {
    return strcmp((const char *)label, text) == 0;
}

/* First life: leaves slots, a stored descriptor, and goes without a word. Second: finds all, and what came meanwhile. */
static void manager_comes_back_to_all_it_had(void) {
    say_hello();
    if (kit.welcome.manager_starts == 1) {
        spawn_command(1, COMMAND(self_path(), "help", "pause"));
        spawn_command(2, COMMAND("/bin/sh", "-c", "while [ ! -e /tmp/go ]; do sleep 0.01; done; exit 4"));
        spawn_command(3, COMMAND("/bin/false"));
        await(1, KEEPER_EXECUTED);
        await(2, KEEPER_EXECUTED);
        await(3, KEEPER_EXITED); /* not acknowledged */
        int fd = open("/tmp/kept", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        CHECK(write(fd, "kept", 4) == 4, "%s", strerror(errno));
        send_store(KEEPER_STORE_PUT, "kept", fd);
        send_store(KEEPER_STORE_PUT, "dropped", fd);
        send_store(KEEPER_STORE_DROP, "dropped", -1);
        int memo = open("/tmp/memo", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        dprintf(memo, "%d\n", await(1, KEEPER_EXECUTED)->slot.pid);
        close(open("/tmp/go", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        raise(SIGKILL);
    }
    char text[32];
    read_all(open("/tmp/memo", O_RDONLY | O_CLOEXEC), text, sizeof text);
    CHECK(kit.welcome.manager_starts == 2 && kit.welcome.flags & KEEPER_WELCOME_AGAIN, "not told that it is again");
    CHECK(kit.welcome.slots == 3 && kit.welcome.stored == 1, "%u slots, %u stored", kit.welcome.slots,
          kit.welcome.stored);
    CHECK(seen_of(1)->valid && seen_of(1)->slot.pid == atoi(text), "another process");
    CHECK(seen_of(1)->pidfd >= 0 && signal_pidfd(seen_of(1)->pidfd, 0) == 0, "no pidfd");
    CHECK(seen_of(3)->valid && seen_of(3)->slot.state == KEEPER_EXITED, "the exit is lost");
    CHECK(await_and_ack(2)->slot.wait_status == 4 << 8, "the exit meanwhile is lost");
    CHECK(kit.stored_count == 1 && label_is(kit.stored[0].label, "kept"), "stored");
    CHECK(pread(kit.stored[0].fd, text, 5, 0) == 4 && memcmp(text, "kept", 4) == 0, "another file");
    signal_pidfd(seen_of(1)->pidfd, SIGTERM);
    CHECK(await_and_ack(1)->slot.wait_status == SIGTERM, "status");
}

/* It goes with answers unread and requests under way: the order to exit is still followed. */
static void last_words_of_the_manager_count(void) {
    say_hello();
    for (uint64_t request = 1; request <= 40; request++) spawn_command(request, COMMAND("/bin/true"));
    send_exit(KEEPER_EXIT, 44, KEEPER_EXIT_KILL, 0);
}

pid_t pid_in(const char *path) {
    char text[32];
    for (int i = 0; i < 5000; i++) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        size_t length = fd < 0 ? 0 : read_all(fd, text, sizeof text);
        if (fd >= 0) close(fd);
        if (length > 0 && text[length - 1] == '\n') return atoi(text);
        usleep(2000);
    }
    return -1;
}

void note_pid(const char *path, pid_t pid) {
    int fd = open("/tmp/new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    dprintf(fd, "%d\n", pid);
    close(fd);
    rename("/tmp/new", path);
}

/* Services that refuse TERM, in their own session, orphaned, and one that became a stranger's child. */
static void leave_deaf_ones(void) {
    int held;
    say_hello();
    spawn_command(1, COMMAND(self_path(), "help", "deaf"));
    note_pid("/tmp/slot", await(1, KEEPER_EXECUTED)->slot.pid);
    note_pid("/tmp/adopted", leave_behind(2, "deaf", &held));
}

static void exit_kills_what_is_left(void) {
    leave_deaf_ones();
    send_exit(KEEPER_EXIT, 42, KEEPER_EXIT_KILL, 0);
}

static void keeper_ends_alone_when_the_manager_dies_ending(void) {
    leave_deaf_ones();
    struct keeper_exit ending = {
        .header = {.version = KEEPER_VERSION, .type = KEEPER_ENDING, .size = sizeof ending}, .code = 43, .grace_ms = 200};
    send_to_keeper(&ending, NULL, 0);
    raise(SIGKILL);
}

/* A stranger beside jinitd lives on; all of jinitd's is gone. */
static int check_nothing_left(pid_t keeper) {
    pid_t stranger = fork();
    if (stranger == 0) {
        for (;;) pause();
    }
    pid_t slot = pid_in("/tmp/slot"), adopted = pid_in("/tmp/adopted");
    siginfo_t info;
    if (slot <= 0 || adopted <= 0 || waitid(P_PID, (id_t)keeper, &info, WEXITED | WNOWAIT) < 0) return 1;
    if (kill(slot, 0) == 0 || kill(adopted, 0) == 0) {
        fprintf(stderr, "something of jinitd's is left\n");
        return 1;
    }
    if (waitpid(stranger, NULL, WNOHANG) != 0) {
        fprintf(stderr, "the stranger was killed\n");
        return 1;
    }
    kill(stranger, SIGKILL);
    waitpid(stranger, NULL, 0);
    return 0;
}

int output_of_keeper(const char *const *argv, char *text, size_t size) {
    int fds[2], status;
    if (pipe2(fds, O_CLOEXEC) < 0) return -1;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[1], 1);
        dup2(fds[1], 2);
        execv("/tmp/jinitd", (char *const *)(uintptr_t)argv);
        _exit(126);
    }
    close(fds[1]);
    read_all(fds[0], text, size);
    close(fds[0]);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void wait_for_go(void) {
    say_hello();
    note_pid("/tmp/ready", getpid());
    while (kit.signals[SIGTERM].count == 0) pump(1000);
}

static int check_lock(pid_t keeper) {
    char text[512], want[128];
    if (pid_in("/tmp/ready") <= 0) return 1;
    int code = output_of_keeper(COMMAND("jinitd", "--run-dir=/tmp/run", "--manager", "/bin/false"), text, sizeof text);
    snprintf(want, sizeof want, "jinitd: cannot start: another jinitd (pid %d) uses /tmp/run\n", keeper);
    kill(keeper, SIGTERM);
    if (code == 1 && strcmp(text, want) == 0) return 0;
    fprintf(stderr, "code %d: %s", code, text);
    return 1;
}

static int check_usage(pid_t keeper) {
    static const char *const wrong[][3] = {{"--foo", NULL, "unknown option '--foo'"},
                                           {"foo", NULL, "unknown word 'foo'"},
                                           {"--target", NULL, "--target needs a value"},
                                           {"--user=1", NULL, "--user takes no value"},
                                           {"--max-services=x", NULL, "takes a number"},
                                           {"--detach=1", NULL, "--detach takes no value"},
                                           {"--wait-boot", NULL, "--wait-boot needs --detach"},
                                           {"--overwrite-pidfile", NULL, "--overwrite-pidfile needs --pidfile"},
                                           {"--pidfile=", NULL, "--pidfile needs a value"},
                                           {"--leftover=keep", NULL, "--leftover takes kill or refuse"},
                                           {"run", "true", "'run' needs '--'"}};
    char text[4096];
    int bad = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int code = output_of_keeper(COMMAND("jinitd", wrong[i][0], wrong[i][1]), text, sizeof text);
        if (code == 2 && strncmp(text, "jinitd: cannot start: ", 22) == 0 && strstr(text, wrong[i][2])) continue;
        fprintf(stderr, "%s: code %d: %s", wrong[i][0], code, text);
        bad = 1;
    }
    if (output_of_keeper(COMMAND("jinitd", "--help"), text, sizeof text) != 0 || !strstr(text, "--config-dir=DIR")) bad = 1;
    if (output_of_keeper(COMMAND("jinitd", "--version"), text, sizeof text) != 0 || strncmp(text, "jinitd ", 7)) bad = 1;
    if (pid_in("/tmp/ready") <= 0) bad = 1;
    kill(keeper, SIGTERM);
    return bad;
}

static void pid1_reaps_and_mounts(void) {
    say_hello();
    CHECK(kit.welcome.keeper_pid == 1 && kit.welcome.flags == KEEPER_WELCOME_PID1, "flags %u", kit.welcome.flags);
    char text[64];
    CHECK(readlink("/proc/self", text, sizeof text) > 0, "/proc is not mounted");
    int held;
    leave_behind(1, "exit", &held);
    close(held);
    CHECK(until(one_orphan, KIT_WAIT_MS), "orphan not reaped");
    leave_behind(2, "deaf", &held); /* the end takes it along */
}

/* The first one takes the order to its grave; the second one must have it too. */
static void order_to_end_outlives_the_manager(void) {
    say_hello();
    if (kit.welcome.manager_starts == 1) note_pid("/tmp/ready", getpid());
    while (kit.signals[SIGTERM].count == 0) CHECK(pump(KIT_WAIT_MS), "not told");
    if (kit.welcome.manager_starts == 1) raise(SIGKILL);
    CHECK(kit.signals[SIGTERM].count == 1, "told %u times", kit.signals[SIGTERM].count);
    send_exit(KEEPER_EXIT, 45, KEEPER_EXIT_KILL, 0);
}

static int ask_to_end(pid_t keeper) {
    if (pid_in("/tmp/ready") <= 0) return 1;
    return kill(keeper, SIGTERM);
}

static void silent_manager_is_replaced(void) {
    say_hello();
    if (kit.welcome.manager_starts == 1)
        for (;;) pause();
}

static void answering_manager_is_kept(void) {
    say_hello();
    while (kit.pings < 2) CHECK(pump(70000), "no ping");
    CHECK(kit.welcome.manager_starts == 1, "replaced");
}

const struct test_case life_cases[] = {
    {.name = "orphansAreReapedAndTold", .run = orphans_are_reaped_and_told},
    {.name = "stopsOfSlotsAndAdoptedChildrenAreTold", .run = stops_of_slots_and_adopted_children_are_told},
    {.name = "watchedProcessTellsItsEnd", .run = watched_process_tells_its_end},
    {.name = "signalsArePassedOn", .run = signals_are_passed_on},
    {.name = "fullLinkDelaysNothingAndLosesNothing", .run = full_link_delays_nothing_and_loses_nothing},
    {.name = "managerComesBackToAllItHad", .run = manager_comes_back_to_all_it_had},
    {.name = "lastWordsOfTheManagerCount", .run = last_words_of_the_manager_count, .expected = 44},
    {.name = "exitKillsWhatIsLeftAndNobodyElse", .run = exit_kills_what_is_left, .expected = 42,
     .outside = check_nothing_left},
    {.name = "keeperEndsAloneWhenTheManagerDiesEnding", .run = keeper_ends_alone_when_the_manager_dies_ending,
     .expected = 43, .outside = check_nothing_left},
    {.name = "managerThatCannotStartEndsWith255", .run = NULL, .expected = 255},
    {.name = "secondJinitdOfARunDirectoryIsRefused", .run = wait_for_go, .outside = check_lock},
    {.name = "wrongOptionsAreRefusedWithTheirCause", .run = wait_for_go, .outside = check_usage},
    {.name = "orderToEndOutlivesTheManager", .run = order_to_end_outlives_the_manager, .expected = 45,
     .outside = ask_to_end},
    {.name = "pid1ReapsAndMounts", .run = pid1_reaps_and_mounts, .how = HOW_PID1},
    {.name = "silentManagerIsReplaced", .run = silent_manager_is_replaced, .how = HOW_LONG},
    {.name = "answeringManagerIsKept", .run = answering_manager_is_kept, .how = HOW_LONG},
    {.name = NULL},
};
