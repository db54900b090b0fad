package org.jinit.simulate;

import java.util.List;
import org.jinit.model.NotifyAccess;
import org.jinit.notify.NotifyMessage;
import org.jspecify.annotations.Nullable;

/** The notify messages that simulated processes send. */
final class Messages {
    static final NotifyMessage READY = message(true, false, false, 0, null, NotifyMessage.Watchdog.NONE, -1, -1, null);
    static final NotifyMessage STOPPING =
            message(false, false, true, 0, null, NotifyMessage.Watchdog.NONE, -1, -1, null);
    static final NotifyMessage PING = message(false, false, false, 0, null, NotifyMessage.Watchdog.PING, -1, -1, null);
    static final NotifyMessage TRIGGER =
            message(false, false, false, 0, null, NotifyMessage.Watchdog.TRIGGER, -1, -1, null);

    private Messages() {}

    static NotifyMessage status(String text) {
        return message(false, false, false, 0, text, NotifyMessage.Watchdog.NONE, -1, -1, null);
    }

    static NotifyMessage mainPid(int pid) {
        return message(false, false, false, pid, null, NotifyMessage.Watchdog.NONE, -1, -1, null);
    }

    static NotifyMessage reloading(long monotonicUsec) {
        return message(false, true, false, 0, null, NotifyMessage.Watchdog.NONE, -1, monotonicUsec, null);
    }

    static NotifyMessage extend(long usec) {
        return message(false, false, false, 0, null, NotifyMessage.Watchdog.NONE, usec, -1, null);
    }

    static NotifyMessage access(NotifyAccess access) {
        return message(false, false, false, 0, null, NotifyMessage.Watchdog.NONE, -1, -1, access);
    }

    static NotifyMessage store() {
        return new NotifyMessage(
                false,
                false,
                false,
                0,
                0,
                false,
                null,
                0,
                null,
                null,
                NotifyMessage.Watchdog.NONE,
                -1,
                -1,
                -1,
                false,
                null,
                true,
                false,
                "simulated",
                true,
                false,
                List.of());
    }

    private static NotifyMessage message(
            boolean ready,
            boolean reloading,
            boolean stopping,
            int mainPid,
            @Nullable String status,
            NotifyMessage.Watchdog watchdog,
            long extendUsec,
            long monotonicUsec,
            @Nullable NotifyAccess access) {
        return new NotifyMessage(
                ready,
                reloading,
                stopping,
                mainPid,
                0,
                false,
                status,
                0,
                null,
                null,
                watchdog,
                -1,
                extendUsec,
                monotonicUsec,
                false,
                access,
                false,
                false,
                null,
                false,
                false,
                List.of());
    }
}
