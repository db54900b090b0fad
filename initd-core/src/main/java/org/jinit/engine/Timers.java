package org.jinit.engine;

import java.time.Duration;
import java.util.ArrayList;
import org.jinit.engine.TimerKey.Purpose;
import org.jspecify.annotations.Nullable;

/** The timers of runs. A run has at most one per purpose; one that comes due late, early or after it was cancelled is told from a real one. */
final class Timers {
    /** So that no deadline overflows: 73 years. */
    private static final long NANOS_MAX = 1L << 61;

    private final Board board;

    Timers(Board board) {
        this.board = board;
    }

    static long nanos(Duration duration) {
        if (duration.toSeconds() >= NANOS_MAX / 1_000_000_000L) {
            return NANOS_MAX;
        }
        return Math.max(0, duration.toNanos());
    }

    /** Arms it unless there is no such limit. */
    void arm(Run run, Purpose purpose, @Nullable Duration duration) {
        if (duration != null) {
            armNanos(run, purpose, nanos(duration));
        }
    }

    void armNanos(Run run, Purpose purpose, long nanos) {
        armAt(run, purpose, board.now + nanos, board.now + nanos);
    }

    private void armAt(Run run, Purpose purpose, long deadlineNanos, long limitNanos) {
        run.timers.put(purpose, new Run.Timer(deadlineNanos, limitNanos));
        board.emit(new Effect.ArmTimer(new TimerKey(run.id, purpose), deadlineNanos));
    }

    /** Moves a watchdog's or an extended timer's deadline on without a new limit. */
    void move(Run run, Purpose purpose, long deadlineNanos) {
        Run.Timer timer = run.timers.get(purpose);
        if (timer != null && timer.deadlineNanos() != deadlineNanos) {
            armAt(run, purpose, deadlineNanos, timer.limitNanos());
        }
    }

    boolean armed(Run run, Purpose purpose) {
        return run.timers.containsKey(purpose);
    }

    void cancel(Run run, Purpose purpose) {
        if (run.timers.remove(purpose) != null) {
            board.emit(new Effect.CancelTimer(new TimerKey(run.id, purpose)));
        }
    }

    void cancelAll(Run run) {
        for (Purpose purpose : new ArrayList<>(run.timers.keySet())) {
            cancel(run, purpose);
        }
    }

    /** What is left of an armed timer, 0 when it is not armed. */
    long leftNanos(Run run, Purpose purpose) {
        Run.Timer timer = run.timers.get(purpose);
        return timer == null ? 0 : Math.max(1, timer.deadlineNanos() - board.now);
    }

    /** Whether a TimerDue is true: the timer is armed and its deadline has passed. Disarms it then. */
    boolean take(Run run, Purpose purpose) {
        Run.Timer timer = run.timers.get(purpose);
        if (timer == null || timer.deadlineNanos() > board.now) {
            return false;
        }
        run.timers.remove(purpose);
        return true;
    }

    /** EXTEND_TIMEOUT_USEC=: the deadline is so far from now, but never before the limit that the definition gives. */
    void extend(Run run, Purpose purpose, long nanos) {
        Run.Timer timer = run.timers.get(purpose);
        if (timer != null) {
            move(run, purpose, Math.max(timer.limitNanos(), board.now + Math.min(nanos, NANOS_MAX)));
        }
    }

    /** An event TimerDue. */
    void due(TimerKey key) {
        RunId id = key.run();
        if (id == null) {
            board.shutdown.timerDue();
            return;
        }
        if (key.purpose() == Purpose.RESTART_DELAY) {
            board.aftermath.delayOver(id);
            return;
        }
        Run run = board.run(id);
        if (run == null) {
            return;
        }
        if (key.purpose() == Purpose.WATCHDOG) {
            board.supervision.watchdogMoveOn(run);
        }
        if (take(run, key.purpose())) {
            dispatch(run, key.purpose());
        }
    }

    private void dispatch(Run run, Purpose purpose) {
        switch (purpose) {
            case START, READY_ENTRY -> board.starts.timedOut(run, purpose);
            case SETTLE -> board.mains.settled(run);
            case EARLY_EXIT -> board.supervision.earlyExitOver(run);
            case HOOK -> board.starts.hookTimedOut(run);
            case RUN -> board.supervision.runTimedOut(run);
            case WATCHDOG -> board.supervision.watchdogMissed(run);
            case RELOAD -> board.reloads.timedOut(run);
            case STOP -> board.stops.timedOut(run);
            case KILL -> board.stops.giveUp(run);
            case SUCCESSOR -> board.mains.noSuccessor(run);
            case RESTART_DELAY, SHUTDOWN -> {}
        }
    }
}
