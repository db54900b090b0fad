package org.jinit.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jinit.config.Definitions;
import org.jinit.config.Problems;
import org.jinit.model.Dependencies;
import org.jinit.model.Dependencies.Reference;
import org.jinit.model.Problem;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;

/** Turns definitions into a catalogue, in time linear in services and edges (times the logarithm of sorting). */
final class CatalogBuilder {
    /** So that templates that require ever new instances of each other end. */
    static final int SERVICES_MAX = 20_000;

    private final Definitions definitions;
    private final TreeMap<ServiceName, ServiceDefinition> services;
    private final ArrayList<Problem> problems = new ArrayList<>();
    private final HashMap<ServiceName, Node> byName;
    /** In the order of names, so a node's index compares as its name does. */
    private final ArrayList<Node> nodes;

    private static final SortedMap<ServiceName, Reference> NONE = Collections.emptySortedMap();

    /** One service while its edges are being collected. */
    static final class Node {
        final int index;
        final ServiceDefinition definition;
        SortedMap<ServiceName, Reference> requires = NONE;
        SortedMap<ServiceName, Reference> wants = NONE;
        SortedMap<ServiceName, Reference> partOf = NONE;
        final TreeMap<ServiceName, Reference> conflicts = new TreeMap<>();
        final ArrayList<ServiceName> requiredBy = new ArrayList<>(2);
        final ArrayList<ServiceName> wantedBy = new ArrayList<>(2);
        final ArrayList<ServiceName> parts = new ArrayList<>(0);
        final TreeMap<ServiceName, Edge> orderedAfter = new TreeMap<>();
        final ArrayList<Edge> orderedBefore = new ArrayList<>(2);

        Node(int index, ServiceDefinition definition) {
            this.index = index;
            this.definition = definition;
        }

        ServiceName name() {
            return definition.name();
        }
    }

    CatalogBuilder(Definitions definitions) {
        this.definitions = definitions;
        this.services = new TreeMap<>(definitions.services());
        this.problems.addAll(definitions.problems());
        this.byName = new HashMap<>(services.size() * 2);
        this.nodes = new ArrayList<>(services.size());
    }

    Catalog build(Collection<ServiceName> instances) {
        addInstances(instances);
        for (ServiceDefinition definition : services.values()) {
            Node node = new Node(nodes.size(), definition);
            nodes.add(node);
            byName.put(definition.name(), node);
        }
        CatalogChecks checks = new CatalogChecks(definitions, nodes, byName, problems);
        for (Node node : nodes) {
            addEdges(node, checks);
        }
        for (Node node : nodes) {
            addReverseEdges(node);
        }
        checks.run();
        problems.sort(Problems.BY_PLACE);
        HashMap<ServiceName, Links> links = new HashMap<>(nodes.size() * 2);
        for (Node node : nodes) {
            links.put(node.name(), freeze(node));
        }
        return new Catalog(definitions, services, links, topologicalOrder(), problems);
    }

    /** Adds the instances asked for, and those that services require, want or are part of, until nothing new turns up. */
    private void addInstances(Collection<ServiceName> asked) {
        // One by one, here and below: ArrayDeque's own way of adding many links a lambda, which takes milliseconds at start-up.
        ArrayDeque<ServiceDefinition> open = new ArrayDeque<>(services.size() + 1);
        for (ServiceDefinition definition : services.values()) {
            open.add(definition);
        }
        for (ServiceName name : asked) {
            addInstance(name, open);
        }
        while (!open.isEmpty()) {
            Dependencies edges = open.remove().dependencies();
            addReferenced(edges.requires(), open);
            addReferenced(edges.wants(), open);
            addReferenced(edges.partOf(), open);
        }
    }

    private void addReferenced(List<Reference> references, ArrayDeque<ServiceDefinition> open) {
        for (Reference reference : references) {
            if (services.size() >= SERVICES_MAX && definitions.hasTemplateOf(reference.name())) {
                tooMany(reference);
                open.clear();
                return;
            }
            addInstance(reference.name(), open);
        }
    }

    private void addInstance(ServiceName name, ArrayDeque<ServiceDefinition> open) {
        if (services.containsKey(name) || !definitions.hasTemplateOf(name)) {
            return;
        }
        Definitions.Instance instance = definitions.instantiate(name);
        problems.addAll(instance.problems());
        ServiceDefinition definition = instance.definition();
        if (definition != null) {
            services.put(name, definition);
            open.add(definition);
        }
    }

    private void tooMany(Reference reference) {
        String text = "cannot make service " + reference.name() + " from its template: there would be more than "
                + SERVICES_MAX + " services";
        problems.add(Problem.error(reference.position(), text));
    }

    private void addEdges(Node node, CatalogChecks checks) {
        Dependencies edges = node.definition.dependencies();
        node.requires = checks.collect(node, edges.requires(), CatalogChecks.Key.REQUIRES);
        node.wants = checks.collect(node, edges.wants(), CatalogChecks.Key.WANTS);
        node.partOf = checks.collect(node, edges.partOf(), CatalogChecks.Key.PART_OF);
        for (Reference reference : checks.collect(node, edges.conflicts(), CatalogChecks.Key.CONFLICTS).values()) {
            node.conflicts.putIfAbsent(reference.name(), reference);
            node(reference.name()).conflicts.putIfAbsent(node.name(), new Reference(node.name(), reference.position()));
        }
        order(node, node.requires, Edge.Kind.REQUIRES);
        order(node, node.wants, Edge.Kind.WANTS);
        order(node, checks.collect(node, edges.after(), CatalogChecks.Key.AFTER), Edge.Kind.AFTER);
        for (Reference reference : checks.collect(node, edges.before(), CatalogChecks.Key.BEFORE).values()) {
            Node later = node(reference.name());
            add(later, new Edge(later.name(), node.name(), Edge.Kind.BEFORE, reference.position()));
        }
    }

    private static void order(Node node, SortedMap<ServiceName, Reference> earlier, Edge.Kind kind) {
        for (Reference reference : earlier.values()) {
            add(node, new Edge(node.name(), reference.name(), kind, reference.position()));
        }
    }

    private static void add(Node later, Edge edge) {
        Edge known = later.orderedAfter.get(edge.earlier());
        if (known == null || edge.kind().compareTo(known.kind()) < 0) {
            later.orderedAfter.put(edge.earlier(), edge);
        }
    }

    /** Nodes come in the order of names, so what they add to others' lists is sorted. */
    private void addReverseEdges(Node node) {
        for (ServiceName required : node.requires.keySet()) {
            node(required).requiredBy.add(node.name());
        }
        for (ServiceName wanted : node.wants.keySet()) {
            node(wanted).wantedBy.add(node.name());
        }
        for (ServiceName whole : node.partOf.keySet()) {
            node(whole).parts.add(node.name());
        }
        for (Edge edge : node.orderedAfter.values()) {
            node(edge.earlier()).orderedBefore.add(edge);
        }
    }

    private Node node(ServiceName name) {
        return node(byName, name);
    }

    /** The node of a name that an edge leads to. */
    static Node node(HashMap<ServiceName, Node> byName, ServiceName name) {
        Node found = byName.get(name);
        if (found == null) {
            throw new IllegalStateException("an edge to an undefined service was kept: " + name);
        }
        return found;
    }

    private static Links freeze(Node node) {
        return new Links(
                node.definition,
                List.copyOf(node.requires.keySet()),
                List.copyOf(node.wants.keySet()),
                List.copyOf(node.partOf.keySet()),
                List.copyOf(node.requiredBy),
                List.copyOf(node.wantedBy),
                List.copyOf(node.parts),
                List.copyOf(node.conflicts.keySet()),
                List.copyOf(node.orderedAfter.values()),
                List.copyOf(node.orderedBefore));
    }

    /** Takes away, smallest name first, what waits for nothing that is left. */
    private List<ServiceName> topologicalOrder() {
        int[] waitsFor = new int[nodes.size()];
        PriorityQueue<Integer> free = new PriorityQueue<>();
        for (Node node : nodes) {
            waitsFor[node.index] = node.orderedAfter.size();
            if (waitsFor[node.index] == 0) {
                free.add(node.index);
            }
        }
        ArrayList<ServiceName> order = new ArrayList<>(nodes.size());
        for (Integer next = free.poll(); next != null; next = free.poll()) {
            Node node = nodes.get(next);
            order.add(node.name());
            for (Edge edge : node.orderedBefore) {
                int later = node(edge.later()).index;
                if (--waitsFor[later] == 0) {
                    free.add(later);
                }
            }
        }
        for (Node node : nodes) {
            if (waitsFor[node.index] > 0) {
                order.add(node.name());
            }
        }
        return order;
    }
}
