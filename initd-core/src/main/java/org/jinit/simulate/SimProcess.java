package org.jinit.simulate;

import java.util.ArrayList;
import java.util.List;
import org.jinit.engine.ProcessId;
import org.jinit.engine.Role;
import org.jspecify.annotations.Nullable;

/** One simulated process. */
final class SimProcess {
    final int pid;
    final SimRun run;
    /** Null for what a process of the service forked. */
    final @Nullable Role role;

    final Behaviour behaviour;
    /** Signals that wait for SIGCONT. */
    final List<Integer> pending = new ArrayList<>(0);
    /** What the engine calls it; null while nobody holds a pidfd of it. */
    @Nullable ProcessId id;

    boolean executed;
    /** The manager was told that it was forked, so it knows whose pid it is. */
    boolean told;
    boolean gone;
    boolean stopped;
    boolean watched;
    long executedNanos;
    /** When the last report about it arrives: the next one cannot arrive before. */
    long reportNanos;

    SimProcess(int pid, SimRun run, @Nullable Role role, Behaviour behaviour) {
        this.pid = pid;
        this.run = run;
        this.role = role;
        this.behaviour = behaviour;
    }
}
