package org.jinit.engine;

import org.jspecify.annotations.Nullable;

/** What a timer is for. At most one per key is armed; arming again moves it. @param run null for the manager's own (SHUTDOWN) */
public record TimerKey(@Nullable RunId run, Purpose purpose) {
    /** Why something is waited for. */
    public enum Purpose {
        /** {@code start-timeout}, from the first before-start command. */
        START,
        /** {@code ready.timeout} of the entry that is awaited. */
        READY_ENTRY,
        /** The time after a launcher's honest-looking exit in which its daemon must not die. */
        SETTLE,
        /** The 50 ms after exec in which an exit is told to the {@code start} that asked. */
        EARLY_EXIT,
        /** A hook's own timeout. */
        HOOK,
        RUN,
        WATCHDOG,
        RELOAD,
        /** {@code stop.timeout}: after it comes KILL. */
        STOP,
        /** After KILL: what is still there then cannot be killed. */
        KILL,
        /** The time that a main process that ended may take to name its successor in the pid file. */
        SUCCESSOR,
        RESTART_DELAY,
        SHUTDOWN
    }
}
