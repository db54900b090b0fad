package org.jinit.linux;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jinit.linux.ProcTree.Evidence;
import org.jspecify.annotations.Nullable;

/**
 * Knows processes by a tag that they inherit (the soft limit of file locks, which the kernel does not use), without cgroups.
 *
 * <p>The keeper is a subreaper, so whatever a service forks stays below the keeper, and what loses its parent becomes the keeper's child.
 * A run is empty when it has no slot and no child of the keeper is its own; that is one file to read for all runs together. Only what that
 * file shows and nobody knows yet is looked at, and is held by pidfd from then on.
 */
final class TagTracker implements ProcessTracker, ProcTree.Owner {
    private static final int MAX_KNOWN = 4096;
    private static final int STABLE_READS = 4;
    private static final int KILL_PASSES = 8;
    private static final long KILL_NANOS = 50_000_000;
    private static final int SIGKILL = 9;
    private static final int SIGSTOP = 19;
    private static final long RETRY_NANOS = 1_000_000;
    private static final long RETRY_MAX_NANOS = 1_000_000_000;
    private static final long TREE_AGE_NANOS = 5_000_000;

    private final Linux linux;
    private final Reactor reactor;
    private final ProcReader proc;
    private final int keeper;
    private final int manager;
    private final Map<Long, Run> byTag = new LinkedHashMap<>();
    private final Map<String, Run> byInvocation = new HashMap<>();
    private final Map<Integer, Run> slots = new HashMap<>();
    /** Processes that are no slots, each held by pidfd. */
    private final Map<Integer, Known> known = new TreeMap<>();
    private final Set<Run> awaiting = new LinkedHashSet<>();
    private final Set<Run> killing = new LinkedHashSet<>();
    private List<Order> orders = new ArrayList<>();
    private IntList children = new IntList();
    private IntList childrenAgain = new IntList();
    private @Nullable ProcTree tree;
    private long treeTakenNanos = System.nanoTime();
    private long treeCostNanos;
    private boolean flushing;
    private boolean dirty;
    private Reactor.@Nullable Timer retry;
    private long retryNanos = RETRY_NANOS;

    /** A run and what is going on with it. */
    static final class Run extends TrackedRun {
        private final String invocation;
        private final Map<Integer, Integer> slotPidfds = new TreeMap<>();
        private @Nullable Runnable emptied;

        private Run(String service, long tag, String invocation) {
            super(service, tag);
            this.invocation = invocation;
        }

        @Override
        public @Nullable Integer cgroupProcs() {
            return null;
        }
    }

    /** A process that is held. */
    private final class Known {
        private final int pid;
        private final int pidfd;
        private @Nullable Run run;
        private @Nullable String service;
        private final Reactor.Registration registration;

        private Known(int pid, int pidfd, @Nullable Run run) {
            this.pid = pid;
            this.pidfd = pidfd;
            this.run = run;
            registration = reactor.register(pidfd, Linux.EPOLLIN, "process " + pid, _ -> {
                drop();
                changed();
            });
        }

        private void drop() {
            known.remove(pid, this);
            registration.close();
            linux.close(pidfd);
        }
    }

    private record Order(Run run, int signal) {}

    TagTracker(Linux linux, Reactor reactor, int keeperPid) {
        this.linux = linux;
        this.reactor = reactor;
        this.keeper = keeperPid;
        manager = linux.pid();
        proc = new ProcReader(linux);
    }

    @Override
    public String kind() {
        return "tag";
    }

    @Override
    public TrackedRun open(String service, long tag, String invocation) {
        Run run = new Run(service, tag, invocation);
        if (tag == 0 || byTag.putIfAbsent(tag, run) != null) {
            throw new IllegalArgumentException("tag " + tag + " is in use");
        }
        byInvocation.put(invocation, run);
        return run;
    }

    @Override
    public TrackedRun adopt(String service, long tag, String invocation) {
        return open(service, tag, invocation);
    }

    @Override
    public void close(TrackedRun tracked) {
        Run run = (Run) tracked;
        byTag.remove(run.tag(), run);
        byInvocation.remove(run.invocation, run);
        run.slotPidfds.keySet().forEach(slots::remove);
        run.slotPidfds.clear();
        awaiting.remove(run);
        killing.remove(run);
        orders.removeIf(order -> order.run().equals(run));
        for (Known process : known.values()) {
            if (run.equals(process.run)) {
                process.run = null;
                process.service = run.service();
            }
        }
        tree = null;
    }

    @Override
    public void spawned(TrackedRun tracked, int pid, int pidfd) {
        Run run = (Run) tracked;
        forget(pid);
        slots.put(pid, run);
        run.slotPidfds.put(pid, pidfd);
        tree = null;
    }

    @Override
    public void reaped(TrackedRun tracked, int pid) {
        Run run = (Run) tracked;
        slots.remove(pid, run);
        run.slotPidfds.remove(pid);
        changed();
    }

    @Override
    public void poke() {
        changed();
    }

    private void changed() {
        if (!awaiting.isEmpty() || !killing.isEmpty()) {
            dirty = true;
            flushLater();
        }
    }

    private void flushLater() {
        if (!flushing) {
            flushing = true;
            reactor.defer(this::flush);
        }
    }

    @Override
    public void signalAll(TrackedRun tracked, int signal) {
        orders.add(new Order((Run) tracked, signal));
        flushLater();
    }

    @Override
    public void awaitEmpty(TrackedRun tracked, Runnable emptied) {
        Run run = (Run) tracked;
        run.emptied = emptied;
        awaiting.add(run);
        changed();
    }

    @Override
    public void cancelAwait(TrackedRun tracked) {
        Run run = (Run) tracked;
        run.emptied = null;
        awaiting.remove(run);
    }

    /** Everything that was asked for in this round, together. */
    private void flush() {
        flushing = false;
        tree = null;
        if (!orders.isEmpty()) {
            List<Order> batch = orders;
            orders = new ArrayList<>();
            carryOut(batch);
        }
        if (dirty || !awaiting.isEmpty()) {
            dirty = false;
            evaluate();
        }
    }

    private void evaluate() {
        Set<Run> alive = new HashSet<>();
        if (!hasCandidate(alive)) {
            return;
        }
        Certainty certainty = lookAtChildren(alive);
        if (certainty == Certainty.LOOK_DEEPER && hasCandidate(alive)) {
            certainty = lookDeeper(alive);
        }
        if (certainty == Certainty.UNSTABLE) {
            retryLater();
            return;
        }
        killAgain(alive);
        tellEmpty(alive);
    }

    /** A look at all processes; not so often that most of the time goes into it. */
    private Certainty lookDeeper(Set<Run> alive) {
        long now = System.nanoTime();
        if (now - treeTakenNanos < 4 * treeCostNanos) {
            return Certainty.UNSTABLE;
        }
        ProcTree all = tree(0);
        byTag.values().stream().filter(run -> !all.members(run).isEmpty()).forEach(alive::add);
        return Certainty.CERTAIN;
    }

    private void killAgain(Set<Run> alive) {
        for (Run run : List.copyOf(killing)) {
            if (alive.contains(run)) {
                orders.add(new Order(run, SIGKILL));
            } else if (run.slotPidfds.isEmpty()) {
                killing.remove(run);
            }
        }
        if (!orders.isEmpty()) {
            // Killed once already: what is left now either just appeared or cannot die.
            retryLater();
        } else {
            retryNanos = RETRY_NANOS;
        }
    }

    private void tellEmpty(Set<Run> alive) {
        for (Run run : List.copyOf(awaiting)) {
            // One that is told may have ended the wait for another one.
            if (run.slotPidfds.isEmpty() && !alive.contains(run) && awaiting.remove(run)) {
                killing.remove(run);
                Runnable emptied = run.emptied;
                run.emptied = null;
                Objects.requireNonNull(emptied).run();
            }
        }
    }

    private boolean hasCandidate(Collection<Run> alive) {
        return !killing.isEmpty()
                || awaiting.stream().anyMatch(run -> run.slotPidfds.isEmpty() && !alive.contains(run));
    }

    private void retryLater() {
        if (retry == null) {
            retry = reactor.arm(System.nanoTime() + retryNanos, () -> {
                retry = null;
                dirty = true;
                flushLater();
            });
            retryNanos = Math.min(retryNanos * 2, RETRY_MAX_NANOS);
        }
    }

    /** How much the children of the keeper tell. */
    private enum Certainty {
        /** All of them are known. */
        CERTAIN,
        /** Some are nobody's, or the kernel does not list them: below may be a run's. */
        LOOK_DEEPER,
        /** They changed while they were read. */
        UNSTABLE
    }

    /** Adds the runs that have a living child of the keeper besides their slots. */
    private Certainty lookAtChildren(Set<Run> alive) {
        if (!proc.children(keeper, children)) {
            return Certainty.LOOK_DEEPER;
        }
        if (!readStable()) {
            return Certainty.UNSTABLE;
        }
        boolean deeper = false;
        for (int i = 0; i < children.size(); i++) {
            int pid = children.get(i);
            if (slots.containsKey(pid) || pid == manager) {
                continue;
            }
            Known process = known(pid);
            if (process != null && process.run != null) {
                alive.add(process.run);
            } else if (process != null) {
                deeper = true;
            }
        }
        return deeper ? Certainty.LOOK_DEEPER : Certainty.CERTAIN;
    }

    /**
     * The kernel may leave out a child when another one is reaped while the list is read. Nothing was left out when all that were listed are
     * still there afterwards.
     */
    private boolean readStable() {
        for (int i = 0; i < STABLE_READS; i++) {
            if (!proc.children(keeper, childrenAgain)) {
                return false;
            }
            childrenAgain.sort();
            boolean stable = true;
            for (int k = 0; k < children.size() && stable; k++) {
                stable = childrenAgain.contains(children.get(k));
            }
            if (stable) {
                return true;
            }
            IntList swap = children;
            children = childrenAgain;
            childrenAgain = swap;
        }
        return false;
    }

    /** A child of the keeper, held; null when it is dead. */
    private @Nullable Known known(int pid) {
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
        Run run = stat == null ? null : claimant(pid);
        // Everything above was read of the held process if that one still has the number.
        if (stat == null || stat.isDead() || linux.pidfdSignal(pidfd, 0) == Linux.GONE) {
            linux.close(pidfd);
            return null;
        }
        return hold(pid, pidfd, run);
    }

    private Known hold(int pid, int pidfd, @Nullable Run run) {
        Known process = new Known(pid, pidfd, run);
        known.put(pid, process);
        return process;
    }

    private void forget(int pid) {
        Known process = known.get(pid);
        if (process != null) {
            process.drop();
        }
    }

    private @Nullable Run claimant(int pid) {
        Run run = byTag.get(proc.tag(pid));
        if (run != null) {
            return run;
        }
        String invocation = proc.invocation(pid);
        return invocation == null ? null : byInvocation.get(invocation);
    }

    private void carryOut(List<Order> batch) {
        Set<Run> alive = new HashSet<>();
        boolean certain = lookAtChildren(alive) == Certainty.CERTAIN;
        Set<Run> kills = new LinkedHashSet<>();
        ProcTree look = null;
        for (Order order : batch) {
            Run run = order.run();
            if (certain && run.slotPidfds.isEmpty() && !alive.contains(run)) {
                continue;
            }
            if (order.signal() == SIGKILL) {
                kills.add(run);
            } else {
                look = look == null ? tree(0) : look;
                signal(held(run, look), order.signal());
            }
        }
        if (!kills.isEmpty()) {
            kill(kills);
        }
    }

    private void signal(Collection<Integer> pidfds, int signal) {
        for (int pidfd : pidfds) {
            send(pidfd, signal);
            linux.close(pidfd);
        }
    }

    private void send(int pidfd, int signal) {
        try {
            linux.pidfdSignal(pidfd, signal);
        } catch (LinuxException e) {
            // EPERM: without root a service that became another user. It stays, and is told as not empty.
            if (e.errno() != Errno.EPERM) {
                throw e;
            }
        }
    }

    /** Kills all there is, and again what appeared meanwhile, until nothing does; what is stopped first cannot fork. */
    private void kill(Collection<Run> runs) {
        killing.addAll(runs);
        Map<Integer, Integer> killed = new HashMap<>();
        boolean appeared = true;
        long end = System.nanoTime() + KILL_NANOS;
        for (int pass = 0; appeared && pass < KILL_PASSES && System.nanoTime() - end < 0; pass++) {
            ProcTree look = tree(0);
            List<Integer> fresh = new ArrayList<>();
            for (Run run : runs) {
                for (int pidfd : held(run, look)) {
                    addNew(pidfd, killed, fresh);
                }
            }
            if (pass > 0) {
                fresh.forEach(pidfd -> send(pidfd, SIGSTOP));
            }
            fresh.forEach(pidfd -> send(pidfd, SIGKILL));
            appeared = !fresh.isEmpty();
        }
        killed.values().forEach(linux::close);
        if (appeared) {
            retryLater();
        }
    }

    private void addNew(int pidfd, Map<Integer, Integer> killed, List<Integer> fresh) {
        int pid = linux.pidfdPid(pidfd);
        Integer before = killed.get(pid);
        if (pid == Linux.GONE || (before != null && linux.pidfdSignal(before, 0) != Linux.GONE)) {
            linux.close(pidfd);
            return;
        }
        linux.close(before == null ? Linux.NO_FD : before);
        killed.put(pid, pidfd);
        fresh.add(pidfd);
    }

    private ProcTree tree(long maxAgeNanos) {
        ProcTree now = tree;
        if (now == null || System.nanoTime() - now.takenNanos >= maxAgeNanos) {
            long begun = System.nanoTime();
            now = new ProcTree(proc, this, keeper, manager);
            tree = now;
            treeTakenNanos = System.nanoTime();
            treeCostNanos = treeTakenNanos - begun;
            noteUntagged(now);
        }
        return now;
    }

    /** Those that carry no tag are known by their parents only, so they are held while they have them. */
    private void noteUntagged(ProcTree now) {
        for (Run run : byTag.values()) {
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
    private List<Integer> held(Run run, ProcTree from) {
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
    private int held(ProcTree.Node node) {
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
        Run run = slots.get(pid);
        if (run != null) {
            return run.slotPidfds.getOrDefault(pid, Linux.NO_FD);
        }
        Known process = known.get(pid);
        return process == null ? Linux.NO_FD : process.pidfd;
    }

    private boolean isStill(ProcTree.Node node) {
        Run run = Objects.requireNonNull(node.run);
        int pid = node.stat.pid();
        return switch (node.evidence) {
            case NONE -> false;
            case HELD -> ownPidfd(pid) >= 0;
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

    @Override
    public List<Member> members(TrackedRun tracked) {
        Run run = (Run) tracked;
        List<Member> members = new ArrayList<>();
        for (ProcTree.Node node : tree(TREE_AGE_NANOS).members(run)) {
            int pidfd = held(node);
            if (pidfd >= 0) {
                members.add(new Member(node.stat.pid(), node.stat.parent(), node.stat.name(), pidfd));
            }
        }
        return members;
    }

    @Override
    public boolean belongs(TrackedRun tracked, int pid, int pidfd) {
        Run run = (Run) tracked;
        boolean first = isOf(run, pid);
        // What was read is of the caller's process if that one still has the number; parents are read twice for the same reason.
        return first && isOf(run, pid) && linux.pidfdSignal(pidfd, 0) != Linux.GONE;
    }

    private boolean isOf(Run run, int start) {
        int pid = start;
        for (int depth = 0; depth < 256 && pid > 1 && pid != keeper && pid != manager; depth++) {
            Run owner = held(pid);
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
    public List<Orphan> orphans() {
        List<Orphan> orphans = new ArrayList<>();
        lookAtChildren(new HashSet<>());
        for (Known process : List.copyOf(known.values())) {
            ProcReader.Stat stat = process.run == null ? proc.stat(process.pid) : null;
            if (stat != null && stat.parent() == keeper && !linux.pidfdEnded(process.pidfd)) {
                orphans.add(new Orphan(process.pid, stat.name(), process.service));
            }
        }
        return orphans;
    }

    @Override
    public @Nullable Run held(int pid) {
        Run run = slots.get(pid);
        if (run != null) {
            int pidfd = run.slotPidfds.getOrDefault(pid, Linux.NO_FD);
            // Reaped, but not told yet: the number may be a stranger's by now.
            return pidfd >= 0 && linux.pidfdSignal(pidfd, 0) != Linux.GONE ? run : null;
        }
        Known process = known.get(pid);
        return process != null && !linux.pidfdEnded(process.pidfd) ? process.run : null;
    }

    @Override
    public @Nullable Run ofTag(long tag) {
        return tag == 0 ? null : byTag.get(tag);
    }

    @Override
    public @Nullable Run ofInvocation(String invocation) {
        return byInvocation.get(invocation);
    }

    @Override
    public void close() {
        List.copyOf(known.values()).forEach(Known::drop);
        if (retry != null) {
            retry.cancel();
            retry = null;
        }
        awaiting.clear();
        killing.clear();
    }
}
