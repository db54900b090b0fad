package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jinit.engine.TimerKey.Purpose;
import org.jinit.model.ExitStatus;
import org.jinit.model.Health;
import org.jinit.model.NotifyAccess;
import org.jinit.model.Readiness;
import org.jinit.model.ReloadPolicy;
import org.jinit.model.RestartPolicy.When;
import org.jinit.model.Signals;
import org.junit.jupiter.api.Test;

/** Notify messages at their limits, and what a service that is up is watched for. */
class NotifyHandlingTest {
    private static Defs never() {
        return Defs.daemon("d").readyByNotify().restart(When.NEVER);
    }

    private static EngineHarness started(Defs definition) {
        EngineHarness h = EngineHarness.of(definition);
        h.start("d");
        return h;
    }

    private static EngineHarness up(Defs definition) {
        return started(definition).notify("d", "READY=1").expect("d", State.RUNNING).clearLog();
    }

    private static Sender sender(EngineHarness.Life life) {
        return new Sender(life.id, true, 0, life.pid);
    }

    @Test
    void execLetsTheMainProcessAndCommandsSpeak() {
        EngineHarness h = started(never().access(NotifyAccess.EXEC).afterStart(Defs.hook(false, null)));
        h.hooksEnd = false;
        h.notify("d", "READY=1\nSTATUS=main");
        assertThat(h.view("d").statusText()).isEqualTo("main");
        h.notify("d", "STATUS=hook", sender(h.only("d", Role.AFTER_START)), null);
        assertThat(h.view("d").statusText()).isEqualTo("hook");
        h.notify("d", "STATUS=child", new Sender(null, true, 0, 555), null);
        EngineHarness.Life former = h.discover("d");
        h.notify("d", "STATUS=unknown", sender(former), null);
        assertThat(h.view("d").statusText()).isEqualTo("hook");
    }

    @Test
    void mainLetsOnlyTheMainProcessSpeak() {
        EngineHarness h = started(never().access(NotifyAccess.MAIN).afterStart(Defs.hook(false, null)));
        h.hooksEnd = false;
        h.notify("d", "READY=1\nSTATUS=main").notify("d", "STATUS=hook", sender(h.only("d", Role.AFTER_START)), null);
        assertThat(h.view("d").statusText()).isEqualTo("main");
    }

    @Test
    void allLetsCommandsSpeakThoughTheyAreSeenOutsideOfTheService() {
        EngineHarness h = started(never().access(NotifyAccess.ALL).afterStart(Defs.hook(false, null)));
        h.hooksEnd = false;
        h.notify("d", "READY=1");
        EngineHarness.Life hook = h.only("d", Role.AFTER_START);
        h.notify("d", "STATUS=hook", new Sender(hook.id, false, 0, hook.pid), null);
        assertThat(h.view("d").statusText()).isEqualTo("hook");
    }

    @Test
    void textsAreKeptUpToTheirLimits() {
        EngineHarness h = up(never());
        h.notify("d", "STATUS=" + "x".repeat(4096));
        assertThat(h.view("d").statusText()).hasSize(4096);
        h.notify("d", "STATUS=" + "x".repeat(4097));
        assertThat(h.view("d").statusText()).isNull();
        h.notify("d", "X_LONG=" + "x".repeat(4089)).notify("d", "X_LONGER=" + "x".repeat(4096));
        assertThat(h.view("d").extra()).hasSize(1);
        for (int i = 0; i < 40; i++) {
            h.notify("d", "X_" + (char) ('A' + i / 10) + i % 10 + "=1");
        }
        assertThat(h.view("d").extra()).hasSize(32).endsWith("X_D0=1");
        h.notify("d", "X_D0=2").notify("d", "ERRNO=0");
        assertThat(h.view("d").extra()).hasSize(32).endsWith("X_D0=2");
        assertThat(h.view("d").statusErrno()).isZero();
    }

    @Test
    void aFieldReplacesOnlyItsNamesake() {
        EngineHarness h = up(never());
        h.notify("d", "X_AB=1").notify("d", "X_A=2").notify("d", "X_A=3");
        assertThat(h.view("d").extra()).containsExactly("X_AB=1", "X_A=3");
    }

    @Test
    void whatARunSaidIsShownUntilTheNextRun() {
        EngineHarness h = up(never());
        h.notify("d", "STATUS=bye\nERRNO=5").stop("d");
        assertThat(h.view("d").statusText()).isEqualTo("bye");
        assertThat(h.view("d").statusErrno()).isEqualTo(5);
        assertThat(h.view("d").extra()).isEmpty();
        h.start("d");
        assertThat(h.view("d").statusText()).isNull();
    }

    @Test
    void aStoreMessageWithoutDescriptorsKeepsNothing() {
        EngineHarness h = up(never().fdStore(1));
        h.notify("d", "FDSTORE=1").notify("d", "FDSTOREREMOVE=1");
        assertThat(h.log).isEmpty();
        h.step(new Event.Notified(h.run("d"), sender(h.main("d")), EngineHarness.message("FDSTORE=1"), null, 7, 1));
        assertThat(h.log).containsExactly(new Effect.KeepDescriptors(h.run("d"), 7, "stored", true, 1));
    }

    // Time.

    @Test
    void aStopMayBeExtended() {
        EngineHarness h = up(never());
        h.ignoreTerm.add("d");
        h.stop("d");
        h.advance(Duration.ofSeconds(9)).notify("d", "EXTEND_TIMEOUT_USEC=5000000");
        h.advance(Duration.ofSeconds(5).minusNanos(1)).expect("d", State.STOPPING);
        h.advance(Duration.ofNanos(1)).expect("d", State.STOPPED).noTimers();
    }

    @Test
    void theTimeOfAReadinessEntryMayBeExtended() {
        EngineHarness h = started(never().ready(new Readiness.Notify(Duration.ofSeconds(1))));
        h.notify("d", "EXTEND_TIMEOUT_USEC=3000000").advanceMillis(2999).expect("d", State.STARTING);
        h.advanceMillis(1).expect("d", State.FAILED);
    }

    @Test
    void anExtensionForEverEndsNothingEarly() {
        EngineHarness h = started(never().startTimeout(Duration.ofSeconds(1)));
        h.notify("d", "EXTEND_TIMEOUT_USEC=" + Long.MAX_VALUE)
                .advance(Duration.ofDays(1000))
                .expect("d", State.STARTING);
    }

    @Test
    void limitsWithoutAnEndDoNotOverflow() {
        Duration years = Duration.ofSeconds(Long.MAX_VALUE / 2);
        EngineHarness h = started(never().startTimeout(years).runTimeout(years).watchdog(Duration.ofDays(100_000)));
        h.advance(Duration.ofDays(1000))
                .notify("d", "READY=1")
                .advance(Duration.ofDays(1000))
                .expect("d", State.RUNNING);
        assertThat(Timers.nanos(Duration.ofSeconds(-1))).isZero();
        assertThat(Timers.nanos(Duration.ofSeconds(5))).isEqualTo(5_000_000_000L);
        assertThat(Timers.nanos(years)).isEqualTo(1L << 61);
    }

    @Test
    void eachReadinessEntryHasItsOwnTime() {
        EngineHarness h = started(never()
                .ready(new Readiness.Notify(Duration.ofSeconds(1)),
                        new Readiness.Pipe(0, Readiness.Pipe.Kind.PIPE, Duration.ofSeconds(2))));
        h.advanceMillis(900).notify("d", "READY=1").advanceMillis(1999).expect("d", State.STARTING);
        h.advanceMillis(1).expect("d", State.FAILED);
        assertThat(h.history("d").get(1))
                .isEqualTo(
                        "d went from starting to stopping: its readiness timed out after 2s waiting for a newline on its"
                                + " readiness pipe");
        EngineHarness last = started(never().ready(new Readiness.Notify(Duration.ofSeconds(1))));
        last.notify("d", "READY=1").expect("d", State.RUNNING);
        assertThat(last.armed(Purpose.READY_ENTRY)).isFalse();
    }

    @Test
    void whatComesTrueEarlyCountsOnlyWhileItIsStillAwaited() {
        EngineHarness h = started(never()
                .ready(new Readiness.Pipe(0, Readiness.Pipe.Kind.PIPE, null), new Readiness.Notify(null)));
        RunId run = h.run("d");
        h.step(new Event.PipeReady(run, null, 0, true)).expect("d", State.STARTING);
        h.step(new Event.PipeClosed(run)).expect("d", State.STARTING).notify("d", "READY=1").expect("d", State.RUNNING);
        EngineHarness.Life other = h.discover("d");
        h.clearLog()
                .step(new Event.SelfStopped(run, other.id, other.pid))
                .step(new Event.PipeReady(run, null, 0, true));
        assertThat(h.log).isEmpty();
    }

    @Test
    void probesThatNobodyAskedForAreIgnored() {
        EngineHarness h = started(never());
        h.clearLog().step(new Event.ProbeAnswered(h.run("d"), Event.ProbeUse.READINESS, true, ""));
        h.step(new Event.ProbeAnswered(h.run("d"), Event.ProbeUse.HEALTH, false, "refused"))
                .expect("d", State.STARTING);
        assertThat(h.log).isEmpty();
    }

    // Watchdog.

    @Test
    void aWatchdogOfZeroIsNone() {
        EngineHarness h = up(never().watchdog(Duration.ofSeconds(1)));
        h.notify("d", "WATCHDOG_USEC=0").noTimers();
        h.notify("d", "WATCHDOG=1").advance(Duration.ofHours(1)).expect("d", State.RUNNING);
    }

    @Test
    void anIntervalThatIsSaidBeforeReadyCountsFromThere() {
        EngineHarness h = started(never().watchdog(Duration.ofSeconds(1)));
        h.notify("d", "WATCHDOG_USEC=3000000");
        assertThat(h.armed(Purpose.WATCHDOG)).isFalse();
        h.advance(Duration.ofSeconds(5)).notify("d", "READY=1").advanceMillis(2999).expect("d", State.RUNNING);
        h.advanceMillis(1).expect("d", State.FAILED);
        assertThat(h.history("d").getLast())
                .isEqualTo(
                        "d went from stopping to failed: its watchdog timed out after 3s waiting for WATCHDOG=1 (its ping)");
    }

    @Test
    void aWatchdogIsWatchedWhileTheSuccessorIsSought() {
        EngineHarness h = up(never().pidFile().access(NotifyAccess.ALL));
        h.stray("d").exit("d", 0).notify("d", "WATCHDOG_USEC=1000000", new Sender(null, true, 0, 5), null);
        h.advanceMillis(1000).expect("d", State.STOPPING);
    }

    @Test
    void aTriggerBeforeItIsReadyFailsTheStart() {
        EngineHarness h = EngineHarness.of(never());
        long id = h.start("d");
        h.notify("d", "WATCHDOG=trigger").expect("d", State.FAILED).noTimers();
        assertThat(h.failure(id)).isEqualTo("cannot start d: it said so: WATCHDOG=trigger");
    }

    // States.

    @Test
    void readyAndReloadingInOneMessageIsAReloadThatIsOver() {
        EngineHarness h = up(never());
        h.notify("d", "READY=1\nRELOADING=1").expect("d", State.RUNNING).noTimers();
        assertThat(h.order(State.RELOADING)).containsExactly("d");
        assertThat(h.view("d").reloadResult()).isEqualTo("success");
    }

    @Test
    void reloadingBeforeItIsUpMeansNothing() {
        EngineHarness h = started(never());
        h.clearLog().notify("d", "RELOADING=1").expect("d", State.STARTING);
        assertThat(h.log).isEmpty();
        h.notify("d", "READY=1\nRELOADING=1").expect("d", State.RUNNING);
        assertThat(h.order(State.RELOADING)).isEmpty();
    }

    @Test
    void stoppingBeforeItIsUpMeansNothing() {
        EngineHarness h = started(never());
        h.notify("d", "STOPPING=1").expect("d", State.STARTING);
    }

    @Test
    void readyOfAReloadCountsOnlyAfterItsBeginning() {
        EngineHarness h = up(never().reload(new ReloadPolicy.ByNotify(Signals.HUP)));
        h.reload("d");
        h.notify("d", "READY=1").expect("d", State.RELOADING);
        h.notify("d", "RELOADING=1\nMONOTONIC_USEC=" + h.now / 1000).notify("d", "READY=1").expect("d", State.RUNNING);
        h.notify("d", "RELOADING=1").notify("d", "READY=1").expect("d", State.RUNNING);
    }

    @Test
    void aReloadThatTheServiceBeganItselfIsNoReloadByCommand() {
        EngineHarness h = up(never().reload(new ReloadPolicy.ByNotify(Signals.HUP)));
        h.notify("d", "RELOADING=1").expect("d", State.RELOADING).clearLog();
        long id = h.reload("d");
        assertThat(h.effects(Effect.Signal.class)).isEmpty();
        h.notify("d", "READY=1").done(id);
    }

    // Limits of a run.

    @Test
    void aRunThatIsOverItsTimeIsToldSo() {
        EngineHarness h = up(never().runTimeout(Duration.ofSeconds(1)));
        h.advanceMillis(1000).expect("d", State.FAILED);
        assertThat(h.history("d").getLast())
                .isEqualTo(
                        "d went from stopping to failed: its run timed out after 1s waiting for its end (run-timeout)");
    }

    @Test
    void healthIsProbedFromReadyOnAndToldOnceWhenThatIsAll() {
        EngineHarness h = started(never().health(2, Health.Then.NOTHING));
        assertThat(h.effects(Effect.StartProbe.class)).isEmpty();
        h.notify("d", "READY=1");
        assertThat(h.effects(Effect.StartProbe.class))
                .extracting(Effect.StartProbe::use)
                .containsExactly(Event.ProbeUse.HEALTH);
        for (int i = 1; i <= 4; i++) {
            h.step(new Event.ProbeAnswered(h.run("d"), Event.ProbeUse.HEALTH, false, "refused"));
            assertThat(h.warnings()).hasSize(i < 2 ? 0 : 1);
        }
        assertThat(h.warnings()).containsExactly("its health check failed 2 times: refused");
        assertThat(h.view("d").health()).isEqualTo("bad (4): refused");
        h.step(new Event.ProbeAnswered(h.run("d"), Event.ProbeUse.HEALTH, true, ""));
        assertThat(h.view("d").health()).isEqualTo("good");
    }

    @Test
    void healthDuringAStopDoesNotCount() {
        EngineHarness h = up(never().health(1, Health.Then.RESTART));
        h.ignoreTerm.add("d");
        h.stop("d");
        h.step(new Event.ProbeAnswered(h.run("d"), Event.ProbeUse.HEALTH, false, "refused"));
        h.end(h.main("d"), new ExitStatus.Exited(0)).expect("d", State.STOPPED);
        assertThat(h.view("d").result()).isEqualTo(Result.SUCCESS);
    }

    @Test
    void whatAStartWaitsForIsShown() {
        EngineHarness h = EngineHarness.of(Defs.daemon("d")
                .beforeStart(Defs.hook(false, null), Defs.hook(false, null))
                .ready(new Readiness.Started(null), new Readiness.StopSignal(null), new Readiness.Notify(null),
                        Defs.probe(0))
                .startTimeout(Duration.ofSeconds(1)));
        h.hooksEnd = false;
        h.start("d");
        h.end(h.only("d", Role.BEFORE_START), new ExitStatus.Exited(0));
        h.end(h.only("d", Role.BEFORE_START), new ExitStatus.Exited(0));
        EngineHarness.Life main = h.main("d");
        assertThat(h.view("d").waitingFor()).containsExactly("a process of it to raise SIGSTOP");
        h.step(new Event.SelfStopped(h.run("d"), main.id, main.pid));
        assertThat(h.view("d").waitingFor()).containsExactly("READY=1 on its notify socket");
        h.notify("d", "READY=1");
        assertThat(h.view("d").waitingFor()).containsExactly("its probe to be answered");
        h.step(new Event.ProbeAnswered(h.run("d"), Event.ProbeUse.READINESS, true, "")).expect("d", State.RUNNING);
        assertThat(h.history("d").getLast()).endsWith("it is ready: its probe was answered");
        assertThat(h.view("d").waitingFor()).isEmpty();
    }

    @Test
    void aStartThatTimesOutTellsWhichCommandItWaitedFor() {
        assertThat(timeoutOf(Defs.daemon("d").beforeStart(Defs.hook(false, null))))
                .endsWith("waiting for before-start command 1 to end");
        assertThat(timeoutOf(Defs.daemon("d").afterStart(Defs.hook(false, null))))
                .endsWith("waiting for after-start command 1 to end");
        assertThat(timeoutOf(Defs.task("d"))).endsWith("its start timed out after 1s waiting for its exit");
        EngineHarness sweep = EngineHarness
                .of(Defs.daemon("d").beforeStart(Defs.hook(false, null)).startTimeout(Duration.ofSeconds(1)));
        sweep.hooksEnd = false;
        sweep.killWorks = false;
        sweep.start("d");
        sweep.stray("d").end(sweep.only("d", Role.BEFORE_START), new ExitStatus.Exited(0)).advanceMillis(1000);
        assertThat(sweep.history("d").getLast()).endsWith("waiting for what before-start command 1 left to end");
    }

    private static String timeoutOf(Defs definition) {
        EngineHarness h = EngineHarness.of(definition.startTimeout(Duration.ofSeconds(1)).restart(When.NEVER));
        h.hooksEnd = false;
        h.start("d");
        h.advanceMillis(1000);
        return h.history("d").get(1);
    }
}
