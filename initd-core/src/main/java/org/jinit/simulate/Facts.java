package org.jinit.simulate;

import org.jinit.engine.RunId;
import org.jinit.engine.ServiceView;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** What is really so, which the engine can only believe: for invariants to compare. */
interface Facts {
    @Nullable ServiceView view(ServiceName name);

    /** How many processes of earlier runs of the service live that a stop had to end. */
    int aliveOfOthers(RunId run);

    /** How many processes of the service live that a stop has to end. */
    int aliveOf(ServiceName name);

    /** Runs that were prepared and not released. */
    int openRuns();

    int armedTimers();
}
