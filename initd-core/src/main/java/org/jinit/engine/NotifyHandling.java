package org.jinit.engine;

import java.util.ArrayList;
import org.jinit.engine.Run.Phase;
import org.jinit.engine.TimerKey.Purpose;
import org.jinit.model.NotifyAccess;
import org.jinit.notify.NotifyMessage;

/** What services say on their notify sockets, sd_notify(3): who may say it, and what it does. */
final class NotifyHandling {
    private static final long NANOS_PER_MICRO = 1000;
    /** Longest STATUS= that is kept, characters; X_ fields that are kept. */
    private static final int STATUS_MAX = 4096;

    private static final int EXTRA_MAX = 32;

    /** Messages that are kept for a process whose birth was not told yet. */
    private static final int EARLY_MAX = 16;

    private final Board board;

    NotifyHandling(Board board) {
        this.board = board;
    }

    void received(Run run, Event.Notified event) {
        NotifyMessage message = event.message();
        if (message.barrier()) {
            return;
        }
        if (!permitted(run, event.sender())) {
            keepForLater(run, event);
            return;
        }
        NotifyAccess access = message.access();
        if (access != null) {
            run.access = access;
        }
        texts(run, message);
        descriptors(run, event);
        MainClaim claim = event.claim();
        if (claim != null) {
            board.mains.claimed(run, event.sender(), claim);
        }
        if (message.restartReset()) {
            run.cell.governor.resetAttempts();
        }
        watchdog(run, message);
        if (message.extendUsec() >= 0) {
            extend(run, saturated(message.extendUsec()));
        }
        states(run, event);
    }

    /** A process may speak before its birth is told, for that comes another way. Who it is can be said then. */
    private static void keepForLater(Run run, Event.Notified event) {
        Sender sender = event.sender();
        if (sender.process() == null && sender.ofService() && run.spawning() && run.unattributed.size() < EARLY_MAX) {
            run.unattributed.add(event);
        }
    }

    /** What the process said before it was known. Descriptors and the main process that it named are not held any more. */
    void spawned(Proc process) {
        Run run = process.run;
        if (run.unattributed.isEmpty()) {
            return;
        }
        for (Event.Notified said : new ArrayList<>(run.unattributed)) {
            Sender unknown = said.sender();
            if (unknown.pid() == process.pid) {
                Sender sender = new Sender(process.id, true, unknown.uid(), unknown.pid());
                received(run, new Event.Notified(run.id, sender, said.message(), null, 0, 0));
            }
        }
        run.unattributed.removeIf(said -> said.sender().pid() == process.pid);
        if (!run.spawning()) {
            run.unattributed.clear();
        }
    }

    private static boolean permitted(Run run, Sender sender) {
        Proc main = run.main;
        boolean isMain = main != null && main.id.equals(sender.process());
        return switch (run.notifyAccess()) {
            case NONE -> false;
            case MAIN -> isMain;
            case EXEC -> isMain || isCommand(run, sender);
            case ALL -> isMain || sender.ofService() || isCommand(run, sender);
        };
    }

    /** What was executed for the service, the launcher of a daemon that forks included. */
    private static boolean isCommand(Run run, Sender sender) {
        ProcessId id = sender.process();
        Proc process = id == null ? null : run.processes.get(id);
        return process != null && (process.role != Role.MAIN || !process.discovered());
    }

    private void texts(Run run, NotifyMessage message) {
        String status = message.status();
        if (status != null) {
            run.statusText = status.isEmpty() || status.length() > STATUS_MAX ? null : status;
        }
        if (message.errno() > 0) {
            run.statusErrno = message.errno();
        }
        for (String field : message.extra()) {
            int equals = field.indexOf('=');
            String key = equals < 0 ? field : field.substring(0, equals + 1);
            run.extra.removeIf(known -> known.startsWith(key));
            if (run.extra.size() < EXTRA_MAX && field.length() <= STATUS_MAX) {
                run.extra.add(field);
            }
        }
    }

    private void descriptors(Run run, Event.Notified event) {
        NotifyMessage message = event.message();
        String name = message.fdName();
        if (message.fdStoreRemove()) {
            if (name != null) {
                board.emit(new Effect.DropDescriptors(run.id, name));
            }
        } else if (message.fdStore() && event.descriptors() > 0 && run.definition.fdStore() > 0) {
            String kept = name == null ? "stored" : name;
            board.emit(new Effect.KeepDescriptors(
                    run.id, event.parked(), kept, message.fdPoll(), run.definition.fdStore()));
        }
    }

    private void watchdog(Run run, NotifyMessage message) {
        if (message.watchdogUsec() >= 0 && !run.stopping()) {
            board.supervision.watchdogInterval(run, saturated(message.watchdogUsec()));
        }
        switch (message.watchdog()) {
            case NONE -> {}
            case PING -> board.supervision.watchdogPing(run);
            case TRIGGER -> board.supervision.watchdogTriggered(run);
        }
    }

    private static long saturated(long usec) {
        return usec > Long.MAX_VALUE / 4 / NANOS_PER_MICRO ? Long.MAX_VALUE / 4 : usec * NANOS_PER_MICRO;
    }

    /** The message that extends is due before the extension is over; the limit of the definition holds in any case. */
    private void extend(Run run, long nanos) {
        if (run.stopping()) {
            board.timers.extend(run, Purpose.STOP, nanos);
        } else if (run.phase.starting()) {
            board.timers.extend(run, Purpose.START, nanos);
            board.timers.extend(run, Purpose.READY_ENTRY, nanos);
        } else {
            board.timers.extend(run, Purpose.RUN, nanos);
        }
    }

    /** STOPPING beats READY beats RELOADING. */
    private void states(Run run, Event.Notified event) {
        NotifyMessage message = event.message();
        if (run.stopping()) {
            return;
        }
        boolean up = run.phase == Phase.UP || run.phase == Phase.SUCCESSOR;
        if (message.stopping()) {
            if (up) {
                Ending ending = Ending.itself(Result.SUCCESS, new Cause.ByNotify("STOPPING=1"));
                ending.silent = true;
                board.stops.begin(run, ending);
            }
        } else if (message.ready()) {
            if (message.reloading() && up) {
                board.reloads.reloadingTold(run, message.monotonicUsec());
            }
            if (up) {
                board.reloads.readyTold(run);
            } else {
                board.readiness.readyTold(run, event.sender().pid());
            }
        } else if (message.reloading() && up) {
            board.reloads.reloadingTold(run, message.monotonicUsec());
        }
    }
}
