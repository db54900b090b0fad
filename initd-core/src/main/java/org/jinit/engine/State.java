package org.jinit.engine;

/** The published state of a service. */
public enum State {
    STOPPED,
    /** Wanted, and something it needs is not ready yet. */
    WAITING,
    STARTING,
    RUNNING,
    RELOADING,
    STOPPING,
    /** Ended by itself; waits for its restart delay. */
    BACKOFF,
    FAILED,
    /** A task that exited 0: up and ready. */
    DONE,
    /** A condition said no: satisfies requires, is not up. */
    SKIPPED;

    /** The name in JSON and on the screen. */
    public String label() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
