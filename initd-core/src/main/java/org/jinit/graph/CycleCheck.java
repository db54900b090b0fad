package org.jinit.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import org.jinit.graph.CatalogBuilder.Node;
import org.jinit.model.Problem;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** Reports, for each knot of services that wait for each other, one shortest cycle through its first service by name. */
final class CycleCheck {
    /** A longer cycle is told with its middle left out. */
    private static final int EDGES_TOLD = 40;

    private final List<Node> nodes;
    private final HashMap<ServiceName, Node> byName;
    private final List<Problem> problems;

    CycleCheck(List<Node> nodes, HashMap<ServiceName, Node> byName, List<Problem> problems) {
        this.nodes = nodes;
        this.byName = byName;
        this.problems = problems;
    }

    void run() {
        int[][] edges = new int[nodes.size()][];
        for (Node node : nodes) {
            int[] earlier = new int[node.orderedAfter.size()];
            int i = 0;
            for (ServiceName name : node.orderedAfter.keySet()) {
                earlier[i++] = CatalogBuilder.node(byName, name).index;
            }
            edges[node.index] = earlier;
        }
        for (int[] component : Components.cyclic(edges)) {
            problems.add(problem(shortestCycle(component)));
        }
    }

    /** Breadth first from the first member back to it, inside the component (sorted). */
    private List<Edge> shortestCycle(int[] component) {
        @Nullable Edge[] reachedBy = new @Nullable Edge[nodes.size()];
        Node first = nodes.get(component[0]);
        ArrayDeque<Node> open = new ArrayDeque<>();
        open.add(first);
        while (reachedBy[first.index] == null) {
            for (Edge edge : open.remove().orderedAfter.values()) {
                Node earlier = CatalogBuilder.node(byName, edge.earlier());
                if (reachedBy[earlier.index] == null && Arrays.binarySearch(component, earlier.index) >= 0) {
                    reachedBy[earlier.index] = edge;
                    open.add(earlier);
                }
            }
        }
        ArrayList<Edge> cycle = new ArrayList<>();
        Node at = first;
        do {
            Edge edge = Objects.requireNonNull(reachedBy[at.index]);
            cycle.add(edge);
            at = CatalogBuilder.node(byName, edge.later());
        } while (at != first);
        Collections.reverse(cycle);
        return cycle;
    }

    private static Problem problem(List<Edge> cycle) {
        StringBuilder path = new StringBuilder().append(cycle.getFirst().later());
        StringBuilder edges = new StringBuilder();
        int leftOut = cycle.size() - EDGES_TOLD;
        for (int i = 0; i < cycle.size(); i++) {
            if (leftOut > 0 && i == EDGES_TOLD / 2) {
                path.append(" -> ... ").append(leftOut).append(" more ...");
                edges.append(", ...");
                i += leftOut;
            }
            Edge edge = cycle.get(i);
            path.append(" -> ").append(edge.earlier());
            edges.append(i == 0 ? ": " : ", ").append(edge.describe());
            edges.append(" (").append(edge.position()).append(')');
        }
        String text = "cannot order services: dependency cycle " + path + edges;
        return Problem.error(cycle.getFirst().position(), text).withHint("remove one of these");
    }
}
