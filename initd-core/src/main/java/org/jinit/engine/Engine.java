package org.jinit.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jinit.graph.Catalog;
import org.jinit.model.ExitStatus;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** The state machine: see the package comment for its model. Not thread-safe: one writer. */
public final class Engine {
    /** For the tests of this package, which look for what should have been forgotten. */
    final Board board;

    /**
     * An engine in which nothing runs.
     *
     * @param initial valid
     * @param enabledOverlay what {@code enable} and {@code disable} said: it beats the definitions
     */
    public Engine(EngineSettings settings, Catalog initial, SortedMap<ServiceName, Boolean> enabledOverlay) {
        this.board = new Board(settings, initial, new TreeMap<>(enabledOverlay));
        board.catalogs.adopt(initial);
        board.settle();
        board.takeEffects();
    }

    /**
     * Takes one event. After {@link Effect.Exit} nothing has an effect any more.
     *
     * @param nowNanos CLOCK_MONOTONIC (MONOTONIC_USEC= of notify messages is compared with it); never less than the step before
     * @return what to do, in this order
     */
    public List<Effect> step(Event event, long nowNanos) {
        if (board.shutdown.exited()) {
            return List.of();
        }
        board.now = Math.max(nowNanos, board.now);
        dispatch(event);
        board.settle();
        board.boot.tell();
        board.shutdown.finishIfDown();
        return board.takeEffects();
    }

    private void dispatch(Event event) {
        switch (event) {
            case Event.Boot(var target) -> board.boot.begin(target);
            case Event.Requested(var id, var who, var request) -> board.requests.requested(id, who, request);
            case Event.ClientGone(var id) -> board.jobs.clientGone(id);
            case Event.CatalogLoaded loaded -> board.catalogs.loaded(loaded);
            case Event.ShutdownRequested(var why) -> board.shutdown.requested(why);
            case Event.EnabledChanged(var service, boolean enabled) -> board.overlay.put(service, enabled);
            case Event.TimerDue(var key) -> board.timers.due(key);
            case Event.Spawned(var id, int pid) -> {
                Proc process = board.processes.get(id);
                if (process != null && !process.spawned) {
                    board.starts.spawned(process, pid);
                }
            }
            case Event.SpawnFailed(var id, var step, int errno, var cause) -> {
                Proc process = board.processes.get(id);
                if (process != null && !process.executed) {
                    Cause why = new Cause.BySpawnFailure(process.role, step, errno, cause);
                    board.starts.spawnFailed(process, why);
                }
            }
            case Event.Executed(var id) -> {
                Proc process = board.processes.get(id);
                if (process != null) {
                    board.starts.executed(process);
                }
            }
            case Event.Exited(var id, var status) -> exited(board.processes.get(id), status);
            case Event.Prepared(var id) -> ofRun(id, event);
            case Event.ConditionUnmet unmet -> ofRun(unmet.run(), event);
            case Event.PrepareFailed failed -> ofRun(failed.run(), event);
            case Event.SelfStopped stopped -> ofRun(stopped.run(), event);
            case Event.MainFound found -> ofRun(found.run(), event);
            case Event.MainMissing missing -> ofRun(missing.run(), event);
            case Event.Emptied(var id) -> ofRun(id, event);
            case Event.Notified notified -> ofRun(notified.run(), event);
            case Event.PipeReady ready -> ofRun(ready.run(), event);
            case Event.PipeClosed(var id) -> ofRun(id, event);
            case Event.ProbeAnswered answered -> ofRun(answered.run(), event);
        }
    }

    /** Answers for a run of the past are ignored. */
    private void ofRun(RunId id, Event event) {
        Run run = board.run(id);
        if (run == null) {
            return;
        }
        switch (event) {
            case Event.Prepared prepared -> board.starts.prepared(run);
            case Event.ConditionUnmet unmet -> board.starts.conditionUnmet(run, unmet.text(), unmet.fail());
            case Event.PrepareFailed failed -> board.starts.prepareFailed(run, failed.step(), failed.cause());
            case Event.SelfStopped stopped -> board.readiness.selfStopped(run, stopped.process(), stopped.pid());
            case Event.MainFound found -> board.mains.found(run, found.process(), found.pid(), found.how());
            case Event.MainMissing missing -> board.mains.missing(run, missing.reason(), missing.empty());
            case Event.Emptied emptied -> emptied(run);
            case Event.Notified notified -> board.notify.received(run, notified);
            case Event.PipeReady ready ->
                board.readiness.pipeReady(run, ready.process(), ready.pid(), ready.ofService());
            case Event.PipeClosed closed -> board.readiness.pipeClosed(run);
            case Event.ProbeAnswered answered -> {
                switch (answered.use()) {
                    case READINESS -> board.readiness.probeAnswered(run, answered.good(), answered.detail());
                    case HEALTH -> board.supervision.healthAnswered(run, answered.good(), answered.detail());
                }
            }
            default -> throw new IllegalArgumentException("not an answer for a run: " + event);
        }
    }

    private void exited(@Nullable Proc process, ExitStatus status) {
        if (process == null) {
            return;
        }
        Run run = process.run;
        if (!process.executed) {
            process.spawned = true;
            board.starts.executed(process);
        }
        board.forget(process);
        switch (process.role) {
            case MAIN -> board.mains.ended(process, status);
            case BEFORE_START, AFTER_START -> {
                if (!run.stopping()) {
                    board.starts.hookEnded(process, status);
                }
            }
            case RELOAD -> board.reloads.commandExited(process, status);
            case STOP, AFTER_STOP -> board.stops.commandEnded(process, status);
        }
        if (run.stopping() && run.cell.run == run) {
            board.stops.processEnded(run, process);
        }
    }

    private void emptied(Run run) {
        if (!run.awaitingEmpty) {
            return;
        }
        run.awaitingEmpty = false;
        if (run.stopping()) {
            board.stops.emptied(run);
        } else if (run.phase == Run.Phase.SWEEP) {
            board.starts.swept(run);
        } else {
            board.mains.emptied(run);
        }
    }

    /** What can be said of a service now; null when there is no such service. */
    public @Nullable ServiceView view(ServiceName name) {
        ServiceCell cell = board.cell(name);
        return cell == null ? null : Views.of(board, cell);
    }

    /** All services, by name. */
    public List<ServiceView> views() {
        ArrayList<ServiceView> views = new ArrayList<>(board.cells.size());
        for (ServiceCell cell : board.cells.values()) {
            views.add(Views.of(board, cell));
        }
        return views;
    }

    /** The last transitions of a service (at most 16), the oldest first. */
    public List<Transition> history(ServiceName name) {
        ServiceCell cell = board.cell(name);
        return cell == null ? List.of() : List.copyOf(cell.history);
    }

    /** The catalogue in force, with the instances that were started on request. */
    public Catalog catalog() {
        return board.catalog;
    }

    /** Whether the boot set has settled. */
    public boolean bootSettled() {
        return board.boot.settled();
    }

    /** Whether a shutdown is under way. */
    public boolean shuttingDown() {
        return board.shutdown.under();
    }
}
