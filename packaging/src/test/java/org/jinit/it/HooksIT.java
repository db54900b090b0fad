package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Hooks, timeouts that are extended, and whose value of a variable counts. */
class HooksIT {
    private static final String NEVER = "restart: {when: never}\n";

    private static String hook(String words) {
        return "/run/box/serv " + words.replace("@", "/run/box/");
    }

    @Test
    void hooksRunInOrderAroundTheMainProcess() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m:main notify:READY=1 wait") + "ready: notify\n"
                    + "before-start:\n  - " + hook("mark:@m:before1") + "\n  - " + hook("mark:@m:before2") + "\n"
                    + "after-start:\n  - " + hook("mark:@m:after") + "\nafter-stop:\n  - " + hook("mark:@m:stopped")
                    + "\n").boot();
            box.ctl("start", "x").exits(0);
            box.ctl("stop", "x").exits(0);
            assertThat(box.texts("m")).containsExactly("before1", "before2", "main", "after", "stopped");
        }
    }

    @Test
    void aFailedBeforeStartMeansThatTheMainProcessIsNeverStarted() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m:main wait") + NEVER + "before-start:\n  - " + hook("exit:42") + "\n"
                    + "after-stop:\n  - " + hook("mark:@m:stopped") + "\n").boot();
            assertThat(box.ctl("start", "x").exits(1).err()).contains("cannot start x").contains("42");
            assertThat(box.texts("m")).containsExactly("stopped");
        }
    }

    @Test
    void aBeforeStartThatTakesTooLongIsKilled() {
        try (Box box = Box.pid1()) {
            box.idle("x",
                    serv("mark:@m:main wait") + NEVER + "before-start:\n  - {exec: " + hook("tag:hook ignore:TERM wait")
                            + ", timeout: 200ms}\nstop: {timeout: 300ms}\n")
                    .boot();
            box.ctl("start", "x").exits(1);
            assertThat(box.tagged("tag:hook")).isEmpty();
            assertThat(box.marks("m")).isEmpty();
            assertThat(box.status("x").result()).isEqualTo("timeout");
        }
    }

    @Test
    void aFailureThatIsToBeIgnoredIs() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m:main wait") + "before-start:\n  - {exec: " + hook("exit:1")
                    + ", ignore-failure: true}\n").boot();
            box.ctl("start", "x").exits(0);
        }
    }

    @Test
    void whatABeforeStartLeftIsGoneBeforeTheNextCommand() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m:main wait") + "stop: {timeout: 300ms}\nbefore-start:\n  - "
                    + hook("orphan { tag:left mark:@left ignore:TERM wait } await-file:@left") + "\n").boot();
            box.ctl("start", "x").exits(0);
            assertThat(box.tagged("tag:left")).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            notify:READY=1 on:TERM { exit:0 } wait      | ready: notify | success   | exited | 0
            notify:READY=1 wait                         | ready: notify | success   | killed | TERM
            notify:READY=1 await-file:@go exit:5        | ready: notify | exit-code | exited | 5
            notify:READY=1 await-file:@go kill-self:KILL | ready: notify | signal   | killed | KILL
            await-file:@go exit:6                       | ready: started | exit-code | exited | 6
            exit:0                                      | ready: notify | protocol  | exited | 0
            fork-daemon exit:1                          | ready: fork   | exit-code | exited | 1
            """)
    void afterStopRunsOnceAndKnowsTheResult(String words, String ready, String result, String code, String status) {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m " + words) + ready + "\n" + NEVER + "after-stop:\n  - "
                    + hook("env:@env mark:@after") + "\n").boot();
            box.ctl("start", "x");
            box.write("go", "");
            if (!words.contains("exit:5") && !words.contains("exit:6") && !words.contains("KILL")) {
                box.ctl("stop", "x").exits(0);
            }
            Await.until("after-stop ran", () -> !box.marks("after").isEmpty());
            box.awaitState("x", "stopped", "failed");
            List<String> lines = box.read("env").lines().toList();
            assertThat(lines).contains("SERVICE_RESULT=" + result, "EXIT_CODE=" + code, "EXIT_STATUS=" + status);
            assertThat(box.marks("after")).hasSize(1);
        }
    }

    @Test
    void theStartTimeoutIsExtendedOnRequestAndOnlyAsLong() {
        try (Box box = Box.pid1()) {
            box.idle("good", serv("notify:EXTEND_TIMEOUT_USEC=3000000 sleep:900 notify:READY=1 wait")
                    + "ready: notify\nstart-timeout: 400ms\n" + NEVER);
            box.idle("silent",
                    serv("notify:EXTEND_TIMEOUT_USEC=700000 wait") + "ready: notify\nstart-timeout: 300ms\n" + NEVER)
                    .boot();
            box.ctl("start", "good").exits(0);
            long begin = System.nanoTime();
            box.ctl("start", "silent").exits(1);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isBetween(Duration.ofMillis(650),
                    Duration.ofSeconds(5));
            assertThat(box.status("silent").result()).isEqualTo("timeout");
        }
    }

    @Test
    void theStopTimeoutIsExtendedOnRequest() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv(
                    "on:TERM { notify:EXTEND_TIMEOUT_USEC=3000000 sleep:900 mark:@m:ended exit:0 } notify:READY=1 wait")
                    + "ready: notify\nstop: {timeout: 300ms}\n").boot();
            box.ctl("start", "x").exits(0);
            box.ctl("stop", "x").exits(0);
            assertThat(box.texts("m")).containsExactly("ended");
        }
    }

    @Test
    void theRunTimeoutEndsARun() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("tag:x notify:READY=1 wait") + "ready: notify\nrun-timeout: 300ms\n" + NEVER).boot();
            box.ctl("start", "x").exits(0);
            assertThat(box.awaitState("x", "failed").result()).isEqualTo("timeout");
            assertThat(box.tagged("tag:x")).isEmpty();
        }
    }

    @Test
    void theRunTimeoutIsExtendedOnRequest() {
        try (Box box = Box.pid1()) {
            String words = "notify:READY=1 await-file:@go notify:EXTEND_TIMEOUT_USEC=8000000 sleep:2500 mark:@m:alive exit:0";
            box.idle("x", serv(words) + "ready: notify\nrun-timeout: 2s\n" + NEVER).boot();
            box.ctl("start", "x").exits(0);
            box.write("go", "");
            Await.until("it outlived the limit", () -> box.texts("m").equals(List.of("alive")));
            assertThat(box.awaitState("x", "stopped").result()).isEqualTo("success");
        }
    }

    @Test
    void theDefinitionBeatsItsFilesWhichBeatTheUsersWhichBeatWhatIsInherited() {
        try (Box box =
                Box.pid1().environment("A", "inherited").environment("B", "inherited").environment("C", "inherited")) {
            box.environment("HOME", "/inherited")
                    .environment("NOTIFY_SOCKET", "/run/nobody")
                    .environment("LISTEN_FDS", "3");
            box.environment("WATCHDOG_USEC", "1").environment("UPSTART_JOB", "old").environment("INVOCATION_ID", "old");
            box.write("one.env", "# comment\nB=one\nC=one\n\nQUOTED='two words'\n").write("two.env", "C=two\n");
            box.idle("x",
                    serv("env:@pub/env mark:@pub/m wait")
                            + "user: nobody\nenvironment-files: [/run/box/one.env, /run/box/two.env, "
                            + "-/no/such/file]\nenvironment: {D: 'defined', C: defined}\n")
                    .boot();
            box.ctl("start", "x").exits(0);
            Await.until("it wrote", () -> !box.marks("pub/m").isEmpty());
            List<String> lines = box.read("pub/env").lines().toList();
            assertThat(lines).contains("A=inherited", "B=one", "C=defined", "D=defined", "QUOTED=two words",
                    "USER=nobody", "LOGNAME=nobody");
            assertThat(lines).noneMatch(line -> line.startsWith("NOTIFY_SOCKET=") || line.startsWith("LISTEN_")
                    || line.startsWith("WATCHDOG_") || line.startsWith("UPSTART_JOB=")
                    || line.equals("INVOCATION_ID=old"));
            assertThat(lines).anyMatch(line -> line.matches("INVOCATION_ID=[0-9a-f]{32}"));
            assertThat(lines).contains("HOME=/nonexistent");
        }
    }

    @Test
    void aMissingEnvironmentFileFailsTheStart() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m wait") + "environment-files: [/no/such/file]\n" + NEVER).boot();
            assertThat(box.ctl("start", "x").exits(1).err()).contains("/no/such/file")
                    .contains("No such file or directory");
            assertThat(box.marks("m")).isEmpty();
        }
    }

    @Test
    void aClearedEnvironmentHasOnlyWhatTheDefinitionSays() {
        try (Box box = Box.pid1().environment("A", "inherited")) {
            box.idle("x", serv("env:@env wait") + "clear-environment: true\nenvironment: {B: mine}\n").boot();
            box.ctl("start", "x").exits(0);
            String env = Await.value("its environment", () -> box.read("env").isEmpty() ? null : box.read("env"));
            assertThat(env.lines()).contains("B=mine")
                    .noneMatch(line -> line.startsWith("A=") || line.startsWith("LANG="));
        }
    }

    @Test
    void directoryUmaskLimitsAndGroupsAreAsAskedFor() {
        try (Box box = Box.pid1()) {
            box.idle("x",
                    """
                            exec: [sh, -c, 'pwd; umask; ulimit -n; id -u; id -g; id -G; cut -d" " -f19 /proc/self/stat; touch done; exec sleep 1000']
                            user: nobody
                            group: nogroup
                            groups: [daemon, bin]
                            directory: /run/box/pub
                            umask: 027
                            nice: 5
                            limits: {nofile: '1000:2000'}
                            log: {to: file}
                            """)
                    .boot();
            box.ctl("start", "x").exits(0);
            Await.until("it wrote all", () -> box.file("pub/done").toFile().exists());
            Await.until("its log is there", () -> box.read("log/x/current").lines().count() == 7);
            List<String> lines = box.read("log/x/current").lines().toList();
            assertThat(lines.subList(0, 5)).containsExactly("/run/box/pub", "0027", "1000", "65534", "65534");
            assertThat(lines.get(5).split(" ", -1)).contains("65534", "1", "2");
            assertThat(lines.get(6)).isEqualTo("5");
        }
    }
}
