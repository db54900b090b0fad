package org.jinit.linux;

/** Whether a process can have come of something, for processes that are held by pidfd. Only for one thread. */
public final class ProcessAge {
    /** The kernel tells both times in hundredths of a second, rounded down. */
    private static final long MARGIN_NANOS = 30_000_000L;
    private static final int MAX_ANCESTORS = 256;

    private final Linux linux;
    private final ProcReader proc;

    public ProcessAge(Linux linux) {
        this.linux = linux;
        proc = new ProcReader(linux);
    }

    /**
     * Whether the process cannot have come of what began at a moment: it was there before, or it may have been (within what the kernel
     * tells of it) and it does not descend from the keeper, below which stays whatever a service forks.
     *
     * @param pidfd of the process, taken before
     * @param moment of {@link System#nanoTime()}
     */
    public boolean isForeign(int pid, int pidfd, long moment, int keeper) {
        long older = proc.ageNanos(pid) - (System.nanoTime() - moment);
        boolean foreign = older > MARGIN_NANOS || (older > -MARGIN_NANOS && !descends(pid, keeper));
        // What was read is of the held process only if that one still has the number.
        return foreign && linux.pidfdSignal(pidfd, 0) != Linux.GONE;
    }

    private boolean descends(int start, int keeper) {
        int pid = start;
        for (int depth = 0; depth < MAX_ANCESTORS && pid > 0 && pid != keeper; depth++) {
            ProcReader.Stat stat = proc.stat(pid);
            pid = stat == null ? 0 : stat.parent();
        }
        return pid == keeper;
    }
}
