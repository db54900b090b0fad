package org.jinit.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Whether and when a service that ended by itself is started again: after {@code delay * factor^n}, at most {@code maxDelay}, varied by
 * up to {@code jitter} (0 to 1) of itself; n goes back to 0 after a run of {@code resetAfter}.
 */
public record RestartPolicy(
        When when,
        Duration delay,
        double factor,
        Duration maxDelay,
        double jitter,
        Duration resetAfter,
        @Nullable Limit limit,
        Then then) {
    /** Which ends are followed by a restart. */
    public enum When {
        ALWAYS,
        ON_FAILURE,
        /** ABRT ALRM BUS FPE ILL PIPE SEGV XCPU XFSZ or a core dump: the list of Open vSwitch's monitor. */
        ON_CRASH,
        NEVER
    }

    /** What follows when the limit is reached. */
    public enum Then {
        FAIL,
        EXIT,
        REBOOT
    }

    /** At most {@code count} starts within {@code within}; a null limit in the policy is {@code unlimited}. */
    public record Limit(int count, Duration within) {}

    public static final RestartPolicy DEFAULT = new RestartPolicy(
            When.ON_FAILURE,
            Duration.ofMillis(100),
            2,
            Duration.ofSeconds(30),
            0.1,
            Duration.ofSeconds(30),
            new Limit(5, Duration.ofSeconds(10)),
            Then.FAIL);
}
