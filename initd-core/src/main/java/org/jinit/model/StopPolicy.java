package org.jinit.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How a service is stopped: {@code exec} first when there is one, then the signal, and KILL when the timeout has passed. */
public record StopPolicy(int signal, Duration timeout, Mode mode, @Nullable Command exec) {
    /** Whom the signal goes to; what is left when the main process ended is killed in every mode but {@code NONE}. */
    public enum Mode {
        ALL,
        MAIN,
        /** The signal to the main process, then to what it left, then KILL to all. */
        MIXED,
        /** Nothing is signalled; {@code exec} alone stops it, what is left is left. */
        NONE
    }

    public static final StopPolicy DEFAULT = new StopPolicy(Signals.TERM, Duration.ofSeconds(10), Mode.MIXED, null);
}
