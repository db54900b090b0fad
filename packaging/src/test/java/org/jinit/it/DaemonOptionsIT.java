package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code --detach}, {@code --pidfile}, {@code --monitor}: what the tests of Open vSwitch's daemon library ask of a daemon, and what they do
 * not ask. {@code -Djinit.rounds=50} runs each fifty times.
 */
class DaemonOptionsIT {
    private static final String PID_FILE = "/run/jinit/jinitd.pid";
    private static final String LOG = "/run/box/log/jinitd.log";
    private static final String CRASH = " crashes: pid %d died, killed \\((Segmentation fault|Aborted)\\)";

    static IntStream rounds() {
        return IntStream.rangeClosed(1, Integer.getInteger("jinit.rounds", 1));
    }

    static Stream<String> signals() {
        return rounds().boxed().flatMap(_ -> Stream.of("KILL", "INT"));
    }

    private static List<String> line(String... options) {
        List<String> line = new ArrayList<>(List.of("/run/image/sbin/jinitd", "--config-dir", "/run/box/etc"));
        line.addAll(List.of("--log-dir", "/run/box/log", "--state-dir", "/run/box/state"));
        line.addAll(List.of(options));
        return line;
    }

    /** Runs to the launcher's end, which comes only when nobody else holds its output. */
    private static Cli detach(Box box, String... options) {
        List<String> line = line(options);
        line.add("--detach");
        return box.inside(line.toArray(String[]::new));
    }

    private static String text(Box box, String inside) {
        try {
            return Files.readString(box.root(inside));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int pidIn(Box box, String file) {
        String text = text(box, file);
        assertThat(text).matches("[0-9]+\n");
        return Integer.parseInt(text.strip());
    }

    private static Proc process(Box box, int pid) {
        return box.processes().stream().filter(p -> p.pid() == pid && !p.zombie()).findFirst().orElseThrow();
    }

    private static Proc manager(Box box, int keeper) {
        return Await.value("a manager", () -> box.processes()
                .stream()
                .filter(p -> p.ppid() == keeper && !p.zombie() && p.name().equals("java"))
                .findFirst()
                .orElse(null));
    }

    private static void kill(Box box, String signal, int pid) {
        box.inside("kill", "-s", signal, Integer.toString(pid)).exits(0);
    }

    private static boolean gone(Box box, int pid) {
        return box.processes().stream().noneMatch(p -> p.pid() == pid && !p.zombie());
    }

    private static boolean noneLeft(Box box) {
        return box.processes()
                .stream()
                .noneMatch(p -> !p.zombie() && (p.name().equals("jinitd") || p.name().equals("java")));
    }

    private static boolean exists(Box box, String inside) {
        return Files.exists(box.root(inside), LinkOption.NOFOLLOW_LINKS);
    }

    private static void endWithTerm(Box box, int keeper) {
        kill(box, "TERM", keeper);
        Await.until("jinitd is gone", () -> gone(box, keeper) && noneLeft(box));
        assertThat(exists(box, PID_FILE)).isFalse();
    }

    /** Crashes the manager and waits for the next one. */
    private static Proc crash(Box box, int keeper) {
        Proc old = manager(box, keeper);
        kill(box, "SEGV", old.pid());
        Await.until("the old manager is gone", () -> gone(box, old.pid()));
        Proc next = manager(box, keeper);
        Await.until("it answers", () -> box.ctl("list").code() == 0);
        return next;
    }

    private static List<String> descriptors(Box box, int pid) {
        List<String> all = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(box.root("/proc/" + pid + "/fd"))) {
            for (Path entry : entries) {
                all.add(Files.readSymbolicLink(entry).toString());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }

    private static String descriptor(Box box, int pid, int number) {
        return box.inside("readlink", "/proc/" + pid + "/fd/" + number).exits(0).out().strip();
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void inTheForegroundThePidFileNamesWhatWasStarted(int round) {
        try (Box box = Box.beside()) {
            box.define("x", serv("tag:x wait")).boot("--pidfile");
            assertThat(pidIn(box, PID_FILE)).isEqualTo(box.keeperPid());
            assertThat(box.shutdown()).isZero();
            assertThat(exists(box, PID_FILE)).isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void aCrashOfTheManagerChangesNeitherJinitdNorItsPidFile(int round) {
        try (Box box = Box.beside()) {
            box.define("x", serv("tag:x wait")).boot("--monitor", "--pidfile");
            int keeper = pidIn(box, PID_FILE);
            Proc first = manager(box, keeper);
            Proc second = crash(box, keeper);
            assertThat(second.pid()).isNotEqualTo(first.pid());
            assertThat(second.ppid()).isEqualTo(keeper);
            assertThat(pidIn(box, PID_FILE)).isEqualTo(keeper);
            assertThat(box.console()).containsPattern("jinitd: 1" + String.format(CRASH, first.pid()));
            assertThat(process(box, keeper).args().getFirst())
                    .contains("jinitd: monitoring pid " + second.pid() + " (1");
            kill(box, "TERM", keeper);
            assertThat(box.awaitExit(Duration.ofSeconds(30))).isZero();
            assertThat(exists(box, PID_FILE)).isFalse();
            assertThat(noneLeft(box)).isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void detachReturnsWhenJinitdAnswers(int round) {
        try (Box box = Box.beside().open()) {
            box.define("x", serv("tag:x wait"));
            Cli launcher = detach(box, "--pidfile").exits(0);
            int keeper = pidIn(box, PID_FILE);
            assertThat(gone(box, keeper)).isFalse();
            box.ctl("list").exits(0);
            assertThat(launcher.text()).isEmpty();
            assertThat(box.inside("readlink", "/proc/" + keeper + "/cwd").out().strip()).isEqualTo("/");
            assertThat(box.inside("ps", "-o", "sid=,tty=", "-p", "" + keeper).out().strip()).matches(keeper + " +\\?");
            assertThat(text(box, LOG)).contains("listening on /run/jinit/control");
            endWithTerm(box, keeper);
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void detachedJinitdIsInitsChildAndStaysSoWhenItsManagerCrashes(int round) {
        try (Box box = Box.beside().open()) {
            box.define("x", serv("tag:x wait"));
            detach(box, "--pidfile", "--monitor").exits(0);
            int keeper = pidIn(box, PID_FILE);
            assertThat(process(box, keeper).ppid()).isEqualTo(1);
            int first = manager(box, keeper).pid();
            Proc second = crash(box, keeper);
            Proc third = crash(box, keeper);
            assertThat(List.of(second.ppid(), third.ppid())).containsOnly(keeper);
            assertThat(process(box, keeper).ppid()).isEqualTo(1);
            assertThat(pidIn(box, PID_FILE)).isEqualTo(keeper);
            assertThat(text(box, LOG)).containsPattern(" jinitd: 1" + String.format(CRASH, first))
                    .containsPattern(" jinitd: 2" + String.format(CRASH, second.pid()));
            endWithTerm(box, keeper);
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void anUnusableControlSocketEndsTheStartBeforeAnythingIsStarted(int round) {
        try (Box box = Box.beside().open()) {
            box.define("x", serv("tag:x mark:@m wait"));
            box.inside("sh", "-ec", "mkdir -p /run/jinit/control; mount -t tmpfs tmpfs /run/jinit/control").exits(0);
            for (String more : List.of("--monitor", "--wait-boot")) {
                Cli launcher = detach(box, "--pidfile", more).exits(1);
                assertThat(launcher.err()).startsWith("jinitd: cannot listen on /run/jinit/control: ");
                assertThat(exists(box, PID_FILE)).isFalse();
                assertThat(noneLeft(box)).isTrue();
                assertThat(box.inside("ls", "/run/jinit").out().lines()).doesNotContain("control.new");
            }
            assertThat(box.marks("m")).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void anOrderedEndIsNoCrash(int round) {
        try (Box box = Box.beside().open()) {
            box.define("x", serv("tag:x wait"));
            detach(box, "--pidfile", "--monitor").exits(0);
            int keeper = pidIn(box, PID_FILE);
            box.ctl("shutdown").exits(0);
            Await.until("jinitd is gone", () -> gone(box, keeper) && noneLeft(box));
            assertThat(exists(box, PID_FILE)).isFalse();
            assertThat(text(box, LOG)).doesNotContain("crashes").contains("ending with code 0");
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void waitBootReturnsWhenTheLastServiceIsReady(int round) {
        try (Box box = Box.beside().open().gate("gate")) {
            box.define("x", serv("tag:x gate:@gate notify:READY=1 wait") + "ready: notify\n");
            box.define("bad", serv("exit:3") + "type: task\n");
            Process launcher =
                    box.spawnInside("launcher", line("--detach", "--pidfile", "--wait-boot").toArray(String[]::new));
            Await.until("jinitd answers", () -> box.ctl("list").code() == 0);
            assertThat(box.state("x")).isEqualTo("starting");
            assertThat(launcher.isAlive()).isTrue();
            box.open("gate");
            Await.until("the launcher returns", () -> !launcher.isAlive());
            assertThat(launcher.exitValue()).as(box.read("launcher")).isZero();
            assertThat(box.state("x")).isEqualTo("running");
            // What failed meanwhile is told, but is no reason to call the start of jinitd failed.
            assertThat(box.read("launcher")).contains("jinitd: bad: failed");
            endWithTerm(box, pidIn(box, PID_FILE));
        }
    }

    @ParameterizedTest
    @MethodSource("signals")
    void aLauncherThatGivesUpTakesTheStartWithIt(String signal) {
        try (Box box = Box.beside().open().gate("gate")) {
            box.define("x", serv("tag:x mark:@m gate:@gate notify:READY=1 wait") + "ready: notify\n");
            List<String> line = line("--detach", "--pidfile", "--wait-boot");
            // Whoever runs this test in the background may ignore SIGINT, and so would everything below it.
            line.addAll(0, List.of("env", "--default-signal=INT", "sh", "-c",
                    "echo $$ >/run/box/launcher-pid; exec \"$0\" \"$@\""));
            Process launcher = box.spawnInside("launcher", line.toArray(String[]::new));
            Await.until("x is being started", () -> !box.marks("m").isEmpty());
            int keeper = pidIn(box, PID_FILE);
            kill(box, signal, Integer.parseInt(box.read("launcher-pid").strip()));
            Await.until("the launcher is gone", () -> !launcher.isAlive());
            Await.until("jinitd is gone", () -> gone(box, keeper) && noneLeft(box));
            box.awaitGone("tag:x");
            assertThat(exists(box, PID_FILE)).isFalse();
            assertThat(text(box, LOG)).contains("the launcher went before jinitd was ready");
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void errorsInTheDefinitionsAreToldByTheLauncher(int round) {
        try (Box box = Box.beside().open()) {
            box.define("x", serv("mark:@m wait")).define("y", "exek: true\n");
            Cli launcher = detach(box, "--pidfile").exits(1);
            assertThat(launcher.err()).contains("/run/box/etc/y.yaml:1:1: cannot use key 'exek'")
                    .contains("jinitd: cannot start: the definitions in /run/box/etc have errors");
            assertThat(exists(box, PID_FILE)).isFalse();
            assertThat(noneLeft(box)).isTrue();
            assertThat(box.marks("m")).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void ofTwoAtOnceExactlyOneStays(int round) {
        try (Box box = Box.beside().open()) {
            box.define("x", serv("tag:x wait"));
            String[] line = line("--detach", "--pidfile").toArray(String[]::new);
            Process one = box.spawnInside("one", line);
            Process other = box.spawnInside("other", line);
            Await.until("both return", () -> !one.isAlive() && !other.isAlive());
            String told = box.read("one") + box.read("other");
            assertThat(List.of(one.exitValue(), other.exitValue())).as(told).containsExactlyInAnyOrder(0, 1);
            int keeper = pidIn(box, PID_FILE);
            assertThat(told).isEqualTo("jinitd: cannot start: another jinitd (pid " + keeper + ") uses /run/jinit\n");
            box.ctl("list").exits(0);
            endWithTerm(box, keeper);
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void ofTwoAtOnceWithOnePidFileExactlyOneStays(int round) {
        try (Box box = Box.beside().open()) {
            Process one = box.spawnInside("one",
                    line("--detach", "--run-dir=/run/1", "--pidfile=/run/p").toArray(String[]::new));
            Process other = box.spawnInside("other",
                    line("--detach", "--run-dir=/run/2", "--pidfile=/run/p").toArray(String[]::new));
            Await.until("both return", () -> !one.isAlive() && !other.isAlive());
            String told = box.read("one") + box.read("other");
            assertThat(List.of(one.exitValue(), other.exitValue())).as(told).containsExactlyInAnyOrder(0, 1);
            int keeper = pidIn(box, "/run/p");
            assertThat(told).isEqualTo("jinitd: cannot start jinitd: /run/p is locked by pid " + keeper + "\n");
            assertThat(box.inside("ls", "-A", "/run").out().lines()).noneMatch(name -> name.endsWith(".new"));
            kill(box, "TERM", keeper);
            Await.until("jinitd is gone", () -> noneLeft(box));
            assertThat(exists(box, "/run/p")).isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void aPidFileThatNamesALiveStrangerIsNotBelieved(int round) {
        try (Box box = Box.beside().open()) {
            Stranger stranger = box.stranger();
            box.inside("sh", "-c", "mkdir -m 755 /run/jinit; echo " + stranger.pid() + " >" + PID_FILE).exits(0);
            detach(box, "--pidfile").exits(0);
            int keeper = pidIn(box, PID_FILE);
            assertThat(keeper).isNotEqualTo(stranger.pid());
            kill(box, "KILL", keeper);
            Await.until("jinitd is gone", () -> noneLeft(box));
            assertThat(pidIn(box, PID_FILE)).as("a killed one leaves its file").isEqualTo(keeper);
            detach(box, "--pidfile").exits(0);
            endWithTerm(box, pidIn(box, PID_FILE));
            stranger.assertUntouched();
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void aLockedPidFileIsRefused(int round) {
        try (Box box = Box.beside().open()) {
            box.spawnInside("out", "/run/box/serv", "pid-file-fcntl:/run/x.pid", "mark:/run/box/locked", "wait");
            Await.until("it is locked", () -> !box.marks("locked").isEmpty());
            int holder = box.marks("locked").getFirst().pid();
            String refusal = "jinitd: cannot start jinitd: /run/x.pid is locked by pid " + holder + "\n";
            assertThat(detach(box, "--pidfile=/run/x.pid").exits(1).err()).isEqualTo(refusal);
            assertThat(box.inside(line("--pidfile=/run/x.pid").toArray(String[]::new)).exits(1).err())
                    .isEqualTo(refusal);
            assertThat(pidIn(box, "/run/x.pid")).isEqualTo(holder);
            detach(box, "--pidfile=/run/x.pid", "--overwrite-pidfile").exits(0);
            int keeper = pidIn(box, "/run/x.pid");
            assertThat(keeper).isNotEqualTo(holder);
            endWithTerm(box, keeper);
            assertThat(exists(box, "/run/x.pid")).isFalse();
            assertThat(gone(box, holder)).isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void nothingOfTheCallersIsKeptOpenAndNothingIsLost(int round) {
        try (Box box = Box.beside().open()) {
            box.define("x", serv("tag:x print:hello wait") + "log: {to: inherit}\n");
            List<String> line = line("--detach", "--pidfile", "--wait-boot");
            line.addAll(0, List.of("sh", "-c", "exec \"$0\" \"$@\" 5>/run/box/held 9</run/box/held"));
            box.inside(line.toArray(String[]::new)).exits(0);
            int keeper = pidIn(box, PID_FILE);
            Proc manager = manager(box, keeper);
            for (int pid : List.of(keeper, manager.pid(), box.tagged("tag:x").getFirst().pid())) {
                assertThat(descriptors(box, pid)).doesNotContain("/run/box/held");
                assertThat(descriptor(box, pid, 0)).isEqualTo("/dev/null");
                assertThat(List.of(descriptor(box, pid, 1), descriptor(box, pid, 2))).containsOnly(LOG);
            }
            Await.until("inherited output is in the log", () -> text(box, LOG).contains("hello"));
            int before = descriptors(box, keeper).size();
            crash(box, keeper);
            box.awaitState("x", "running");
            Await.until("no more descriptors than before", () -> descriptors(box, keeper).size() == before);
            assertThat(descriptors(box, keeper).stream().filter(name -> name.startsWith("pipe:"))).isEmpty();
            endWithTerm(box, keeper);
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void leftoversAreRefusedOrEnded(int round) {
        try (Box box = Box.beside().open()) {
            box.define("x", serv("tag:x wait"));
            detach(box, "--pidfile", "--wait-boot").exits(0);
            int left = box.tagged("tag:x").getFirst().pid();
            kill(box, "KILL", pidIn(box, PID_FILE));
            Await.until("jinitd is gone", () -> noneLeft(box));
            for (int i = 0; i < 2; i++) {
                assertThat(detach(box, "--leftover=refuse").exits(1).err())
                        .contains("cannot start: an earlier jinitd died and left 1 processes (pid " + left + ")");
            }
            assertThat(gone(box, left)).isFalse();
            detach(box, "--pidfile", "--wait-boot").exits(0);
            assertThat(gone(box, left)).isTrue();
            assertThat(box.tagged("tag:x")).hasSize(1);
            endWithTerm(box, pidIn(box, PID_FILE));
        }
    }

    @ParameterizedTest
    @MethodSource("rounds")
    void whatCannotBeDoneIsToldWithItsCause(int round) {
        try (Box box = Box.beside().prepare("mkdir /run/ro; mount -t tmpfs -o ro tmpfs /run/ro").open()) {
            assertThat(detach(box, "--pidfile=/run/none/p").exits(1).err())
                    .isEqualTo(
                            "jinitd: cannot make the pid file /run/none/p: open /run/none: No such file or directory\n");
            assertThat(detach(box, "--pidfile=/run/ro/p").exits(1).err())
                    .isEqualTo("jinitd: cannot make the pid file /run/ro/p: Read-only file system\n");
            assertThat(detach(box, "--run-dir=/run/ro/r").exits(1).err()).contains("cannot make the run directory");
            assertThat(detach(box, "--manager=/run/none").exits(1).err())
                    .contains("cannot start the manager: execute /run/none: No such file or directory");
            assertThat(detach(box, "--log-level=loud").exits(2).err())
                    .isEqualTo("jinitd: cannot log at level loud: use error, warn, info or debug\n");
            assertThat(noneLeft(box)).isTrue();
        }
    }
}
