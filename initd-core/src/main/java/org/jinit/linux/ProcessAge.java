package org.jinit.linux;

/** Whether a process is older than something, for processes that are held by pidfd. Only for one thread. */
public final class ProcessAge {
    /** The kernel tells both times in hundredths of a second, rounded down. */
    private static final long MARGIN_NANOS = 30_000_000L;

    private final Linux linux;
    private final ProcReader proc;

    public ProcessAge(Linux linux) {
        this.linux = linux;
        proc = new ProcReader(linux);
    }

    /**
     * Whether the process surely began before a moment.
     *
     * @param pidfd of the process, taken before
     * @param moment of {@link System#nanoTime()}
     */
    public boolean beganBefore(int pid, int pidfd, long moment) {
        long age = proc.ageNanos(pid);
        long since = System.nanoTime() - moment;
        // The age is that of the held process only if that one still has the number.
        return age > since + MARGIN_NANOS && linux.pidfdSignal(pidfd, 0) != Linux.GONE;
    }
}
