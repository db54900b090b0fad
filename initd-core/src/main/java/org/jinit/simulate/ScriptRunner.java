package org.jinit.simulate;

import org.jinit.engine.Event;
import org.jinit.engine.MainClaim;
import org.jinit.engine.ProcessId;
import org.jinit.engine.Sender;
import org.jinit.model.NotifyAccess;
import org.jinit.notify.NotifyMessage;
import org.jspecify.annotations.Nullable;

/** Lets processes do what their behaviour says. */
final class ScriptRunner {
    private static final long RETRY_NANOS = 10_000_000;
    private static final long HASTY_NANOS = 20_000;
    private static final long LATE_NANOS = 3_000_000;
    private static final long NANOS_PER_MICRO = 1000;
    private static final int UID = 1000;
    private static final int STRANGER_PID = 1;

    private final SimWorld world;
    private final Wire wire;
    private final SimKernel kernel;
    private final SimEffectExecutor executor;
    private long parked;

    ScriptRunner(SimWorld world, Wire wire, SimKernel kernel, SimEffectExecutor executor) {
        this.world = world;
        this.wire = wire;
        this.kernel = kernel;
        this.executor = executor;
    }

    void begin(SimProcess process) {
        if (process.behaviour.pingNanos() > 0) {
            ping(process);
        }
        next(process, 0);
    }

    /** Whether a probe of the service is answered well now. */
    boolean probesWell(SimRun run) {
        for (SimProcess process : run.alive) {
            Behaviour.Probing probing = process.behaviour.probing();
            long age = world.now() - process.executedNanos;
            boolean good = probing.goodAfterNanos() != Behaviour.NEVER && age >= probing.goodAfterNanos();
            boolean bad = probing.badAfterNanos() != Behaviour.NEVER && age >= probing.badAfterNanos();
            if (process.executed && good && !bad) {
                return true;
            }
        }
        return false;
    }

    void answerReload(SimProcess process, Behaviour.ReloadAnswer answer) {
        switch (answer) {
            case NOTHING, DIES -> {}
            case HONEST -> {
                say(process, Behaviour.From.SELF, Messages.reloading(world.now() / NANOS_PER_MICRO), false);
                say(process, Behaviour.From.SELF, Messages.READY, false);
            }
            case NEVER_READY ->
                say(process, Behaviour.From.SELF, Messages.reloading(world.now() / NANOS_PER_MICRO), false);
            case OLD_TIME -> {
                say(process, Behaviour.From.SELF, Messages.reloading(1), false);
                say(process, Behaviour.From.SELF, Messages.READY, false);
            }
        }
    }

    private void ping(SimProcess process) {
        world.after(process.behaviour.pingNanos(), true, () -> {
            if (!process.gone) {
                say(process, Behaviour.From.SELF, Messages.PING, false);
                ping(process);
            }
        });
    }

    private void next(SimProcess process, int index) {
        if (index >= process.behaviour.script().size()) {
            return;
        }
        Behaviour.Step step = process.behaviour.script().get(index);
        boolean hasty = world.fault(world.orders(), FaultPlan.Kind.HASTY);
        world.after(hasty ? HASTY_NANOS : step.afterNanos(), false, () -> perform(process, index));
    }

    private void perform(SimProcess process, int index) {
        if (process.gone) {
            return;
        }
        if (process.stopped) {
            world.after(RETRY_NANOS, true, () -> perform(process, index));
            return;
        }
        act(process, process.behaviour.script().get(index).act());
        if (!process.gone) {
            next(process, index + 1);
        }
    }

    private void act(SimProcess process, Behaviour.Act act) {
        SimRun run = process.run;
        switch (act) {
            case Behaviour.End(var status) -> kernel.end(process, status);
            case Behaviour.Say(var from, NotifyMessage message, boolean late) -> say(process, from, message, late);
            case Behaviour.Claim(var from, var named) -> claim(process, from, named);
            case Behaviour.Flood(int count) -> {
                for (int i = 0; i < count; i++) {
                    say(process, Behaviour.From.SELF, Messages.status("line " + i), false);
                }
            }
            case Behaviour.PipeLine(var from) -> pipeLine(process, from);
            case Behaviour.PipeClose() -> {
                if (run.pipeOpen) {
                    executor.closePipe(run);
                }
            }
            case Behaviour.RaiseStop() -> kernel.raiseStop(process);
            case Behaviour.Fork(Behaviour behaviour) -> fork(run, behaviour);
            case Behaviour.WritePidFile(var named) -> {
                run.pidFileWritten = true;
                run.pidFileNames = named(process, named);
                executor.lookForMain(run);
            }
            case Behaviour.SignalMain(int signal) -> {
                for (SimProcess other : java.util.List.copyOf(run.alive)) {
                    if (other.role == null || other.role == org.jinit.engine.Role.MAIN) {
                        kernel.signal(other, signal);
                    }
                }
            }
            case Behaviour.Store(int descriptors) -> store(process, descriptors);
        }
    }

    private void fork(SimRun run, Behaviour behaviour) {
        SimProcess child = kernel.fork(run, null, behaviour);
        if (child != null) {
            child.executed = true;
            child.executedNanos = world.now();
            run.lastChild = child;
            begin(child);
        }
    }

    private static @Nullable SimProcess named(SimProcess process, Behaviour.Named named) {
        return switch (named) {
            case SELF -> process;
            case CHILD -> process.run.lastChild;
            case FOREIGN, INIT, DEAD, GARBAGE -> null;
        };
    }

    private static @Nullable SimProcess speaker(SimProcess process, Behaviour.From from) {
        return switch (from) {
            case SELF -> process;
            case CHILD -> process.run.lastChild;
            case STRANGER -> null;
        };
    }

    private Sender sender(@Nullable SimProcess speaker) {
        if (speaker == null) {
            return new Sender(null, false, UID, STRANGER_PID);
        }
        boolean unknown = speaker.role != null && !speaker.told;
        return new Sender(unknown ? null : speaker.id, true, UID, speaker.pid);
    }

    private void say(SimProcess process, Behaviour.From from, NotifyMessage message, boolean late) {
        send(process, from, message, late, null, 0);
    }

    private void claim(SimProcess process, Behaviour.From from, Behaviour.Named named) {
        SimProcess target = named(process, named);
        int pid = switch (named) {
            case SELF, CHILD -> target == null ? 0 : target.pid;
            case INIT -> 1;
            case FOREIGN, DEAD -> 9999;
            case GARBAGE -> 0;
        };
        if (pid != 0) {
            send(process, from, Messages.mainPid(pid), false, named, 0);
        }
    }

    private void store(SimProcess process, int descriptors) {
        send(process, Behaviour.From.SELF, Messages.store(), false, null, descriptors);
    }

    private void send(
            SimProcess process,
            Behaviour.From from,
            NotifyMessage message,
            boolean late,
            Behaviour.@Nullable Named named,
            int descriptors) {
        SimRun run = process.run;
        if (run.released || !run.definition.hasNotifySocket()) {
            return;
        }
        if (world.fault(run.random, FaultPlan.Kind.DATAGRAM_LOST)) {
            return;
        }
        SimProcess speaker = speaker(process, from);
        SimProcess target = named == null ? null : named(process, named);
        long arrival = world.now() + world.transit(run.random) + (late ? LATE_NANOS : 0);
        run.socketNanos = Math.max(run.socketNanos, arrival);
        wire.post(run.socketNanos, message.equals(Messages.PING), () -> {
            if (run.released) {
                return null;
            }
            long descriptorsParked = descriptors == 0 ? 0 : ++parked;
            return new Event.Notified(
                    run.id, sender(speaker), message, resolve(run, named, target), descriptorsParked, descriptors);
        });
    }

    private @Nullable MainClaim resolve(SimRun run, Behaviour.@Nullable Named named, @Nullable SimProcess target) {
        return switch (named) {
            case SELF, CHILD ->
                target == null
                        ? null
                        : new MainClaim(executor.hold(target), target.pid, !target.gone, target.run == run, false);
            case INIT -> new MainClaim(executor.unknown(), 1, true, false, true);
            case FOREIGN -> new MainClaim(executor.unknown(), 9999, true, false, false);
            case DEAD -> new MainClaim(executor.unknown(), 9999, false, false, false);
            case GARBAGE -> null;
            case null -> null;
        };
    }

    private void pipeLine(SimProcess process, Behaviour.From from) {
        SimRun run = process.run;
        if (!run.pipeOpen) {
            return;
        }
        SimProcess writer = speaker(process, from);
        wire.post(world.now() + world.transit(run.random), false, () -> {
            if (run.released) {
                return null;
            }
            ProcessId id = writer == null ? null : executor.hold(writer);
            return new Event.PipeReady(run.id, id, writer == null ? STRANGER_PID : writer.pid, writer != null);
        });
    }

    /** The access that a service may ask for by NOTIFYACCESS=. */
    static NotifyMessage narrowed(SimRandom random) {
        return Messages.access(random.pick(NotifyAccess.values()));
    }
}
