package org.jinit.linux;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jinit.linux.ProcTree.Evidence;
import org.jspecify.annotations.Nullable;

/**
 * Who belongs to which run, and the pidfds that prove it. A process is taken for a run's only by what was read of it while it was held: its
 * pidfd is opened first, then /proc is read, then the pidfd is asked whether the process still has that number.
 */
final class TagProcesses implements ProcTree.Owner {
    private static final int MAX_KNOWN = 4096;
    private static final int MAX_ANCESTORS = 256;

    private final Linux linux;
    private final Reactor reactor;
    private final ProcReader proc;
    private final int keeper;
    private final int manager;
    private final Runnable changed;
    private final boolean namespaces;
    private final Map<Long, TagRun> byTag = new LinkedHashMap<>();
    private final Map<String, TagRun> byInvocation = new HashMap<>();
    private final Map<String, TagRun> byNamespace = new HashMap<>();
    private final Map<Integer, TagRun> slots = new HashMap<>();
    /** Processes that are no slots, each held by pidfd. */
    private final Map<Integer, Known> known = new TreeMap<>();

    /**
     * @param namespaces whether each run gets a cgroup namespace
     * @param changed is run when one of those that are held has died
     */
    TagProcesses(Linux linux, Reactor reactor, ProcReader proc, int keeper, boolean namespaces, Runnable changed) {
        this.linux = linux;
        this.reactor = reactor;
        this.proc = proc;
        this.keeper = keeper;
        this.namespaces = namespaces;
        this.changed = changed;
        manager = linux.pid();
    }

    /** A process that is held. */
    final class Known {
        final int pid;
        final int pidfd;
        @Nullable TagRun run;
        @Nullable String service;
        private final Reactor.Registration registration;

        private Known(int pid, int pidfd, @Nullable TagRun run) {
            this.pid = pid;
            this.pidfd = pidfd;
            this.run = run;
            registration = reactor.register(pidfd, Linux.EPOLLIN, "process " + pid, _ -> {
                drop();
                changed.run();
            });
        }

        void drop() {
            known.remove(pid, this);
            registration.close();
            linux.close(pidfd);
        }
    }

    /** @throws IllegalArgumentException when the tag is 0 or in use */
    TagRun open(String service, long tag, String invocation) {
        if (tag == 0 || byTag.containsKey(tag)) {
            throw new IllegalArgumentException("tag " + tag + " is in use");
        }
        int namespace = namespaces ? linux.cgroupNamespace() : Linux.UNSUPPORTED;
        TagRun run = namespace < 0
                ? new TagRun(service, tag, invocation, null, null)
                : new TagRun(service, tag, invocation, namespace, nameOf(namespace));
        byTag.put(tag, run);
        byInvocation.put(invocation, run);
        if (run.namespace != null) {
            byNamespace.put(run.namespace, run);
        }
        return run;
    }

    private String nameOf(int namespace) {
        try {
            byte[] link = linux.readLink(Linux.AT_FDCWD, Linux.path("/proc/self/fd/" + namespace));
            return new String(link, StandardCharsets.US_ASCII);
        } catch (LinuxException e) {
            linux.close(namespace);
            throw e;
        }
    }

    void close(TagRun run) {
        byTag.remove(run.tag(), run);
        byInvocation.remove(run.invocation, run);
        if (run.namespace != null) {
            byNamespace.remove(run.namespace, run);
        }
        Integer namespace = run.cgroupNamespace();
        linux.close(namespace == null ? Linux.NO_FD : namespace);
        run.slots.keySet().forEach(slots::remove);
        run.slots.clear();
        for (Known process : known.values()) {
            if (run.equals(process.run)) {
                process.run = null;
                process.service = run.service();
            }
        }
    }

    List<TagRun> runs() {
        return List.copyOf(byTag.values());
    }

    void spawned(TagRun run, int pid, int pidfd) {
        Known process = known.get(pid);
        if (process != null) {
            process.drop();
        }
        slots.put(pid, run);
        run.slots.put(pid, pidfd);
    }

    void reaped(TagRun run, int pid) {
        slots.remove(pid, run);
        run.slots.remove(pid);
    }

    boolean isSlotOrManager(int pid) {
        return pid == manager || slots.containsKey(pid);
    }

    /** Those that are held and are no slots. */
    List<Known> known() {
        return List.copyOf(known.values());
    }

    ProcTree look() {
        ProcTree tree = new ProcTree(proc, this, keeper, manager);
        noteUntagged(tree);
        return tree;
    }

    /** A child of the keeper, held; null when it is dead. */
    @Nullable Known known(int pid) {
        Known process = known.get(pid);
        if (process != null) {
            if (!linux.pidfdEnded(process.pidfd)) {
                return process;
            }
            process.drop();
        }
        int pidfd = linux.pidfdOpen(pid);
        if (pidfd < 0) {
            return null;
        }
        ProcReader.Stat stat = proc.stat(pid);
        TagRun run = stat == null ? null : claimant(pid);
        // Everything above was read of the held process if that one still has the number.
        if (stat == null || stat.isDead() || linux.pidfdSignal(pidfd, 0) == Linux.GONE) {
            linux.close(pidfd);
            return null;
        }
        return hold(pid, pidfd, run);
    }

    private Known hold(int pid, int pidfd, @Nullable TagRun run) {
        Known process = new Known(pid, pidfd, run);
        known.put(pid, process);
        return process;
    }

    private @Nullable TagRun claimant(int pid) {
        TagRun run = ofNamespace(pid);
        run = run == null ? ofTag(proc.tag(pid)) : run;
        if (run != null) {
            return run;
        }
        String invocation = proc.invocation(pid);
        return invocation == null ? null : byInvocation.get(invocation);
    }

    /** Those that carry no tag are known by their parents only, so they are held while they have them. */
    private void noteUntagged(ProcTree now) {
        for (TagRun run : byTag.values()) {
            for (ProcTree.Node node : now.members(run)) {
                if (node.evidence == Evidence.PARENT && known.size() < MAX_KNOWN
                        && !known.containsKey(node.stat.pid())) {
                    int pidfd = held(node);
                    if (pidfd >= 0) {
                        hold(node.stat.pid(), pidfd, run);
                    }
                }
            }
        }
    }

    /** Processes of a run, each held and found to be the run's after that. The caller closes them. */
    List<Integer> held(TagRun run, ProcTree from) {
        List<Integer> pidfds = new ArrayList<>();
        for (ProcTree.Node node : from.members(run)) {
            int pidfd = held(node);
            if (pidfd >= 0) {
                pidfds.add(pidfd);
            }
        }
        return pidfds;
    }

    /** A new pidfd of the process, or negative when it is not certain any more that it is the run's. */
    int held(ProcTree.Node node) {
        int pid = node.stat.pid();
        if (node.evidence == Evidence.HELD) {
            int own = ownPidfd(pid);
            return own < 0 || linux.pidfdSignal(own, 0) == Linux.GONE ? Linux.GONE : linux.duplicate(own);
        }
        int pidfd = linux.pidfdOpen(pid);
        if (pidfd >= 0 && !(isStill(node) && linux.pidfdSignal(pidfd, 0) != Linux.GONE)) {
            linux.close(pidfd);
            return Linux.GONE;
        }
        return pidfd;
    }

    private int ownPidfd(int pid) {
        TagRun run = slots.get(pid);
        if (run != null) {
            return run.slots.getOrDefault(pid, Linux.NO_FD);
        }
        Known process = known.get(pid);
        return process == null ? Linux.NO_FD : process.pidfd;
    }

    private boolean isStill(ProcTree.Node node) {
        TagRun run = Objects.requireNonNull(node.run);
        int pid = node.stat.pid();
        return switch (node.evidence) {
            case NONE -> false;
            case HELD -> ownPidfd(pid) >= 0;
            case NAMESPACE -> run.equals(ofNamespace(pid));
            case TAG -> proc.tag(pid) == run.tag();
            case INVOCATION -> run.invocation.equals(proc.invocation(pid));
            case PARENT -> isStillChild(node, Objects.requireNonNull(node.parent));
        };
    }

    /** The process has the number it had, its parent is the one it was, and that one is still what it was. */
    private boolean isStillChild(ProcTree.Node node, ProcTree.Node parent) {
        int holder = held(parent);
        if (holder < 0) {
            return false;
        }
        ProcReader.Stat now = proc.stat(node.stat.pid());
        boolean isChild = now != null && now.parent() == parent.stat.pid() && now.startTicks() == node.stat.startTicks()
                && linux.pidfdSignal(holder, 0) != Linux.GONE;
        linux.close(holder);
        return isChild;
    }

    boolean isOf(TagRun run, int start) {
        int pid = start;
        for (int depth = 0; depth < MAX_ANCESTORS && pid > 1 && pid != keeper && pid != manager; depth++) {
            TagRun owner = held(pid);
            if (owner == null) {
                owner = claimant(pid);
            }
            if (owner != null) {
                return owner.equals(run);
            }
            ProcReader.Stat stat = proc.stat(pid);
            pid = stat == null ? 0 : stat.parent();
        }
        return false;
    }

    @Override
    public @Nullable TagRun held(int pid) {
        TagRun run = slots.get(pid);
        if (run != null) {
            int pidfd = run.slots.getOrDefault(pid, Linux.NO_FD);
            // Reaped, but not told yet: the number may be a stranger's by now.
            return pidfd >= 0 && linux.pidfdSignal(pidfd, 0) != Linux.GONE ? run : null;
        }
        Known process = known.get(pid);
        return process != null && !linux.pidfdEnded(process.pidfd) ? process.run : null;
    }

    @Override
    public @Nullable TagRun ofNamespace(int pid) {
        String namespace = byNamespace.isEmpty() ? null : proc.cgroupNamespace(pid);
        return namespace == null ? null : byNamespace.get(namespace);
    }

    @Override
    public @Nullable TagRun ofTag(long tag) {
        return tag == 0 ? null : byTag.get(tag);
    }

    @Override
    public @Nullable TagRun ofInvocation(String invocation) {
        return byInvocation.get(invocation);
    }
}
