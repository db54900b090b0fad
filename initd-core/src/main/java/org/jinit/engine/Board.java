package org.jinit.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.TreeMap;
import org.jinit.graph.Catalog;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/**
 * What the engine's concerns share: the services, the processes by number, the two work lists, and the effects of the step under way. It
 * decides nothing.
 */
final class Board {
    final EngineSettings settings;
    final TreeMap<ServiceName, Boolean> overlay;
    /** In the order of names, to go through all of them. */
    final TreeMap<ServiceName, ServiceCell> cells = new TreeMap<>();
    /** The same, to look one up: a tree of ten thousand is a dozen cache misses deep. Never iterated. */
    private final HashMap<ServiceName, ServiceCell> byName = new HashMap<>();
    /** Looked up only, never iterated. */
    final HashMap<ProcessId, Proc> processes = new HashMap<>();
    Catalog catalog;
    /** CLOCK_MONOTONIC of the step under way. */
    long now;
    private long nextProcess = 1;
    /** How many runs there are. */
    int liveRuns;
    private ArrayList<Effect> effects = new ArrayList<>();
    private final ArrayDeque<ServiceCell> intents = new ArrayDeque<>();
    private final ArrayDeque<ServiceCell> wishes = new ArrayDeque<>();
    private final ArrayDeque<ServiceCell> checks = new ArrayDeque<>();

    final Timers timers = new Timers(this);
    final Transitions transitions = new Transitions(this);
    final Desires desires = new Desires(this);
    final Gates gates = new Gates(this);
    final StartSequence starts = new StartSequence(this);
    final ReadinessTracker readiness = new ReadinessTracker(this);
    final MainTracker mains = new MainTracker(this);
    final StopSequence stops = new StopSequence(this);
    final Aftermath aftermath = new Aftermath(this);
    final Supervision supervision = new Supervision(this);
    final NotifyHandling notify = new NotifyHandling(this);
    final ReloadHandling reloads = new ReloadHandling(this);
    final Jobs jobs = new Jobs(this);
    final Requests requests = new Requests(this);
    final BootTracker boot = new BootTracker(this);
    final Shutdown shutdown = new Shutdown(this);
    final CatalogLoading catalogs = new CatalogLoading(this);

    Board(EngineSettings settings, Catalog catalog, TreeMap<ServiceName, Boolean> overlay) {
        this.settings = settings;
        this.catalog = catalog;
        this.overlay = overlay;
    }

    void emit(Effect effect) {
        effects.add(effect);
    }

    void warn(ServiceCell cell, String text) {
        effects.add(new Effect.Warn(cell.name, text));
    }

    List<Effect> takeEffects() {
        ArrayList<Effect> taken = effects;
        effects = new ArrayList<>();
        return taken;
    }

    @Nullable ServiceCell cell(ServiceName name) {
        return byName.get(name);
    }

    void add(ServiceCell cell) {
        cells.put(cell.name, cell);
        byName.put(cell.name, cell);
    }

    void remove(ServiceCell cell) {
        cells.remove(cell.name);
        byName.remove(cell.name);
    }

    /** The run if it is still the one; null for one of the past. */
    @Nullable Run run(RunId id) {
        ServiceCell cell = byName.get(id.service());
        Run run = cell == null ? null : cell.run;
        return run != null && run.id.equals(id) ? run : null;
    }

    /** What is wanted of the service may have changed. */
    void intent(ServiceCell cell) {
        if (!cell.intentQueued) {
            cell.intentQueued = true;
            intents.add(cell);
        }
    }

    /** The service holds other wants than before. */
    void wish(ServiceCell cell) {
        wishes.add(cell);
    }

    /** Something that the service waits for may have come true. */
    void check(ServiceCell cell) {
        if (!cell.checkQueued) {
            cell.checkQueued = true;
            checks.add(cell);
        }
    }

    /** Propagates what is wanted to the fixed point, then executes; again until nothing is left to do. */
    void settle() {
        while (true) {
            ServiceCell wanted = intents.poll();
            if (wanted != null) {
                wanted.intentQueued = false;
                desires.propagate(wanted);
                continue;
            }
            ServiceCell wishing = wishes.peek();
            if (wishing != null) {
                if (!desires.pullNextWanted(wishing)) {
                    wishes.remove();
                }
                continue;
            }
            ServiceCell due = checks.poll();
            if (due == null) {
                break;
            }
            due.checkQueued = false;
            execute(due);
        }
        transitions.publishWaiting();
    }

    private void execute(ServiceCell cell) {
        Run run = cell.run;
        if (run == null) {
            if (cell.state == State.WAITING) {
                starts.tryStart(cell);
            }
            return;
        }
        if (run.stopping()) {
            if (cell.state == State.STARTING && cell.goingDownAnyway()) {
                transitions.move(cell, State.STOPPING, cell.downCause);
            }
            if (run.phase == Run.Phase.ORDER) {
                stops.tryProceed(run);
            }
            return;
        }
        ServiceCell failed = cell.failedRequirement;
        if (!cell.wantedUp() || cell.bounce) {
            stops.begin(run, Ending.requested(cell.downCause));
        } else if (failed != null) {
            stops.begin(run, Ending.requirementFailed(Narrator.requirementFailed(failed)));
        } else if (run.phase == Run.Phase.GATE) {
            starts.tryLaunch(run);
        }
    }

    /** Asks for a process of the run. */
    Proc spawn(Run run, Role role, int index) {
        Proc process = new Proc(new ProcessId(nextProcess), run, role, index);
        nextProcess++;
        processes.put(process.id, process);
        run.processes.put(process.id, process);
        emit(new Effect.Spawn(process.id, run.id, role, index, Narrator.facts(run, role)));
        return process;
    }

    /** Takes up a process that the executor discovered, and asks for its exit; one that is held already is only returned. */
    Proc adopt(Run run, ProcessId id, int pid) {
        Proc known = run.processes.get(id);
        if (known != null) {
            return known;
        }
        Proc process = new Proc(id, run, Role.MAIN, 0);
        process.pid = pid;
        process.spawned = true;
        process.executed = true;
        processes.put(id, process);
        run.processes.put(id, process);
        run.ran = true;
        emit(new Effect.WatchMain(run.id, id));
        return process;
    }

    void forget(Proc process) {
        processes.remove(process.id);
        process.run.processes.remove(process.id);
    }

    void signal(Proc process, int signal) {
        if (process.spawned) {
            emit(new Effect.Signal(process.run.id, process.id, signal));
        }
    }

    void awaitEmpty(Run run) {
        if (!run.awaitingEmpty) {
            run.awaitingEmpty = true;
            emit(new Effect.AwaitEmpty(run.id));
        }
    }
}
