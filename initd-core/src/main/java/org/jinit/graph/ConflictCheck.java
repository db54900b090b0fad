package org.jinit.graph;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jinit.graph.CatalogBuilder.Node;
import org.jinit.model.Dependencies.Reference;
import org.jinit.model.Problem;
import org.jinit.model.ServiceName;
import org.jinit.model.SourcePosition;
import org.jspecify.annotations.Nullable;

/** Reports conflicts that make a service impossible to start, or that would meet at boot. */
final class ConflictCheck {
    /**
     * Nodes looked at in all. Each conflict is a search of its own, so thousands of them in a large graph would not be linear; beyond
     * this a conflict is left to the transaction that meets it, which refuses it as well.
     */
    private static final int VISITS_MAX = 2_000_000;

    private final List<Node> nodes;
    private final HashMap<ServiceName, Node> byName;
    private final List<Problem> problems;
    private int visits;

    ConflictCheck(List<Node> nodes, HashMap<ServiceName, Node> byName, List<Problem> problems) {
        this.nodes = nodes;
        this.byName = byName;
        this.problems = problems;
    }

    void run() {
        boolean any = false;
        for (Node node : nodes) {
            any |= !node.conflicts.isEmpty();
        }
        if (!any) {
            return;
        }
        Set<Node> required = upAtBoot(false);
        Set<Node> wanted = upAtBoot(true);
        for (Node node : nodes) {
            for (Reference conflict : node.conflicts.values()) {
                Node other = CatalogBuilder.node(byName, conflict.name());
                if (node.index < other.index) {
                    check(node, other, conflict.position(), required, wanted);
                }
            }
        }
    }

    private void check(Node one, Node other, SourcePosition position, Set<Node> required, Set<Node> wanted) {
        Node victim = visits < VISITS_MAX ? requiresBoth(one, other) : null;
        if (victim != null) {
            problems.add(Problem.error(position, impossible(victim, one, other)));
        } else if (one.definition.enabled() && other.definition.enabled()) {
            String text = "cannot enable both " + one.name() + " and " + other.name() + ": they conflict";
            problems.add(Problem.error(position, text).withHint("say 'enabled: false' in one of them"));
        } else if (required.contains(one) && required.contains(other)) {
            problems.add(Problem.error(position, atBoot(one, other)));
        } else if (wanted.contains(one) && wanted.contains(other)) {
            problems.add(Problem.warning(position, atBoot(one, other)));
        }
    }

    private static String impossible(Node victim, Node one, Node other) {
        if (victim == one || victim == other) {
            Node required = victim == one ? other : one;
            return "cannot start " + victim.name() + ": it conflicts with " + required.name() + ", which it requires";
        }
        return "cannot start " + victim.name() + ": it requires both " + one.name() + " and " + other.name()
                + ", which conflict";
    }

    private static String atBoot(Node one, Node other) {
        return "cannot start both " + one.name() + " and " + other.name() + " at boot: they conflict ("
                + whyAtBoot(one) + ", " + whyAtBoot(other) + ")";
    }

    private static String whyAtBoot(Node node) {
        if (node.definition.enabled()) {
            return node.name() + " is enabled";
        }
        return node.requiredBy.isEmpty()
                ? node.name() + " is wanted by " + node.wantedBy.getFirst()
                : node.name() + " is required by " + node.requiredBy.getFirst();
    }

    /** The nearest to the second of those that require, directly or not, both (each counts as requiring itself); null if none. */
    private @Nullable Node requiresBoth(Node one, Node other) {
        Set<Node> aboveOne = above(one);
        ArrayDeque<Node> open = new ArrayDeque<>(List.of(other));
        HashSet<Node> seen = new HashSet<>(open);
        while (!open.isEmpty()) {
            Node node = open.remove();
            visits++;
            if (aboveOne.contains(node)) {
                return node;
            }
            enter(node.requiredBy, seen, open);
        }
        return null;
    }

    private Set<Node> above(Node start) {
        ArrayDeque<Node> open = new ArrayDeque<>(List.of(start));
        HashSet<Node> seen = new HashSet<>(open);
        while (!open.isEmpty()) {
            visits++;
            enter(open.remove().requiredBy, seen, open);
        }
        return seen;
    }

    private Set<Node> upAtBoot(boolean withWants) {
        HashSet<Node> seen = new HashSet<>();
        ArrayDeque<Node> open = new ArrayDeque<>();
        for (Node node : nodes) {
            if (node.definition.enabled() && seen.add(node)) {
                open.add(node);
            }
        }
        while (!open.isEmpty()) {
            Node node = open.remove();
            enter(node.requires.keySet(), seen, open);
            if (withWants) {
                enter(node.wants.keySet(), seen, open);
            }
        }
        return seen;
    }

    private void enter(Collection<ServiceName> names, Set<Node> seen, ArrayDeque<Node> open) {
        for (ServiceName name : names) {
            Node node = CatalogBuilder.node(byName, name);
            if (seen.add(node)) {
                open.add(node);
            }
        }
    }
}
