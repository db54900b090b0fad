package org.jinit.simulate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.ProcessId;
import org.jinit.engine.RunId;
import org.jinit.engine.TimerKey;

/** One line per step. The last lines are kept as values and become text only when somebody reads them; a hash covers all. */
final class Trace {
    private record Entry(long nanos, Event event, List<Effect> effects) {}

    private static final double MILLION = 1e6;

    private final ArrayDeque<Entry> last = new ArrayDeque<>();
    private final int kept;
    private long hash = 1;
    private long steps;

    Trace(int kept) {
        this.kept = kept;
    }

    void add(long nanos, Event event, List<Effect> effects) {
        steps++;
        last.add(new Entry(nanos, event, effects));
        if (last.size() > kept) {
            last.remove();
        }
        hash = SimRandom.mix(hash * 31 + nanos);
        hash = hash * 31 + EventHash.of(event);
        for (Effect effect : effects) {
            hash = hash * 31 + EventHash.of(effect);
        }
    }

    long hash() {
        return hash;
    }

    long steps() {
        return steps;
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (Entry entry : last) {
            StringBuilder line = new StringBuilder(String.format(
                    java.util.Locale.ROOT, "%12.3f ms  %s", entry.nanos / MILLION, text(entry.event)));
            for (Effect effect : entry.effects) {
                line.append("\n                  -> ").append(text(effect));
            }
            lines.add(line.toString());
        }
        return lines;
    }

    private static String text(Event event) {
        if (event instanceof Event.CatalogLoaded loaded) {
            return "CatalogLoaded[" + loaded.request() + ", " + loaded.catalog().services().keySet() + ", apply="
                    + loaded.apply() + "]";
        }
        return event.toString();
    }

    private static String text(Effect effect) {
        return switch (effect) {
            case Effect.Prepare(RunId run, var ignored) -> "Prepare[" + run + "]";
            case Effect.Signal(RunId run, ProcessId process, int signal) ->
                "Signal[" + run + ", " + process.value() + ", " + org.jinit.model.Signals.name(signal) + "]";
            case Effect.ArmTimer(TimerKey key, long deadline) ->
                "ArmTimer[" + key.run() + " " + key.purpose() + " at "
                        + String.format(java.util.Locale.ROOT, "%.3f ms", deadline / MILLION) + "]";
            case Effect.Publish(var t) ->
                "Publish[" + t.service() + "#" + t.generation() + " " + t.from() + " -> " + t.to() + ": " + t.cause()
                        + "]";
            default -> effect.toString();
        };
    }
}
