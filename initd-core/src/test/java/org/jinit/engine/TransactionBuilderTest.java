package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jinit.engine.Event.Request;
import org.jinit.model.RestartPolicy.When;
import org.jinit.model.ServiceName;
import org.junit.jupiter.api.Test;

/** What a request pulls in, stops first, and is refused for. */
class TransactionBuilderTest {
    private static List<ServiceName> names(String... names) {
        return Stream.of(names).map(ServiceName::new).toList();
    }

    private static List<String> plan(EngineHarness h, Request request) {
        Reply.Planned planned = (Reply.Planned) Objects.requireNonNull(h.reply(h.request(request)));
        return planned.steps().stream().map(step -> step.action() + " " + step.service() + ": " + step.why()).toList();
    }

    private static List<String> planOfStart(EngineHarness h, String... names) {
        return plan(h, new Request.Start(names(names), true, null));
    }

    private static String refusal(EngineHarness h, long id) {
        return h.refused(id).code() + ": " + h.refused(id).text();
    }

    @Test
    void aStartPullsInWhatIsRequiredAndWantedOfEach() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("web").requires("app").wants("cache"),
                Defs.daemon("app").wants("log"),
                Defs.daemon("cache").requires("db").wants("log"),
                Defs.daemon("db").wants("disk"),
                Defs.daemon("disk"),
                Defs.daemon("log"));
        assertThat(planOfStart(h, "web"))
                .containsExactly(
                        "start disk: db wants it",
                        "start db: cache requires it",
                        "start log: app wants it",
                        "start app: web requires it",
                        "start cache: web wants it",
                        "start web: it was asked for");
        h.start("disk", "db");
        assertThat(planOfStart(h, "web"))
                .containsExactly(
                        "start log: app wants it",
                        "start app: web requires it",
                        "start cache: web wants it",
                        "start web: it was asked for");
    }

    @Test
    void aStartTriesWhatIsWantedAndFailedAgain() {
        EngineHarness h = EngineHarness.of(Defs.daemon("cache").restart(When.NEVER), Defs.daemon("web").wants("cache"));
        h.start("cache");
        h.crash("cache").expect("cache", State.FAILED).start("web");
        h.expect("cache", State.RUNNING).expect("web", State.RUNNING);
    }

    @Test
    void aStartOfWhatIsUpStartsNothing() {
        EngineHarness h = EngineHarness.of(Defs.daemon("cache"), Defs.daemon("web").wants("cache"));
        h.start("web");
        h.stop("cache");
        h.start("web");
        h.expect("cache", State.STOPPED);
        assertThat(planOfStart(h, "web")).isEmpty();
    }

    @Test
    void whatIsWantedAndConflictsIsLeftOut() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("web").wants("a", "c", "e", "free"),
                Defs.daemon("a").conflicts("b"),
                Defs.daemon("b"),
                Defs.daemon("c").requires("d"),
                Defs.daemon("d").requires("d2"),
                Defs.daemon("d2").conflicts("b"),
                Defs.daemon("e").requires("f", "g"),
                Defs.daemon("f").conflicts("g"),
                Defs.daemon("g"),
                Defs.daemon("free").requires("h"),
                Defs.daemon("h").conflicts("i"),
                Defs.daemon("i"));
        assertThat(planOfStart(h, "web", "b"))
                .containsExactly(
                        "start b: it was asked for",
                        "start h: free requires it",
                        "start free: web wants it",
                        "start web: it was asked for");
        h.start("b");
        h.start("web");
        h.expect("a", State.STOPPED)
                .expect("c", State.STOPPED)
                .expect("e", State.STOPPED)
                .expect("free", State.RUNNING);
    }

    @Test
    void whatIsWantedLeavesOutWhatConflictsWithWhatOnlyWaits() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db").readyByNotify(), Defs.daemon("b").requires("db"), Defs.daemon("a").conflicts("b"),
                Defs.daemon("web").wants("a"));
        h.start("b");
        h.expect("b", State.WAITING).start("web");
        h.expect("a", State.STOPPED).expect("web", State.RUNNING);
    }

    @Test
    void whatOnlyWaitsToStartAgainMakesWayToo() {
        EngineHarness h =
                EngineHarness.of(Defs.daemon("a").conflicts("b"), Defs.daemon("b").delay(Duration.ofMinutes(1)));
        h.start("b");
        h.crash("b").expect("b", State.BACKOFF);
        assertThat(planOfStart(h, "a")).containsExactly("stop b: a conflicts with it", "start a: it was asked for");
        h.start("a");
        h.expect("b", State.STOPPED).expect("a", State.RUNNING);
        assertThat(h.history("b").getLast())
                .isEqualTo("b went from backoff to stopped: it conflicts with a, which is started");
    }

    @Test
    void conflictsInOneRequestAreToldAndNothingIsDone() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("a").conflicts("b"), Defs.daemon("b"), Defs.daemon("c").requires("a"));
        h.start("b");
        assertThat(refusal(h, h.start("b", "c"))).isEqualTo("CONFLICT: cannot start b and a together: they conflict");
        assertThat(refusal(h, h.restart("b", "a"))).isEqualTo("CONFLICT: cannot start b and a together: they conflict");
        assertThat(refusal(h, h.restart("b", "c"))).isEqualTo("CONFLICT: cannot restart b, c together: b conflicts");
        assertThat(h.starts("b")).isEqualTo(1);
        h.expect("b", State.RUNNING);
    }

    @Test
    void aRestartMakesWhatConflictsByNowMakeWay() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a"), Defs.daemon("b"));
        h.start("a", "b");
        h.load(false, Defs.daemon("a").conflicts("b").digest("2"), Defs.daemon("b"));
        h.expect("a", State.RUNNING).expect("b", State.RUNNING).restart("a");
        h.expect("a", State.RUNNING).expect("b", State.STOPPED);
    }

    @Test
    void aRestartOfSomeThatAreDownStartsThemAndRestartsTheOthers() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("a"), Defs.daemon("b").requires("db"));
        h.start("a");
        assertThat(plan(h, new Request.Restart(names("a", "b"), false, true, null)))
                .containsExactly(
                        "restart a: it was asked for", "start db: b requires it", "start b: it was asked for");
    }

    @Test
    void aStopReachesPartsOfPartsAndDependentsOfParts() {
        EngineHarness h = EngineHarness.of(
                Defs.target("group"), Defs.daemon("part").partOf("group"), Defs.daemon("piece").partOf("part"),
                Defs.daemon("user").requires("piece"), Defs.daemon("idle").partOf("group"));
        h.start("group", "part", "piece", "user");
        assertThat(refusal(h, h.stop("group")))
                .isEqualTo(
                        "HAS_DEPENDENTS: cannot stop group: needed by user (with --with-dependents they stop first)");
        assertThat(plan(h, new Request.Stop(names("group"), true, true, null)))
                .containsExactlyInAnyOrder(
                        "stop group: it was asked for",
                        "stop part: it is part of group",
                        "stop piece: it is part of part",
                        "stop user: it requires piece");
        assertThat(refusal(h, h.restart("piece", "part")))
                .isEqualTo(
                        "HAS_DEPENDENTS: cannot restart part, piece: needed by user (with --with-dependents they stop first)");
    }

    @Test
    void aDependentThatOnlyWaitsToStartAgainCountsAsOne() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db"), Defs.daemon("web").requires("db").delay(Duration.ofMinutes(1)));
        h.start("db", "web");
        h.crash("web").expect("web", State.BACKOFF);
        assertThat(h.refused(h.stop("db")).code()).isEqualTo(Reply.Code.HAS_DEPENDENTS);
        h.stop("web");
        h.done(h.stop("db")).expect("db", State.STOPPED);
        EngineHarness failed =
                EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").requires("db").restart(When.NEVER));
        failed.start("db", "web");
        failed.crash("web").expect("web", State.FAILED);
        failed.done(failed.stop("db"));
    }
}
