/* --detach and --pidfile, seen from outside: what runs as jinitd is the launcher, and the daemon outlives it. */
#include "kit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIDFILE "/tmp/run/jinitd.pid"
#define DETACHED {"--detach", "--pidfile", "--log-dir=/tmp/log"}

__attribute__((format(printf, 1, 2))) static int wrong(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return 1;
}

static void send_ready(uint32_t state) {
    struct keeper_ready message = {
        .header = {.version = KEEPER_VERSION, .type = KEEPER_READY, .size = sizeof message}, .state = state};
    send_to_keeper(&message, NULL, 0);
}

static void wait_for_file(const char *path) {
    while (access(path, F_OK) < 0) pump(5);
}

static void touch(const char *path) {
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

static void wait_for_term(void) {
    while (kit.signals[SIGTERM].count == 0) pump(1000);
}

static void be_ready_when_asked(void) {
    say_hello();
    note_pid("/tmp/ready", getpid());
    wait_for_file("/tmp/go");
    send_ready(KEEPER_LISTENING);
    note_pid("/tmp/listening", getpid());
    wait_for_file("/tmp/go-on");
    send_ready(KEEPER_SETTLED);
    wait_for_term();
}

static bool still_runs(pid_t child) {
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == 0;
}

static void await_end(pid_t child) {
    siginfo_t info;
    while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) continue;
}

/* The case runs as init of its pid namespace, so the daemon became its child. */
static int end_daemon(pid_t daemon) {
    int status = 0;
    kill(daemon, SIGTERM);
    if (waitpid(daemon, &status, 0) != daemon || status != 0) return wrong("the daemon ended with %d", status);
    if (access(PIDFILE, F_OK) == 0) return wrong("the pid file is left");
    return 0;
}

static int text_of(const char *path, char *text, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    text[0] = 0;
    if (fd < 0) return -1;
    int length = (int)read_all(fd, text, size);
    close(fd);
    return length;
}

static int link_text(pid_t pid, const char *name, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    ssize_t length = readlink(path, text, size - 1);
    text[length < 0 ? 0 : length] = 0;
    return (int)length;
}

static int check_returns_when_ready(pid_t launcher) {
    char text[256];
    if (pid_in("/tmp/ready") <= 0 || !still_runs(launcher)) return wrong("returned before the manager was ready");
    touch("/tmp/go");
    await_end(launcher);
    if (text_of(PIDFILE, text, sizeof text) <= 0) return wrong("no pid file");
    pid_t daemon = atoi(text);
    if (kill(daemon, 0) < 0 || getsid(daemon) != daemon) return wrong("%d is no session leader", daemon);
    if (status_number(daemon, "PPid:") != getpid()) return wrong("its parent is %ld", status_number(daemon, "PPid:"));
    link_text(daemon, "cwd", text, sizeof text);
    if (strcmp(text, "/") != 0) return wrong("it is in %s", text);
    for (int fd = 0; fd < 3; fd++) {
        char name[16];
        snprintf(name, sizeof name, "fd/%d", fd);
        link_text(daemon, name, text, sizeof text);
        if (strcmp(text, fd == 0 ? "/dev/null" : "/tmp/log/jinitd.log") != 0) return wrong("descriptor %d is %s", fd, text);
    }
    touch("/tmp/go-on");
    return end_daemon(daemon);
}

static int check_waits_for_boot(pid_t launcher) {
    if (pid_in("/tmp/ready") <= 0) return 1;
    touch("/tmp/go");
    if (pid_in("/tmp/listening") <= 0 || !still_runs(launcher)) return wrong("returned before the boot set had settled");
    touch("/tmp/go-on");
    await_end(launcher);
    return end_daemon(pid_in(PIDFILE));
}

static void say_and_end(void) {
    say_hello();
    CHECK(write(0, "jinitd: cannot be\n", 18) == 18, "%s", strerror(errno));
    send_exit(KEEPER_EXIT, 7, 0, 0);
}

static void run_until_term(void) {
    say_hello();
    send_ready(KEEPER_LISTENING);
    wait_for_term();
}

/* What the manager says before it is ready comes out of the launcher, whole, and nothing of it is left. */
static int check_reason(pid_t keeper) {
    char text[512];
    if (pid_in("/tmp/ready") <= 0) return 1;
    int code = output_of_keeper(COMMAND("jinitd", "--detach", "--run-dir=/tmp/other", "--pidfile", "--log-dir=/tmp/log",
                                        "--manager", "/tmp/driver", "--target=reasonOfTheManagerIsTold"), text, sizeof text);
    kill(keeper, SIGTERM);
    if (code != 1 || strcmp(text, "jinitd: cannot be\n") != 0) return wrong("code %d: %s", code, text);
    return access("/tmp/other/jinitd.pid", F_OK) == 0 ? wrong("the pid file is left") : 0;
}

static void reason_of_the_manager_is_told(void) {
    char text[64];
    read_all(open("/tmp/ready", O_RDONLY | O_CLOEXEC), text, sizeof text);
    if (text[0]) say_and_end();
    wait_for_go();
}

/* The manager ends with the code that is expected of the launcher. */
static int check_launcher_killed(pid_t launcher) {
    if (pid_in("/tmp/ready") <= 0) return 1;
    pid_t daemon = pid_in(PIDFILE);
    kill(launcher, SIGKILL);
    await_end(launcher); /* only then is the daemon our child */
    int status = -1;
    if (waitpid(daemon, &status, 0) != daemon || WEXITSTATUS(status) != 128 + SIGKILL) return wrong("the daemon ended with %d", status);
    return access(PIDFILE, F_OK) == 0 ? wrong("the pid file is left") : 0;
}

static int check_daemon_killed(pid_t launcher) {
    if (pid_in("/tmp/ready") <= 0) return 1;
    uint64_t start = clock_ns();
    kill(pid_in(PIDFILE), SIGKILL);
    await_end(launcher);
    return clock_ns() - start < 2000000000u ? 0 : wrong("noticed after %llu ms", (unsigned long long)(clock_ns() - start) / 1000000);
}

static void crash(void) {
    say_hello();
    raise(SIGSEGV);
}

static void crash_once(void) {
    char text[32];
    say_hello();
    if (kit.welcome.manager_starts == 1) {
        note_pid("/tmp/first", getpid());
        raise(SIGSEGV);
    }
    CHECK(text_of(PIDFILE, text, sizeof text) > 0 && atoi(text) == kit.welcome.keeper_pid, "pid file: %s", text);
    send_ready(KEEPER_LISTENING);
    wait_for_term();
}

static int check_crash_is_logged(pid_t launcher) {
    char text[4096], want[128];
    await_end(launcher);
    pid_t daemon = pid_in(PIDFILE);
    text_of("/tmp/log/jinitd.log", text, sizeof text);
    snprintf(want, sizeof want, " jinitd: 1 crashes: pid %d died, killed (Segmentation fault)", pid_in("/tmp/first"));
    if (!strstr(text, want)) return wrong("no '%s' in: %s", want, text);
    return end_daemon(daemon);
}

/* Another jinitd with the pid file /tmp/p; what it says. */
static int another(const char *option, char *text, size_t size) {
    return output_of_keeper(COMMAND("jinitd", "--detach", "--run-dir=/tmp/other", "--pidfile=/tmp/p", "--log-dir=/tmp/log2",
                                    "--manager", "/tmp/driver", "--target=pidFileThatNamesAStrangerIsTakenOver", option), text, size);
}

static void write_pidfile(const char *text) {
    int fd = open("/tmp/p", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    dprintf(fd, "%s", text);
    close(fd);
}

static int check_stale_pidfile(pid_t keeper) {
    char text[512];
    pid_t stranger = fork();
    if (stranger == 0) {
        signal(SIGTERM, SIG_DFL);
        for (;;) pause();
    }
    if (pid_in("/tmp/run/jinitd.pid") <= 0) return 1;
    snprintf(text, sizeof text, "%d\n", stranger);
    write_pidfile(text);
    if (another("--monitor", text, sizeof text) != 0) return wrong("refused: %s", text);
    pid_t daemon = pid_in("/tmp/p");
    if (daemon == stranger || kill(daemon, 0) < 0) return wrong("not taken over");
    if (waitpid(stranger, NULL, WNOHANG) != 0) return wrong("the stranger was killed");
    kill(stranger, SIGKILL);
    waitpid(stranger, NULL, 0);
    kill(daemon, SIGTERM);
    waitpid(daemon, NULL, 0);
    if (access("/tmp/p", F_OK) == 0) return wrong("the pid file is left");
    await_end(keeper);
    return end_daemon(pid_in(PIDFILE));
}

static int check_locked_pidfile(pid_t launcher) {
    char text[512], want[128];
    await_end(launcher);
    pid_t first = pid_in("/tmp/p");
    snprintf(want, sizeof want, "jinitd: cannot start jinitd: /tmp/p is locked by pid %d\n", first);
    int code = another("--monitor", text, sizeof text);
    if (code != 1 || strcmp(text, want) != 0) return wrong("code %d: %s", code, text);
    if (pid_in("/tmp/p") != first) return wrong("the file changed");
    if (another("--overwrite-pidfile", text, sizeof text) != 0) return wrong("not overwritten: %s", text);
    pid_t second = pid_in("/tmp/p");
    kill(first, SIGTERM);
    waitpid(first, NULL, 0);
    if (second == first || pid_in("/tmp/p") != second) return wrong("the first one removed the file of the second");
    kill(second, SIGTERM);
    waitpid(second, NULL, 0);
    return access("/tmp/p", F_OK) == 0 ? wrong("the pid file is left") : 0;
}

static int check_refused_pidfiles(pid_t launcher) {
    char text[512];
    await_end(launcher);
    write_pidfile("root:x:0:0:root:/root:/bin/bash\n");
    if (another("--overwrite-pidfile", text, sizeof text) != 1 || !strstr(text, "no pid file")) return wrong("replaced: %s", text);
    unlink("/tmp/p");
    if (symlink("/tmp/target", "/tmp/p") < 0 || another("--monitor", text, sizeof text) != 1 || !strstr(text, "symbolic link"))
        return wrong("followed: %s", text);
    unlink("/tmp/p");
    if (mkfifo("/tmp/p", 0600) < 0 || another("--monitor", text, sizeof text) != 1 || !strstr(text, "no regular file"))
        return wrong("replaced: %s", text);
    unlink("/tmp/p");
    if (access("/tmp/target", F_OK) == 0) return wrong("the link was followed");
    return end_daemon(pid_in(PIDFILE));
}

const struct test_case detach_cases[] = {
    {.name = "detachReturnsWhenTheManagerIsReady", .run = be_ready_when_asked, .outside = check_returns_when_ready,
     .options = DETACHED},
    {.name = "waitBootReturnsWhenTheBootSetHasSettled", .run = be_ready_when_asked, .outside = check_waits_for_boot,
     .options = {"--detach", "--pidfile", "--log-dir=/tmp/log", "--wait-boot"}},
    {.name = "reasonOfTheManagerIsTold", .run = reason_of_the_manager_is_told, .outside = check_reason},
    {.name = "launcherThatIsKilledTakesTheStartWithIt", .run = wait_for_go, .outside = check_launcher_killed,
     .expected = 128 + SIGKILL, .options = DETACHED},
    {.name = "launcherNoticesTheDaemonsDeath", .run = wait_for_go, .outside = check_daemon_killed, .expected = 1,
     .options = DETACHED},
    {.name = "managerThatCrashesBeforeItIsReadyIsGivenUp", .run = crash, .expected = 1, .options = DETACHED},
    {.name = "crashIsLoggedAndThePidFileStays", .run = crash_once, .outside = check_crash_is_logged,
     .options = DETACHED},
    {.name = "pidFileThatNamesAStrangerIsTakenOver", .run = run_until_term, .outside = check_stale_pidfile,
     .options = DETACHED},
    {.name = "lockedPidFileIsRefusedUnlessOverwritten", .run = run_until_term, .outside = check_locked_pidfile,
     .options = {"--detach", "--pidfile=/tmp/p", "--log-dir=/tmp/log"}},
    {.name = "whatIsNoPidFileIsNotReplaced", .run = run_until_term, .outside = check_refused_pidfiles,
     .options = DETACHED},
    {.name = "pid1DoesNotDetach", .run = run_until_term, .how = HOW_PID1, .expected = 2, .options = DETACHED},
    {.name = NULL},
};
