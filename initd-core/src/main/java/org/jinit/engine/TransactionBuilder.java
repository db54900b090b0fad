package org.jinit.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.TreeSet;
import org.jinit.engine.Transaction.Part;
import org.jinit.model.ServiceName;

/** Works out what a request means: what it pulls in, what it stops first, and whether it must be refused. */
final class TransactionBuilder {
    private final Board board;
    private final Transaction transaction = new Transaction();

    TransactionBuilder(Board board) {
        this.board = board;
    }

    Transaction build() {
        return transaction;
    }

    /** Everything that starting these pulls in, and what conflicts with it. */
    void start(Collection<ServiceCell> cells, Cause cause) {
        ArrayDeque<ServiceCell> open = new ArrayDeque<>();
        for (ServiceCell cell : cells) {
            if (transaction.starts.putIfAbsent(cell, new Part("it was asked for", cause, true)) == null) {
                open.add(cell);
            }
        }
        pullRequired(open);
        refuseInnerConflicts();
        if (!transaction.refused()) {
            pullWanted();
            stopConflicting();
        }
    }

    private void pullRequired(ArrayDeque<ServiceCell> open) {
        while (!open.isEmpty()) {
            ServiceCell cell = open.remove();
            for (ServiceCell requirement : cell.links.requires) {
                if (!transaction.starts.containsKey(requirement)) {
                    transaction.starts.put(requirement, pulled(cell, "requires"));
                    open.add(requirement);
                }
            }
        }
    }

    private static Part pulled(ServiceCell by, String edge) {
        Cause cause = new Cause.ByDependency(by.name, edge, Narrator.PULLED_IN);
        return new Part(by.name + " " + edge + " it", cause, false);
    }

    private void refuseInnerConflicts() {
        for (ServiceCell cell : transaction.starts.keySet()) {
            for (ServiceCell other : cell.links.conflicts) {
                if (transaction.starts.containsKey(other)) {
                    String text = "cannot start " + cell.name + " and " + other.name + " together: they conflict";
                    transaction.refuse(Reply.Code.CONFLICT, text, List.of(cell.name, other.name));
                    return;
                }
            }
        }
    }

    /** What is wanted comes along unless it would conflict with what is needed or up: wants never stand in the way. */
    private void pullWanted() {
        ArrayDeque<ServiceCell> holders = new ArrayDeque<>(transaction.starts.keySet());
        while (!holders.isEmpty()) {
            ServiceCell holder = holders.remove();
            if (holder.satisfies()) {
                continue;
            }
            for (ServiceCell wanted : holder.links.wants) {
                if (transaction.starts.containsKey(wanted) || wanted.satisfies()
                        || board.requests.wouldConflict(wanted, transaction)) {
                    continue;
                }
                ArrayDeque<ServiceCell> open = new ArrayDeque<>(List.of(wanted));
                transaction.starts.put(wanted, pulled(holder, "wants"));
                int before = transaction.starts.size();
                pullRequired(open);
                holders.add(wanted);
                if (transaction.starts.size() > before) {
                    holders.addAll(
                            new ArrayList<>(transaction.starts.keySet()).subList(before, transaction.starts.size()));
                }
            }
        }
    }

    private void stopConflicting() {
        LinkedHashMap<ServiceCell, ServiceCell> victims = new LinkedHashMap<>();
        ArrayList<ServiceCell> comingUp = new ArrayList<>(transaction.starts.keySet());
        comingUp.addAll(transaction.restarts.keySet());
        for (ServiceCell cell : comingUp) {
            for (ServiceCell other : cell.links.conflicts) {
                if (other.live() || other.wantedUp()) {
                    victims.putIfAbsent(other, cell);
                }
            }
        }
        for (var entry : victims.entrySet()) {
            ServiceCell victim = entry.getKey();
            ServiceCell by = entry.getValue();
            Cause cause = new Cause.ByDependency(by.name, "conflicts", Narrator.MAKES_WAY);
            transaction.stops.put(victim, new Part(by.name + " conflicts with it", cause, false));
        }
        for (var entry : victims.entrySet()) {
            for (ServiceCell dependent : entry.getKey().requirers) {
                if (dependent.active() && !transaction.stops.containsKey(dependent)) {
                    String text = "cannot start " + entry.getValue().name + ": it conflicts with " + entry.getKey().name
                            + ", which " + dependent.name + " requires";
                    transaction.refuse(Reply.Code.CONFLICT, text, List.of(entry.getKey().name, dependent.name));
                }
            }
        }
    }

    /** These, the parts of them, and, when allowed, what requires them. */
    void stop(Collection<ServiceCell> cells, boolean withDependents, Cause cause) {
        reach(transaction.stops, cells, withDependents, cause, "stop", Narrator.STOPPED);
    }

    /** What is down of these is started, the others restarted, with their parts and, when allowed, what requires them. */
    void restart(Collection<ServiceCell> cells, boolean withDependents, Cause cause) {
        reach(transaction.restarts, cells, withDependents, cause, "restart", Narrator.RESTARTED);
        refuseConflictsAmong(cells);
        if (transaction.refused()) {
            return;
        }
        ArrayList<ServiceCell> down = new ArrayList<>();
        for (ServiceCell cell : cells) {
            if (!cell.live()) {
                down.add(cell);
            }
        }
        if (!down.isEmpty()) {
            start(down, cause);
        } else {
            stopConflicting();
        }
        for (ServiceCell victim : transaction.stops.keySet()) {
            if (cells.contains(victim)) {
                String text = "cannot restart " + list(cells) + " together: " + victim.name + " conflicts";
                transaction.refuse(Reply.Code.CONFLICT, text, List.of(victim.name));
                return;
            }
        }
    }

    private void refuseConflictsAmong(Collection<ServiceCell> cells) {
        for (ServiceCell cell : cells) {
            for (ServiceCell other : cell.links.conflicts) {
                if (cells.contains(other)) {
                    String text = "cannot start " + cell.name + " and " + other.name + " together: they conflict";
                    transaction.refuse(Reply.Code.CONFLICT, text, List.of(cell.name, other.name));
                    return;
                }
            }
        }
    }

    private void reach(
            LinkedHashMap<ServiceCell, Part> into,
            Collection<ServiceCell> cells,
            boolean withDependents,
            Cause cause,
            String verb,
            String what) {
        ArrayDeque<ServiceCell> open = new ArrayDeque<>();
        for (ServiceCell cell : cells) {
            if (into.putIfAbsent(cell, new Part("it was asked for", cause, true)) == null) {
                open.add(cell);
            }
        }
        LinkedHashSet<ServiceCell> missing = new LinkedHashSet<>();
        while (!open.isEmpty()) {
            ServiceCell cell = open.remove();
            for (ServiceCell part : cell.links.parts) {
                if (part.active() && !into.containsKey(part)) {
                    Cause passedOn = new Cause.ByDependency(cell.name, "part-of", what);
                    into.put(part, new Part("it is part of " + cell.name, passedOn, false));
                    open.add(part);
                }
            }
            for (ServiceCell dependent : cell.requirers) {
                if (!dependent.active() || into.containsKey(dependent)) {
                    continue;
                }
                if (!withDependents) {
                    missing.add(dependent);
                    continue;
                }
                Cause passedOn = new Cause.ByDependency(cell.name, "requires", what);
                into.put(dependent, new Part("it requires " + cell.name, passedOn, false));
                open.add(dependent);
            }
        }
        missing.removeAll(into.keySet());
        refuseDependents(cells, missing, verb);
    }

    private void refuseDependents(Collection<ServiceCell> cells, LinkedHashSet<ServiceCell> missing, String verb) {
        if (missing.isEmpty()) {
            return;
        }
        TreeSet<ServiceName> names = new TreeSet<>();
        for (ServiceCell cell : missing) {
            names.add(cell.name);
        }
        String text = "cannot " + verb + " " + list(cells) + ": needed by " + join(names)
                + " (with --with-dependents they stop first)";
        transaction.refuse(Reply.Code.HAS_DEPENDENTS, text, List.copyOf(names));
    }

    private static String list(Collection<ServiceCell> cells) {
        TreeSet<ServiceName> names = new TreeSet<>();
        for (ServiceCell cell : cells) {
            names.add(cell.name);
        }
        return join(names);
    }

    static String join(Collection<ServiceName> names) {
        ArrayList<String> texts = new ArrayList<>();
        for (ServiceName name : names) {
            texts.add(name.value());
        }
        return String.join(", ", texts);
    }
}
