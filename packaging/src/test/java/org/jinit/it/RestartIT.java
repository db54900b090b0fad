package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who is started again, when, and how often. */
class RestartIT {
    private static final String NO_JITTER = "jitter: 0";

    @ParameterizedTest
    @CsvSource({
        "always,exit:0,true", "always,exit:1,true", "always,kill-self:KILL,true",
        "on-failure,exit:0,false", "on-failure,exit:1,true", "on-failure,kill-self:TERM,false",
        "on-failure,kill-self:KILL,true",
        "on-crash,exit:1,false", "on-crash,kill-self:SEGV,true", "on-crash,kill-self:ABRT,true",
        "on-crash,kill-self:KILL,false",
        "never,exit:1,false", "never,kill-self:SEGV,false"
    })
    void thePolicyIsExact(String when, String end, boolean again) {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m times:@n:1 { sleep:60 " + end + " } wait") + "restart: {when: " + when
                    + ", delay: 10ms}\n");
            box.boot().ctl("start", "x");
            if (again) {
                Await.until("it runs again", () -> box.marks("m").size() == 2);
                assertThat(box.awaitState("x", "running").restarts()).isEqualTo(1);
            } else {
                box.awaitState("x", "stopped", "failed");
                Await.stays("it is not started again", Duration.ofMillis(200), () -> box.marks("m").size() == 1);
            }
        }
    }

    @Test
    void aCodeThatCountsAsSuccessIsNoFailure() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m sleep:60 exit:42") + "success-exit: [42]\nrestart: {delay: 10ms}\n");
            box.boot().ctl("start", "x");
            assertThat(box.awaitState("x", "stopped").result()).isEqualTo("success");
            assertThat(box.marks("m")).hasSize(1);
        }
    }

    @Test
    void theDelayGrowsByItsFactorUpToItsLimit() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m exit:1") + "restart: {delay: 100ms, factor: 2, max-delay: 400ms, " + NO_JITTER
                    + ", limit: unlimited}\n");
            box.boot().ctl("start", "x");
            Await.until("six runs", () -> box.marks("m").size() >= 6);
            List<Long> gaps = gapsMillis(box.marks("m").subList(0, 6));
            long[] least = {100, 200, 400, 400, 400};
            for (int i = 0; i < least.length; i++) {
                assertThat(gaps.get(i)).as("gap %d of %s", i, gaps).isBetween(least[i], least[i] + 350);
            }
            box.ctl("stop", "x").exits(0);
        }
    }

    private static List<Long> gapsMillis(List<Mark> marks) {
        List<Long> gaps = new ArrayList<>();
        for (int i = 1; i < marks.size(); i++) {
            gaps.add((marks.get(i).nanos() - marks.get(i - 1).nanos()) / 1_000_000);
        }
        return gaps;
    }

    @Test
    void theStartLimitAllowsExactlyThatManyStarts() {
        try (Box box = Box.pid1()) {
            box.idle("x", "type: task\nexec: [sh, -c, 'printf a >>/run/box/runs; exit 1']\n"
                    + "restart: {when: on-failure, delay: 1ms, limit: {count: 3, within: 60s}}\n");
            box.boot().ctl("start", "x").exits(1);
            Status status = box.awaitState("x", "failed");
            assertThat(status.result()).isEqualTo("start-limit-hit");
            assertThat(box.read("runs")).isEqualTo("aaa");
            Await.stays("no further run", Duration.ofMillis(500), () -> box.read("runs").equals("aaa"));
            box.ctl("reset", "x").exits(0);
            box.ctl("start", "x");
            Await.until("it may start again", () -> box.read("runs").length() > 3);
        }
    }

    @Test
    void aServiceThatIsKilledTwoHundredTimesComesBackTwoHundredTimes() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("tag:x mark:@m pid-file:@pid wait")
                    + "restart: {delay: 0ms, factor: 1, limit: unlimited, " + NO_JITTER + "}\n");
            box.boot().ctl("start", "x").exits(0);
            for (int i = 1; i <= 200; i++) {
                int runs = i;
                Await.until("run " + i, () -> box.marks("m").size() == runs);
                box.inside("kill", "-s", "KILL", Integer.toString(box.marks("m").getLast().pid())).exits(0);
            }
            Await.until("it runs", () -> box.marks("m").size() == 201);
            Status status = box.awaitState("x", "running");
            assertThat(status.restarts()).isEqualTo(200);
            Await.until("the pid file is written", () -> box.read("pid").strip().equals("" + status.mainPid()));
            assertThat(box.tagged("tag:x")).hasSize(1);
        }
    }

    @Test
    void theCrashOfOneNeverDelaysAnother() {
        try (Box box = Box.pid1()) {
            for (int i = 0; i < 10; i++) {
                box.define("bad" + i, serv("exit:1") + "restart: {delay: 0ms, factor: 1, limit: unlimited}\n");
            }
            box.idle("good", serv("mark:@m wait") + "restart: {delay: 0ms, limit: unlimited, factor: 1}\n").boot();
            box.ctl("start", "good").exits(0);
            List<Long> millis = new ArrayList<>();
            for (int i = 1; i <= 20; i++) {
                int runs = i;
                Await.until("run " + i, () -> box.marks("m").size() == runs);
                long killed = System.nanoTime();
                box.inside("kill", "-s", "KILL", Integer.toString(box.marks("m").getLast().pid())).exits(0);
                Await.until("it is back", () -> box.marks("m").size() == runs + 1);
                millis.add((box.marks("m").getLast().nanos() - killed) / 1_000_000);
            }
            millis.sort(null);
            assertThat(millis.get(10)).as("median of %s", millis).isLessThan(250);
        }
    }

    @Test
    void aStableRunResetsTheDelay() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m times:@n:3 { exit:1 } times:@k:1 { sleep:400 exit:1 } wait")
                    + "restart: {delay: 50ms, factor: 4, " + NO_JITTER + ", reset-after: 300ms, limit: unlimited}\n");
            box.boot().ctl("start", "x");
            Await.until("five runs", () -> box.marks("m").size() == 5);
            List<Long> gaps = gapsMillis(box.marks("m"));
            assertThat(gaps.get(2)).as("%s", gaps).isGreaterThanOrEqualTo(800);
            assertThat(gaps.get(3)).as("%s", gaps).isBetween(450L, 800L);
        }
    }

    @Test
    void theLastCrashIsTold() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m times:@n:2 { sleep:60 kill-self:SEGV } wait")
                    + "restart: {when: on-crash, delay: 1ms}\n");
            box.boot().ctl("start", "x");
            Await.until("third run", () -> box.marks("m").size() == 3);
            Status status = box.awaitState("x", "running");
            assertThat(status.number("crashes")).isEqualTo(2);
            assertThat(status.text("lastCrash")).contains("Segmentation fault");
            assertThat(box.ctl("why", "x").exits(0).out()).contains("SEGV");
        }
    }

    @Test
    void anEndThatWasMeantToEndJinitdDoes() {
        try (Box box = Box.pid1()) {
            box.define("x", serv("notify:READY=1 await-file:@go exit:17") + "ready: notify\nexit: {when: ends}\n");
            box.define("y", serv("on:TERM { mark:@m:stopped exit:0 } notify:READY=1 wait") + "ready: notify\n").boot();
            box.awaitState("x", "running");
            box.awaitState("y", "running");
            box.write("go", "");
            assertThat(box.awaitExit(Duration.ofSeconds(20))).isEqualTo(17);
            assertThat(box.texts("m")).containsExactly("stopped");
        }
    }
}
