package org.jinit.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One entry of {@code ready}: how a service says that it is ready. All entries must come true, in their order. */
public sealed interface Readiness {
    /** The longest that this entry may take, within the start timeout; null: the start timeout alone. */
    @Nullable Duration timeout();

    /** execve succeeded. */
    record Started(@Nullable Duration timeout) implements Readiness {}

    /** READY=1 on the service's NOTIFY_SOCKET (sd_notify(3)). */
    record Notify(@Nullable Duration timeout) implements Readiness {}

    /** A process of the service raises SIGSTOP; it is the main process (upstart's {@code expect stop}). */
    record StopSignal(@Nullable Duration timeout) implements Readiness {}

    /** The launched process exits 0 once the daemon that it left behind is ready. */
    record Fork(@Nullable Duration timeout) implements Readiness {}

    /** A newline is written to an inherited descriptor; {@code fd} is its number, 0: the first after the listening ones. */
    record Pipe(int fd, Kind kind, @Nullable Duration timeout) implements Readiness {
        /** {@code SOCKET} tells who wrote; {@code PIPE} is for programs that open it by path. */
        public enum Kind {
            SOCKET,
            PIPE
        }
    }

    /** The probe is answered well. */
    record Probed(Probe probe, @Nullable Duration timeout) implements Readiness {}
}
