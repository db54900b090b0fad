package org.jinit.linux;

/** All processes that carry a tag of one keeper, whatever run they belong to: what a manager that crashed has left. */
public final class TaggedProcesses {
    private final Linux linux;
    private final ProcReader reader;
    private final int prefix;

    public TaggedProcesses(Linux linux, KeeperProtocol.Welcome welcome) {
        this.linux = linux;
        reader = new ProcReader(linux);
        prefix = welcome.tagPrefix();
    }

    /**
     * Signals all of them. Each is held by its pidfd before its tag is read, and found alive after it.
     *
     * @param signal 0 only counts
     * @return how many are alive
     */
    public int signal(int signal) {
        int alive = 0;
        IntList pids = reader.processes();
        for (int i = 0; i < pids.size(); i++) {
            int pidfd = linux.pidfdOpen(pids.get(i));
            if (pidfd < 0) {
                continue;
            }
            try {
                if (reader.tag(pids.get(i)) >>> 32 == prefix && !linux.pidfdEnded(pidfd)
                        && linux.pidfdSignal(pidfd, signal) == 0) {
                    alive++;
                }
            } catch (LinuxException e) {
                // Without root: one that became another user. It lives, and that must not keep the manager from starting.
                alive++;
            } finally {
                linux.close(pidfd);
            }
        }
        return alive;
    }
}
