package org.jinit.daemon;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jinit.engine.Event;
import org.jinit.engine.RunId;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jinit.linux.PidFileReader;
import org.jinit.linux.ProcessTracker;
import org.jinit.linux.Reactor;
import org.jspecify.annotations.Nullable;

/**
 * Finds the main process that a launcher left behind: the one that the pid file names, awaited, or the only one left. A number is read,
 * then the process is held by pidfd, then it is looked at whether it belongs to the service; only the pidfd is used from there on.
 */
final class MainFinder {
    /** Nanoseconds between looks; engine's timers bound how long. */
    private static final long INTERVAL = 10_000_000L;
    /** Looks until several remaining processes are taken for what they are: a double fork's middle process lives for a moment. */
    private static final int LOOKS_AT_SEVERAL = 20;
    /** Looks in a row that find nobody: one alone may miss a process that was forked and whose parent ended while it was taken. */
    private static final int EMPTY_LOOKS = 3;
    /** Reasons that one search logs: who waits for the start wants to know, and the file may change at every look. */
    private static final int MAX_TOLD = 5;
    /** Looks at an unchanged pid file until its dead main process is taken to have no successor, without a monitor to start one. */
    private static final int LOOKS_FOR_SUCCESSOR = 20;

    private final NotifyChannel.Surroundings with;
    private final PidFileReader reader;
    private final Runs runs;
    private final Map<RunId, Search> searches = new HashMap<>();

    MainFinder(NotifyChannel.Surroundings with, Runs runs) {
        this.with = with;
        this.runs = runs;
        reader = new PidFileReader(with.linux());
    }

    private final class Search {
        final ActiveRun run;
        final boolean successor;
        int looks;
        int emptyLooks;
        Reactor.@Nullable Timer timer;
        String lastReason = "it was not written";
        private int told;

        Search(ActiveRun run) {
            this.run = run;
            successor = !run.mainsFound.isEmpty();
        }

        void look() {
            timer = null;
            looks++;
            boolean settled = false;
            try {
                settled = hasSettled();
            } catch (LinuxException e) {
                // No descriptor is free, say: the next look may find one.
                lastReason = "it cannot be looked at: " + e.cause();
            }
            if (!settled) {
                timer = with.reactor().arm(System.nanoTime() + INTERVAL, this::look);
            }
        }

        private boolean hasSettled() {
            List<ProcessTracker.Member> members = with.tracker().members(run.tracked);
            emptyLooks = members.isEmpty() ? emptyLooks + 1 : 0;
            try {
                String pidFile = run.definition.pidFile();
                return pidFile == null ? byElimination(members) : byPidFile(pidFile, members);
            } finally {
                for (ProcessTracker.Member member : members) {
                    with.linux().close(member.pidfd());
                }
            }
        }

        private boolean byPidFile(String path, List<ProcessTracker.Member> members) {
            switch (reader.read(path)) {
                case PidFileReader.Absent() -> lastReason = "it was not written";
                case PidFileReader.Unusable(String reason) -> refuse(path, reason);
                case PidFileReader.Found found -> {
                    if (accept(path, found, members)) {
                        return true;
                    }
                }
            }
            if (successor && !run.monitored && looks >= LOOKS_FOR_SUCCESSOR) {
                missing("pid file " + path + ": " + lastReason, false);
                return true;
            }
            if (emptyLooks >= EMPTY_LOOKS) {
                missing("pid file " + path + ": " + lastReason + ", and no process of the service is left", true);
                return true;
            }
            return false;
        }

        private void refuse(String path, String reason) {
            if (!reason.equals(lastReason) && told < MAX_TOLD) {
                told++;
                with.log().warn(run.id.service() + ": cannot use pid file " + path + ": " + reason);
            }
            lastReason = reason;
        }

        /** Pidfd first, then all questions. */
        private boolean accept(String path, PidFileReader.Found found, List<ProcessTracker.Member> members) {
            int pid = found.pid();
            if (pid <= 1 || pid == with.keeperPid() || pid == with.linux().pid()) {
                refuse(path, "it names pid " + pid + ", which cannot be a service's");
                return false;
            }
            int pidfd = with.linux().pidfdOpen(pid);
            if (pidfd < 0 || with.linux().pidfdEnded(pidfd)) {
                with.linux().close(pidfd);
                lastReason = "it names pid " + pid + ", which is dead";
                return false;
            }
            boolean belongs = with.tracker().belongs(run.tracked, pid, pidfd);
            if (!belongs && (found.questionable() || found.ownerUid() != 0 || with.linux().effectiveUid() != 0
                    || run.mainsFound.contains(pid) || with.processes().isStranger(run, pid, pidfd))) {
                with.linux().close(pidfd);
                refuse(path, "it names pid " + pid + ", which is no process of the service");
                return false;
            }
            run.monitored = hasParent(pid, members);
            found(pid, pidfd, "pid file " + path);
            return true;
        }

        private static boolean hasParent(int pid, List<ProcessTracker.Member> members) {
            for (ProcessTracker.Member member : members) {
                if (member.pid() == pid) {
                    return members.stream().anyMatch(other -> other.pid() == member.parent());
                }
            }
            return false;
        }

        private boolean byElimination(List<ProcessTracker.Member> members) {
            if (emptyLooks >= EMPTY_LOOKS) {
                missing("no process of the service is left", true);
                return true;
            }
            if (members.isEmpty()) {
                return false;
            }
            ProcessTracker.@Nullable Member only = only(members);
            if (only != null) {
                found(only.pid(), with.linux().duplicate(only.pidfd()), "the only process left");
                return true;
            }
            if (looks < LOOKS_AT_SEVERAL) {
                return false;
            }
            missing(members.size() + " processes are left and no pid-file says which is the main one", false);
            return true;
        }

        /** The only one, or the only one that was adopted: what it forked has it for a parent. */
        private ProcessTracker.@Nullable Member only(List<ProcessTracker.Member> members) {
            if (members.size() == 1) {
                return members.getFirst();
            }
            ProcessTracker.Member adopted = null;
            for (ProcessTracker.Member member : members) {
                if (member.parent() == with.keeperPid()) {
                    if (adopted != null) {
                        return null;
                    }
                    adopted = member;
                }
            }
            return looks < 3 ? null : adopted;
        }

        private void found(int pid, int pidfd, String how) {
            searches.remove(run.id);
            run.mainsFound.add(pid);
            Processes.Held held = with.processes().discovered(run.id, pid, pidfd);
            with.loop()
                    .submit(new Event.MainFound(run.id, held.id, pid, how),
                            () -> with.processes().dropUnwatched(held.id));
        }

        private void missing(String reason, boolean empty) {
            searches.remove(run.id);
            with.loop().submit(new Event.MainMissing(run.id, reason, empty));
        }
    }

    void find(RunId id) {
        ActiveRun run = runs.find(id);
        if (run == null) {
            with.loop().submit(new Event.MainMissing(id, "no process of the service is left", true));
            return;
        }
        forget(id);
        Search search = new Search(run);
        searches.put(id, search);
        // After the effects of this step, and after what has already been told of other processes.
        search.timer = with.reactor().arm(System.nanoTime(), search::look);
    }

    void forget(RunId id) {
        Search search = searches.remove(id);
        if (search != null && search.timer != null) {
            search.timer.cancel();
        }
    }

    /** Why a search that goes on has found nothing yet, null when none goes on. */
    @Nullable String reason(RunId id) {
        Search search = searches.get(id);
        return search == null ? null : search.lastReason;
    }
}
