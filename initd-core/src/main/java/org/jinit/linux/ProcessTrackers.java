package org.jinit.linux;

import java.util.function.Consumer;

/** Chooses how processes are tracked. */
public final class ProcessTrackers {
    private ProcessTrackers() {}

    /**
     * By control group where we may write one, else by tag, with a cgroup namespace where we may make one.
     *
     * @param warn is told what a person should know about the choice
     */
    public static ProcessTracker open(Linux linux, Reactor reactor, KeeperProtocol.Welcome welcome,
            Consumer<String> warn) {
        Cgroups.Place place = Cgroups.openServices(linux, welcome.keeperPid(), warn);
        return place == null
                ? new TagTracker(linux, reactor, welcome.keeperPid(), canTellByNamespace(linux))
                : new CgroupTracker(linux, reactor, place);
    }

    /**
     * Whether a cgroup namespace may be made for each run, and changes nothing that a service sees: its root is our own cgroup, which
     * must be the root of what we see already.
     */
    private static boolean canTellByNamespace(Linux linux) {
        try {
            int namespace = new ProcReader(linux).isAtCgroupRoot() ? linux.cgroupNamespace() : Linux.UNSUPPORTED;
            linux.close(namespace);
            return namespace >= 0;
        } catch (LinuxException e) {
            return false;
        }
    }
}
