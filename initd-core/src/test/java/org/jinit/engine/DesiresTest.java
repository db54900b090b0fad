package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jinit.model.ExitPolicy;
import org.jinit.model.RestartPolicy.When;
import org.junit.jupiter.api.Test;

/** Who holds whom, and what waits for what. */
class DesiresTest {
    private static Defs never(String name) {
        return Defs.daemon(name).restart(When.NEVER);
    }

    @Test
    void whatWasOnlyWantedGoesWithTheLastThatWantsIt() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("cache"), Defs.daemon("a").wants("cache"), Defs.daemon("b").wants("cache"));
        h.start("a", "b");
        h.stop("a");
        h.expect("cache", State.RUNNING).stop("b");
        h.expect("cache", State.STOPPED);
        assertThat(h.history("cache").getLast())
                .isEqualTo("cache went from stopping to stopped: b wants it no longer, and nothing else needs it");
    }

    @Test
    void aStopEndsWhatOthersWanted() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("cache"), Defs.daemon("web").wants("cache"), Defs.daemon("front").requires("cache"));
        h.start("web");
        h.stop("cache");
        h.expect("cache", State.STOPPED).expect("web", State.RUNNING).start("front");
        h.expect("cache", State.RUNNING).stop("front");
        h.expect("cache", State.STOPPED);
    }

    @Test
    void aWantThatCannotBeIsTold() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("a").conflicts("b"), Defs.daemon("b"), Defs.daemon("web").wants("a", "c"),
                Defs.daemon("c"));
        h.start("b");
        h.start("web");
        h.expect("a", State.STOPPED).expect("c", State.RUNNING);
        assertThat(h.effects(Effect.Warn.class))
                .containsExactly(new Effect.Warn(
                        h.view("web").name(), "cannot start a, which it wants: a service that is up conflicts"));
    }

    @Test
    void aRestartThatIsWaitedForEndsWithItsRequirement() {
        EngineHarness h =
                EngineHarness.of(never("db"), Defs.daemon("web").requires("db").delay(Duration.ofMinutes(1)));
        h.start("web");
        h.crash("web").expect("web", State.BACKOFF).crash("db");
        h.expect("web", State.FAILED).noTimers();
        assertThat(h.view("web").result()).isEqualTo(Result.DEPENDENCY);
        h.start("db");
        h.expect("web", State.RUNNING);
    }

    @Test
    void aFailureByARequirementIsAFailureForTheExitPolicyToo() {
        EngineHarness h = EngineHarness.of(
                never("db").readyByNotify(), Defs.daemon("web").requires("db").exit(ExitPolicy.When.FAILS, null));
        h.start("web");
        h.exit("db", 1);
        assertThat(h.effects(Effect.Exit.class)).containsExactly(new Effect.Exit(1, false));
    }

    @Test
    void aDependentComesBackOnlyWhenNoRequirementIsFailed() {
        EngineHarness h = EngineHarness.of(never("a"), never("b"), Defs.daemon("web").requires("a", "b"));
        h.start("web");
        h.crash("a").crash("b").expect("web", State.FAILED);
        h.start("a");
        h.expect("web", State.FAILED).start("b");
        h.expect("web", State.RUNNING);
    }

    @Test
    void aTaskThatIsDoneHoldsWhatItRequires() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.task("job").requires("db"));
        h.start("job");
        h.exit("job", 0).expect("job", State.DONE).expect("db", State.RUNNING);
        h.stop("job");
        h.expect("job", State.STOPPED).expect("db", State.STOPPED);
        assertThat(h.history("job").getLast())
                .isEqualTo("job went from done to stopped: stop was asked for by uid 0 (pid 4711)");
    }

    @Test
    void aRequirementOfARequirementThatFailsIsTheRootCause() {
        EngineHarness h = EngineHarness.of(
                never("a").readyByNotify(), Defs.daemon("b").requires("a"), Defs.daemon("c").requires("b").wants("x"),
                Defs.daemon("x").readyByNotify());
        long id = h.start("c");
        h.exit("a", 9).expect("b", State.FAILED).expect("c", State.FAILED);
        assertThat(h.failure(id))
                .isEqualTo(
                        "cannot start c: it cannot do without b: a failed: its main process (pid 100) exited with code 9");
    }

    // What is waited for.

    @Test
    void whatAServiceWaitsForIsShown() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("a").readyByNotify(),
                Defs.daemon("b").readyByNotify(),
                Defs.daemon("c"),
                Defs.daemon("d").requires("a").wants("b").after("c").conflicts("e"),
                Defs.daemon("e"));
        h.start("e");
        h.ignoreTerm.add("e");
        h.start("d");
        assertThat(h.view("d").waitingFor())
                .containsExactly("a (starting)", "b (starting)", "e to stop, which conflicts");
        assertThat(h.view("c").waitingFor()).isEmpty();
        assertThat(h.view("a").waitingFor()).containsExactly("READY=1 on its notify socket");
        h.notify("a", "READY=1").notify("b", "READY=1");
        assertThat(h.view("d").waitingFor()).containsExactly("e to stop, which conflicts");
        h.exit("e", 0).expect("d", State.RUNNING);
        assertThat(h.view("d").waitingFor()).isEmpty();
    }

    @Test
    void whatAStopWaitsForIsShown() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").requires("db"));
        h.start("web");
        h.ignoreTerm.add("web");
        h.stopWithDependents("db");
        assertThat(h.view("db").waitingFor()).containsExactly("web to stop");
        assertThat(h.view("web").waitingFor()).isEmpty();
    }

    @Test
    void whatTheMainProcessWaitsForIsShown() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db"), Defs.daemon("web").requires("db").beforeStart(Defs.hook(false, null)));
        h.start("db");
        h.hooksEnd = false;
        h.start("web");
        assertThat(h.view("web").waitingFor()).isEmpty();
        h.crash("db").end(h.only("web", Role.BEFORE_START), new org.jinit.model.ExitStatus.Exited(0));
        assertThat(h.view("web").waitingFor()).containsExactly("what it requires to be ready again");
    }

    // Gates.

    @Test
    void aRequirementThatGoesDownWhileAnotherIsWaitedForIsWaitedForAgain() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("a").delay(Duration.ofMinutes(1)), Defs.daemon("b").readyByNotify(),
                Defs.daemon("web").requires("a", "b"));
        h.start("web");
        h.expect("a", State.RUNNING).crash("a").expect("a", State.BACKOFF);
        h.notify("b", "READY=1").expect("web", State.WAITING);
        h.advance(Duration.ofMinutes(1)).expect("a", State.RUNNING).expect("web", State.RUNNING);
    }

    @Test
    void aStopWaitsForADependentThatTheNewDefinitionsDoNotKnowAsOne() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").requires("db"));
        h.start("web");
        h.load(false, Defs.daemon("db"), Defs.daemon("web").digest("2"));
        h.ignoreTerm.add("web");
        h.clearLog().stopWithDependents("db");
        h.expect("db", State.STOPPING);
        assertThat(h.effects(Effect.Signal.class)).allMatch(signal -> signal.run().service().value().equals("web"));
        h.exit("web", 0).expect("db", State.STOPPED).expect("web", State.STOPPED);
    }

    @Test
    void twoThatConflictAreNeverUpTogether() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a").conflicts("b"), Defs.daemon("b"));
        h.ignoreTerm.add("a");
        h.start("a");
        h.start("b");
        h.expect("a", State.STOPPING).expect("b", State.WAITING).start("a");
        h.exit("a", 0).expect("a", State.RUNNING).expect("b", State.STOPPED);
    }
}
