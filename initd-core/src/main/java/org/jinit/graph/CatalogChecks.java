package org.jinit.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jinit.config.Definitions;
import org.jinit.config.Suggestion;
import org.jinit.graph.CatalogBuilder.Node;
import org.jinit.model.Dependencies.Reference;
import org.jinit.model.Problem;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** Finds what is wrong with the edges between services. */
final class CatalogChecks {
    /** A search through all names each; more than these would not be read anyway. */
    private static final int SUGGESTIONS_MAX = 100;

    /** The keys that name other services. */
    enum Key {
        REQUIRES("which %s requires", "cannot let service %s require itself", true),
        WANTS("which %s wants", "cannot let service %s want itself", false),
        PART_OF("which %s is part of", "cannot make service %s a part of itself", true),
        CONFLICTS("with which %s conflicts", "cannot let service %s conflict with itself", false),
        AFTER("which %s is after", "cannot order service %s after itself", false),
        BEFORE("which %s is before", "cannot order service %s before itself", false);

        private final String clause;
        private final String self;
        private final boolean needed;

        Key(String clause, String self, boolean needed) {
            this.clause = clause;
            this.self = self;
            this.needed = needed;
        }
    }

    private final Definitions definitions;
    private final List<Node> nodes;
    private final HashMap<ServiceName, Node> byName;
    private final List<Problem> problems;
    private int suggestions;
    private @Nullable List<String> knownNames;

    CatalogChecks(
            Definitions definitions, List<Node> nodes, HashMap<ServiceName, Node> byName, List<Problem> problems) {
        this.definitions = definitions;
        this.nodes = nodes;
        this.byName = byName;
        this.problems = problems;
    }

    /** The references to what is defined; the rest is reported. */
    SortedMap<ServiceName, Reference> collect(Node node, List<Reference> references, Key key) {
        if (references.isEmpty()) {
            return Collections.emptySortedMap();
        }
        TreeMap<ServiceName, Reference> found = new TreeMap<>();
        for (Reference reference : references) {
            ServiceName name = reference.name();
            if (name.equals(node.name())) {
                problems.add(Problem.error(reference.position(), key.self.replace("%s", name.value())));
            } else if (byName.containsKey(name)) {
                found.putIfAbsent(name, reference);
            } else if (!definitions.isBroken(name) && (key.needed || !definitions.hasTemplateOf(name))) {
                problems.add(missing(node, reference, key));
            }
        }
        return found;
    }

    private Problem missing(Node node, Reference reference, Key key) {
        ServiceName name = reference.name();
        String text = "cannot find service '" + name + "', " + key.clause.replace("%s", node.name().value());
        String hint = suggestion(name);
        if (key.needed) {
            Problem error = Problem.error(reference.position(), text);
            return error.withHint(hint != null ? hint : "define it in " + fileOf(name) + ", or remove it here");
        }
        Problem warning = Problem.warning(reference.position(), text + "; this is ignored");
        return hint == null ? warning : warning.withHint(hint);
    }

    private static String fileOf(ServiceName name) {
        return name.stem() + (name.instance() == null ? ".yaml" : "@.yaml");
    }

    private @Nullable String suggestion(ServiceName name) {
        if (suggestions++ >= SUGGESTIONS_MAX) {
            return null;
        }
        if (knownNames == null) {
            ArrayList<String> names = new ArrayList<>(nodes.size());
            for (Node node : nodes) {
                names.add(node.name().value());
            }
            knownNames = names;
        }
        String instance = name.instance();
        if (instance == null) {
            return Suggestion.of(name.value(), knownNames);
        }
        String template = Suggestion.nearest(name.stem(), definitions.templates());
        return template == null
                ? Suggestion.of(name.value(), knownNames)
                : "did you mean '" + template + "@" + instance + "'?";
    }

    /** What can be seen only when every edge is known. */
    void run() {
        new CycleCheck(nodes, byName, problems).run();
        new ConflictCheck(nodes, byName, problems).run();
    }
}
