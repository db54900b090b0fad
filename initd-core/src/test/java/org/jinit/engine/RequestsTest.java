package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jinit.config.DefinitionParser;
import org.jinit.config.Reading;
import org.jinit.engine.Event.Request;
import org.jinit.graph.Catalog;
import org.jinit.model.ExitStatus;
import org.jinit.model.ReloadPolicy;
import org.jinit.model.RestartPolicy.When;
import org.jinit.model.ServiceName;
import org.jinit.model.Signals;
import org.junit.jupiter.api.Test;

/** What clients ask for, beyond plain starts and stops. */
class RequestsTest {
    private static final ServiceName WEB = new ServiceName("web");

    private static EngineHarness up(Defs definition) {
        EngineHarness h = EngineHarness.of(definition);
        h.start("web");
        return h.advanceMillis(50).expect("web", State.RUNNING).clearLog();
    }

    private static EngineHarness withUnknownMain(Defs definition) {
        EngineHarness h = EngineHarness.of(definition.readyByFork());
        h.start("web");
        h.stray("web").exit("web", 0);
        h.step(new Event.MainMissing(h.run("web"), "several processes are left", false));
        return h.advanceMillis(50).expect("web", State.RUNNING).clearLog();
    }

    private static long signal(EngineHarness h, boolean all, String... names) {
        return h.request(new Request.Signal(List.of(names).stream().map(ServiceName::new).toList(), Signals.USR1, all));
    }

    private static String refusal(EngineHarness h, long id) {
        return h.refused(id).code() + ": " + h.refused(id).text();
    }

    private static Reply.Outcome outcome(EngineHarness h, long id) {
        return ((Reply.Done) java.util.Objects.requireNonNull(h.reply(id))).outcomes().getFirst();
    }

    // Signals.

    @Test
    void aSignalGoesToTheMainProcessOrToAll() {
        EngineHarness h = up(Defs.daemon("web"));
        h.done(signal(h, false, "web"));
        assertThat(h.log.getFirst()).isEqualTo(new Effect.Signal(h.run("web"), h.main("web").id, Signals.USR1));
        h.clearLog();
        long id = signal(h, true, "web");
        assertThat(h.log.getFirst()).isEqualTo(new Effect.SignalAll(h.run("web"), Signals.USR1));
        assertThat(h.log).hasSize(2);
        assertThat(outcome(h, id)).isEqualTo(new Reply.Outcome(WEB, true, State.RUNNING, Result.SUCCESS, null));
    }

    @Test
    void aSignalToWhatHasNoProcessIsRefusedAsAWhole() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"), Defs.daemon("db"), Defs.target("all"));
        h.start("web", "all");
        h.clearLog();
        assertThat(refusal(h, signal(h, false, "web", "db")))
                .isEqualTo("NOT_RUNNING: cannot signal db: it is not running");
        assertThat(refusal(h, signal(h, true, "web", "all")))
                .isEqualTo("NOT_RUNNING: cannot signal all: it has no process");
        assertThat(h.log).hasSize(2);
        EngineHarness unknown = withUnknownMain(Defs.daemon("web"));
        assertThat(refusal(unknown, signal(unknown, false, "web")))
                .isEqualTo("NOT_RUNNING: cannot signal web: its main process is not known");
        unknown.done(signal(unknown, true, "web"));
    }

    @Test
    void aSignalIsStillSentDuringAShutdown() {
        EngineHarness h = up(Defs.daemon("web"));
        h.ignoreTerm.add("web");
        h.shutdown();
        h.done(signal(h, false, "web"));
    }

    // Reloads.

    @Test
    void whyAReloadIsRefusedIsTold() {
        EngineHarness h = up(Defs.daemon("web"));
        assertThat(refusal(h, h.reload("web")))
                .isEqualTo("CANNOT_RELOAD: cannot reload web: its definition has no reload");
        h.stop("web");
        assertThat(refusal(h, h.reload("web"))).isEqualTo("NOT_RUNNING: cannot reload web: it is stopped");
        EngineHarness starting = EngineHarness.of(Defs.daemon("web").readyByNotify().reloadByCommand());
        starting.start("web");
        assertThat(refusal(starting, starting.reload("web")))
                .isEqualTo("CANNOT_RELOAD: cannot reload web: it is starting");
        EngineHarness unknown = withUnknownMain(Defs.daemon("web").reload(new ReloadPolicy.BySignal(Signals.HUP)));
        assertThat(refusal(unknown, unknown.reload("web")))
                .isEqualTo("CANNOT_RELOAD: cannot reload web: its main process is not known");
        EngineHarness command = withUnknownMain(Defs.daemon("web").reloadByCommand());
        command.done(command.reload("web"));
    }

    @Test
    void aReloadBySignalSendsTheSignal() {
        EngineHarness h = up(Defs.daemon("web").reload(new ReloadPolicy.BySignal(Signals.HUP)));
        h.done(h.reload("web"));
        assertThat(h.effects(Effect.Signal.class))
                .containsExactly(new Effect.Signal(h.run("web"), h.main("web").id, Signals.HUP));
        assertThat(h.view("web").reloadResult()).isEqualTo("success");
    }

    @Test
    void aReloadWhileTheSuccessorIsSoughtIsPossible() {
        EngineHarness h = up(Defs.daemon("web").pidFile().reloadByCommand());
        h.stray("web").exit("web", 0).expect("web", State.RUNNING);
        h.done(h.reload("web"));
    }

    @Test
    void aReloadCommandThatCannotBeSpawnedLeavesTheServiceAsItIs() {
        EngineHarness h = up(Defs.daemon("web").reloadByCommand());
        h.spawnFails.add("web RELOAD");
        long id = h.reload("web");
        assertThat(h.failure(id))
                .isEqualTo("cannot reload web: its reload command: cannot execute /bin/x: No such file or directory;"
                        + " it runs on");
        assertThat(h.view("web").reloadResult()).isEqualTo("resources");
        assertThat(h.view("web").mainPid()).isEqualTo(h.main("web").pid);
        h.expect("web", State.RUNNING).noTimers();
    }

    @Test
    void aReloadThatIsNotFinishedTellsWhatWasAwaited() {
        EngineHarness h = up(Defs.daemon("web").reload(new ReloadPolicy.ByNotify(Signals.HUP)).startTimeout(null));
        long id = h.reload("web");
        h.advance(Duration.ofSeconds(90).minusNanos(1)).expect("web", State.RELOADING).advance(Duration.ofNanos(1));
        assertThat(h.failure(id))
                .isEqualTo(
                        "cannot reload web: its reload timed out after 90s waiting for the end of its reload; it runs on");
        h.notify("web", "RELOADING=1").advance(Duration.ofSeconds(90)).expect("web", State.RUNNING);
        assertThat(h.history("web").getLast())
                .endsWith("its reload timed out after 90s waiting for READY=1 after RELOADING=1");
    }

    @Test
    void aReloadThatAStopOvertakesIsToldSo() {
        EngineHarness h = up(Defs.daemon("web").reload(new ReloadPolicy.ByNotify(Signals.HUP)));
        long id = h.reload("web");
        h.stop("web");
        assertThat(h.failure(id))
                .isEqualTo("cannot reload web: superseded: stop was asked for by uid 0 (pid 4711)");
    }

    // Starts and restarts.

    @Test
    void aServiceWhoseDefinitionIsGoneIsNotStarted() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"), Defs.daemon("db"));
        h.start("web");
        h.load(false, Defs.daemon("db"));
        assertThat(refusal(h, h.start("web"))).isEqualTo("INVALID: cannot start web: its definition is gone");
        h.done(h.stop("web"));
        assertThat(refusal(h, h.stop("web"))).isEqualTo("NO_SUCH_SERVICE: no such service: web");
    }

    private static Catalog templates() {
        return Catalog.of(DefinitionParser.parse(Reading.of(Map.of(
                "good@.yaml", "exec: [x]\nrequires: ['db@${instance}']\n",
                "db@.yaml", "exec: [x]\n",
                "bad@.yaml", "exec: [x]\nrequires: [nosuch]\n"))));
    }

    @Test
    void instancesComeIntoBeingWhenTheyAreStarted() {
        EngineHarness h = EngineHarness.of(templates());
        assertThat(refusal(h, h.stop("good@a"))).isEqualTo("NO_SUCH_SERVICE: no such service: good@a");
        assertThat(h.engine.views()).isEmpty();
        h.start("good@a");
        h.expect("good@a", State.RUNNING).expect("db@a", State.RUNNING);
        h.restart("db@b");
        h.expect("db@b", State.RUNNING);
        assertThat(h.engine.catalog().services().keySet()).extracting(ServiceName::value)
                .containsExactly("db@a", "db@b", "good@a");
    }

    @Test
    void anInstanceThatWouldBeWrongIsRefused() {
        EngineHarness h = EngineHarness.of(templates());
        assertThat(refusal(h, h.start("bad@a")))
                .isEqualTo("INVALID: cannot start bad@a: its template does not make a valid service");
        assertThat(h.engine.views()).isEmpty();
    }

    @Test
    void aStartIsAnsweredOnceAllItsServicesAreUp() {
        EngineHarness h = EngineHarness.of(Defs.daemon("a").readyByNotify(), Defs.daemon("b").readyByNotify());
        long id = h.start("a", "b");
        h.notify("a", "READY=1").unanswered(id).notify("b", "READY=1").done(id);
        long none = h.request(new Request.Start(List.of(), false, null));
        h.done(none);
    }

    @Test
    void aClientThatGoesTakesNobodyElsesReplyAway() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").readyByNotify());
        long first = h.start("web");
        long second = h.start("web");
        h.step(new Event.ClientGone(new RequestId(first)));
        h.notify("web", "READY=1").unanswered(first).done(second);
    }

    @Test
    void aDaemonThatEndsCleanlyAtOnceHasNotStarted() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        long id = h.start("web");
        h.exit("web", 0).expect("web", State.STOPPED);
        assertThat(h.failure(id)).isEqualTo("cannot start web: its main process (pid 100) exited with code 0");
    }

    @Test
    void nobodyWaitsForAnEarlyExitThatNobodyAskedAbout() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").enabled());
        h.boot().expect("web", State.RUNNING).noTimers();
        EngineHarness stop = EngineHarness.of(Defs.daemon("web"), Defs.daemon("front").wants("web"));
        stop.ignoreTerm.add("web");
        stop.start("front");
        stop.advanceMillis(50).stop("web");
        stop.start("front");
        stop.exit("web", 0).noTimers();
    }

    @Test
    void aStartThatIsWaitedForIsThePersonsOwnFromThenOn() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db").readyByNotify(), Defs.daemon("web").requires("db"),
                Defs.daemon("front").requires("web"));
        h.start("front");
        h.start("web");
        h.notify("db", "READY=1").expect("web", State.RUNNING);
        assertThat(h.history("web").get(1))
                .isEqualTo("web went from waiting to starting: start was asked for by uid 0 (pid 4711)");
        h.stop("front");
        h.expect("web", State.RUNNING);
    }

    @Test
    void aRestartMakesNothingThePersonsOwn() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").requires("db"));
        h.start("web");
        h.restartWithDependents("db");
        h.stop("web");
        h.expect("db", State.STOPPED);
    }

    @Test
    void aRestartBringsBackWhatIsBeingStopped() {
        EngineHarness h = up(Defs.daemon("web"));
        h.ignoreTerm.add("web");
        h.stop("web");
        long id = h.restart("web");
        h.exit("web", 0).expect("web", State.RUNNING).advanceMillis(50).done(id);
    }

    @Test
    void aPartThatIsBeingStoppedStaysStoppedWhenItsWholeIsRestarted() {
        EngineHarness h = EngineHarness.of(Defs.target("group"), Defs.daemon("part").partOf("group"));
        h.start("group", "part");
        h.ignoreTerm.add("part");
        h.stop("part");
        h.restart("group");
        h.exit("part", 0).expect("part", State.STOPPED).expect("group", State.RUNNING);
    }

    @Test
    void aPersonIsNeverRefusedByTheStartLimit() {
        Defs once = Defs.daemon("web").limit(1, Duration.ofSeconds(10));
        EngineHarness restart = up(once);
        restart.restart("web");
        restart.expect("web", State.RUNNING);
        EngineHarness again = up(once);
        again.ignoreTerm.add("web");
        again.stop("web");
        again.start("web");
        again.exit("web", 0).expect("web", State.RUNNING);
        EngineHarness limit = up(once);
        limit.crash("web").expect("web", State.FAILED);
        limit.start("web");
        limit.expect("web", State.RUNNING);
        EngineHarness task = EngineHarness.of(Defs.task("web").limit(1, Duration.ofSeconds(10)));
        task.start("web");
        task.exit("web", 0).expect("web", State.DONE);
        task.restart("web");
        task.expect("web", State.STARTING);
    }

    @Test
    void aTaskThatIsRestartedWaitsForItsDependentsToStop() {
        EngineHarness h = EngineHarness.of(Defs.task("migrate"), Defs.daemon("web").requires("migrate"));
        h.start("web");
        h.exit("migrate", 0).expect("web", State.RUNNING);
        h.ignoreTerm.add("web");
        h.restartWithDependents("migrate");
        h.expect("web", State.STOPPING).expect("migrate", State.WAITING);
        assertThat(h.starts("migrate")).isEqualTo(1);
        h.exit("web", 0).exit("migrate", 0).expect("web", State.RUNNING);
        assertThat(h.starts("migrate")).isEqualTo(2);
    }

    @Test
    void aTaskThatIsRestartedTakesUpNewRequirements() {
        EngineHarness h = EngineHarness.of(Defs.task("job"), Defs.daemon("db"));
        h.start("job");
        h.exit("job", 0);
        h.load(false, Defs.task("job").requires("db").digest("2"), Defs.daemon("db"));
        h.expect("db", State.STOPPED).restart("job");
        h.expect("db", State.RUNNING);
    }

    // Stops.

    @Test
    void howAStopWentIsTold() {
        EngineHarness h = up(Defs.daemon("web"));
        assertThat(outcome(h, h.stop("web")))
                .isEqualTo(new Reply.Outcome(WEB, true, State.STOPPED, Result.SUCCESS, null));
        EngineHarness killed = up(Defs.daemon("web"));
        killed.ignoreTerm.add("web");
        long id = killed.stop("web");
        killed.advance(Duration.ofSeconds(10));
        assertThat(outcome(killed, id))
                .isEqualTo(new Reply.Outcome(
                        WEB, true, State.STOPPED, Result.TIMEOUT,
                        "it did not end within its stop timeout and was killed"));
    }

    @Test
    void aStopIsAnsweredThoughTheServiceComesBack() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").readyByNotify());
        h.start("web");
        h.ignoreTerm.add("web");
        long stop = h.notify("web", "READY=1").stop("web");
        h.start("web");
        h.exit("web", 1).expect("web", State.STARTING).done(stop);
        assertThat(outcome(h, stop).text()).isNull();
    }

    // Resets.

    @Test
    void aResetBeginsTheRowOfDelaysAnew() {
        EngineHarness h = up(Defs.daemon("web").unlimited());
        h.crash("web").advanceMillis(100).crash("web").advanceMillis(200).expect("web", State.RUNNING);
        assertThat(h.view("web").restarts()).isEqualTo(2);
        h.done(h.reset("web"));
        assertThat(h.view("web").restarts()).isZero();
        assertThat(h.view("web").crashes()).isZero();
        h.crash("web").advanceMillis(100).expect("web", State.RUNNING);
    }

    @Test
    void aResetLetsGoOfWhatTheFailedServiceHeld() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").requires("db").restart(When.NEVER));
        h.start("web");
        h.exit("web", 1).expect("web", State.FAILED).expect("db", State.RUNNING).clearLog();
        h.ignoreTerm.add("db");
        long id = h.reset("web");
        h.expect("web", State.STOPPED).expect("db", State.STOPPING).done(id);
        assertThat(h.history("web").getLast())
                .isEqualTo("web went from failed to stopped: its definition: its failure was reset");
        h.end(h.main("db"), new ExitStatus.Exited(0)).expect("db", State.STOPPED);
    }

    @Test
    void whatRequiresAServiceThatWasResetIsToldThatItIsStopped() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db").restart(When.NEVER), Defs.daemon("web").requires("db"));
        h.start("db");
        h.exit("db", 1).reset("db");
        h.start("web");
        h.expect("web", State.RUNNING);
    }
}
