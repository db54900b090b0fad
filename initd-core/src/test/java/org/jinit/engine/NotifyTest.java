package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jinit.model.Health;
import org.jinit.model.NotifyAccess;
import org.jinit.model.ReloadPolicy;
import org.jinit.model.RestartPolicy;
import org.jinit.model.Signals;
import org.junit.jupiter.api.Test;

class NotifyTest {
    private static Defs never(String name) {
        return Defs.daemon(name).readyByNotify().restart(RestartPolicy.When.NEVER);
    }

    private static Sender child() {
        return new Sender(null, true, 1000, 555);
    }

    private static Sender stranger() {
        return new Sender(null, false, 1000, 666);
    }

    private static EngineHarness up(Defs definition) {
        EngineHarness h = EngineHarness.of(definition);
        h.start("d");
        return h.notify("d", "READY=1").expect("d", State.RUNNING);
    }

    @Test
    void accessDecidesWhoseMessagesCount() {
        EngineHarness h = EngineHarness.of(never("d").access(NotifyAccess.ALL));
        h.start("d");
        h.notify("d", "STATUS=from a child", child(), null);
        assertThat(h.view("d").statusText()).isEqualTo("from a child");
        h.notify("d", "STATUS=from a stranger", stranger(), null);
        assertThat(h.view("d").statusText()).isEqualTo("from a child");
        h.notify("d", "NOTIFYACCESS=MAIN").notify("d", "READY=1", child(), null).expect("d", State.STARTING);
        h.notify("d", "READY=1").expect("d", State.RUNNING);
        h.notify("d", "NOTIFYACCESS=NONE").notify("d", "STATUS=late");
        assertThat(h.view("d").statusText()).isEqualTo("from a child");
        h.stop("d");
        h.start("d");
        h.notify("d", "STATUS=again", child(), null);
        assertThat(h.view("d").statusText()).isEqualTo("again");
    }

    @Test
    void statusAndErrnoAndExtraFieldsAreShown() {
        EngineHarness h = up(never("d"));
        h.notify("d", "STATUS=busy\nERRNO=5\nX_QUEUE=7").notify("d", "X_QUEUE=8");
        assertThat(h.view("d").statusText()).isEqualTo("busy");
        assertThat(h.view("d").statusErrno()).isEqualTo(5);
        assertThat(h.view("d").extra()).containsExactly("X_QUEUE=8");
        h.notify("d", "STATUS=");
        assertThat(h.view("d").statusText()).isNull();
    }

    @Test
    void mainPidOfItsOwnIsTakenOfOthersIgnored() {
        EngineHarness h = up(never("d"));
        EngineHarness.Life main = h.main("d");
        Sender self = new Sender(main.id, true, 1000, main.pid);
        h.notify("d", "MAINPID=1", self, new MainClaim(new ProcessId(-70), 1, true, false, true));
        h.notify("d", "MAINPID=9", self, new MainClaim(new ProcessId(-71), 9, false, true, false));
        h.notify("d", "MAINPID=8", self, new MainClaim(new ProcessId(-72), 8, true, false, false));
        assertThat(h.view("d").mainPid()).isEqualTo(main.pid);
        EngineHarness.Life next = h.discover("d");
        h.notify("d", "MAINPID=" + next.pid, self, new MainClaim(next.id, next.pid, true, true, false));
        assertThat(h.view("d").mainPid()).isEqualTo(next.pid);
        h.end(main, new org.jinit.model.ExitStatus.Exited(0)).expect("d", State.RUNNING);
    }

    @Test
    void foreignMainPidIsTakenFromRootOnlyAndKilledWithTheService() {
        EngineHarness h = up(never("d"));
        EngineHarness.Life main = h.main("d");
        MainClaim claim = new MainClaim(new ProcessId(-70), 8, true, false, false);
        h.notify("d", "MAINPID=8", new Sender(main.id, true, 0, main.pid), claim);
        assertThat(h.view("d").mainPid()).isEqualTo(8);
    }

    @Test
    void stoppingBeatsReadyBeatsReloading() {
        EngineHarness h = up(never("d"));
        h.notify("d", "RELOADING=1").expect("d", State.RELOADING);
        h.notify("d", "READY=1\nRELOADING=1").expect("d", State.RUNNING);
        h.notify("d", "RELOADING=1\nSTOPPING=1\nREADY=1").expect("d", State.STOPPING);
    }

    @Test
    void extendTimeoutKeepsAStartAlive() {
        EngineHarness h = EngineHarness.of(never("d").startTimeout(Duration.ofSeconds(1)));
        h.start("d");
        h.advanceMillis(900).notify("d", "EXTEND_TIMEOUT_USEC=2000000");
        h.advanceMillis(1900).expect("d", State.STARTING).notify("d", "EXTEND_TIMEOUT_USEC=500000");
        h.advanceMillis(499).expect("d", State.STARTING);
        h.advanceMillis(1).expect("d", State.FAILED).noTimers();
    }

    @Test
    void shortExtensionDoesNotShortenTheLimit() {
        EngineHarness h = EngineHarness.of(never("d").startTimeout(Duration.ofSeconds(1)));
        h.start("d");
        h.notify("d", "EXTEND_TIMEOUT_USEC=1000").advanceMillis(999).expect("d", State.STARTING);
        h.advanceMillis(1).expect("d", State.FAILED);
    }

    @Test
    void missedWatchdogAbortsAndRestartsByPolicy() {
        EngineHarness h = up(Defs.daemon("d").readyByNotify().watchdog(Duration.ofSeconds(1)));
        h.advanceMillis(600).notify("d", "WATCHDOG=1").advanceMillis(999).expect("d", State.RUNNING);
        h.advanceMillis(1).expect("d", State.BACKOFF);
        assertThat(h.view("d").result()).isEqualTo(Result.WATCHDOG);
        assertThat(h.effects(Effect.Signal.class)).extracting(Effect.Signal::signal).contains(Signals.ABRT);
    }

    @Test
    void watchdogPingsCostNoEffects() {
        EngineHarness h = up(Defs.daemon("d").readyByNotify().watchdog(Duration.ofSeconds(1)));
        h.clearLog().notify("d", "WATCHDOG=1").notify("d", "WATCHDOG=1");
        assertThat(h.log).isEmpty();
    }

    @Test
    void watchdogTriggerActsWithoutAnInterval() {
        EngineHarness h = up(Defs.daemon("d").readyByNotify());
        h.notify("d", "WATCHDOG=trigger").expect("d", State.BACKOFF);
        assertThat(h.view("d").result()).isEqualTo(Result.WATCHDOG);
    }

    @Test
    void watchdogIntervalMayBeChanged() {
        EngineHarness h = up(never("d").watchdog(Duration.ofSeconds(1)));
        h.notify("d", "WATCHDOG_USEC=5000000").advanceMillis(4999).expect("d", State.RUNNING);
        h.advanceMillis(1).expect("d", State.FAILED).noTimers();
    }

    @Test
    void runTimeoutEndsARunAndMayBeExtended() {
        EngineHarness h = up(never("d").runTimeout(Duration.ofSeconds(1)));
        h.notify("d", "EXTEND_TIMEOUT_USEC=3000000").advanceMillis(2999).expect("d", State.RUNNING);
        h.advanceMillis(1).expect("d", State.FAILED).noTimers();
        assertThat(h.view("d").result()).isEqualTo(Result.TIMEOUT);
    }

    @Test
    void restartResetBeginsTheRowOfDelaysAnew() {
        EngineHarness h = EngineHarness.of(Defs.daemon("d").unlimited());
        h.start("d");
        h.crash("d").advanceMillis(100).crash("d").advanceMillis(200).expect("d", State.RUNNING);
        h.notify("d", "RESTART_RESET=1").crash("d").advanceMillis(100).expect("d", State.RUNNING);
    }

    @Test
    void descriptorsAreKeptOnlyWithAStore() {
        EngineHarness h = up(never("d").fdStore(3));
        Sender self = new Sender(h.main("d").id, true, 0, h.main("d").pid);
        h.step(new Event.Notified(h.run("d"), self, EngineHarness.message("FDSTORE=1\nFDNAME=db"), null, 7, 1));
        h.notify("d", "FDSTOREREMOVE=1\nFDNAME=db");
        assertThat(h.effects(Effect.KeepDescriptors.class))
                .containsExactly(new Effect.KeepDescriptors(h.run("d"), 7, "db", true, 3));
        assertThat(h.effects(Effect.DropDescriptors.class))
                .containsExactly(new Effect.DropDescriptors(h.run("d"), "db"));
        EngineHarness none = up(never("d"));
        none.step(new Event.Notified(none.run("d"), self, EngineHarness.message("FDSTORE=1"), null, 7, 1));
        assertThat(none.effects(Effect.KeepDescriptors.class)).isEmpty();
    }

    @Test
    void barrierIsNothingElse() {
        EngineHarness h = EngineHarness.of(never("d"));
        h.start("d");
        h.notify("d", "BARRIER=1\nREADY=1").expect("d", State.STARTING);
    }

    // Reload.

    private static final ReloadPolicy BY_NOTIFY = new ReloadPolicy.ByNotify(Signals.HUP);

    @Test
    void reloadByNotifyIsDoneWhenItSaidReadyAfterOurSignal() {
        EngineHarness h = up(never("d").reload(BY_NOTIFY));
        long id = h.reload("d");
        h.expect("d", State.RELOADING);
        assertThat(h.effects(Effect.Signal.class)).extracting(Effect.Signal::signal).containsExactly(Signals.HUP);
        long usec = h.now / 1000;
        h.notify("d", "RELOADING=1\nMONOTONIC_USEC=" + (usec - 1)).notify("d", "READY=1").unanswered(id);
        h.notify("d", "RELOADING=1\nMONOTONIC_USEC=" + usec).notify("d", "READY=1").done(id);
        h.expect("d", State.RUNNING).noTimers();
        assertThat(h.view("d").reloadResult()).isEqualTo("success");
    }

    @Test
    void reloadThatTakesTooLongLeavesTheServiceRunning() {
        EngineHarness h = up(never("d").reload(BY_NOTIFY).startTimeout(Duration.ofSeconds(2)));
        long id = h.reload("d");
        h.advanceMillis(2000).expect("d", State.RUNNING).noTimers();
        assertThat(h.failure(id)).contains("reload timed out after 2s");
        assertThat(h.view("d").reloadResult()).isEqualTo("timeout");
        assertThat(h.starts("d")).isEqualTo(1);
    }

    @Test
    void crashWhileReloadingIsACrash() {
        EngineHarness h = up(Defs.daemon("d").readyByNotify().reload(BY_NOTIFY));
        long id = h.reload("d");
        h.notify("d", "RELOADING=1").crash("d").expect("d", State.BACKOFF);
        assertThat(h.failure(id)).contains("it ended");
        h.advanceMillis(100).expect("d", State.STARTING);
    }

    @Test
    void failingReloadCommandLeavesTheServiceRunning() {
        EngineHarness h = up(never("d").reloadByCommand());
        h.hookStatus.put("d RELOAD0", new org.jinit.model.ExitStatus.Exited(3));
        int pid = h.view("d").mainPid();
        assertThat(h.failure(h.reload("d"))).contains("exited with code 3", "it runs on");
        assertThat(h.view("d").reloadResult()).isEqualTo("exit-code");
        h.expect("d", State.RUNNING).noTimers();
        assertThat(h.view("d").mainPid()).isEqualTo(pid);
        h.hookStatus.clear();
        h.done(h.reload("d"));
    }

    @Test
    void reloadCommandThatHangsIsKilledAndTheServiceRunsOn() {
        EngineHarness h = up(never("d").reloadByCommand().startTimeout(Duration.ofSeconds(1)));
        h.hooksEnd = false;
        h.reload("d");
        h.advanceMillis(1000).expect("d", State.RUNNING).noTimers();
        assertThat(h.alive).hasSize(1);
    }

    @Test
    void noReloadBeginsWhileTheCommandOfTheOneBeforeIsThere() {
        EngineHarness h = up(never("d").reloadByCommand().startTimeout(Duration.ofSeconds(1)));
        h.hooksEnd = false;
        h.killWorks = false;
        h.reload("d");
        h.advanceMillis(1000).expect("d", State.RUNNING);
        EngineHarness.Life old = h.only("d", Role.RELOAD);
        assertThat(h.refused(h.reload("d")).text()).isEqualTo(
                "cannot reload d: the command of the reload before, which timed out, has not ended yet");
        h.end(old, new org.jinit.model.ExitStatus.Killed(9, false)).expect("d", State.RUNNING);
        h.reload("d");
        h.expect("d", State.RELOADING);
    }

    @Test
    void reloadBySignalIsDoneAtOnce() {
        EngineHarness h = up(never("d").reload(new ReloadPolicy.BySignal(Signals.HUP)));
        h.done(h.reload("d")).expect("d", State.RUNNING);
    }

    @Test
    void reloadOfWhatDoesNotRunOrCannotIsRefused() {
        EngineHarness h = up(never("d"));
        assertThat(h.refused(h.reload("d")).code()).isEqualTo(Reply.Code.CANNOT_RELOAD);
        h.stop("d");
        assertThat(h.refused(h.reload("d")).code()).isEqualTo(Reply.Code.NOT_RUNNING);
    }

    // Health.

    private static void health(EngineHarness h, boolean good) {
        h.step(new Event.ProbeAnswered(h.run("d"), Event.ProbeUse.HEALTH, good, "refused"));
    }

    @Test
    void healthThatFailsInARowRestarts() {
        EngineHarness h = up(never("d").health(2, Health.Then.RESTART));
        health(h, false);
        health(h, true);
        health(h, false);
        h.expect("d", State.RUNNING);
        assertThat(h.view("d").health()).isEqualTo("bad (1): refused");
        health(h, false);
        h.expect("d", State.BACKOFF).advanceMillis(100).expect("d", State.STARTING);
    }

    @Test
    void healthMayFailTheServiceOrOnlyTell() {
        EngineHarness fail = up(Defs.daemon("d").readyByNotify().health(1, Health.Then.FAIL));
        health(fail, false);
        fail.expect("d", State.FAILED).noTimers();
        EngineHarness nothing = up(Defs.daemon("d").readyByNotify().health(1, Health.Then.NOTHING));
        health(nothing, false);
        health(nothing, false);
        nothing.expect("d", State.RUNNING);
        assertThat(nothing.effects(Effect.Warn.class)).hasSize(1);
    }
}
