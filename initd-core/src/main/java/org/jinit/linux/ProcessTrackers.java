package org.jinit.linux;

import java.util.function.Consumer;

/** Chooses how processes are tracked. */
public final class ProcessTrackers {
    private ProcessTrackers() {}

    /**
     * By control group where we may write one, else by tag.
     *
     * @param warn is told what a person should know about the choice
     */
    public static ProcessTracker open(Linux linux, Reactor reactor, KeeperProtocol.Welcome welcome,
            Consumer<String> warn) {
        Cgroups.Place place = Cgroups.openServices(linux, welcome.keeperPid(), warn);
        return place == null
                ? new TagTracker(linux, reactor, welcome.keeperPid())
                : new CgroupTracker(linux, reactor, place);
    }
}
