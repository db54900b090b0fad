package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jinit.model.ExitStatus;
import org.jinit.model.NotifyAccess;
import org.jinit.model.RestartPolicy;
import org.junit.jupiter.api.Test;

/**
 * The birth and the end of a process, and what it says and what is asked meanwhile, in every order: those that the keeper can bring about
 * (a state may be skipped, several may come at once, messages come another way) and those that it never should.
 */
class InterleavingTest {
    private static final ProcessId MAIN = new ProcessId(1);
    private static final int PID = 4242;
    private static final Sender KNOWN = new Sender(MAIN, true, 0, PID);
    /** As the daemon tells it of a process that it was not told of yet. */
    private static final Sender NOT_YET_KNOWN = new Sender(null, true, 0, PID);

    private static Defs never(String name) {
        return Defs.daemon(name).restart(RestartPolicy.When.NEVER).startTimeout(Duration.ofSeconds(9));
    }

    /** Only its main process may say it. */
    private static Defs fromMain(String name) {
        return never(name).readyByNotify().access(NotifyAccess.MAIN);
    }

    private static EngineHarness spawning(Defs definition) {
        EngineHarness h = EngineHarness.of(definition);
        h.answersSpawn = false;
        return h;
    }

    private static Event spawned() {
        return new Event.Spawned(MAIN, PID);
    }

    private static Event executed() {
        return new Event.Executed(MAIN);
    }

    private static Event exited() {
        return new Event.Exited(MAIN, new ExitStatus.Exited(1));
    }

    // What the keeper can bring about.

    @Test
    void readinessToldBeforeTheBirthCountsFromTheBirthOn() {
        EngineHarness h = spawning(fromMain("d"));
        long id = h.start("d");
        h.notify("d", "READY=1\nSTATUS=fast", NOT_YET_KNOWN, null).expect("d", State.STARTING);
        h.step(spawned()).expect("d", State.STARTING);
        h.step(executed()).expect("d", State.RUNNING).advanceMillis(60).done(id).noTimers();
        assertThat(h.view("d").statusText()).isEqualTo("fast");
    }

    @Test
    void whatAnotherProcessSaidBeforeTheBirthDoesNotCount() {
        EngineHarness h = spawning(fromMain("d"));
        h.start("d");
        h.notify("d", "READY=1", new Sender(null, true, 0, PID + 1), null);
        h.notify("d", "READY=1", new Sender(null, false, 0, PID), null);
        h.step(spawned()).step(executed()).expect("d", State.STARTING);
        h.notify("d", "READY=1", NOT_YET_KNOWN, null).expect("d", State.STARTING);
    }

    @Test
    void messageOfACommandBeforeItsBirthIsNotTheMainProcesss() {
        EngineHarness h = spawning(fromMain("d").beforeStart(Defs.hook(false, null)));
        h.start("d");
        h.notify("d", "READY=1", NOT_YET_KNOWN, null).step(spawned()).step(executed());
        h.step(new Event.Exited(MAIN, new ExitStatus.Exited(0)));
        h.step(new Event.Spawned(new ProcessId(2), PID + 1)).step(new Event.Executed(new ProcessId(2)));
        h.expect("d", State.STARTING);
    }

    @Test
    void readinessToldBetweenBirthAndExecutionCounts() {
        EngineHarness h = spawning(never("d").readyByNotify());
        h.start("d");
        h.step(spawned()).notify("d", "READY=1", KNOWN, null).expect("d", State.STARTING);
        h.step(executed()).expect("d", State.RUNNING);
    }

    @Test
    void birthExecutionAndEndToldAtOnceAreAFailedStart() {
        EngineHarness h = spawning(never("d"));
        long id = h.start("d");
        h.step(spawned()).step(executed()).step(exited()).expect("d", State.FAILED).noTimers();
        assertThat(h.failure(id)).contains("exited with code 1");
    }

    @Test
    void stopBeforeTheBirthReachesTheProcessWhenItIsBorn() {
        EngineHarness h = spawning(never("d"));
        h.start("d");
        long stop = h.stop("d");
        assertThat(h.effects(Effect.Signal.class)).isEmpty();
        h.step(spawned());
        assertThat(h.effects(Effect.Signal.class)).isNotEmpty();
        h.step(executed()).step(exited()).expect("d", State.STOPPED).done(stop).noTimers();
    }

    @Test
    void failureBeforeExecutionOfWhatWasNeverToldAsBornIsAFailedStart() {
        EngineHarness h = spawning(never("d"));
        long id = h.start("d");
        h.step(new Event.SpawnFailed(MAIN, "change to user", 1, "Operation not permitted"));
        h.expect("d", State.FAILED).noTimers();
        assertThat(h.failure(id)).contains("cannot change to user");
    }

    // What it never should: the engine must survive it all the same.

    @Test
    void endWithoutAnythingBeforeItIsAnEnd() {
        EngineHarness h = spawning(never("d"));
        long id = h.start("d");
        h.step(exited()).expect("d", State.FAILED).noTimers();
        assertThat(h.failure(id)).contains("exited with code 1");
    }

    @Test
    void endBeforeTheExecutionIsToldIsAnEnd() {
        EngineHarness h = spawning(never("d"));
        long id = h.start("d");
        h.step(spawned()).step(exited()).expect("d", State.FAILED).step(executed()).expect("d", State.FAILED);
        assertThat(h.failure(id)).contains("exited with code 1");
        h.noTimers();
    }

    @Test
    void executionBeforeTheBirthIsAStartAndThePidComesLater() {
        EngineHarness h = spawning(never("d"));
        h.start("d");
        h.step(executed()).expect("d", State.RUNNING).step(spawned());
        assertThat(h.view("d").mainPid()).isEqualTo(PID);
        h.stop("d");
        h.step(exited()).expect("d", State.STOPPED).noTimers();
    }

    @Test
    void failureAfterTheExecutionIsNotBelieved() {
        EngineHarness h = spawning(never("d"));
        h.start("d");
        h.step(spawned()).step(executed()).step(new Event.SpawnFailed(MAIN, "execute", 2, "No such file"));
        h.expect("d", State.RUNNING);
    }

    /** Every order of birth, execution, end and one thing more; then the end once more, in case it was not believed. */
    @Test
    void everyOrderEndsWithOneAnswerAndNothingLeft() {
        int orders = 0;
        for (int what = 0; what < Meanwhile.values().length; what++) {
            for (List<Integer> order : permutations(4)) {
                for (Defs definition : definitions()) {
                    inOrder(definition, Meanwhile.values()[what], order);
                    orders++;
                }
            }
        }
        assertThat(orders).isEqualTo(24 * Meanwhile.values().length * definitions().size());
    }

    private enum Meanwhile {
        READY,
        READY_OF_ONE_NOT_YET_KNOWN,
        READY_OF_A_STRANGER,
        STOP,
        RESTART,
        FAILURE,
        SECOND_BIRTH,
        SHUTDOWN
    }

    private static List<Defs> definitions() {
        return List.of(
                never("d"), never("d").readyByNotify(), never("d").readyByFork(), never("d").readyByPipe(),
                Defs.task("d").restart(RestartPolicy.When.NEVER));
    }

    private static void inOrder(Defs definition, Meanwhile meanwhile, List<Integer> order) {
        EngineHarness h = spawning(definition);
        long start = h.start("d");
        boolean ended = false;
        for (int next : order) {
            Event event =
                    switch (next) {
                        case 0 -> spawned();
                        case 1 -> executed();
                        case 2 -> exited();
                        default -> null;
                    };
            h.clearLog();
            if (event == null) {
                happens(h, meanwhile);
            } else {
                h.step(event);
                if (ended) {
                    assertThat(h.log).as("%s after the end, %s in %s", event, meanwhile, order).isEmpty();
                }
            }
            boolean failed = event == null && meanwhile == Meanwhile.FAILURE && h.state("d") == State.FAILED;
            ended |= next == 2 || failed;
        }
        h.step(exited());
        for (Effect.Spawn again : h.effects(Effect.Spawn.class)) {
            h.step(new Event.SpawnFailed(again.process(), "fork", 11, "Resource temporarily unavailable"));
        }
        h.advance(Duration.ofSeconds(200));
        String what = meanwhile + " in " + order;
        assertThat(h.reply(start)).as(what).isNotNull();
        assertThat(h.state("d")).as(what).isIn(State.STOPPED, State.FAILED, State.STARTING);
        if (h.state("d") == State.STARTING) {
            assertThat(meanwhile).as(what).isEqualTo(Meanwhile.RESTART);
        } else {
            h.noTimers();
        }
    }

    private static void happens(EngineHarness h, Meanwhile meanwhile) {
        switch (meanwhile) {
            case READY -> h.notify("d", "READY=1", KNOWN, null);
            case READY_OF_ONE_NOT_YET_KNOWN -> h.notify("d", "READY=1", NOT_YET_KNOWN, null);
            case READY_OF_A_STRANGER -> h.notify("d", "READY=1", new Sender(null, false, 7, 7), null);
            case STOP -> h.stop("d");
            case RESTART -> h.restart("d");
            case FAILURE -> h.step(new Event.SpawnFailed(MAIN, "execute", 2, "No such file"));
            case SECOND_BIRTH -> h.step(new Event.Spawned(MAIN, PID + 1));
            case SHUTDOWN -> h.shutdown();
        }
    }

    private static List<List<Integer>> permutations(int count) {
        List<List<Integer>> all = new ArrayList<>();
        all.add(List.of());
        for (int next = 0; next < count; next++) {
            List<List<Integer>> longer = new ArrayList<>();
            for (List<Integer> shorter : all) {
                for (int at = 0; at <= shorter.size(); at++) {
                    List<Integer> one = new ArrayList<>(shorter);
                    one.add(at, next);
                    longer.add(one);
                }
            }
            all = longer;
        }
        return all;
    }
}
