package org.jinit.engine;

import java.util.List;
import org.jinit.engine.Run.Phase;
import org.jinit.engine.TimerKey.Purpose;
import org.jinit.model.ExitStatus;
import org.jinit.model.Hook;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceType;
import org.jinit.model.SuccessExit;

/** From WAITING to RUNNING: prepare, before-start hooks, the main process, readiness, after-start hooks. */
final class StartSequence {
    private final Board board;

    StartSequence(Board board) {
        this.board = board;
    }

    void tryStart(ServiceCell cell) {
        switch (board.gates.mayStart(cell)) {
            case OPEN -> begin(cell);
            case BLOCKED -> {}
            case FAILED -> {
                ServiceCell requirement = cell.blocker;
                if (requirement != null) {
                    board.desires.fail(cell, requirement);
                }
            }
        }
    }

    private void begin(ServiceCell cell) {
        ServiceDefinition definition = cell.loaded;
        if (cell.governor.limitReached(board.now, definition.restart())) {
            board.aftermath.limitHit(cell, definition.restart(), cell.cause);
            return;
        }
        cell.governor.counted(board.now, definition.restart());
        cell.generation++;
        Run run = new Run(new RunId(cell.name, cell.generation), cell, definition);
        cell.run = run;
        cell.lastRun = run.id;
        cell.ranDigest = definition.digest();
        cell.failedRequirement = null;
        cell.lastReloadResult = null;
        cell.lastStatusText = null;
        board.liveRuns++;
        board.transitions.move(cell, State.STARTING, cell.upCause);
        if (isBare(definition)) {
            afterStart(run, 0);
        } else {
            board.emit(new Effect.Prepare(run.id, definition));
        }
    }

    /** A target that does nothing needs nothing. */
    static boolean isBare(ServiceDefinition definition) {
        return definition.type() == ServiceType.TARGET
                && definition.conditions().isEmpty()
                && definition.hooks().beforeStart().isEmpty()
                && definition.hooks().afterStart().isEmpty()
                && definition.hooks().afterStop().isEmpty();
    }

    void prepared(Run run) {
        if (run.phase == Phase.PREPARE && !isBare(run.definition)) {
            beforeStart(run, 0);
        }
    }

    void prepareFailed(Run run, String step, String cause) {
        if (run.phase == Phase.PREPARE) {
            fail(run, Result.RESOURCES, new Cause.BySpawnFailure(Role.MAIN, step, 0, cause));
        }
    }

    void conditionUnmet(Run run, String text, boolean fail) {
        if (run.phase != Phase.PREPARE) {
            return;
        }
        Ending ending = fail
                ? Ending.failedStart(Result.RESOURCES, new Cause.ByCondition(text))
                : Ending.itself(Result.SUCCESS, new Cause.ByCondition(text));
        ending.skipped = !fail;
        board.stops.begin(run, ending);
    }

    void fail(Run run, Result result, Cause cause) {
        board.stops.begin(run, Ending.failedStart(result, cause));
    }

    private void beforeStart(Run run, int index) {
        List<Hook> hooks = run.definition.hooks().beforeStart();
        if (index < hooks.size()) {
            run.phase = Phase.BEFORE_START;
            spawnHook(run, Role.BEFORE_START, index, hooks.get(index));
        } else {
            tryLaunch(run);
        }
    }

    private void spawnHook(Run run, Role role, int index, Hook hook) {
        run.index = index;
        armStart(run);
        board.timers.arm(run, Purpose.HOOK, hook.timeout());
        board.spawn(run, role, index);
    }

    /** The start timeout runs from the first command. */
    private void armStart(Run run) {
        if (!board.timers.armed(run, Purpose.START) && run.startLeftNanos == 0) {
            board.timers.arm(run, Purpose.START, run.definition.timeouts().start());
        }
    }

    /** Spawns the main process once everything it needs is ready still. */
    void tryLaunch(Run run) {
        if (run.phase != Phase.GATE) {
            run.phase = Phase.GATE;
            run.cell.gateIndex = 0;
        }
        switch (board.gates.mayStart(run.cell)) {
            case BLOCKED, FAILED -> {
                long left = board.timers.leftNanos(run, Purpose.START);
                if (left > 0) {
                    run.startLeftNanos = left;
                    board.timers.cancel(run, Purpose.START);
                }
            }
            case OPEN -> launch(run);
        }
    }

    private void launch(Run run) {
        if (run.startLeftNanos > 0) {
            board.timers.armNanos(run, Purpose.START, run.startLeftNanos);
        }
        run.startLeftNanos = 0;
        if (run.definition.type() == ServiceType.TARGET) {
            afterStart(run, 0);
            return;
        }
        run.phase = Phase.LAUNCH;
        run.index = 0;
        armStart(run);
        Proc process = board.spawn(run, Role.MAIN, 0);
        run.launched = process;
        if (!board.readiness.forks(run.definition)) {
            run.main = process;
        }
        board.readiness.begin(run);
    }

    void spawned(Proc process, int pid) {
        process.pid = pid;
        process.spawned = true;
        if (process.timedOut) {
            board.signal(process, org.jinit.model.Signals.KILL);
        } else if (process.run.stopping()) {
            board.stops.spawnedLate(process);
        }
        board.notify.spawned(process);
    }

    void executed(Proc process) {
        Run run = process.run;
        if (process.executed) {
            return;
        }
        process.executed = true;
        run.ran = true;
        if (process == run.launched && !run.stopping()) {
            if (run.definition.type() == ServiceType.TASK) {
                board.timers.arm(run, Purpose.RUN, run.definition.timeouts().run());
            } else {
                board.readiness.advance(run);
            }
        }
    }

    void spawnFailed(Proc process, Cause cause) {
        Run run = process.run;
        board.forget(process);
        if (process == run.main) {
            run.main = null;
        }
        switch (process.role) {
            case MAIN -> {
                if (!run.stopping()) {
                    fail(run, Result.RESOURCES, cause);
                    return;
                }
            }
            case BEFORE_START, AFTER_START -> {
                if (!run.stopping()) {
                    hookDone(process, Result.RESOURCES, cause);
                    return;
                }
            }
            case RELOAD -> board.reloads.commandEnded(run, "resources", cause);
            case STOP, AFTER_STOP -> board.warn(run.cell, Narrator.tell(cause));
        }
        if (run.stopping()) {
            board.stops.processEnded(run, process);
        }
    }

    /** A before-start or after-start hook ended. */
    void hookEnded(Proc process, ExitStatus status) {
        Result result =
                process.timedOut ? Result.TIMEOUT : RestartGovernor.resultOf(status, SuccessExit.NONE, true);
        Cause cause = new Cause.ByExit(process.role, process.pid, status);
        hookDone(process, result, cause);
    }

    private void hookDone(Proc process, Result result, Cause cause) {
        Run run = process.run;
        board.timers.cancel(run, Purpose.HOOK);
        boolean before = process.role == Role.BEFORE_START;
        List<Hook> hooks =
                before ? run.definition.hooks().beforeStart() : run.definition.hooks().afterStart();
        if (result != Result.SUCCESS) {
            if (!hooks.get(process.index).ignoreFailure()) {
                fail(run, result, process.timedOut ? hookTimeout(run, hooks.get(process.index), before) : cause);
                return;
            }
            board.warn(run.cell, Narrator.tell(cause) + " (ignored)");
        }
        if (!before) {
            afterStart(run, process.index + 1);
        } else if (process.executed) {
            run.phase = Phase.SWEEP;
            board.emit(new Effect.SignalAll(run.id, org.jinit.model.Signals.KILL));
            board.awaitEmpty(run);
        } else {
            beforeStart(run, process.index + 1);
        }
    }

    private static Cause hookTimeout(Run run, Hook hook, boolean before) {
        java.time.Duration after = hook.timeout() == null ? java.time.Duration.ZERO : hook.timeout();
        String what = (before ? "before-start" : "after-start") + " command " + (run.index + 1) + " to end";
        return new Cause.ByTimeout(Purpose.HOOK, after, what);
    }

    /** What a before-start hook left is gone. */
    void swept(Run run) {
        beforeStart(run, run.index + 1);
    }

    /** All readiness entries have come true, or the task exited cleanly. */
    void afterStart(Run run, int index) {
        List<Hook> hooks = run.definition.hooks().afterStart();
        if (index < hooks.size()) {
            run.phase = Phase.AFTER_START;
            spawnHook(run, Role.AFTER_START, index, hooks.get(index));
            return;
        }
        board.timers.cancel(run, Purpose.START);
        if (run.definition.type() == ServiceType.TASK) {
            Ending ending = Ending.itself(Result.SUCCESS, taskEnd(run));
            ending.taskDone = true;
            board.stops.begin(run, ending);
        } else {
            board.supervision.up(run);
        }
    }

    private static Cause taskEnd(Run run) {
        ExitStatus exit = run.mainExit;
        return new Cause.ByExit(Role.MAIN, run.mainExitPid, exit == null ? new ExitStatus.Unknown() : exit);
    }

    void timedOut(Run run, Purpose purpose) {
        if (run.stopping()) {
            return;
        }
        java.time.Duration limit = purpose == Purpose.START
                ? run.definition.timeouts().start()
                : board.readiness.entryTimeout(run);
        String awaited = board.readiness.awaited(run);
        Cause cause = new Cause.ByTimeout(purpose, limit == null ? java.time.Duration.ZERO : limit, awaited);
        fail(run, Result.TIMEOUT, cause);
    }

    /** A hook of any kind used up its own timeout. */
    void hookTimedOut(Run run) {
        if (run.phase == Phase.AFTER_STOP) {
            board.stops.hookTimedOut(run);
            return;
        }
        for (Proc process : run.processes.values()) {
            if (process.role == Role.BEFORE_START || process.role == Role.AFTER_START) {
                process.timedOut = true;
                board.signal(process, org.jinit.model.Signals.KILL);
            }
        }
    }
}
