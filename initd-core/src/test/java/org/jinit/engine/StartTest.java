package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

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
    void stopReleasesWhatNothingElseNeeds() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").requires("db"));
        h.start("web");
        h.done(h.stop("web")).expect("web", State.STOPPED).expect("db", State.STOPPED).noTimers();
        assertThat(h.order(State.STOPPED)).containsExactly("web", "db");
    }

    @Test
    void crashIsFollowedByARestartAfterItsDelay() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        h.start("web");
        h.advanceMillis(50).crash("web").expect("web", State.BACKOFF);
        h.advanceMillis(99).expect("web", State.BACKOFF);
        h.advanceMillis(1).expect("web", State.RUNNING);
        assertThat(h.starts("web")).isEqualTo(2);
    }

    @Test
    void shutdownStopsInReverseOrderAndExitsOnce() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("a").enabled(), Defs.daemon("b").requires("a").enabled(),
                Defs.daemon("c").after("b").enabled());
        h.boot();
        assertThat(h.effects(Effect.BootSettled.class)).hasSize(1);
        h.shutdown();
        assertThat(h.order(State.STOPPED)).containsExactly("c", "b", "a");
        assertThat(h.effects(Effect.Exit.class)).containsExactly(new Effect.Exit(0, false));
        h.noTimers();
    }
}
