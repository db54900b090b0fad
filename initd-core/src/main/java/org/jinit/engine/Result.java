package org.jinit.engine;

import java.util.Locale;

/** How the last run ended. */
public enum Result {
    SUCCESS,
    EXIT_CODE,
    SIGNAL,
    CORE_DUMP,
    TIMEOUT,
    WATCHDOG,
    PROTOCOL,
    START_LIMIT_HIT,
    DEPENDENCY,
    /** It could not be prepared or spawned. */
    RESOURCES;

    /** The name in JSON and in SERVICE_RESULT. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
