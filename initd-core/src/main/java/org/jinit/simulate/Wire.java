package org.jinit.simulate;

import java.util.function.Supplier;
import org.jinit.engine.Event;
import org.jspecify.annotations.Nullable;

/** The way to one manager's engine. It is cut when that manager dies: what is under way then arrives nowhere. */
final class Wire {
    /** Takes events to the engine. */
    interface Sink {
        /** @param stale nothing may come of it */
        void deliver(Event event, boolean stale);
    }

    private final SimWorld world;
    private final Sink sink;
    private boolean cut;

    Wire(SimWorld world, Sink sink) {
        this.world = world;
        this.sink = sink;
    }

    /** The event is made when it arrives, for that is when it is looked at; null: nothing arrives. */
    void post(long atNanos, boolean recurring, Supplier<@Nullable Event> event) {
        world.at(atNanos, recurring, () -> {
            Event made = cut ? null : event.get();
            if (made != null) {
                sink.deliver(made, false);
            }
        });
    }

    void deliver(Event event) {
        if (!cut) {
            sink.deliver(event, false);
        }
    }

    void cut() {
        cut = true;
    }
}
