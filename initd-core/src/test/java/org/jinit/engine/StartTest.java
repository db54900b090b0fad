package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jinit.model.ExitStatus;
import org.jinit.model.RestartPolicy;
import org.jinit.model.ServiceName;
import org.junit.jupiter.api.Test;

class StartTest {
    @Test
    void requirementIsReadyBeforeItsDependentStarts() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db").readyByNotify(), Defs.daemon("web").requires("db"));
        long id = h.start("web");
        h.expect("db", State.STARTING).expect("web", State.WAITING).unanswered(id);
        assertThat(h.view("web").waitingFor()).containsExactly("db (starting)");
        h.notify("db", "READY=1");
        h.expect("db", State.RUNNING).expect("web", State.RUNNING);
        h.unanswered(id).advanceMillis(50);
        h.done(id).noTimers();
    }

    @Test
    void everythingThatCanStartAtOnceDoes() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("a").readyByNotify(),
                Defs.daemon("b").readyByNotify(),
                Defs.daemon("c").requires("a"),
                Defs.target("all").requires("b", "c"));
        h.start("all");
        h.expect("a", State.STARTING).expect("b", State.STARTING).expect("c", State.WAITING);
        h.notify("b", "READY=1").notify("a", "READY=1").expect("all", State.RUNNING);
    }

    @Test
    void orderInOneRequestHoldsWhateverTheOrderOfItsNames() {
        EngineHarness h =
                EngineHarness.of(Defs.daemon("first").readyByNotify(), Defs.daemon("second").after("first"));
        h.start("second", "first");
        h.expect("second", State.WAITING).expect("first", State.STARTING);
        h.notify("first", "READY=1").expect("second", State.RUNNING);
    }

    @Test
    void afterAloneDoesNotPullIn() {
        EngineHarness h = EngineHarness.of(Defs.daemon("first"), Defs.daemon("second").after("first"));
        h.start("second");
        h.expect("first", State.STOPPED).expect("second", State.RUNNING);
    }

    @Test
    void beforeAndAfterOrderAChain() {
        EngineHarness h = EngineHarness.of(
                Defs.task("one").before("two"),
                Defs.task("two"),
                Defs.task("three").after("two"),
                Defs.target("parent").requires("one", "two", "three"));
        h.start("parent");
        h.expect("two", State.WAITING).expect("three", State.WAITING);
        h.exit("one", 0).exit("two", 0).exit("three", 0).expect("parent", State.RUNNING).noTimers();
        assertThat(h.order(State.DONE)).containsExactly("one", "two", "three");
    }

    @Test
    void failedRequirementFailsDependentsAndNamesTheRootCause() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db").readyByNotify().restart(RestartPolicy.When.NEVER),
                Defs.daemon("app").requires("db"),
                Defs.daemon("web").requires("app"));
        long id = h.start("web");
        h.exit("db", 3);
        h.expect("db", State.FAILED).expect("app", State.FAILED).expect("web", State.FAILED);
        assertThat(h.view("web").result()).isEqualTo(Result.DEPENDENCY);
        assertThat(h.failure(id)).contains("cannot start web", "db failed", "exited with code 3");
        assertThat(h.starts("app")).isZero();
        h.noTimers();
    }

    @Test
    void dependentsComeBackWhenTheRequirementIsReadyAgain() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db").restart(RestartPolicy.When.NEVER),
                Defs.daemon("app").requires("db"),
                Defs.daemon("web").requires("app"));
        h.start("web");
        h.advanceMillis(50).crash("db");
        h.expect("db", State.FAILED).expect("app", State.FAILED).expect("web", State.FAILED);
        assertThat(h.view("app").desiredUp()).isTrue();
        assertThat(h.order(State.FAILED)).containsExactly("db", "web", "app");
        h.start("db");
        h.expect("app", State.RUNNING).expect("web", State.RUNNING).advanceMillis(50).noTimers();
    }

    @Test
    void failureOfAWantedServiceNeitherBlocksNorFails() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("cache").readyByNotify().restart(RestartPolicy.When.NEVER),
                Defs.daemon("web").wants("cache"));
        long id = h.start("web");
        h.expect("web", State.WAITING);
        h.exit("cache", 1).expect("cache", State.FAILED).expect("web", State.RUNNING);
        h.advanceMillis(50).done(id);
    }

    @Test
    void timeoutOfAWantedServiceLetsTheDependentStart() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("cache").readyByNotify().startTimeout(Duration.ofSeconds(1)),
                Defs.daemon("web").wants("cache"));
        h.start("web");
        h.advanceMillis(999).expect("web", State.WAITING);
        h.advanceMillis(1).expect("cache", State.BACKOFF).expect("web", State.RUNNING);
        assertThat(h.view("cache").result()).isEqualTo(Result.TIMEOUT);
    }

    @Test
    void taskIsDoneWhenItExitedZeroAndStartsItsDependents() {
        EngineHarness h = EngineHarness.of(Defs.task("migrate"), Defs.daemon("web").requires("migrate"));
        h.start("web");
        h.expect("web", State.WAITING).exit("migrate", 0).expect("migrate", State.DONE).expect("web", State.RUNNING);
        h.start("migrate");
        assertThat(h.starts("migrate")).isEqualTo(1);
        h.restartWithDependents("migrate");
        h.expect("web", State.WAITING).expect("migrate", State.STARTING);
        h.exit("migrate", 0).expect("web", State.RUNNING);
        assertThat(h.starts("migrate")).isEqualTo(2);
    }

    @Test
    void taskKilledByTermIsAFailure() {
        EngineHarness h = EngineHarness.of(Defs.task("job"));
        h.start("job");
        h.end(h.main("job"), new ExitStatus.Killed(15, false)).expect("job", State.FAILED);
        assertThat(h.view("job").result()).isEqualTo(Result.SIGNAL);
    }

    @Test
    void unmetConditionSkipsAndSatisfiesDependents() {
        EngineHarness h = EngineHarness.of(Defs.daemon("opt").condition(), Defs.daemon("web").requires("opt"));
        h.answersPrepare = false;
        long id = h.start("opt");
        h.step(new Event.ConditionUnmet(h.run("opt"), "/x does not exist", false));
        h.expect("opt", State.SKIPPED).done(id).noTimers();
        h.answersPrepare = true;
        h.start("web");
        h.answersPrepare = false;
        assertThat(h.effects(Effect.Release.class)).hasSizeGreaterThanOrEqualTo(1);
    }

    @Test
    void unmetConditionWithElseFailFailsWithoutRestart() {
        EngineHarness h = EngineHarness.of(Defs.daemon("opt").condition());
        h.answersPrepare = false;
        long id = h.start("opt");
        h.step(new Event.ConditionUnmet(h.run("opt"), "/x does not exist", true));
        h.expect("opt", State.FAILED).noTimers();
        assertThat(h.failure(id)).contains("a condition does not hold: /x does not exist");
    }

    @Test
    void spawnFailureTellsTheStepAndItsCause() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").restart(RestartPolicy.When.NEVER));
        h.spawnFails.add("web MAIN");
        long id = h.start("web");
        h.expect("web", State.FAILED).noTimers();
        assertThat(h.failure(id)).isEqualTo("cannot start web: cannot execute /bin/x: No such file or directory");
        assertThat(h.view("web").result()).isEqualTo(Result.RESOURCES);
    }

    @Test
    void startTimesOutFromTheFirstHookOn() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web")
                .beforeStart(Defs.hook(false, null))
                .readyByNotify()
                .startTimeout(Duration.ofSeconds(2))
                .restart(RestartPolicy.When.NEVER));
        h.hooksEnd = false;
        long id = h.start("web");
        h.advanceMillis(1500);
        h.end(h.only("web", Role.BEFORE_START), new ExitStatus.Exited(0));
        h.advanceMillis(499).expect("web", State.STARTING);
        h.advanceMillis(1).expect("web", State.FAILED).noTimers();
        assertThat(h.failure(id)).contains("start timed out after 2s", "READY=1");
    }

    @Test
    void hooksRunOneByOneAroundTheMainProcess() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web")
                .beforeStart(Defs.hook(false, null), Defs.hook(false, null))
                .afterStart(Defs.hook(false, null))
                .afterStop(Defs.hook(false, null)));
        h.start("web");
        h.expect("web", State.RUNNING);
        h.stop("web");
        assertThat(h.effects(Effect.Spawn.class))
                .extracting(Effect.Spawn::role)
                .containsExactly(
                        Role.BEFORE_START, Role.BEFORE_START, Role.MAIN, Role.AFTER_START, Role.AFTER_STOP);
        h.expect("web", State.STOPPED).noTimers();
    }

    @Test
    void failedBeforeStartHookPreventsMainAndRunsAfterStopOnce() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web")
                .beforeStart(Defs.hook(false, null))
                .afterStop(Defs.hook(false, null))
                .restart(RestartPolicy.When.NEVER));
        h.hookStatus.put("web BEFORE_START0", new ExitStatus.Exited(42));
        long id = h.start("web");
        h.expect("web", State.FAILED).noTimers();
        assertThat(h.starts("web")).isZero();
        assertThat(h.spawns("web", Role.AFTER_STOP)).hasSize(1);
        assertThat(h.spawns("web", Role.AFTER_STOP).getFirst().facts().result()).isEqualTo("exit-code");
        assertThat(h.failure(id)).contains("exited with code 42");
    }

    @Test
    void ignoredHookFailureLetsTheStartGoOn() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").beforeStart(Defs.hook(true, null)));
        h.hookStatus.put("web BEFORE_START0", new ExitStatus.Exited(1));
        h.start("web");
        h.expect("web", State.RUNNING);
    }

    @Test
    void hookOverItsTimeoutIsKilledAndFailsTheStart() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web")
                .beforeStart(Defs.hook(false, Duration.ofSeconds(1)))
                .restart(RestartPolicy.When.NEVER));
        h.hooksEnd = false;
        h.start("web");
        h.advanceMillis(1000).expect("web", State.FAILED).noTimers();
        assertThat(h.view("web").result()).isEqualTo(Result.TIMEOUT);
        assertThat(h.starts("web")).isZero();
    }

    @Test
    void whatABeforeStartHookLeftIsKilledBeforeTheNextCommand() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("web").beforeStart(Defs.hook(false, null), Defs.hook(false, null)));
        h.hooksEnd = false;
        h.start("web");
        h.stray("web");
        h.end(h.only("web", Role.BEFORE_START), new ExitStatus.Exited(0));
        assertThat(h.effects(Effect.SignalAll.class)).containsExactly(new Effect.SignalAll(h.run("web"), 9));
        assertThat(h.spawns("web", Role.BEFORE_START)).hasSize(2);
    }

    @Test
    void unknownNameRefusesTheWholeRequest() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        Reply.Refused refused = h.refused(h.start("web", "nosuch"));
        assertThat(refused.code()).isEqualTo(Reply.Code.NO_SUCH_SERVICE);
        assertThat(refused.involved()).containsExactly(new ServiceName("nosuch"));
        h.expect("web", State.STOPPED);
        assertThat(h.effects(Effect.Publish.class)).isEmpty();
    }

    @Test
    void duplicateStartJoinsTheOneUnderWay() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").readyByNotify());
        long first = h.start("web");
        long second = h.start("web");
        h.notify("web", "READY=1");
        h.done(first).done(second);
        assertThat(h.starts("web")).isEqualTo(1);
        h.done(h.start("web"));
    }

    @Test
    void exitRightAfterExecIsToldByTheStart() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        long id = h.start("web");
        h.expect("web", State.RUNNING).advanceMillis(20).unanswered(id);
        h.exit("web", 7);
        assertThat(h.failure(id)).contains("exited with code 7", "tried again");
    }

    @Test
    void bothOfAConflictInOneRequestAreRefused() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a").conflicts("b"), Defs.daemon("b"));
        assertThat(h.refused(h.start("a", "b")).code()).isEqualTo(Reply.Code.CONFLICT);
        h.expect("a", State.STOPPED).expect("b", State.STOPPED);
    }

    @Test
    void startStopsWhatConflictsFirst() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a").conflicts("b"), Defs.daemon("b"));
        h.start("b");
        h.ignoreTerm.add("b");
        h.advanceMillis(60);
        long id = h.start("a");
        h.expect("b", State.STOPPING).expect("a", State.WAITING);
        h.exit("b", 0).expect("b", State.STOPPED).expect("a", State.RUNNING);
        h.advanceMillis(50).done(id).noTimers();
    }

    @Test
    void ofTwoThatAreWantedAndConflictThroughARequirementOneComesUp() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("web").wants("cache", "spare"),
                Defs.daemon("cache").requires("db"),
                Defs.daemon("spare"),
                Defs.daemon("db").conflicts("spare").before("web"));
        h.start("web");
        h.expect("cache", State.RUNNING).expect("spare", State.STOPPED).expect("web", State.RUNNING);
    }

    @Test
    void conflictWithWhatSomethingUpRequiresIsRefused() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("a").conflicts("b"), Defs.daemon("b"), Defs.daemon("web").requires("b"));
        h.start("web");
        assertThat(h.refused(h.start("a")).code()).isEqualTo(Reply.Code.CONFLICT);
        h.expect("b", State.RUNNING).expect("web", State.RUNNING).expect("a", State.STOPPED);
    }

    @Test
    void wantedServiceThatConflictsIsLeftOut() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("a").conflicts("b"), Defs.daemon("b"), Defs.daemon("web").wants("a"));
        h.start("b");
        h.start("web");
        h.expect("a", State.STOPPED).expect("b", State.RUNNING).expect("web", State.RUNNING);
    }

    @Test
    void mainWaitsWhenARequirementGoesDownWhileHooksRun() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db"), Defs.daemon("web").requires("db").beforeStart(Defs.hook(false, null)));
        h.start("db");
        h.hooksEnd = false;
        h.start("web");
        h.crash("db").expect("db", State.BACKOFF);
        h.end(h.only("web", Role.BEFORE_START), new ExitStatus.Exited(0));
        assertThat(h.starts("web")).isZero();
        h.advanceMillis(100).expect("db", State.RUNNING).expect("web", State.RUNNING);
    }

    @Test
    void bootStartsWhatIsEnabledAndTellsOnceWhenItHasSettled() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db").readyByNotify(),
                Defs.daemon("web").requires("db").enabled(),
                Defs.daemon("off"),
                Defs.daemon("bad").enabled().restart(RestartPolicy.When.NEVER));
        h.spawnFails.add("bad MAIN");
        h.boot();
        assertThat(h.engine.bootSettled()).isFalse();
        h.notify("db", "READY=1").expect("web", State.RUNNING).expect("off", State.STOPPED);
        assertThat(h.effects(Effect.BootSettled.class)).containsExactly(new Effect.BootSettled(2, 1));
        h.crash("web").advanceMillis(200);
        assertThat(h.effects(Effect.BootSettled.class)).hasSize(1);
    }

    @Test
    void bootOfATargetStartsOnlyItsClosure() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db").enabled(), Defs.daemon("web").requires("db"), Defs.daemon("other").enabled());
        h.step(new Event.Boot(new ServiceName("web")));
        h.expect("web", State.RUNNING).expect("db", State.RUNNING).expect("other", State.STOPPED);
    }

    @Test
    void replyToAClientThatHasGoneIsDropped() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").readyByNotify());
        long id = h.start("web");
        h.step(new Event.ClientGone(new RequestId(id)));
        h.notify("web", "READY=1").expect("web", State.RUNNING).unanswered(id);
    }
}
