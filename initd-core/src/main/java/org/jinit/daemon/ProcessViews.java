package org.jinit.daemon;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jinit.linux.Linux;
import org.jinit.linux.ProcFile;
import org.jinit.linux.ProcessTracker;
import org.jinit.model.ServiceName;
import org.jinit.protocol.ProcessInfo;
import org.jspecify.annotations.Nullable;

/** The processes of services as a person sees them. */
final class ProcessViews {
    /** What was seen of one service. */
    record Seen(@Nullable String backend, List<Integer> pids, List<ProcessInfo> tree) {
        static final Seen NOTHING = new Seen(null, List.of(), List.of());
    }

    private final Linux linux;
    private final ProcessTracker tracker;
    private final Runs runs;
    private final Processes processes;

    ProcessViews(Linux linux, ProcessTracker tracker, Runs runs, Processes processes) {
        this.linux = linux;
        this.tracker = tracker;
        this.runs = runs;
        this.processes = processes;
    }

    Map<ServiceName, Seen> of(Collection<ServiceName> names, boolean details) {
        Map<ServiceName, Seen> out = new TreeMap<>();
        Map<ServiceName, List<Integer>> held = details ? Map.of() : processes.pidsByService();
        for (ServiceName name : names) {
            ActiveRun run = runs.of(name);
            if (run == null) {
                continue;
            }
            out.put(name, details
                    ? looked(run)
                    : new Seen(tracker.kind(), held.getOrDefault(name, List.of()), List.of()));
        }
        return out;
    }

    private Seen looked(ActiveRun run) {
        List<ProcessTracker.Member> members = tracker.members(run.tracked);
        Set<Integer> here = new HashSet<>();
        List<Integer> pids = new ArrayList<>();
        for (ProcessTracker.Member member : members) {
            linux.close(member.pidfd());
            here.add(member.pid());
            pids.add(member.pid());
        }
        pids.sort(null);
        List<ProcessInfo> tree = new ArrayList<>();
        for (ProcessTracker.Member member : members) {
            if (!here.contains(member.parent())) {
                addWithChildren(member, members, tree);
            }
        }
        return new Seen(pids.isEmpty() ? null : tracker.kind(), pids, tree);
    }

    private void addWithChildren(ProcessTracker.Member root, List<ProcessTracker.Member> all, List<ProcessInfo> tree) {
        List<ProcessTracker.Member> open = new ArrayList<>(List.of(root));
        while (!open.isEmpty() && tree.size() < all.size()) {
            ProcessTracker.Member next = open.removeLast();
            tree.add(info(next.pid(), next.parent(), next.name()));
            for (ProcessTracker.Member member : all) {
                if (member.parent() == next.pid()) {
                    open.add(member);
                }
            }
        }
    }

    private ProcessInfo info(int pid, int parent, String name) {
        ProcFile.Stat stat = ProcFile.stat(linux, pid);
        return new ProcessInfo(pid, parent, role(pid), ProcFile.command(linux, pid, name),
                stat == null ? 0 : stat.memoryBytes(), stat == null ? 0 : stat.cpuSeconds());
    }

    private @Nullable String role(int pid) {
        Processes.Held held = processes.withPid(pid);
        if (held == null) {
            return null;
        }
        return held.role == null
                ? (held.watched ? "main" : null)
                : held.role.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    List<ProcessInfo> orphans() {
        List<ProcessInfo> out = new ArrayList<>();
        for (ProcessTracker.Orphan orphan : tracker.orphans()) {
            out.add(info(orphan.pid(), 0, orphan.name()));
        }
        return out;
    }
}
