package org.jinit.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jinit.graph.Catalog;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** The state machine. Not thread-safe: one writer. */
public final class Engine {
    private final EngineSettings settings;
    private final TreeMap<ServiceName, Boolean> overlay;
    private Catalog catalog;

    /**
     * An engine in which nothing runs.
     *
     * @param initial valid
     * @param enabledOverlay what {@code enable} and {@code disable} said: it beats the definitions
     */
    public Engine(EngineSettings settings, Catalog initial, SortedMap<ServiceName, Boolean> enabledOverlay) {
        this.settings = settings;
        this.catalog = initial;
        this.overlay = new TreeMap<>(enabledOverlay);
    }

    /**
     * Takes one event.
     *
     * @param nowNanos CLOCK_MONOTONIC (MONOTONIC_USEC= of notify messages is compared with it); never less than the step before
     * @return what to do, in this order
     */
    public List<Effect> step(Event event, long nowNanos) {
        return new ArrayList<>();
    }

    /** What can be said of a service now; null when there is no such service. */
    public @Nullable ServiceView view(ServiceName name) {
        return null;
    }

    /** All services, by name. */
    public List<ServiceView> views() {
        return List.of();
    }

    /** The last transitions of a service (at most 16), the oldest first. */
    public List<Transition> history(ServiceName name) {
        return List.of();
    }

    /** The catalogue in force, with the instances that were started on request. */
    public Catalog catalog() {
        return catalog;
    }

    /** Whether the boot set has settled. */
    public boolean bootSettled() {
        return false;
    }

    /** Whether a shutdown is under way. */
    public boolean shuttingDown() {
        return false;
    }

    EngineSettings settings() {
        return settings;
    }

    SortedMap<ServiceName, Boolean> overlay() {
        return overlay;
    }
}
