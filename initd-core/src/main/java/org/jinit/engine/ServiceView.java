package org.jinit.engine;

import java.util.List;
import org.jinit.model.ExitStatus;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/**
 * What can be said of a service right now.
 *
 * @param definition the one it runs with; else the catalogue's
 * @param changed the catalogue has a different one than it runs with, or none
 * @param mainPid 0 when there is none or it is unknown; for people only
 * @param sinceNanos when it entered the state
 * @param waitingFor what a waiting service waits for, for people
 * @param crashes how often it died of a crash since it was last asked to start, with the last one's story
 * @param extra X_ fields of notify messages, {@code NAME=value}
 */
public record ServiceView(
        ServiceName name,
        ServiceDefinition definition,
        boolean changed,
        State state,
        boolean desiredUp,
        long generation,
        @Nullable ProcessId main,
        int mainPid,
        int restarts,
        Result result,
        @Nullable ExitStatus exit,
        @Nullable String statusText,
        int statusErrno,
        @Nullable String reloadResult,
        @Nullable String health,
        Cause cause,
        long sinceNanos,
        List<String> waitingFor,
        int crashes,
        @Nullable String lastCrash,
        List<String> extra) {}
