package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Requests that meet a service in the middle of something else. */
class RaceIT {
    private static final String NOTIFY = "ready: notify\n";

    @Test
    void stopDuringBackoffPreventsTheRestart() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m sleep:60 exit:1") + "restart: {delay: 700ms, jitter: 0}\n").boot();
            box.ctl("start", "x");
            box.awaitState("x", "backoff");
            box.ctl("stop", "x").exits(0);
            assertThat(box.state("x")).isEqualTo("stopped");
            Await.stays("it is not started", Duration.ofMillis(1000), () -> box.marks("m").size() == 1);
        }
    }

    @Test
    void startDuringALongBackoffActsNow() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m if-missing:@fixed { sleep:60 exit:1 } wait")
                    + "restart: {delay: 24h, max-delay: 24h}\n").boot();
            box.ctl("start", "x");
            box.awaitState("x", "backoff");
            box.write("fixed", "");
            box.ctl("start", "x").exits(0);
            assertThat(box.state("x")).isEqualTo("running");
            assertThat(box.marks("m")).hasSize(2);
        }
    }

    @Test
    void restartWhileWaitingForARequirementRunsOnce() {
        try (Box box = Box.pid1().gate("gate")) {
            box.idle("a", serv("mark:@a gate:@gate notify:READY=1 wait") + NOTIFY);
            box.idle("b", serv("mark:@b wait") + "requires: [a]\n").boot();
            Process start = box.spawnInside("start", "/run/image/bin/jinitctl", "start", "b");
            Await.until("b waits", () -> box.state("b").equals("waiting") && !box.marks("a").isEmpty());
            Process restart = box.spawnInside("restart", "/run/image/bin/jinitctl", "restart", "b");
            Await.stays("b still waits", Duration.ofMillis(200), () -> box.state("b").equals("waiting"));
            box.open("gate");
            box.awaitState("b", "running");
            Await.until("both return", () -> !start.isAlive() && !restart.isAlive());
            assertThat(restart.exitValue()).as(box.read("restart")).isZero();
            assertThat(box.marks("b")).hasSize(1);
            assertThat(box.marks("a")).hasSize(1);
        }
    }

    @Test
    void stopWhileWaitingReleasesTheService() {
        try (Box box = Box.pid1().gate("gate")) {
            box.idle("a", serv("gate:@gate notify:READY=1 wait") + NOTIFY);
            box.idle("b", serv("mark:@b wait") + "requires: [a]\n").boot();
            Process start = box.spawnInside("start", "/run/image/bin/jinitctl", "start", "b");
            Await.until("b waits", () -> box.state("b").equals("waiting"));
            box.ctl("stop", "b").exits(0);
            Await.until("start returns", () -> !start.isAlive());
            assertThat(start.exitValue()).isEqualTo(1);
            assertThat(box.state("b")).isEqualTo("stopped");
            assertThat(box.marks("b")).isEmpty();
        }
    }

    @Test
    void stopInTheStoppingPhaseOfARestartCancelsTheRestart() {
        try (Box box = Box.pid1().gate("gate")) {
            box.idle("x", serv("mark:@m on:TERM { mark:@m:stopping gate:@gate exit:0 } notify:READY=1 wait") + NOTIFY)
                    .boot();
            box.ctl("start", "x").exits(0);
            Process restart = box.spawnInside("restart", "/run/image/bin/jinitctl", "restart", "x");
            Await.until("it is stopping", () -> box.texts("m").contains("stopping"));
            Process stop = box.spawnInside("stop", "/run/image/bin/jinitctl", "stop", "x");
            Await.until("the stop is known", () -> box.status("x").desired().equals("down"));
            box.open("gate");
            Await.until("both return", () -> !restart.isAlive() && !stop.isAlive());
            assertThat(stop.exitValue()).isZero();
            assertThat(box.state("x")).isEqualTo("stopped");
            assertThat(box.texts("m")).containsExactly("started", "stopping");
        }
    }

    @Test
    void killedSevenTimesThenStoppedStaysStoppedAndStartsAgain() {
        try (Box box = Box.pid1()) {
            box.idle("x",
                    serv("tag:x mark:@m wait") + "restart: {delay: 200ms, factor: 1, jitter: 0, limit: unlimited}\n")
                    .boot();
            box.ctl("start", "x").exits(0);
            for (int i = 1; i <= 7; i++) {
                int runs = i;
                Await.until("run " + i, () -> box.marks("m").size() == runs);
                box.inside("kill", "-9", Integer.toString(box.marks("m").getLast().pid())).exits(0);
            }
            box.ctl("stop", "x").exits(0);
            assertThat(box.status("x").mainPid()).isZero();
            assertThat(box.tagged("tag:x")).isEmpty();
            int runs = box.marks("m").size();
            Await.stays("it stays stopped", Duration.ofMillis(500), () -> box.marks("m").size() == runs);
            box.ctl("start", "x").exits(0);
            assertThat(box.state("x")).isEqualTo("running");
        }
    }

    @Test
    void aServiceMayAskForItsOwnRestart() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv(
                    "mark:@m notify:READY=1 times:@n:3 { child { exec { /run/image/bin/jinitctl restart x } } } wait")
                    + NOTIFY + "restart: {limit: unlimited}\n").boot();
            box.ctl("start", "x");
            Await.until("four runs", () -> box.marks("m").size() == 4);
            box.awaitState("x", "running");
        }
    }

    @Test
    void aServiceMayAskForAnotherDuringBoot() {
        try (Box box = Box.pid1()) {
            box.idle("other", serv("mark:@other wait"));
            box.define("boot", "type: task\nexec: [/run/image/bin/jinitctl, start, other]\n").boot();
            box.awaitState("boot", "done");
            assertThat(box.marks("other")).hasSize(1);
        }
    }

    @Test
    void manyQuickRestartsEndRunningOnce() throws InterruptedException {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("tag:x mark:@m on:TERM { exit:0 } notify:READY=1 wait") + NOTIFY).boot();
            box.ctl("start", "x").exits(0);
            Thread[] threads = new Thread[8];
            for (int i = 0; i < threads.length; i++) {
                String verb = i % 2 == 0 ? "Restart" : "Start";
                threads[i] = Thread.ofVirtual().start(() -> {
                    for (int call = 0; call < 15; call++) {
                        try (Varlink connection = box.connect()) {
                            connection.call(verb, "{\"names\":[\"x\"]}");
                        }
                    }
                });
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(box.awaitState("x", "running").mainPid()).isEqualTo(box.marks("m").getLast().pid());
            assertThat(box.tagged("tag:x")).hasSize(1);
        }
    }
}
