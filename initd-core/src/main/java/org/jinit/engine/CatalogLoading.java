package org.jinit.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;
import org.jinit.engine.ServiceCell.After;
import org.jinit.engine.ServiceCell.Links;
import org.jinit.engine.Transaction.Part;
import org.jinit.graph.Catalog;
import org.jinit.graph.Edge;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** The catalogue in force: taken over whole or not at all; what runs keeps the definition that it started with. */
final class CatalogLoading {
    private final Board board;
    private boolean conflicts;
    /** A service that comes back must not use a generation again: late events of its former life would count. */
    private long forgottenGeneration;

    CatalogLoading(Board board) {
        this.board = board;
    }

    boolean anyConflicts() {
        return conflicts;
    }

    boolean enabled(ServiceCell cell) {
        return board.overlay.getOrDefault(cell.name, !cell.removed && cell.loaded.enabled());
    }

    /** A service by name; an instance of a template is made when it is asked for first. Null when there is none. */
    @Nullable ServiceCell known(ServiceName name) {
        ServiceCell cell = board.cell(name);
        if (cell != null || !board.catalog.knows(name)) {
            return cell;
        }
        Catalog larger = board.catalog.withInstance(name);
        if (!larger.valid()) {
            return null;
        }
        adopt(larger);
        return board.cell(name);
    }

    /** Takes over a catalogue. */
    void adopt(Catalog catalog) {
        board.catalog = catalog;
        conflicts = false;
        for (ServiceDefinition definition : catalog.services().values()) {
            ServiceCell cell = board.cell(definition.name());
            if (cell == null) {
                cell = new ServiceCell(definition.name(), definition);
                cell.sinceNanos = board.now;
                cell.generation = forgottenGeneration;
                board.add(cell);
            }
            cell.loaded = definition;
            cell.removed = false;
        }
        for (ServiceCell cell : new ArrayList<>(board.cells.values())) {
            if (catalog.find(cell.name) == null) {
                remove(cell);
            } else {
                cell.links = links(catalog, cell.name);
                conflicts |= !cell.links.conflicts.isEmpty();
            }
            cell.gateIndex = 0;
            board.intent(cell);
            board.check(cell);
        }
    }

    /** Gone from the catalogue: what is up or on its way goes on with what it had, the rest is forgotten. */
    private void remove(ServiceCell cell) {
        cell.removed = true;
        ArrayList<After> kept = new ArrayList<>();
        for (After after : cell.links.after) {
            if (after.requires()) {
                kept.add(after);
            }
        }
        Links old = cell.links;
        cell.links = new Links(old.requires, old.wants, kept, List.of(), List.of(), List.of());
        if (!cell.active()) {
            cell.explicit = false;
            cell.wanters.clear();
        }
    }

    /** Forgets a service that has no definition any more, once nobody wants it. */
    void dropIfGone(ServiceCell cell) {
        if (cell.removed && !cell.live() && !cell.wantedUp() && cell.requirers.isEmpty()) {
            board.remove(cell);
            forgottenGeneration = Math.max(forgottenGeneration, cell.generation);
        }
    }

    private Links links(Catalog catalog, ServiceName name) {
        ArrayList<After> after = new ArrayList<>();
        for (Edge edge : catalog.orderedAfter(name)) {
            ServiceCell earlier = board.cell(edge.earlier());
            if (earlier != null) {
                after.add(new After(earlier, edge.kind() == Edge.Kind.REQUIRES));
            }
        }
        ArrayList<ServiceCell> before = new ArrayList<>();
        for (Edge edge : catalog.orderedBefore(name)) {
            ServiceCell later = board.cell(edge.later());
            if (later != null) {
                before.add(later);
            }
        }
        return new Links(
                cells(catalog.requiresOf(name)),
                cells(catalog.wantsOf(name)),
                List.copyOf(after),
                List.copyOf(before),
                cells(catalog.conflictsOf(name)),
                cells(catalog.partOfReverse(name)));
    }

    private List<ServiceCell> cells(List<ServiceName> names) {
        ArrayList<ServiceCell> cells = new ArrayList<>(names.size());
        for (ServiceName name : names) {
            ServiceCell cell = board.cell(name);
            if (cell != null) {
                cells.add(cell);
            }
        }
        return List.copyOf(cells);
    }

    /** An event CatalogLoaded. */
    void loaded(Event.CatalogLoaded event) {
        RequestId id = event.request();
        Catalog catalog = withInstances(event.catalog());
        String refusal = board.shutdown.under()
                ? "jinitd is shutting down"
                : catalog.valid() ? null : "it has errors";
        if (refusal != null) {
            Reply.Code code = board.shutdown.under() ? Reply.Code.SHUTTING_DOWN : Reply.Code.INVALID;
            board.jobs.reply(id, new Reply.Refused(code, "cannot load the definitions: " + refusal, List.of()));
            return;
        }
        Requester who = event.who();
        Cause cause = who == null || id == null
                ? new Cause.ByCatalog("the definitions were read again")
                : new Cause.ByRequest(who, "reload-config", id);
        if (event.plan() || event.commit() != null) {
            Reply.Planned planned = plan(catalog, event.apply(), cause);
            if (event.plan()) {
                board.jobs.reply(id, planned);
                return;
            }
            if (!planned.hash().equals(event.commit())) {
                String text = "cannot carry out the plan: things have changed since it was made";
                board.jobs.reply(id, new Reply.Refused(Reply.Code.PLAN_MOVED, text, List.of()));
                return;
            }
        }
        takeOver(id, catalog, event.apply(), cause);
    }

    private void takeOver(@Nullable RequestId id, Catalog catalog, boolean apply, Cause cause) {
        TreeSet<ServiceName> before = new TreeSet<>();
        for (ServiceCell cell : board.cells.values()) {
            if (!cell.removed && enabled(cell)) {
                before.add(cell.name);
            }
        }
        if (!catalog.digest().equals(board.catalog.digest())
                || !catalog.services().keySet().equals(board.catalog.services().keySet())) {
            adopt(catalog);
        }
        if (!apply) {
            board.settle();
            board.jobs.reply(id, new Reply.Done(List.of()));
            return;
        }
        Transaction transaction = applying(before, cause);
        Reply.Refused refusal = transaction.refusal;
        if (refusal != null) {
            board.settle();
            board.jobs.reply(id, refusal);
            return;
        }
        board.requests.apply(transaction);
        TreeSet<ServiceCell> awaited = new TreeSet<>((a, b) -> a.name.compareTo(b.name));
        awaited.addAll(transaction.restarts.keySet());
        awaited.addAll(transaction.starts.keySet());
        board.settle();
        if (id != null) {
            board.jobs.open(id, Jobs.Kind.START, awaited);
        }
    }

    /** What applying the catalogue in force means: stop what is gone, restart what changed, start what is new and enabled. */
    private Transaction applying(TreeSet<ServiceName> enabledBefore, Cause cause) {
        ArrayList<ServiceCell> gone = new ArrayList<>();
        ArrayList<ServiceCell> changed = new ArrayList<>();
        ArrayList<ServiceCell> fresh = new ArrayList<>();
        for (ServiceCell cell : board.cells.values()) {
            if (cell.removed) {
                gone.add(cell);
            } else if (changed(cell)) {
                if (cell.wantedUp()) {
                    changed.add(cell);
                }
            } else if (!cell.live() && enabled(cell)
                    && (!enabledBefore.contains(cell.name) || failedAndChanged(cell))
                    && !needsWhatWasStopped(cell)) {
                if (board.requests.wouldConflict(cell)) {
                    board.warn(cell, "cannot start it: a service that is up conflicts");
                } else {
                    fresh.add(cell);
                }
            }
        }
        TransactionBuilder builder = new TransactionBuilder(board);
        builder.restart(changed, true, cause);
        for (ServiceCell cell : gone) {
            builder.build().restarts.remove(cell);
            builder.build().stops.put(cell, new Part("its definition is gone", cause, false));
        }
        if (!fresh.isEmpty()) {
            builder.start(fresh, cause);
        }
        return builder.build();
    }

    /** An explicit stop beats what a new definition wants. */
    private static boolean needsWhatWasStopped(ServiceCell cell) {
        HashSet<ServiceCell> seen = new HashSet<>(List.of(cell));
        ArrayDeque<ServiceCell> open = new ArrayDeque<>(seen);
        while (!open.isEmpty()) {
            ServiceCell next = open.remove();
            if (next.stopAsked) {
                return true;
            }
            for (ServiceCell requirement : next.links.requires) {
                if (seen.add(requirement)) {
                    open.add(requirement);
                }
            }
        }
        return false;
    }

    /** It failed, and somebody mended its definition since. */
    private static boolean failedAndChanged(ServiceCell cell) {
        String ran = cell.ranDigest;
        return cell.state == State.FAILED && !cell.stopAsked && ran != null && !ran.equals(cell.loaded.digest());
    }

    /** Whether it runs with another definition than the catalogue's, or the catalogue has none. */
    static boolean changed(ServiceCell cell) {
        Run run = cell.run;
        return run != null && (cell.removed || !run.definition.digest().equals(cell.loaded.digest()));
    }

    /** The plan of a catalogue that is not taken over: worked out on what the names say, without edges that are new. */
    private Reply.Planned plan(Catalog catalog, boolean apply, Cause cause) {
        Transaction transaction = new Transaction();
        if (apply) {
            TransactionBuilder builder = new TransactionBuilder(board);
            ArrayList<ServiceCell> changed = new ArrayList<>();
            for (ServiceCell cell : board.cells.values()) {
                ServiceDefinition next = catalog.find(cell.name);
                Run run = cell.run;
                if (next != null && run != null && !run.definition.digest().equals(next.digest())) {
                    changed.add(cell);
                }
            }
            builder.restart(changed, true, cause);
            transaction = builder.build();
            for (ServiceCell cell : board.cells.values()) {
                if (catalog.find(cell.name) == null && cell.active()) {
                    transaction.restarts.remove(cell);
                    transaction.stops.put(cell, new Part("its definition is gone", cause, false));
                }
            }
            for (ServiceDefinition next : catalog.services().values()) {
                ServiceCell known = board.cell(next.name());
                boolean on = board.overlay.getOrDefault(next.name(), next.enabled());
                if (known == null && on) {
                    ServiceCell cell = new ServiceCell(next.name(), next);
                    transaction.starts.put(cell, new Part("it is new and enabled", cause, true));
                }
            }
        }
        return Plans.planned(board, transaction);
    }

    /** Instances that were started on request go on to be services if their template is still there. */
    private Catalog withInstances(Catalog catalog) {
        ArrayList<ServiceName> instances = new ArrayList<>();
        for (ServiceCell cell : board.cells.values()) {
            if (cell.name.instance() != null && catalog.find(cell.name) == null && catalog.knows(cell.name)) {
                if (cell.live() || cell.wantedUp()) {
                    instances.add(cell.name);
                }
            }
        }
        return instances.isEmpty() ? catalog : Catalog.of(catalog.definitions(), instances);
    }
}
