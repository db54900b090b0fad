package org.jinit.graph;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jinit.config.Definitions;
import org.jinit.model.Problem;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/**
 * The services that are defined, with their edges in both directions, their order, and what is wrong with them. Immutable.
 *
 * <p>What orders: {@code requires}, {@code wants}, {@code after}, and {@code before} in reverse. A service waits for what it is ordered
 * after, so a cycle of these edges of whatever kind would wait for ever, and is an error. {@code part-of} and {@code conflicts} order
 * nothing. An edge to a service that is not defined is a problem and is in no list.
 */
public final class Catalog {
    private final Definitions definitions;
    private final SortedMap<ServiceName, ServiceDefinition> services;
    private final Map<ServiceName, Links> links;
    private final List<ServiceName> topologicalOrder;
    private final List<Problem> problems;
    private final boolean valid;

    Catalog(
            Definitions definitions,
            TreeMap<ServiceName, ServiceDefinition> services,
            HashMap<ServiceName, Links> links,
            List<ServiceName> topologicalOrder,
            List<Problem> problems) {
        this.definitions = definitions;
        this.services = Collections.unmodifiableSortedMap(services);
        this.links = links;
        this.topologicalOrder = List.copyOf(topologicalOrder);
        this.problems = List.copyOf(problems);
        boolean errors = false;
        for (Problem problem : problems) {
            errors |= problem.severity() == Problem.Severity.ERROR;
        }
        this.valid = !errors;
    }

    /** The catalogue of one reading, with the instances that its services require, want or are part of. */
    public static Catalog of(Definitions definitions) {
        return of(definitions, List.of());
    }

    /**
     * As {@link #of(Definitions)}, with these instances of templates too: those that were started on request before a reload, say. One
     * that has no template, or not any more, is left out without a problem.
     */
    public static Catalog of(Definitions definitions, Collection<ServiceName> instances) {
        return new CatalogBuilder(definitions).build(instances);
    }

    /** A catalogue of definitions made in code. */
    public static Catalog of(Collection<ServiceDefinition> definitions) {
        return of(Definitions.of(definitions));
    }

    /**
     * This catalogue with one more instance of a template, and what that pulls in; this one when the service is there already or has no
     * template ({@link #find} tells). Look at {@link #valid()} before using it.
     */
    public Catalog withInstance(ServiceName name) {
        if (links.containsKey(name) || !definitions.hasTemplateOf(name)) {
            return this;
        }
        TreeSet<ServiceName> instances = new TreeSet<>();
        for (ServiceName known : services.keySet()) {
            if (definitions.hasTemplateOf(known)) {
                instances.add(known);
            }
        }
        instances.add(name);
        return of(definitions, instances);
    }

    /** By name. */
    public SortedMap<ServiceName, ServiceDefinition> services() {
        return services;
    }

    public @Nullable ServiceDefinition find(ServiceName name) {
        Links found = links.get(name);
        return found == null ? null : found.definition();
    }

    /** Whether {@link #find} has it, or {@link #withInstance} can. */
    public boolean knows(ServiceName name) {
        return links.containsKey(name) || definitions.hasTemplateOf(name);
    }

    /** The names of the templates, without the {@code @}. */
    public SortedSet<String> templates() {
        return definitions.templates();
    }

    /** What it was made from. */
    public Definitions definitions() {
        return definitions;
    }

    /** What is wrong with the definitions and with their edges, sorted by place. */
    public List<Problem> problems() {
        return problems;
    }

    /** Whether there is no error among the problems; only then may the catalogue be used. */
    public boolean valid() {
        return valid;
    }

    /** Of everything that was read: a reading that is equal changes nothing. */
    public String digest() {
        return definitions.digest();
    }

    public List<ServiceName> requiresOf(ServiceName name) {
        return linksOf(name).requires();
    }

    public List<ServiceName> wantsOf(ServiceName name) {
        return linksOf(name).wants();
    }

    /** Those whose stop and restart are passed on to this one. */
    public List<ServiceName> partOf(ServiceName name) {
        return linksOf(name).partOf();
    }

    public List<ServiceName> requiredBy(ServiceName name) {
        return linksOf(name).requiredBy();
    }

    public List<ServiceName> wantedBy(ServiceName name) {
        return linksOf(name).wantedBy();
    }

    /** Those to which the stop and restart of this one are passed on. */
    public List<ServiceName> partOfReverse(ServiceName name) {
        return linksOf(name).parts();
    }

    /** Symmetric, whichever of the two says it. */
    public List<ServiceName> conflictsOf(ServiceName name) {
        return linksOf(name).conflicts();
    }

    /** What this one waits for when both are in play, sorted by the other's name. */
    public List<Edge> orderedAfter(ServiceName name) {
        return linksOf(name).orderedAfter();
    }

    /** What waits for this one when both are in play, sorted by the other's name. */
    public List<Edge> orderedBefore(ServiceName name) {
        return linksOf(name).orderedBefore();
    }

    /**
     * Every service after all that it is ordered after, by name where the order leaves it open. Members of cycles and what waits for
     * them, which only an invalid catalogue has, come last.
     */
    public List<ServiceName> topologicalOrder() {
        return topologicalOrder;
    }

    /** These and all that they require, directly or not. Names that are not defined are left out. */
    public SortedSet<ServiceName> requiredClosure(Collection<ServiceName> from) {
        return closure(from, this::requiresOf);
    }

    /** These and all that starting them pulls in: what they require or want, directly or not. */
    public SortedSet<ServiceName> startClosure(Collection<ServiceName> from) {
        TreeSet<ServiceName> reached = new TreeSet<>();
        ArrayDeque<ServiceName> open = new ArrayDeque<>();
        enter(from, reached, open);
        while (!open.isEmpty()) {
            ServiceName next = open.remove();
            enter(requiresOf(next), reached, open);
            enter(wantsOf(next), reached, open);
        }
        return reached;
    }

    /** These and all that require them, directly or not. */
    public SortedSet<ServiceName> dependentClosure(Collection<ServiceName> from) {
        return closure(from, this::requiredBy);
    }

    /** What is up after boot: every enabled service and what it pulls in. */
    public SortedSet<ServiceName> bootSet() {
        TreeSet<ServiceName> enabled = new TreeSet<>();
        for (ServiceDefinition definition : services.values()) {
            if (definition.enabled()) {
                enabled.add(definition.name());
            }
        }
        return startClosure(enabled);
    }

    private SortedSet<ServiceName> closure(
            Collection<ServiceName> from, Function<ServiceName, List<ServiceName>> edges) {
        TreeSet<ServiceName> reached = new TreeSet<>();
        ArrayDeque<ServiceName> open = new ArrayDeque<>();
        enter(from, reached, open);
        while (!open.isEmpty()) {
            enter(edges.apply(open.remove()), reached, open);
        }
        return reached;
    }

    private void enter(Collection<ServiceName> names, TreeSet<ServiceName> reached, ArrayDeque<ServiceName> open) {
        for (ServiceName name : names) {
            if (links.containsKey(name) && reached.add(name)) {
                open.add(name);
            }
        }
    }

    private Links linksOf(ServiceName name) {
        Links found = links.get(name);
        if (found == null) {
            throw new IllegalArgumentException("not in the catalogue: " + name);
        }
        return found;
    }
}
