package org.jinit.simulate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.Reply;
import org.jinit.engine.RequestId;
import org.jinit.engine.State;
import org.jinit.graph.Catalog;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** Shows every step to every invariant. */
final class Checker {
    private final Ledger book;
    private final List<Invariant> invariants;

    Checker(Catalog catalog, long nowNanos, Facts facts) {
        this.book = new Ledger(catalog, nowNanos);
        List<Invariant> all = new ArrayList<>();
        all.addAll(ProcessInvariants.all(facts));
        all.addAll(OrderInvariants.all(facts));
        all.addAll(StopInvariants.all(facts));
        all.addAll(RestartInvariants.all());
        all.addAll(RequestInvariants.all());
        all.addAll(StateInvariants.all(facts));
        all.sort(Comparator.comparingInt(Invariant::number));
        this.invariants = List.copyOf(all);
    }

    Ledger book() {
        return book;
    }

    /** @throws Invariant.Violation if a promise is broken */
    void step(Event event, boolean stale, List<Effect> effects, long nowNanos) {
        for (Invariant invariant : invariants) {
            invariant.onEvent(book, event, stale, effects);
        }
        book.take(event, nowNanos);
        accept(event, effects);
        for (Effect effect : effects) {
            for (Invariant invariant : invariants) {
                invariant.onEffect(book, event, effect);
            }
            book.take(effect);
        }
        for (Invariant invariant : invariants) {
            invariant.afterStep(book, event);
        }
    }

    void atRest() {
        for (Invariant invariant : invariants) {
            invariant.atRest(book);
        }
    }

    void atEnd() {
        for (Invariant invariant : invariants) {
            invariant.atEnd(book);
        }
    }

    private void accept(Event event, List<Effect> effects) {
        switch (event) {
            case Event.Boot(@Nullable ServiceName target) ->
                book.asked(
                        target == null
                                ? book.catalog().bootSet()
                                : book.catalog().startClosure(List.of(target)));
            case Event.Requested(RequestId id, var who, Event.Request request) -> {
                if (!refused(id, effects)) {
                    accept(request);
                }
            }
            case Event.CatalogLoaded loaded -> {
                if (!loaded.plan() && !(loaded.request() != null && refused(loaded.request(), effects))) {
                    Catalog before = book.catalog();
                    book.loaded(loaded.catalog());
                    if (loaded.apply()) {
                        book.excused(loaded.catalog().services().keySet());
                        book.reset(loaded.catalog().services().keySet());
                        book.asked(newlyEnabled(before, loaded.catalog()));
                        book.asked(failed(loaded.catalog()));
                    }
                }
            }
            default -> {}
        }
    }

    /** An applied catalogue that enables a service asks for it. */
    private static List<ServiceName> newlyEnabled(Catalog before, Catalog after) {
        List<ServiceName> enabled = new ArrayList<>();
        for (ServiceDefinition definition : after.services().values()) {
            ServiceDefinition old = before.find(definition.name());
            if (definition.enabled() && (old == null || !old.enabled())) {
                enabled.add(definition.name());
            }
        }
        return List.copyOf(after.startClosure(enabled));
    }

    /** It starts what failed and was mended since, with all that it needs. */
    private List<ServiceName> failed(Catalog catalog) {
        List<ServiceName> failed = new ArrayList<>();
        for (Entries.Svc service : book.services()) {
            if (service.state == State.FAILED && !service.stopAsked) {
                failed.add(service.name);
            }
        }
        return List.copyOf(catalog.startClosure(failed));
    }

    private void accept(Event.Request request) {
        Catalog catalog = book.catalog();
        switch (request) {
            case Event.Request.Start start -> book.asked(catalog.startClosure(start.names()));
            case Event.Request.Restart restart -> {
                TreeSet<ServiceName> all = new TreeSet<>(catalog.dependentClosure(restart.names()));
                for (ServiceName name : List.copyOf(all)) {
                    all.addAll(catalog.partOfReverse(name));
                }
                book.excused(all);
                book.asked(catalog.startClosure(restart.names()));
            }
            case Event.Request.Stop stop -> book.stopped(stop.names());
            case Event.Request.Reset reset -> book.reset(reset.names());
            case Event.Request.Reload ignored -> {}
            case Event.Request.Signal ignored -> {}
        }
    }

    private static boolean refused(RequestId id, List<Effect> effects) {
        for (Effect effect : effects) {
            if (effect instanceof Effect.Reply(RequestId to, Reply reply)
                    && to.equals(id)
                    && (reply instanceof Reply.Refused || reply instanceof Reply.Planned)) {
                return true;
            }
        }
        return false;
    }
}
