package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.jinit.model.ExitStatus;
import org.jinit.model.ServiceName;
import org.jinit.model.Signals;
import org.jinit.model.StopPolicy;
import org.junit.jupiter.api.Test;

class StopTest {
    private static List<Integer> signals(EngineHarness h) {
        return h.effects(Effect.Signal.class).stream().map(Effect.Signal::signal).toList();
    }

    private static List<Integer> signalsToAll(EngineHarness h) {
        return h.effects(Effect.SignalAll.class).stream().map(Effect.SignalAll::signal).toList();
    }

    @Test
    void stopReleasesWhatNothingElseNeeds() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").requires("db"));
        h.start("web");
        h.done(h.stop("web")).expect("web", State.STOPPED).expect("db", State.STOPPED).noTimers();
        assertThat(h.order(State.STOPPED)).containsExactly("web", "db");
    }

    @Test
    void dependentsHoldARequirementUntilTheLastReleasesIt() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db"), Defs.daemon("a").requires("db"), Defs.daemon("b").requires("db"));
        h.start("a", "b");
        h.stop("a");
        h.expect("db", State.RUNNING);
        h.stop("b");
        h.expect("db", State.STOPPED);
    }

    @Test
    void whatAPersonStartedStaysWhenItsDependentsStop() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").requires("db"));
        h.start("db", "web");
        h.stop("web");
        h.expect("db", State.RUNNING);
    }

    @Test
    void stopOfARequirementIsRefusedWithTheListOfItsDependents() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db"), Defs.daemon("a").requires("db"), Defs.daemon("b").requires("db"));
        h.start("a", "b");
        h.clearLog();
        Reply.Refused refused = h.refused(h.stop("db"));
        assertThat(refused.code()).isEqualTo(Reply.Code.HAS_DEPENDENTS);
        assertThat(refused.involved()).containsExactly(new ServiceName("a"), new ServiceName("b"));
        assertThat(refused.text()).isEqualTo(
                "cannot stop db: needed by a, b (with --with-dependents they stop first)");
        assertThat(h.effects(Effect.Publish.class)).isEmpty();
    }

    @Test
    void dependentsStopFirstWithDependents() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db"), Defs.daemon("app").requires("db"), Defs.daemon("web").requires("app"));
        h.start("web");
        h.ignoreTerm.add("web");
        long id = h.stopWithDependents("db");
        h.expect("web", State.STOPPING).expect("app", State.STOPPING).expect("db", State.STOPPING);
        assertThat(h.effects(Effect.Signal.class)).allMatch(s -> s.run().service().value().equals("web"));
        h.exit("web", 0);
        assertThat(h.order(State.STOPPED)).containsExactly("web", "app", "db");
        h.done(id).noTimers();
    }

    @Test
    void termThenContThenKillAtTheTimeoutOnce() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        h.start("web");
        h.advanceMillis(50);
        h.ignoreTerm.add("web");
        long id = h.stop("web");
        assertThat(signals(h)).containsExactly(Signals.TERM, Signals.CONT);
        h.advance(Duration.ofMillis(9999)).expect("web", State.STOPPING);
        assertThat(signalsToAll(h)).isEmpty();
        h.advanceMillis(1).expect("web", State.STOPPED).done(id).noTimers();
        assertThat(signalsToAll(h)).containsExactly(Signals.KILL);
        assertThat(h.view("web").result()).isEqualTo(Result.TIMEOUT);
    }

    @Test
    void whatCannotBeKilledIsReportedAndNotWaitedForForEver() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        h.start("web");
        h.advanceMillis(50);
        h.ignoreTerm.add("web");
        h.killWorks = false;
        long id = h.stop("web");
        h.advance(Duration.ofSeconds(20)).expect("web", State.FAILED).noTimers();
        assertThat(h.view("web").result()).isEqualTo(Result.TIMEOUT);
        assertThat(h.failure(id)).contains("cannot stop web");
    }

    @Test
    void whatTheMainProcessLeftIsStoppedToo() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        h.start("web");
        h.stray("web");
        h.stop("web");
        h.expect("web", State.STOPPING);
        assertThat(signalsToAll(h)).containsExactly(Signals.TERM, Signals.CONT);
        h.straysEnd("web").expect("web", State.STOPPED).advanceMillis(50).noTimers();
    }

    @Test
    void modeMainKillsWhatIsLeftAtOnce() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").stop(StopPolicy.Mode.MAIN));
        h.start("web");
        h.stray("web");
        h.stop("web");
        h.expect("web", State.STOPPED);
        assertThat(signalsToAll(h)).containsExactly(Signals.KILL);
    }

    @Test
    void modeAllSignalsEveryProcess() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").stop(StopPolicy.Mode.ALL));
        h.start("web");
        h.stray("web");
        h.stop("web");
        assertThat(signalsToAll(h)).containsExactly(Signals.TERM, Signals.CONT);
        assertThat(signals(h)).isEmpty();
        h.straysEnd("web").expect("web", State.STOPPED);
    }

    @Test
    void modeNoneLeavesWhatIsLeft() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").stop(StopPolicy.Mode.NONE));
        h.start("web");
        h.stray("web");
        h.done(h.stop("web")).expect("web", State.STOPPED).noTimers();
        assertThat(signalsToAll(h)).isEmpty();
        assertThat(signals(h)).isEmpty();
    }

    @Test
    void stopCommandRunsFirstAndIsWaitedForThoughTheProcessDies() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").stopExec());
        h.start("web");
        h.advanceMillis(50);
        h.hooksEnd = false;
        h.stop("web");
        assertThat(h.spawns("web", Role.STOP)).hasSize(1);
        assertThat(signals(h)).isEmpty();
        h.exit("web", 0).expect("web", State.STOPPING);
        h.end(h.only("web", Role.STOP), new ExitStatus.Exited(0)).expect("web", State.STOPPED).noTimers();
    }

    @Test
    void stopCommandIsBoundedByTheStopTimeout() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").stopExec());
        h.start("web");
        h.advanceMillis(50);
        h.hooksEnd = false;
        h.stop("web");
        h.advance(Duration.ofSeconds(10)).expect("web", State.STOPPED).noTimers();
    }

    @Test
    void stopTwiceIsOneStop() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        h.start("web");
        h.advanceMillis(50);
        h.ignoreTerm.add("web");
        long first = h.stop("web");
        long second = h.stop("web");
        h.exit("web", 0).done(first).done(second).noTimers();
        assertThat(signals(h)).containsExactly(Signals.TERM, Signals.CONT);
        h.done(h.stop("web"));
    }

    @Test
    void stopSupersedesAStartThatWaits() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db").readyByNotify(), Defs.daemon("web").requires("db"));
        long start = h.start("web");
        long stop = h.stop("web");
        assertThat(h.failure(start)).contains("superseded");
        h.done(stop).expect("web", State.STOPPED).expect("db", State.STOPPED).noTimers();
        assertThat(h.starts("web")).isZero();
    }

    @Test
    void stopDuringPreparationEndsAtOnce() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").afterStop(Defs.hook(false, null)));
        h.answersPrepare = false;
        h.start("web");
        RunId run = h.run("web");
        h.done(h.stop("web")).expect("web", State.STOPPED);
        h.step(new Event.Prepared(run)).expect("web", State.STOPPED).noTimers();
        assertThat(h.spawns("web", Role.AFTER_STOP)).isEmpty();
    }

    @Test
    void stopBeforeTheSpawnIsAnsweredSignalsTheProcessThatComes() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        h.answersSpawn = false;
        h.start("web");
        long id = h.stop("web");
        h.expect("web", State.STOPPING).unanswered(id);
        h.spawn(h.spawns("web", Role.MAIN).getFirst());
        h.step(new Event.ClientGone(new RequestId(99)));
        h.expect("web", State.STOPPED).done(id).noTimers();
        assertThat(signals(h)).containsExactly(Signals.TERM, Signals.CONT);
    }

    @Test
    void stopBetweenSpawnAndItsFailureEnds() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        h.answersSpawn = false;
        h.start("web");
        long id = h.stop("web");
        h.step(new Event.SpawnFailed(h.spawns("web", Role.MAIN).getFirst().process(), "fork", 11, "try again"));
        h.expect("web", State.STOPPED).done(id).noTimers();
    }

    @Test
    void stopDuringABeforeStartHookEndsTheHook() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("web").beforeStart(Defs.hook(false, null)).afterStop(Defs.hook(false, null)));
        h.hooksEnd = false;
        h.start("web");
        h.hooksEnd = true;
        h.done(h.stop("web")).expect("web", State.STOPPED).noTimers();
        assertThat(h.starts("web")).isZero();
        assertThat(h.spawns("web", Role.AFTER_STOP)).hasSize(1);
    }

    @Test
    void stopWhileTheMainProcessIsSoughtSignalsAll() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").readyByFork().pidFile());
        h.start("web");
        h.exit("web", 0).expect("web", State.STARTING);
        h.stray("web");
        long id = h.stop("web");
        assertThat(h.effects(Effect.ForgetMain.class)).hasSize(1);
        assertThat(signalsToAll(h)).containsExactly(Signals.TERM, Signals.CONT);
        EngineHarness.Life late = h.discover("web");
        h.mainFound(late);
        h.alive.remove(late.id);
        h.straysEnd("web").expect("web", State.STOPPED).done(id).noTimers();
    }

    @Test
    void stoppingByItselfIsNotSignalledBeforeItsTimeIsUp() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").readyByNotify());
        h.start("web");
        h.notify("web", "READY=1").notify("web", "STOPPING=1").expect("web", State.STOPPING);
        assertThat(signals(h)).isEmpty();
        h.exit("web", 0).expect("web", State.STOPPED).noTimers();
        assertThat(h.view("web").desiredUp()).isFalse();
    }

    @Test
    void afterStopHookOverItsTimeoutIsKilled() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").afterStop(Defs.hook(false, Duration.ofSeconds(1))));
        h.start("web");
        h.hooksEnd = false;
        long id = h.stop("web");
        h.advanceMillis(1000).expect("web", State.STOPPED).done(id).noTimers();
    }

    @Test
    void partsAreStoppedAlong() {
        EngineHarness h = EngineHarness.of(Defs.target("group"), Defs.daemon("part").partOf("group"));
        h.start("group", "part");
        h.done(h.stop("group")).expect("part", State.STOPPED);
        h.start("group");
        h.expect("part", State.STOPPED);
    }

    @Test
    void exitCodeAfterTheStopSignalIsReportedAsStopped() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        h.start("web");
        h.ignoreTerm.add("web");
        h.stop("web");
        h.exit("web", 143).expect("web", State.STOPPED);
        assertThat(h.view("web").result()).isEqualTo(Result.SUCCESS);
    }

    @Test
    void fdStoreIsDroppedOnAFullStopAndKeptOverARestart() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").readyByNotify().fdStore(2));
        h.start("web");
        h.notify("web", "READY=1").crash("web").expect("web", State.BACKOFF);
        assertThat(h.effects(Effect.Release.class)).extracting(Effect.Release::full).containsExactly(false);
        h.stop("web");
        assertThat(h.effects(Effect.Release.class)).extracting(Effect.Release::full).containsExactly(false, true);
    }
}
