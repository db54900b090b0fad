package org.jinit.engine;

import java.time.Duration;
import org.jinit.engine.Run.Phase;
import org.jinit.engine.TimerKey.Purpose;
import org.jinit.model.ExitStatus;
import org.jinit.model.NotifyAccess;
import org.jinit.model.Readiness;
import org.jinit.model.ServiceType;
import org.jspecify.annotations.Nullable;

/** Which process is the main one: behind a launcher, after a double fork, by its own word, and after it replaced itself. */
final class MainTracker {
    /** How long a daemon must outlive its launcher to be believed. */
    static final Duration SETTLE = Duration.ofMillis(50);
    /** How long a main process that ended may take to name its successor. */
    static final Duration SUCCESSOR = Duration.ofSeconds(15);

    private final Board board;

    MainTracker(Board board) {
        this.board = board;
    }

    void setMain(Run run, Proc process, boolean foreign) {
        run.main = process;
        run.mainForeign = foreign;
        run.mainUnknown = false;
        forgetFinding(run);
        if (run.phase == Phase.SUCCESSOR) {
            board.timers.cancel(run, Purpose.SUCCESSOR);
            run.phase = Phase.UP;
        }
    }

    /** A process that told it is ready. While the launched one lives it is only remembered. */
    void candidate(Run run, ProcessId id, int pid) {
        Proc launched = run.launched;
        if (launched != null && id.equals(launched.id)) {
            return;
        }
        Proc process = board.adopt(run, id, pid);
        if (run.main == null || run.mainExit != null) {
            run.mainExit = null;
            setMain(run, process, false);
        } else if (run.main.equals(launched)) {
            run.candidate = process;
        }
    }

    void forgetFinding(Run run) {
        if (run.finding) {
            run.finding = false;
            board.emit(new Effect.ForgetMain(run.id));
        }
    }

    private void find(Run run) {
        if (!run.finding) {
            run.finding = true;
            board.emit(new Effect.FindMain(run.id));
        }
    }

    /** The launched process or the main process ended. */
    void ended(Proc process, ExitStatus status) {
        Run run = process.run;
        if (process.equals(run.candidate)) {
            run.candidate = null;
        }
        boolean main = process.equals(run.main);
        if (main) {
            run.main = null;
            run.mainExit = status;
            run.mainExitPid = process.pid;
        } else if (!process.equals(run.launched) || run.main != null) {
            if (process.equals(run.launched) && !run.stopping()) {
                launcherEnded(run, status, process.pid);
            }
            return;
        }
        if (run.stopping()) {
            return;
        }
        if (run.phase == Phase.UP) {
            mainEndedWhileUp(run, status, process);
        } else if (run.definition.type() == ServiceType.TASK) {
            taskEnded(run, status, process.pid);
        } else if (main) {
            mainEndedWhileStarting(run, status, process);
        } else {
            launcherEnded(run, status, process.pid);
        }
    }

    private void launcherEnded(Run run, ExitStatus status, int pid) {
        if (!run.phase.starting()) {
            return;
        }
        if (!board.readiness.forks(run.definition)) {
            return;
        }
        if (!RestartGovernor.resultOf(status, run.definition.successExit(), true).equals(Result.SUCCESS)) {
            run.mainExit = status;
            run.mainExitPid = pid;
            fail(run, status, pid);
            return;
        }
        run.readyHow = "its launched process exited 0";
        if (run.main == null) {
            find(run);
        } else {
            settle(run);
        }
    }

    private void settle(Run run) {
        board.timers.arm(run, Purpose.SETTLE, SETTLE);
    }

    void settled(Run run) {
        run.launcherDone = true;
        board.readiness.advance(run);
    }

    private void taskEnded(Run run, ExitStatus status, int pid) {
        board.timers.cancel(run, Purpose.RUN);
        if (run.phase != Phase.LAUNCH) {
            return;
        }
        if (RestartGovernor.resultOf(status, run.definition.successExit(), true) == Result.SUCCESS) {
            board.starts.afterStart(run, 0);
        } else {
            fail(run, status, pid);
        }
    }

    private void fail(Run run, ExitStatus status, int pid) {
        Result result = RestartGovernor.resultOf(status, run.definition.successExit(), true);
        if (result == Result.SUCCESS) {
            result = status instanceof ExitStatus.Killed ? Result.SIGNAL : Result.PROTOCOL;
        }
        board.starts.fail(run, result, new Cause.ByExit(Role.MAIN, pid, status));
    }

    /** A daemon's first processes may exit 0 before it is ready and leave one that goes on: it went into the background. */
    private void mainEndedWhileStarting(Run run, ExitStatus status, Proc process) {
        boolean passing = process.equals(run.launched) || process.discovered();
        boolean daemonized = passing
                && status instanceof ExitStatus.Exited(int code)
                && code == 0
                && (run.phase == Phase.LAUNCH || run.phase == Phase.AFTER_START);
        boolean mute =
                run.notifyAccess() == NotifyAccess.MAIN && board.readiness.willAwait(run, Readiness.Notify.class);
        if (!daemonized || mute) {
            fail(run, status, process.pid);
            return;
        }
        Proc candidate = run.candidate;
        run.mainExit = null;
        run.launchedExit = status;
        board.timers.cancel(run, Purpose.SETTLE);
        if (candidate != null) {
            run.candidate = null;
            setMain(run, candidate, false);
        } else {
            find(run);
        }
    }

    private void mainEndedWhileUp(Run run, ExitStatus status, Proc process) {
        Proc candidate = run.candidate;
        if (candidate != null && status instanceof ExitStatus.Exited(int code) && code == 0) {
            run.candidate = null;
            run.mainExit = null;
            setMain(run, candidate, false);
            return;
        }
        if (run.definition.pidFile() != null || process.discovered()) {
            run.phase = Phase.SUCCESSOR;
            board.timers.arm(run, Purpose.SUCCESSOR, SUCCESSOR);
            find(run);
            return;
        }
        runEnded(run, status, process.pid);
    }

    private void runEnded(Run run, ExitStatus status, int pid) {
        Result result = RestartGovernor.resultOf(status, run.definition.successExit(), false);
        board.stops.begin(run, Ending.itself(result, new Cause.ByExit(Role.MAIN, pid, status)));
    }

    /** Answer to FindMain. */
    void found(Run run, ProcessId id, int pid, String how) {
        if (!run.finding || run.stopping()) {
            return;
        }
        run.finding = false;
        Proc process = board.adopt(run, id, pid);
        boolean successor = run.phase == Phase.SUCCESSOR;
        run.mainExit = null;
        setMain(run, process, false);
        if (!successor && board.readiness.forks(run.definition)) {
            run.readyHow = "its launched process exited 0, main process by " + how;
            settle(run);
        }
    }

    /** Answer to FindMain: nobody can be found. */
    void missing(Run run, String reason, boolean empty) {
        if (!run.finding || run.stopping()) {
            return;
        }
        run.finding = false;
        if (run.phase == Phase.SUCCESSOR) {
            noSuccessor(run);
            return;
        }
        boolean forked = board.readiness.forks(run.definition);
        if (empty && !forked) {
            run.mainExit = run.launchedExit;
        }
        if (empty || (forked && run.definition.pidFile() != null)) {
            board.starts.fail(run, Result.PROTOCOL, new Cause.ByProtocol(missingText(forked, reason)));
            return;
        }
        run.mainUnknown = true;
        board.awaitEmpty(run);
        if (forked) {
            settle(run);
        }
    }

    private static String missingText(boolean forked, String reason) {
        if (forked) {
            return "its launched process exited 0, and no main process was found: " + reason;
        }
        return "it exited 0 before it was ready, and left no process: " + reason;
    }

    /** Nobody follows the main process that ended. */
    void noSuccessor(Run run) {
        if (run.phase != Phase.SUCCESSOR) {
            return;
        }
        ExitStatus status = run.mainExit;
        runEnded(run, status == null ? new ExitStatus.Unknown() : status, run.mainExitPid);
    }

    /** No process of the service is left although its main process is not known. */
    void emptied(Run run) {
        if (run.stopping() || !run.mainUnknown) {
            return;
        }
        @Nullable ExitStatus status = run.mainExit;
        if (run.phase.starting()) {
            board.starts.fail(run, Result.PROTOCOL, new Cause.ByProtocol("its last process ended before it was ready"));
        } else {
            runEnded(run, status == null ? new ExitStatus.Unknown() : status, 0);
        }
    }

    /** MAINPID= from a service that starts or is up. */
    void claimed(Run run, Sender sender, MainClaim claim) {
        if (run.stopping() || run.phase.compareTo(Phase.LAUNCH) < 0) {
            return;
        }
        if (claim.forbidden() || !claim.alive() || isCommand(run, claim.process())) {
            board.warn(run.cell, "ignored MAINPID=" + claim.pid() + ": it cannot be a main process");
            return;
        }
        if (!claim.ofService() && sender.uid() != 0) {
            board.warn(run.cell, "ignored MAINPID=" + claim.pid() + ": it is not a process of the service");
            return;
        }
        Proc main = run.main;
        if (main != null && main.id.equals(claim.process())) {
            return;
        }
        boolean awaited = run.finding && run.phase == Phase.LAUNCH && board.readiness.forks(run.definition);
        Proc process = board.adopt(run, claim.process(), claim.pid());
        run.mainExit = null;
        setMain(run, process, !claim.ofService());
        if (awaited) {
            settle(run);
        }
    }

    /** Whether it is a hook, or a command to stop or reload. */
    static boolean isCommand(Run run, ProcessId id) {
        Proc process = run.processes.get(id);
        return process != null && process.role != Role.MAIN;
    }
}
