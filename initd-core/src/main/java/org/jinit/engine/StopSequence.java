package org.jinit.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jinit.engine.Run.Phase;
import org.jinit.engine.TimerKey.Purpose;
import org.jinit.model.ExitStatus;
import org.jinit.model.Hook;
import org.jinit.model.Signals;
import org.jinit.model.StopPolicy;

/**
 * From the decision that a run ends to its Release: wait for dependents, stop command, signals, KILL, what was left behind, after-stop
 * hooks. A run whose main process ended by itself comes this way too, with nothing to signal.
 */
final class StopSequence {
    /** How long a killed process may take to be gone. */
    static final Duration KILL_WAIT = Duration.ofSeconds(10);
    /** The same, and for an after-stop hook, when a shutdown is over its time. */
    static final Duration FORCED_WAIT = Duration.ofSeconds(2);

    private final Board board;

    StopSequence(Board board) {
        this.board = board;
    }

    void begin(Run run, Ending ending) {
        if (run.stopping()) {
            return;
        }
        run.ending = ending;
        board.timers.cancelAll(run);
        board.readiness.stopProbe(run);
        board.supervision.stopHealth(run);
        board.mains.forgetFinding(run);
        run.early = false;
        run.probeGood = false;
        board.reloads.interrupted(run);
        if (run.phase == Phase.UP || run.phase == Phase.SUCCESSOR) {
            run.cell.governor.ranFor(board.now - run.upNanos, run.definition.restart());
        }
        boolean ordered = ending.requested && !run.forced;
        run.phase = Phase.ORDER;
        run.cell.blocker = null;
        run.cell.gateIndex = 0;
        if (!ending.taskDone) {
            board.transitions.move(run.cell, State.STOPPING, ending.cause);
        }
        if (ordered) {
            tryProceed(run);
        } else {
            proceed(run);
        }
    }

    /** Goes on once all that is ordered after it and goes down is down. */
    void tryProceed(Run run) {
        if (run.phase == Phase.ORDER && (run.forced || board.gates.mayStop(run.cell))) {
            proceed(run);
        }
    }

    private void proceed(Run run) {
        run.cell.blocker = null;
        if (run.processes.isEmpty() && !run.ran) {
            finish(run);
            return;
        }
        if (run.forced) {
            kill(run);
            return;
        }
        StopPolicy stop = run.definition.stop();
        board.timers.arm(run, Purpose.STOP, stop.timeout());
        Ending ending = ending(run);
        boolean mayLive = run.main != null || run.mainUnknown;
        if (stop.exec() != null && ending.requested && run.wasUp && mayLive) {
            run.phase = Phase.STOP_COMMAND;
            board.spawn(run, Role.STOP, 0);
        } else {
            signal(run);
        }
    }

    static Ending ending(Run run) {
        Ending ending = run.ending;
        if (ending == null) {
            throw new IllegalStateException("a run that does not end: " + run.id);
        }
        return ending;
    }

    private void signal(Run run) {
        StopPolicy stop = run.definition.stop();
        run.phase = Phase.SIGNAL;
        if (ending(run).silent) {
            if (!run.holdsAny() && stop.mode() != StopPolicy.Mode.NONE) {
                run.phase = Phase.LEFTOVER;
                board.awaitEmpty(run);
            } else {
                await(run);
            }
            return;
        }
        switch (stop.mode()) {
            case NONE -> {
                if (stop.exec() == null || !ending(run).requested) {
                    leave(run);
                    return;
                }
            }
            case ALL -> signalAll(run, stopSignal(run));
            case MAIN, MIXED -> {
                if (run.mainUnknown) {
                    signalAll(run, stopSignal(run));
                }
                for (Proc process : new ArrayList<>(run.processes.values())) {
                    if (run.counts(process)) {
                        signalOne(process, stopSignal(run));
                    }
                }
            }
        }
        await(run);
    }

    /** A missed watchdog's is ABRT, for the sake of a core dump; of people's it is the definition's. */
    private static int stopSignal(Run run) {
        return ending(run).result == Result.WATCHDOG && ending(run).abort
                ? Signals.ABRT
                : run.definition.stop().signal();
    }

    private void signalOne(Proc process, int signal) {
        board.signal(process, signal);
        if (signal != Signals.KILL) {
            board.signal(process, Signals.CONT);
        }
    }

    private void signalAll(Run run, int signal) {
        Proc main = run.main;
        if (main != null && run.mainForeign) {
            signalOne(main, signal);
        }
        board.emit(new Effect.SignalAll(run.id, signal));
        if (signal != Signals.KILL) {
            board.emit(new Effect.SignalAll(run.id, Signals.CONT));
        }
        run.leftSignalled = true;
    }

    /** Waits for the end of what is held, then for the end of what that left. */
    private void await(Run run) {
        if (!run.holdsAny()) {
            leftover(run);
        }
    }

    /** A process whose spawning was under way when the stop came. */
    void spawnedLate(Proc process) {
        Run run = process.run;
        if (process.role == Role.AFTER_STOP) {
            return;
        }
        if (run.killed) {
            board.signal(process, Signals.KILL);
        } else if (process.role != Role.STOP
                && run.phase == Phase.SIGNAL && !ending(run).silent
                && run.definition.stop().mode() != StopPolicy.Mode.NONE) {
            signalOne(process, stopSignal(run));
        }
    }

    /** A process of the run ended; it is already forgotten. */
    void processEnded(Run run, Proc process) {
        switch (run.phase) {
            case STOP_COMMAND -> {
                if (process.role == Role.STOP) {
                    signal(run);
                }
            }
            case SIGNAL -> {
                if (run.definition.stop().mode() == StopPolicy.Mode.NONE && run.main == null) {
                    leave(run);
                } else {
                    await(run);
                }
            }
            case AFTER_STOP -> {
                if (process.role == Role.AFTER_STOP) {
                    board.timers.cancel(run, Purpose.HOOK);
                    board.timers.cancel(run, Purpose.KILL);
                    afterStop(run, run.index + 1);
                }
            }
            case PREPARE, BEFORE_START, SWEEP, GATE, LAUNCH, AFTER_START, UP, SUCCESSOR, ORDER, LEFTOVER, LAST_SWEEP ->
                {}
        }
    }

    /** The stop signal to what the main process left, or KILL where the mode says so; nothing when it has it already. */
    private void leftover(Run run) {
        if (run.definition.stop().mode() == StopPolicy.Mode.NONE) {
            leave(run);
            return;
        }
        run.phase = Phase.LEFTOVER;
        if (!run.leftSignalled && !run.killed) {
            boolean main = run.definition.stop().mode() == StopPolicy.Mode.MAIN;
            signalAll(run, main ? Signals.KILL : run.definition.stop().signal());
        }
        board.awaitEmpty(run);
    }

    /** Mode none: what is left is left. */
    private void leave(Run run) {
        board.timers.cancelAll(run);
        for (Proc process : new ArrayList<>(run.processes.values())) {
            board.forget(process);
        }
        Proc main = run.main;
        if (main != null) {
            run.mainExitPid = main.pid;
            run.main = null;
        }
        afterStop(run, 0);
    }

    void emptied(Run run) {
        switch (run.phase) {
            case LEFTOVER -> {
                board.timers.cancelAll(run);
                afterStop(run, 0);
            }
            case LAST_SWEEP -> finish(run);
            case PREPARE,
                    BEFORE_START,
                    SWEEP,
                    GATE,
                    LAUNCH,
                    AFTER_START,
                    UP,
                    SUCCESSOR,
                    ORDER,
                    STOP_COMMAND,
                    SIGNAL,
                    AFTER_STOP ->
                {}
        }
    }

    /** {@code stop.timeout} has passed. */
    void timedOut(Run run) {
        if (run.definition.stop().mode() == StopPolicy.Mode.NONE) {
            leave(run);
            return;
        }
        Ending ending = ending(run);
        if (ending.result == Result.SUCCESS && !ending.taskDone && run.holdsAny()) {
            ending.result = Result.TIMEOUT;
        }
        board.warn(run.cell, "did not end within its stop timeout: killing it");
        kill(run);
    }

    private void kill(Run run) {
        run.killed = true;
        board.timers.cancel(run, Purpose.STOP);
        board.timers.arm(run, Purpose.KILL, run.forced ? FORCED_WAIT : KILL_WAIT);
        signalAll(run, Signals.KILL);
        run.phase = Phase.SIGNAL;
        await(run);
    }

    /** A shutdown is over its time: no more waiting and asking. */
    void force(Run run) {
        run.forced = true;
        switch (run.phase) {
            case ORDER -> proceed(run);
            case STOP_COMMAND, SIGNAL, LEFTOVER -> {
                if (!run.killed) {
                    kill(run);
                }
            }
            case AFTER_STOP -> board.timers.arm(run, Purpose.HOOK, FORCED_WAIT);
            case LAST_SWEEP -> board.timers.arm(run, Purpose.KILL, FORCED_WAIT);
            case PREPARE, BEFORE_START, SWEEP, GATE, LAUNCH, AFTER_START, UP, SUCCESSOR -> {}
        }
    }

    /** What was killed is still there: nothing can be done about it but to say so. */
    void giveUp(Run run) {
        Ending ending = ending(run);
        ending.unkillable = true;
        ending.result = Result.TIMEOUT;
        Duration waited = run.forced ? FORCED_WAIT : KILL_WAIT;
        board.warn(run.cell, "cannot stop it: a process did not end within " + waited.toSeconds() + " s after KILL");
        finish(run);
    }

    private void afterStop(Run run, int index) {
        List<Hook> hooks = run.definition.hooks().afterStop();
        if (run.ran && index < hooks.size()) {
            run.phase = Phase.AFTER_STOP;
            run.index = index;
            Duration own = hooks.get(index).timeout();
            Duration limit = own == null ? run.definition.stop().timeout() : own;
            board.timers.arm(run, Purpose.HOOK, run.forced ? FORCED_WAIT : limit);
            board.spawn(run, Role.AFTER_STOP, index);
        } else if (run.ran && !hooks.isEmpty() && run.definition.stop().mode() != StopPolicy.Mode.NONE) {
            run.phase = Phase.LAST_SWEEP;
            board.timers.arm(run, Purpose.KILL, run.forced ? FORCED_WAIT : KILL_WAIT);
            board.emit(new Effect.SignalAll(run.id, Signals.KILL));
            board.awaitEmpty(run);
        } else {
            finish(run);
        }
    }

    void hookTimedOut(Run run) {
        board.warn(run.cell, "after-stop command " + (run.index + 1) + " did not end in time: killing it");
        board.timers.arm(run, Purpose.KILL, run.forced ? FORCED_WAIT : KILL_WAIT);
        boolean leaves = run.definition.stop().mode() == StopPolicy.Mode.NONE;
        for (Proc process : run.processes.values()) {
            process.timedOut = true;
            if (leaves && process.role == Role.AFTER_STOP) {
                board.signal(process, Signals.KILL);
            }
        }
        if (!leaves) {
            board.emit(new Effect.SignalAll(run.id, Signals.KILL));
        }
    }

    /** A stop or after-stop command ended. */
    void commandEnded(Proc process, ExitStatus status) {
        if (!(status instanceof ExitStatus.Exited(int code)) || code != 0) {
            board.warn(process.run.cell, Narrator.tell(new Cause.ByExit(process.role, process.pid, status)));
        }
    }

    private void finish(Run run) {
        board.timers.cancelAll(run);
        for (Proc process : new ArrayList<>(run.processes.values())) {
            board.forget(process);
        }
        ServiceCell cell = run.cell;
        cell.run = null;
        cell.blocker = null;
        cell.gateIndex = 0;
        board.liveRuns--;
        board.aftermath.decide(cell, run);
    }

}
