package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jinit.model.Signals;
import org.junit.jupiter.api.Test;

class ShutdownTest {
    @Test
    void shutdownStopsInReverseOrderAndExitsOnce() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("a").enabled(),
                Defs.daemon("b").requires("a").enabled(),
                Defs.daemon("c").after("b").enabled());
        h.boot();
        assertThat(h.effects(Effect.BootSettled.class)).hasSize(1);
        h.shutdown();
        assertThat(h.order(State.STOPPED)).containsExactly("c", "b", "a");
        assertThat(h.effects(Effect.Exit.class)).containsExactly(new Effect.Exit(0, false));
        assertThat(h.log.getLast()).isInstanceOf(Effect.Exit.class);
        h.noTimers();
    }

    @Test
    void nothingFollowsExit() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"));
        h.shutdown();
        h.clearLog().shutdown().start("a");
        assertThat(h.log).isEmpty();
    }

    @Test
    void whatIgnoresTermIsKilledAtItsTimeoutAndTheRestFollows() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"), Defs.daemon("b").requires("a"));
        h.start("b");
        h.advanceMillis(50);
        h.ignoreTerm.add("b");
        h.shutdown();
        h.advance(Duration.ofMillis(9999));
        assertThat(h.effects(Effect.Exit.class)).isEmpty();
        h.advanceMillis(1);
        assertThat(h.effects(Effect.Exit.class)).hasSize(1);
    }

    @Test
    void shutdownTimeoutKillsEverythingAtOnce() {
        EngineHarness h = EngineHarness.of(
                new EngineSettings(1, Duration.ofSeconds(3), false),
                Defs.daemon("a"),
                Defs.daemon("b").requires("a"));
        h.start("b");
        h.ignoreTerm.add("a");
        h.ignoreTerm.add("b");
        h.shutdown();
        h.advance(Duration.ofSeconds(3));
        assertThat(h.effects(Effect.Exit.class)).hasSize(1);
        h.noTimers();
    }

    @Test
    void secondRequestLosesPatience() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"));
        h.start("a");
        h.ignoreTerm.add("a");
        h.shutdown();
        assertThat(h.effects(Effect.Exit.class)).isEmpty();
        h.shutdown();
        assertThat(h.effects(Effect.SignalAll.class)).extracting(Effect.SignalAll::signal).contains(Signals.KILL);
        assertThat(h.effects(Effect.Exit.class)).hasSize(1);
        h.noTimers();
    }

    @Test
    void exitComesEvenIfAProcessCannotBeKilled() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"));
        h.start("a");
        h.ignoreTerm.add("a");
        h.killWorks = false;
        h.shutdown();
        h.advance(Duration.ofSeconds(20));
        assertThat(h.effects(Effect.Exit.class)).hasSize(1);
        h.noTimers();
    }

    @Test
    void noStartIsSpawnedAfterTheRequestAndEveryoneGetsAReply() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("a").readyByNotify(), Defs.daemon("b").requires("a"), Defs.daemon("c"));
        h.ignoreTerm.add("c");
        h.start("c");
        long waiting = h.start("b");
        h.clearLog().shutdown();
        assertThat(h.failure(waiting)).contains("shutting down");
        assertThat(h.refused(h.start("b")).code()).isEqualTo(Reply.Code.SHUTTING_DOWN);
        long stop = h.stop("c");
        h.exit("c", 0).done(stop);
        assertThat(h.effects(Effect.Spawn.class)).isEmpty();
        h.noTimers();
    }

    @Test
    void backoffEndsWithTheShutdown() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"));
        h.start("a");
        h.crash("a").expect("a", State.BACKOFF).shutdown();
        assertThat(h.effects(Effect.Exit.class)).hasSize(1);
        h.expect("a", State.STOPPED).noTimers();
    }

    @Test
    void independentServicesStopSideBySide() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"), Defs.daemon("b"));
        h.start("a", "b");
        h.ignoreTerm.add("a");
        h.ignoreTerm.add("b");
        h.shutdown();
        assertThat(h.effects(Effect.Signal.class).stream().filter(s -> s.signal() == Signals.TERM)).hasSize(2);
    }

    @Test
    void afterStopHooksRunInAShutdownToo() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a").afterStop(Defs.hook(false, null)));
        h.start("a");
        h.shutdown();
        assertThat(h.spawns("a", Role.AFTER_STOP)).hasSize(1);
        assertThat(h.effects(Effect.Exit.class)).hasSize(1);
    }
}
