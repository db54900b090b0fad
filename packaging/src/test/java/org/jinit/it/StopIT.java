package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which signals go to whom when a service is stopped, and when KILL follows. */
class StopIT {
    private static Duration timed(Runnable action) {
        long begin = System.nanoTime();
        action.run();
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    /** A main process and a child that both say which signal they got. */
    private static Box familyBox(String stop) {
        String family = "child { mark:@m:child-up on:TERM { mark:@m:child-TERM exit:0 } wait } "
                + "on:TERM { mark:@m:main-TERM sleep:100 mark:@m:main-ends exit:0 } tag:x ";
        Box box = Box.pid1().idle("x", serv(family + "wait") + stop).boot();
        box.ctl("start", "x").exits(0);
        Await.until("the child is up", () -> box.texts("m").contains("child-up"));
        return box;
    }

    @Test
    void modeMixedSignalsTheMainProcessFirstThenWhatItLeft() {
        try (Box box = familyBox("stop: {mode: mixed}\n")) {
            box.ctl("stop", "x").exits(0);
            assertThat(box.texts("m")).containsExactly("child-up", "main-TERM", "main-ends", "child-TERM");
            assertThat(box.tagged("tag:x")).isEmpty();
        }
    }

    @Test
    void modeAllSignalsAllAtOnce() {
        try (Box box = familyBox("stop: {mode: all}\n")) {
            box.ctl("stop", "x").exits(0);
            assertThat(box.texts("m")).contains("main-TERM", "child-TERM").endsWith("main-ends");
            assertThat(box.tagged("tag:x")).isEmpty();
        }
    }

    @Test
    void modeMainSignalsTheMainProcessAloneAndKillsWhatItLeft() {
        try (Box box = familyBox("stop: {mode: main}\n")) {
            box.ctl("stop", "x").exits(0);
            assertThat(box.texts("m")).containsExactly("child-up", "main-TERM", "main-ends");
            assertThat(box.tagged("tag:x")).isEmpty();
        }
    }

    @Test
    void whoeverIgnoresTheSignalIsKilledAtTheTimeoutAndNotBefore() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("tag:x ignore:TERM mark:@m wait") + "stop: {timeout: 400ms}\n").boot();
            box.ctl("start", "x").exits(0);
            Await.until("it ignores", () -> !box.marks("m").isEmpty());
            Duration took = timed(() -> box.ctl("stop", "x").exits(0));
            assertThat(took).isBetween(Duration.ofMillis(400), Duration.ofSeconds(5));
            assertThat(box.tagged("tag:x")).isEmpty();
            assertThat(box.status("x").text("exitSignal")).isEqualTo("KILL");
        }
    }

    @Test
    void aSlowStopWithinTheTimeoutIsWaitedFor() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("on:TERM { sleep:500 mark:@m:ended exit:0 } notify:READY=1 wait") + "ready: notify\n")
                    .boot();
            box.ctl("start", "x").exits(0);
            assertThat(timed(() -> box.ctl("stop", "x").exits(0))).isGreaterThanOrEqualTo(Duration.ofMillis(500));
            assertThat(box.texts("m")).containsExactly("ended");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HUP", "INT", "QUIT", "USR1", "USR2", "WINCH", "ALRM", "10", "SIGTERM"})
    void theStopSignalIsTheOneAskedFor(String signal) {
        String name = signal.equals("10") ? "USR1" : signal.replace("SIG", "");
        try (Box box = Box.pid1()) {
            box.idle("x", serv("on:" + name + " { mark:@m:" + name + " exit:0 } notify:READY=1 wait")
                    + "ready: notify\nstop: {signal: " + signal + "}\n");
            box.boot().ctl("start", "x").exits(0);
            box.ctl("stop", "x").exits(0);
            assertThat(box.texts("m")).containsExactly(name);
        }
    }

    @Test
    void aStopCommandRunsFirstWithTheMainProcessInItsEnvironment() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m:main on:USR1 { mark:@m:asked exit:0 } notify:READY=1 wait") + "ready: notify\n"
                    + "stop: {exec: [sh, -c, 'kill -s USR1 $MAINPID; while kill -0 $MAINPID; do :; done']}\n");
            box.boot().ctl("start", "x").exits(0);
            box.ctl("stop", "x").exits(0);
            assertThat(box.texts("m")).containsExactly("main", "asked");
        }
    }

    @Test
    void stoppingTwiceIsNothing() {
        try (Box box = Box.pid1().idle("x", serv("wait"))) {
            box.boot().ctl("start", "x").exits(0);
            box.ctl("stop", "x").exits(0);
            box.ctl("stop", "x").exits(0);
        }
    }

    @ParameterizedTest
    @CsvSource({"exit:0,success", "exit:4,exit-code", "kill-self:KILL,signal"})
    void theResultOfTheLastRunIsKept(String end, String result) {
        try (Box box = Box.pid1()) {
            box.idle("x",
                    serv("on:USR1 { " + end + " } notify:READY=1 wait") + "ready: notify\nrestart: {when: never}\n");
            box.boot().ctl("start", "x").exits(0);
            box.ctl("signal", "USR1", "x").exits(0);
            box.awaitState("x", "stopped", "failed");
            assertThat(box.status("x").result()).isEqualTo(result);
        }
    }

    @Test
    void stopOfAStoppedProcessContinuesIt() {
        try (Box box = Box.pid1()) {
            box.idle("x",
                    serv("on:TERM { mark:@m:TERM exit:0 } notify:READY=1 kill-self:STOP wait") + "ready: notify\n");
            box.boot().ctl("start", "x").exits(0);
            Await.until("it stands still", () -> box.processes().stream().anyMatch(p -> p.state() == 'T'));
            box.ctl("stop", "x").exits(0);
            assertThat(box.texts("m")).containsExactly("TERM");
        }
    }

    @Test
    void stopWhileStartingStopsTheStart() {
        try (Box box = Box.pid1().gate("gate")) {
            box.idle("x", serv("tag:x mark:@m gate:@gate notify:READY=1 wait") + "ready: notify\n").boot();
            Process start = box.spawnInside("start.out", "/run/image/bin/jinitctl", "start", "x");
            Await.until("it waits", () -> !box.marks("m").isEmpty());
            box.ctl("stop", "x").exits(0);
            Await.until("start returns", () -> !start.isAlive());
            assertThat(start.exitValue()).isEqualTo(1);
            assertThat(box.tagged("tag:x")).isEmpty();
            assertThat(box.state("x")).isEqualTo("stopped");
        }
    }
}
