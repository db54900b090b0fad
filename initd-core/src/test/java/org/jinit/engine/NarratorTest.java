package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.jinit.engine.TimerKey.Purpose;
import org.jinit.model.ExitStatus;
import org.jinit.model.RestartPolicy;
import org.jinit.model.ServiceName;
import org.jinit.model.Signals;
import org.junit.jupiter.api.Test;

class NarratorTest {
    @Test
    void theStoryOfACrashLoopIsToldInPlainWords() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db").limit(2, Duration.ofSeconds(10)), Defs.daemon("web").requires("db"));
        h.start("web");
        h.advanceMillis(60).exit("db", 1).advanceMillis(100).exit("db", 1);
        assertThat(h.history("db"))
                .containsExactly(
                        "db went from stopped to starting: web requires it",
                        "db went from starting to running: it is ready: it was executed",
                        "db went from running to stopping: its main process (pid 100) exited with code 1",
                        "db went from stopping to backoff: restart 1 in a row after 100ms, for its main process"
                                + " (pid 100) exited with code 1",
                        "db went from backoff to starting: restart 1 in a row after 100ms, for its main process"
                                + " (pid 100) exited with code 1",
                        "db went from starting to running: it is ready: it was executed",
                        "db went from running to stopping: its main process (pid 102) exited with code 1",
                        "db went from stopping to failed: it was started 2 times within 10s; last: its main process"
                                + " (pid 102) exited with code 1");
        assertThat(h.history("web").getLast())
                .isEqualTo(
                        "web went from stopping to failed: it cannot do without db: db failed: it was started 2 times"
                                + " within 10s; last: its main process (pid 102) exited with code 1");
    }

    @Test
    void requestsNameWhoAsked() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").requires("db"));
        h.start("web");
        h.stopWithDependents("db");
        assertThat(h.history("db").getLast())
                .isEqualTo("db went from stopping to stopped: stop was asked for by uid 0 (pid 4711)");
        assertThat(h.history("web").getLast())
                .isEqualTo("web went from stopping to stopped: it requires db, and that is stopped");
        h.start("web");
        h.stop("web");
        assertThat(h.history("db").getLast())
                .isEqualTo("db went from stopping to stopped: web requires it no longer, and nothing else needs it");
    }

    @Test
    void failureThatIsOverIsNotToldAgain() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db").restart(RestartPolicy.When.NEVER), Defs.daemon("web").requires("db"));
        h.start("web");
        h.exit("db", 1).expect("web", State.FAILED);
        h.start("db");
        h.expect("web", State.RUNNING);
        h.exit("db", 2);
        assertThat(h.history("web").getLast()).contains("exited with code 2").doesNotContain("code 1");
    }

    @Test
    void timeoutTellsWhatWasAwaited() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").readyByNotify().startTimeout(Duration.ofMillis(1500)));
        h.start("web");
        h.advance(Duration.ofMillis(1500));
        assertThat(h.history("web").get(1))
                .isEqualTo("web went from starting to stopping: its start timed out after 1.5s waiting for READY=1 on"
                        + " its notify socket");
    }

    @Test
    void historyIsBounded() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        for (int i = 0; i < 10; i++) {
            h.start("web");
            h.stop("web");
        }
        assertThat(h.history("web")).hasSize(16);
    }

    @Test
    void everyCauseHasItsWords() {
        ServiceName db = new ServiceName("db");
        Cause exit = new Cause.ByExit(Role.MAIN, 7, new ExitStatus.Exited(1));
        assertThat(Stream.<Cause>of(
                new Cause.ByBoot(),
                new Cause.ByRequest(new Requester(5, 41), "stop", new RequestId(1)),
                new Cause.ByShutdown("TERM"),
                new Cause.ByDependency(db, "requires", Narrator.PULLED_IN),
                new Cause.ByDependency(db, "wants", Narrator.NOT_NEEDED),
                new Cause.ByDependency(db, "requires", Narrator.STOPPED),
                new Cause.ByDependency(db, "part-of", Narrator.RESTARTED),
                new Cause.ByDependency(db, "conflicts", Narrator.MAKES_WAY),
                new Cause.ByDependency(db, "requires", "db failed: x"),
                exit,
                new Cause.ByReadiness("it was executed"),
                new Cause.ByNotify("STOPPING=1"),
                new Cause.BySpawnFailure(Role.MAIN, "execute /bin/x", 2, "No such file or directory"),
                new Cause.BySpawnFailure(Role.STOP, "fork", 11, "try again"),
                new Cause.ByCondition("/x does not exist"),
                new Cause.ByPolicy(3, Duration.ofMillis(200), null),
                new Cause.ByPolicy(3, Duration.ofSeconds(90), exit),
                new Cause.ByStartLimit(5, Duration.ofSeconds(10), null),
                new Cause.ByStartLimit(5, Duration.ofSeconds(10), exit),
                new Cause.ByHealth(3, "refused"),
                new Cause.ByCatalog("defined"),
                new Cause.ByProtocol("its readiness pipe was closed without a newline"))
                .map(Narrator::tell))
                .containsExactly(
                        "it is started at boot",
                        "stop was asked for by uid 5 (pid 41)",
                        "jinitd shuts down: TERM",
                        "db requires it",
                        "db wants it no longer, and nothing else needs it",
                        "it requires db, and that is stopped",
                        "it is part of db, and that is restarted",
                        "it conflicts with db, which is started",
                        "it cannot do without db: db failed: x",
                        "its main process (pid 7) exited with code 1",
                        "it is ready: it was executed",
                        "it said so: STOPPING=1",
                        "cannot execute /bin/x: No such file or directory",
                        "its stop command: cannot fork: try again",
                        "a condition does not hold: /x does not exist",
                        "restart 3 in a row after 200ms",
                        "restart 3 in a row after 90s, for its main process (pid 7) exited with code 1",
                        "it was started 5 times within 10s",
                        "it was started 5 times within 10s; last: its main process (pid 7) exited with code 1",
                        "its health check failed 3 times, last: refused",
                        "its definition: defined",
                        "its readiness pipe was closed without a newline");
    }

    @Test
    void everyRoleHasItsWords() {
        assertThat(Stream.of(Role.values())
                .map(role -> Narrator.tell(new Cause.ByExit(role, 7, new ExitStatus.Exited(0)))))
                .containsExactly(
                        "its main process (pid 7) exited with code 0",
                        "a before-start command (pid 7) exited with code 0",
                        "an after-start command (pid 7) exited with code 0",
                        "its stop command (pid 7) exited with code 0",
                        "its reload command (pid 7) exited with code 0",
                        "an after-stop command (pid 7) exited with code 0");
    }

    @Test
    void everyTimeLimitHasItsWords() {
        assertThat(Stream.of(Purpose.values())
                .map(purpose -> Narrator.tell(new Cause.ByTimeout(purpose, Duration.ZERO, "x")))
                .distinct())
                .containsExactly(
                        "its start timed out waiting for x",
                        "its readiness timed out waiting for x",
                        "a time limit was reached waiting for x",
                        "a command timed out waiting for x",
                        "its run timed out waiting for x",
                        "its watchdog timed out waiting for x",
                        "its reload timed out waiting for x",
                        "its stop timed out waiting for x");
    }

    @Test
    void durationsAreTold() {
        assertThat(
                Stream.of(0, 1, 999, 1000, 1500, 1999, 90_000, 61_200).map(ms -> Narrator.words(Duration.ofMillis(ms))))
                .containsExactly("0ms", "1ms", "999ms", "1s", "1.5s", "1.9s", "90s", "61.2s");
    }

    @Test
    void endsAreTold() {
        assertThat(Narrator.ended(new ExitStatus.Killed(Signals.SEGV, true)))
                .isEqualTo("was killed by SEGV and dumped core");
        assertThat(Narrator.ended(new ExitStatus.Killed(Signals.KILL, false))).isEqualTo("was killed by KILL");
        assertThat(Narrator.ended(new ExitStatus.Unknown())).isEqualTo("ended, nobody can say how");
    }

    @Test
    void deathsAreToldAsOpenVSwitchDoes() {
        assertThat(Narrator.death(new ExitStatus.Exited(3))).isEqualTo("exit status 3");
        assertThat(Narrator.death(new ExitStatus.Unknown())).isEqualTo("cause unknown");
        assertThat(Narrator.death(new ExitStatus.Killed(Signals.ABRT, true)))
                .isEqualTo("killed (Aborted), core dumped");
        assertThat(Narrator.death(new ExitStatus.Killed(Signals.BUS, false))).isEqualTo("killed (Bus error)");
        assertThat(Narrator.death(new ExitStatus.Killed(Signals.USR1, false))).isEqualTo("killed (signal USR1)");
    }

    @Test
    void crashesAreCountedInWords() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").unlimited());
        h.start("web");
        assertThat(h.view("web").lastCrash()).isNull();
        h.crash("web");
        assertThat(h.view("web").lastCrash())
                .isEqualTo("1 crash: pid 100 died, killed (Segmentation fault), core dumped");
        h.advanceMillis(100).end(h.main("web"), new ExitStatus.Killed(Signals.ABRT, false));
        assertThat(h.view("web").lastCrash()).isEqualTo("2 crashes: pid 101 died, killed (Aborted)");
    }

    @Test
    void aStartThatFailsTellsWhyAndWhenItIsTriedAgain() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        long id = h.start("web");
        h.exit("web", 7);
        assertThat(h.failure(id))
                .isEqualTo(
                        "cannot start web: its main process (pid 100) exited with code 7; it is tried again in 100ms");
    }

    /** What a stop command and an after-stop command are told of the end, and what others are not. */
    @Test
    void commandsAreToldHowTheServiceEnds() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web")
                .restart(RestartPolicy.When.NEVER)
                .beforeStart(Defs.hook(false, null))
                .afterStart(Defs.hook(false, null))
                .stopExec()
                .afterStop(Defs.hook(false, null)));
        h.start("web");
        int pid = h.main("web").pid;
        SpawnFacts nothing = new SpawnFacts(0, null, null, null, true);
        assertThat(facts(h, Role.BEFORE_START)).isEqualTo(nothing);
        assertThat(facts(h, Role.MAIN)).isEqualTo(nothing);
        assertThat(facts(h, Role.AFTER_START)).isEqualTo(new SpawnFacts(pid, null, null, null, true));
        h.stop("web");
        assertThat(facts(h, Role.STOP)).isEqualTo(new SpawnFacts(pid, "success", null, null, true));
        assertThat(facts(h, Role.AFTER_STOP)).isEqualTo(new SpawnFacts(pid, "success", "killed", "TERM", true));
        h.start("web");
        pid = h.main("web").pid;
        h.exit("web", 3);
        assertThat(facts(h, Role.AFTER_STOP)).isEqualTo(new SpawnFacts(pid, "exit-code", "exited", "3", true));
        h.start("web");
        pid = h.main("web").pid;
        h.crash("web");
        assertThat(facts(h, Role.AFTER_STOP)).isEqualTo(new SpawnFacts(pid, "core-dump", "dumped", "SEGV", true));
        h.start("web");
        pid = h.main("web").pid;
        h.end(h.main("web"), new ExitStatus.Unknown());
        assertThat(facts(h, Role.AFTER_STOP)).isEqualTo(new SpawnFacts(pid, "exit-code", null, null, true));
    }

    private static SpawnFacts facts(EngineHarness h, Role role) {
        return h.spawns("web", role).getLast().facts();
    }
}
