package org.jinit.daemon;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jinit.engine.RunId;
import org.jinit.linux.TrackedRun;
import org.jinit.model.Probe;
import org.jinit.model.Readiness;
import org.jinit.model.ServiceDefinition;
import org.jspecify.annotations.Nullable;

/** What one run of a service has in the world, from its Prepare to its Release. */
final class ActiveRun {
    final RunId id;
    final ServiceDefinition definition;
    /** INVOCATION_ID: 32 hexadecimal digits. */
    final String invocation;
    final TrackedRun tracked;
    /** When it began, of {@link System#nanoTime()}. */
    final long begun = System.nanoTime();
    /** What the definition's environment came to; jinit's own names are added for each process. */
    Map<String, String> environment = Map.of();
    /** The pids of the main processes that were found. */
    final Set<Integer> mainsFound = new HashSet<>();
    /** Whether the main process was found below another one of the service: a monitor, which may start a successor. */
    boolean monitored;
    @Nullable NotifyChannel notify;
    @Nullable ReadyChannel ready;
    /** A line of its output has matched the pattern of its log probe. */
    boolean logMatched;
    /** Who waits for that. */
    @Nullable Runnable logWaiter;
    /** Set once the engine let it go: late events about it are nothing. */
    boolean released;

    ActiveRun(RunId id, ServiceDefinition definition, String invocation, TrackedRun tracked) {
        this.id = id;
        this.definition = definition;
        this.invocation = invocation;
        this.tracked = tracked;
    }

    boolean awaitsStopSignal() {
        return definition.readiness().stream().anyMatch(Readiness.StopSignal.class::isInstance);
    }

    /** The pattern of the readiness probe that looks at the output, null without one. */
    static @Nullable String logPattern(ServiceDefinition definition) {
        for (Readiness readiness : definition.readiness()) {
            if (readiness instanceof Readiness.Probed(Probe probe, var _)
                    && probe.target() instanceof Probe.Log(String regex)) {
                return regex;
            }
        }
        return null;
    }

    Readiness.@Nullable Pipe readyPipe() {
        for (Readiness readiness : definition.readiness()) {
            if (readiness instanceof Readiness.Pipe pipe) {
                return pipe;
            }
        }
        return null;
    }
}
