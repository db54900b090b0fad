package org.jinit.linux;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Knows processes by a tag that they inherit (the soft limit of file locks, which the kernel does not use), without cgroups. Where the
 * manager may make cgroup namespaces each run has one of its own besides: pam_limits sets the tag back, but leaves the namespace.
 *
 * <p>The keeper is a subreaper, so whatever a service forks stays below the keeper, and what loses its parent becomes the keeper's child.
 * A run is empty when it has no slot and no child of the keeper is its own; that is one file to read for all runs together. Only what that
 * file shows and nobody knows yet is looked at, and is held by pidfd from then on.
 */
final class TagTracker implements ProcessTracker {
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
    private final boolean namespaces;
    private final TagProcesses processes;
    private final Set<TagRun> awaiting = new LinkedHashSet<>();
    private final Set<TagRun> killing = new LinkedHashSet<>();
    private List<Order> orders = new ArrayList<>();
    private IntList children = new IntList();
    private IntList childrenAgain = new IntList();
    /** Dead children of the keeper at the last look, and when they had started: one that a debugger holds cannot be reaped. */
    private Map<Integer, Long> dead = new HashMap<>();
    private @Nullable ProcTree tree;
    private long treeTakenNanos = System.nanoTime();
    private long treeCostNanos;
    private boolean flushing;
    private boolean dirty;
    private Reactor.@Nullable Timer retry;
    private long retryNanos = RETRY_NANOS;

    private record Order(TagRun run, int signal) {}

    /** @param namespaces whether each run gets a cgroup namespace of its own, which its processes cannot shed as they can the tag */
    TagTracker(Linux linux, Reactor reactor, int keeperPid, boolean namespaces) {
        this.namespaces = namespaces;
        this.linux = linux;
        this.reactor = reactor;
        this.keeper = keeperPid;
        proc = new ProcReader(linux);
        processes = new TagProcesses(linux, reactor, proc, keeperPid, namespaces, this::changed);
    }

    @Override
    public String kind() {
        return namespaces ? "cgroup-namespace" : "tag";
    }

    @Override
    public TrackedRun open(String service, long tag, String invocation) {
        return processes.open(service, tag, invocation);
    }

    @Override
    public TrackedRun adopt(String service, long tag, String invocation) {
        return open(service, tag, invocation);
    }

    @Override
    public void close(TrackedRun tracked) {
        TagRun run = (TagRun) tracked;
        processes.close(run);
        awaiting.remove(run);
        killing.remove(run);
        orders.removeIf(order -> order.run().equals(run));
        tree = null;
    }

    @Override
    public void spawned(TrackedRun tracked, int pid, int pidfd) {
        processes.spawned((TagRun) tracked, pid, pidfd);
        tree = null;
    }

    @Override
    public void reaped(TrackedRun tracked, int pid) {
        processes.reaped((TagRun) tracked, pid);
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
        orders.add(new Order((TagRun) tracked, signal));
        flushLater();
    }

    @Override
    public void awaitEmpty(TrackedRun tracked, Runnable emptied) {
        TagRun run = (TagRun) tracked;
        run.emptied = emptied;
        awaiting.add(run);
        changed();
    }

    @Override
    public void cancelAwait(TrackedRun tracked) {
        TagRun run = (TagRun) tracked;
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
        Set<TagRun> alive = new HashSet<>();
        if (!hasCandidate(alive)) {
            return;
        }
        Certainty certainty = lookAtChildren(alive);
        boolean changing = certainty == Certainty.UNSTABLE;
        if (certainty == Certainty.LOOK_DEEPER && hasCandidate(alive)) {
            certainty = lookDeeper(alive);
        }
        if (certainty == Certainty.UNSTABLE) {
            if (changing) {
                // Not when only a deeper look has to wait: killing looks too, and would put it off for ever.
                killing.forEach(run -> orders.add(new Order(run, SIGKILL)));
            }
            retryLater();
            return;
        }
        killAgain(alive);
        tellEmpty(alive);
    }

    /** A look at all processes; not so often that most of the time goes into it. */
    private Certainty lookDeeper(Set<TagRun> alive) {
        long now = System.nanoTime();
        if (now - treeTakenNanos < 4 * treeCostNanos) {
            return Certainty.UNSTABLE;
        }
        ProcTree all = tree(0);
        processes.runs().stream().filter(run -> !all.members(run).isEmpty()).forEach(alive::add);
        return Certainty.CERTAIN;
    }

    private void killAgain(Set<TagRun> alive) {
        for (TagRun run : List.copyOf(killing)) {
            if (alive.contains(run)) {
                orders.add(new Order(run, SIGKILL));
            } else if (run.slots.isEmpty()) {
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

    private void tellEmpty(Set<TagRun> alive) {
        for (TagRun run : List.copyOf(awaiting)) {
            // One that is told may have ended the wait for another one.
            if (run.slots.isEmpty() && !alive.contains(run) && awaiting.remove(run)) {
                killing.remove(run);
                Runnable emptied = run.emptied;
                run.emptied = null;
                Objects.requireNonNull(emptied).run();
            }
        }
    }

    private boolean hasCandidate(Collection<TagRun> alive) {
        return !killing.isEmpty()
                || awaiting.stream().anyMatch(run -> run.slots.isEmpty() && !alive.contains(run));
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
    private Certainty lookAtChildren(Set<TagRun> alive) {
        if (!proc.children(keeper, children)) {
            return Certainty.LOOK_DEEPER;
        }
        if (!readStable()) {
            return Certainty.UNSTABLE;
        }
        boolean deeper = false;
        boolean vanished = false;
        Map<Integer, Long> deadNow = new HashMap<>();
        for (int i = 0; i < children.size(); i++) {
            int pid = children.get(i);
            if (processes.isSlotOrManager(pid)) {
                continue;
            }
            TagProcesses.Known process = processes.known(pid);
            if (process != null && process.run != null) {
                alive.add(process.run);
            } else if (process != null) {
                deeper = true;
            } else {
                // It may have forked after the list was read, and ended since, unless it was dead before.
                vanished |= !wasDead(pid, deadNow);
            }
        }
        dead = deadNow;
        if (vanished) {
            return Certainty.UNSTABLE;
        }
        return deeper ? Certainty.LOOK_DEEPER : Certainty.CERTAIN;
    }

    private boolean wasDead(int pid, Map<Integer, Long> deadNow) {
        ProcReader.Stat stat = proc.stat(pid);
        if (stat == null || !stat.isDead()) {
            return false;
        }
        deadNow.put(pid, stat.startTicks());
        return Objects.equals(dead.get(pid), stat.startTicks());
    }

    /**
     * The kernel may leave out a child when another one is reaped while the list is read. Nothing was left out
     * when all that were listed are
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

    private void carryOut(List<Order> batch) {
        Set<TagRun> alive = new HashSet<>();
        boolean certain = lookAtChildren(alive) == Certainty.CERTAIN;
        Set<TagRun> kills = new LinkedHashSet<>();
        ProcTree look = null;
        for (Order order : batch) {
            TagRun run = order.run();
            if (certain && run.slots.isEmpty() && !alive.contains(run)) {
                continue;
            }
            if (order.signal() == SIGKILL) {
                kills.add(run);
            } else {
                look = look == null ? tree(0) : look;
                signal(processes.held(run, look), order.signal());
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
    private void kill(Collection<TagRun> runs) {
        killing.addAll(runs);
        Map<Integer, Integer> killed = new HashMap<>();
        boolean appeared = true;
        long end = System.nanoTime() + KILL_NANOS;
        for (int pass = 0; appeared && pass < KILL_PASSES && System.nanoTime() - end < 0; pass++) {
            ProcTree look = tree(0);
            List<Integer> fresh = new ArrayList<>();
            for (TagRun run : runs) {
                for (int pidfd : processes.held(run, look)) {
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
            now = processes.look();
            tree = now;
            treeTakenNanos = System.nanoTime();
            treeCostNanos = treeTakenNanos - begun;
        }
        return now;
    }

    @Override
    public List<Member> members(TrackedRun tracked) {
        TagRun run = (TagRun) tracked;
        List<Member> members = new ArrayList<>();
        for (ProcTree.Node node : tree(TREE_AGE_NANOS).members(run)) {
            int pidfd = processes.held(node);
            if (pidfd >= 0) {
                members.add(new Member(node.stat.pid(), node.stat.parent(), node.stat.name(), pidfd));
            }
        }
        return members;
    }

    @Override
    public boolean belongs(TrackedRun tracked, int pid, int pidfd) {
        TagRun run = (TagRun) tracked;
        boolean first = processes.isOf(run, pid);
        // What was read is of the caller's process if that one still has the number; parents are read twice for the same reason.
        return first && processes.isOf(run, pid) && linux.pidfdSignal(pidfd, 0) != Linux.GONE;
    }

    @Override
    public List<Orphan> orphans() {
        List<Orphan> orphans = new ArrayList<>();
        lookAtChildren(new HashSet<>());
        for (TagProcesses.Known process : processes.known()) {
            ProcReader.Stat stat = process.run == null ? proc.stat(process.pid) : null;
            if (stat != null && stat.parent() == keeper && !linux.pidfdEnded(process.pidfd)) {
                orphans.add(new Orphan(process.pid, stat.name(), process.service));
            }
        }
        return orphans;
    }

    @Override
    public void close() {
        processes.known().forEach(TagProcesses.Known::drop);
        processes.runs().forEach(processes::close);
        if (retry != null) {
            retry.cancel();
            retry = null;
        }
        awaiting.clear();
        killing.clear();
    }
}
