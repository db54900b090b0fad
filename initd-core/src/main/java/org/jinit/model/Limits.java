package org.jinit.model;

import java.util.Map;
import java.util.TreeMap;

/** Resource limits by their RLIMIT number (setrlimit(2)). */
public record Limits(Map<Integer, Limit> byResource) {
    public static final Limits NONE = new Limits(Map.of());
    /** RLIM_INFINITY. */
    public static final long UNLIMITED = -1;

    /** Soft and hard value in the resource's own unit; {@link #UNLIMITED} for none. */
    public record Limit(long soft, long hard) {}

    public Limits {
        byResource = java.util.Collections.unmodifiableMap(new TreeMap<>(byResource));
    }
}
