package org.jinit.linux;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Each service has a control group of its own (version 2), {@code jinit.services/NAME}, which nothing can leave by itself. */
final class CgroupTracker implements ProcessTracker {
    private static final int MAX_DEPTH = 32;
    private static final int KILL_PASSES = 20;
    private static final int SIGKILL = 9;
    private static final int READ_SIZE = 4096;

    private final Linux linux;
    private final Reactor reactor;
    private final ProcReader proc;
    private final int services;
    private final String servicesPath;
    private final Map<Long, Run> runs = new HashMap<>();

    /** A run and its group. */
    final class Run extends TrackedRun {
        private final String group;
        private final int directory;
        private final int procs;
        private final int events;
        private final ByteBuffer state = ByteBuffer.allocateDirect(256);
        private Reactor.@Nullable Registration registration;
        private @Nullable Runnable emptied;

        private Run(String service, String group, long tag, int directory) {
            super(service, tag);
            this.group = group;
            this.directory = directory;
            procs = linux.open(directory, Cgroups.PROCS, Linux.O_WRONLY, 0);
            events = linux.open(directory, Linux.path("cgroup.events"), Linux.O_RDONLY, 0);
        }

        @Override
        public Integer cgroupProcs() {
            return procs;
        }

        @Override
        public @Nullable Integer cgroupNamespace() {
            return null;
        }

        private boolean isPopulated() {
            state.clear();
            linux.readAt(events, state, 0);
            byte[] text = new byte[state.flip().remaining()];
            state.get(text);
            boolean populated = new String(text, java.nio.charset.StandardCharsets.US_ASCII).contains("populated 1");
            if (!populated && emptied != null) {
                // The kernel tells of a change until the file is read: whoever read it last has to tell.
                reactor.defer(this::check);
            }
            return populated;
        }

        private void check() {
            Runnable told = emptied;
            if (told != null && !isPopulated()) {
                stopWaiting();
                told.run();
            }
        }

        private void stopWaiting() {
            emptied = null;
            if (registration != null) {
                registration.close();
                registration = null;
            }
        }

        private void close() {
            stopWaiting();
            linux.close(procs);
            linux.close(events);
            linux.close(directory);
        }
    }

    /** @param place its descriptor is the tracker's from here on */
    CgroupTracker(Linux linux, Reactor reactor, Cgroups.Place place) {
        this.linux = linux;
        this.reactor = reactor;
        services = place.directory();
        servicesPath = place.path();
        proc = new ProcReader(linux);
    }

    @Override
    public String kind() {
        return "cgroup";
    }

    @Override
    public TrackedRun open(String service, long tag, String invocation) {
        Run run = make(service, service, tag);
        if (run.isPopulated()) {
            // An earlier run was left alive (stop mode none); it is another one's.
            run.close();
            run = make(service, service + "~" + Long.toHexString(tag), tag);
        }
        runs.put(tag, run);
        return run;
    }

    @Override
    public TrackedRun adopt(String service, long tag, String invocation) {
        String second = service + "~" + Long.toHexString(tag);
        boolean isSecond = linux.status(services, Linux.path(second)) != null;
        Run run = make(service, isSecond ? second : service, tag);
        runs.put(tag, run);
        return run;
    }

    private Run make(String service, String group, long tag) {
        Cgroups.makeDirectory(linux, services, Linux.path(group));
        int directory =
                linux.open(services, Linux.path(group), Linux.O_RDONLY | Linux.O_DIRECTORY | Linux.O_NOFOLLOW, 0);
        return new Run(service, group, tag, directory);
    }

    @Override
    public void close(TrackedRun tracked) {
        Run run = (Run) tracked;
        runs.remove(run.tag(), run);
        run.close();
        remove(services, Linux.path(run.group), 0);
    }

    /** Groups cannot be removed while they are populated; then they stay. */
    private void remove(int parent, byte[] name, int depth) {
        Integer directory = depth < MAX_DEPTH ? Cgroups.open(linux, parent, name) : null;
        if (directory == null) {
            return;
        }
        try {
            for (byte[] entry : linux.list(directory)) {
                FileStatus status = linux.status(directory, entry);
                if (status != null && status.isDirectory()) {
                    remove(directory, entry, depth + 1);
                }
            }
            linux.unlink(parent, name, true);
        } catch (LinuxException e) {
            if (e.errno() != Errno.EBUSY && e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTEMPTY) {
                throw e;
            }
        } finally {
            linux.close(directory);
        }
    }

    @Override
    public void spawned(TrackedRun run, int pid, int pidfd) {
        // It entered the group before it was executed.
    }

    @Override
    public void reaped(TrackedRun run, int pid) {
        // The kernel tells when the group is empty.
    }

    @Override
    public void poke() {
        // Likewise.
    }

    @Override
    public List<Member> members(TrackedRun tracked) {
        Run run = (Run) tracked;
        List<Member> members = new ArrayList<>();
        for (int pid : pids(run.directory, 0)) {
            int pidfd = held(run, pid);
            ProcReader.Stat stat = pidfd < 0 ? null : proc.stat(pid);
            if (stat == null || stat.isDead()) {
                linux.close(Math.max(pidfd, Linux.NO_FD));
            } else {
                members.add(new Member(pid, stat.parent(), stat.name(), pidfd));
            }
        }
        return members;
    }

    private List<Integer> pids(int directory, int depth) {
        List<Integer> pids = new ArrayList<>();
        String text;
        try {
            text = Cgroups.read(linux, directory, "cgroup.procs", READ_SIZE);
        } catch (LinuxException e) {
            // A threaded group; its processes are listed by the group above it.
            text = "";
        }
        text.lines().mapToInt(Integer::parseInt).filter(pid -> pid > 0).forEach(pids::add);
        for (byte[] entry : depth < MAX_DEPTH ? linux.list(directory) : List.<byte[]>of()) {
            FileStatus status = linux.status(directory, entry);
            Integer below = status != null && status.isDirectory() ? Cgroups.open(linux, directory, entry) : null;
            if (below != null) {
                pids.addAll(pids(below, depth + 1));
                linux.close(below);
            }
        }
        return pids;
    }

    /** A new pidfd of a process that is in the run's group, found so after the pidfd was taken; or negative. */
    private int held(Run run, int pid) {
        int pidfd = linux.pidfdOpen(pid);
        if (pidfd >= 0 && !belongs(run, pid, pidfd)) {
            linux.close(pidfd);
            return Linux.GONE;
        }
        return pidfd;
    }

    @Override
    public boolean belongs(TrackedRun run, int pid, int pidfd) {
        String group = proc.cgroup(pid);
        String own = servicesPath + "/" + ((Run) run).group;
        return group != null && (group.equals(own) || group.startsWith(own + "/"))
                && linux.pidfdSignal(pidfd, 0) != Linux.GONE;
    }

    @Override
    public void signalAll(TrackedRun tracked, int signal) {
        Run run = (Run) tracked;
        if (!run.isPopulated()) {
            return;
        }
        if (signal == SIGKILL) {
            kill(run);
        } else {
            send(run, signal);
        }
    }

    private int send(Run run, int signal) {
        int sent = 0;
        for (int pid : pids(run.directory, 0)) {
            int pidfd = held(run, pid);
            if (pidfd >= 0) {
                linux.pidfdSignal(pidfd, signal);
                linux.close(pidfd);
                sent++;
            }
        }
        return sent;
    }

    private void kill(Run run) {
        try {
            Cgroups.write(linux, run.directory, "cgroup.kill", "1");
        } catch (LinuxException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
            // Before 5.14: what is frozen cannot fork, and dies when it is killed all the same.
            Cgroups.write(linux, run.directory, "cgroup.freeze", "1");
            for (int pass = 0; pass < KILL_PASSES && run.isPopulated() && send(run, SIGKILL) > 0; pass++) {
                Thread.onSpinWait();
            }
            Cgroups.write(linux, run.directory, "cgroup.freeze", "0");
        }
    }

    @Override
    public void awaitEmpty(TrackedRun tracked, Runnable emptied) {
        Run run = (Run) tracked;
        run.emptied = emptied;
        if (run.registration == null) {
            run.registration = reactor.register(run.events, Linux.EPOLLPRI, "control group of " + run.service(),
                    _ -> run.check());
        }
        reactor.defer(run::check);
    }

    @Override
    public void cancelAwait(TrackedRun tracked) {
        ((Run) tracked).stopWaiting();
    }

    @Override
    public List<Orphan> orphans() {
        List<Orphan> orphans = new ArrayList<>();
        IntList children = new IntList();
        proc.children(linux.parentPid(), children);
        for (int i = 0; i < children.size(); i++) {
            int pid = children.get(i);
            String group = proc.cgroup(pid);
            ProcReader.Stat stat = proc.stat(pid);
            String service = group == null ? null : serviceOf(group);
            boolean isClaimed = group != null && service != null && isOpen(group);
            if (stat != null && !stat.isDead() && !isClaimed && pid != linux.pid()) {
                orphans.add(new Orphan(pid, stat.name(), service));
            }
        }
        return orphans;
    }

    /** The name of the group directly below the services' that this one is in, without what tells apart a second run; or null. */
    private @Nullable String serviceOf(String group) {
        if (!group.startsWith(servicesPath + "/")) {
            return null;
        }
        String name = group.substring(servicesPath.length() + 1);
        int slash = name.indexOf('/');
        name = slash < 0 ? name : name.substring(0, slash);
        int second = name.indexOf('~');
        return second < 0 ? name : name.substring(0, second);
    }

    private boolean isOpen(String group) {
        return runs.values()
                .stream()
                .map(run -> servicesPath + "/" + run.group)
                .anyMatch(own -> group.equals(own) || group.startsWith(own + "/"));
    }

    @Override
    public void close() {
        List.copyOf(runs.values()).forEach(Run::close);
        runs.clear();
        linux.close(services);
    }
}
