package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jinit.engine.TimerKey.Purpose;
import org.jinit.model.ExitStatus;
import org.jinit.model.Health;
import org.jinit.model.NotifyAccess;
import org.jinit.model.Readiness;
import org.jinit.model.ReloadPolicy;
import org.jinit.model.Signals;
import org.jinit.model.StopPolicy;
import org.junit.jupiter.api.Test;

/** The steps of a stop: commands, signals, KILL, what was left behind, after-stop commands, and a shutdown's impatience. */
class StopSequenceTest {
    private static EngineHarness up(Defs definition) {
        EngineHarness h = EngineHarness.of(definition);
        h.start("web");
        return h.advanceMillis(50).expect("web", State.RUNNING).clearLog();
    }

    /** What was signalled, in order: {@code TERM} to one process, {@code KILL all} to all. */
    private static List<String> signals(EngineHarness h) {
        List<String> told = new ArrayList<>();
        for (Effect effect : h.log) {
            if (effect instanceof Effect.Signal signal) {
                told.add(Signals.name(signal.signal()));
            } else if (effect instanceof Effect.SignalAll all) {
                told.add(Signals.name(all.signal()) + " all");
            }
        }
        return told;
    }

    private static EngineHarness withUnknownMain(Defs definition) {
        EngineHarness h = EngineHarness.of(definition.readyByFork());
        h.start("web");
        h.stray("web").exit("web", 0);
        h.step(new Event.MainMissing(h.run("web"), "several processes are left", false));
        return h.advanceMillis(50).expect("web", State.RUNNING).clearLog();
    }

    @Test
    void aStopHasNoTimerButItsOwn() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").ready(new Readiness.Notify(Duration.ofSeconds(5))));
        h.start("web");
        assertThat(h.armed(Purpose.START)).isTrue();
        h.ignoreTerm.add("web");
        h.stop("web");
        assertThat(h.armed(Purpose.START)).isFalse();
        assertThat(h.armed(Purpose.READY_ENTRY)).isFalse();
        assertThat(h.armed(Purpose.STOP)).isTrue();
    }

    @Test
    void probesEndWithTheStop() {
        EngineHarness ready = EngineHarness.of(Defs.daemon("web").ready(Defs.probe(0)));
        ready.start("web");
        ready.ignoreTerm.add("web");
        ready.stop("web");
        assertThat(ready.effects(Effect.StopProbe.class))
                .containsExactly(new Effect.StopProbe(ready.run("web"), Event.ProbeUse.READINESS));
        EngineHarness health = up(Defs.daemon("web").health(2, Health.Then.RESTART));
        health.ignoreTerm.add("web");
        health.stop("web");
        assertThat(health.effects(Effect.StopProbe.class))
                .containsExactly(new Effect.StopProbe(health.run("web"), Event.ProbeUse.HEALTH));
        EngineHarness early = EngineHarness.of(Defs.daemon("web").readyByNotify().health(2, Health.Then.RESTART));
        early.start("web");
        early.stop("web");
        assertThat(early.effects(Effect.StopProbe.class)).isEmpty();
    }

    @Test
    void aReloadUnderWayIsInterrupted() {
        EngineHarness h = up(Defs.daemon("web").reload(new ReloadPolicy.ByNotify(Signals.HUP)));
        h.reload("web");
        h.stop("web");
        assertThat(h.view("web").reloadResult()).isEqualTo("interrupted");
    }

    @Test
    void onlyTimeThatItWasUpBeginsTheRowOfDelaysAnew() {
        EngineHarness failed = EngineHarness.of(Defs.daemon("web").readyByNotify().unlimited());
        failed.advance(Duration.ofMinutes(1)).start("web");
        failed.exit("web", 1).advanceMillis(100).exit("web", 1).advanceMillis(199).expect("web", State.BACKOFF);
        EngineHarness brief = EngineHarness.of(Defs.daemon("web").unlimited());
        brief.advance(Duration.ofMinutes(1)).start("web");
        brief.crash("web").advanceMillis(100).crash("web").advanceMillis(199).expect("web", State.BACKOFF);
        EngineHarness file = EngineHarness.of(Defs.daemon("web").pidFile().unlimited());
        file.start("web");
        for (int i = 0; i < 2; i++) {
            file.advance(Duration.ofSeconds(30)).exit("web", 1);
            file.step(new Event.MainMissing(file.run("web"), "no process is left", true));
            file.expect("web", State.BACKOFF).advanceMillis(100).expect("web", State.RUNNING);
        }
    }

    @Test
    void theStopCommandNeedsAMainProcessThatMayLive() {
        EngineHarness gone = up(Defs.daemon("web").pidFile().stopExec());
        gone.stray("web").exit("web", 0).expect("web", State.RUNNING);
        gone.stop("web");
        assertThat(gone.spawns("web", Role.STOP)).isEmpty();
        EngineHarness unknown = withUnknownMain(Defs.daemon("web").stopExec());
        unknown.stop("web");
        assertThat(unknown.spawns("web", Role.STOP)).hasSize(1);
    }

    @Test
    void theStopCommandIsForStopsOfWhatWasUp() {
        EngineHarness crashed = up(Defs.daemon("web").stopExec());
        crashed.stray("web").crash("web");
        assertThat(crashed.spawns("web", Role.STOP)).isEmpty();
        EngineHarness starting = EngineHarness.of(Defs.daemon("web").stopExec().readyByNotify());
        starting.start("web");
        starting.stop("web");
        assertThat(starting.spawns("web", Role.STOP)).isEmpty();
    }

    @Test
    void modeMainAsksAnUnknownMainProcessBeforeItKills() {
        EngineHarness h = withUnknownMain(Defs.daemon("web").stop(StopPolicy.Mode.MAIN));
        h.stop("web");
        assertThat(signals(h)).containsExactly("TERM all", "CONT all");
        h.straysEnd("web").expect("web", State.STOPPED).noTimers();
    }

    @Test
    void modeAllReachesAForeignMainProcessToo() {
        EngineHarness h = up(Defs.daemon("web").stop(StopPolicy.Mode.ALL).access(NotifyAccess.ALL));
        EngineHarness.Life main = h.main("web");
        EngineHarness.Life foreign = h.discover("web");
        MainClaim claim = new MainClaim(foreign.id, foreign.pid, true, false, false);
        h.notify("web", "MAINPID=" + foreign.pid, new Sender(main.id, true, 0, main.pid), claim);
        h.clearLog().stop("web");
        assertThat(signals(h)).containsExactly("TERM", "CONT", "TERM all", "CONT all");
        assertThat(h.effects(Effect.Signal.class)).allMatch(signal -> signal.process().equals(foreign.id));
        h.expect("web", State.STOPPED);
    }

    @Test
    void aServiceOfUnknownMainProcessThatStopsByItselfIsNotSignalledBeforeItsTimeIsUp() {
        EngineHarness h = withUnknownMain(Defs.daemon("web").access(NotifyAccess.ALL));
        h.notify("web", "STOPPING=1", new Sender(null, true, 0, 77), null).expect("web", State.STOPPING);
        assertThat(signals(h)).isEmpty();
        h.straysEnd("web").expect("web", State.STOPPED).noTimers();
        EngineHarness late = withUnknownMain(Defs.daemon("web").access(NotifyAccess.ALL));
        late.notify("web", "STOPPING=1", new Sender(null, true, 0, 77), null).advance(Duration.ofSeconds(10));
        assertThat(signals(late)).containsExactly("KILL all");
        late.expect("web", State.STOPPED).noTimers();
        EngineHarness none = withUnknownMain(Defs.daemon("web").access(NotifyAccess.ALL).stop(StopPolicy.Mode.NONE));
        none.notify("web", "STOPPING=1", new Sender(null, true, 0, 77), null).expect("web", State.STOPPED).noTimers();
    }

    // Mode none.

    @Test
    void modeNoneWithAStopCommandWaitsForTheMainProcessOnly() {
        EngineHarness h = up(Defs.daemon("web").stop(StopPolicy.Mode.NONE).stopExec());
        h.stray("web").stop("web");
        assertThat(h.spawns("web", Role.STOP)).hasSize(1);
        h.expect("web", State.STOPPING).exit("web", 0).expect("web", State.STOPPED).noTimers();
        assertThat(signals(h)).isEmpty();
    }

    @Test
    void modeNoneWithAStopCommandLeavesTheMainProcessAtTheTimeout() {
        EngineHarness h =
                up(Defs.daemon("web").stop(StopPolicy.Mode.NONE).stopExec().afterStop(Defs.hook(false, null)));
        int pid = h.main("web").pid;
        h.stop("web");
        h.advance(Duration.ofMillis(9999)).expect("web", State.STOPPING);
        h.advanceMillis(1).expect("web", State.STOPPED).noTimers();
        assertThat(signals(h)).isEmpty();
        assertThat(h.spawns("web", Role.AFTER_STOP).getFirst().facts().mainPid()).isEqualTo(pid);
        assertThat(h.warnings()).isEmpty();
    }

    @Test
    void modeNoneLeavesWhatACrashLeft() {
        EngineHarness h = up(Defs.daemon("web").stop(StopPolicy.Mode.NONE));
        h.stray("web").crash("web").expect("web", State.BACKOFF);
        assertThat(signals(h)).isEmpty();
    }

    @Test
    void modeNoneWithoutAMainProcessEndsWithItsStopCommand() {
        EngineHarness h = withUnknownMain(Defs.daemon("web").stop(StopPolicy.Mode.NONE).stopExec());
        h.stop("web");
        h.expect("web", State.STOPPED).noTimers();
        assertThat(signals(h)).isEmpty();
    }

    @Test
    void modeNoneWaitsForTheMainProcessWhateverElseEnds() {
        EngineHarness h = up(Defs.daemon("web").stop(StopPolicy.Mode.NONE).stopExec().reloadByCommand());
        h.hooksEnd = false;
        h.reload("web");
        h.stop("web");
        h.end(h.only("web", Role.STOP), new ExitStatus.Exited(0));
        h.end(h.only("web", Role.RELOAD), new ExitStatus.Exited(0)).expect("web", State.STOPPING);
        h.exit("web", 0).expect("web", State.STOPPED).noTimers();
    }

    @Test
    void theEndOfAProcessThatWasLeftIsNobodysBusiness() {
        EngineHarness h = up(Defs.daemon("web").stop(StopPolicy.Mode.NONE).afterStop(Defs.hook(false, null)));
        EngineHarness.Life main = h.main("web");
        h.hooksEnd = false;
        h.stop("web");
        assertThat(h.armed(Purpose.STOP)).isFalse();
        h.clearLog().end(main, new ExitStatus.Exited(1));
        assertThat(h.log).isEmpty();
        h.end(h.only("web", Role.AFTER_STOP), new ExitStatus.Exited(0)).expect("web", State.STOPPED).noTimers();
        assertThat(h.view("web").exit()).isNull();
    }

    // KILL.

    @Test
    void aProcessThatComesAfterTheKillIsKilled() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        h.answersSpawn = false;
        h.start("web");
        Effect.Spawn spawn = h.spawns("web", Role.MAIN).getFirst();
        long id = h.stop("web");
        h.advance(Duration.ofSeconds(10)).expect("web", State.STOPPING).clearLog().spawn(spawn);
        h.step(new Event.ClientGone(new RequestId(99)));
        assertThat(signals(h)).containsExactly("KILL");
        h.expect("web", State.STOPPED).done(id).noTimers();
    }

    @Test
    void whatDidNotEndInTimeIsToldAndKilled() {
        EngineHarness h = up(Defs.daemon("web"));
        h.stray("web").stop("web");
        h.expect("web", State.STOPPING).advance(Duration.ofSeconds(10)).expect("web", State.STOPPED).noTimers();
        assertThat(h.warnings()).containsExactly("did not end within its stop timeout: killing it");
        assertThat(signals(h)).containsExactly("TERM", "CONT", "TERM all", "CONT all", "KILL all");
        assertThat(h.view("web").result()).isEqualTo(Result.SUCCESS);
    }

    @Test
    void whatOutlivesKillIsGivenUpAfterTenSecondsMore() {
        EngineHarness h = up(Defs.daemon("web"));
        h.ignoreTerm.add("web");
        h.killWorks = false;
        long id = h.stop("web");
        h.advance(Duration.ofSeconds(20).minusNanos(1)).expect("web", State.STOPPING);
        h.advance(Duration.ofNanos(1)).expect("web", State.FAILED).noTimers();
        assertThat(h.warnings())
                .containsExactly(
                        "did not end within its stop timeout: killing it",
                        "cannot stop it: a process did not end within 10 s after KILL");
        assertThat(h.failure(id)).isEqualTo("cannot stop web: a process of it did not end when it was killed");
    }

    // After-stop commands.

    @Test
    void whatTheAfterStopCommandsLeftIsKilled() {
        EngineHarness h = up(Defs.daemon("web").afterStop(Defs.hook(false, null)));
        h.hooksEnd = false;
        h.stop("web");
        h.stray("web").clearLog();
        h.end(h.only("web", Role.AFTER_STOP), new ExitStatus.Exited(0)).expect("web", State.STOPPED).noTimers();
        assertThat(signals(h)).containsExactly("KILL all");
        EngineHarness without = up(Defs.daemon("web"));
        without.stop("web");
        assertThat(signals(without)).doesNotContain("KILL all");
    }

    @Test
    void whatTheAfterStopCommandsLeftAndCannotBeKilledIsGivenUp() {
        EngineHarness h = up(Defs.daemon("web").afterStop(Defs.hook(false, null)));
        h.hooksEnd = false;
        h.killWorks = false;
        h.stop("web");
        h.stray("web").end(h.only("web", Role.AFTER_STOP), new ExitStatus.Exited(0));
        assertThat(h.armed(Purpose.HOOK)).isFalse();
        h.advance(Duration.ofSeconds(10).minusNanos(1)).expect("web", State.STOPPING);
        h.advance(Duration.ofNanos(1)).expect("web", State.FAILED).noTimers();
    }

    @Test
    void modeNoneLeavesWhatTheAfterStopCommandsLeft() {
        EngineHarness h = up(Defs.daemon("web").stop(StopPolicy.Mode.NONE).afterStop(Defs.hook(false, null)));
        h.stray("web").stop("web");
        h.expect("web", State.STOPPED).noTimers();
        assertThat(signals(h)).isEmpty();
    }

    @Test
    void anAfterStopCommandOverItsTimeIsToldAndKilledAndTheNextOneHasItsOwnTime() {
        EngineHarness h = up(Defs.daemon("web")
                .afterStop(Defs.hook(false, Duration.ofSeconds(1)), Defs.hook(false, Duration.ofSeconds(60))));
        h.hooksEnd = false;
        h.stop("web");
        h.stray("web").clearLog().advanceMillis(1000);
        assertThat(h.warnings())
                .containsExactly(
                        "after-stop command 1 did not end in time: killing it",
                        "an after-stop command (pid " + (h.only("web", Role.AFTER_STOP).pid - 1)
                                + ") was killed by KILL");
        assertThat(signals(h)).containsExactly("KILL all");
        assertThat(h.spawns("web", Role.AFTER_STOP)).hasSize(1);
        h.advance(Duration.ofSeconds(59)).expect("web", State.STOPPING);
        h.end(h.only("web", Role.AFTER_STOP), new ExitStatus.Exited(0)).expect("web", State.STOPPED).noTimers();
    }

    @Test
    void anAfterStopCommandThatCannotBeKilledIsGivenUp() {
        EngineHarness h = up(Defs.daemon("web").afterStop(Defs.hook(false, Duration.ofSeconds(1))));
        h.hooksEnd = false;
        h.killWorks = false;
        h.stop("web");
        h.advance(Duration.ofSeconds(11).minusNanos(1)).expect("web", State.STOPPING);
        h.advance(Duration.ofNanos(1)).expect("web", State.FAILED).noTimers();
    }

    @Test
    void modeNoneKillsOnlyTheAfterStopCommandThatIsOverItsTime() {
        EngineHarness h = up(Defs.daemon("web")
                .stop(StopPolicy.Mode.NONE)
                .afterStop(Defs.hook(false, Duration.ofSeconds(1))));
        h.hooksEnd = false;
        h.stop("web");
        ProcessId hook = h.only("web", Role.AFTER_STOP).id;
        h.clearLog().advanceMillis(1000).expect("web", State.STOPPED).noTimers();
        assertThat(signals(h)).containsExactly("KILL");
        assertThat(h.effects(Effect.Signal.class).getFirst().process()).isEqualTo(hook);
    }

    @Test
    void anAfterStopCommandMayTakeLongerThanTheStop() {
        EngineHarness h = up(Defs.daemon("web").afterStop(Defs.hook(false, Duration.ofMinutes(1))));
        h.stray("web");
        h.hooksEnd = false;
        h.stop("web");
        h.straysEnd("web").clearLog().advance(Duration.ofSeconds(30)).expect("web", State.STOPPING);
        assertThat(h.log).isEmpty();
        h.end(h.only("web", Role.AFTER_STOP), new ExitStatus.Exited(0)).expect("web", State.STOPPED).noTimers();
    }

    @Test
    void commandsThatFailAreToldAndTheStopGoesOn() {
        EngineHarness h = up(Defs.daemon("web").stopExec().afterStop(Defs.hook(false, null), Defs.hook(false, null)));
        h.hookStatus.put("web STOP0", new ExitStatus.Exited(4));
        h.hookStatus.put("web AFTER_STOP1", new ExitStatus.Killed(Signals.SEGV, false));
        h.stop("web");
        h.expect("web", State.STOPPED).noTimers();
        assertThat(h.warnings())
                .containsExactly(
                        "its stop command (pid 101) exited with code 4",
                        "an after-stop command (pid 103) was killed by SEGV");
    }

    @Test
    void commandsThatCannotBeSpawnedAreToldAndTheStopGoesOn() {
        EngineHarness h = up(Defs.daemon("web").stopExec().afterStop(Defs.hook(false, null)));
        h.spawnFails.add("web STOP");
        h.spawnFails.add("web AFTER_STOP");
        h.stop("web");
        h.expect("web", State.STOPPED).noTimers();
        assertThat(h.warnings())
                .containsExactly(
                        "its stop command: cannot execute /bin/x: No such file or directory",
                        "an after-stop command: cannot execute /bin/x: No such file or directory");
    }

    // A shutdown that is over its time.

    private static EngineHarness shuttingDown(Defs definition) {
        EngineHarness h = up(definition);
        h.killWorks = false;
        h.hooksEnd = false;
        return h.shutdown();
    }

    private static void endsTwoSecondsAfterTheSecondRequest(EngineHarness h) {
        h.advance(Duration.ofSeconds(2).minusNanos(1));
        assertThat(h.effects(Effect.Exit.class)).isEmpty();
        h.advance(Duration.ofNanos(1)).noTimers();
        assertThat(h.effects(Effect.Exit.class)).hasSize(1);
    }

    @Test
    void whatCannotBeKilledIsGivenUpSoonerInAForcedShutdown() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"), Defs.daemon("front").requires("web"));
        h.start("front");
        h.ignoreTerm.addAll(List.of("web", "front"));
        h.killWorks = false;
        h.shutdown().clearLog().shutdown();
        assertThat(h.effects(Effect.SignalAll.class))
                .containsExactly(
                        new Effect.SignalAll(h.run("front"), Signals.KILL),
                        new Effect.SignalAll(h.run("web"), Signals.KILL));
        assertThat(h.armed(Purpose.STOP)).isFalse();
        endsTwoSecondsAfterTheSecondRequest(h);
    }

    @Test
    void anAfterStopCommandHasTwoSecondsInAForcedShutdown() {
        EngineHarness h = shuttingDown(Defs.daemon("web").afterStop(Defs.hook(false, Duration.ofHours(1))));
        h.killWorks = true;
        h.advance(Duration.ofSeconds(5)).shutdown();
        endsTwoSecondsAfterTheSecondRequest(h);
    }

    @Test
    void anAfterStopCommandThatBeginsInAForcedShutdownHasTwoSecondsToo() {
        EngineHarness h = up(Defs.daemon("web").afterStop(Defs.hook(false, Duration.ofHours(1))));
        h.ignoreTerm.add("web");
        h.hooksEnd = false;
        h.shutdown().shutdown();
        assertThat(h.spawns("web", Role.AFTER_STOP)).hasSize(1);
        endsTwoSecondsAfterTheSecondRequest(h);
    }

    @Test
    void anAfterStopCommandThatOutlivesKillIsGivenUpSoonerInAForcedShutdown() {
        EngineHarness h = shuttingDown(Defs.daemon("web").afterStop(Defs.hook(false, Duration.ofHours(1))));
        h.shutdown().advance(Duration.ofSeconds(2));
        assertThat(h.effects(Effect.Exit.class)).isEmpty();
        endsTwoSecondsAfterTheSecondRequest(h);
    }

    @Test
    void whatAnAfterStopCommandLeftIsGivenUpSoonerInAForcedShutdown() {
        EngineHarness h = shuttingDown(Defs.daemon("web").afterStop(Defs.hook(false, null)));
        h.stray("web").end(h.only("web", Role.AFTER_STOP), new ExitStatus.Exited(0));
        h.advance(Duration.ofSeconds(5)).shutdown();
        endsTwoSecondsAfterTheSecondRequest(h);
    }
}
