package org.jinit.daemon;

import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.RunId;
import org.jinit.engine.ServiceView;
import org.jinit.engine.State;
import org.jinit.engine.Transition;
import org.jinit.linux.KeeperProtocol;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jinit.model.LogPolicy;
import org.jinit.model.Readiness;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jinit.output.LogPump;

/** Carries out what the engine asks for, each kind by the class that knows it. */
final class EffectExecutor implements EngineLoop.Effects {
    /** The parts of the manager that effects act upon. */
    record Parts(
            NotifyChannel.Surroundings with,
            Runs runs,
            Spawner spawner,
            Timers timers,
            MainFinder finder,
            StopSignalWatch stopSignals,
            Probes probes,
            FdStore store,
            OutputPipes outputs,
            LogPump pump,
            Preparation preparation,
            DiskWorker disk,
            WatchSender watches,
            Outside outside) {}

    /** Sends a WATCH with a pidfd. */
    interface WatchSender {
        void watch(Processes.Held held);
    }

    /** What leaves the manager: answers, news and the end. */
    interface Outside {
        void reply(Effect.Reply reply);

        void changed(Transition transition);

        void bootSettled(int ready, int failed);

        void warn(Effect.Warn warning);

        void exit(Effect.Exit exit);
    }

    private static final int PREPARED_AT_ONCE = 4;

    private final Parts parts;
    private final ArrayDeque<Effect.Prepare> waiting = new ArrayDeque<>();
    private final Paths paths;
    private final SplittableRandom invocations;
    private final KeeperProtocol.Welcome keeper;
    private int tags;
    private long notifySockets;

    EffectExecutor(Parts parts, Paths paths, KeeperProtocol.Welcome keeper, long seed) {
        this.parts = parts;
        this.paths = paths;
        this.keeper = keeper;
        invocations = new SplittableRandom(seed);
    }

    @Override
    public void execute(Effect effect) {
        switch (effect) {
            case Effect.Prepare prepare -> prepareInTurn(prepare);
            case Effect.Release(RunId run, boolean full) -> release(run, full);
            case Effect.Spawn spawn -> spawn(spawn);
            case Effect.Signal signal -> signal(signal);
            case Effect.SignalAll(RunId id, int signal) ->
                onRun(id, run -> parts.with().tracker().signalAll(run.tracked, signal));
            case Effect.AwaitEmpty(RunId id) -> awaitEmpty(id);
            case Effect.FindMain(RunId run) -> parts.finder().find(run);
            case Effect.ForgetMain(RunId run) -> parts.finder().forget(run);
            case Effect.WatchMain watch -> watchMain(watch);
            case Effect.StartProbe(RunId run, Event.ProbeUse use, var probe) -> parts.probes().start(run, use, probe);
            case Effect.StopProbe(RunId run, Event.ProbeUse use) -> parts.probes().stop(run, use);
            case Effect.ArmTimer(var key, long deadlineNanos) -> parts.timers().arm(key, deadlineNanos);
            case Effect.CancelTimer(var key) -> parts.timers().cancel(key);
            case Effect.KeepDescriptors keep -> keep(keep);
            case Effect.DropDescriptors(RunId run, String name) -> parts.store().remove(run.service(), name);
            case Effect.Reply reply -> parts.outside().reply(reply);
            case Effect.Publish(Transition transition) -> published(transition);
            case Effect.BootSettled(int ready, int failed) -> {
                forgetStores();
                parts.outside().bootSettled(ready, failed);
            }
            case Effect.Warn warn -> parts.outside().warn(warn);
            case Effect.Exit exit -> parts.outside().exit(exit);
        }
    }

    private void onRun(RunId id, Consumer<ActiveRun> action) {
        ActiveRun run = parts.runs().find(id);
        if (run != null) {
            action.accept(run);
        }
    }

    /**
     * A boot of a thousand services prepares them few by few: the first is spawned at once, the keeper works beside us, and the control
     * socket is served in between.
     */
    private void prepareInTurn(Effect.Prepare prepare) {
        waiting.add(prepare);
        if (waiting.size() == 1) {
            parts.with().reactor().defer(this::prepareSome);
        }
    }

    private void prepareSome() {
        for (int i = 0; i < PREPARED_AT_ONCE && !waiting.isEmpty(); i++) {
            Effect.Prepare next = waiting.remove();
            prepare(next.run(), next.definition());
        }
        if (!waiting.isEmpty()) {
            parts.with().reactor().defer(this::prepareSome);
        }
    }

    private void prepare(RunId id, ServiceDefinition definition) {
        if (Preparation.isTrivial(definition)) {
            prepared(id, definition, parts.preparation().prepare(definition));
            return;
        }
        parts.disk().execute(() -> {
            Preparation.Result result = parts.preparation().prepare(definition);
            parts.with().reactor().execute(() -> prepared(id, definition, result));
        });
    }

    private void prepared(RunId id, ServiceDefinition definition, Preparation.Result result) {
        switch (result) {
            case Preparation.Unmet(String text, boolean fail) ->
                parts.with().loop().submit(new Event.ConditionUnmet(id, text, fail));
            case Preparation.Failed(String step, String cause) ->
                parts.with().loop().submit(new Event.PrepareFailed(id, step, cause));
            case Preparation.Ready(var environment) -> {
                try {
                    ActiveRun run = open(id, definition);
                    run.environment = environment;
                    parts.with().loop().submit(new Event.Prepared(id));
                } catch (LinuxException e) {
                    release(id, false);
                    parts.with()
                            .loop()
                            .submit(new Event.PrepareFailed(id, "make its sockets and control group", e.cause()));
                }
            }
        }
    }

    /** A run that fails half-way is in the table already, so that its release finds all of it. */
    private ActiveRun open(RunId id, ServiceDefinition definition) {
        String invocation = HexFormat.of().toHexDigits(invocations.nextLong())
                + HexFormat.of().toHexDigits(invocations.nextLong());
        ActiveRun run = new ActiveRun(id, definition, invocation,
                parts.with().tracker().open(id.service().value(), keeper.tag(++tags), invocation));
        parts.runs().add(run);
        if (definition.hasNotifySocket()) {
            run.notify = new NotifyChannel(parts.with(), run, paths.run() + "/n/" + ++notifySockets);
        }
        Readiness.Pipe pipe = run.readyPipe();
        if (pipe != null) {
            run.ready = new ReadyChannel(parts.with(), run, pipe);
        }
        String pattern = ActiveRun.logPattern(definition);
        if (pattern != null) {
            watchOutput(run, definition.log(), pattern);
        }
        return run;
    }

    private void watchOutput(ActiveRun run, LogPolicy log, String pattern) {
        parts.outputs().writeEnd(run.id.service(), log);
        try {
            parts.pump().watch(run.id.service(), Pattern.compile(pattern), () -> parts.with().reactor().execute(() -> {
                run.logMatched = true;
                if (run.logWaiter != null) {
                    run.logWaiter.run();
                }
            }));
        } catch (PatternSyntaxException e) {
            parts.with()
                    .log()
                    .error(run.id.service() + ": cannot use the pattern " + pattern + ": " + e.getDescription());
        }
    }

    private void release(RunId id, boolean full) {
        if (full) {
            parts.store().clear(id.service());
            if (parts.with().loop().engine().catalog().find(id.service()) == null) {
                parts.outputs().forget(id.service());
            }
        }
        waiting.removeIf(prepare -> prepare.run().equals(id));
        parts.probes().stopAll(id);
        parts.finder().forget(id);
        parts.stopSignals().stop(id);
        ActiveRun run = parts.runs().find(id);
        if (run == null) {
            return;
        }
        run.released = true;
        parts.runs().remove(run);
        if (run.notify != null) {
            run.notify.close();
        }
        if (run.ready != null) {
            run.ready.close();
        }
        parts.with().tracker().close(run.tracked);
        if (!Preparation.isTrivial(run.definition)) {
            parts.disk().execute(() -> parts.preparation().cleanUp(run.definition));
        }
    }

    private void spawn(Effect.Spawn spawn) {
        ActiveRun run = parts.runs().find(spawn.run());
        if (run == null) {
            parts.with().loop().submit(new Event.SpawnFailed(spawn.process(), "prepare", 0, "the run is over"));
            return;
        }
        parts.spawner().spawn(run, spawn.process(), spawn.role(), spawn.index(), spawn.facts());
        if (spawn.role() == org.jinit.engine.Role.MAIN && run.awaitsStopSignal()) {
            parts.stopSignals().start(run);
        }
    }

    private void signal(Effect.Signal signal) {
        Processes.Held held = parts.with().processes().find(signal.process());
        if (held == null || held.pidfd == Linux.NO_FD) {
            return;
        }
        try {
            parts.with().linux().pidfdSignal(held.pidfd, signal.signal());
        } catch (LinuxException e) {
            parts.with()
                    .log()
                    .warn("cannot signal pid " + held.pid + " of " + signal.run().service() + ": " + e.cause());
        }
    }

    private void awaitEmpty(RunId id) {
        ActiveRun run = parts.runs().find(id);
        if (run == null) {
            parts.with().loop().submit(new Event.Emptied(id));
            return;
        }
        parts.with().tracker().awaitEmpty(run.tracked, () -> parts.with().loop().submit(new Event.Emptied(id)));
    }

    private void watchMain(Effect.WatchMain watch) {
        Processes.Held held = parts.with().processes().find(watch.process());
        parts.stopSignals().stop(watch.run());
        if (held == null || held.role != null || held.watched) {
            return;
        }
        held.watched = true;
        parts.watches().watch(held);
    }

    private void keep(Effect.KeepDescriptors keep) {
        int[] fds = parts.with().parked().take(keep.parked());
        if (fds != null) {
            parts.store().keep(keep.run().service(), keep.name(), fds, keep.poll(), keep.limit());
        }
    }

    /** A service that an earlier manager ran and this one does not is stopped, and its descriptors go as at any stop. */
    private void forgetStores() {
        for (ServiceName service : parts.store().services()) {
            ServiceView view = parts.with().loop().engine().view(service);
            if (view == null || view.state() == State.STOPPED) {
                parts.store().clear(service);
            }
        }
    }

    private void published(Transition transition) {
        if (transition.to() != State.STARTING && transition.to() != State.WAITING) {
            parts.stopSignals().stop(new RunId(transition.service(), transition.generation()));
        }
        parts.outside().changed(transition);
    }

    /** Every run that there is, for the end. */
    List<RunId> openRuns() {
        return parts.runs().all().stream().map(run -> run.id).toList();
    }
}
