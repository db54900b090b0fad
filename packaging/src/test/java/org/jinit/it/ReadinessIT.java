package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** "Started" means ready: every way to say so, said well, badly, late and not at all. */
class ReadinessIT {
    private static final String NEVER = "restart: {when: never}\n";

    /** Starts x in the background; it stays starting until the gate is opened. */
    private static void startsOnlyAfterTheGate(Box box, Duration unready) {
        box.gate("gate").boot();
        Process start = box.spawnInside("start.out", "/run/image/bin/jinitctl", "start", "x");
        Await.until("x came to its gate", () -> box.texts("m").contains("waits"));
        Await.stays("x is starting", unready, () -> box.state("x").equals("starting") && start.isAlive());
        box.open("gate");
        Await.until("start returns", () -> !start.isAlive());
        assertThat(start.exitValue()).as(box.read("start.out")).isZero();
        assertThat(box.state("x")).isEqualTo("running");
    }

    private static final String GATE = "mark:@m:waits gate:@gate ";
    private static final Duration SOME_TIME = Duration.ofMillis(150);

    @Test
    void startedMeansExecuted() {
        try (Box box = Box.pid1().idle("x", serv("wait"))) {
            box.boot().ctl("start", "x").exits(0);
            assertThat(box.state("x")).isEqualTo("running");
        }
    }

    @Test
    void notifyWaitsForReady() {
        try (Box box = Box.pid1()
                .idle("x", serv("'notify:STATUS=warming up' " + GATE + "notify:READY=1 wait") + "ready: notify\n")) {
            startsOnlyAfterTheGate(box, SOME_TIME);
            assertThat(box.status("x").text("statusText")).isEqualTo("warming up");
        }
    }

    @Test
    void pipeWaitsForANewline() {
        try (Box box = Box.pid1().idle("x", serv(GATE + "ready-fd:3 wait") + "ready: pipe\n")) {
            startsOnlyAfterTheGate(box, SOME_TIME);
        }
    }

    @Test
    void pipeTellsItsNumberInTheEnvironment() {
        try (Box box = Box.pid1().idle("x", serv(GATE + "ready-env wait") + "ready: {by: pipe, fd: 17}\n")) {
            startsOnlyAfterTheGate(box, SOME_TIME);
        }
    }

    @Test
    void stopSignalWaitsForTheStopAndContinuesIt() {
        try (Box box = Box.pid1()
                .idle("x", serv(GATE + "env:@env kill-self:STOP mark:@m:goes-on wait") + "ready: stop-signal\n")) {
            startsOnlyAfterTheGate(box, SOME_TIME);
            Await.until("it was continued", () -> box.texts("m").contains("goes-on"));
            assertThat(box.read("env").lines()).contains("UPSTART_JOB=x");
        }
    }

    @Test
    void stopSignalFindsTheMainProcessAfterTwoForks() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("tag:x fork setsid fork sleep:300 mark:@m:daemon kill-self:STOP wait")
                    + "ready: stop-signal\n");
            box.boot().ctl("start", "x").exits(0);
            assertThat(box.status("x").mainPid()).isEqualTo(box.marks("m").getFirst().pid());
        }
    }

    @Test
    void stopSignalOfAProcessBelowALivingLauncherCounts() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("tag:x child { mark:@m:daemon kill-self:STOP wait } wait") + "ready: stop-signal\n");
            box.boot().ctl("start", "x").exits(0);
            assertThat(box.status("x").mainPid()).isEqualTo(box.marks("m").getFirst().pid());
        }
    }

    @Test
    void aLaterStopIsLeftAlone() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("tag:x on:USR1 { mark:@m:stops kill-self:STOP mark:@m:continued } kill-self:STOP wait")
                    + "ready: stop-signal\n");
            box.boot().ctl("start", "x").exits(0);
            box.ctl("signal", "USR1", "x").exits(0);
            Await.until("it stopped", () -> box.tagged("tag:x").stream().anyMatch(p -> p.state() == 'T'));
            Await.stays("it is left so", Duration.ofMillis(200),
                    () -> box.tagged("tag:x").stream().anyMatch(p -> p.state() == 'T'));
            assertThat(box.ctl("signal", "CONT", "x").exits(0).code()).isZero();
            Await.until("it goes on", () -> box.texts("m").contains("continued"));
        }
    }

    @Test
    void deathBeforeTheStopIsAFailedStartThatIsRestarted() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m times:@n:2 { exit:1 } kill-self:STOP wait") + "ready: stop-signal\n").boot();
            box.ctl("start", "x");
            box.awaitState("x", "running");
            assertThat(box.marks("m")).hasSize(3);
        }
    }

    @Test
    void forkWaitsForTheLaunchersExit() {
        String words = "fork-daemon mark:@m:daemon " + GATE + "pid-file:/run/x.pid parent-exit wait";
        try (Box box = Box.pid1().idle("x", serv(words) + "ready: fork\npid-file: /run/x.pid\n")) {
            startsOnlyAfterTheGate(box, SOME_TIME);
            assertThat(box.status("x").mainPid()).isEqualTo(box.marks("m").getFirst().pid());
        }
    }

    @Test
    void forkWithoutAPidFileTakesTheOnlyProcessLeft() {
        try (Box box = Box.pid1().idle("x", serv("fork setsid fork mark:@m wait") + "ready: fork\n")) {
            box.boot().ctl("start", "x").exits(0);
            Await.until("the daemon is there", () -> !box.marks("m").isEmpty());
            assertThat(box.status("x").mainPid()).isEqualTo(box.marks("m").getFirst().pid());
        }
    }

    @Test
    void forkWaitsForAPidFileThatComesLate() {
        String words = "fork setsid mark:@m:daemon " + GATE + "pid-file:/run/x.pid wait";
        try (Box box = Box.pid1().idle("x", serv(words) + "ready: fork\npid-file: /run/x.pid\n")) {
            startsOnlyAfterTheGate(box, SOME_TIME);
            assertThat(box.status("x").mainPid()).isEqualTo(box.marks("m").getFirst().pid());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pid-file-flock", "pid-file-fcntl"})
    void forkTakesALockedPidFile(String word) {
        String words = "fork-daemon mark:@m " + word + ":/run/x.pid parent-exit wait";
        try (Box box = Box.pid1().idle("x", serv(words) + "ready: fork\npid-file: /run/x.pid\n")) {
            box.boot().ctl("start", "x").exits(0);
            assertThat(box.status("x").mainPid()).isEqualTo(box.marks("m").getFirst().pid());
        }
    }

    @Test
    void forkPicksTheProcessThatThePidFileNames() {
        String words = "fork-daemon child:2 { wait } child { mark:@m:named pid-file:/run/x.pid wait } "
                + "await-file:/run/x.pid parent-exit wait";
        try (Box box = Box.pid1().idle("x", serv(words) + "ready: fork\npid-file: /run/x.pid\n")) {
            box.boot().ctl("start", "x").exits(0);
            assertThat(box.status("x").mainPid()).isEqualTo(box.marks("m").getFirst().pid());
            assertThat(box.status("x").processes()).hasSize(4);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rubbish", "0", "1", "-1", "999999999", "12 13", "99999999999999999999"})
    void forkDoesNotBelieveAPidFileWithAnythingElse(String text) {
        try (Box box = Box.pid1()) {
            box.idle("x", "exec: [/run/box/serv, 'tag:x', fork, setsid, 'pid-file:/run/x.pid:" + text + "', wait]\n"
                    + "ready: fork\npid-file: /run/x.pid\nstart-timeout: 500ms\n" + NEVER);
            box.boot().ctl("start", "x").exits(1);
            assertThat(box.state("x")).isEqualTo("failed");
            assertThat(box.tagged("tag:x")).isEmpty();
        }
    }

    @Test
    void forkDoesNotBelieveAPidFileThatNamesAStranger() {
        try (Box box = Box.beside().open()) {
            Stranger stranger = box.stranger();
            String words = "tag:x fork setsid pid-file:/run/box/pub/x.pid:" + stranger.pid() + " wait";
            box.idle("x", serv(words)
                    + "user: nobody\nready: fork\npid-file: /run/box/pub/x.pid\nstart-timeout: 500ms\n" + NEVER);
            box.boot().ctl("start", "x").exits(1);
            assertThat(box.status("x").mainPid()).isNotEqualTo(stranger.pid());
            assertThat(box.tagged("tag:x")).isEmpty();
            stranger.assertUntouched();
        }
    }

    @Test
    void aLinkThatAServiceWithoutRightsPutsInPlaceOfItsPidFileIsNotFollowed() {
        try (Box box = Box.beside().open()) {
            Stranger stranger = box.stranger();
            box.inside("sh", "-c",
                    "echo " + stranger.pid() + " >/run/other.pid; ln -s /run/other.pid /run/box/pub/x.pid").exits(0);
            box.idle("x", serv("tag:x fork setsid wait") + "user: nobody\nready: fork\n"
                    + "pid-file: /run/box/pub/x.pid\nstart-timeout: 500ms\n" + NEVER);
            box.boot().ctl("start", "x").exits(1);
            box.awaitGone("tag:x");
            stranger.assertUntouched();
            assertThat(box.inside("cat", "/run/other.pid").exits(0).out().strip()).isEqualTo("" + stranger.pid());
        }
    }

    @Test
    void aLauncherThatFailsIsAFailedStart() {
        try (Box box = Box.pid1().idle("x", serv("tag:x fork-daemon exit:1") + "ready: fork\n" + NEVER)) {
            assertThat(box.boot().ctl("start", "x").exits(1).err()).contains("cannot start x");
            assertThat(box.status("x").result()).isEqualTo("exit-code");
        }
    }

    @Test
    void aChildThatDiesRightAfterAnHonestLookingExitIsAFailedStart() {
        try (Box box = Box.pid1().idle("x", serv("fork setsid sleep:20 exit:3") + "ready: fork\n" + NEVER)) {
            box.boot().ctl("start", "x").exits(1);
            assertThat(box.state("x")).isEqualTo("failed");
        }
    }

    @Test
    void closingThePipeWithoutANewlineIsAFailedStart() {
        try (Box box = Box.pid1().idle("x", serv("tag:x close-fd:3 wait") + "ready: pipe\n" + NEVER)) {
            assertThat(box.boot().ctl("start", "x").exits(1).err()).contains("cannot start x").contains("newline");
            assertThat(box.status("x").result()).isEqualTo("protocol");
            assertThat(box.tagged("tag:x")).isEmpty();
        }
    }

    @Test
    void thePipeTellsWhichProcessIsTheDaemonAfterTwoForks() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("fork setsid fork sleep:300 mark:@m ready-fd:3 wait") + "ready: pipe\n");
            box.boot().ctl("start", "x").exits(0);
            assertThat(box.status("x").mainPid()).isEqualTo(box.marks("m").getFirst().pid());
        }
    }

    @Test
    void aRealPipeCanBeAskedFor() {
        try (Box box = Box.pid1()) {
            box.idle("x", "exec: [sh, -c, 'echo >/proc/self/fd/3; exec sleep 1000']\nready: {by: pipe, kind: pipe}\n");
            box.boot().ctl("start", "x").exits(0);
        }
    }

    @Test
    void anExitBeforeReadyFailsAtOnceAndNotAtTheTimeout() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("exit:0") + "ready: notify\nstart-timeout: 60s\n" + NEVER).boot();
            long begin = System.nanoTime();
            box.ctl("start", "x").exits(1);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
            assertThat(box.status("x").result()).isEqualTo("protocol");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"notify", "pipe", "stop-signal", "{by: fork}"})
    void whoeverIsNeverReadyIsStoppedAtTheTimeout(String ready) {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("tag:x orphan { wait } wait") + "ready: " + ready + "\nstart-timeout: 300ms\n" + NEVER);
            assertThat(box.boot().ctl("start", "x").exits(1).err()).contains("300ms");
            assertThat(box.status("x").result()).isEqualTo("timeout");
            assertThat(box.tagged("tag:x")).isEmpty();
        }
    }

    @Test
    void aTcpProbeWaitsForThePort() {
        try (Box box = Box.pid1()
                .idle("x", serv(GATE + "listen:4000 wait") + "ready: {tcp: '127.0.0.1:4000', interval: 10ms}\n")) {
            startsOnlyAfterTheGate(box, SOME_TIME);
        }
    }

    @Test
    void aUnixProbeWaitsForTheSocket() {
        try (Box box = Box.pid1()
                .idle("x",
                        serv(GATE + "listen-unix:/run/x.sock wait") + "ready: {unix: /run/x.sock, interval: 10ms}\n")) {
            startsOnlyAfterTheGate(box, SOME_TIME);
        }
    }

    @Test
    void anExecProbeWaitsForExitZero() {
        String yaml = serv(GATE + "mark:@ok wait") + "ready: {exec: 'test -e /run/box/ok', interval: 10ms}\n";
        try (Box box = Box.pid1().idle("x", yaml)) {
            startsOnlyAfterTheGate(box, SOME_TIME);
        }
    }

    @Test
    void aLogProbeWaitsForTheLine() {
        String exec =
                "exec: [/run/box/serv, 'print:not yet', 'mark:/run/box/m:waits', 'gate:/run/box/gate', 'print:now serving', wait]\n";
        try (Box box = Box.pid1().idle("x", exec + "ready: {log: '^now serv'}\nlog: {to: file}\n")) {
            startsOnlyAfterTheGate(box, SOME_TIME);
        }
    }

    @Test
    void anHttpProbeWaitsForTheStatus() {
        String program = "use Socket; socket(S,PF_INET,SOCK_STREAM,0); setsockopt(S,SOL_SOCKET,SO_REUSEADDR,1);"
                + "bind(S,sockaddr_in(4001,INADDR_LOOPBACK)) or die; listen(S,9); my $n=0; while(accept(C,S)){ sysread(C,$b,4096);"
                + "$n++; syswrite(C,$n>2?\"HTTP/1.0 204 ok\\r\\n\\r\\n\":\"HTTP/1.0 503 no\\r\\n\\r\\n\"); close C;"
                + "open(F,'>>','/run/box/asked'); print F \"x\"; close F }";
        try (Box box = Box.pid1().write("server.pl", program)) {
            box.idle("x",
                    "exec: perl /run/box/server.pl\nready: {http: 'http://127.0.0.1:4001/', status: 204, interval: 20ms}\n");
            box.boot().ctl("start", "x").exits(0);
            assertThat(box.read("asked").length()).isGreaterThanOrEqualTo(3);
        }
    }

    @Test
    void allEntriesOfAListAreWaitedForInTheirOrder() {
        String yaml = serv("kill-self:STOP " + GATE + "listen:4002 wait")
                + "ready: [stop-signal, {tcp: '127.0.0.1:4002', interval: 10ms}]\n";
        try (Box box = Box.pid1().idle("x", yaml)) {
            startsOnlyAfterTheGate(box, SOME_TIME);
        }
    }

    @Test
    void readinessIsAskedForAnewAfterEveryKindOfRestart() {
        try (Box box = Box.pid1()) {
            box.idle("x",
                    serv("mark:@m await-no-file:@hold notify:READY=1 wait") + "ready: notify\nrestart: {delay: 0ms}\n");
            box.boot().ctl("start", "x").exits(0);
            box.write("hold", "");
            box.ctl("signal", "KILL", "x").exits(0);
            Await.until("it was started again", () -> box.marks("m").size() == 2);
            Await.stays("not ready", SOME_TIME, () -> !box.state("x").equals("running"));
            box.delete("hold");
            box.awaitState("x", "running");
        }
    }
}
