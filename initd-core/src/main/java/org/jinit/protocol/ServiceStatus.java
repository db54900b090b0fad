package org.jinit.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is told of one service, on the wire and by {@code jinitctl status --json}. Lists that were not asked for (brief) are empty.
 *
 * @param type {@code daemon}, {@code task} or {@code target}
 * @param state {@code stopped waiting starting running reloading stopping backoff failed done skipped}
 * @param desired {@code up} or {@code down}
 * @param mainPid null when there is none or it is unknown
 * @param processes pids, ascending
 * @param restarts how often it was restarted by its policy since it was last asked to start
 * @param result how its last run ended: {@code success}, {@code exit-code}, ...; null while the first one goes on
 * @param exitCode of the last main process, null unless it exited
 * @param exitSignal of the last main process, without SIG, null unless it was killed
 * @param statusText what it says of itself (STATUS=)
 * @param statusErrno what it says of itself (ERRNO=), 0: nothing
 * @param cause why it is in its state, in words
 * @param since when it entered its state, RFC 3339 in UTC
 * @param generation counts its runs
 * @param backend how its processes are known: {@code cgroup}, {@code tag}, {@code cgroup-namespace}; null without processes
 * @param enabled whether it starts at boot
 * @param changed the loaded definition is another one than it runs with
 * @param newerOnDisk its files have changed since they were loaded
 * @param crashes how often it died of a crash since it was last asked to start
 * @param lastCrash the last of them, in words
 * @param waitingFor what it waits for, in words
 * @param extra X_ fields of its notify messages, {@code NAME=value}
 * @param lastLines the last lines of its output
 * @param processTree every process, parents before their children
 */
public record ServiceStatus(
        String name,
        @Nullable String description,
        String type,
        String state,
        String desired,
        @Nullable Integer mainPid,
        List<Integer> processes,
        int restarts,
        @Nullable String result,
        @Nullable Integer exitCode,
        @Nullable String exitSignal,
        @Nullable String statusText,
        int statusErrno,
        String cause,
        String since,
        long generation,
        @Nullable String backend,
        boolean enabled,
        boolean changed,
        boolean newerOnDisk,
        int crashes,
        @Nullable String lastCrash,
        @Nullable String health,
        @Nullable String reloadResult,
        List<String> waitingFor,
        List<String> extra,
        List<String> lastLines,
        List<ProcessInfo> processTree) {
    public ServiceStatus {
        processes = List.copyOf(processes);
        waitingFor = List.copyOf(waitingFor);
        extra = List.copyOf(extra);
        lastLines = List.copyOf(lastLines);
        processTree = List.copyOf(processTree);
    }

    static ServiceStatus read(Fields in) throws BadMessageException {
        return new ServiceStatus(
                in.text("name"),
                in.textOrNull("description"),
                in.text("type"),
                in.text("state"),
                in.text("desired"),
                in.integerOrNull("mainPid"),
                in.integers("processes"),
                in.integer("restarts"),
                in.textOrNull("result"),
                in.integerOrNull("exitCode"),
                in.textOrNull("exitSignal"),
                in.textOrNull("statusText"),
                in.integer("statusErrno"),
                in.text("cause"),
                in.text("since"),
                in.number("generation"),
                in.textOrNull("backend"),
                in.flag("enabled"),
                in.flag("changed"),
                in.flag("newerOnDisk"),
                in.integer("crashes"),
                in.textOrNull("lastCrash"),
                in.textOrNull("health"),
                in.textOrNull("reloadResult"),
                in.texts("waitingFor"),
                in.texts("extra"),
                in.texts("lastLines"),
                in.objects("processTree", ProcessInfo::read));
    }

    /** Writes all of it as one object. */
    public void write(JsonOut out) {
        out.object(() -> out.member("name", name)
                .member("description", description)
                .member("type", type)
                .member("state", state)
                .member("desired", desired)
                .member("mainPid", mainPid)
                .member("processes", processes)
                .member("restarts", (long) restarts)
                .member("result", result)
                .member("exitCode", exitCode)
                .member("exitSignal", exitSignal)
                .member("statusText", statusText)
                .member("statusErrno", (long) statusErrno)
                .member("cause", cause)
                .member("since", since)
                .member("generation", generation)
                .member("backend", backend)
                .member("enabled", enabled)
                .member("changed", changed)
                .member("newerOnDisk", newerOnDisk)
                .member("crashes", (long) crashes)
                .member("lastCrash", lastCrash)
                .member("health", health)
                .member("reloadResult", reloadResult)
                .member("waitingFor", waitingFor)
                .member("extra", extra)
                .member("lastLines", lastLines)
                .member("processTree", processTree, ProcessInfo::write));
    }
}
