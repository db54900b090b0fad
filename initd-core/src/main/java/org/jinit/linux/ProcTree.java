package org.jinit.linux;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One look at all processes: who is below the keeper, and which run each of them belongs to. */
final class ProcTree {
    /** Why a process is taken for a run's. */
    enum Evidence {
        /** Nothing says so. */
        NONE,
        /** The keeper forked it for the run, or it was held before. */
        HELD,
        /** Its cgroup namespace. */
        NAMESPACE,
        /** Its own tag. */
        TAG,
        /** Its parent is one. */
        PARENT,
        /** The invocation in its environment. */
        INVOCATION
    }

    /** What the tree asks its owner. */
    interface Owner {
        /** Run of a process that is held by pidfd. */
        @Nullable TagRun held(int pid);

        /** Run whose cgroup namespace the process is in. */
        @Nullable TagRun ofNamespace(int pid);

        @Nullable TagRun ofTag(long tag);

        @Nullable TagRun ofInvocation(String invocation);
    }

    /** A process. */
    static final class Node {
        final ProcReader.Stat stat;
        @Nullable Node parent;
        @Nullable TagRun run;
        Evidence evidence = Evidence.NONE;
        boolean belowKeeper;
        private boolean resolved;

        private Node(ProcReader.Stat stat) {
            this.stat = stat;
        }
    }

    private final Map<Integer, Node> nodes = new HashMap<>();
    private final Map<TagRun, List<Node>> members = new HashMap<>();
    private final ProcReader proc;
    private final Owner owner;
    private final int keeper;
    private final int manager;
    final long takenNanos = System.nanoTime();

    ProcTree(ProcReader proc, Owner owner, int keeper, int manager) {
        this.proc = proc;
        this.owner = owner;
        this.keeper = keeper;
        this.manager = manager;
        List<Node> order = new ArrayList<>();
        IntList pids = proc.processes();
        for (int i = 0; i < pids.size(); i++) {
            ProcReader.Stat stat = proc.stat(pids.get(i));
            if (stat != null) {
                Node node = new Node(stat);
                nodes.put(stat.pid(), node);
                order.add(node);
            }
        }
        for (Node node : order) {
            resolve(node);
            if (node.run != null && !node.stat.isDead()) {
                members.computeIfAbsent(node.run, _ -> new ArrayList<>()).add(node);
            }
        }
    }

    /** Living processes of a run, by number. */
    List<Node> members(TagRun run) {
        return members.getOrDefault(run, List.of());
    }

    private void resolve(Node start) {
        List<Node> path = new ArrayList<>();
        Node node = start;
        while (node != null && !node.resolved && node.stat.pid() != keeper) {
            // A number that was used again while the tree was read could close a circle; this ends it.
            node.resolved = true;
            path.add(node);
            node.parent = nodes.get(node.stat.parent());
            node = node.parent;
        }
        for (Node next : path.reversed()) {
            attribute(next);
        }
    }

    private void attribute(Node node) {
        Node parent = node.parent;
        boolean childOfKeeper = parent != null && parent.stat.pid() == keeper;
        node.belowKeeper = parent != null && node.stat.pid() != manager && (childOfKeeper || parent.belowKeeper);
        if (!node.belowKeeper || parent == null) {
            return;
        }
        if (set(node, owner.held(node.stat.pid()), Evidence.HELD)
                || set(node, owner.ofNamespace(node.stat.pid()), Evidence.NAMESPACE)
                || set(node, owner.ofTag(proc.tag(node.stat.pid())), Evidence.TAG)
                || set(node, parent.run, Evidence.PARENT) || !childOfKeeper) {
            return;
        }
        String invocation = proc.invocation(node.stat.pid());
        set(node, invocation == null ? null : owner.ofInvocation(invocation), Evidence.INVOCATION);
    }

    private static boolean set(Node node, @Nullable TagRun run, Evidence evidence) {
        node.run = run;
        node.evidence = run == null ? Evidence.NONE : evidence;
        return run != null;
    }
}
