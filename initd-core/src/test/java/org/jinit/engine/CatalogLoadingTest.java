package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.jinit.engine.Event.Request;
import org.jinit.graph.Catalog;
import org.jinit.model.ServiceName;
import org.junit.jupiter.api.Test;

class CatalogLoadingTest {
    private static Defs web(String digest) {
        return Defs.daemon("web").requires("db").digest(digest);
    }

    private static EngineHarness up() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), web("1"));
        h.start("web");
        return h.advanceMillis(50).clearLog();
    }

    @Test
    void unchangedCatalogueDoesNothing() {
        EngineHarness h = up();
        h.done(h.load(false, Defs.daemon("db"), web("1")));
        h.done(h.load(true, Defs.daemon("db"), web("1")));
        assertThat(h.log).hasSize(2).allMatch(effect -> effect instanceof Effect.Reply);
    }

    @Test
    void changedServiceIsMarkedAndKeepsItsDefinitionUntilItRestarts() {
        EngineHarness h = up();
        h.done(h.load(false, Defs.daemon("db"), web("2")));
        assertThat(h.effects(Effect.Publish.class)).isEmpty();
        assertThat(h.view("web").changed()).isTrue();
        assertThat(h.view("web").definition().digest()).startsWith("1");
        h.restart("web");
        assertThat(h.view("web").changed()).isFalse();
        assertThat(h.view("web").definition().digest()).startsWith("2");
    }

    @Test
    void applyRestartsJustWhatChanged() {
        EngineHarness h = up();
        long id = h.load(true, Defs.daemon("db"), web("2"));
        assertThat(h.starts("web")).isEqualTo(1);
        assertThat(h.starts("db")).isZero();
        h.advanceMillis(50).done(id).noTimers();
        assertThat(h.view("web").definition().digest()).startsWith("2");
    }

    @Test
    void applyRestartsDependentsOfWhatChanged() {
        EngineHarness h = up();
        h.load(true, Defs.daemon("db").digest("2"), web("1"));
        assertThat(h.starts("db")).isEqualTo(1);
        assertThat(h.starts("web")).isEqualTo(1);
        assertThat(h.order(State.RUNNING)).containsExactly("db", "web");
    }

    @Test
    void removedServiceRunsOnUntilItIsApplied() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"), Defs.daemon("b"));
        h.start("a", "b");
        h.load(false, Defs.daemon("a"));
        h.expect("b", State.RUNNING);
        assertThat(h.view("b").changed()).isTrue();
        h.load(true, Defs.daemon("a"));
        assertThat(h.engine.view(new ServiceName("b"))).isNull();
        h.expect("a", State.RUNNING).advanceMillis(50).noTimers();
    }

    @Test
    void removedServiceThatIsStoppedIsForgotten() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"), Defs.daemon("b"));
        h.load(false, Defs.daemon("a"));
        assertThat(h.engine.views()).hasSize(1);
    }

    @Test
    void newEnabledServiceStartsOnApplyOnly() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"));
        h.load(false, Defs.daemon("a"), Defs.daemon("b").enabled());
        h.expect("b", State.STOPPED);
        h.load(true, Defs.daemon("a"), Defs.daemon("b").enabled(), Defs.daemon("c").enabled());
        h.expect("c", State.RUNNING).expect("b", State.STOPPED);
    }

    @Test
    void reloadWhileAStartWaitsChangesNothingForIt() {
        EngineHarness h =
                EngineHarness.of(Defs.daemon("d").readyByFork().pidFile().startTimeout(Duration.ofSeconds(5)));
        h.start("d");
        EngineHarness.Life launcher = h.main("d");
        EngineHarness.Life daemon = h.discover("d");
        h.end(launcher, new org.jinit.model.ExitStatus.Exited(0)).advanceMillis(1000);
        h.load(false, Defs.daemon("d").readyByFork().pidFile().digest("2"));
        h.expect("d", State.STARTING).mainFound(daemon).advanceMillis(50).expect("d", State.RUNNING).noTimers();
    }

    @Test
    void newRequirementIsPulledInAtTheNextStart() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"), Defs.daemon("db"));
        h.start("web");
        h.load(false, Defs.daemon("web").requires("db").digest("2"), Defs.daemon("db"));
        h.expect("db", State.STOPPED);
        h.restart("web");
        h.expect("db", State.RUNNING).expect("web", State.RUNNING);
        h.load(false, Defs.daemon("web").digest("3"), Defs.daemon("db"));
        h.restart("web");
        h.expect("db", State.STOPPED).expect("web", State.RUNNING);
    }

    @Test
    void reversedRequirementIsAppliedWithoutADeadlock() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a").requires("b"), Defs.daemon("b"));
        h.start("a");
        h.load(true, Defs.daemon("a").digest("2"), Defs.daemon("b").requires("a").digest("2"));
        h.expect("a", State.RUNNING).advanceMillis(100).noTimers();
    }

    @Test
    void waitingServiceTakesTheNewEdges() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db").readyByNotify(), web("1"));
        h.start("web");
        h.expect("web", State.WAITING);
        h.load(false, Defs.daemon("db").readyByNotify(), Defs.daemon("web").digest("2"));
        h.expect("web", State.RUNNING);
        h.expect("db", State.STOPPED);
    }

    @Test
    void crashAfterARemovalRestartsWithTheOldDefinition() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"), Defs.daemon("b"));
        h.start("b");
        h.load(false, Defs.daemon("a"));
        h.crash("b").advanceMillis(100).expect("b", State.RUNNING);
        h.stop("b");
        assertThat(h.engine.view(new ServiceName("b"))).isNull();
    }

    // Plans.

    @Test
    void planTellsTheStepsInOrderAndDoesNothing() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db"), Defs.daemon("web").requires("db"), Defs.daemon("old").conflicts("web"));
        h.start("old");
        h.clearLog();
        long id = h.request(new Request.Start(List.of(new ServiceName("web")), true, null));
        Reply.Planned planned = (Reply.Planned) java.util.Objects.requireNonNull(h.reply(id));
        assertThat(planned.steps())
                .containsExactly(
                        new Reply.PlanStep("stop", new ServiceName("old"), "web conflicts with it"),
                        new Reply.PlanStep("start", new ServiceName("db"), "web requires it"),
                        new Reply.PlanStep("start", new ServiceName("web"), "it was asked for"));
        assertThat(h.log).hasSize(1);
    }

    @Test
    void commitRunsThatPlanOrRefuses() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").requires("db"));
        List<ServiceName> names = List.of(new ServiceName("web"));
        Reply.Planned planned =
                (Reply.Planned) java.util.Objects
                        .requireNonNull(h.reply(h.request(new Request.Start(names, true, null))));
        h.start("db");
        long moved = h.request(new Request.Start(names, false, planned.hash()));
        assertThat(h.refused(moved).code()).isEqualTo(Reply.Code.PLAN_MOVED);
        h.expect("web", State.STOPPED);
        Reply.Planned again =
                (Reply.Planned) java.util.Objects
                        .requireNonNull(h.reply(h.request(new Request.Start(names, true, null))));
        h.request(new Request.Start(names, false, again.hash()));
        h.expect("web", State.RUNNING);
    }

    @Test
    void reloadMayBePlannedAndCommitted() {
        EngineHarness h = up();
        Catalog next = Catalog.of(EngineHarness.definitions(Defs.daemon("db"), web("2"), Defs.daemon("x").enabled()));
        RequestId id = new RequestId(900);
        h.step(new Event.CatalogLoaded(id, EngineHarness.ROOT, next, true, true, null));
        Reply.Planned planned = (Reply.Planned) java.util.Objects.requireNonNull(h.reply(900));
        assertThat(planned.steps()).extracting(step -> step.action() + " " + step.service())
                .containsExactly("restart web", "start x");
        h.expect("web", State.RUNNING);
        assertThat(h.view("web").changed()).isFalse();
        h.step(new Event.CatalogLoaded(new RequestId(901), EngineHarness.ROOT, next, true, false, planned.hash()));
        h.expect("x", State.RUNNING);
        assertThat(h.starts("web")).isEqualTo(1);
    }
}
