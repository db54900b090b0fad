package org.jinit.model;

/** Whose messages on a service's notify socket count. */
public enum NotifyAccess {
    NONE,
    MAIN,
    /** The main process and the commands of hooks, stop and reload. */
    EXEC,
    /** Every process of the service. */
    ALL
}
