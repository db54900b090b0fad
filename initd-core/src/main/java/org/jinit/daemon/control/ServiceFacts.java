package org.jinit.daemon.control;

import java.util.List;
import org.jinit.protocol.ProcessInfo;
import org.jspecify.annotations.Nullable;

/**
 * What the engine does not know of a service.
 *
 * @param backend how its processes are known: {@code cgroup}, {@code tag}, {@code cgroup-namespace}; null without processes
 * @param processes pids, ascending
 * @param newerOnDisk its files have changed since they were loaded
 * @param processTree parents before their children; empty when only brief facts were asked for
 * @param lastLines of its output, oldest first; empty when only brief facts were asked for
 */
public record ServiceFacts(
        @Nullable String backend,
        List<Integer> processes,
        boolean newerOnDisk,
        List<ProcessInfo> processTree,
        List<String> lastLines) {
    /** A service without processes. */
    public static final ServiceFacts NONE = new ServiceFacts(null, List.of(), false, List.of(), List.of());

    public ServiceFacts {
        processes = List.copyOf(processes);
        processTree = List.copyOf(processTree);
        lastLines = List.copyOf(lastLines);
    }
}
