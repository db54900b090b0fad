package org.jinit.simulate;

import java.util.ArrayList;
import java.util.List;
import org.jinit.engine.Event;
import org.jinit.graph.Catalog;
import org.jinit.model.ServiceName;
import org.jinit.model.Signals;
import org.jspecify.annotations.Nullable;

/** What clients and people do, at random: in bursts, twice, against each other, and to services that do not exist. */
final class WorkloadGenerator {
    private static final long SECOND = 1_000_000_000L;
    private static final int MOST = 14;
    private static final int MOST_OF_A_LONG_LIFE = 120;

    private final SimRandom random;
    private final List<ServiceName> names;
    private final CatalogGenerator editor;
    private final List<SimDefinition> definitions;

    WorkloadGenerator(SimRandom random, CatalogGenerator editor, List<SimDefinition> definitions) {
        this.random = random;
        this.editor = editor;
        this.definitions = definitions;
        this.names = new ArrayList<>(definitions.stream().map(definition -> definition.name).toList());
    }

    /** @param longLife very many */
    List<Ask> asks(boolean longLife) {
        List<Ask> asks = new ArrayList<>();
        long at = 0;
        boolean reloads = random.chance(300);
        for (int i = random.below(longLife ? MOST_OF_A_LONG_LIFE : MOST); i > 0; i--) {
            at += random.chance(500) ? random.between(0, SECOND / 20) : random.between(0, 3 * SECOND);
            Ask ask = ask(at, reloads);
            if (ask != null) {
                asks.add(ask);
                if (random.chance(100) && ask instanceof Ask.Send(long when, Event.Request request)) {
                    asks.add(new Ask.Send(when + random.below(1_000_000), request));
                }
            }
        }
        if (random.chance(50)) {
            asks.add(new Ask.Shutdown(at + random.between(0, SECOND)));
            if (random.chance(300)) {
                asks.add(new Ask.Shutdown(at + random.between(0, 3 * SECOND)));
            }
        }
        return asks;
    }

    private @Nullable Ask ask(long at, boolean reloads) {
        if (reloads && random.chance(250)) {
            Catalog edited = editor.edited(definitions);
            return edited == null ? null : new Ask.Load(at, edited, random.chance(600));
        }
        if (random.chance(150)) {
            int signal = random.pick(Signals.KILL, Signals.SEGV, Signals.TERM, Signals.HUP, Signals.STOP);
            return new Ask.Kill(at, pick(), signal);
        }
        boolean plan = random.chance(80);
        return new Ask.Send(
                at,
                switch (random.below(11)) {
                    case 0, 1, 2 -> new Event.Request.Start(some(), plan, null);
                    case 3, 4, 5 -> new Event.Request.Stop(some(), random.chance(600), plan, null);
                    case 6, 7 -> new Event.Request.Restart(some(), random.chance(600), plan, null);
                    case 8 -> new Event.Request.Reload(some());
                    case 9 ->
                        new Event.Request.Signal(
                                some(), random.pick(Signals.HUP, Signals.USR1, Signals.KILL), random.chance(300));
                    default -> new Event.Request.Reset(some());
                });
    }

    private ServiceName pick() {
        return names.get(random.below(names.size()));
    }

    private List<ServiceName> some() {
        if (random.chance(30)) {
            return List.of(pick(), new ServiceName("nobody-knows-it"));
        }
        List<ServiceName> some = new ArrayList<>();
        for (int i = random.chance(700) ? 1 : 1 + random.below(3); i > 0; i--) {
            ServiceName name = pick();
            if (!some.contains(name)) {
                some.add(name);
            }
        }
        return some;
    }
}
