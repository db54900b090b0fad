package org.jinit.model;

/** A probe repeated while the service runs; after {@code failures} in a row, {@code then} happens. */
public record Health(Probe probe, int failures, Then then) {
    /** What follows too many failures. */
    public enum Then {
        RESTART,
        FAIL,
        NOTHING
    }
}
