package org.jinit.simulate;

import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.jinit.engine.Effect;
import org.jinit.engine.Engine;
import org.jinit.engine.EngineSettings;
import org.jinit.engine.Event;
import org.jinit.engine.ServiceView;
import org.jinit.graph.Catalog;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** The engine as it is. */
public final class EngineMachine implements Machine {
    /** So long that a simulated shutdown ends by itself. */
    private static final Duration SHUTDOWN_TIMEOUT = Duration.ofMinutes(10);

    private final Engine engine;

    public EngineMachine(Catalog catalog, long seed) {
        this.engine = new Engine(new EngineSettings(seed, SHUTDOWN_TIMEOUT, false), catalog, new TreeMap<>());
    }

    @Override
    public List<Effect> step(Event event, long nowNanos) {
        return engine.step(event, nowNanos);
    }

    @Override
    public @Nullable ServiceView view(ServiceName name) {
        return engine.view(name);
    }
}
