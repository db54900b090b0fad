/* Cases: what a spawned process is and has. */
#include "kit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs the helper with this plan, its output on a pipe; the output. */
static const char *output_of(uint64_t request, struct building *plan) {
    static char text[16384];
    int pipe_fds[2];
    CHECK(pipe2(pipe_fds, O_CLOEXEC) == 0, "%s", strerror(errno));
    struct plan_fd map = {.target = 1, .index = 0, .flags = plan->head.user ? PLAN_FD_OWN : 0};
    plan->head.fds = plan_items(plan, &map, 1, sizeof map);
    spawn_plan(request, plan, &pipe_fds[1], 1);
    close(pipe_fds[1]);
    read_all(pipe_fds[0], text, sizeof text);
    close(pipe_fds[0]);
    struct seen *seen = await_and_ack(request);
    CHECK(seen->slot.state == KEEPER_EXITED, "step %u: %s (%s)", seen->slot.step, strerror(seen->slot.error),
          seen->slot.detail);
    return text;
}

static void expect(const char *text, const char *part) {
    CHECK(strstr(text, part) != NULL, "no '%s' in: %s", part, text);
}

static void welcome_tells_keeper_and_environment(void) {
    char text[65536];
    say_hello();
    const struct keeper_welcome *welcome = &kit.welcome;
    CHECK(welcome->keeper_pid == getppid(), "pid %d", welcome->keeper_pid);
    CHECK(welcome->flags == KEEPER_WELCOME_SUBREAPER, "flags %u", welcome->flags);
    CHECK(welcome->tag_prefix > 0 && welcome->tag_prefix < 0x7fffffff, "prefix %u", welcome->tag_prefix);
    CHECK(strlen((const char *)welcome->boot_id) == 36, "boot id %s", welcome->boot_id);
    CHECK(welcome->keeper_start > 0 && welcome->pid_namespace > 0 && welcome->manager_starts == 1, "facts");
    ssize_t length = pread(kit.environment, text, sizeof text, 0);
    CHECK(length > 0 && memmem(text, (size_t)length, "KEEPER_TEST=the original environment", 37), "environment");
    CHECK(getenv("KEEPER_TEST") == NULL, "the manager's own environment is not the fixed one");
    length = pread(kit.arguments, text, sizeof text, 0);
    CHECK(length > 0 && memmem(text, (size_t)length, "--run-dir=/tmp/run", 19), "arguments");
    CHECK(getsid(0) == getpid(), "the manager has no session of its own");
    struct sigaction action;
    sigaction(SIGINT, NULL, &action);
    CHECK(action.sa_handler == SIG_IGN, "SIGINT is not ignored");
}

/* Each state is held until it was told: in a blocked step, then in a program that waits for its input. */
static void spawn_tells_forked_executed_exited(void) {
    int blocked[2], input[2];
    char block[65536];
    full_pipe(blocked);
    CHECK(pipe2(input, O_CLOEXEC) == 0, "%s", strerror(errno));
    say_hello();
    struct building plan = plan_of(COMMAND("/bin/sh", "-c", "read x; exit 7"), NULL);
    struct plan_fd map = {.target = 0, .index = 1};
    plan.head.fds = plan_items(&plan, &map, 1, sizeof map);
    plan.head.cgroup_index = 0;
    spawn_plan(1, &plan, (int[]){blocked[1], input[0]}, 2);
    struct seen *seen = await(1, KEEPER_FORKED);
    CHECK(seen->slot.state == KEEPER_FORKED && seen->slot.pid > 0 && seen->pidfd >= 0, "state %u", seen->slot.state);
    CHECK(read(blocked[0], block, sizeof block) > 0, "%s", strerror(errno));
    CHECK(await(1, KEEPER_EXECUTED)->slot.state == KEEPER_EXECUTED, "state %u", seen->slot.state);
    close(input[1]);
    await(1, KEEPER_EXITED);
    CHECK(seen->slot.flags == KEEPER_SLOT_EXECUTED && seen->slot.wait_status == 7 << 8, "status %d",
          seen->slot.wait_status);
    struct stat status;
    CHECK(fstat(seen->pidfd, &status) == 0 && status.st_ino == seen->slot.pid_inode, "inode");
    spawn_command(2, COMMAND(self_path(), "help", "pause"));
    seen = await(2, KEEPER_EXECUTED);
    CHECK(signal_pidfd(seen->pidfd, SIGTERM) == 0, "%s", strerror(errno));
    CHECK(await_and_ack(2)->slot.wait_status == SIGTERM, "status %d", seen->slot.wait_status);
}

static void service_has_only_the_descriptors_it_asked_for(void) {
    say_hello();
    struct building plan = plan_of(COMMAND(self_path(), "help", "fds"), NULL);
    const char *text = output_of(1, &plan);
    CHECK(strcmp(text, "0 1 2 ") == 0, "%s", text);
    /* Targets that are the keeper's own numbers, swapped and with holes. */
    int pipes[3][2];
    struct plan_fd map[6];
    int passed[6];
    for (int i = 0; i < 3; i++) CHECK(pipe2(pipes[i], O_CLOEXEC) == 0, "%s", strerror(errno));
    for (uint32_t i = 0; i < 6; i++) {
        passed[i] = pipes[i / 2][i % 2];
        map[i] = (struct plan_fd){.target = i == 1 ? 1 : 25 - (int)i * 3, .index = i};
    }
    plan = plan_of(COMMAND(self_path(), "help", "fds"), NULL);
    plan.head.fds = plan_items(&plan, map, 6, sizeof map[0]);
    spawn_plan(2, &plan, passed, 6);
    for (int i = 0; i < 3; i++) close(pipes[i][1]);
    char lines[256];
    read_all(pipes[0][0], lines, sizeof lines);
    CHECK(strcmp(lines, "0 1 2 10 13 16 19 25 ") == 0, "%s", lines);
    await_and_ack(2);
}

static void settings_reach_the_service(void) {
    char want[256];
    say_hello();
    struct building plan = plan_of(COMMAND(self_path(), "help", "facts"), NULL);
    struct plan_limit limit = {.resource = 7 /* RLIMIT_NOFILE */, .soft = 123, .hard = 456};
    plan.head.flags = PLAN_SESSION | PLAN_NICE | PLAN_UMASK | PLAN_TAG;
    plan.head.nice = 5;
    plan.head.umask = 027;
    plan.head.tag = (uint64_t)kit.welcome.tag_prefix << 32 | 42;
    plan.head.limits = plan_items(&plan, &limit, 1, sizeof limit);
    plan.head.directory = plan_text(&plan, "/usr/share");
    plan.head.ignored_signals = 1u << (SIGHUP - 1);
    plan.head.blocked_signals = 1u << (SIGUSR2 - 1);
    const char *text = output_of(1, &plan);
    snprintf(want, sizeof want, "locks=%llu ", (unsigned long long)plan.head.tag);
    expect(text, want);
    snprintf(want, sizeof want, "pid=%d sid=%d ", seen_of(1)->slot.pid, seen_of(1)->slot.pid);
    expect(text, want);
    expect(text, "umask=027 nice=5 nofile=123 ");
    expect(text, "cwd=/usr/share ");
    expect(text, "ignored=1. blocked=12. ");
    /* Nothing asked for: what the keeper was started with, though it raised its own limit. */
    plan = plan_of(COMMAND(self_path(), "help", "facts"), NULL);
    text = output_of(2, &plan);
    snprintf(want, sizeof want, "nofile=%llu ", (unsigned long long)kit.welcome.nofile_soft);
    expect(text, want);
    expect(text, "ignored= blocked= ");
}

static void account_gives_ids_groups_and_environment(void) {
    char want[256];
    const struct passwd *user = getpwnam("daemon");
    say_hello();
    struct building plan = plan_of(COMMAND(self_path(), "help", "facts"), NULL);
    plan.head.user = plan_text(&plan, "daemon");
    plan.head.groups = plan_strings(&plan, COMMAND("4711", "tty"));
    plan.head.flags = PLAN_DATABASE_GROUPS;
    const char *text = output_of(1, &plan);
    snprintf(want, sizeof want, " uid=%u gid=%u groups=", user->pw_uid, user->pw_gid);
    expect(text, want);
    expect(text, "4711");
    snprintf(want, sizeof want, " out=%u:%u:600 ", user->pw_uid, user->pw_gid);
    expect(text, want);
    plan = plan_of(COMMAND(self_path(), "help", "facts"), NULL);
    plan.head.user = plan_text(&plan, "54321");
    plan.head.group = plan_text(&plan, "54322");
    expect(output_of(2, &plan), " uid=54321 gid=54322 groups= ");
    plan = plan_of(COMMAND(self_path(), "help", "environment"), COMMAND("HOME=/own", "A=b"));
    plan.head.user = plan_text(&plan, "daemon");
    plan.head.flags = PLAN_ACCOUNT_ENVIRONMENT;
    text = output_of(3, &plan);
    snprintf(want, sizeof want, "HOME=/own\nA=b\nUSER=daemon\nLOGNAME=daemon\nSHELL=%s\n", user->pw_shell);
    CHECK(strcmp(text, want) == 0, "%s", text);
}

static void pids_in_the_environment_are_the_childs_own(void) {
    char want[256];
    say_hello();
    struct building plan =
        plan_of(COMMAND(self_path(), "help", "environment"), COMMAND("LISTEN_PID=1", "WATCHDOG_PID=1", "A=b"));
    plan.head.flags = PLAN_LISTEN_PID | PLAN_WATCHDOG_PID;
    const char *text = output_of(1, &plan);
    const struct keeper_slot *slot = &seen_of(1)->slot;
    snprintf(want, sizeof want, "A=b\nLISTEN_PID=%d\nLISTEN_PIDFDID=%llu\nWATCHDOG_PID=%d\n", slot->pid,
             (unsigned long long)slot->pid_inode, slot->pid);
    if (strcmp(text, want) != 0) CHECK(strstr(text, "WATCHDOG_PID=1\n") == NULL, "%s", text);
    CHECK(strcmp(text, want) == 0, "%s", text);
}

static void notify_socket_is_given_to_the_user(void) {
    struct sockaddr_un { unsigned short family; char path[108]; } address = {.family = AF_UNIX, .path = "/tmp/notify"};
    struct stat status;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK(bind(fd, (const struct sockaddr *)(const void *)&address, sizeof address) == 0, "%s", strerror(errno));
    say_hello();
    struct building plan = plan_of(COMMAND("/bin/true"), NULL);
    plan.head.user = plan_text(&plan, "54321");
    plan.head.group = plan_text(&plan, "54322");
    plan.head.root = plan_text(&plan, "/");
    plan.head.notify_socket = plan_text(&plan, address.path);
    spawn_plan(1, &plan, NULL, 0);
    CHECK(await_and_ack(1)->slot.state == KEEPER_EXITED, "step %u", seen_of(1)->slot.step);
    CHECK(stat(address.path, &status) == 0 && status.st_uid == 54321 && status.st_gid == 54322, "owner %u",
          status.st_uid);
}

static void program_is_found_in_the_path_of_the_service(void) {
    say_hello();
    CHECK(mkdir("/tmp/bin", 0755) == 0 && symlink("/bin/true", "/tmp/bin/onlyhere") == 0, "%s", strerror(errno));
    struct building plan = plan_of(COMMAND("onlyhere"), COMMAND("PATH=/nowhere:/tmp/bin"));
    spawn_plan(1, &plan, NULL, 0);
    CHECK(await_and_ack(1)->slot.wait_status == 0 && seen_of(1)->slot.state == KEEPER_EXITED, "not found");
    plan = plan_of(COMMAND("another name", "-c", "exit 3"), NULL);
    plan.head.executable = plan_text(&plan, "/bin/sh");
    spawn_plan(2, &plan, NULL, 0);
    CHECK(await_and_ack(2)->slot.wait_status == 3 << 8, "status %d", seen_of(2)->slot.wait_status);
}

static void spawn_labelled(uint64_t request, const char *how) {
    struct building plan = plan_of(COMMAND(self_path(), "help", how), NULL);
    int memfd = plan_done(&plan, true);
    send_spawn(request, "one and the same", memfd, NULL, 0);
    close(memfd);
}

static void same_label_gets_the_same_slot(void) {
    say_hello();
    spawn_labelled(1, "pause");
    struct seen *seen = await(1, KEEPER_EXECUTED);
    uint64_t slot = seen->slot.slot;
    pid_t pid = seen->slot.pid;
    for (uint64_t request = 2; request < 5; request++) {
        unsigned told = seen->told;
        spawn_labelled(request, "pause");
        while (seen->told == told) CHECK(pump(KIT_WAIT_MS), "the repeated request is not answered");
        CHECK(seen->slot.slot == slot && seen->slot.pid == pid && !seen_of(request)->valid, "a second slot");
    }
    CHECK(signal_pidfd(seen->pidfd, SIGKILL) == 0, "%s", strerror(errno));
    await_and_ack(1);
    spawn_labelled(5, "fds"); /* free again */
    CHECK(await_and_ack(5)->slot.slot != slot, "the slot's number was used again");
}

/* A child that hangs before exec (as in a slow user database) is alone with that. */
static void slow_child_delays_no_other(void) {
    int blocked[2];
    full_pipe(blocked);
    say_hello();
    struct building plan = plan_of(COMMAND("/bin/true"), NULL);
    plan.head.cgroup_index = 0;
    spawn_plan(1, &plan, &blocked[1], 1);
    await(1, KEEPER_FORKED);
    for (uint64_t request = 2; request < 102; request++) spawn_command(request, COMMAND("/bin/true"));
    for (uint64_t request = 2; request < 102; request++) await_and_ack(request);
    CHECK(seen_of(1)->slot.state == KEEPER_FORKED, "state %u", seen_of(1)->slot.state);
    CHECK(signal_pidfd(seen_of(1)->pidfd, SIGKILL) == 0, "%s", strerror(errno));
    const struct keeper_slot *slot = &await_and_ack(1)->slot;
    CHECK(slot->state == KEEPER_EXITED && slot->flags == 0 && slot->wait_status == SIGKILL, "not killed before exec");
}

static bool refused_all(void) {
    return kit.refused_count == 34;
}

static void full_table_refuses_and_recovers(void) {
    say_hello();
    CHECK(kit.welcome.max_slots == 16, "%u slots", kit.welcome.max_slots);
    for (uint64_t request = 1; request <= 50; request++)
        spawn_command(request, COMMAND(self_path(), "help", "pause"));
    CHECK(until(refused_all, KIT_WAIT_MS), "%u refused", kit.refused_count);
    for (unsigned i = 0; i < 34; i++)
        CHECK(kit.refused[i].reason == KEEPER_NO_SLOT && kit.refused[i].request == 17 + i, "request %llu",
              (unsigned long long)kit.refused[i].request);
    signal_pidfd(await(3, KEEPER_EXECUTED)->pidfd, SIGKILL);
    await_and_ack(3);
    spawn_command(51, COMMAND("/bin/true"));
    await_and_ack(51);
}

const struct test_case spawn_cases[] = {
    {.name = "welcomeTellsKeeperAndOriginalEnvironment", .run = welcome_tells_keeper_and_environment},
    {.name = "spawnTellsForkedExecutedExited", .run = spawn_tells_forked_executed_exited},
    {.name = "spawnWorksWhereClone3IsRefused", .run = spawn_tells_forked_executed_exited, .how = HOW_NO_CLONE3},
    {.name = "serviceHasOnlyTheDescriptorsItAskedFor", .run = service_has_only_the_descriptors_it_asked_for},
    {.name = "settingsReachTheService", .run = settings_reach_the_service},
    {.name = "accountGivesIdsGroupsAndEnvironment", .run = account_gives_ids_groups_and_environment},
    {.name = "pidsInTheEnvironmentAreTheChildsOwn", .run = pids_in_the_environment_are_the_childs_own},
    {.name = "notifySocketIsGivenToTheUser", .run = notify_socket_is_given_to_the_user},
    {.name = "programIsFoundInThePathOfTheService", .run = program_is_found_in_the_path_of_the_service},
    {.name = "sameLabelGetsTheSameSlot", .run = same_label_gets_the_same_slot},
    {.name = "slowChildDelaysNoOther", .run = slow_child_delays_no_other},
    {.name = "fullTableRefusesAndRecovers", .run = full_table_refuses_and_recovers, .how = HOW_SMALL},
    {.name = NULL},
};
