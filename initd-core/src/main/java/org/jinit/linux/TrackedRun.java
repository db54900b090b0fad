package org.jinit.linux;

import org.jspecify.annotations.Nullable;

/** A run that a {@link ProcessTracker} knows. */
public abstract class TrackedRun {
    private final String service;
    private final long tag;

    TrackedRun(String service, long tag) {
        this.service = service;
        this.tag = tag;
    }

    public String service() {
        return service;
    }

    /** For {@link SpawnPlan#tag}: processes get it with every back end, so that a later manager without cgroup knows them too. */
    public long tag() {
        return tag;
    }

    /** An open descriptor of cgroup.procs to pass for {@link SpawnPlan#cgroupIndex}, else null; the tracker's, do not close. */
    public abstract @Nullable Integer cgroupProcs();

    /** An open cgroup namespace to pass for {@link SpawnPlan#namespaceIndex}, else null; the tracker's, do not close. */
    public abstract @Nullable Integer cgroupNamespace();
}
