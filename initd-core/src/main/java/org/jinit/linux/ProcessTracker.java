package org.jinit.linux;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Knows which processes belong to a run of a service, whatever they did to get away (double fork, setsid, a cleared environment). Only for
 * the reactor's thread. No process is signalled but through a pidfd that was taken before the process was last seen to belong to the run.
 *
 * <p>Calls are gathered and answered together at the end of the reactor's round, so that a thousand runs that are stopped at once cost one
 * look at the processes.
 */
public interface ProcessTracker extends AutoCloseable {
    /** Back end, for people: {@code cgroup} or {@code tag}. */
    String kind();

    /**
     * Begins to track a run, before its first process is spawned. A run that is still open and has the same service is something else.
     *
     * @param service its name, which is also a file name
     * @param tag of this run, see {@link KeeperProtocol.Welcome#tag}; never 0
     * @param invocation INVOCATION_ID of its processes: 32 hexadecimal digits
     * @throws LinuxException when the back end cannot hold it (the cgroup cannot be made)
     */
    TrackedRun open(String service, long tag, String invocation);

    /** Forgets the run. What is still alive of it becomes an orphan that nobody claims. */
    void close(TrackedRun run);

    /**
     * As {@link #open} for a run that an earlier manager began and whose processes may live.
     *
     * @throws LinuxException likewise
     */
    TrackedRun adopt(String service, long tag, String invocation);

    /**
     * The keeper forked this process for the run and holds it as a slot.
     *
     * @param pidfd the caller's, which keeps it open until {@link #reaped}; -1 when the process was reaped before it could be told
     */
    void spawned(TrackedRun run, int pid, int pidfd);

    /** The keeper told the exit of a process that was told by {@link #spawned}. */
    void reaped(TrackedRun run, int pid);

    /** The keeper told that it reaped orphans, so something may be empty now. Cheap when nobody waits. */
    void poke();

    /**
     * The run's processes now. The pidfds are the caller's to close. Looks at all processes: for status and
     * FindMain, not for each event.
     */
    List<Member> members(TrackedRun run);

    /** Whether a process (held by the caller) belongs to the run now, also when it is a zombie. */
    boolean belongs(TrackedRun run, int pid, int pidfd);

    /**
     * Sends a signal to every process of the run at the end of this round. KILL is repeated until no process is left that was not killed,
     * so nothing that forks meanwhile gets away.
     */
    void signalAll(TrackedRun run, int signal);

    /** Calls {@code emptied} once, as soon as no process of the run is left; never within this call. A second call replaces the first. */
    void awaitEmpty(TrackedRun run, Runnable emptied);

    void cancelAwait(TrackedRun run);

    /** Living children of the keeper that no run claims. For people; never signalled. */
    List<Orphan> orphans();

    @Override
    void close();

    /** A process of a run. @param pidfd the caller's to close */
    record Member(int pid, int parent, String name, int pidfd) {}

    /** @param service whose process it may once have been, null when nothing is known */
    record Orphan(int pid, String name, @Nullable String service) {}
}
