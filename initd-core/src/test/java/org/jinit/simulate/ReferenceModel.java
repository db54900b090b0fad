package org.jinit.simulate;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jinit.engine.Event;
import org.jinit.engine.State;
import org.jinit.graph.Catalog;
import org.jinit.model.ServiceName;
import org.jinit.model.ServiceType;

/**
 * What the documentation says, written down naively: in a world where nothing fails and every request comes when the one before has come
 * true, which services are up? No processes, no time, no order; only who wants whom.
 */
final class ReferenceModel {
    private static final class Node {
        /** A person asked for it, or boot did. */
        boolean root;
        /** Those that are up and require it. */
        final TreeSet<ServiceName> requirers = new TreeSet<>();
        /** Those that are up and pulled it in because they want it. */
        final TreeSet<ServiceName> wanters = new TreeSet<>();
        boolean up;
    }

    private final Catalog catalog;
    private final TreeMap<ServiceName, Node> nodes = new TreeMap<>();
    private final ArrayDeque<ServiceName> raised = new ArrayDeque<>();
    /** What makes way in the request under way, and is there until it has stopped. */
    private final TreeSet<ServiceName> leaving = new TreeSet<>();

    ReferenceModel(Catalog catalog) {
        this.catalog = catalog;
        for (ServiceName name : catalog.services().keySet()) {
            nodes.put(name, new Node());
        }
    }

    private Node node(ServiceName name) {
        Node node = nodes.get(name);
        if (node == null) {
            throw new IllegalArgumentException("not in the model: " + name);
        }
        return node;
    }

    void boot() {
        for (var definition : catalog.services().values()) {
            if (definition.enabled()) {
                node(definition.name()).root = true;
                raise(definition.name());
            }
        }
        pullWanted();
    }

    /** Does what the request asks for; says whether it is accepted. */
    boolean apply(Event.Request request) {
        for (ServiceName name : request.names()) {
            if (!nodes.containsKey(name)) {
                return false;
            }
        }
        return switch (request) {
            case Event.Request.Start start -> start(start.names());
            case Event.Request.Stop stop -> stop(stop.names(), stop.withDependents());
            case Event.Request.Restart restart -> restart(restart.names(), restart.withDependents());
            case Event.Request.Reload ignored -> true;
            case Event.Request.Signal ignored -> true;
            case Event.Request.Reset ignored -> true;
        };
    }

    private boolean start(Collection<ServiceName> names) {
        SortedSet<ServiceName> needed = catalog.requiredClosure(names);
        TreeSet<ServiceName> displaced = new TreeSet<>();
        for (ServiceName name : needed) {
            for (ServiceName other : catalog.conflictsOf(name)) {
                if (needed.contains(other)) {
                    return false;
                }
                if (node(other).up) {
                    displaced.add(other);
                }
            }
        }
        for (ServiceName other : displaced) {
            if (!dependentsUp(other, displaced).isEmpty()) {
                return false;
            }
        }
        displaced.forEach(this::putDown);
        leaving.addAll(displaced);
        for (ServiceName name : names) {
            node(name).root = true;
        }
        needed.forEach(this::raise);
        pullWanted();
        leaving.clear();
        return true;
    }

    private boolean stop(Collection<ServiceName> names, boolean withDependents) {
        SortedSet<ServiceName> all = passedOn(names);
        SortedSet<ServiceName> dependents = new TreeSet<>();
        for (ServiceName name : all) {
            dependents.addAll(dependentsUp(name, all));
        }
        if (!dependents.isEmpty() && !withDependents) {
            return false;
        }
        if (withDependents) {
            all = withDependents(all);
        }
        all.forEach(this::putDown);
        return true;
    }

    /** Nothing is different afterwards, but what was down is up; a task that is done runs again. */
    private boolean restart(Collection<ServiceName> names, boolean withDependents) {
        for (ServiceName name : names) {
            if (catalog.conflictsOf(name).stream().anyMatch(names::contains)) {
                return false;
            }
        }
        SortedSet<ServiceName> all = passedOn(names);
        for (ServiceName name : all) {
            if (node(name).up && !withDependents && !dependentsUp(name, all).isEmpty()) {
                return false;
            }
        }
        List<ServiceName> down = names.stream().filter(name -> !runs(name)).toList();
        return down.isEmpty() || start(down);
    }

    /** Those that require it directly and are up, but for some. */
    private SortedSet<ServiceName> dependentsUp(ServiceName name, Collection<ServiceName> but) {
        TreeSet<ServiceName> found = new TreeSet<>();
        for (ServiceName dependent : catalog.requiredBy(name)) {
            if (runs(dependent) && !but.contains(dependent)) {
                found.add(dependent);
            }
        }
        return found;
    }

    /** A task that is done misses nothing when something it required goes down. */
    private boolean runs(ServiceName name) {
        return node(name).up
                && java.util.Objects.requireNonNull(catalog.services().get(name)).type() != ServiceType.TASK;
    }

    /** With what is part of them and up, again and again. */
    private SortedSet<ServiceName> passedOn(Collection<ServiceName> names) {
        TreeSet<ServiceName> all = new TreeSet<>(names);
        ArrayDeque<ServiceName> open = new ArrayDeque<>(names);
        while (!open.isEmpty()) {
            for (ServiceName part : catalog.partOfReverse(open.remove())) {
                if (runs(part) && all.add(part)) {
                    open.add(part);
                }
            }
        }
        return all;
    }

    private SortedSet<ServiceName> withDependents(SortedSet<ServiceName> names) {
        SortedSet<ServiceName> all = new TreeSet<>(names);
        for (int before = -1; before != all.size();) {
            before = all.size();
            for (ServiceName name : List.copyOf(all)) {
                all.addAll(dependentsUp(name, all));
            }
            all.addAll(passedOn(all));
        }
        return all;
    }

    private void raise(ServiceName name) {
        Node node = node(name);
        if (node.up) {
            return;
        }
        node.up = true;
        for (ServiceName required : catalog.requiresOf(name)) {
            node(required).requirers.add(name);
            raise(required);
        }
        raised.add(name);
    }

    /** What is wanted comes when all that is required is up, if it fits. */
    private void pullWanted() {
        while (!raised.isEmpty()) {
            ServiceName name = raised.remove();
            for (ServiceName wanted : catalog.wantsOf(name)) {
                if (node(wanted).up || fits(wanted)) {
                    node(wanted).wanters.add(name);
                    raise(wanted);
                }
            }
        }
    }

    /** Whether it can come up without anything else making way. */
    private boolean fits(ServiceName wanted) {
        SortedSet<ServiceName> needed = catalog.requiredClosure(List.of(wanted));
        for (ServiceName name : needed) {
            for (ServiceName other : catalog.conflictsOf(name)) {
                if (node(other).up || leaving.contains(other) || needed.contains(other)) {
                    return false;
                }
            }
        }
        return true;
    }

    private void putDown(ServiceName name) {
        Node node = node(name);
        node.root = false;
        node.wanters.clear();
        lower(name);
    }

    private void lower(ServiceName name) {
        Node node = node(name);
        if (!node.up) {
            return;
        }
        node.up = false;
        for (ServiceName held : nodes.keySet()) {
            Node other = node(held);
            boolean required = other.requirers.remove(name);
            boolean released = other.wanters.remove(name) || required;
            if (released && other.requirers.isEmpty() && other.wanters.isEmpty() && !other.root) {
                lower(held);
            }
        }
    }

    SortedMap<ServiceName, State> states() {
        TreeMap<ServiceName, State> states = new TreeMap<>();
        nodes.forEach((name, node) -> {
            ServiceType type = java.util.Objects.requireNonNull(catalog.services().get(name)).type();
            states.put(name, !node.up ? State.STOPPED : type == ServiceType.TASK ? State.DONE : State.RUNNING);
        });
        return states;
    }
}
