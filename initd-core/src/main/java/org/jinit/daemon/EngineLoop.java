package org.jinit.daemon;

import java.util.ArrayDeque;
import java.util.List;
import org.jinit.engine.Effect;
import org.jinit.engine.Engine;
import org.jinit.engine.Event;
import org.jspecify.annotations.Nullable;

/**
 * Feeds the engine, one event after the other, and has its effects carried out. For the reactor's thread only. An event that arrives while
 * another is being handled waits for its turn.
 */
final class EngineLoop {
    /** Carries out one effect; what fails is answered by an event. */
    interface Effects {
        void execute(Effect effect);
    }

    private record Entry(Event event, @Nullable Runnable after) {}

    private final Engine engine;
    private final ArrayDeque<Entry> queue = new ArrayDeque<>();
    private @Nullable Effects effects;
    private boolean running;

    EngineLoop(Engine engine) {
        this.engine = engine;
    }

    void start(Effects executor) {
        effects = executor;
    }

    Engine engine() {
        return engine;
    }

    void submit(Event event) {
        submit(event, null);
    }

    /** @param after runs when the event's effects have been carried out */
    void submit(Event event, @Nullable Runnable after) {
        queue.add(new Entry(event, after));
        if (running) {
            return;
        }
        running = true;
        try {
            for (Entry next = queue.poll(); next != null; next = queue.poll()) {
                handle(next);
            }
        } finally {
            running = false;
        }
    }

    private void handle(Entry entry) {
        List<Effect> wanted = engine.step(entry.event(), System.nanoTime());
        Effects executor = effects;
        if (executor == null) {
            throw new IllegalStateException("the loop has not been started");
        }
        for (Effect effect : wanted) {
            executor.execute(effect);
        }
        if (entry.after() != null) {
            entry.after().run();
        }
    }
}
