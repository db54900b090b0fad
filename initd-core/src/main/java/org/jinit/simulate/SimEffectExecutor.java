package org.jinit.simulate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.Event.ProbeUse;
import org.jinit.engine.ProcessId;
import org.jinit.engine.Role;
import org.jinit.engine.RunId;
import org.jinit.engine.TimerKey;
import org.jinit.model.Condition;
import org.jinit.model.ExitStatus;
import org.jinit.model.Probe;
import org.jinit.model.Readiness;
import org.jspecify.annotations.Nullable;

/** Carries out the engine's effects in the simulated kernel, and answers with events, as the daemon does in the real one. */
final class SimEffectExecutor implements SimKernel.Listener {
    private static final int EAGAIN = 11;
    private static final int ENOENT = 2;
    private static final int OLD_RUNS = 8;

    private final SimWorld world;
    private final Wire wire;
    private final SimKernel kernel;
    private final Behaviour.Source source;
    private final ScriptRunner scripts;
    private final Map<RunId, SimRun> runs = new LinkedHashMap<>();
    private final Map<ProcessId, SimProcess> held = new HashMap<>();
    private final Map<TimerKey, EventQueue.Entry> timers = new LinkedHashMap<>();
    private final List<SimProcess> candidates = new ArrayList<>();
    /** Runs that were released while something of them lived. */
    private final List<SimRun> leftovers = new ArrayList<>();
    private final ArrayDeque<RunId> oldRuns = new ArrayDeque<>();
    private final ArrayDeque<ProcessId> oldProcesses = new ArrayDeque<>();
    private final Map<ProcessId, Asked> asked = new LinkedHashMap<>();
    private long lastDiscovered;

    /** A process that the keeper was asked for. */
    private record Asked(EventQueue.Entry due, Runnable fork) {}

    SimEffectExecutor(SimWorld world, Wire wire, SimKernel kernel, Behaviour.Source source) {
        this.world = world;
        this.wire = wire;
        this.source = source;
        this.kernel = kernel;
        this.scripts = new ScriptRunner(world, wire, kernel, this);
    }

    /**
     * The manager is dead. Nothing that it waited for arrives any more; what it had asked the keeper for is forked yet, or was not heard.
     * Its processes live on.
     */
    void die(SimRandom random) {
        wire.cut();
        timers.values().forEach(world.queue::cancel);
        timers.clear();
        for (SimRun run : runs.values()) {
            run.probes.values().forEach(world.queue::cancel);
            run.probes.clear();
        }
        for (Asked one : asked.values()) {
            world.queue.cancel(one.due());
            if (random.chance(500)) {
                one.fork().run();
            }
        }
        asked.clear();
    }

    Iterable<SimRun> runs() {
        return runs.values();
    }

    int timers() {
        return timers.size();
    }

    /** Released runs of which something lives. */
    List<SimRun> leftovers() {
        leftovers.removeIf(run -> run.alive.isEmpty());
        return leftovers;
    }

    /** A signal from nowhere. */
    void kill(ProcessId id, int signal) {
        SimProcess target = held.get(id);
        if (target != null) {
            kernel.signal(target, signal);
        }
    }

    /** The run of that id, null when it was released. */
    @Nullable SimRun run(RunId id) {
        return runs.get(id);
    }

    void execute(List<Effect> effects) {
        for (Effect effect : effects) {
            execute(effect);
        }
        letGo();
    }

    private void execute(Effect effect) {
        switch (effect) {
            case Effect.Prepare prepare -> prepare(prepare);
            case Effect.Release(RunId run, boolean full) -> release(run);
            case Effect.Spawn spawn -> spawn(spawn);
            case Effect.Signal(RunId run, ProcessId process, int signal) -> {
                SimProcess target = held.get(process);
                if (target != null) {
                    kernel.signal(target, signal);
                }
            }
            case Effect.SignalAll(RunId run, int signal) -> {
                for (SimProcess target : List.copyOf(known(run).alive)) {
                    kernel.signal(target, signal);
                }
            }
            case Effect.AwaitEmpty(RunId run) -> {
                known(run).awaitsEmpty = true;
                lookEmpty(known(run));
            }
            case Effect.FindMain(RunId run) -> {
                known(run).findsMain = true;
                lookForMain(known(run));
            }
            case Effect.ForgetMain(RunId run) -> known(run).findsMain = false;
            case Effect.WatchMain(RunId run, ProcessId process) -> watch(process);
            case Effect.StartProbe(RunId run, ProbeUse use, Probe probe) -> startProbe(known(run), use, probe);
            case Effect.StopProbe(RunId run, ProbeUse use) -> stopProbe(known(run), use);
            case Effect.ArmTimer(TimerKey key, long deadlineNanos) -> arm(key, deadlineNanos);
            case Effect.CancelTimer(TimerKey key) -> cancel(key);
            case Effect.KeepDescriptors keep -> known(keep.run()).stored++;
            case Effect.DropDescriptors(RunId run, String name) -> known(run).stored = 0;
            case Effect.Reply ignored -> {}
            case Effect.Publish ignored -> {}
            case Effect.BootSettled ignored -> {}
            case Effect.Warn ignored -> {}
            case Effect.Exit ignored -> {}
        }
    }

    private SimRun known(RunId id) {
        SimRun run = runs.get(id);
        if (run == null) {
            throw new IllegalStateException("cannot do anything for " + id + ": it was not prepared, or was released");
        }
        return run;
    }

    // Runs.

    private void prepare(Effect.Prepare prepare) {
        SimRandom random = world.stream(prepare.run().service());
        SimRun run = new SimRun(prepare.run(), prepare.definition(), random, this);
        if (runs.putIfAbsent(prepare.run(), run) != null) {
            throw new IllegalStateException("cannot prepare " + prepare.run() + ": it is prepared already");
        }
        Event answer = new Event.Prepared(run.id);
        if (world.fault(random, FaultPlan.Kind.PREPARE_FAILS)) {
            answer = new Event.PrepareFailed(run.id, "read environment file /etc/default/x",
                    "No such file or directory");
        } else if (!run.definition.conditions().isEmpty() && world.fault(random, FaultPlan.Kind.CONDITION_UNMET)) {
            Condition condition = run.definition.conditions().getFirst();
            answer = new Event.ConditionUnmet(run.id, "path /x does not exist", condition.elseFail());
        }
        Event told = answer;
        wire.post(world.now() + world.transit(random), false, () -> run.released ? null : told);
    }

    /** A second, full release gives back the descriptor store of a run that is otherwise released. */
    private void release(RunId id) {
        SimRun run = runs.get(id);
        if (run == null) {
            return;
        }
        run.released = true;
        runs.remove(id);
        if (!run.alive.isEmpty()) {
            leftovers.add(run);
        }
        for (ProbeUse use : List.copyOf(run.probes.keySet())) {
            stopProbe(run, use);
        }
        oldRuns.add(id);
        if (oldRuns.size() > OLD_RUNS) {
            oldRuns.remove();
        }
    }

    // Births and deaths.

    private void spawn(Effect.Spawn spawn) {
        SimRun run = known(spawn.run());
        Behaviour behaviour = source.next(run.id, run.definition, spawn.role(), spawn.index(), run.random);
        Behaviour.Birth birth = birth(run.random, behaviour);
        Runnable fork = () -> fork(run, spawn, behaviour, birth);
        EventQueue.Entry due = world.after(behaviour.spawnNanos(), false, () -> {
            asked.remove(spawn.process());
            fork.run();
        });
        asked.put(spawn.process(), new Asked(due, fork));
    }

    private Behaviour.Birth birth(SimRandom random, Behaviour behaviour) {
        if (world.fault(random, FaultPlan.Kind.NO_FORK)) {
            return Behaviour.Birth.NO_FORK;
        }
        if (world.fault(random, FaultPlan.Kind.NO_EXEC)) {
            return Behaviour.Birth.NO_EXEC;
        }
        if (world.fault(random, FaultPlan.Kind.KILLED_BEFORE_EXEC)) {
            return Behaviour.Birth.KILLED_BEFORE_EXEC;
        }
        return behaviour.birth();
    }

    private void fork(SimRun run, Effect.Spawn spawn, Behaviour behaviour, Behaviour.Birth birth) {
        SimProcess process = birth == Behaviour.Birth.NO_FORK ? null : kernel.fork(run, spawn.role(), behaviour);
        if (process == null) {
            Event failed =
                    new Event.SpawnFailed(spawn.process(), "fork", EAGAIN, "Resource temporarily unavailable");
            wire.post(world.now() + world.transit(run.random), false, () -> failed);
            return;
        }
        process.id = spawn.process();
        held.put(spawn.process(), process);
        if (spawn.role() == Role.MAIN) {
            run.launched = process;
            run.pipeOpen = run.definition.readiness().stream().anyMatch(Readiness.Pipe.class::isInstance);
        }
        if (birth != Behaviour.Birth.NO_EXEC || !world.fault(world.orders(), FaultPlan.Kind.STATE_SKIPPED)) {
            report(process, new Event.Spawned(spawn.process(), process.pid));
        }
        world.after(behaviour.execNanos(), false, () -> execute(process, birth));
    }

    private void execute(SimProcess process, Behaviour.Birth birth) {
        if (process.gone) {
            return;
        }
        if (birth != Behaviour.Birth.EXECUTED) {
            kernel.end(process, new ExitStatus.Killed(9, false));
            return;
        }
        process.executed = true;
        process.executedNanos = world.now();
        report(process, new Event.Executed(idOf(process)));
        scripts.begin(process);
    }

    @Override
    public void ended(SimProcess process, ExitStatus status) {
        ProcessId id = process.id;
        if (id != null && process.role != null && !process.executed) {
            reportFailure(process, id);
        } else if (id != null && (process.role != null || process.watched)) {
            reportExit(process, id, status);
        }
        SimRun run = process.run;
        if (run.pipeOpen && run.alive.isEmpty()) {
            closePipe(run);
        }
        lookForMain(run);
        lookEmpty(run);
    }

    private void reportExit(SimProcess process, ProcessId id, ExitStatus status) {
        process.reportNanos = Math.max(process.reportNanos, world.now() + world.transit(process.run.random));
        wire.post(process.reportNanos, false, () -> {
            forget(id);
            return new Event.Exited(id, status);
        });
    }

    private void reportFailure(SimProcess process, ProcessId id) {
        process.reportNanos = Math.max(process.reportNanos, world.now() + world.transit(process.run.random));
        wire.post(process.reportNanos, false, () -> {
            forget(id);
            return new Event.SpawnFailed(id, "execute /bin/x", ENOENT, "No such file or directory");
        });
    }

    private void forget(ProcessId id) {
        held.remove(id);
        oldProcesses.add(id);
        if (oldProcesses.size() > OLD_RUNS) {
            oldProcesses.remove();
        }
    }

    private void report(SimProcess process, Event event) {
        process.reportNanos = Math.max(process.reportNanos, world.now() + world.transit(process.run.random));
        wire.post(process.reportNanos, false, () -> {
            process.told = true;
            return event;
        });
    }

    private void lookEmpty(SimRun run) {
        if (run.awaitsEmpty && run.alive.isEmpty()) {
            run.awaitsEmpty = false;
            wire.post(
                    world.now() + world.transit(run.random),
                    false,
                    () -> run.released ? null : new Event.Emptied(run.id));
        }
    }

    // Main processes.

    /** Holds a pidfd of a process until the end of the step, or for ever if the engine watches it. */
    ProcessId hold(SimProcess process) {
        ProcessId id = process.id;
        if (id == null) {
            id = new ProcessId(--lastDiscovered);
            process.id = id;
            held.put(id, process);
            candidates.add(process);
        }
        return id;
    }

    /** The number of a process that jinit cannot know. */
    ProcessId unknown() {
        return new ProcessId(--lastDiscovered);
    }

    private void letGo() {
        for (SimProcess process : candidates) {
            ProcessId id = process.id;
            if (!process.watched && id != null) {
                held.remove(id);
                process.id = null;
            }
        }
        candidates.clear();
    }

    private void watch(ProcessId id) {
        SimProcess process = held.get(id);
        if (process != null && !process.watched) {
            process.watched = true;
            if (process.gone && process.role == null) {
                reportExit(process, id, new ExitStatus.Unknown());
            }
        }
    }

    private static ProcessId idOf(SimProcess process) {
        if (process.id == null) {
            throw new IllegalStateException("not held: pid " + process.pid);
        }
        return process.id;
    }

    /** Something changed: perhaps the main process can be told now. */
    void lookForMain(SimRun run) {
        if (run.findsMain) {
            wire.post(world.now() + world.transit(run.random), false, () -> findMain(run));
        }
    }

    private @Nullable Event findMain(SimRun run) {
        if (!run.findsMain || run.released) {
            return null;
        }
        List<SimProcess> left =
                run.alive.stream().filter(process -> process.role == null || process.role == Role.MAIN).toList();
        if (left.isEmpty()) {
            run.findsMain = false;
            return new Event.MainMissing(run.id, "nothing is left", true);
        }
        if (run.definition.pidFile() != null) {
            SimProcess named = run.pidFileWritten ? run.pidFileNames : null;
            return named == null || !left.contains(named)
                    ? null
                    : found(run, named, "pid file " + run.definition.pidFile());
        }
        if (left.size() == 1) {
            return found(run, left.getFirst(), "the only process left");
        }
        run.findsMain = false;
        return new Event.MainMissing(run.id, "several processes are left", false);
    }

    private Event found(SimRun run, SimProcess process, String how) {
        run.findsMain = false;
        return new Event.MainFound(run.id, hold(process), process.pid, how);
    }

    @Override
    public void raisedStop(SimProcess process) {
        SimRun run = process.run;
        wire.post(
                world.now() + world.transit(run.random),
                false,
                () -> run.released || process.gone ? null : new Event.SelfStopped(run.id, hold(process), process.pid));
    }

    @Override
    public void reloadAsked(SimProcess process, Behaviour.ReloadAnswer answer) {
        scripts.answerReload(process, answer);
    }

    void closePipe(SimRun run) {
        run.pipeOpen = false;
        wire.post(
                world.now() + world.transit(run.random), false,
                () -> run.released ? null : new Event.PipeClosed(run.id));
    }

    // Timers and probes.

    private void arm(TimerKey key, long deadlineNanos) {
        cancel(key);
        SimRandom random = world.stream(key.run() == null ? SimWorld.NOBODY : key.run().service());
        long due = deadlineNanos + world.timerLateness(random);
        boolean recurring = key.purpose() == TimerKey.Purpose.WATCHDOG || key.purpose() == TimerKey.Purpose.RUN;
        timers.put(key, world.at(due, recurring, () -> {
            timers.remove(key);
            wire.deliver(new Event.TimerDue(key));
        }));
    }

    private void cancel(TimerKey key) {
        EventQueue.Entry armed = timers.remove(key);
        if (armed != null) {
            world.queue.cancel(armed);
        }
    }

    private void startProbe(SimRun run, ProbeUse use, Probe probe) {
        stopProbe(run, use);
        long interval = probe.interval().toNanos();
        long answer = Math.min(probe.timeout().toNanos(), run.random.between(50_000, 5_000_000));
        run.probes.put(use, world.after(answer, true, () -> answerProbe(run, use, probe, interval)));
    }

    private void answerProbe(SimRun run, ProbeUse use, Probe probe, long interval) {
        boolean good = scripts.probesWell(run);
        run.probes.put(use, world.after(interval, true, () -> answerProbe(run, use, probe, interval)));
        wire.deliver(new Event.ProbeAnswered(run.id, use, good, good ? "" : "connection refused"));
    }

    private void stopProbe(SimRun run, ProbeUse use) {
        EventQueue.Entry next = run.probes.remove(use);
        if (next != null) {
            world.queue.cancel(next);
        }
    }

    // Events that come too late or twice.

    /** Something about which nothing is left to be said; null when there is nothing old yet. */
    @Nullable Event stale(SimRandom random) {
        RunId run = oldRuns.isEmpty() ? null : random.pick(oldRuns.getFirst(), oldRuns.getLast());
        ProcessId process =
                oldProcesses.isEmpty() ? null : random.pick(oldProcesses.getFirst(), oldProcesses.getLast());
        int kind = random.below(8);
        if (kind < 3) {
            return process == null
                    ? null
                    : switch (kind) {
                        case 0 -> new Event.Executed(process);
                        case 1 -> new Event.Spawned(process, 77);
                        default -> new Event.Exited(process, new ExitStatus.Exited(random.below(3)));
                    };
        }
        if (run == null) {
            return null;
        }
        return switch (kind) {
            case 3 -> new Event.Emptied(run);
            case 4 -> new Event.Prepared(run);
            case 5 -> new Event.MainMissing(run, "late", true);
            case 6 -> new Event.PipeClosed(run);
            default -> staleTimer(run, random);
        };
    }

    private @Nullable Event staleTimer(RunId run, SimRandom random) {
        TimerKey key = new TimerKey(run, random.pick(TimerKey.Purpose.values()));
        return timers.containsKey(key) ? null : new Event.TimerDue(key);
    }
}
