package org.jinit.linux;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A run whose processes are known by tag. */
final class TagRun extends TrackedRun {
    final String invocation;
    /** Number and pidfd of each process that the keeper forked for it; the pidfds are the caller's. */
    final Map<Integer, Integer> slots = new TreeMap<>();
    @Nullable Runnable emptied;

    TagRun(String service, long tag, String invocation) {
        super(service, tag);
        this.invocation = invocation;
    }

    @Override
    public @Nullable Integer cgroupProcs() {
        return null;
    }
}
