package org.jinit.simulate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.jinit.engine.Role;
import org.jinit.model.ExitStatus;
import org.jinit.model.ReloadPolicy;
import org.jinit.model.Signals;
import org.jspecify.annotations.Nullable;

/**
 * Processes, pids and signals. The space of pids is so small that numbers are soon used again, as they are on a machine that has been up
 * for long. The keeper reaps at once, so a dead process has no pid any more, though the engine may not know yet.
 */
final class SimKernel {
    private static final int FIRST_PID = 2;
    /** In the calm phase pids do not run out, however many processes stop mode none has left: a daemon could never fork then. */
    private static final int CALM = 16;
    private static final long KILL_NANOS = 20_000;
    private static final long UNDEAD_NANOS = 25_000_000_000L;
    private static final Set<Integer> IGNORED = Set.of(Signals.CHLD, Signals.CONT, 23, 28);
    private static final Set<Integer> CORE = Set.of(
            Signals.QUIT,
            Signals.ILL,
            Signals.TRAP,
            Signals.ABRT,
            Signals.BUS,
            Signals.FPE,
            Signals.SEGV,
            Signals.XCPU,
            Signals.XFSZ,
            Signals.SYS);

    /** Whom the kernel tells: the manager that started the run. */
    interface Listener {
        void ended(SimProcess process, ExitStatus status);

        void raisedStop(SimProcess process);

        void reloadAsked(SimProcess process, Behaviour.ReloadAnswer answer);
    }

    private final SimWorld world;
    private final int pidSpace;
    private final BitSet used = new BitSet();
    private @Nullable SimProcess[] byPid;
    private int nextPid = FIRST_PID;
    private int alive;

    SimKernel(SimWorld world, int pidSpace) {
        this.world = world;
        this.pidSpace = pidSpace;
        this.byPid = new SimProcess[pidSpace];
    }

    int alive() {
        return alive;
    }

    /** Null: EAGAIN, for there is no pid left. */
    @Nullable SimProcess fork(SimRun run, @Nullable Role role, Behaviour behaviour) {
        int pid = used.nextClearBit(nextPid);
        if (pid >= pidSpace) {
            pid = used.nextClearBit(FIRST_PID);
        }
        if (pid >= (world.calm() ? CALM * pidSpace : pidSpace)) {
            return null;
        }
        if (pid >= byPid.length) {
            byPid = Arrays.copyOf(byPid, CALM * pidSpace);
        }
        used.set(pid);
        nextPid = pid + 1;
        alive++;
        SimProcess process = new SimProcess(pid, run, role, behaviour);
        byPid[pid] = process;
        run.alive.add(process);
        return process;
    }

    /** All that live, by pid, as in /proc. */
    List<SimProcess> processes() {
        List<SimProcess> found = new ArrayList<>();
        for (SimProcess process : byPid) {
            if (process != null) {
                found.add(process);
            }
        }
        return found;
    }

    void signal(SimProcess process, int signal) {
        if (process.gone) {
            return;
        }
        if (signal == Signals.KILL) {
            boolean undead = world.fault(process.run.random, FaultPlan.Kind.UNDEAD);
            endLater(process, undead ? UNDEAD_NANOS : KILL_NANOS, new ExitStatus.Killed(signal, false));
        } else if (signal == Signals.STOP) {
            process.stopped = true;
        } else if (signal == Signals.CONT) {
            proceed(process);
        } else if (process.stopped) {
            process.pending.add(signal);
        } else {
            dispatch(process, signal);
        }
    }

    /** raise(SIGSTOP). */
    void raiseStop(SimProcess process) {
        process.stopped = true;
        process.run.manager.raisedStop(process);
    }

    void end(SimProcess process, ExitStatus status) {
        if (process.gone) {
            return;
        }
        process.gone = true;
        used.clear(process.pid);
        byPid[process.pid] = null;
        alive--;
        process.run.alive.remove(process);
        process.run.manager.ended(process, status);
    }

    private void proceed(SimProcess process) {
        process.stopped = false;
        List<Integer> pending = List.copyOf(process.pending);
        process.pending.clear();
        for (int signal : pending) {
            dispatch(process, signal);
        }
    }

    private void dispatch(SimProcess process, int signal) {
        Behaviour.Manners manners = process.behaviour.manners();
        if (IGNORED.contains(signal)) {
            return;
        }
        if (!process.executed) {
            endLater(process, KILL_NANOS, new ExitStatus.Killed(signal, false));
        } else if (signal == process.run.definition.stop().signal()) {
            if (!manners.ignoresStop() || world.calm()) {
                endLater(process, manners.dieNanos(), manners.atStop());
            }
        } else if (isReload(process, signal)) {
            if (manners.atReload() == Behaviour.ReloadAnswer.DIES) {
                endLater(process, KILL_NANOS, new ExitStatus.Killed(signal, false));
            } else {
                process.run.manager.reloadAsked(process, manners.atReload());
            }
        } else {
            endLater(process, KILL_NANOS, new ExitStatus.Killed(signal, CORE.contains(signal)));
        }
    }

    private static boolean isReload(SimProcess process, int signal) {
        return switch (process.run.definition.reload()) {
            case ReloadPolicy.BySignal(int reload) -> signal == reload;
            case ReloadPolicy.ByNotify(int reload) -> signal == reload;
            case ReloadPolicy.ByCommand ignored -> false;
            case null -> false;
        };
    }

    private void endLater(SimProcess process, long delayNanos, ExitStatus status) {
        world.after(delayNanos, false, () -> end(process, status));
    }
}
