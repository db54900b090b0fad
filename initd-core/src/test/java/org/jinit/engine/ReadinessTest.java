package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jinit.engine.Event.ProbeUse;
import org.jinit.model.ExitStatus;
import org.jinit.model.NotifyAccess;
import org.jinit.model.Readiness;
import org.jinit.model.RestartPolicy;
import org.jinit.model.Signals;
import org.junit.jupiter.api.Test;

class ReadinessTest {
    private static Defs never(String name) {
        return Defs.daemon(name).restart(RestartPolicy.When.NEVER);
    }

    @Test
    void launcherThatExitsZeroLeavesItsDaemonAsMain() {
        EngineHarness h = EngineHarness.of(never("d").readyByFork());
        long id = h.start("d");
        EngineHarness.Life daemon = h.discover("d");
        h.end(h.alive.values().iterator().next(), new ExitStatus.Exited(0));
        assertThat(h.effects(Effect.FindMain.class)).hasSize(1);
        h.mainFound(daemon).expect("d", State.STARTING);
        assertThat(h.effects(Effect.WatchMain.class)).hasSize(1);
        assertThat(h.view("d").mainPid()).isEqualTo(daemon.pid);
        h.advanceMillis(49).expect("d", State.STARTING);
        h.advanceMillis(1).expect("d", State.RUNNING).done(id).noTimers();
    }

    @Test
    void daemonThatDiesRightAfterItsLaunchersHonestExitIsAFailedStart() {
        EngineHarness h = EngineHarness.of(never("d").readyByFork());
        long id = h.start("d");
        EngineHarness.Life launcher = h.main("d");
        EngineHarness.Life daemon = h.discover("d");
        h.end(launcher, new ExitStatus.Exited(0)).mainFound(daemon).advanceMillis(20);
        h.end(daemon, new ExitStatus.Exited(1)).expect("d", State.FAILED).noTimers();
        assertThat(h.failure(id)).contains("exited with code 1");
    }

    @Test
    void launchersErrorIsTheStartsError() {
        EngineHarness h = EngineHarness.of(never("d").readyByFork());
        long id = h.start("d");
        h.exit("d", 4).expect("d", State.FAILED);
        assertThat(h.failure(id)).contains("exited with code 4");
        assertThat(h.view("d").result()).isEqualTo(Result.EXIT_CODE);
        assertThat(h.effects(Effect.FindMain.class)).isEmpty();
    }

    @Test
    void launcherThatLeavesNothingIsAFailedStart() {
        EngineHarness h = EngineHarness.of(never("d").readyByFork());
        long id = h.start("d");
        h.exit("d", 0);
        h.step(new Event.MainMissing(h.run("d"), "no process is left", true)).expect("d", State.FAILED).noTimers();
        assertThat(h.view("d").result()).isEqualTo(Result.PROTOCOL);
        assertThat(h.failure(id)).contains("no process is left");
    }

    @Test
    void severalLeftProcessesMeanAnUnknownMainWhoseEndIsTheEmptiness() {
        EngineHarness h = EngineHarness.of(never("d").readyByFork());
        h.start("d");
        h.stray("d").exit("d", 0);
        h.step(new Event.MainMissing(h.run("d"), "several processes are left", false));
        h.advanceMillis(50).expect("d", State.RUNNING);
        assertThat(h.view("d").mainPid()).isZero();
        h.straysEnd("d").expect("d", State.FAILED).noTimers();
    }

    @Test
    void mainPidByNotifyEndsTheSearch() {
        EngineHarness h = EngineHarness.of(never("d").ready(new Readiness.Fork(null)).access(NotifyAccess.ALL));
        h.start("d");
        EngineHarness.Life launcher = h.main("d");
        EngineHarness.Life daemon = h.discover("d");
        h.end(launcher, new ExitStatus.Exited(0));
        MainClaim claim = new MainClaim(daemon.id, daemon.pid, true, true, false);
        h.notify("d", "MAINPID=" + daemon.pid, new Sender(null, true, 0, daemon.pid), claim);
        assertThat(h.effects(Effect.ForgetMain.class)).hasSize(1);
        h.advanceMillis(50).expect("d", State.RUNNING);
        assertThat(h.view("d").mainPid()).isEqualTo(daemon.pid);
    }

    @Test
    void stoppedProcessIsContinuedAndIsTheMainOne() {
        EngineHarness h = EngineHarness.of(never("d").readyByStop());
        h.start("d");
        EngineHarness.Life launcher = h.main("d");
        EngineHarness.Life daemon = h.discover("d");
        h.step(new Event.SelfStopped(h.run("d"), daemon.id, daemon.pid)).expect("d", State.RUNNING);
        assertThat(h.effects(Effect.Signal.class))
                .containsExactly(new Effect.Signal(h.run("d"), daemon.id, Signals.CONT));
        assertThat(h.view("d").mainPid()).isEqualTo(daemon.pid);
        h.end(launcher, new ExitStatus.Exited(0)).expect("d", State.RUNNING).noTimers();
    }

    @Test
    void beforeStartCommandThatStopsItselfIsNoMainProcess() {
        EngineHarness h = EngineHarness.of(never("d").readyByStop().beforeStart(Defs.hook(false, null)));
        h.hooksEnd = false;
        h.start("d");
        EngineHarness.Life hook = h.only("d", Role.BEFORE_START);
        h.clearLog().step(new Event.SelfStopped(h.run("d"), hook.id, hook.pid)).expect("d", State.STARTING);
        assertThat(h.log).isEmpty();
        h.end(hook, new ExitStatus.Exited(0));
        EngineHarness.Life main = h.main("d");
        assertThat(h.view("d").state()).isEqualTo(State.STARTING);
        h.step(new Event.SelfStopped(h.run("d"), main.id, main.pid)).expect("d", State.RUNNING);
        assertThat(h.view("d").mainPid()).isEqualTo(main.pid);
    }

    @Test
    void laterStopsAreLeftAlone() {
        EngineHarness h = EngineHarness.of(never("d").readyByStop());
        h.start("d");
        EngineHarness.Life main = h.main("d");
        h.step(new Event.SelfStopped(h.run("d"), main.id, main.pid));
        h.clearLog();
        h.step(new Event.SelfStopped(h.run("d"), main.id, main.pid)).expect("d", State.RUNNING);
        assertThat(h.log).isEmpty();
    }

    @Test
    void stopOfAServiceThatDoesNotAwaitOneIsLeftAlone() {
        EngineHarness h = EngineHarness.of(never("d").readyByNotify());
        h.start("d");
        EngineHarness.Life main = h.main("d");
        h.clearLog().step(new Event.SelfStopped(h.run("d"), main.id, main.pid));
        assertThat(h.log).isEmpty();
    }

    @Test
    void deathBeforeTheStopSignalIsAFailedStartThatRestarts() {
        EngineHarness h = EngineHarness.of(Defs.daemon("d").readyByStop());
        long id = h.start("d");
        h.crash("d").expect("d", State.BACKOFF);
        assertThat(h.failure(id)).contains("SEGV");
        h.advanceMillis(100).expect("d", State.STARTING);
    }

    @Test
    void pipeWriterBehindTwoForksIsTheMainProcess() {
        EngineHarness h = EngineHarness.of(never("d").readyByPipe());
        h.start("d");
        EngineHarness.Life launched = h.main("d");
        EngineHarness.Life daemon = h.discover("d");
        h.step(new Event.PipeReady(h.run("d"), daemon.id, daemon.pid, true)).expect("d", State.RUNNING);
        h.end(launched, new ExitStatus.Exited(0)).expect("d", State.RUNNING);
        assertThat(h.view("d").mainPid()).isEqualTo(daemon.pid);
        h.done(h.stop("d"));
    }

    @Test
    void pipeWriterIsTheMainProcessAlsoWhenTheLaunchedOneExitedBefore() {
        EngineHarness h = EngineHarness.of(never("d").readyByPipe());
        h.start("d");
        EngineHarness.Life launched = h.main("d");
        EngineHarness.Life daemon = h.discover("d");
        h.end(launched, new ExitStatus.Exited(0)).expect("d", State.STARTING);
        h.step(new Event.PipeReady(h.run("d"), daemon.id, daemon.pid, true)).expect("d", State.RUNNING);
        assertThat(h.view("d").mainPid()).isEqualTo(daemon.pid);
        h.noTimers();
    }

    @Test
    void helperThatWritesForALivingMainDoesNotTakeItsPlace() {
        EngineHarness h = EngineHarness.of(never("d").readyByPipe());
        h.start("d");
        EngineHarness.Life main = h.main("d");
        EngineHarness.Life helper = h.discover("d");
        h.step(new Event.PipeReady(h.run("d"), helper.id, helper.pid, true));
        h.end(helper, new ExitStatus.Exited(0)).expect("d", State.RUNNING);
        assertThat(h.view("d").mainPid()).isEqualTo(main.pid);
        h.end(main, new ExitStatus.Exited(0)).expect("d", State.STOPPED).noTimers();
    }

    @Test
    void pipeClosedWithoutANewlineIsAFailedStart() {
        EngineHarness h = EngineHarness.of(never("d").readyByPipe());
        long id = h.start("d");
        h.step(new Event.PipeClosed(h.run("d"))).expect("d", State.FAILED).noTimers();
        assertThat(h.failure(id)).contains("closed without a newline");
        assertThat(h.view("d").result()).isEqualTo(Result.PROTOCOL);
    }

    @Test
    void notifyServiceThatExitsWithoutReadyFails() {
        EngineHarness h = EngineHarness.of(never("d").readyByNotify());
        long id = h.start("d");
        h.exit("d", 0);
        h.step(new Event.MainMissing(h.run("d"), "no process is left", true)).expect("d", State.FAILED).noTimers();
        assertThat(h.failure(id)).contains("exited 0 before it was ready");
    }

    @Test
    void readyThatCanNoLongerComeFailsAtOnce() {
        EngineHarness h = EngineHarness.of(never("d").readyByNotify().access(NotifyAccess.MAIN));
        h.start("d");
        h.stray("d").exit("d", 0).expect("d", State.STOPPING);
        assertThat(h.effects(Effect.FindMain.class)).isEmpty();
        h.straysEnd("d").expect("d", State.FAILED).noTimers();
        assertThat(h.view("d").result()).isEqualTo(Result.PROTOCOL);
    }

    @Test
    void notifyServiceMayGoIntoTheBackground() {
        EngineHarness h = EngineHarness.of(never("d").readyByNotify());
        h.start("d");
        EngineHarness.Life launched = h.main("d");
        EngineHarness.Life daemon = h.discover("d");
        h.end(launched, new ExitStatus.Exited(0)).mainFound(daemon).expect("d", State.STARTING);
        h.notify("d", "READY=1").expect("d", State.RUNNING).noTimers();
        h.done(h.stop("d"));
    }

    @Test
    void entriesComeTrueInTheirOrderAndEarlyOnesCount() {
        EngineHarness h =
                EngineHarness.of(never("d").ready(new Readiness.Notify(null), Defs.probe(0)).access(NotifyAccess.ALL));
        h.start("d");
        assertThat(h.effects(Effect.StartProbe.class)).isEmpty();
        h.notify("d", "READY=1").expect("d", State.STARTING);
        assertThat(h.effects(Effect.StartProbe.class)).hasSize(1);
        h.step(new Event.ProbeAnswered(h.run("d"), ProbeUse.READINESS, false, "refused")).expect("d", State.STARTING);
        h.step(new Event.ProbeAnswered(h.run("d"), ProbeUse.READINESS, true, "")).expect("d", State.RUNNING);
        assertThat(h.effects(Effect.StopProbe.class)).hasSize(1);
        h.noTimers();
    }

    @Test
    void readyBeforeTheLauncherHasExitedCounts() {
        EngineHarness h = EngineHarness.of(
                never("d").ready(new Readiness.Fork(null), new Readiness.Notify(null)).access(NotifyAccess.ALL));
        h.start("d");
        EngineHarness.Life launcher = h.main("d");
        EngineHarness.Life daemon = h.discover("d");
        h.notify("d", "READY=1", new Sender(null, true, 0, daemon.pid), null).expect("d", State.STARTING);
        h.end(launcher, new ExitStatus.Exited(0)).mainFound(daemon).advanceMillis(50).expect("d", State.RUNNING);
    }

    @Test
    void probeThatFailsTooOftenFailsTheStart() {
        EngineHarness h = EngineHarness.of(never("d").ready(Defs.probe(2)));
        long id = h.start("d");
        h.step(new Event.ProbeAnswered(h.run("d"), ProbeUse.READINESS, false, "refused"));
        h.step(new Event.ProbeAnswered(h.run("d"), ProbeUse.READINESS, false, "refused"));
        h.expect("d", State.FAILED).noTimers();
        assertThat(h.failure(id)).contains("failed 2 times", "refused");
    }

    @Test
    void readyTimeoutBoundsItsEntryAlone() {
        EngineHarness h = EngineHarness.of(
                never("d").ready(new Readiness.Notify(Duration.ofSeconds(1)), new Readiness.Notify(null)));
        long id = h.start("d");
        h.advanceMillis(1000).expect("d", State.FAILED).noTimers();
        assertThat(h.failure(id)).contains("readiness timed out after 1s", "READY=1");
    }

    @Test
    void exitSeenBeforeTheExecIsAnExitAfterIt() {
        EngineHarness h = EngineHarness.of(never("d"));
        h.executes = false;
        long id = h.start("d");
        h.expect("d", State.STARTING).exit("d", 7).expect("d", State.FAILED).noTimers();
        assertThat(h.failure(id)).contains("exited with code 7");
    }

    @Test
    void executedAfterExitedChangesNothing() {
        EngineHarness h = EngineHarness.of(never("d"));
        h.executes = false;
        h.start("d");
        ProcessId id = h.main("d").id;
        h.exit("d", 7).clearLog().step(new Event.Executed(id));
        assertThat(h.log).isEmpty();
    }

    @Test
    void readyBeforeTheExecIsSeenCounts() {
        EngineHarness h = EngineHarness.of(never("d").readyByNotify());
        h.executes = false;
        h.start("d");
        h.notify("d", "READY=1").expect("d", State.STARTING);
        h.step(new Event.Executed(h.main("d").id)).expect("d", State.RUNNING).noTimers();
    }

    @Test
    void lateAnswersForAnEarlierRunAreIgnored() {
        EngineHarness h = EngineHarness.of(Defs.daemon("d").readyByNotify());
        h.start("d");
        RunId old = h.run("d");
        h.crash("d").advanceMillis(100).expect("d", State.STARTING).clearLog();
        h.step(new Event.Prepared(old)).step(new Event.Emptied(old)).step(new Event.PipeClosed(old));
        h.step(new Event.MainMissing(old, "x", true));
        assertThat(h.log).isEmpty();
    }

    @Test
    void mainThatNamesASuccessorInItsPidFileGoesOn() {
        EngineHarness h = EngineHarness.of(never("nginx").pidFile());
        h.start("nginx");
        EngineHarness.Life old = h.main("nginx");
        EngineHarness.Life next = h.discover("nginx");
        h.end(old, new ExitStatus.Exited(0)).expect("nginx", State.RUNNING);
        h.mainFound(next).expect("nginx", State.RUNNING).advanceMillis(60).noTimers();
        assertThat(h.view("nginx").mainPid()).isEqualTo(next.pid);
        assertThat(h.starts("nginx")).isEqualTo(1);
    }

    @Test
    void mainWithoutASuccessorHasEnded() {
        EngineHarness h = EngineHarness.of(never("nginx").pidFile());
        h.start("nginx");
        h.stray("nginx").advanceMillis(60);
        h.exit("nginx", 1).expect("nginx", State.RUNNING);
        h.advance(Duration.ofSeconds(15)).expect("nginx", State.STOPPING);
        h.straysEnd("nginx").expect("nginx", State.FAILED).noTimers();
        assertThat(h.view("nginx").exit()).isEqualTo(new ExitStatus.Exited(1));
    }

    @Test
    void unknownEndOfADiscoveredMainIsAFailure() {
        EngineHarness h = EngineHarness.of(Defs.daemon("d").readyByFork());
        h.start("d");
        EngineHarness.Life launcher = h.main("d");
        EngineHarness.Life daemon = h.discover("d");
        h.end(launcher, new ExitStatus.Exited(0)).mainFound(daemon).advanceMillis(50).expect("d", State.RUNNING);
        h.end(daemon, new ExitStatus.Unknown());
        h.step(new Event.MainMissing(h.run("d"), "no process is left", true)).expect("d", State.BACKOFF);
    }

    @Test
    void daemonThatForksTwiceBeforeItIsReadyIsFollowed() {
        EngineHarness h = EngineHarness.of(never("d").readyByFork());
        h.start("d");
        EngineHarness.Life launcher = h.main("d");
        EngineHarness.Life middle = h.discover("d");
        EngineHarness.Life daemon = h.discover("d");
        h.end(launcher, new ExitStatus.Exited(0)).mainFound(middle).advanceMillis(20);
        h.end(middle, new ExitStatus.Exited(0)).advanceMillis(40).expect("d", State.STARTING);
        h.mainFound(daemon).advanceMillis(49).expect("d", State.STARTING);
        h.advanceMillis(1).expect("d", State.RUNNING).noTimers();
        assertThat(h.view("d").mainPid()).isEqualTo(daemon.pid);
    }
}
