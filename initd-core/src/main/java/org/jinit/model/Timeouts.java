package org.jinit.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How long a start may take (null: for ever), a run may last (null: for ever), and a watchdog ping may be awaited (null: none). */
public record Timeouts(@Nullable Duration start, @Nullable Duration run, @Nullable Duration watchdog) {
    public static final Duration DEFAULT_START = Duration.ofSeconds(90);
    public static final Timeouts DEFAULT = new Timeouts(DEFAULT_START, null, null);
}
