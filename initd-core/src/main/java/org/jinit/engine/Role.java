package org.jinit.engine;

/** What a spawned process is for. */
public enum Role {
    MAIN,
    BEFORE_START,
    AFTER_START,
    /** {@code stop.exec}. */
    STOP,
    /** {@code reload.exec}. */
    RELOAD,
    AFTER_STOP
}
