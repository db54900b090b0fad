package org.jinit.model;

/** How a running service is told to read its configuration again. */
public sealed interface ReloadPolicy {
    /** A signal to the main process; done when it is sent. */
    record BySignal(int signal) implements ReloadPolicy {}

    /** A command, done when it exits 0. */
    record ByCommand(Command exec) implements ReloadPolicy {}

    /** A signal, then RELOADING=1 with MONOTONIC_USEC and READY=1 from the service (systemd's notify-reload). */
    record ByNotify(int signal) implements ReloadPolicy {}
}
