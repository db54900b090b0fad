package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jinit.model.RestartPolicy.When;
import org.jinit.model.ServiceName;
import org.junit.jupiter.api.Test;

/** What is started at boot, and when that is over. */
class BootTrackerTest {
    private static EngineHarness boot(EngineHarness h, String target) {
        return h.step(new Event.Boot(new ServiceName(target)));
    }

    @Test
    void anUnknownTargetIsToldAndBootIsOver() {
        EngineHarness h = boot(EngineHarness.of(Defs.daemon("web").enabled()), "nosuch");
        assertThat(h.effects(Effect.Warn.class))
                .containsExactly(
                        new Effect.Warn(new ServiceName("nosuch"), "cannot start it at boot: no such service"));
        assertThat(h.effects(Effect.BootSettled.class)).containsExactly(new Effect.BootSettled(0, 0));
        h.expect("web", State.STOPPED);
    }

    @Test
    void aTargetThatCannotBeStartedIsToldWithTheReason() {
        EngineHarness h = boot(
                EngineHarness.of(Defs.target("all").requires("a", "b"), Defs.daemon("a").conflicts("b"),
                        Defs.daemon("b")),
                "all");
        assertThat(h.warnings()).containsExactly("cannot start a and b together: they conflict");
        h.expect("a", State.STOPPED).expect("all", State.STOPPED);
    }

    @Test
    void ofTwoThatConflictTheFirstByNameIsStarted() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("a").enabled(),
                Defs.daemon("b").conflicts("a").enabled(),
                Defs.daemon("c").requires("d").enabled(),
                Defs.daemon("d").requires("e"),
                Defs.daemon("e").conflicts("a"),
                Defs.daemon("f").requires("c2").enabled(),
                Defs.daemon("c2"),
                Defs.daemon("g").requires("x", "y").enabled(),
                Defs.daemon("x").conflicts("y"),
                Defs.daemon("y"));
        h.boot();
        assertThat(h.warnings())
                .containsExactly(
                        "cannot start it at boot: b and a conflict",
                        "cannot start it at boot: e and a conflict",
                        "cannot start it at boot: x and y conflict");
        assertThat(h.effects(Effect.Warn.class))
                .extracting(warn -> warn.service().value())
                .containsExactly("b", "c", "g");
        h.expect("a", State.RUNNING).expect("b", State.STOPPED).expect("d", State.STOPPED).expect("f", State.RUNNING);
        assertThat(h.effects(Effect.BootSettled.class)).containsExactly(new Effect.BootSettled(3, 0));
    }

    @Test
    void whatWasEnabledOrDisabledByHandIsStartedOrNot() {
        EngineHarness h = EngineHarness.of(Defs.daemon("on"), Defs.daemon("off").enabled());
        h.step(new Event.EnabledChanged(new ServiceName("on"), true));
        h.step(new Event.EnabledChanged(new ServiceName("off"), false));
        h.boot().expect("on", State.RUNNING).expect("off", State.STOPPED);
    }

    @Test
    void bootIsOverWhenAllWaitForNothingMore() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("a").enabled().condition(),
                Defs.task("b").enabled(),
                Defs.daemon("c").enabled(),
                Defs.daemon("d").enabled().restart(When.NEVER));
        h.answersPrepare = false;
        h.boot();
        h.step(new Event.ConditionUnmet(h.run("a"), "/x does not exist", false));
        for (String name : List.of("b", "c", "d")) {
            h.step(new Event.Prepared(h.run(name)));
        }
        assertThat(h.engine.bootSettled()).isFalse();
        h.crash("c").exit("b", 0).expect("b", State.DONE);
        assertThat(h.engine.bootSettled()).isTrue();
        assertThat(h.effects(Effect.BootSettled.class)).containsExactly(new Effect.BootSettled(3, 1));
    }

    @Test
    void bootHappensOnceAndNotInAShutdown() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a").enabled());
        h.boot();
        h.stop("a");
        h.boot().expect("a", State.STOPPED);
        EngineHarness down = EngineHarness.of(Defs.daemon("a").enabled(), Defs.daemon("b"));
        down.ignoreTerm.add("b");
        down.start("b");
        assertThat(down.engine.shuttingDown()).isFalse();
        down.shutdown();
        assertThat(down.engine.shuttingDown()).isTrue();
        down.boot().expect("a", State.STOPPED);
        assertThat(down.engine.bootSettled()).isFalse();
    }

    @Test
    void aBootThatAShutdownOvertakesIsNeverOver() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a").enabled().readyByNotify());
        h.boot().shutdown();
        assertThat(h.effects(Effect.BootSettled.class)).isEmpty();
    }
}
