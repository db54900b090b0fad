package org.jinit.daemon;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jinit.engine.RunId;
import org.jinit.linux.ProcessTracker;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** The runs between their Prepare and their Release; at most one of a service, but for the moment of a hand-over. */
final class Runs {
    private final ProcessTracker tracker;
    private final Map<RunId, ActiveRun> byId = new LinkedHashMap<>();
    private final Map<ServiceName, ActiveRun> latest = new LinkedHashMap<>();

    Runs(ProcessTracker tracker) {
        this.tracker = tracker;
    }

    void add(ActiveRun run) {
        byId.put(run.id, run);
        latest.put(run.id.service(), run);
    }

    void remove(ActiveRun run) {
        byId.remove(run.id);
        latest.remove(run.id.service(), run);
    }

    @Nullable ActiveRun find(RunId id) {
        return byId.get(id);
    }

    @Nullable ActiveRun of(ServiceName service) {
        return latest.get(service);
    }

    Collection<ActiveRun> all() {
        return byId.values();
    }

    /** The run that a process belongs to, of those that wait for one to stop itself. */
    @Nullable ActiveRun ownerOf(int pid, int pidfd) {
        for (ActiveRun run : byId.values()) {
            if (run.awaitsStopSignal() && tracker.belongs(run.tracked, pid, pidfd)) {
                return run;
            }
        }
        return null;
    }
}
