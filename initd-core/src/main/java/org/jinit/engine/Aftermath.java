package org.jinit.engine;

import java.time.Duration;
import org.jinit.engine.TimerKey.Purpose;
import org.jinit.model.ExitPolicy;
import org.jinit.model.ExitStatus;
import org.jinit.model.Health;
import org.jinit.model.RestartPolicy;
import org.jspecify.annotations.Nullable;

/** What follows the end of a run: rest, failure, or another start now or after a delay. */
final class Aftermath {
    private final Board board;

    Aftermath(Board board) {
        this.board = board;
    }

    void decide(ServiceCell cell, Run run) {
        Ending ending = StopSequence.ending(run);
        cell.exit = run.mainExit;
        cell.result = requestedResult(run, ending);
        cell.lastReloadResult = run.reloadResult;
        cell.lastStatusText = run.statusText;
        cell.lastStatusErrno = run.statusErrno;
        cell.unkillable = ending.unkillable;
        countCrash(cell, run, ending);
        ServiceCell failed = failedRequirement(cell);
        if (ending.unkillable) {
            cell.startNow = false;
            cell.bounce = false;
            rest(cell, run, State.FAILED, ending.cause);
        } else if (!cell.wantedUp()) {
            release(run, true);
            board.transitions.move(cell, State.STOPPED, ending.requested ? ending.cause : cell.downCause);
        } else if (failed != null && !cell.bounce) {
            release(run, true);
            board.desires.fail(cell, failed);
        } else if (cell.bounce || cell.startNow || ending.requested) {
            release(run, false);
            board.transitions.waiting(cell);
        } else if (ending.skipped) {
            rest(cell, run, State.SKIPPED, ending.cause);
        } else if (ending.taskDone) {
            rest(cell, run, State.DONE, ending.cause);
        } else {
            byPolicy(cell, run, ending);
        }
        board.intent(cell);
    }

    /** The requirement that took the run down, or would not let it start again; null when it has recovered. */
    private static @Nullable ServiceCell failedRequirement(ServiceCell cell) {
        ServiceCell requirement = cell.failedRequirement;
        return requirement != null && Gates.fails(requirement) ? requirement : null;
    }

    /** A death by the stop signal, or the exit code that says so, is what was asked for. */
    private static Result requestedResult(Run run, Ending ending) {
        ExitStatus exit = run.mainExit;
        if (!ending.requested || ending.result != Result.SUCCESS || exit == null) {
            return ending.result;
        }
        int signal = run.definition.stop().signal();
        boolean asAsked =
                switch (exit) {
                    case ExitStatus.Killed(int by, boolean core) -> by == signal && !core;
                    case ExitStatus.Exited(int code) -> code == 128 + signal;
                    case ExitStatus.Unknown() -> true;
                };
        return asAsked ? Result.SUCCESS : RestartGovernor.resultOf(exit, run.definition.successExit(), false);
    }

    private void release(Run run, boolean full) {
        if (!StartSequence.isBare(run.definition)) {
            board.emit(new Effect.Release(run.id, full));
        }
    }

    /** The fd store of a service whose restart does not come is dropped. */
    void dropStore(ServiceCell cell) {
        RunId last = cell.lastRun;
        if (last != null && cell.loaded.fdStore() > 0) {
            board.emit(new Effect.Release(last, true));
        }
    }

    private void rest(ServiceCell cell, Run run, State state, Cause cause) {
        release(run, true);
        settle(cell, state, cause);
        ended(cell, run.mainExit);
    }

    /** A state that only a person ends. */
    private void settle(ServiceCell cell, State state, Cause cause) {
        cell.rests = true;
        cell.startNow = false;
        cell.bounce = false;
        cell.failedRequirement = null;
        if (state == State.FAILED || state == State.STOPPED) {
            cell.failure = cell.name + (state == State.FAILED ? " failed: " : " ended: ") + Narrator.tell(cause);
        }
        board.transitions.move(cell, state, cause);
    }

    private void byPolicy(ServiceCell cell, Run run, Ending ending) {
        RestartPolicy policy = run.definition.restart();
        boolean condition = ending.cause instanceof Cause.ByCondition;
        boolean again = !condition && RestartGovernor.restarts(policy, ending.result, run.mainExit);
        if (ending.health != null) {
            again = ending.health == Health.Then.RESTART;
        }
        if (!again) {
            if (ending.result == Result.SUCCESS) {
                cell.explicit = false;
                rest(cell, run, State.STOPPED, ending.cause);
            } else {
                rest(cell, run, State.FAILED, ending.cause);
            }
            return;
        }
        Duration delay = cell.governor.nextDelay(policy, board.settings.seed(), cell.name, cell.generation);
        if (cell.governor.limitReached(board.now + Timers.nanos(delay), policy)) {
            release(run, true);
            limitHit(cell, policy, ending.cause);
            return;
        }
        release(run, false);
        cell.restarts++;
        cell.upCause = new Cause.ByPolicy(cell.governor.attempt(), delay, ending.cause);
        board.transitions.move(cell, State.BACKOFF, cell.upCause);
        if (delay.isZero()) {
            board.transitions.waiting(cell);
        } else {
            cell.delayDueNanos = board.now + Timers.nanos(delay);
            board.emit(new Effect.ArmTimer(new TimerKey(run.id, Purpose.RESTART_DELAY), cell.delayDueNanos));
        }
    }

    /** One start too many. */
    void limitHit(ServiceCell cell, RestartPolicy policy, Cause end) {
        RestartPolicy.Limit limit = policy.limit();
        if (limit == null) {
            return;
        }
        cell.result = Result.START_LIMIT_HIT;
        settle(cell, State.FAILED, new Cause.ByStartLimit(limit.count(), limit.within(), end));
        switch (policy.then()) {
            case FAIL -> ended(cell, cell.exit);
            case EXIT -> board.shutdown.begin(cell.failure, 1, false);
            case REBOOT -> board.shutdown.begin(cell.failure, 1, board.settings.reboot());
        }
    }

    void delayOver(RunId id) {
        ServiceCell cell = board.cell(id.service());
        if (cell != null && cell.state == State.BACKOFF && id.equals(cell.lastRun) && cell.delayDueNanos <= board.now) {
            board.transitions.waiting(cell);
        }
    }

    void cancelDelay(ServiceCell cell) {
        RunId id = cell.lastRun;
        if (id != null && cell.state == State.BACKOFF) {
            board.emit(new Effect.CancelTimer(new TimerKey(id, Purpose.RESTART_DELAY)));
        }
    }

    /** Some services take jinitd with them. An end that a person asked for is none. */
    void ended(ServiceCell cell, @Nullable ExitStatus status) {
        ExitPolicy policy = cell.loaded.exit();
        if (policy == null || cell.state == State.SKIPPED) {
            return;
        }
        boolean applies = policy.when() == ExitPolicy.When.ENDS || cell.state == State.FAILED;
        if (applies) {
            Integer code = policy.code();
            String why = cell.failure.isEmpty() ? cell.name + " ended" : cell.failure;
            board.shutdown.begin(why, code != null ? code : exitCode(cell, status), false);
        }
    }

    /** The service's own code, 128 + signal; 1 when it failed without any. */
    private static int exitCode(ServiceCell cell, @Nullable ExitStatus status) {
        int otherwise = cell.state == State.FAILED ? 1 : 0;
        return switch (status) {
            case null -> otherwise;
            case ExitStatus.Exited(int code) -> code == 0 ? otherwise : code;
            case ExitStatus.Killed(int signal, boolean core) -> 128 + signal;
            case ExitStatus.Unknown() -> otherwise;
        };
    }

    private static void countCrash(ServiceCell cell, Run run, Ending ending) {
        ExitStatus exit = run.mainExit;
        if (exit != null && !ending.requested && RestartGovernor.isCrash(exit)) {
            cell.crashes++;
            cell.lastCrash = "pid " + run.mainExitPid + " died, " + Narrator.death(exit);
        }
    }
}
