package org.jinit.daemon;

import java.util.function.Consumer;
import org.jinit.engine.Event;
import org.jinit.engine.ProcessId;
import org.jinit.engine.RunId;
import org.jinit.linux.Errno;
import org.jinit.linux.KeeperLink;
import org.jinit.linux.KeeperProtocol;
import org.jinit.linux.Linux;
import org.jinit.linux.ProcessTracker;
import org.jinit.model.ExitStatus;
import org.jinit.model.Signals;
import org.jspecify.annotations.Nullable;

/** Translates what the keeper tells into events, each once, whatever was skipped or told twice. */
final class KeeperEvents {
    private final Linux linux;
    private final EngineLoop loop;
    private final Processes processes;
    private final Runs runs;
    private final ProcessTracker tracker;
    private final Consumer<KeeperProtocol.ToKeeper> link;

    KeeperEvents(
            Linux linux,
            EngineLoop loop,
            Processes processes,
            Runs runs,
            ProcessTracker tracker,
            Consumer<KeeperProtocol.ToKeeper> link) {
        this.linux = linux;
        this.loop = loop;
        this.processes = processes;
        this.runs = runs;
        this.tracker = tracker;
        this.link = link;
    }

    /** @param fds the slot's pidfd, when it is told for the first time */
    void slot(KeeperProtocol.Slot slot, int[] fds) {
        Processes.Held held = processes.find(new ProcessId(slot.request()));
        if (held == null) {
            strange(slot, fds);
            return;
        }
        held.slot = slot.slot();
        if (fds.length > 0) {
            if (held.pidfd == Linux.NO_FD) {
                processes.identify(held, slot.pid(), fds[0]);
                resumeNotify(held);
            } else {
                linux.close(fds[0]);
            }
        }
        held.pid = slot.pid();
        switch (slot.state()) {
            case FORKED -> tellSpawned(held);
            case EXECUTED -> {
                tellSpawned(held);
                tellExecuted(held);
            }
            case FAILED -> failed(held, slot);
            case EXITED -> exited(held, slot);
            case WATCHED -> held.slot = slot.slot();
        }
    }

    /** A slot that is none of this manager's: it is let go when it has ended. */
    private void strange(KeeperProtocol.Slot slot, int[] fds) {
        for (int fd : fds) {
            linux.close(fd);
        }
        if (slot.state() == KeeperProtocol.SlotState.FAILED || slot.state() == KeeperProtocol.SlotState.EXITED) {
            link.accept(new KeeperProtocol.Ack(slot.slot(), slot.state()));
        }
    }

    private void resumeNotify(Processes.Held held) {
        ActiveRun run = runs.find(held.run);
        if (run != null && run.notify != null) {
            run.notify.resume();
        }
    }

    private void tellSpawned(Processes.Held held) {
        if (!held.spawnedTold) {
            held.spawnedTold = true;
            ActiveRun run = runs.find(held.run);
            if (run != null) {
                tracker.spawned(run.tracked, held.pid, held.pidfd);
            }
            if (held.role != null) {
                loop.submit(new Event.Spawned(held.id, held.pid));
            }
        }
    }

    private void tellExecuted(Processes.Held held) {
        if (!held.executedTold && !held.watched) {
            held.executedTold = true;
            ActiveRun run = runs.find(held.run);
            if (run != null && run.ready != null && held.role == org.jinit.engine.Role.MAIN) {
                run.ready.closeChildEnd();
            }
            if (held.role != null) {
                loop.submit(new Event.Executed(held.id));
            }
        }
    }

    private void failed(Processes.Held held, KeeperProtocol.Slot slot) {
        String step = stepText(slot);
        String cause = causeText(slot);
        link.accept(new KeeperProtocol.Ack(slot.slot(), slot.state()));
        reaped(held);
        end(held, new Event.SpawnFailed(held.id, step, slot.errno(), cause), step + ": " + cause, -1);
    }

    private static String stepText(KeeperProtocol.Slot slot) {
        String action = slot.step().action();
        if (slot.interpreterMissing()) {
            return action;
        }
        return slot.detail().isEmpty() ? action : action + " " + slot.detail();
    }

    private static String causeText(KeeperProtocol.Slot slot) {
        String error = slot.errno() == 0 ? "there is none" : Errno.text(slot.errno());
        return slot.interpreterMissing() ? "its interpreter " + slot.detail() + ": " + error : error;
    }

    private void exited(Processes.Held held, KeeperProtocol.Slot slot) {
        boolean watched = slot.watched();
        if (!watched) {
            tellSpawned(held);
        }
        if (slot.executed()) {
            tellExecuted(held);
        }
        try {
            lastWords(held.run);
        } finally {
            // Whatever comes of the words: the end itself must not be lost.
            ended(held, slot);
        }
    }

    private void ended(Processes.Held held, KeeperProtocol.Slot slot) {
        boolean watched = slot.watched();
        link.accept(new KeeperProtocol.Ack(slot.slot(), slot.state()));
        reaped(held);
        ExitStatus status =
                slot.statusUnknown() ? new ExitStatus.Unknown() : ExitStatus.ofWaitStatus(slot.waitStatus());
        if (!watched && !slot.executed()) {
            String cause = "it ended before that" + (status instanceof ExitStatus.Killed(int signal, boolean _)
                    ? ", killed by SIG" + Signals.name(signal)
                    : "");
            end(held, new Event.SpawnFailed(held.id, "execute", 0, cause), cause, -1);
            return;
        }
        int code = status instanceof ExitStatus.Exited(int exit) ? exit : -1;
        end(held, new Event.Exited(held.id, status), null, code);
    }

    /** What a process said before it ended counts, so it is heard first. */
    private void lastWords(RunId id) {
        ActiveRun run = runs.find(id);
        if (run == null) {
            return;
        }
        if (run.notify != null) {
            run.notify.drain();
        }
        if (run.ready != null) {
            run.ready.closeChildEnd();
            run.ready.drain();
        }
    }

    private void reaped(Processes.Held held) {
        ActiveRun run = runs.find(held.run);
        if (run != null && held.spawnedTold) {
            tracker.reaped(run.tracked, held.pid);
        } else {
            tracker.poke();
        }
    }

    private void end(Processes.Held held, Event event, @Nullable String problem, int code) {
        Processes.Watcher watcher = held.watcher;
        boolean engines = held.role != null || held.watched;
        processes.remove(held);
        resumeNotify(held);
        if (watcher != null) {
            watcher.ended(problem, code);
        } else if (engines) {
            loop.submit(event);
        }
    }

    void refused(KeeperProtocol.Refused refused) {
        Processes.Held held = processes.find(new ProcessId(refused.request()));
        if (held != null) {
            String cause = refused.reason().text()
                    + (refused.errno() == 0 ? "" : ": " + Errno.text(refused.errno()));
            boolean discovered = held.watched && held.role == null;
            Event event = discovered
                    ? new Event.Exited(held.id, new ExitStatus.Unknown())
                    : new Event.SpawnFailed(held.id, "fork", refused.errno(), cause);
            end(held, event, "fork: " + cause, -1);
        }
    }

    /** A process stopped; only SIGSTOP of a run's process is the engine's business. */
    void stopped(KeeperProtocol.Stopped stopped, int[] fds) {
        int pidfd = fds.length > 0 ? fds[0] : Linux.NO_FD;
        if (stopped.signal() != Signals.STOP) {
            linux.close(pidfd);
            return;
        }
        if (stopped.slot() != 0) {
            linux.close(pidfd);
            Processes.Held held = processes.bySlot(stopped.slot());
            if (held != null) {
                loop.submit(new Event.SelfStopped(held.run, held.id, held.pid));
            }
            return;
        }
        int own = pidfd == Linux.NO_FD ? linux.pidfdOpen(stopped.pid()) : pidfd;
        ActiveRun run = own < 0 ? null : runs.ownerOf(stopped.pid(), own);
        if (run == null) {
            linux.close(own);
            return;
        }
        Processes.Held held = processes.discovered(run.id, stopped.pid(), own);
        loop.submit(new Event.SelfStopped(run.id, held.id, held.pid), () -> processes.dropUnwatched(held.id));
    }
}
