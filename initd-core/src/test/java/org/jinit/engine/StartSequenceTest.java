package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jinit.engine.TimerKey.Purpose;
import org.jinit.model.ExitStatus;
import org.jinit.model.Hook;
import org.jinit.model.RestartPolicy.When;
import org.jinit.model.Signals;
import org.junit.jupiter.api.Test;

/** The steps of a start: gates, preparation, hooks, the main process. */
class StartSequenceTest {
    private static final Hook HOOK = Defs.hook(false, null);

    private static Defs never(String name) {
        return Defs.daemon(name).restart(When.NEVER);
    }

    @Test
    void aRequirementThatFailsEndsTheWaitForAnother() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("a").readyByNotify(), never("b").readyByNotify(), Defs.daemon("web").requires("a", "b"));
        long id = h.start("web");
        h.exit("b", 1).expect("web", State.FAILED).expect("a", State.STARTING);
        assertThat(h.failure(id))
                .isEqualTo(
                        "cannot start web: it cannot do without b: b failed: its main process (pid 101) exited with code 1");
    }

    @Test
    void aRequirementThatIsNewAndWasStoppedEndsTheWait() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("a").readyByNotify(), Defs.daemon("b"), Defs.daemon("web").requires("a"));
        h.start("web", "b");
        h.stop("b");
        h.expect("web", State.WAITING);
        h.load(false, Defs.daemon("a").readyByNotify(), Defs.daemon("b"),
                Defs.daemon("web").requires("a", "b").digest("2"));
        h.notify("a", "READY=1").expect("web", State.FAILED).expect("b", State.STOPPED);
        assertThat(h.view("web").result()).isEqualTo(Result.DEPENDENCY);
        h.start("b");
        h.expect("web", State.RUNNING);
    }

    @Test
    void startsThatADependencyBringsAboutCountForTheStartLimit() {
        EngineHarness h =
                EngineHarness.of(never("db"), Defs.daemon("web").requires("db").limit(1, Duration.ofSeconds(10)));
        h.start("web");
        h.crash("db").expect("web", State.FAILED);
        h.start("db");
        h.expect("web", State.FAILED).expect("db", State.RUNNING);
        assertThat(h.view("web").result()).isEqualTo(Result.START_LIMIT_HIT);
        assertThat(Narrator.tell(h.view("web").cause())).startsWith("it was started 1 times within 10s; last: ");
    }

    @Test
    void onlyATargetThatDoesNothingNeedsNoPreparation() {
        assertThat(prepares(Defs.target("all"))).isFalse();
        assertThat(prepares(Defs.target("all").condition())).isTrue();
        assertThat(prepares(Defs.target("all").beforeStart(HOOK))).isTrue();
        assertThat(prepares(Defs.target("all").afterStart(HOOK))).isTrue();
        assertThat(prepares(Defs.target("all").afterStop(HOOK))).isTrue();
        assertThat(prepares(Defs.daemon("all"))).isTrue();
    }

    private static boolean prepares(Defs definition) {
        EngineHarness h = EngineHarness.of(definition);
        h.start("all");
        h.expect("all", State.RUNNING);
        return !h.effects(Effect.Prepare.class).isEmpty();
    }

    @Test
    void hooksOfATargetRunAroundNothing() {
        EngineHarness h = EngineHarness.of(Defs.target("all").beforeStart(HOOK).afterStart(HOOK).afterStop(HOOK));
        h.start("all");
        h.expect("all", State.RUNNING).noTimers();
        assertThat(h.history("all").getLast())
                .isEqualTo("all went from starting to running: it is ready: all it needs is ready");
        h.stop("all");
        assertThat(h.effects(Effect.Spawn.class))
                .extracting(Effect.Spawn::role)
                .containsExactly(Role.BEFORE_START, Role.AFTER_START, Role.AFTER_STOP);
    }

    @Test
    void aPreparationThatFailsFailsTheStart() {
        EngineHarness h = EngineHarness.of(never("web"));
        h.answersPrepare = false;
        long id = h.start("web");
        h.step(new Event.PrepareFailed(h.run("web"), "read environment file /etc/x", "No such file or directory"));
        h.expect("web", State.FAILED).noTimers();
        assertThat(h.failure(id))
                .isEqualTo("cannot start web: cannot read environment file /etc/x: No such file or directory");
        assertThat(h.view("web").result()).isEqualTo(Result.RESOURCES);
    }

    @Test
    void answersToAPreparationThatIsOverAreIgnored() {
        EngineHarness h = EngineHarness.of(never("web"));
        h.start("web");
        h.clearLog();
        h.step(new Event.PrepareFailed(h.run("web"), "x", "y")).step(new Event.Prepared(h.run("web")));
        h.step(new Event.ConditionUnmet(h.run("web"), "x", true)).expect("web", State.RUNNING);
        assertThat(h.log).isEmpty();
    }

    @Test
    void theStartTimeoutStandsStillWhileTheMainProcessWaits() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db").delay(Duration.ofMinutes(1)),
                never("web").requires("db").beforeStart(HOOK).readyByNotify().startTimeout(Duration.ofSeconds(2)));
        h.start("db");
        h.hooksEnd = false;
        h.start("web");
        h.advanceMillis(1500).crash("db");
        h.end(h.only("web", Role.BEFORE_START), new ExitStatus.Exited(0));
        assertThat(h.armed(Purpose.START)).isFalse();
        h.advance(Duration.ofMinutes(1)).expect("db", State.RUNNING);
        assertThat(h.starts("web")).isEqualTo(1);
        h.advanceMillis(499).expect("web", State.STARTING).advanceMillis(1).expect("web", State.FAILED).noTimers();
    }

    // Hooks.

    @Test
    void aHookHasItsOwnTimeoutAlone() {
        EngineHarness h = EngineHarness.of(never("web").beforeStart(Defs.hook(false, Duration.ofSeconds(1)), HOOK));
        h.hooksEnd = false;
        h.start("web");
        h.end(h.only("web", Role.BEFORE_START), new ExitStatus.Exited(0));
        h.advance(Duration.ofSeconds(5));
        h.end(h.only("web", Role.BEFORE_START), new ExitStatus.Exited(0)).expect("web", State.RUNNING);
    }

    @Test
    void aHookOverItsTimeoutIsTold() {
        EngineHarness before =
                EngineHarness.of(never("web").beforeStart(HOOK, Defs.hook(false, Duration.ofSeconds(1))));
        before.hooksEnd = false;
        long id = before.start("web");
        before.end(before.only("web", Role.BEFORE_START), new ExitStatus.Exited(0)).advanceMillis(1000);
        assertThat(before.failure(id))
                .isEqualTo("cannot start web: a command timed out after 1s waiting for before-start command 2 to end");
        EngineHarness after = EngineHarness.of(never("web").afterStart(Defs.hook(false, Duration.ofSeconds(1))));
        after.hooksEnd = false;
        id = after.start("web");
        after.advanceMillis(1000).expect("web", State.FAILED);
        assertThat(after.failure(id))
                .isEqualTo("cannot start web: a command timed out after 1s waiting for after-start command 1 to end");
        assertThat(after.effects(Effect.Signal.class).getFirst().signal()).isEqualTo(Signals.KILL);
    }

    @Test
    void aHookThatComesAfterItsTimeoutIsKilled() {
        EngineHarness h = EngineHarness.of(never("web").beforeStart(Defs.hook(false, Duration.ofSeconds(1))));
        h.hooksEnd = false;
        h.answersSpawn = false;
        h.start("web");
        Effect.Spawn spawn = h.spawns("web", Role.BEFORE_START).getFirst();
        h.advanceMillis(1500);
        assertThat(h.effects(Effect.Signal.class)).isEmpty();
        h.spawn(spawn);
        h.step(new Event.ClientGone(new RequestId(99))).expect("web", State.FAILED).noTimers();
        assertThat(h.effects(Effect.Signal.class))
                .containsExactly(new Effect.Signal(spawn.run(), spawn.process(), Signals.KILL));
        assertThat(h.view("web").result()).isEqualTo(Result.TIMEOUT);
    }

    @Test
    void anIgnoredFailureIsToldAndTheNextHookRuns() {
        EngineHarness h = EngineHarness.of(never("web")
                .beforeStart(Defs.hook(true, null), HOOK)
                .afterStart(Defs.hook(true, null), HOOK));
        h.hookStatus.put("web BEFORE_START0", new ExitStatus.Exited(1));
        h.hookStatus.put("web AFTER_START0", new ExitStatus.Killed(Signals.TERM, false));
        h.start("web");
        h.expect("web", State.RUNNING);
        assertThat(h.warnings())
                .containsExactly(
                        "a before-start command (pid 100) exited with code 1 (ignored)",
                        "an after-start command (pid 103) was killed by TERM (ignored)");
        assertThat(h.spawns("web", Role.BEFORE_START)).extracting(Effect.Spawn::index).containsExactly(0, 1);
        assertThat(h.spawns("web", Role.AFTER_START)).extracting(Effect.Spawn::index).containsExactly(0, 1);
    }

    @Test
    void aHookThatCannotBeSpawnedFailsTheStartUnlessThatIsIgnored() {
        EngineHarness h = EngineHarness.of(never("web").beforeStart(HOOK));
        h.spawnFails.add("web BEFORE_START");
        long id = h.start("web");
        h.expect("web", State.FAILED).noTimers();
        assertThat(h.failure(id))
                .isEqualTo(
                        "cannot start web: a before-start command: cannot execute /bin/x: No such file or directory");
        assertThat(h.view("web").result()).isEqualTo(Result.RESOURCES);
        EngineHarness ignored =
                EngineHarness.of(never("web").beforeStart(Defs.hook(true, null), Defs.hook(true, null)));
        ignored.spawnFails.add("web BEFORE_START");
        ignored.start("web");
        ignored.expect("web", State.RUNNING);
        assertThat(ignored.spawns("web", Role.BEFORE_START)).extracting(Effect.Spawn::index).containsExactly(0, 1);
        assertThat(ignored.effects(Effect.SignalAll.class)).isEmpty();
    }

    @Test
    void anAfterStartHookThatCannotBeSpawnedStopsTheService() {
        EngineHarness h = EngineHarness.of(never("web").afterStart(HOOK));
        h.spawnFails.add("web AFTER_START");
        long id = h.start("web");
        h.expect("web", State.FAILED).noTimers();
        assertThat(h.failure(id)).contains("an after-start command: cannot execute /bin/x");
        assertThat(h.alive).isEmpty();
    }

    // The main process.

    @Test
    void aMainProcessThatCannotBeSpawnedDuringAStopEndsTheStop() {
        EngineHarness h = EngineHarness.of(never("web").beforeStart(HOOK).afterStop(HOOK));
        h.start("web");
        h.stop("web");
        h.answersSpawn = false;
        h.hooksEnd = true;
        h.start("web");
        h.spawn(h.spawns("web", Role.BEFORE_START).getLast());
        h.step(new Event.ClientGone(new RequestId(99)));
        Effect.Spawn main = h.spawns("web", Role.MAIN).getLast();
        h.answersSpawn = true;
        long id = h.stop("web");
        h.step(new Event.SpawnFailed(main.process(), "fork", 11, "try again")).expect("web", State.STOPPED).noTimers();
        h.done(id);
        assertThat(h.spawns("web", Role.AFTER_STOP).getLast().facts().mainPid()).isZero();
    }

    @Test
    void aTaskIsBoundedByItsRunTimeout() {
        EngineHarness h = EngineHarness.of(Defs.task("job").runTimeout(Duration.ofSeconds(3)));
        long id = h.start("job");
        h.advanceMillis(2999).expect("job", State.STARTING).advanceMillis(1).expect("job", State.FAILED).noTimers();
        assertThat(h.failure(id))
                .isEqualTo("cannot start job: its run timed out after 3s waiting for its end (run-timeout)");
        assertThat(h.view("job").result()).isEqualTo(Result.TIMEOUT);
    }

    @Test
    void theRunTimeoutOfATaskEndsWithItsProcess() {
        EngineHarness h = EngineHarness.of(Defs.task("job").runTimeout(Duration.ofSeconds(3)).afterStart(HOOK));
        h.hooksEnd = false;
        h.start("job");
        h.exit("job", 0).advance(Duration.ofSeconds(5)).expect("job", State.STARTING);
        h.end(h.only("job", Role.AFTER_START), new ExitStatus.Exited(0)).expect("job", State.DONE).noTimers();
    }

    @Test
    void aTaskThatIsDoneTellsHow() {
        EngineHarness h = EngineHarness.of(Defs.task("job"));
        h.start("job");
        h.exit("job", 0);
        assertThat(h.history("job").getLast())
                .isEqualTo("job went from starting to done: its main process (pid 100) exited with code 0");
    }

    @Test
    void aTaskIsStoppedWhileItTidiesUp() {
        EngineHarness h = EngineHarness.of(Defs.task("job").afterStop(HOOK));
        h.hooksEnd = false;
        h.start("job");
        h.exit("job", 0).expect("job", State.STARTING);
        long id = h.stop("job");
        h.expect("job", State.STOPPING).end(h.only("job", Role.AFTER_STOP), new ExitStatus.Exited(0));
        h.expect("job", State.STOPPED).done(id).noTimers();
    }

    @Test
    void anExitThatIsSeenBeforeTheExecIsTheEndOfARunThatWasUp() {
        EngineHarness h = EngineHarness.of(never("web").afterStop(HOOK));
        h.executes = false;
        h.start("web");
        EngineHarness.Life main = h.main("web");
        h.executes = true;
        h.end(main, new ExitStatus.Exited(7)).expect("web", State.FAILED);
        assertThat(h.order(State.RUNNING)).containsExactly("web");
        assertThat(h.spawns("web", Role.AFTER_STOP)).hasSize(1);
    }

    @Test
    void timersThatAreNotDueOrNobodysChangeNothing() {
        EngineHarness h = EngineHarness.of(never("web").readyByNotify());
        h.start("web");
        h.clearLog();
        for (Purpose purpose : Purpose.values()) {
            h.step(new Event.TimerDue(new TimerKey(h.run("web"), purpose)));
            h.step(new Event.TimerDue(new TimerKey(new RunId(h.run("web").service(), 9), purpose)));
        }
        h.step(new Event.TimerDue(new TimerKey(null, Purpose.SHUTDOWN))).expect("web", State.STARTING);
        assertThat(h.log).isEmpty();
    }
}
