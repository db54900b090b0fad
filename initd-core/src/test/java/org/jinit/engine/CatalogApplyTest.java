package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jinit.config.DefinitionParser;
import org.jinit.config.Reading;
import org.jinit.graph.Catalog;
import org.jinit.model.RestartPolicy.When;
import org.jinit.model.ServiceName;
import org.junit.jupiter.api.Test;

/** Catalogues that are refused, planned and applied, and services whose definition is gone. */
class CatalogApplyTest {
    private static Defs never(String name) {
        return Defs.daemon(name).restart(When.NEVER);
    }

    private static Catalog catalog(Defs... definitions) {
        return Catalog.of(EngineHarness.definitions(definitions));
    }

    private static String refusal(EngineHarness h, long id) {
        return h.refused(id).code() + ": " + h.refused(id).text();
    }

    private static Reply.Planned plan(EngineHarness h, Catalog catalog, boolean apply) {
        return (Reply.Planned) Objects.requireNonNull(h.reply(h.load(catalog, apply, true, null)));
    }

    private static List<String> lines(Reply.Planned planned) {
        return planned.steps().stream().map(step -> step.action() + " " + step.service() + ": " + step.why()).toList();
    }

    @Test
    void aCatalogueWithErrorsIsRefusedAsAWhole() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        long id = h.load(true, Defs.daemon("web").requires("nosuch"), Defs.daemon("new").enabled());
        assertThat(refusal(h, id)).isEqualTo("INVALID: cannot load the definitions: it has errors");
        assertThat(h.engine.views()).hasSize(1);
    }

    @Test
    void noCatalogueIsLoadedInAShutdown() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        h.ignoreTerm.add("web");
        h.start("web");
        h.shutdown();
        long id = h.load(false, Defs.daemon("web"), Defs.daemon("new"));
        assertThat(refusal(h, id)).isEqualTo("SHUTTING_DOWN: cannot load the definitions: jinitd is shutting down");
        assertThat(h.engine.views()).hasSize(1);
    }

    @Test
    void whoHadTheDefinitionsReadAgainIsTold() {
        EngineHarness request = EngineHarness.of(Defs.daemon("web"));
        request.start("web");
        request.load(true, Defs.daemon("web").digest("2"));
        assertThat(request.history("web").getLast()).endsWith("it was executed");
        assertThat(request.history("web").get(2)).endsWith(": reload-config was asked for by uid 0 (pid 4711)");
        EngineHarness signal = EngineHarness.of(Defs.daemon("web"));
        signal.start("web");
        signal.step(new Event.CatalogLoaded(
                null, null, catalog(Defs.daemon("web").digest("2")), true, false, null));
        assertThat(signal.history("web").get(2)).endsWith(": its definition: the definitions were read again");
        assertThat(signal.effects(Effect.Reply.class)).isEmpty();
    }

    @Test
    void aPlanTellsWhatApplyingWouldDoAndDoesNothing() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("same"), Defs.daemon("changed"), Defs.daemon("part").requires("changed"),
                Defs.daemon("gone"),
                Defs.daemon("idle"));
        h.start("same", "part", "gone");
        h.step(new Event.EnabledChanged(new ServiceName("forced"), true));
        Catalog next = catalog(
                Defs.daemon("same"), Defs.daemon("changed").digest("2"), Defs.daemon("part").requires("changed"),
                Defs.daemon("new").enabled(), Defs.daemon("forced"), Defs.daemon("off"));
        h.clearLog();
        Reply.Planned planned = plan(h, next, true);
        assertThat(lines(planned))
                .containsExactly(
                        "stop gone: its definition is gone",
                        "restart part: it requires changed",
                        "restart changed: it was asked for",
                        "start forced: it is new and enabled",
                        "start new: it is new and enabled");
        assertThat(lines(plan(h, next, false))).isEmpty();
        assertThat(h.log).hasSize(2);
        h.load(next, true, false, planned.hash());
        h.expect("new", State.RUNNING).expect("forced", State.RUNNING).expect("off", State.STOPPED);
        assertThat(h.starts("changed")).isEqualTo(1);
        assertThat(h.starts("part")).isEqualTo(1);
        assertThat(h.starts("same")).isZero();
        assertThat(h.engine.view(new ServiceName("gone"))).isNull();
    }

    @Test
    void aPlanThatIsNotTheOneAnyMoreIsNotCarriedOut() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        h.start("web");
        Catalog next = catalog(Defs.daemon("web").digest("2"));
        String hash = plan(h, next, true).hash();
        h.restart("web");
        assertThat(refusal(h, h.load(next, true, false, hash)))
                .isEqualTo("PLAN_MOVED: cannot carry out the plan: things have changed since it was made");
        assertThat(h.view("web").changed()).isFalse();
    }

    @Test
    void plansAreToldApartByTheirHash() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"), Defs.daemon("b"));
        h.start("a", "b");
        String first = plan(h, catalog(Defs.daemon("a").digest("2"), Defs.daemon("b")), true).hash();
        String second = plan(h, catalog(Defs.daemon("a"), Defs.daemon("b").digest("2")), true).hash();
        assertThat(first).isNotEqualTo(second).hasSize(16);
        assertThat(plan(h, catalog(Defs.daemon("a").digest("2"), Defs.daemon("b")), true).hash()).isEqualTo(first);
    }

    @Test
    void aChangeThatConflictsWithWhatIsNeededIsNotApplied() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"), Defs.daemon("b"), Defs.daemon("web").requires("b"));
        h.start("a", "web");
        long id = h.load(true, Defs.daemon("a").conflicts("b").digest("2"), Defs.daemon("b"),
                Defs.daemon("web").requires("b"));
        assertThat(refusal(h, id))
                .isEqualTo("CONFLICT: cannot start a: it conflicts with b, which web requires");
        h.expect("a", State.RUNNING).expect("b", State.RUNNING);
        assertThat(h.starts("a")).isEqualTo(1);
        assertThat(h.view("a").changed()).isTrue();
    }

    @Test
    void applyingIsAnsweredOnceAllThatItStartedIsUp() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"));
        long id = h.load(true, Defs.daemon("a"), Defs.daemon("b").enabled().readyByNotify(),
                Defs.daemon("c").enabled().readyByNotify());
        h.notify("b", "READY=1").unanswered(id).notify("c", "READY=1").done(id);
    }

    @Test
    void whatIsNewAndConflictsWithWhatIsUpIsLeftOutAndTold() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"));
        h.start("a");
        h.load(true, Defs.daemon("a"), Defs.daemon("b").enabled().conflicts("a"));
        h.expect("b", State.STOPPED).expect("a", State.RUNNING);
        assertThat(h.warnings()).containsExactly("cannot start it: a service that is up conflicts");
    }

    @Test
    void whatIsNewDoesNotStartWhatSomebodyStopped() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("app").requires("db"));
        h.start("db");
        h.stop("db");
        h.load(true, Defs.daemon("db"), Defs.daemon("app").requires("db"), Defs.daemon("new").requires("app").enabled(),
                Defs.daemon("other").enabled());
        h.expect("new", State.STOPPED).expect("db", State.STOPPED).expect("other", State.RUNNING);
    }

    @Test
    void whatFailedIsTriedAgainWhenItsDefinitionWasMended() {
        EngineHarness h = EngineHarness.of(never("web").enabled(), never("idle").enabled());
        h.boot().crash("web").exit("idle", 0);
        h.load(true, never("web").enabled(), never("idle").enabled());
        h.expect("web", State.FAILED);
        h.load(true, never("web").enabled().digest("2"), never("idle").enabled().digest("2"));
        h.expect("web", State.RUNNING).expect("idle", State.STOPPED);
        EngineHarness stopped = EngineHarness.of(never("web").enabled());
        stopped.boot().crash("web").stop("web");
        stopped.load(true, never("web").enabled().digest("2"));
        assertThat(stopped.starts("web")).isEqualTo(1);
    }

    @Test
    void instancesThatAreUpOutliveTheReadingOfTheirTemplate() {
        String db = "exec: [x]\n";
        EngineHarness h = EngineHarness.of(parsed(Map.of("db@.yaml", db)));
        h.start("db@up", "db@down");
        h.stop("db@down");
        h.load(parsed(Map.of("db@.yaml", db, "web.yaml", db)), true, false, null);
        h.expect("db@up", State.RUNNING);
        assertThat(h.engine.views()).extracting(view -> view.name().value()).containsExactly("db@up", "web");
        assertThat(h.view("db@up").changed()).isFalse();
        h.load(parsed(Map.of("web.yaml", db)), true, false, null);
        assertThat(h.engine.views()).extracting(view -> view.name().value()).containsExactly("web");
    }

    private static Catalog parsed(Map<String, String> files) {
        return Catalog.of(DefinitionParser.parse(Reading.of(files)));
    }

    // Definitions that are gone.

    @Test
    void whatIsGoneStillNeedsWhatItRequiredAndNothingElse() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("a").delay(Duration.ofMinutes(1)), Defs.daemon("b").requires("a").after("c"),
                Defs.daemon("c").readyByNotify());
        h.start("b");
        h.load(false, Defs.daemon("a").delay(Duration.ofMinutes(1)), Defs.daemon("c").readyByNotify());
        h.start("c");
        h.crash("b").advanceMillis(100).expect("b", State.RUNNING).expect("c", State.STARTING);
        h.crash("a").crash("b").advanceMillis(200).expect("b", State.WAITING);
        h.advance(Duration.ofMinutes(1)).expect("b", State.RUNNING);
    }

    @Test
    void whatIsGoneAndDownIsForgottenThoughItWasWanted() {
        EngineHarness h = EngineHarness.of(never("cache"), Defs.daemon("web").wants("cache"));
        h.start("web");
        h.crash("cache").expect("cache", State.FAILED);
        h.load(false, Defs.daemon("web"));
        assertThat(h.engine.view(new ServiceName("cache"))).isNull();
        h.expect("web", State.RUNNING);
    }

    @Test
    void aServiceThatComesBackNeverUsesAGenerationAgain() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"), Defs.daemon("b"));
        h.start("b");
        h.restart("b");
        h.load(true, Defs.daemon("a"));
        h.load(false, Defs.daemon("a"), Defs.daemon("b"));
        h.start("b");
        assertThat(h.run("b").generation()).isEqualTo(3);
    }
}
