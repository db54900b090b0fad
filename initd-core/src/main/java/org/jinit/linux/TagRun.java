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

    /** Its cgroup namespace, held open so that no other one gets its number. */
    private final @Nullable Integer namespaceFd;
    /** What /proc says of a process in it; null without one. */
    final @Nullable String namespace;

    TagRun(String service, long tag, String invocation, @Nullable Integer namespaceFd, @Nullable String namespace) {
        super(service, tag);
        this.invocation = invocation;
        this.namespaceFd = namespaceFd;
        this.namespace = namespace;
    }

    @Override
    public @Nullable Integer cgroupProcs() {
        return null;
    }

    @Override
    public @Nullable Integer cgroupNamespace() {
        return namespaceFd;
    }
}
