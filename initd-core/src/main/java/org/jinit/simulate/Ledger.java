package org.jinit.simulate;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jinit.engine.Cause;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.Event.ProbeUse;
import org.jinit.engine.ProcessId;
import org.jinit.engine.RequestId;
import org.jinit.engine.Role;
import org.jinit.engine.RunId;
import org.jinit.engine.State;
import org.jinit.engine.TimerKey;
import org.jinit.engine.Transition;
import org.jinit.graph.Catalog;
import org.jinit.model.ExitStatus;
import org.jinit.model.NotifyAccess;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/**
 * What follows from the events that went into the engine and the effects that came out, kept without looking into the engine: the book
 * that the invariants are checked against.
 */
final class Ledger {
    /** A request without its reply. */
    record Pending(Event.Request request, long sinceNanos) {}

    private final TreeMap<ServiceName, Entries.Svc> services = new TreeMap<>();
    private final List<Entries.Svc> turns = new ArrayList<>();
    private final Map<RunId, Entries.Run> runs = new LinkedHashMap<>();
    private final Map<ProcessId, Entries.Proc> processes = new HashMap<>();
    private final Map<RequestId, Pending> pending = new LinkedHashMap<>();
    private final Set<RequestId> answered = new LinkedHashSet<>();
    private final Set<RequestId> gone = new LinkedHashSet<>();
    private final Set<RunId> givenUp = new HashSet<>();
    private Catalog catalog;
    private long nowNanos;
    private int stepEffects;
    private int shutdowns;
    private boolean shutdownTimerArmed;
    private boolean shutdownTimerDue;
    private boolean exited;
    private long steps;

    Ledger(Catalog catalog, long nowNanos) {
        this.catalog = catalog;
        this.nowNanos = nowNanos;
    }

    Entries.Svc service(ServiceName name) {
        Entries.Svc service = services.get(name);
        if (service == null) {
            service = new Entries.Svc(name);
            services.put(name, service);
            turns.add(service);
        }
        return service;
    }

    /** Another service in each step, so that all are looked at now and then; null while none is known. */
    Entries.@Nullable Svc itsTurn() {
        return turns.isEmpty() ? null : turns.get((int) (steps % turns.size()));
    }

    List<Entries.Svc> services() {
        return List.copyOf(services.values());
    }

    Entries.@Nullable Run run(@Nullable RunId id) {
        return id == null ? null : runs.get(id);
    }

    Iterable<Entries.Run> runs() {
        return runs.values();
    }

    /** Its runs that are not released. */
    List<Entries.Run> runsOf(Entries.Svc service) {
        List<Entries.Run> found = new ArrayList<>(1);
        for (Entries.Run run : runs.values()) {
            if (run.service == service) {
                found.add(run);
            }
        }
        return found;
    }

    Entries.@Nullable Proc process(ProcessId id) {
        return processes.get(id);
    }

    Map<RequestId, Pending> pending() {
        return pending;
    }

    boolean wasAnswered(RequestId id) {
        return answered.contains(id);
    }

    boolean clientGone(RequestId id) {
        return gone.contains(id);
    }

    Catalog catalog() {
        return catalog;
    }

    long now() {
        return nowNanos;
    }

    long steps() {
        return steps;
    }

    int shutdowns() {
        return shutdowns;
    }

    /** Runs of which something outlived KILL, or was not even forked then. */
    Set<RunId> givenUp() {
        return givenUp;
    }

    boolean shutdownTimerDue() {
        return shutdownTimerDue;
    }

    boolean shutdownTimerArmed() {
        return shutdownTimerArmed;
    }

    boolean exited() {
        return exited;
    }

    int effectsOfStep() {
        return stepEffects;
    }

    static boolean isUp(State state) {
        return switch (state) {
            case RUNNING, RELOADING -> true;
            case STOPPED, WAITING, STARTING, STOPPING, BACKOFF, FAILED, DONE, SKIPPED -> false;
        };
    }

    /** What {@code requires} is satisfied with. */
    static boolean satisfies(State state) {
        return isUp(state) || state == State.DONE || state == State.SKIPPED;
    }

    /** Takes an event in, before the engine's answer to it. */
    void take(Event event, long now) {
        nowNanos = now;
        steps++;
        stepEffects = 0;
        switch (event) {
            case Event.Spawned(ProcessId id, int pid) -> phase(id, Entries.Phase.SPAWNED);
            case Event.Executed(ProcessId id) -> phase(id, Entries.Phase.EXECUTED);
            case Event.SpawnFailed failed -> ended(failed.process(), null);
            case Event.Exited(ProcessId id, ExitStatus status) -> ended(id, status);
            case Event.TimerDue(TimerKey key) -> due(key);
            case Event.MainFound found -> foundOrNot(found.run());
            case Event.MainMissing missing -> foundOrNot(missing.run());
            case Event.Emptied(RunId id) -> {
                Entries.Run run = runs.get(id);
                if (run != null) {
                    run.emptied = true;
                }
            }
            case Event.Requested(RequestId id, var who, var request) -> pending.put(id, new Pending(request, now));
            case Event.ClientGone(RequestId id) -> {
                gone.add(id);
                pending.remove(id);
            }
            case Event.CatalogLoaded loaded -> {
                if (loaded.request() != null) {
                    pending.put(loaded.request(), new Pending(new Event.Request.Reset(List.of()), now));
                }
            }
            case Event.ShutdownRequested ignored -> shutdowns++;
            default -> {}
        }
    }

    private void foundOrNot(RunId id) {
        Entries.Run run = runs.get(id);
        if (run != null) {
            run.finding = false;
        }
    }

    private void phase(ProcessId id, Entries.Phase phase) {
        Entries.Proc process = processes.get(id);
        if (process != null && process.phase != Entries.Phase.ENDED && phase.compareTo(process.phase) > 0) {
            process.phase = phase;
            process.run.anyRan |= phase == Entries.Phase.EXECUTED;
            if (process.role == Role.MAIN && phase == Entries.Phase.EXECUTED) {
                process.run.mainExecuted = true;
            }
        }
    }

    private void ended(ProcessId id, @Nullable ExitStatus status) {
        Entries.Proc process = processes.get(id);
        if (process != null && process.phase != Entries.Phase.ENDED) {
            process.phase = Entries.Phase.ENDED;
            process.status = status;
            process.failedToSpawn = status == null;
            process.run.live.remove(id);
            process.run.lastEndNanos = nowNanos;
        }
    }

    /** Whether its descriptor store alone may still have to be given back. */
    boolean releasable(RunId id) {
        return id.equals(service(id.service()).halfReleased);
    }

    /** Whether a service runs with a definition that is not the catalogue's. */
    boolean markedChanged() {
        for (Entries.Run run : runs.values()) {
            ServiceDefinition current = catalog.find(run.id.service());
            if (current == null || !current.digest().equals(run.definition.digest())) {
                return true;
            }
        }
        for (Entries.Svc service : services.values()) {
            // One that failed holds still what it wanted.
            boolean goes = service.absent && service.state != State.STOPPED;
            if (goes || mended(service)) {
                return true;
            }
        }
        return false;
    }

    /** It failed or runs with another definition than it has now. */
    private boolean mended(Entries.Svc service) {
        ServiceDefinition current = catalog.find(service.name);
        boolean matters = service.state == State.FAILED || isUp(service.state);
        return matters && current != null && !current.digest().equals(service.startedDigest);
    }

    private void due(TimerKey key) {
        Entries.Run run = run(key.run());
        if (key.run() != null) {
            service(key.run().service()).timers.remove(key.purpose());
        }
        if (key.run() == null) {
            shutdownTimerDue |= shutdownTimerArmed;
            shutdownTimerArmed = false;
        } else if (run != null && run.timers.remove(key.purpose()) != null) {
            run.stopTimerDue |= key.purpose() == TimerKey.Purpose.STOP;
            run.stoppedByFailure |= key.purpose() == TimerKey.Purpose.STOP;
            run.watchdogStruck |= key.purpose() == TimerKey.Purpose.WATCHDOG;
            if (key.purpose() == TimerKey.Purpose.KILL) {
                givenUp.add(run.id);
            }
        }
    }

    private void prepared(RunId id, ServiceDefinition definition) {
        Entries.Svc service = service(id.service());
        Entries.Run run = new Entries.Run(id, service, definition, nowNanos);
        runs.put(id, run);
        service.run = run;
        run.automatic = service.backedOff;
        if (definition.restart().limit() == null) {
            service.starts.clear();
        } else if (service.backedOff) {
            service.starts.add(nowNanos);
        }
        service.backedOff = false;
    }

    private void spawned(Effect.Spawn spawn) {
        Entries.Run run = runs.get(spawn.run());
        if (run != null) {
            Entries.Proc process =
                    new Entries.Proc(spawn.process(), run, spawn.role(), spawn.index(), Entries.Phase.REQUESTED);
            processes.put(spawn.process(), process);
            run.live.put(spawn.process(), process);
            if (spawn.role() == Role.MAIN) {
                run.main = process;
            } else if (spawn.role() == Role.AFTER_STOP) {
                run.afterStops.merge(spawn.index(), 1, Integer::sum);
            }
        }
    }

    /** Takes an effect in, after the invariants have seen it. */
    void take(Effect effect) {
        stepEffects++;
        switch (effect) {
            case Effect.Prepare(RunId id, ServiceDefinition definition) -> prepared(id, definition);
            case Effect.Spawn spawn -> spawned(spawn);
            case Effect.WatchMain(RunId id, ProcessId process) -> watch(id, process);
            case Effect.FindMain(RunId id) -> {
                Entries.Run run = runs.get(id);
                if (run != null) {
                    run.finding = true;
                }
            }
            case Effect.Release(RunId id, boolean full) -> {
                Entries.Run run = runs.remove(id);
                if (run != null) {
                    run.released = true;
                }
                service(id.service()).halfReleased = full ? null : id;
            }
            case Effect.ArmTimer(TimerKey key, long deadline) -> {
                Entries.Run run = run(key.run());
                if (key.run() != null) {
                    service(key.run().service()).timers.add(key.purpose());
                }
                if (run != null) {
                    run.timers.put(key.purpose(), deadline);
                } else if (key.run() == null) {
                    shutdownTimerArmed = true;
                    shutdowns = Math.max(shutdowns, 1);
                }
            }
            case Effect.CancelTimer(TimerKey key) -> {
                Entries.Run run = run(key.run());
                if (key.run() != null) {
                    service(key.run().service()).timers.remove(key.purpose());
                }
                if (run != null) {
                    run.timers.remove(key.purpose());
                } else if (key.run() == null) {
                    shutdownTimerArmed = false;
                }
            }
            case Effect.StartProbe(RunId id, ProbeUse use, var probe) -> {
                Entries.Run run = runs.get(id);
                if (run != null) {
                    run.probes.add(use);
                }
            }
            case Effect.StopProbe(RunId id, ProbeUse use) -> {
                Entries.Run run = runs.get(id);
                if (run != null) {
                    run.probes.remove(use);
                }
            }
            case Effect.Reply(RequestId id, var reply) -> {
                pending.remove(id);
                answered.add(id);
            }
            case Effect.Publish(Transition transition) -> publish(transition);
            case Effect.Exit ignored -> exited = true;
            default -> {}
        }
    }

    private void watch(RunId id, ProcessId processId) {
        Entries.Run run = runs.get(id);
        if (run == null) {
            return;
        }
        Entries.Proc process = processes.get(processId);
        if (process == null || process.phase == Entries.Phase.ENDED) {
            process = new Entries.Proc(processId, run, null, 0, Entries.Phase.EXECUTED);
            processes.put(processId, process);
            run.live.put(processId, process);
        }
        run.main = process;
    }

    private void publish(Transition transition) {
        Entries.Svc service = service(transition.service());
        service.state = transition.to();
        service.fresh = false;
        service.last = transition;
        Entries.Run run = service.run;
        if (run == null || run.id.generation() != transition.generation()) {
            run = null;
        }
        switch (transition.to()) {
            case RUNNING -> {
                if (run != null && transition.from() != State.RELOADING) {
                    run.ready++;
                    run.runningNanos = nowNanos;
                }
            }
            case DONE -> {
                if (run != null) {
                    run.ready++;
                }
            }
            case STOPPING -> {
                if (run != null) {
                    run.stoppingNanos = nowNanos;
                    run.stoppedByFailure = !(transition.cause() instanceof Cause.ByExit);
                }
            }
            case BACKOFF -> {
                service.backedOff = true;
                if (transition.cause() instanceof Cause.ByPolicy(int attempt, var delay, var end)) {
                    service.attempt = attempt;
                    service.notBeforeNanos = nowNanos + delay.toNanos();
                }
            }
            case FAILED -> {
                service.limitHit = transition.cause() instanceof Cause.ByStartLimit;
                service.backedOff &= !(transition.cause() instanceof Cause.ByDependency);
            }
            case STARTING -> {
                ServiceDefinition current = catalog.find(service.name);
                service.startedDigest = current == null ? "" : current.digest();
            }
            case STOPPED -> service.backedOff = false;
            case WAITING, RELOADING, SKIPPED -> {}
        }
    }

    /** A request that starts these was accepted. */
    void asked(Iterable<ServiceName> names) {
        for (ServiceName name : names) {
            Entries.Svc service = service(name);
            service.stopAsked = false;
            service.backedOff = false;
            service.limitHit = false;
            service.starts.clear();
            service.notBeforeNanos = Long.MIN_VALUE;
        }
    }

    /** These are started again for another reason than their restart policy. */
    void excused(Iterable<ServiceName> names) {
        for (ServiceName name : names) {
            service(name).backedOff = false;
            service(name).starts.clear();
        }
    }

    /** Failures of these were forgotten. */
    void reset(Iterable<ServiceName> names) {
        for (ServiceName name : names) {
            Entries.Svc service = service(name);
            service.limitHit = false;
            service.starts.clear();
        }
    }

    /** A request that stops these was accepted. */
    void stopped(Iterable<ServiceName> names) {
        for (ServiceName name : names) {
            service(name).stopAsked = true;
        }
    }

    void loaded(Catalog newCatalog) {
        catalog = newCatalog;
        for (Entries.Svc service : services.values()) {
            if (newCatalog.find(service.name) == null) {
                service.limitHit = false;
            }
            boolean present = newCatalog.find(service.name) != null;
            if (service.absent && present && runsOf(service).isEmpty() && !isUp(service.state)) {
                service.fresh = true;
                service.stopAsked = false;
            }
            service.absent = !present;
            service.stopAsked &= present;
        }
    }
}
