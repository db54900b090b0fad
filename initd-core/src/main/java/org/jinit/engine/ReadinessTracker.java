package org.jinit.engine;

import java.time.Duration;
import java.util.List;
import org.jinit.engine.Event.ProbeUse;
import org.jinit.engine.Run.Phase;
import org.jinit.engine.TimerKey.Purpose;
import org.jinit.model.Readiness;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceType;
import org.jinit.model.Signals;
import org.jspecify.annotations.Nullable;

/**
 * The readiness entries of a run, awaited one after the other. What comes true before its turn (READY=1 before the launcher has exited)
 * counts when its turn comes.
 */
final class ReadinessTracker {
    private final Board board;

    ReadinessTracker(Board board) {
        this.board = board;
    }

    /** Whether the launched process is a launcher and no main process. */
    boolean forks(ServiceDefinition definition) {
        return definition.readiness().stream().anyMatch(Readiness.Fork.class::isInstance);
    }

    private static @Nullable Readiness entry(Run run) {
        List<Readiness> entries = run.definition.readiness();
        return run.phase == Phase.LAUNCH && run.index < entries.size() ? entries.get(run.index) : null;
    }

    /** Whether this kind of entry is awaited now or later. */
    boolean willAwait(Run run, Class<? extends Readiness> kind) {
        if (run.phase.compareTo(Phase.LAUNCH) > 0) {
            return false;
        }
        int from = run.phase == Phase.LAUNCH ? run.index : 0;
        List<Readiness> entries = run.definition.readiness();
        for (int i = from; i < entries.size(); i++) {
            if (kind.isInstance(entries.get(i))) {
                return true;
            }
        }
        return false;
    }

    /** The main process is being spawned. */
    void begin(Run run) {
        Readiness first = entry(run);
        if (first != null) {
            board.timers.arm(run, Purpose.READY_ENTRY, first.timeout());
        }
    }

    /** Goes on over every entry that has come true. */
    void advance(Run run) {
        Proc launched = run.launched;
        if (launched == null || !launched.executed || run.definition.type() != ServiceType.DAEMON) {
            return;
        }
        while (run.phase == Phase.LAUNCH) {
            Readiness entry = entry(run);
            if (entry == null) {
                board.starts.afterStart(run, 0);
                return;
            }
            if (!cameTrue(run, entry)) {
                startProbe(run, entry);
                return;
            }
            board.timers.cancel(run, Purpose.READY_ENTRY);
            stopProbe(run);
            run.probeGood = false;
            run.index++;
            begin(run);
        }
    }

    private static boolean cameTrue(Run run, Readiness entry) {
        return switch (entry) {
            case Readiness.Started started -> true;
            case Readiness.Notify notify -> run.readyTold;
            case Readiness.StopSignal stop -> run.stopSeen;
            case Readiness.Fork fork -> run.launcherDone;
            case Readiness.Pipe pipe -> run.pipeReady;
            case Readiness.Probed probed -> run.probeGood;
        };
    }

    private void startProbe(Run run, Readiness entry) {
        if (entry instanceof Readiness.Probed(var probe, var timeout) && !run.probing) {
            run.probing = true;
            run.probesFailed = 0;
            board.emit(new Effect.StartProbe(run.id, ProbeUse.READINESS, probe));
        }
    }

    void stopProbe(Run run) {
        if (run.probing) {
            run.probing = false;
            board.emit(new Effect.StopProbe(run.id, ProbeUse.READINESS));
        }
    }

    void probeAnswered(Run run, boolean good, String detail) {
        if (!run.probing || !(entry(run) instanceof Readiness.Probed(var probe, var timeout))) {
            return;
        }
        if (good) {
            run.probeGood = true;
            run.readyHow = "its probe was answered";
            advance(run);
            return;
        }
        run.probesFailed++;
        if (probe.attempts() > 0 && run.probesFailed >= probe.attempts()) {
            String what = "its probe failed " + run.probesFailed + " times, last: " + detail;
            board.starts.fail(run, Result.PROTOCOL, new Cause.ByProtocol(what));
        }
    }

    /** READY=1 from someone who may say so. */
    void readyTold(Run run, int pid) {
        if (run.phase.starting() && !run.readyTold) {
            run.readyTold = true;
            run.readyHow = "READY=1 from pid " + pid;
            advance(run);
        }
    }

    /** A process of the service stopped itself: it is the main process, and is continued. Once; later stops are its own business. */
    void selfStopped(Run run, ProcessId id, int pid) {
        if (run.phase != Phase.LAUNCH || run.stopSeen || !willAwait(run, Readiness.StopSignal.class)
                || MainTracker.isCommand(run, id)) {
            return;
        }
        run.stopSeen = true;
        run.readyHow = "pid " + pid + " raised SIGSTOP";
        Proc process = board.adopt(run, id, pid);
        board.mains.setMain(run, process, false);
        board.signal(process, Signals.CONT);
        advance(run);
    }

    void pipeReady(Run run, @Nullable ProcessId id, int pid, boolean ofService) {
        if (run.stopping() || run.pipeReady || !willAwait(run, Readiness.Pipe.class)) {
            return;
        }
        run.pipeReady = true;
        run.readyHow = pid > 0 ? "pid " + pid + " wrote to its readiness pipe" : "its readiness pipe was written to";
        if (id != null && ofService) {
            board.mains.candidate(run, id, pid);
        }
        advance(run);
    }

    void pipeClosed(Run run) {
        if (!run.stopping() && !run.pipeReady && willAwait(run, Readiness.Pipe.class)) {
            String what = "its readiness pipe was closed without a newline";
            board.starts.fail(run, Result.PROTOCOL, new Cause.ByProtocol(what));
        }
    }

    @Nullable Duration entryTimeout(Run run) {
        Readiness entry = entry(run);
        return entry == null ? null : entry.timeout();
    }

    /** What a starting run waits for, for people. */
    String awaited(Run run) {
        return switch (run.phase) {
            case PREPARE -> "its preparation";
            case BEFORE_START -> "before-start command " + (run.index + 1) + " to end";
            case SWEEP -> "what before-start command " + (run.index + 1) + " left to end";
            case GATE -> "what it requires to be ready again";
            case LAUNCH -> awaitedEntry(run);
            case AFTER_START -> "after-start command " + (run.index + 1) + " to end";
            case UP, SUCCESSOR -> "nothing";
            case ORDER, STOP_COMMAND, SIGNAL, LEFTOVER, AFTER_STOP, LAST_SWEEP -> "its end";
        };
    }

    private static String awaitedEntry(Run run) {
        Readiness entry = entry(run);
        if (entry == null) {
            return run.definition.type() == ServiceType.TASK ? "its exit" : "its readiness";
        }
        return switch (entry) {
            case Readiness.Started started -> "its program to be executed";
            case Readiness.Notify notify -> "READY=1 on its notify socket";
            case Readiness.StopSignal stop -> "a process of it to raise SIGSTOP";
            case Readiness.Fork fork ->
                run.finding ? "its main process to be found" : "its launched process to exit 0";
            case Readiness.Pipe pipe -> "a newline on its readiness pipe";
            case Readiness.Probed probed -> "its probe to be answered";
        };
    }
}
