package org.jinit.notify;

import java.util.List;
import org.jinit.model.NotifyAccess;
import org.jspecify.annotations.Nullable;

/**
 * One datagram of sd_notify(3), parsed; the first assignment of a name wins, unknown names are ignored.
 *
 * @param mainPid MAINPID=, 0 when not said
 * @param mainPidfdId MAINPIDFDID=, 0 when not said
 * @param watchdogUsec WATCHDOG_USEC=, -1 when not said
 * @param extendUsec EXTEND_TIMEOUT_USEC=, -1 when not said
 * @param monotonicUsec MONOTONIC_USEC=, -1 when not said
 * @param status STATUS=, null when not said; empty clears
 * @param errno ERRNO=, 0 when not said
 * @param exitStatus EXIT_STATUS=, null when not said
 * @param extra the X_ assignments
 */
public record NotifyMessage(
        boolean ready,
        boolean reloading,
        boolean stopping,
        int mainPid,
        long mainPidfdId,
        boolean mainPidfd,
        @Nullable String status,
        int errno,
        @Nullable String busError,
        @Nullable String exitStatus,
        Watchdog watchdog,
        long watchdogUsec,
        long extendUsec,
        long monotonicUsec,
        boolean restartReset,
        @Nullable NotifyAccess access,
        boolean fdStore,
        boolean fdStoreRemove,
        @Nullable String fdName,
        boolean fdPoll,
        boolean barrier,
        List<String> extra) {
    /** WATCHDOG=. */
    public enum Watchdog {
        NONE,
        PING,
        TRIGGER
    }
}
