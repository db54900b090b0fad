package org.jinit.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import org.jinit.engine.Reply.Outcome;
import org.jspecify.annotations.Nullable;

/** Accepted requests that wait for their services: each gets exactly one reply, unless its client has gone. */
final class Jobs {
    /** What a request waits for. */
    enum Kind {
        /** Ready, or why not. */
        START,
        /** The run of that time has ended. */
        STOP,
        /** Reloaded, or why not. */
        RELOAD
    }

    /** One request. */
    static final class Job {
        final RequestId id;
        final LinkedHashMap<ServiceCell, @Nullable Outcome> outcomes = new LinkedHashMap<>();
        int open;
        boolean failed;

        Job(RequestId id) {
            this.id = id;
        }
    }

    /** One service of one request. @param generation of the service when it was asked */
    record Watch(Job job, Kind kind, long generation) {}

    private final Board board;
    private final LinkedHashMap<RequestId, Job> open = new LinkedHashMap<>();

    Jobs(Board board) {
        this.board = board;
    }

    void reply(@Nullable RequestId id, Reply reply) {
        if (id != null) {
            board.emit(new Effect.Reply(id, reply));
        }
    }

    /** Called when the request has been carried out and the engine has settled. */
    void open(RequestId id, Kind kind, Collection<ServiceCell> cells) {
        Job job = new Job(id);
        for (ServiceCell cell : cells) {
            if (!job.outcomes.containsKey(cell)) {
                job.outcomes.put(cell, null);
                job.open++;
                cell.watches.add(new Watch(job, kind, cell.generation));
            }
        }
        open.put(id, job);
        for (ServiceCell cell : cells) {
            changed(cell);
        }
        if (job.outcomes.isEmpty()) {
            finishIfDone(job);
        }
    }

    void clientGone(RequestId id) {
        Job job = open.remove(id);
        if (job != null) {
            for (ServiceCell cell : job.outcomes.keySet()) {
                cell.watches.removeIf(watch -> watch.job() == job);
            }
        }
    }

    /** Whether somebody waits for the start of the service. */
    boolean startAwaited(ServiceCell cell) {
        for (Watch watch : cell.watches) {
            if (watch.kind() == Kind.START) {
                return true;
            }
        }
        return false;
    }

    void changed(ServiceCell cell) {
        if (cell.watches.isEmpty()) {
            return;
        }
        for (Watch watch : new ArrayList<>(cell.watches)) {
            Outcome outcome =
                    switch (watch.kind()) {
                        case START -> started(cell);
                        case STOP -> stopped(cell, watch.generation());
                        case RELOAD -> reloaded(cell, watch.generation());
                    };
            if (outcome != null) {
                complete(cell, watch, outcome);
            }
        }
    }

    private void complete(ServiceCell cell, Watch watch, Outcome outcome) {
        cell.watches.remove(watch);
        Job job = watch.job();
        job.outcomes.put(cell, outcome);
        job.open--;
        job.failed |= !outcome.ok();
        finishIfDone(job);
    }

    private void finishIfDone(Job job) {
        if (job.open > 0 || open.remove(job.id) == null) {
            return;
        }
        ArrayList<Outcome> outcomes = new ArrayList<>();
        for (Outcome outcome : job.outcomes.values()) {
            if (outcome != null) {
                outcomes.add(outcome);
            }
        }
        List<Outcome> all = List.copyOf(outcomes);
        board.emit(new Effect.Reply(job.id, job.failed ? new Reply.Failed(all) : new Reply.Done(all)));
    }

    /** Whoever waits for a start of the service waits in vain. */
    void supersede(ServiceCell cell, String why) {
        for (Watch watch : new ArrayList<>(cell.watches)) {
            if (watch.kind() != Kind.STOP) {
                String verb = watch.kind() == Kind.START ? "start " : "reload ";
                complete(cell, watch, outcome(cell, false, "cannot " + verb + cell.name + ": " + why));
            }
        }
    }

    private static Outcome outcome(ServiceCell cell, boolean ok, @Nullable String text) {
        return new Outcome(cell.name, ok, cell.state, cell.result, text);
    }

    private static @Nullable Outcome started(ServiceCell cell) {
        Run run = cell.run;
        if (cell.bounce || cell.startNow) {
            return null;
        }
        return switch (cell.state) {
            case WAITING, STARTING, STOPPING -> null;
            case RUNNING, RELOADING ->
                (run != null && run.early) || cell.goingDown() ? null : outcome(cell, true, null);
            case DONE -> outcome(cell, true, null);
            case SKIPPED -> outcome(cell, true, "skipped: " + Narrator.tell(cell.cause));
            case BACKOFF, FAILED -> outcome(cell, false, Narrator.cannotStart(cell));
            case STOPPED -> cell.wantedUp() && !cell.rests ? null : outcome(cell, false, Narrator.cannotStart(cell));
        };
    }

    private static @Nullable Outcome stopped(ServiceCell cell, long generation) {
        Run run = cell.run;
        if (run != null && run.id.generation() <= generation) {
            return null;
        }
        if (cell.unkillable) {
            String text = "cannot stop " + cell.name + ": a process of it did not end when it was killed";
            return outcome(cell, false, text);
        }
        boolean killed = run == null && cell.state == State.STOPPED && cell.result == Result.TIMEOUT;
        return outcome(cell, true, killed ? "it did not end within its stop timeout and was killed" : null);
    }

    private static @Nullable Outcome reloaded(ServiceCell cell, long generation) {
        Run run = cell.run;
        if (cell.state == State.RELOADING) {
            return null;
        }
        if (run == null || run.id.generation() != generation || cell.state != State.RUNNING) {
            return outcome(cell, false, "cannot reload " + cell.name + ": it ended: " + Narrator.tell(cell.cause));
        }
        if ("success".equals(run.reloadResult)) {
            return outcome(cell, true, null);
        }
        return outcome(cell, false, "cannot reload " + cell.name + ": " + Narrator.tell(cell.cause) + "; it runs on");
    }
}
