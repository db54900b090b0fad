package org.jinit.linux;

/** Trackers for tests of other packages. */
public final class TestTrackers {
    private TestTrackers() {}

    public static ProcessTracker byTag(Linux linux, Reactor reactor, int keeperPid) {
        return new TagTracker(linux, reactor, keeperPid, false);
    }
}
