package org.jinit.model;

/** What kind of thing a definition describes. */
public enum ServiceType {
    /** Runs until it is stopped. */
    DAEMON,
    /** Runs to completion; ready when it exited 0. */
    TASK,
    /** A name for a group; has no process. */
    TARGET
}
