package org.jinit.engine;

/** A process of a run that jinit holds. */
final class Proc {
    final ProcessId id;
    final Run run;
    final Role role;
    /** Which hook of the role. */
    final int index;
    /** 0 until it is spawned; for people only. */
    int pid;
    /** Forked: it can be signalled. */
    boolean spawned;
    /** execve succeeded. */
    boolean executed;
    /** Its own timeout has passed and it was killed for it. */
    boolean timedOut;

    Proc(ProcessId id, Run run, Role role, int index) {
        this.id = id;
        this.run = run;
        this.role = role;
        this.index = index;
    }

    /** Found by the executor, not spawned for the engine. */
    boolean discovered() {
        return id.value() < 0;
    }
}
