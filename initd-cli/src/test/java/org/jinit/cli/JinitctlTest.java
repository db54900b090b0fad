package org.jinit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jinit.protocol.Answer;
import org.jinit.protocol.Call;
import org.jinit.protocol.Change;
import org.jinit.protocol.ManagerError;
import org.jinit.protocol.Outcome;
import org.jinit.protocol.Plan;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What jinitctl asks, prints and ends with, against a jinitd made for it. */
@Timeout(60)
class JinitctlTest {
    @TempDir
    Path directory;

    private static Outcome ok(String name, String state) {
        return new Outcome(name, true, state, "success", null, List.of());
    }

    @Test
    void startNamesAllServicesInOneCallAndSaysWhatTheyAre() throws Exception {
        try (FakeManager manager = new FakeManager(
                directory, (_, replies) -> replies.answer(
                        new Answer.Outcomes(List.of(ok("web", "running"), ok("db", "running")), null)))) {
            Ran ran = Ran.in(directory, "start", "web", "db");
            assertThat(ran).isEqualTo(new Ran(0, "web is running\ndb is running\n", ""));
            assertThat(manager.calls).containsExactly(new Call.Start(List.of("web", "db"), false, null));
        }
    }

    @Test
    void failedStartSaysWhyWithTheLastLinesOfOutput() throws Exception {
        try (FakeManager _ = new FakeManager(
                directory, (_, replies) -> replies.fail(
                        new ManagerError.Failed(
                                List.of(
                                        ok("db", "running"),
                                        new Outcome(
                                                "web", false, "failed", "exit-code",
                                                "cannot start web: change directory to /srv/www: No such file or directory",
                                                List.of("one", "two\u0007"))))))) {
            Ran ran = Ran.in(directory, "start", "db", "web");
            assertThat(ran.code()).isEqualTo(1);
            assertThat(ran.out()).isEmpty();
            assertThat(ran.err())
                    .isEqualTo(
                            """
                                    jinitctl: cannot start web: change directory to /srv/www: No such file or directory
                                      | one
                                      | two\ufffd
                                    """);
        }
    }

    @Test
    void everyErrorHasItsExitCode() throws Exception {
        Map<ManagerError, Integer> codes = Map.of(
                new ManagerError.NoSuchService(List.of("x"), "there is no service x"), 4,
                new ManagerError.Refused("has-dependents", "web needs it", List.of("web")), 1,
                new ManagerError.Refused("not-running", "it is not running", List.of("x")), 3,
                new ManagerError.NotPermitted("no"), 5,
                new ManagerError.InvalidArgument("no"), 2,
                new ManagerError.Unavailable("no"), 1,
                new ManagerError.InvalidConfiguration(List.of("web.yaml:1:2: cannot x")), 1,
                new ManagerError.Standard("MethodNotFound", "method", "org.jinit.Manager.Stop"), 1);
        for (Map.Entry<ManagerError, Integer> entry : codes.entrySet()) {
            Path own = Files.createTempDirectory(directory, "run");
            try (FakeManager _ = new FakeManager(own, (_, replies) -> replies.fail(entry.getKey()))) {
                Ran ran = Ran.in(own, "stop", "x");
                assertThat(ran.code()).as(entry.getKey().toString()).isEqualTo(entry.getValue());
                assertThat(ran.err()).startsWith("jinitctl: cannot ");
            }
        }
    }

    @Test
    void refusalListsTheDependentsAndTheWayOut() throws Exception {
        try (FakeManager manager = new FakeManager(
                directory, (_, replies) -> replies.fail(
                        new ManagerError.Refused("has-dependents", "others need it", List.of("web", "mail"))))) {
            Ran ran = Ran.in(directory, "stop", "db");
            assertThat(ran.err())
                    .isEqualTo("jinitctl: cannot stop: others need it (web, mail); --with-dependents includes them\n");
            Ran.in(directory, "stop", "--with-dependents", "db");
            assertThat(manager.calls.getLast()).isEqualTo(new Call.Stop(List.of("db"), true, false, null));
        }
    }

    @Test
    void planIsPrintedAndItsHashCommits() throws Exception {
        Plan plan = new Plan(
                "3fa9",
                List.of(new Plan.Step("stop", "web", "it requires db"), new Plan.Step("stop", "db", "asked for")));
        try (FakeManager manager = new FakeManager(
                directory, (_, replies) -> replies.answer(new Answer.Outcomes(List.of(), plan)))) {
            Ran ran = Ran.in(directory, "stop", "--plan", "--with-dependents", "db");
            assertThat(ran.out())
                    .isEqualTo(
                            """
                                    1.  stop  web  it requires db
                                    2.  stop  db   asked for
                                    plan 3fa9 (--commit 3fa9 does exactly this)
                                    """);
            Ran.in(directory, "stop", "--commit=3fa9", "db");
            assertThat(manager.calls.getLast()).isEqualTo(new Call.Stop(List.of("db"), false, false, "3fa9"));
            assertThat(Ran.in(directory, "stop", "--plan", "--json", "db").out())
                    .startsWith("{\"hash\":\"3fa9\",\"steps\":[{\"action\":\"stop\",\"name\":\"web\"");
        }
    }

    @Test
    void statusTellsStateCauseProcessesAndOutput() throws Exception {
        try (FakeManager _ = new FakeManager(
                directory,
                (_, replies) -> replies.answer(new Answer.Services(List.of(FakeManager.status("web", "running")))))) {
            Ran ran = Ran.in(directory, "status", "web");
            assertThat(ran.code()).isZero();
            assertThat(ran.out())
                    .startsWith("web - the web server\n  state      running for ")
                    .contains(", since 2026-01-02 03:04:05 UTC\n")
                    .contains("\n  cause      READY=1 from pid 41\n")
                    .contains("\n  main pid   41\n")
                    .contains("\n  says       \"serving \ufffd[31mred\"\n")
                    .contains("\n  processes  2, held by tag, 12.3 MB, cpu 1m 15s\n")
                    .contains("41  12.3 MB  1m 15s  webd --all (main)\n")
                    .contains("42   4.0 kB    0.0s    webd: worker\n")
                    .contains("\n    | first line\n    | last line\n");
        }
    }

    @Test
    void statusEndsWithThreeWhenOneIsNotUp() throws Exception {
        try (FakeManager _ = new FakeManager(
                directory,
                (_, replies) -> replies.part(new Answer.Services(List.of(FakeManager.status("web", "running"))))
                        .answer(new Answer.Services(List.of(FakeManager.status("db", "failed")))))) {
            Ran ran = Ran.in(directory, "status", "web", "db");
            assertThat(ran.code()).isEqualTo(3);
            assertThat(ran.out()).contains("\n\ndb - the db server\n").contains("last run   exit-code (exited with 7)");
        }
    }

    @Test
    void statusAsJsonIsAnArrayWithTheFixedNames() throws Exception {
        try (FakeManager _ = new FakeManager(
                directory,
                (_, replies) -> replies.answer(new Answer.Services(List.of(FakeManager.status("db", "failed")))))) {
            Ran ran = Ran.in(directory, "--json", "status", "db");
            assertThat(ran.code()).isEqualTo(3);
            assertThat(ran.out()).startsWith("[{\"name\":\"db\",").endsWith("}]\n");
            for (String key : List.of(
                    "name", "state", "desired", "mainPid", "processes", "restarts", "result", "exitCode", "exitSignal",
                    "statusText",
                    "cause", "since")) {
                assertThat(ran.out()).contains("\"" + key + "\":");
            }
            assertThat(ran.out()).contains("\"mainPid\":null,\"processes\":[]")
                    .contains("\"exitCode\":7,\"exitSignal\":null");
        }
    }

    @Test
    void listIsAnAlignedTable() throws Exception {
        try (FakeManager manager = new FakeManager(
                directory, (_, replies) -> replies.answer(
                        new Answer.Services(
                                List.of(FakeManager.status("a", "running"),
                                        FakeManager.status("longer-name", "failed")))))) {
            List<String> lines = Ran.in(directory, "list").out().lines().toList();
            assertThat(lines).hasSize(3);
            assertThat(lines.getFirst()).startsWith("NAME         STATE    FOR");
            assertThat(lines.get(1)).startsWith("a            running  ")
                    .endsWith("READY=1 from pid 41 [newer on disk]");
            assertThat(lines.get(2)).startsWith("longer-name  failed   ");
            assertThat(lines.get(1).indexOf("READY")).isEqualTo(lines.get(2).indexOf("pid 41 exited"));
            assertThat(Ran.in(directory, "status").code()).isZero();
            assertThat(manager.calls).containsExactly(new Call.ListServices(), new Call.ListServices());
        }
    }

    @Test
    void coloursAppearOnlyWhenAskedFor() throws Exception {
        try (FakeManager _ = new FakeManager(
                directory,
                (_, replies) -> replies.answer(new Answer.Services(List.of(FakeManager.status("web", "running")))))) {
            Map<String, String> environment = Map.of("JINIT_RUN_DIR", directory.toString());
            assertThat(Ran.with(environment, true, "status", "web").out()).contains("\u001b[32mrunning\u001b[0m");
            assertThat(Ran.with(environment, false, "status", "web").out()).doesNotContain("\u001b");
        }
    }

    @Test
    void whyTellsTheStoryInOrder() throws Exception {
        List<Change> changes = List.of(
                new Change("web", 1, "stopped", "starting", "uid 0 asked to start it", "2026-01-02T03:04:05Z"),
                new Change("web", 1, "starting", "running", "READY=1 from pid 41", "2026-01-02T03:04:05.120Z"));
        try (FakeManager _ = new FakeManager(
                directory, (_, replies) -> replies
                        .answer(new Answer.Story("web", "web is running: READY=1 from pid 41", changes)))) {
            assertThat(Ran.in(directory, "why", "web").out())
                    .isEqualTo(
                            """
                                    web is running: READY=1 from pid 41
                                      03:04:05.000  stopped -> starting  uid 0 asked to start it
                                      03:04:05.120  starting -> running  READY=1 from pid 41
                                    """);
        }
    }

    @Test
    void eventsAreToldAsTheyComeUntilTheEnd() throws Exception {
        Change change = new Change("web", 1, "running", "stopping", "asked", "2026-01-02T03:04:05Z");
        try (FakeManager _ = new FakeManager(
                directory,
                (_, replies) -> replies.part(new Answer.Event(change, 0)).answer(new Answer.Event(change, 7)))) {
            assertThat(Ran.in(directory, "events", "web").out())
                    .isEqualTo(
                            """
                                    03:04:05.000  web: running -> stopping  asked
                                    (7 changes were left out: they came faster than they were read)
                                    03:04:05.000  web: running -> stopping  asked
                                    """);
            assertThat(Ran.in(directory, "events", "--json").out().lines()).hasSize(2)
                    .allMatch(line -> line.startsWith("{\"change\":{"));
        }
    }

    @Test
    void waitAsksForUpUnlessToldOtherwise() throws Exception {
        try (FakeManager manager = new FakeManager(
                directory, (_, replies) -> replies.answer(new Answer.Outcomes(List.of(ok("web", "running")), null)))) {
            assertThat(Ran.in(directory, "wait", "web").code()).isZero();
            assertThat(Ran.in(directory, "wait", "web", "--state", "down", "--timeout=1500ms").code()).isZero();
            assertThat(manager.calls)
                    .containsExactly(
                            new Call.Wait(List.of("web"), "up", 0), new Call.Wait(List.of("web"), "down", 1500));
            assertThat(Ran.in(directory, "wait", "web", "--timeout", "soon").code()).isEqualTo(2);
        }
    }

    @Test
    void otherVerbsAskForWhatTheySay() throws Exception {
        try (FakeManager manager = new FakeManager(
                directory, (call, replies) -> {
                    switch (call) {
                        case Call.LogLevel _ -> replies.answer(new Answer.Level("debug"));
                        case Call.Logs _ -> replies.answer(new Answer.Lines(List.of("x", "y"), null));
                        case Call.Version _ ->
                            replies.answer(new Answer.Version("1.0", 1, 2, "2026-01-02T03:04:05Z", 3, 1));
                        case Call.Show _ -> replies.answer(
                                new Answer.Definition(
                                        "web", List.of("web.yaml"), true, "state",
                                        Map.of("exec", List.of("/bin/sh", "-c", "a: b"))));
                        case Call.Enable _,Call.Shutdown _ -> replies.answer(new Answer.Done());
                        default -> replies.answer(new Answer.Outcomes(List.of(ok("web", "running")), null));
                    }
                })) {
            assertThat(Ran.in(directory, "signal", "HUP", "web", "db", "--all").out())
                    .isEqualTo("web was signalled, is running\n");
            assertThat(Ran.in(directory, "enable", "web").out()).isEqualTo("web starts at boot\n");
            assertThat(Ran.in(directory, "log-level", "debug").out()).isEqualTo("debug\n");
            assertThat(Ran.in(directory, "logs", "-n", "2", "web").out()).isEqualTo("x\ny\n");
            assertThat(Ran.in(directory, "logs", "-f", "web").code()).isEqualTo(1);
            assertThat(Ran.in(directory, "version").out())
                    .contains(
                            "jinitd 1.0, pid 1, manager 2 since 2026-01-02 03:04:05 UTC, 3 services, its manager crashed 1 time\n");
            assertThat(Ran.in(directory, "show", "web").out())
                    .isEqualTo(
                            """
                                    # web, read from web.yaml
                                    # starts at boot (set by enable or disable)
                                    exec: [/bin/sh, "-c", "a: b"]
                                    """);
            assertThat(Ran.in(directory, "poweroff").code()).isZero();
            assertThat(manager.calls)
                    .contains(
                            new Call.Signal(List.of("web", "db"), "HUP", true), new Call.Enable(List.of("web")),
                            new Call.Logs("web", 2),
                            new Call.Shutdown("poweroff"));
        }
    }

    @Test
    void withoutJinitdItSaysWhereItLooked() {
        Ran ran = Ran.in(directory, "status");
        assertThat(ran.code()).isEqualTo(5);
        assertThat(ran.err()).startsWith("jinitctl: cannot reach jinitd at " + directory.resolve("control") + ": ")
                .contains("--run-dir");
    }

    @Test
    void jinitdThatHangsUpIsTold() throws Exception {
        try (FakeManager _ = new FakeManager(directory, (_, _) -> {})) {
            Ran ran = Ran.in(directory, "start", "web");
            assertThat(ran.code()).isEqualTo(5);
            assertThat(ran.err()).contains("closed the connection");
        }
    }

    @Test
    void runDirectoryMayBeLongerThanASocketAddress() throws Exception {
        Path deep =
                Files.createDirectories(directory.resolve(String.join("/", Collections.nCopies(3, "d".repeat(60)))));
        // Bound where an address reaches, then moved to where none does.
        try (FakeManager _ = new FakeManager(
                directory,
                (_, replies) -> replies.answer(new Answer.Services(List.of(FakeManager.status("web", "running")))))) {
            Files.move(directory.resolve("control"), deep.resolve("control"));
            assertThat(Ran.in(deep, "list").code()).isZero();
        }
    }

    @Test
    void optionsOfTheRunDirectoryWinOverTheEnvironment() throws Exception {
        try (FakeManager _ = new FakeManager(
                directory, (_, replies) -> replies.answer(new Answer.Services(List.of())))) {
            assertThat(Ran.with(Map.of("JINIT_RUN_DIR", "/nowhere"), false, "--run-dir", directory.toString(), "list")
                    .code())
                    .isZero();
            assertThat(Ran.with(Map.of(), false, "list", "--user").code()).isEqualTo(2);
            assertThat(Ran.with(Map.of("XDG_RUNTIME_DIR", "/nowhere"), false, "list", "--user").err())
                    .contains("/nowhere/jinit/control");
        }
    }
}
