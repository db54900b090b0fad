package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.jinit.model.ExitPolicy;
import org.jinit.model.ExitStatus;
import org.jinit.model.RestartPolicy.When;
import org.jinit.model.Signals;
import org.junit.jupiter.api.Test;

/** What follows the end of a run. */
class AftermathTest {
    private static EngineHarness up(Defs definition) {
        EngineHarness h = EngineHarness.of(definition);
        h.start("web");
        return h.advanceMillis(50).expect("web", State.RUNNING);
    }

    /** A service that is stopped and does not end of TERM but as the test says. */
    private static EngineHarness stopping() {
        EngineHarness h = up(Defs.daemon("web"));
        h.ignoreTerm.add("web");
        h.stop("web");
        return h;
    }

    private static List<Boolean> releases(EngineHarness h) {
        return h.effects(Effect.Release.class).stream().map(Effect.Release::full).toList();
    }

    @Test
    void everythingIsReleasedUnlessAnotherStartFollows() {
        EngineHarness h = up(Defs.daemon("web").limit(2, Duration.ofSeconds(10)));
        h.restart("web");
        assertThat(releases(h)).containsExactly(false);
        h.crash("web").advanceMillis(100).crash("web").expect("web", State.FAILED);
        assertThat(releases(h)).containsExactly(false, false, true);
        h.start("web");
        h.stop("web");
        assertThat(releases(h)).containsExactly(false, false, true, true);
    }

    @Test
    void everythingIsReleasedOfWhatGoesDownWithItsRequirement() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db").restart(When.NEVER), Defs.daemon("web").requires("db"));
        h.start("web");
        RunId web = h.run("web");
        h.crash("db").expect("web", State.FAILED);
        assertThat(h.effects(Effect.Release.class)).contains(new Effect.Release(web, true));
    }

    @Test
    void whatHasNoStoreIsReleasedOnceWhenItsRestartDoesNotCome() {
        EngineHarness h = up(Defs.daemon("web"));
        h.crash("web").stop("web");
        h.expect("web", State.STOPPED);
        assertThat(releases(h)).containsExactly(false);
    }

    @Test
    void aStopThatComesWhileACrashedRunEndsIsWhyItIsStopped() {
        EngineHarness h = up(Defs.daemon("web"));
        h.stray("web").crash("web").expect("web", State.STOPPING);
        h.stop("web");
        h.straysEnd("web").expect("web", State.STOPPED);
        assertThat(h.history("web").getLast())
                .isEqualTo("web went from stopping to stopped: stop was asked for by uid 0 (pid 4711)");
    }

    @Test
    void aDependentWhoseRequirementCameBackMeanwhileStartsAgain() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db").restart(When.NEVER), Defs.daemon("web").requires("db"));
        h.start("web");
        h.ignoreTerm.add("web");
        h.crash("db").expect("db", State.FAILED).expect("web", State.STOPPING);
        h.start("db");
        h.exit("web", 0).expect("web", State.RUNNING);
    }

    @Test
    void aDependentWhoseRequirementIsStillDownFailsWithIt() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db").restart(When.NEVER), Defs.daemon("web").requires("db"));
        h.start("web");
        h.ignoreTerm.add("web");
        h.crash("db").expect("web", State.STOPPING).exit("web", 0).expect("web", State.FAILED);
        assertThat(h.view("web").result()).isEqualTo(Result.DEPENDENCY);
    }

    @Test
    void onlyTheStopSignalOrItsCodeIsAnEndAsAsked() {
        assertThat(endedAs(new ExitStatus.Killed(Signals.TERM, false))).isEqualTo(Result.SUCCESS);
        assertThat(endedAs(new ExitStatus.Exited(128 + Signals.TERM))).isEqualTo(Result.SUCCESS);
        assertThat(endedAs(new ExitStatus.Exited(0))).isEqualTo(Result.SUCCESS);
        assertThat(endedAs(new ExitStatus.Unknown())).isEqualTo(Result.SUCCESS);
        assertThat(endedAs(new ExitStatus.Killed(Signals.TERM, true))).isEqualTo(Result.CORE_DUMP);
        assertThat(endedAs(new ExitStatus.Killed(Signals.SEGV, false))).isEqualTo(Result.SIGNAL);
        assertThat(endedAs(new ExitStatus.Exited(3))).isEqualTo(Result.EXIT_CODE);
    }

    private static Result endedAs(ExitStatus status) {
        EngineHarness h = stopping();
        h.end(h.main("web"), status).expect("web", State.STOPPED);
        return h.view("web").result();
    }

    @Test
    void aDelayThatLeavesTheWindowOfTheStartLimitIsNoStartTooMany() {
        EngineHarness h = up(Defs.daemon("web").limit(1, Duration.ofSeconds(1)).delay(Duration.ofMillis(500)));
        h.advanceMillis(650).crash("web").expect("web", State.BACKOFF);
        h.advanceMillis(500).expect("web", State.RUNNING);
    }

    @Test
    void dependentsAreToldThatTheirRequirementEndedWithoutAFailure() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").requires("db"));
        h.start("web");
        h.exit("db", 0);
        assertThat(h.history("web").getLast())
                .isEqualTo("web went from stopping to failed: it cannot do without db: db ended: its main process"
                        + " (pid 100) exited with code 0");
    }

    @Test
    void theFailureOfAnExitServiceByItsStartLimitEndsJinitdToo() {
        EngineHarness h =
                up(Defs.daemon("web").limit(1, Duration.ofSeconds(10)).exit(ExitPolicy.When.FAILS, null));
        h.crash("web");
        assertThat(h.effects(Effect.Exit.class)).containsExactly(new Effect.Exit(128 + Signals.SEGV, false));
    }

    @Test
    void theOthersAreToldWhoTookJinitdDown() {
        EngineHarness h = EngineHarness.of(
                Defs.task("job").exit(ExitPolicy.When.ENDS, null), Defs.daemon("web").restart(When.NEVER),
                Defs.daemon("db"));
        h.start("db", "job");
        h.exit("job", 0);
        assertThat(h.history("db").getLast())
                .isEqualTo("db went from stopping to stopped: jinitd shuts down: job ended");
        assertThat(h.effects(Effect.Exit.class)).containsExactly(new Effect.Exit(0, false));
        EngineHarness failed = EngineHarness.of(
                Defs.daemon("web").restart(When.NEVER).exit(ExitPolicy.When.FAILS, 4), Defs.daemon("db"));
        failed.start("db", "web");
        failed.exit("web", 1);
        assertThat(failed.history("db").getLast())
                .isEqualTo("db went from stopping to stopped: jinitd shuts down: web failed: its main process (pid 101)"
                        + " exited with code 1");
        assertThat(failed.effects(Effect.Exit.class)).containsExactly(new Effect.Exit(4, false));
    }

    @Test
    void aFailureWithoutAnExitStatusIsCodeOne() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").restart(When.NEVER).exit(ExitPolicy.When.FAILS, null));
        h.spawnFails.add("web MAIN");
        h.start("web");
        assertThat(h.effects(Effect.Exit.class)).containsExactly(new Effect.Exit(1, false));
    }

    @Test
    void anEndThatIsNoFailureDoesNotCountWhereOnlyFailuresDo() {
        EngineHarness h = up(Defs.daemon("web").exit(ExitPolicy.When.FAILS, null));
        h.exit("web", 0).expect("web", State.STOPPED);
        assertThat(h.effects(Effect.Exit.class)).isEmpty();
    }

    @Test
    void aSkippedServiceDoesNotEndJinitd() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").condition().exit(ExitPolicy.When.ENDS, null));
        h.answersPrepare = false;
        h.start("web");
        h.step(new Event.ConditionUnmet(h.run("web"), "/x does not exist", false)).expect("web", State.SKIPPED);
        assertThat(h.effects(Effect.Exit.class)).isEmpty();
    }
}
