package org.jinit.engine;

import java.time.Duration;
import java.util.List;
import org.jinit.engine.Event.ProbeUse;
import org.jinit.engine.Run.Phase;
import org.jinit.engine.TimerKey.Purpose;
import org.jinit.model.Health;
import org.jinit.model.Readiness;

/** A service that is up: run timeout, watchdog, health, and the short time in which an exit is still told to who asked for the start. */
final class Supervision {
    static final Duration EARLY_EXIT = Duration.ofMillis(50);

    private final Board board;

    Supervision(Board board) {
        this.board = board;
    }

    void up(Run run) {
        run.phase = Phase.UP;
        run.wasUp = true;
        run.upNanos = board.now;
        List<Readiness> readiness = run.definition.readiness();
        boolean proven = readiness.stream().anyMatch(entry -> !(entry instanceof Readiness.Started));
        if (run.launched != null && !proven && board.jobs.startAwaited(run.cell)) {
            run.early = true;
            board.timers.arm(run, Purpose.EARLY_EXIT, EARLY_EXIT);
        }
        board.timers.arm(run, Purpose.RUN, run.definition.timeouts().run());
        armWatchdog(run);
        Health health = run.definition.health();
        if (health != null) {
            board.emit(new Effect.StartProbe(run.id, ProbeUse.HEALTH, health.probe()));
        }
        String how = run.readyHow.isEmpty()
                ? (run.launched == null ? "all it needs is ready" : "it was executed")
                : run.readyHow;
        board.transitions.move(run.cell, State.RUNNING, new Cause.ByReadiness(how));
    }

    void earlyExitOver(Run run) {
        run.early = false;
        board.jobs.changed(run.cell);
    }

    void runTimedOut(Run run) {
        Duration limit = run.definition.timeouts().run();
        Cause cause =
                new Cause.ByTimeout(Purpose.RUN, limit == null ? Duration.ZERO : limit, "its end (run-timeout)");
        board.stops.begin(run, Ending.itself(Result.TIMEOUT, cause));
    }

    private void armWatchdog(Run run) {
        if (run.watchdogNanos > 0) {
            run.watchdogDueNanos = board.now + run.watchdogNanos;
            board.timers.armNanos(run, Purpose.WATCHDOG, run.watchdogNanos);
        }
    }

    /** WATCHDOG=1. The timer is moved only when it comes due, so a ping costs no effect. */
    void watchdogPing(Run run) {
        if (board.timers.armed(run, Purpose.WATCHDOG)) {
            run.watchdogDueNanos = board.now + run.watchdogNanos;
        }
    }

    /** WATCHDOG_USEC=. */
    void watchdogInterval(Run run, long nanos) {
        run.watchdogNanos = nanos;
        if (run.phase == Phase.UP || run.phase == Phase.SUCCESSOR) {
            board.timers.cancel(run, Purpose.WATCHDOG);
            armWatchdog(run);
        }
    }

    /** Arms the timer for the new deadline when there was a ping since it was armed. */
    void watchdogMoveOn(Run run) {
        if (run.watchdogDueNanos > board.now) {
            board.timers.move(run, Purpose.WATCHDOG, run.watchdogDueNanos);
        }
    }

    void watchdogMissed(Run run) {
        Cause cause =
                new Cause.ByTimeout(Purpose.WATCHDOG, Duration.ofNanos(run.watchdogNanos), "WATCHDOG=1 (its ping)");
        abort(run, cause);
    }

    /** WATCHDOG=trigger: it asks for what a missed ping brings. */
    void watchdogTriggered(Run run) {
        if (!run.stopping()) {
            abort(run, new Cause.ByNotify("WATCHDOG=trigger"));
        }
    }

    private void abort(Run run, Cause cause) {
        Ending ending = Ending.itself(Result.WATCHDOG, cause);
        ending.abort = true;
        ending.startFailed = run.phase.starting();
        board.stops.begin(run, ending);
    }

    void healthAnswered(Run run, boolean good, String detail) {
        Health health = run.definition.health();
        if (health == null || run.stopping() || run.phase.starting()) {
            return;
        }
        if (good) {
            run.healthFailures = 0;
            run.health = "good";
            return;
        }
        run.healthFailures++;
        run.health = "bad (" + run.healthFailures + "): " + detail;
        if (run.healthFailures < health.failures()) {
            return;
        }
        if (health.then() == Health.Then.NOTHING) {
            if (run.healthFailures == health.failures()) {
                board.warn(run.cell, "its health check failed " + run.healthFailures + " times: " + detail);
            }
            return;
        }
        Ending ending = Ending.itself(Result.WATCHDOG, new Cause.ByHealth(run.healthFailures, detail));
        ending.health = health.then();
        board.stops.begin(run, ending);
    }

    void stopHealth(Run run) {
        if (run.definition.health() != null && run.wasUp) {
            board.emit(new Effect.StopProbe(run.id, ProbeUse.HEALTH));
        }
    }
}
