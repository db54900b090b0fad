/* Cases: every step that can fail, provoked; and plans that are not to be believed. */
#include "kit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t next_request = 1;

static struct building simple(void) {
    return plan_of(COMMAND("/bin/true"), NULL);
}

static const struct keeper_slot *outcome(struct building *plan, const int *fds, int count) {
    uint64_t request = next_request++;
    spawn_plan(request, plan, fds, count);
    return &await_and_ack(request)->slot;
}

static void expect_fds(struct building *plan, const int *fds, int count, enum spawn_step step, int error,
                       const char *detail) {
    const struct keeper_slot *slot = outcome(plan, fds, count);
    CHECK(slot->state == KEEPER_FAILED, "step %u did not fail: state %u", step, slot->state);
    CHECK(slot->step == step && slot->error == error, "step %u (%s) instead of step %u error %d", slot->step,
          strerror(slot->error), step, error);
    CHECK(strcmp(slot->detail, detail) == 0, "detail '%s' instead of '%s'", slot->detail, detail);
    CHECK(!(slot->flags & KEEPER_SLOT_EXECUTED), "executed");
}

static void expect(struct building *plan, enum spawn_step step, int error, const char *detail) {
    expect_fds(plan, NULL, 0, step, error, detail);
}

static void fail_early_steps(void) {
    int closed[2];
    CHECK(pipe2(closed, O_CLOEXEC) == 0, "%s", strerror(errno));
    struct building plan = simple();
    plan.head.cgroup_index = 0;
    expect_fds(&plan, closed, 1, STEP_CGROUP, EBADF, ""); /* the reading end */
    plan = simple();
    plan.head.namespace_index = 0;
    expect_fds(&plan, closed, 1, STEP_CGROUP, EINVAL, "cgroup namespace"); /* a pipe is none */
    plan = simple();
    plan.head.terminal = plan_text(&plan, "/tmp/no-terminal");
    expect(&plan, STEP_TERMINAL, ENOENT, "/tmp/no-terminal");
    plan = simple();
    plan.head.terminal = plan_text(&plan, "/dev/null");
    expect(&plan, STEP_TERMINAL, ENOTTY, "/dev/null");
    plan = simple();
    plan.head.flags = PLAN_IO_PRIORITY;
    plan.head.io_priority = 7 << 13;
    expect(&plan, STEP_SCHEDULING, EINVAL, "I/O priority");
    plan = simple();
    const uint8_t no_cpu[8] = {0};
    plan.head.affinity = plan_items(&plan, no_cpu, 8, 1);
    expect(&plan, STEP_SCHEDULING, EINVAL, "CPU affinity");
    plan = simple();
    plan.head.flags = PLAN_OOM_SCORE;
    plan.head.oom_score = 4000;
    expect(&plan, STEP_OOM_SCORE, EINVAL, "");
}

static void fail_account_steps(void) {
    struct building plan = simple();
    plan.head.user = plan_text(&plan, "no-such-user");
    expect(&plan, STEP_ACCOUNT, 0, "no-such-user");
    plan = simple();
    plan.head.group = plan_text(&plan, "no-such-group");
    expect(&plan, STEP_ACCOUNT, 0, "no-such-group");
    plan = simple();
    plan.head.user = plan_text(&plan, "54321"); /* without entry it has no group */
    expect(&plan, STEP_ACCOUNT, 0, "54321");
    plan = simple();
    plan.head.user = plan_text(&plan, "4294967295"); /* would mean "unchanged" to the kernel */
    expect(&plan, STEP_ACCOUNT, 0, "4294967295");
    plan = simple();
    plan.head.groups = plan_strings(&plan, COMMAND("tty", "no-such-group"));
    expect(&plan, STEP_ACCOUNT, 0, "no-such-group");
    plan = simple();
    plan.head.root = plan_text(&plan, "/tmp/no-root");
    expect(&plan, STEP_ROOT, ENOENT, "/tmp/no-root");
}

static void fail_late_steps(void) {
    struct building plan = simple();
    plan.head.user = plan_text(&plan, "daemon");
    plan.head.notify_socket = plan_text(&plan, "/tmp/no-socket");
    expect(&plan, STEP_DESCRIPTORS, ENOENT, "/tmp/no-socket");
    plan = simple();
    plan.head.user = plan_text(&plan, "daemon");
    plan.head.notify_socket = plan_text(&plan, "/dev/null");
    expect(&plan, STEP_DESCRIPTORS, ENOTSOCK, "/dev/null");
    plan = simple();
    struct plan_limit limit = {.resource = 7, .soft = 10, .hard = 5};
    plan.head.limits = plan_items(&plan, &limit, 1, sizeof limit);
    expect(&plan, STEP_LIMITS, EINVAL, "nofile");
    plan = simple();
    limit.resource = 99;
    plan.head.limits = plan_items(&plan, &limit, 1, sizeof limit);
    expect(&plan, STEP_LIMITS, EINVAL, "unknown");
    plan = simple();
    plan.head.directory = plan_text(&plan, "/srv/no-directory");
    expect(&plan, STEP_DIRECTORY, ENOENT, "/srv/no-directory");
    plan = simple();
    plan.head.ignored_signals = 1u << 8; /* KILL */
    expect(&plan, STEP_SIGNALS, EINVAL, "Killed");
}

static void write_file(const char *path, const char *text, mode_t mode) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s", strerror(errno));
    fchmod(fd, mode);
    close(fd);
}

static void fail_exec(void) {
    struct building plan = plan_of(COMMAND("/tmp/no-program"), NULL);
    expect(&plan, STEP_EXEC, ENOENT, "/tmp/no-program");
    plan = plan_of(COMMAND("no-program"), NULL);
    expect(&plan, STEP_EXEC, ENOENT, "no-program");
    plan = plan_of(COMMAND(""), NULL);
    expect(&plan, STEP_EXEC, ENOENT, "");
    write_file("/tmp/data", "data", 0644);
    plan = plan_of(COMMAND("/tmp/data"), NULL);
    expect(&plan, STEP_EXEC, EACCES, "/tmp/data");
    write_file("/tmp/program", "neither script nor program", 0755);
    plan = plan_of(COMMAND("/tmp/program"), NULL);
    expect(&plan, STEP_EXEC, ENOEXEC, "/tmp/program");
    write_file("/tmp/script", "#! /bin/no-interpreter -x\n", 0755);
    plan = plan_of(COMMAND("/tmp/script"), NULL);
    expect(&plan, STEP_EXEC, ENOENT, "/bin/no-interpreter");
    CHECK(seen_of(next_request - 1)->slot.flags & KEEPER_SLOT_INTERPRETER, "not told that it is the interpreter");
    plan = plan_of(COMMAND("script"), COMMAND("PATH=/nowhere:/tmp"));
    expect(&plan, STEP_EXEC, ENOENT, "/bin/no-interpreter");
}

static void every_step_fails_with_its_cause(void) {
    say_hello();
    fail_early_steps();
    fail_account_steps();
    fail_late_steps();
    fail_exec();
}

static void session_fails_with_its_cause(void) {
    say_hello();
    struct building plan = simple();
    plan.head.flags = PLAN_SESSION;
    expect(&plan, STEP_SESSION, EPERM, "");
    /* And who asked for none made no such call. */
    plan = simple();
    CHECK(outcome(&plan, NULL, 0)->state == KEEPER_EXITED, "failed");
}

/* The keeper of this case has lost its privileges. */
static void unprivileged_steps_fail_with_their_cause(void) {
    say_hello();
    struct building plan = simple();
    plan.head.flags = PLAN_NICE;
    plan.head.nice = -5;
    expect(&plan, STEP_SCHEDULING, EACCES, "nice");
    plan = simple();
    plan.head.root = plan_text(&plan, "/");
    expect(&plan, STEP_ROOT, EPERM, "/");
    plan = simple();
    plan.head.groups = plan_strings(&plan, COMMAND("4711"));
    expect(&plan, STEP_GROUPS, EPERM, "");
    plan = simple();
    plan.head.group = plan_text(&plan, "4711");
    expect(&plan, STEP_GROUP, EPERM, "");
    int memfd = plan_done(&(struct building){.bytes = calloc(1, 4096), .size = 64}, false);
    plan = simple();
    plan.head.user = plan_text(&plan, "daemon");
    expect_fds(&plan, &memfd, 1, STEP_GROUPS, EPERM, "");
    plan = simple();
    struct plan_limit limit = {.resource = 7, .soft = 1u << 30, .hard = 1u << 30};
    plan.head.limits = plan_items(&plan, &limit, 1, sizeof limit);
    expect(&plan, STEP_LIMITS, EPERM, "nofile");
    plan = simple();
    CHECK(outcome(&plan, NULL, 0)->state == KEEPER_EXITED, "failed");
}

/* Root that may set groups and group but no user. */
static void user_step_fails_with_its_cause(void) {
    say_hello();
    struct building plan = simple();
    plan.head.user = plan_text(&plan, "54321");
    plan.head.group = plan_text(&plan, "54321");
    expect(&plan, STEP_USER, EPERM, "");
}

static void no_new_privileges_fails_with_its_cause(void) {
    say_hello();
    struct building plan = simple();
    plan.head.flags = PLAN_NO_NEW_PRIVILEGES;
    expect(&plan, STEP_NO_NEW_PRIVILEGES, EPERM, "");
}

static void refuse_plan(struct building plan, const char *what) {
    const struct keeper_slot *slot = outcome(&plan, NULL, 0);
    CHECK(slot->state == KEEPER_FAILED && slot->step == STEP_PLAN && slot->error == EINVAL, "%s: state %u step %u",
          what, slot->state, slot->step);
}

#define HOSTILE(field, value)                                                                                          \
    do {                                                                                                               \
        struct building hostile = simple();                                                                            \
        hostile.head.field = (value);                                                                                  \
        refuse_plan(hostile, #field);                                                                                  \
    } while (0)

static void refuse_descriptor_maps(void) {
    const struct plan_fd maps[][2] = {
        {{.target = 1, .index = 0}, {.target = 2, .index = 0}}, /* none was passed */
        {{.target = -1}, {.target = 1}},
        {{.target = 1024}, {.target = 1}},
    };
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        struct building plan = simple();
        plan.head.fds = plan_items(&plan, maps[i], 2, sizeof maps[i][0]);
        refuse_plan(plan, "descriptors");
    }
    const struct plan_fd twice[] = {{.target = 5, .index = 0}, {.target = 5, .index = 0}};
    int fd = 1;
    struct building plan = simple();
    plan.head.fds = plan_items(&plan, twice, 2, sizeof twice[0]);
    expect_fds(&plan, &fd, 1, STEP_PLAN, EINVAL, "");
}

static void hostile_plans_are_refused(void) {
    say_hello();
    HOSTILE(magic, 1);
    HOSTILE(version, 2);
    HOSTILE(head_size, 8);
    HOSTILE(size, 1u << 30);
    HOSTILE(flags, 1u << 31);
    HOSTILE(argv.count, 0);
    HOSTILE(argv.count, 0xffffffff);
    HOSTILE(argv.offset, 0xffffffff);
    HOSTILE(argv.offset, 0);
    HOSTILE(environment.count, 50000);
    HOSTILE(groups.count, 100000);
    HOSTILE(limits.count, 17);
    HOSTILE(affinity.count, 129);
    HOSTILE(cgroup_index, 0);
    HOSTILE(cgroup_index, -2);
    HOSTILE(namespace_index, 0);
    HOSTILE(namespace_index, -2);
    HOSTILE(directory, 0xfffffff0);
    HOSTILE(user, 3);
    HOSTILE(fds, ((struct plan_span){.offset = 137, .count = 1}));
    HOSTILE(fds, ((struct plan_span){.offset = 0xfffffff8, .count = 200}));
    refuse_descriptor_maps();
    struct building plan = simple();
    int memfd = plan_done(&plan, false);
    send_spawn(900, "not sealed", memfd, NULL, 0);
    const struct keeper_slot *slot = &await_and_ack(900)->slot;
    CHECK(slot->step == STEP_PLAN && slot->error == EPERM && slot->state == KEEPER_FAILED, "not sealed");
    int other = open("/dev/zero", O_RDWR | O_CLOEXEC);
    send_spawn(901, "no memfd", other, NULL, 0);
    CHECK(await_and_ack(901)->slot.state == KEEPER_FAILED, "no memfd");
    plan = simple();
    CHECK(outcome(&plan, NULL, 0)->state == KEEPER_EXITED, "a good one fails after them");
}

static bool one_refused(void) {
    return kit.refused_count == 1;
}

static void broken_messages_are_dropped(void) {
    uint64_t words[KEEPER_MAX_MESSAGE / 8 + 1] = {0};
    struct keeper_header *header = (struct keeper_header *)words;
    say_hello();
    int before = open_fds(kit.welcome.keeper_pid);
    int fds[3] = {0, 1, 2};
    for (uint16_t type = 0; type < 60; type++) {
        if (type == KEEPER_SPAWN) continue;
        *header = (struct keeper_header){.version = KEEPER_VERSION, .type = type, .size = 16 + type % 3 * 1001};
        if (type == KEEPER_RELEASE || type == KEEPER_PONG || type == KEEPER_HELLO) header->version = 9;
        if (header->size > sizeof words) header->size = sizeof words;
        send_to_keeper(header, fds, 3);
    }
    struct keeper_spawn spawn = {
        .header = {.version = KEEPER_VERSION, .type = KEEPER_SPAWN, .size = sizeof spawn}, .request = 77};
    send_to_keeper(&spawn, NULL, 0); /* no plan */
    CHECK(until(one_refused, KIT_WAIT_MS), "not refused");
    CHECK(kit.refused[0].request == 77 && kit.refused[0].reason == KEEPER_BAD_REQUEST, "reason");
    spawn_command(1, COMMAND("/bin/true"));
    CHECK(await_and_ack(1)->slot.state == KEEPER_EXITED, "failed");
    CHECK(open_fds(kit.welcome.keeper_pid) == before, "%d descriptors instead of %d",
          open_fds(kit.welcome.keeper_pid), before);
}

const struct test_case step_cases[] = {
    {.name = "everyStepFailsWithItsCause", .run = every_step_fails_with_its_cause},
    {.name = "sessionFailsWithItsCause", .run = session_fails_with_its_cause, .how = HOW_NO_SETSID},
    {.name = "unprivilegedStepsFailWithTheirCause", .run = unprivileged_steps_fail_with_their_cause, .how = HOW_USER},
    {.name = "userFailsWithItsCause", .run = user_step_fails_with_its_cause, .how = HOW_NO_SETUID},
    {.name = "noNewPrivilegesFailsWithItsCause", .run = no_new_privileges_fails_with_its_cause, .how = HOW_NO_PRCTL},
    {.name = "hostilePlansAreRefused", .run = hostile_plans_are_refused},
    {.name = "brokenMessagesAreDropped", .run = broken_messages_are_dropped},
    {.name = NULL},
};
