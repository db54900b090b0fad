package org.jinit.engine;

import java.time.Duration;
import org.jinit.engine.Run.Phase;
import org.jinit.engine.TimerKey.Purpose;
import org.jinit.model.ExitStatus;
import org.jinit.model.ReloadPolicy;
import org.jinit.model.Signals;
import org.jinit.model.SuccessExit;
import org.jspecify.annotations.Nullable;

/** Reloading of one service in its three forms. That it fails or takes too long never harms the service. */
final class ReloadHandling {
    static final Duration TIMEOUT = Duration.ofSeconds(90);
    private static final long NANOS_PER_MICRO = 1000;

    private final Board board;

    ReloadHandling(Board board) {
        this.board = board;
    }

    /** Why it cannot be reloaded now, null when it can. */
    static @Nullable String refusal(ServiceCell cell) {
        Run run = cell.run;
        if (run == null || (run.phase != Phase.UP && run.phase != Phase.SUCCESSOR)) {
            return "it is " + cell.state.label();
        }
        ReloadPolicy policy = run.definition.reload();
        if (policy == null) {
            return "its definition has no reload";
        }
        if (!(policy instanceof ReloadPolicy.ByCommand) && run.main == null) {
            return "its main process is not known";
        }
        if (cell.state != State.RELOADING && hasCommand(run)) {
            return "the command of the reload before, which timed out, has not ended yet";
        }
        return null;
    }

    private static boolean hasCommand(Run run) {
        return run.processes.values().stream().anyMatch(process -> process.role == Role.RELOAD);
    }

    /** @param cause who asked */
    void begin(Run run, Cause cause) {
        ReloadPolicy policy = run.definition.reload();
        Proc main = run.main;
        if (policy == null || run.cell.state == State.RELOADING) {
            return;
        }
        run.reloadResult = null;
        switch (policy) {
            case ReloadPolicy.BySignal(int signal) -> {
                if (main != null) {
                    board.signal(main, signal);
                }
                run.reloadResult = "success";
            }
            case ReloadPolicy.ByCommand command -> {
                enter(run, cause);
                board.spawn(run, Role.RELOAD, 0);
            }
            case ReloadPolicy.ByNotify(int signal) -> {
                enter(run, cause);
                run.reloadSignalUsec = board.now / NANOS_PER_MICRO;
                if (main != null) {
                    board.signal(main, signal);
                }
            }
        }
    }

    private void enter(Run run, Cause cause) {
        run.reloadingTold = false;
        run.reloadSignalUsec = -1;
        Duration limit = run.definition.timeouts().start();
        board.timers.arm(run, Purpose.RELOAD, limit == null ? TIMEOUT : limit);
        board.transitions.move(run.cell, State.RELOADING, cause);
    }

    private void leave(Run run, String result, Cause cause) {
        run.reloadResult = result;
        run.reloadSignalUsec = -1;
        board.timers.cancel(run, Purpose.RELOAD);
        board.transitions.move(run.cell, State.RUNNING, cause);
    }

    /** RELOADING=1. After a reload signal of ours only one that was said after it counts. */
    void reloadingTold(Run run, long monotonicUsec) {
        if (run.cell.state == State.RELOADING) {
            if (run.reloadSignalUsec < 0 || monotonicUsec >= run.reloadSignalUsec) {
                run.reloadingTold = true;
            }
        } else if (run.cell.state == State.RUNNING) {
            run.reloadResult = null;
            enter(run, new Cause.ByNotify("RELOADING=1"));
            run.reloadingTold = true;
        }
    }

    /** READY=1 of a service that is up. */
    void readyTold(Run run) {
        if (run.cell.state == State.RELOADING && run.reloadingTold) {
            leave(run, "success", new Cause.ByNotify("READY=1"));
        }
    }

    void commandExited(Proc process, ExitStatus status) {
        Result result = RestartGovernor.resultOf(status, SuccessExit.NONE, true);
        commandEnded(process.run, process.timedOut ? "timeout" : result.label(),
                new Cause.ByExit(Role.RELOAD, process.pid, status));
    }

    /** @param result {@code success}, or why not */
    void commandEnded(Run run, String result, Cause cause) {
        if (run.cell.state == State.RELOADING && run.definition.reload() instanceof ReloadPolicy.ByCommand) {
            leave(run, result, cause);
        }
    }

    /** The service is left alone. A command that takes too long is killed; the reload ends when it has ended. */
    void timedOut(Run run) {
        if (run.cell.state != State.RELOADING) {
            return;
        }
        for (Proc process : run.processes.values()) {
            if (process.role == Role.RELOAD) {
                process.timedOut = true;
                board.signal(process, Signals.KILL);
            }
        }
        Duration limit = run.definition.timeouts().start();
        String awaited = run.reloadingTold ? "READY=1 after RELOADING=1" : "the end of its reload";
        leave(run, "timeout", new Cause.ByTimeout(Purpose.RELOAD, limit == null ? TIMEOUT : limit, awaited));
    }

    /** It stops or ended while it reloaded. */
    void interrupted(Run run) {
        if (run.cell.state == State.RELOADING) {
            run.reloadResult = "interrupted";
        }
    }
}
