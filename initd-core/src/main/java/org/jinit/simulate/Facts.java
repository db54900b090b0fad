package org.jinit.simulate;

import java.util.Set;
import org.jinit.engine.RunId;
import org.jinit.engine.ServiceView;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** What is really so, which the engine can only believe: for invariants to compare. */
interface Facts {
    @Nullable ServiceView view(ServiceName name);

    /** How many processes of earlier runs of the service live that a stop had to end, but for those of runs that were given up. */
    int aliveOfOthers(RunId run, Set<RunId> givenUp);

    /** How many processes of the service live that a stop has to end, but for those of runs that were given up. */
    int aliveOf(ServiceName name, Set<RunId> givenUp);

    /** Runs that were prepared and not released. */
    int openRuns();

    int armedTimers();
}
