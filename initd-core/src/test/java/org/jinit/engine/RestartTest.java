package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jinit.model.ExitPolicy;
import org.jinit.model.ExitStatus;
import org.jinit.model.RestartPolicy;
import org.jinit.model.RestartPolicy.When;
import org.jinit.model.Signals;
import org.junit.jupiter.api.Test;

class RestartTest {
    private static EngineHarness up(Defs definition) {
        EngineHarness h = EngineHarness.of(definition);
        h.start("web");
        return h.advanceMillis(50).expect("web", State.RUNNING);
    }

    @Test
    void crashIsFollowedByARestartAfterItsDelay() {
        EngineHarness h = up(Defs.daemon("web"));
        h.crash("web").expect("web", State.BACKOFF);
        h.advanceMillis(99).expect("web", State.BACKOFF);
        h.advanceMillis(1).expect("web", State.RUNNING);
        assertThat(h.starts("web")).isEqualTo(2);
        assertThat(h.view("web").restarts()).isEqualTo(1);
    }

    @Test
    void delaysGrowByTheFactor() {
        EngineHarness h = up(Defs.daemon("web").unlimited());
        for (int delay : new int[]{100, 200, 400, 800}) {
            h.crash("web").advanceMillis(delay - 1).expect("web", State.BACKOFF);
            h.advanceMillis(1).expect("web", State.RUNNING);
        }
        h.advance(Duration.ofSeconds(30)).crash("web").advanceMillis(100).expect("web", State.RUNNING);
    }

    @Test
    void delayOfZeroRestartsInTheSameStep() {
        EngineHarness h = up(Defs.daemon("web").delay(Duration.ZERO));
        h.crash("web").expect("web", State.RUNNING);
        assertThat(h.starts("web")).isEqualTo(2);
    }

    @Test
    void cleanExitOfADaemonIsNotFollowedByARestartOnFailure() {
        EngineHarness h = up(Defs.daemon("web"));
        h.exit("web", 0).expect("web", State.STOPPED).noTimers();
        assertThat(h.view("web").desiredUp()).isFalse();
        EngineHarness term = up(Defs.daemon("web"));
        term.end(term.main("web"), new ExitStatus.Killed(Signals.TERM, false)).expect("web", State.STOPPED);
    }

    @Test
    void alwaysRestartsAfterACleanExitToo() {
        EngineHarness h = up(Defs.daemon("web").restart(When.ALWAYS));
        h.exit("web", 0).expect("web", State.BACKOFF).advanceMillis(100).expect("web", State.RUNNING);
    }

    @Test
    void neverNeverRestarts() {
        EngineHarness h = up(Defs.daemon("web").restart(When.NEVER));
        h.crash("web").expect("web", State.FAILED).noTimers();
        assertThat(h.view("web").result()).isEqualTo(Result.CORE_DUMP);
    }

    @Test
    void onCrashRestartsAfterItsSignalsOnly() {
        EngineHarness h = up(Defs.daemon("web").restart(When.ON_CRASH));
        h.exit("web", 1).expect("web", State.FAILED);
        EngineHarness pipe = up(Defs.daemon("web").restart(When.ON_CRASH));
        pipe.end(pipe.main("web"), new ExitStatus.Killed(Signals.PIPE, false)).expect("web", State.BACKOFF);
        EngineHarness kill = up(Defs.daemon("web").restart(When.ON_CRASH));
        kill.end(kill.main("web"), new ExitStatus.Killed(Signals.KILL, false)).expect("web", State.FAILED);
    }

    @Test
    void startLimitOfThreeMeansThreeStarts() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").limit(3, Duration.ofSeconds(10)));
        h.start("web");
        for (int i = 0; i < 3; i++) {
            h.exit("web", 1).advanceMillis(1000);
        }
        h.expect("web", State.FAILED).noTimers();
        assertThat(h.starts("web")).isEqualTo(3);
        assertThat(h.view("web").result()).isEqualTo(Result.START_LIMIT_HIT);
        h.advance(Duration.ofMinutes(1)).expect("web", State.FAILED);
        h.start("web");
        h.expect("web", State.RUNNING);
        h.exit("web", 1).expect("web", State.BACKOFF);
    }

    @Test
    void limitReachedEndsJinitdWhenThePolicySaysSo() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("web").limit(1, Duration.ofSeconds(10)).then(RestartPolicy.Then.EXIT), Defs.daemon("db"));
        h.start("web", "db");
        h.crash("web");
        h.expect("db", State.STOPPED);
        assertThat(h.effects(Effect.Exit.class)).containsExactly(new Effect.Exit(1, false));
        h.noTimers();
    }

    @Test
    void rebootIsExitUnlessAllowed() {
        Defs web = Defs.daemon("web").limit(1, Duration.ofSeconds(10)).then(RestartPolicy.Then.REBOOT);
        EngineHarness container = EngineHarness.of(web);
        container.start("web");
        container.crash("web");
        assertThat(container.effects(Effect.Exit.class)).containsExactly(new Effect.Exit(1, false));
        EngineHarness vm = EngineHarness.of(new EngineSettings(1, Duration.ofSeconds(90), true), web);
        vm.start("web");
        vm.crash("web");
        assertThat(vm.effects(Effect.Exit.class)).containsExactly(new Effect.Exit(1, true));
    }

    @Test
    void stopDuringBackoffPreventsRespawn() {
        EngineHarness h = up(Defs.daemon("web"));
        h.crash("web").expect("web", State.BACKOFF);
        h.done(h.stop("web")).expect("web", State.STOPPED).noTimers();
        h.advance(Duration.ofSeconds(10));
        assertThat(h.starts("web")).isEqualTo(1);
    }

    @Test
    void startDuringBackoffActsAtOnce() {
        EngineHarness h = up(Defs.daemon("web").delay(Duration.ofDays(1)));
        h.crash("web").expect("web", State.BACKOFF);
        h.start("web");
        h.expect("web", State.RUNNING).advanceMillis(50).noTimers();
        assertThat(h.view("web").restarts()).isEqualTo(1);
    }

    @Test
    void crashWithRestartLeavesRunningDependentsRunning() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"), Defs.daemon("front").requires("web"));
        h.start("front");
        h.crash("web").expect("web", State.BACKOFF).expect("front", State.RUNNING);
        h.advanceMillis(100).expect("web", State.RUNNING).expect("front", State.RUNNING);
        assertThat(h.starts("front")).isEqualTo(1);
    }

    @Test
    void requirementThatEndsForGoodStopsItsDependents() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").requires("db"));
        h.start("web");
        h.exit("db", 0).expect("web", State.FAILED);
        assertThat(h.view("web").result()).isEqualTo(Result.DEPENDENCY);
        h.start("db");
        h.expect("web", State.RUNNING);
    }

    @Test
    void restartOfARequirementIsRefusedWithoutItsDependents() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").requires("db"));
        h.start("web");
        assertThat(h.refused(h.restart("db")).code()).isEqualTo(Reply.Code.HAS_DEPENDENTS);
        h.clearLog();
        long id = h.restartWithDependents("db");
        h.expect("db", State.RUNNING).expect("web", State.RUNNING);
        assertThat(h.order(State.STOPPING)).containsExactly("db", "web");
        assertThat(h.effects(Effect.Signal.class).getFirst().run().service().value()).isEqualTo("web");
        h.advanceMillis(50).done(id).noTimers();
        assertThat(h.starts("web")).isEqualTo(1);
        assertThat(h.starts("db")).isEqualTo(1);
    }

    @Test
    void softDependentsAreUntouchedByARestart() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").wants("db"));
        h.start("web");
        h.restart("db");
        assertThat(h.starts("db")).isEqualTo(2);
        assertThat(h.starts("web")).isEqualTo(1);
    }

    @Test
    void restartIsOneRestart() {
        EngineHarness h = up(Defs.daemon("web"));
        long id = h.restart("web");
        h.expect("web", State.RUNNING).advanceMillis(50).done(id);
        h.stop("web");
        h.expect("web", State.STOPPED).noTimers();
        assertThat(h.starts("web")).isEqualTo(2);
    }

    @Test
    void stopDuringRestartCancelsTheRestart() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").requires("db"));
        h.start("web");
        h.ignoreTerm.add("web");
        h.advanceMillis(50);
        long restart = h.restartWithDependents("db");
        long stop = h.stopWithDependents("db");
        h.exit("web", 0).expect("web", State.STOPPED).expect("db", State.STOPPED);
        h.done(stop).noTimers();
        assertThat(h.failure(restart)).contains("superseded");
        assertThat(h.starts("web")).isEqualTo(1);
    }

    @Test
    void startAfterStopThatIsUnderWayStartsAgain() {
        EngineHarness h = up(Defs.daemon("web"));
        h.ignoreTerm.add("web");
        long stop = h.stop("web");
        long start = h.start("web");
        h.expect("web", State.STOPPING).exit("web", 0).expect("web", State.RUNNING).done(stop);
        h.advanceMillis(50).done(start);
    }

    @Test
    void restartWhileWaitingWaitsAgainAndRunsOnce() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db").readyByNotify(), Defs.daemon("web").requires("db"));
        h.start("web");
        long id = h.restart("web");
        h.expect("web", State.WAITING).notify("db", "READY=1").expect("web", State.RUNNING);
        h.advanceMillis(50).done(id);
        assertThat(h.starts("web")).isEqualTo(1);
    }

    @Test
    void restartOfAStoppedServiceStartsIt() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        long id = h.restart("web");
        h.expect("web", State.RUNNING).advanceMillis(50).done(id);
    }

    @Test
    void startTimeoutThenStopTimeoutThenKillLeavesNoTimers() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("web").readyByNotify().startTimeout(Duration.ofSeconds(1)).restart(When.NEVER));
        h.start("web");
        h.ignoreTerm.add("web");
        h.advanceMillis(1000).expect("web", State.STOPPING);
        h.advance(Duration.ofSeconds(10)).expect("web", State.FAILED).noTimers();
    }

    @Test
    void crashesAreCountedAndToldAndCoreDumpsAreOffAfterTheFirst() {
        EngineHarness h = up(Defs.daemon("web"));
        h.crash("web").advanceMillis(100);
        int pid = h.main("web").pid;
        h.crash("web").advanceMillis(200).expect("web", State.RUNNING);
        assertThat(h.view("web").crashes()).isEqualTo(2);
        assertThat(h.view("web").lastCrash())
                .isEqualTo("2 crashes: pid " + pid + " died, killed (Segmentation fault), core dumped");
        assertThat(h.spawns("web", Role.MAIN))
                .extracting(spawn -> spawn.facts().coreDumps())
                .containsExactly(true, false, false);
    }

    @Test
    void resetForgetsFailures() {
        EngineHarness h = up(Defs.daemon("web").restart(When.NEVER));
        h.crash("web").expect("web", State.FAILED);
        h.done(h.reset("web")).expect("web", State.STOPPED);
        assertThat(h.view("web").crashes()).isZero();
    }

    @Test
    void serviceThatTakesJinitdWithItWhenItEnds() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("main").exit(ExitPolicy.When.ENDS, null).enabled(), Defs.daemon("db").enabled());
        h.boot();
        h.exit("main", 0).expect("db", State.STOPPED);
        assertThat(h.effects(Effect.Exit.class)).containsExactly(new Effect.Exit(0, false));
    }

    @Test
    void itsOwnCodeOrSignalIsTheCode() {
        EngineHarness code = EngineHarness.of(
                Defs.daemon("web").exit(ExitPolicy.When.ENDS, null).restart(When.NEVER));
        code.start("web");
        code.exit("web", 7);
        assertThat(code.effects(Effect.Exit.class)).containsExactly(new Effect.Exit(7, false));
        EngineHarness signal = EngineHarness.of(
                Defs.daemon("web").exit(ExitPolicy.When.FAILS, null).restart(When.NEVER));
        signal.start("web");
        signal.end(signal.main("web"), new ExitStatus.Killed(9, false));
        assertThat(signal.effects(Effect.Exit.class)).containsExactly(new Effect.Exit(137, false));
    }

    @Test
    void restartThatFollowsIsNoEnd() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").exit(ExitPolicy.When.ENDS, 3));
        h.start("web");
        h.crash("web").expect("web", State.BACKOFF);
        assertThat(h.effects(Effect.Exit.class)).isEmpty();
        h.stop("web");
        assertThat(h.effects(Effect.Exit.class)).isEmpty();
    }
}
