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

    /**
     * Whether a service may go from this state to that one: the published transition table.
     *
     * <pre>
     * stopped   to waiting starting failed
     * waiting   to starting stopped failed
     * starting  to running stopping done
     * running   to reloading stopping
     * reloading to running stopping
     * stopping  to stopped waiting starting backoff failed done skipped
     * backoff   to waiting starting stopped failed
     * failed    to waiting starting stopped
     * done      to waiting starting stopped failed
     * skipped   to waiting starting stopped failed
     * </pre>
     */
    public boolean mayFollow(State next) {
        return switch (this) {
            case STOPPED -> next == WAITING || next == STARTING || next == FAILED;
            case WAITING -> next == STARTING || next == STOPPED || next == FAILED;
            case STARTING -> next == RUNNING || next == STOPPING || next == DONE;
            case RUNNING -> next == RELOADING || next == STOPPING;
            case RELOADING -> next == RUNNING || next == STOPPING;
            case STOPPING -> next != RUNNING && next != RELOADING && next != STOPPING;
            case BACKOFF -> next == WAITING || next == STARTING || next == STOPPED || next == FAILED;
            case FAILED -> next == WAITING || next == STARTING || next == STOPPED;
            case DONE, SKIPPED -> next == WAITING || next == STARTING || next == STOPPED || next == FAILED;
        };
    }

    /** The name in JSON and on the screen. */
    public String label() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
