package org.jinit.simulate;

import java.util.List;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.ServiceView;
import org.jinit.graph.Catalog;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** What is simulated: the engine, or one with a mutation. */
public interface Machine {
    List<Effect> step(Event event, long nowNanos);

    /** Null when it knows no such service. */
    @Nullable ServiceView view(ServiceName name);

    /** Makes a machine in its first state. */
    interface Factory {
        Machine create(Catalog catalog, long seed);
    }
}
