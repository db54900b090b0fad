package org.jinit.simulate;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.ProcessId;
import org.jinit.engine.Role;
import org.jinit.engine.RunId;
import org.jinit.engine.Sender;
import org.jinit.engine.ServiceView;
import org.jinit.engine.State;
import org.jinit.engine.Transition;
import org.jinit.model.ServiceType;
import org.jinit.model.StopPolicy;
import org.jspecify.annotations.Nullable;

/** Invariants about processes: who lives, who may be signalled, whose word counts. */
final class ProcessInvariants {
    private ProcessInvariants() {}

    static List<Invariant> all(Facts facts) {
        return List.of(
                new SingleMain(facts),
                new OneSpawn(),
                new SignalsOnlyTheLiving(),
                new OnePlaceForAProcess(),
                new ReadyOnce(),
                new NotifyAccessHolds(facts),
                new AfterStopOnce(facts));
    }

    static final class SingleMain extends Invariant {
        private final Facts facts;

        SingleMain(Facts facts) {
            super(1, "never two living main processes of one service");
            this.facts = facts;
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (!(effect instanceof Effect.Spawn spawn) || spawn.role() != Role.MAIN) {
                return;
            }
            Entries.Svc service = book.service(spawn.run().service());
            Entries.Run run = book.run(spawn.run());
            require(run != null && run == service.run, "main process for %s, which is not the current run",
                    spawn.run());
            require(Objects.requireNonNull(run).main == null, "second main process for %s", spawn.run());
            for (Entries.Run other : book.runsOf(service)) {
                require(!other.mainAlive(),
                        "main process of %s lives when that of %s is spawned", other.id,
                        spawn.run());
            }
            require(
                    facts.aliveOfOthers(spawn.run(), book.givenUp()) == 0,
                    "something of an earlier run lives when the main process of %s is spawned",
                    spawn.run());
        }
    }

    static final class OneSpawn extends Invariant {
        private long last;

        OneSpawn() {
            super(2, "one outstanding spawn for each service and role");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (!(effect instanceof Effect.Spawn spawn)) {
                return;
            }
            require(spawn.process().value() > last, "process number %d is not new", spawn.process().value());
            last = spawn.process().value();
            Entries.Run run = book.run(spawn.run());
            require(run != null, "spawn for %s, which is not prepared", spawn.run());
            for (Entries.Proc process : Objects.requireNonNull(run).live.values()) {
                require(
                        process.role != spawn.role() || process.phase != Entries.Phase.REQUESTED,
                        "second outstanding spawn of %s for %s",
                        spawn.role(),
                        spawn.run());
            }
        }
    }

    static final class SignalsOnlyTheLiving extends Invariant {
        SignalsOnlyTheLiving() {
            super(3, "no signal to a process whose end was told");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            switch (effect) {
                case Effect.Signal(RunId id, ProcessId processId, int signal) -> {
                    Entries.Run run = book.run(id);
                    require(run != null && run == run.service.run, "signal %d for %s, which is over", signal, id);
                    Entries.Proc process = book.process(processId);
                    boolean claimed = process == null && isAbout(event, processId);
                    require(process != null || claimed, "signal %d to unknown process %d", signal, processId.value());
                    require(
                            process == null || process.alive(),
                            "signal %d to process %d of %s, which is %s",
                            signal,
                            processId.value(),
                            id,
                            process == null ? "unknown" : process.phase);
                    require(process == null || process.run == run, "signal for %s to a process of another run", id);
                }
                case Effect.SignalAll(RunId id, int signal) -> {
                    Entries.Run run = book.run(id);
                    require(run != null && run == run.service.run, "signal %d for all of %s, which is over", signal,
                            id);
                }
                default -> {}
            }
        }

        /** A process that was found a moment ago may be signalled before it is watched. */
        private static boolean isAbout(Event event, ProcessId id) {
            return switch (event) {
                case Event.SelfStopped stopped -> stopped.process().equals(id);
                case Event.MainFound found -> found.process().equals(id);
                case Event.PipeReady ready -> id.equals(ready.process());
                case Event.Notified said -> said.claim() != null && said.claim().process().equals(id);
                default -> false;
            };
        }
    }

    static final class OnePlaceForAProcess extends Invariant {
        OnePlaceForAProcess() {
            super(4, "a process belongs to one run and role");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (effect instanceof Effect.Spawn spawn) {
                require(book.process(spawn.process()) == null, "process %d is spawned twice", spawn.process().value());
            } else if (effect instanceof Effect.WatchMain(RunId id, ProcessId process)) {
                Entries.Proc known = book.process(process);
                Entries.Run run = book.run(id);
                require(run != null, "%s is over and its main process is to be watched", id);
                require(
                        known == null || known.phase == Entries.Phase.ENDED || known.run == run,
                        "process %d of %s is to be watched for %s",
                        process.value(),
                        known == null ? id : known.run.id,
                        id);
            }
        }
    }

    static final class ReadyOnce extends Invariant {
        ReadyOnce() {
            super(12, "ready once for each run, and only while the main process lives");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (!(effect instanceof Effect.Publish(Transition to))
                    || to.to() != State.RUNNING
                    || to.from() == State.RELOADING) {
                return;
            }
            Entries.Svc service = book.service(to.service());
            Entries.Run run = service.run;
            if (run == null || run.id.generation() != to.generation()) {
                require(isTarget(book, to), "%s became ready without a run", to.service());
                return;
            }
            require(run.ready == 0, "%s became ready twice", run.id);
            require(
                    run.definition.type() == ServiceType.TARGET || run.mainAlive() || run.finding || !knowsMain(run),
                    "%s became ready and its main process is dead",
                    run.id);
        }

        private static boolean isTarget(Ledger book, Transition to) {
            var definition = book.catalog().find(to.service());
            return definition == null || definition.type() == ServiceType.TARGET;
        }

        /** A daemon that left its launcher may be unknown: then the run lives as long as it is not empty. */
        private static boolean knowsMain(Entries.Run run) {
            return run.definition.readiness()
                    .stream()
                    .noneMatch(org.jinit.model.Readiness.Fork.class::isInstance);
        }
    }

    static final class NotifyAccessHolds extends Invariant {
        private final Facts facts;
        private final List<Event.Notified> early = new ArrayList<>();
        private @Nullable ProcessId mainBefore;

        NotifyAccessHolds(Facts facts) {
            super(13, "a notify message counts only from those who may send it");
            this.facts = facts;
        }

        @Override
        void onEvent(Ledger book, Event event, boolean stale, List<Effect> effects) {
            if (event instanceof Event.Spawned(ProcessId id, int pid)) {
                recognised(book, id, pid);
            }
            if (!(event instanceof Event.Notified said)) {
                return;
            }
            Entries.Run run = book.run(said.run());
            mainBefore = run == null || run.main == null ? null : run.main.id;
            if (run != null && run == run.service.run && allowed(run, said)) {
                if (said.message().access() != null) {
                    run.access = said.message().access();
                }
                return;
            }
            for (Effect effect : effects) {
                require(effect instanceof Effect.Warn, "message of %s to %s led to %s", said.sender(), said.run(),
                        effect);
            }
            if (run != null && said.sender().process() == null && said.sender().ofService()) {
                early.add(said);
            }
        }

        /** What a process said before its birth was told counts from then on. */
        private void recognised(Ledger book, ProcessId id, int pid) {
            Entries.Proc process = book.process(id);
            for (Event.Notified said : List.copyOf(early)) {
                if (process != null && said.run().equals(process.run.id) && said.sender().pid() == pid) {
                    early.remove(said);
                    Sender sender = new Sender(id, true, said.sender().uid(), pid);
                    var known = new Event.Notified(said.run(), sender, said.message(), null, 0, 0);
                    if (said.message().access() != null && allowed(process.run, known)) {
                        process.run.access = said.message().access();
                    }
                }
            }
            early.removeIf(said -> book.run(said.run()) == null);
        }

        private static boolean allowed(Entries.Run run, Event.Notified said) {
            ProcessId sender = said.sender().process();
            return switch (run.access) {
                case NONE -> false;
                case ALL -> said.sender().ofService();
                case MAIN -> sender != null && run.main != null && run.main.id.equals(sender);
                case EXEC ->
                    sender != null && ((run.main != null && run.main.id.equals(sender)) || isHook(run, sender));
            };
        }

        private static boolean isHook(Entries.Run run, ProcessId sender) {
            Entries.Proc process = run.live.get(sender);
            return process != null && process.role != null;
        }

        @Override
        void afterStep(Ledger book, Event event) {
            if (!(event instanceof Event.Notified said) || said.claim() == null) {
                return;
            }
            boolean good = said.claim().alive() && !said.claim().forbidden() && said.claim().ofService();
            ServiceView view = facts.view(said.run().service());
            require(
                    good
                            || view == null
                            || view.main() == null
                            || view.main().equals(mainBefore)
                            || !view.main().equals(said.claim().process()),
                    "%s took %s for its main process",
                    said.run(),
                    said.claim());
        }
    }

    static final class AfterStopOnce extends Invariant {
        private final Facts facts;

        AfterStopOnce(Facts facts) {
            super(21, "after-stop once for each run of which anything ran, and never beside the main process");
            this.facts = facts;
        }

        /** What does not die of KILL, or is not even forked yet when a forced shutdown is over, cannot be tidied up after. */
        private boolean outlivesKill(Ledger book, Entries.Run run) {
            boolean something = run.spawning() || facts.aliveOf(run.id.service(), Set.of()) > 0;
            return something && book.givenUp().contains(run.id);
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (effect instanceof Effect.Spawn spawn && spawn.role() == Role.AFTER_STOP) {
                Entries.Run run = book.run(spawn.run());
                require(run != null && (!run.mainAlive() || leavesProcesses(run)),
                        "after-stop of %s beside its main process", spawn.run());
                require(
                        !Objects.requireNonNull(run).afterStops.containsKey(spawn.index()),
                        "after-stop %d of %s runs twice",
                        spawn.index(),
                        spawn.run());
            } else if (effect instanceof Effect.Release(RunId id, boolean full)) {
                Entries.Run run = book.run(id);
                if (run != null && run.anyRan && !run.definition.hooks().afterStop().isEmpty()) {
                    require(
                            run.afterStops.containsKey(0) || outlivesKill(book, run),
                            "after-stop of %s did not run",
                            id);
                }
            }
        }
    }

    /** What is left by such a stop is left on purpose. */
    private static boolean leavesProcesses(Entries.Run run) {
        return run.definition.stop().mode() == StopPolicy.Mode.NONE;
    }
}
