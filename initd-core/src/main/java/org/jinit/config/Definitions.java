package org.jinit.config;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jinit.model.Problem;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jinit.model.SourcePosition;
import org.jspecify.annotations.Nullable;

/** All that one reading of the definition files says. Immutable; {@link #problems()} tells whether it may be used. */
public final class Definitions {
    /** What {@link Definitions#instantiate} gives: a definition, or the problems that forbid one. */
    public record Instance(@Nullable ServiceDefinition definition, List<Problem> problems) {
        public Instance {
            problems = List.copyOf(problems);
        }
    }

    /** Makes instances of one template. */
    interface Template {
        Instance instantiate(ServiceName name);
    }

    private final SortedMap<ServiceName, ServiceDefinition> services;
    private final SortedMap<String, Template> templates;
    private final SortedSet<String> broken;
    private final List<Problem> problems;
    private final String digest;

    Definitions(
            SortedMap<ServiceName, ServiceDefinition> services,
            SortedMap<String, Template> templates,
            SortedSet<String> broken,
            List<Problem> problems,
            String digest) {
        this.services = Collections.unmodifiableSortedMap(new TreeMap<>(services));
        this.templates = Collections.unmodifiableSortedMap(new TreeMap<>(templates));
        this.broken = Collections.unmodifiableSortedSet(new TreeSet<>(broken));
        this.problems = List.copyOf(problems);
        this.digest = digest;
    }

    /**
     * Definitions made in code: no templates, no problems.
     *
     * @throws IllegalArgumentException if two have the same name
     */
    public static Definitions of(Collection<ServiceDefinition> definitions) {
        TreeMap<ServiceName, ServiceDefinition> services = new TreeMap<>();
        for (ServiceDefinition definition : definitions) {
            if (services.put(definition.name(), definition) != null) {
                throw new IllegalArgumentException("defined twice: " + definition.name());
            }
        }
        Digest digest = new Digest();
        for (ServiceDefinition definition : services.values()) {
            digest.add(definition.name().value()).add(definition.digest());
        }
        return new Definitions(services, new TreeMap<>(), new TreeSet<>(), List.of(), digest.hex());
    }

    /** By name, the boot instances of templates included; also those with errors, which are not to be used. */
    public SortedMap<ServiceName, ServiceDefinition> services() {
        return services;
    }

    /** The names of the templates, without the {@code @}. */
    public SortedSet<String> templates() {
        return Collections.unmodifiableSortedSet(new TreeSet<>(templates.keySet()));
    }

    /** Whether {@link #instantiate} has a template for this name. */
    public boolean hasTemplateOf(ServiceName name) {
        return name.instance() != null && templates.containsKey(name.stem());
    }

    /** Whether there is a file for this name that could not be read, so that its absence needs no complaint of its own. */
    public boolean isBroken(ServiceName name) {
        return broken.contains(name.value()) || (name.instance() != null && broken.contains(name.stem() + "@"));
    }

    /** Errors and warnings of the files, sorted by place; dependencies between services are the catalogue's to check. */
    public List<Problem> problems() {
        return problems;
    }

    /** Of everything that was read; equal digests mean equal definitions. */
    public String digest() {
        return digest;
    }

    /** The definition of {@code web@eu1} out of template {@code web@}, or of a service that is already defined. */
    public Instance instantiate(ServiceName name) {
        ServiceDefinition known = services.get(name);
        if (known != null) {
            return new Instance(known, List.of());
        }
        Template template = name.instance() == null ? null : templates.get(name.stem());
        if (template == null) {
            SourcePosition nowhere = new SourcePosition(name.stem() + "@.yaml", 0, 0);
            String text = "cannot make service " + name + ": there is no template " + name.stem() + "@";
            return new Instance(null, List.of(Problem.error(nowhere, text)));
        }
        return template.instantiate(name);
    }
}
