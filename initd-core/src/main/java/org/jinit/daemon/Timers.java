package org.jinit.daemon;

import java.util.HashMap;
import java.util.Map;
import org.jinit.engine.Event;
import org.jinit.engine.TimerKey;
import org.jinit.linux.Reactor;

/** The engine's timers on the reactor: one for each key. */
final class Timers {
    private final Reactor reactor;
    private final EngineLoop loop;
    private final Map<TimerKey, Reactor.Timer> armed = new HashMap<>();

    Timers(Reactor reactor, EngineLoop loop) {
        this.reactor = reactor;
        this.loop = loop;
    }

    void arm(TimerKey key, long deadlineNanos) {
        Reactor.Timer old = armed.put(key, reactor.arm(deadlineNanos, () -> due(key)));
        if (old != null) {
            old.cancel();
        }
    }

    private void due(TimerKey key) {
        armed.remove(key);
        loop.submit(new Event.TimerDue(key));
    }

    void cancel(TimerKey key) {
        Reactor.Timer timer = armed.remove(key);
        if (timer != null) {
            timer.cancel();
        }
    }
}
