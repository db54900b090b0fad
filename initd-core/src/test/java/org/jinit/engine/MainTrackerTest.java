package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.jinit.engine.TimerKey.Purpose;
import org.jinit.model.ExitStatus;
import org.jinit.model.NotifyAccess;
import org.jinit.model.Readiness;
import org.jinit.model.RestartPolicy.When;
import org.jinit.model.Signals;
import org.jinit.model.SuccessExit;
import org.junit.jupiter.api.Test;

/** Which process is the main one. */
class MainTrackerTest {
    private static final ExitStatus CLEAN = new ExitStatus.Exited(0);

    private static Defs never() {
        return Defs.daemon("d").restart(When.NEVER);
    }

    private static EngineHarness started(Defs definition) {
        EngineHarness h = EngineHarness.of(definition);
        h.start("d");
        return h;
    }

    private static void claim(EngineHarness h, EngineHarness.Life by, MainClaim claim) {
        h.notify("d", "MAINPID=" + claim.pid(), new Sender(by.id, true, 1000, by.pid), claim);
    }

    private static void claim(EngineHarness h, EngineHarness.Life by, EngineHarness.Life daemon) {
        claim(h, by, new MainClaim(daemon.id, daemon.pid, true, true, false));
    }

    @Test
    void aMainProcessThatWritesToItsPipeItselfStaysTheMainProcess() {
        EngineHarness h = started(never().readyByPipe());
        EngineHarness.Life main = h.main("d");
        h.step(new Event.PipeReady(h.run("d"), main.id, main.pid, true)).expect("d", State.RUNNING);
        assertThat(h.effects(Effect.WatchMain.class)).isEmpty();
        h.end(main, CLEAN).expect("d", State.STOPPED);
    }

    @Test
    void aWriterOfWhomNothingIsKnownMakesItReadyAlone() {
        EngineHarness h = started(never().readyByPipe());
        h.step(new Event.PipeReady(h.run("d"), null, 0, false)).expect("d", State.RUNNING);
        assertThat(h.history("d").getLast())
                .isEqualTo("d went from starting to running: it is ready: its readiness pipe was written to");
        EngineHarness stranger = started(never().readyByPipe());
        stranger.step(new Event.PipeReady(stranger.run("d"), new ProcessId(-9), 1, false)).expect("d", State.RUNNING);
        assertThat(stranger.history("d").getLast())
                .isEqualTo("d went from starting to running: it is ready: pid 1 wrote to its readiness pipe");
        assertThat(stranger.effects(Effect.WatchMain.class)).isEmpty();
    }

    // Launchers.

    @Test
    void aMainProcessThatWasNamedBeforeItsLauncherExitedNeedsNoSearch() {
        EngineHarness h = started(never().readyByFork().access(NotifyAccess.ALL));
        EngineHarness.Life launcher = h.main("d");
        EngineHarness.Life daemon = h.discover("d");
        claim(h, daemon, daemon);
        h.expect("d", State.STARTING).end(launcher, CLEAN);
        assertThat(h.effects(Effect.FindMain.class)).isEmpty();
        h.advanceMillis(49).expect("d", State.STARTING).advanceMillis(1).expect("d", State.RUNNING).noTimers();
        assertThat(h.view("d").mainPid()).isEqualTo(daemon.pid);
        assertThat(h.history("d").getLast())
                .isEqualTo("d went from starting to running: it is ready: its launched process exited 0");
    }

    @Test
    void aLauncherThatFailsFailsTheStartWhoeverIsMain() {
        EngineHarness h = started(never().readyByFork().access(NotifyAccess.ALL));
        EngineHarness.Life launcher = h.main("d");
        EngineHarness.Life daemon = h.discover("d");
        claim(h, daemon, daemon);
        h.end(launcher, new ExitStatus.Exited(4)).expect("d", State.FAILED).noTimers();
        assertThat(h.alive).isEmpty();
    }

    @Test
    void aLauncherThatEndsDuringAStopStartsNoSearch() {
        EngineHarness h = started(never().readyByFork());
        h.ignoreTerm.add("d");
        h.stop("d");
        h.exit("d", 0).expect("d", State.STOPPED).noTimers();
        assertThat(h.effects(Effect.FindMain.class)).isEmpty();
    }

    @Test
    void theEndOfALaunchedProcessThatIsNotMainAnyMoreIsNobodysBusiness() {
        EngineHarness h = started(never().readyByNotify().access(NotifyAccess.ALL));
        EngineHarness.Life launched = h.main("d");
        EngineHarness.Life daemon = h.discover("d");
        claim(h, launched, daemon);
        h.end(launched, new ExitStatus.Exited(5)).expect("d", State.STARTING);
        h.notify("d", "READY=1", new Sender(daemon.id, true, 0, daemon.pid), null).expect("d", State.RUNNING);
        assertThat(h.view("d").mainPid()).isEqualTo(daemon.pid);
    }

    @Test
    void howTheMainProcessWasFoundIsTold() {
        EngineHarness h = started(never().readyByFork());
        EngineHarness.Life launcher = h.main("d");
        EngineHarness.Life daemon = h.discover("d");
        assertThat(h.view("d").waitingFor()).containsExactly("its launched process to exit 0");
        h.end(launcher, CLEAN);
        assertThat(h.view("d").waitingFor()).containsExactly("its main process to be found");
        h.mainFound(daemon).advanceMillis(50);
        assertThat(h.history("d").getLast())
                .isEqualTo(
                        "d went from starting to running: it is ready: its launched process exited 0, main process by"
                                + " the only process left");
    }

    @Test
    void aDaemonWithAPidFileThatNamesNobodyHasFailed() {
        EngineHarness h = EngineHarness.of(never().readyByFork().pidFile());
        long id = h.start("d");
        h.stray("d").exit("d", 0);
        h.step(new Event.MainMissing(h.run("d"), "its pid file names no process", false));
        h.straysEnd("d").expect("d", State.FAILED).noTimers();
        assertThat(h.failure(id))
                .isEqualTo("cannot start d: its launched process exited 0, and no main process was found: its pid file"
                        + " names no process");
    }

    @Test
    void whoeverLeavesNothingBeforeItWasReadyTellsItsExitStatus() {
        EngineHarness h = EngineHarness.of(never().readyByNotify());
        long id = h.start("d");
        h.exit("d", 0);
        h.step(new Event.MainMissing(h.run("d"), "no process is left", true)).expect("d", State.FAILED);
        assertThat(h.view("d").exit()).isEqualTo(CLEAN);
        assertThat(h.failure(id))
                .isEqualTo("cannot start d: it exited 0 before it was ready, and left no process: no process is left");
    }

    @Test
    void anUnknownMainProcessThatEndsBeforeItIsReadyHasFailed() {
        EngineHarness h = EngineHarness.of(never().readyByNotify().access(NotifyAccess.ALL));
        long id = h.start("d");
        h.stray("d").exit("d", 0);
        h.step(new Event.MainMissing(h.run("d"), "several processes are left", false)).expect("d", State.STARTING);
        h.straysEnd("d").expect("d", State.FAILED).noTimers();
        assertThat(h.failure(id)).isEqualTo("cannot start d: its last process ended before it was ready");
        assertThat(h.view("d").result()).isEqualTo(Result.PROTOCOL);
    }

    @Test
    void anUnknownMainProcessThatEndsWhileItIsUpIsAFailureOfUnknownKind() {
        EngineHarness h = started(never().readyByNotify().access(NotifyAccess.ALL));
        h.stray("d").exit("d", 0);
        h.step(new Event.MainMissing(h.run("d"), "several processes are left", false));
        h.notify("d", "READY=1", new Sender(null, true, 0, 77), null).expect("d", State.RUNNING);
        h.straysEnd("d").expect("d", State.FAILED).noTimers();
        assertThat(h.history("d").getLast())
                .isEqualTo("d went from stopping to failed: its main process (pid 0) ended, nobody can say how");
    }

    @Test
    void aProcessThatIsKilledBeforeItIsReadyDidNotGoIntoTheBackground() {
        EngineHarness h = EngineHarness.of(never().readyByNotify());
        long id = h.start("d");
        h.end(h.main("d"), new ExitStatus.Killed(Signals.TERM, false)).expect("d", State.FAILED);
        assertThat(h.effects(Effect.FindMain.class)).isEmpty();
        assertThat(h.view("d").result()).isEqualTo(Result.SIGNAL);
        assertThat(h.failure(id)).isEqualTo("cannot start d: its main process (pid 100) was killed by TERM");
    }

    @Test
    void whoeverSaidReadyMayGoIntoTheBackgroundThoughOnlyTheMainProcessMaySpeak() {
        EngineHarness h = started(never().ready(new Readiness.Notify(null), Defs.probe(0)).access(NotifyAccess.MAIN));
        h.notify("d", "READY=1").stray("d").exit("d", 0).expect("d", State.STARTING);
        assertThat(h.effects(Effect.FindMain.class)).hasSize(1);
    }

    @Test
    void aCandidateIsMainOnceTheLaunchedProcessExitsBeforeAllIsReady() {
        EngineHarness h = started(
                never().ready(new Readiness.Pipe(0, Readiness.Pipe.Kind.SOCKET, null), new Readiness.Notify(null))
                        .access(NotifyAccess.ALL));
        EngineHarness.Life launched = h.main("d");
        EngineHarness.Life daemon = h.discover("d");
        h.step(new Event.PipeReady(h.run("d"), daemon.id, daemon.pid, true)).expect("d", State.STARTING);
        assertThat(h.view("d").mainPid()).isEqualTo(launched.pid);
        h.end(launched, CLEAN).expect("d", State.STARTING);
        assertThat(h.view("d").mainPid()).isEqualTo(daemon.pid);
        assertThat(h.effects(Effect.FindMain.class)).isEmpty();
        h.notify("d", "READY=1", new Sender(daemon.id, true, 0, daemon.pid), null).expect("d", State.RUNNING);
    }

    @Test
    void aCandidateDoesNotReplaceAMainProcessThatCrashes() {
        EngineHarness h = started(never().readyByPipe());
        EngineHarness.Life daemon = h.discover("d");
        EngineHarness.Life launched = new java.util.ArrayList<>(h.alive.values()).getFirst();
        h.step(new Event.PipeReady(h.run("d"), daemon.id, daemon.pid, true)).expect("d", State.RUNNING);
        h.end(launched, new ExitStatus.Killed(Signals.SEGV, false)).expect("d", State.FAILED);
    }

    // Successors.

    @Test
    void whoNamesNoSuccessorEndsAsItsMainProcessDid() {
        EngineHarness h = started(never().pidFile());
        h.stray("d").advanceMillis(60).exit("d", 3).expect("d", State.RUNNING);
        h.step(new Event.MainMissing(h.run("d"), "its pid file names no process", false));
        assertThat(h.armed(Purpose.SUCCESSOR)).isFalse();
        h.straysEnd("d").expect("d", State.FAILED).noTimers();
        assertThat(h.history("d").getLast())
                .isEqualTo("d went from stopping to failed: its main process (pid 100) exited with code 3");
        assertThat(h.view("d").result()).isEqualTo(Result.EXIT_CODE);
    }

    @Test
    void theSearchForASuccessorEndsWithItsTime() {
        EngineHarness h = started(never().pidFile());
        h.stray("d").advanceMillis(60).exit("d", 3).advance(Duration.ofSeconds(15)).expect("d", State.STOPPING);
        assertThat(h.effects(Effect.ForgetMain.class)).containsExactly(new Effect.ForgetMain(h.run("d")));
    }

    @Test
    void aSuccessorIsNotSoughtWithoutAPidFile() {
        EngineHarness h = started(never());
        h.advanceMillis(60).exit("d", 0).expect("d", State.STOPPED);
        assertThat(h.effects(Effect.FindMain.class)).isEmpty();
    }

    // MAINPID=.

    @Test
    void aMainPidThatIsNotTakenIsToldWithItsReason() {
        EngineHarness h = EngineHarness.of(never().readyByNotify().afterStart(Defs.hook(false, null)));
        h.hooksEnd = false;
        h.start("d");
        h.notify("d", "READY=1");
        EngineHarness.Life main = h.main("d");
        EngineHarness.Life hook = h.only("d", Role.AFTER_START);
        claim(h, main, new MainClaim(new ProcessId(-70), 1, true, false, true));
        claim(h, main, new MainClaim(new ProcessId(-71), 9, false, true, false));
        claim(h, main, new MainClaim(hook.id, hook.pid, true, true, false));
        claim(h, main, new MainClaim(new ProcessId(-72), 8, true, false, false));
        assertThat(h.warnings())
                .containsExactly(
                        "ignored MAINPID=1: it cannot be a main process",
                        "ignored MAINPID=9: it cannot be a main process",
                        "ignored MAINPID=" + hook.pid + ": it cannot be a main process",
                        "ignored MAINPID=8: it is not a process of the service");
        assertThat(h.view("d").mainPid()).isEqualTo(main.pid);
        assertThat(h.effects(Effect.WatchMain.class)).isEmpty();
    }

    @Test
    void theMainProcessMayNameItself() {
        EngineHarness h = started(never().readyByNotify());
        EngineHarness.Life main = h.main("d");
        h.clearLog();
        claim(h, main, main);
        assertThat(h.log).isEmpty();
    }

    @Test
    void aMainPidDuringAStopOrBeforeTheLaunchIsIgnored() {
        EngineHarness h = started(never().readyByNotify());
        EngineHarness.Life main = h.main("d");
        h.ignoreTerm.add("d");
        h.stop("d");
        h.clearLog();
        claim(h, main, h.discover("d"));
        assertThat(h.log).isEmpty();
        EngineHarness early = EngineHarness.of(
                never().readyByNotify().beforeStart(Defs.hook(false, null)).access(NotifyAccess.ALL));
        early.hooksEnd = false;
        early.start("d");
        early.clearLog();
        EngineHarness.Life hook = early.only("d", Role.BEFORE_START);
        claim(early, hook, early.discover("d"));
        assertThat(early.log).isEmpty();
    }

    @Test
    void aNamedProcessEndsTheSearchForASuccessor() {
        EngineHarness h = started(never().pidFile().access(NotifyAccess.ALL));
        EngineHarness.Life next = h.discover("d");
        h.advanceMillis(60).end(new java.util.ArrayList<>(h.alive.values()).getFirst(), CLEAN);
        assertThat(h.armed(Purpose.SUCCESSOR)).isTrue();
        claim(h, next, next);
        h.expect("d", State.RUNNING).noTimers();
        assertThat(h.effects(Effect.ForgetMain.class)).hasSize(1);
        assertThat(h.view("d").mainPid()).isEqualTo(next.pid);
    }

    @Test
    void answersToNoQuestionAreIgnored() {
        EngineHarness h = started(never());
        EngineHarness.Life other = h.discover("d");
        h.clearLog().mainFound(other);
        h.step(new Event.MainMissing(h.run("d"), "x", true)).step(new Event.Emptied(h.run("d")));
        assertThat(h.log).isEmpty();
        h.expect("d", State.RUNNING);
    }

    @Test
    void onlyListedSignalsAreACleanEndOfALaunchedTask() {
        SuccessExit usr1 = new SuccessExit(java.util.Set.of(), java.util.Set.of(Signals.USR1));
        ExitStatus killed = new ExitStatus.Killed(Signals.USR1, false);
        assertThat(RestartGovernor.resultOf(killed, usr1, true)).isEqualTo(Result.SUCCESS);
        assertThat(RestartGovernor.resultOf(killed, SuccessExit.NONE, true)).isEqualTo(Result.SIGNAL);
    }
}
