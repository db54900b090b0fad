package org.jinit.graph;

import java.util.ArrayList;
import java.util.List;

/** Strongly connected components by Tarjan's algorithm, with a stack of its own instead of recursion: linear, for graphs of any depth. */
final class Components {
    private final int[][] edges;
    private final int[] number;
    private final int[] low;
    private final int[] nextEdge;
    private final boolean[] onStack;
    private final int[] stack;
    private final int[] path;
    private int stackSize;
    private int counter;
    private final List<int[]> found = new ArrayList<>();

    private Components(int[][] edges) {
        int size = edges.length;
        this.edges = edges;
        this.number = new int[size];
        this.low = new int[size];
        this.nextEdge = new int[size];
        this.onStack = new boolean[size];
        this.stack = new int[size];
        this.path = new int[size];
    }

    /** The components of more than one node, each sorted, in no particular order. {@code edges[i]}: the successors of node i. */
    static List<int[]> cyclic(int[][] edges) {
        Components components = new Components(edges);
        for (int root = 0; root < edges.length; root++) {
            if (components.number[root] == 0) {
                components.explore(root);
            }
        }
        return components.found;
    }

    private void explore(int root) {
        int depth = 0;
        path[0] = root;
        enter(root);
        while (depth >= 0) {
            int node = path[depth];
            if (nextEdge[node] < edges[node].length) {
                int next = edges[node][nextEdge[node]++];
                if (number[next] == 0) {
                    path[++depth] = next;
                    enter(next);
                } else if (onStack[next]) {
                    low[node] = Math.min(low[node], number[next]);
                }
                continue;
            }
            if (low[node] == number[node]) {
                close(node);
            }
            depth--;
            if (depth >= 0) {
                low[path[depth]] = Math.min(low[path[depth]], low[node]);
            }
        }
    }

    private void enter(int node) {
        number[node] = ++counter;
        low[node] = counter;
        onStack[node] = true;
        stack[stackSize++] = node;
    }

    private void close(int node) {
        int end = stackSize;
        int member;
        do {
            member = stack[--stackSize];
            onStack[member] = false;
        } while (member != node);
        if (end - stackSize > 1) {
            int[] component = java.util.Arrays.copyOfRange(stack, stackSize, end);
            java.util.Arrays.sort(component);
            found.add(component);
        }
    }
}
