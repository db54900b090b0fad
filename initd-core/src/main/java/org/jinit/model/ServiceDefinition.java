package org.jinit.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that one definition says, checked and with defaults filled in.
 *
 * @param source where it begins; its drop-ins are in {@code files}
 * @param files every file that it was read from, the definition's first
 * @param digest of everything that was read for it: two definitions are the same when their digests are
 * @param exec null for a target only
 * @param readiness never empty for a daemon; empty for tasks and targets
 * @param notifyAccess null: not said
 */
public record ServiceDefinition(
        ServiceName name,
        SourcePosition source,
        List<String> files,
        String digest,
        @Nullable String description,
        List<String> documentation,
        ServiceType type,
        boolean enabled,
        @Nullable Command exec,
        Hooks hooks,
        List<Readiness> readiness,
        @Nullable Health health,
        Dependencies dependencies,
        RestartPolicy restart,
        SuccessExit successExit,
        StopPolicy stop,
        @Nullable ReloadPolicy reload,
        Timeouts timeouts,
        @Nullable NotifyAccess notifyAccess,
        int fdStore,
        @Nullable String pidFile,
        Execution execution,
        Environment environment,
        Directories directories,
        LogPolicy log,
        List<Condition> conditions,
        @Nullable ExitPolicy exit) {
    public ServiceDefinition {
        files = List.copyOf(files);
        documentation = List.copyOf(documentation);
        readiness = List.copyOf(readiness);
        conditions = List.copyOf(conditions);
    }

    /** Whether the service is given a NOTIFY_SOCKET: several daemons change their behaviour when they see one. */
    public boolean hasNotifySocket() {
        return readiness.stream().anyMatch(Readiness.Notify.class::isInstance)
                || timeouts.watchdog() != null
                || fdStore > 0
                || reload instanceof ReloadPolicy.ByNotify
                || (notifyAccess != null && notifyAccess != NotifyAccess.NONE);
    }

    /** The access in force at start: what was said, else {@code all}; {@code main} where a socket is needed and none was said. */
    public NotifyAccess effectiveNotifyAccess() {
        if (notifyAccess == null) {
            return NotifyAccess.ALL;
        }
        return notifyAccess == NotifyAccess.NONE && hasNotifySocket() ? NotifyAccess.MAIN : notifyAccess;
    }
}
