package org.jinit.model;

import java.time.Duration;

/** A probe repeated while the service runs; after {@code failures} in a row, {@code then} happens. */
public record Health(Probe probe, int failures, Then then) {
    public static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(10);
    public static final int DEFAULT_FAILURES = 3;

    /** What follows too many failures. */
    public enum Then {
        RESTART,
        FAIL,
        NOTHING
    }
}
