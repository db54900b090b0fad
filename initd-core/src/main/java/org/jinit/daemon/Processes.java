package org.jinit.daemon;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jinit.engine.ProcessId;
import org.jinit.engine.Role;
import org.jinit.engine.RunId;
import org.jinit.linux.Linux;
import org.jinit.linux.ProcessAge;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** Every process that jinit holds, by its own number and, while it lives, by pid. A pid found here is compared by pidfd before it counts. */
final class Processes {
    /** A process and what is known of it. */
    static final class Held {
        final ProcessId id;
        final RunId run;
        /** Null for a discovered process and for a probe's command. */
        final @Nullable Role role;
        int pid;
        int pidfd = Linux.NO_FD;
        long slot;
        boolean spawnedTold;
        boolean executedTold;
        /** The engine wants to hear of it; else it is a candidate or a probe. */
        boolean watched;
        /** Told how it ended instead of the engine, for what the engine does not know of. */
        @Nullable Watcher watcher;

        Held(ProcessId id, RunId run, @Nullable Role role) {
            this.id = id;
            this.run = run;
            this.role = role;
        }
    }

    /** Hears of a process that the engine does not know. */
    interface Watcher {
        /** @param problem why it could not be executed, null when it ended; @param code its exit code, -1 for anything else */
        void ended(@Nullable String problem, int code);
    }

    private final Linux linux;
    private final ProcessAge age;
    private final int keeper;
    private final Map<ProcessId, Held> byId = new HashMap<>();
    private final Map<Integer, Held> byPid = new HashMap<>();
    /** How many processes of a run are being forked. */
    private final Map<RunId, Integer> unidentified = new HashMap<>();
    private long lastDiscovered;

    Processes(Linux linux, int keeperPid) {
        this.linux = linux;
        keeper = keeperPid;
        age = new ProcessAge(linux);
    }

    Held add(ProcessId id, RunId run, @Nullable Role role) {
        Held held = new Held(id, run, role);
        byId.put(id, held);
        unidentified.merge(run, 1, Integer::sum);
        return held;
    }

    ProcessId nextDiscovered() {
        return new ProcessId(--lastDiscovered);
    }

    @Nullable Held find(ProcessId id) {
        return byId.get(id);
    }

    /** For people only: the number may mean another process by now. */
    @Nullable Held withPid(int pid) {
        return byPid.get(pid);
    }

    /** The pids of all held processes, for people. */
    Map<ServiceName, List<Integer>> pidsByService() {
        Map<ServiceName, List<Integer>> out = new HashMap<>();
        for (Held held : byId.values()) {
            if (held.pidfd != Linux.NO_FD) {
                out.computeIfAbsent(held.run.service(), key -> new ArrayList<>()).add(held.pid);
            }
        }
        out.values().forEach(pids -> pids.sort(null));
        return out;
    }

    /** The process in this slot of the keeper's. */
    @Nullable Held bySlot(long slot) {
        for (Held held : byId.values()) {
            if (held.slot == slot) {
                return held;
            }
        }
        return null;
    }

    /** Its pid and pidfd are known now; the pidfd is the table's from here on. */
    void identify(Held held, int pid, int pidfd) {
        held.pid = pid;
        held.pidfd = pidfd;
        byPid.put(pid, held);
        forked(held);
    }

    private void forked(Held held) {
        unidentified.computeIfPresent(held.run, (_, count) -> count == 1 ? null : count - 1);
    }

    /** A process of the run is being forked, so a pid that is not known yet may be its. */
    boolean awaitsIdentity(RunId run) {
        return unidentified.containsKey(run);
    }

    /** The held process that this pidfd means, null when it is none. */
    @Nullable Held same(int pid, int pidfd) {
        Held held = byPid.get(pid);
        if (held == null || held.pidfd == Linux.NO_FD) {
            return null;
        }
        long inode = linux.pidfdInode(held.pidfd);
        boolean same = inode == 0 ? linux.pidfdPid(held.pidfd) == pid : inode == linux.pidfdInode(pidfd);
        return same ? held : null;
    }

    /**
     * Whether a process that is not known to belong to a run cannot be its main process, whoever says it is: another run holds it, or it
     * was there before the run began. A wrong number in a pid file or a message must not get a stranger killed.
     */
    boolean isStranger(ActiveRun run, int pid, int pidfd) {
        Held held = same(pid, pidfd);
        return held == null ? age.isForeign(pid, pidfd, run.begun, keeper) : !held.run.equals(run.id);
    }

    /** Holds a process that was found, or gives the entry that it has already; takes the pidfd over. */
    Held discovered(RunId run, int pid, int pidfd) {
        Held known = same(pid, pidfd);
        if (known != null) {
            linux.close(pidfd);
            return known;
        }
        Held held = add(nextDiscovered(), run, null);
        identify(held, pid, pidfd);
        return held;
    }

    void remove(Held held) {
        if (byId.remove(held.id) != null && held.pidfd == Linux.NO_FD) {
            forked(held);
        }
        byPid.remove(held.pid, held);
        linux.close(held.pidfd);
        held.pidfd = Linux.NO_FD;
    }

    /** Lets a candidate go that the engine did not want. */
    void dropUnwatched(ProcessId id) {
        Held held = byId.get(id);
        if (held != null && held.role == null && !held.watched && held.watcher == null) {
            remove(held);
        }
    }

    int size() {
        return byId.size();
    }
}
