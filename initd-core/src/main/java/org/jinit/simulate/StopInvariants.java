package org.jinit.simulate;

import java.util.List;
import java.util.Objects;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.ProcessId;
import org.jinit.engine.Role;
import org.jinit.engine.RunId;
import org.jinit.engine.State;
import org.jinit.engine.TimerKey;
import org.jinit.engine.Transition;
import org.jinit.model.Signals;
import org.jinit.model.StopPolicy;

/** Invariants about stopping and about the end. */
final class StopInvariants {
    private StopInvariants() {}

    static List<Invariant> all(Facts facts) {
        return List.of(
                new KillNotEarly(),
                new StopWins(),
                new DefinitionOfItsStart(),
                new NoStartInShutdown(),
                new OneExit(facts));
    }

    static final class KillNotEarly extends Invariant {
        /** One signal of each kind for the main process and one for all that it left. */
        private static final int TWICE = 2;

        KillNotEarly() {
            super(16, "KILL when the stop timeout has passed, not before and not later, each step once");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            switch (effect) {
                case Effect.Signal(RunId id, ProcessId target, int signal) -> {
                    Entries.Run run = book.run(id);
                    if (run == null || isRequest(event)) {
                        return;
                    }
                    boolean atMain = run.main != null && run.main.id.equals(target);
                    if (atMain && signal == Signals.KILL) {
                        run.killed = true;
                        mayKill(book, run);
                    } else if (atMain && book.service(id.service()).state == State.STOPPING) {
                        stopSignal(run, signal);
                    }
                }
                case Effect.SignalAll(RunId id, int signal) -> {
                    Entries.Run run = book.run(id);
                    if (run == null || isRequest(event)) {
                        return;
                    }
                    if (signal == Signals.KILL) {
                        require(++run.kills <= most(run), "%s is killed once more", id);
                        if (run.mainAlive()) {
                            mayKill(book, run);
                        }
                    } else {
                        stopSignal(run, signal);
                    }
                }
                default -> {}
            }
        }

        /** What each hook leaves is killed as well. */
        private static int most(Entries.Run run) {
            var hooks = run.definition.hooks();
            return 2 * TWICE + hooks.beforeStart().size() + hooks.afterStart().size() + hooks.afterStop().size();
        }

        private static boolean isRequest(Event event) {
            return event instanceof Event.Requested asked && asked.request() instanceof Event.Request.Signal;
        }

        private void stopSignal(Entries.Run run, int signal) {
            if (signal == run.definition.stop().signal() && signal != Signals.CONT) {
                require(++run.stopSignals <= TWICE, "%s gets its stop signal for the third time", run.id);
            }
        }

        private void mayKill(Ledger book, Entries.Run run) {
            require(
                    run.stopTimerDue
                            || run.definition.stop().signal() == Signals.KILL
                            || book.shutdowns() > 1
                            || book.shutdownTimerDue(),
                    "the main process of %s is killed before its stop timeout",
                    run.id);
        }

        @Override
        void afterStep(Ledger book, Event event) {
            if (event instanceof Event.TimerDue(TimerKey key) && key.purpose() == TimerKey.Purpose.STOP) {
                Entries.Run run = book.run(key.run());
                if (run != null
                        && run.definition.stop().mode() != StopPolicy.Mode.NONE
                        && run.stopTimerDue
                        && run.mainAlive()
                        && run.service.state == State.STOPPING
                        && !run.timers.containsKey(TimerKey.Purpose.STOP)) {
                    require(run.kills > 0 || run.killed, "the stop timeout of %s passed without KILL", run.id);
                }
            }
        }
    }

    static final class StopWins extends Invariant {
        StopWins() {
            super(17, "after an accepted stop no start that nobody asked for");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (effect instanceof Effect.Spawn spawn
                    && (spawn.role() == Role.MAIN || spawn.role() == Role.BEFORE_START)) {
                require(
                        !book.service(spawn.run().service()).stopAsked,
                        "%s is started though it was stopped on request",
                        spawn.run());
            }
        }
    }

    static final class DefinitionOfItsStart extends Invariant {
        DefinitionOfItsStart() {
            super(24, "a run keeps the definition that it started with");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            switch (effect) {
                case Effect.ArmTimer(TimerKey key, long deadline) when key.purpose() == TimerKey.Purpose.STOP -> {
                    Entries.Run run = book.run(key.run());
                    require(run != null, "stop timer of %s, which is over", key.run());
                    long own = book.now() + Objects.requireNonNull(run).definition.stop().timeout().toNanos();
                    require(
                            deadline == own || isExtension(event),
                            "%s has a stop timeout of %d ms, its definition says %d",
                            run.id,
                            (deadline - book.now()) / 1_000_000,
                            run.definition.stop().timeout().toMillis());
                }
                case Effect.Prepare(RunId id, var definition) -> {
                    var current = book.catalog().find(id.service());
                    require(
                            current == null || current.digest().equals(definition.digest()),
                            "%s begins with a definition that is not the catalogue's",
                            id);
                }
                default -> {}
            }
        }
    }

    /** The service asked for more time. */
    private static boolean isExtension(Event event) {
        return event instanceof Event.Notified said && said.message().extendUsec() >= 0;
    }

    static final class NoStartInShutdown extends Invariant {
        NoStartInShutdown() {
            super(27, "no start once a shutdown was asked for");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (book.shutdowns() == 0) {
                return;
            }
            require(!(effect instanceof Effect.Prepare), "start in a shutdown: %s", effect);
            if (effect instanceof Effect.Spawn spawn) {
                require(
                        spawn.role() != Role.MAIN && spawn.role() != Role.BEFORE_START,
                        "%s of %s is spawned in a shutdown",
                        spawn.role(),
                        spawn.run());
            }
            if (effect instanceof Effect.Publish(Transition to)) {
                require(
                        to.to() != State.WAITING && !(to.to() == State.BACKOFF),
                        "%s becomes %s in a shutdown",
                        to.service(),
                        to.to());
            }
        }
    }

    static final class OneExit extends Invariant {
        private final Facts facts;

        OneExit(Facts facts) {
            super(28, "one exit, when nothing is left, and nothing after it");
            this.facts = facts;
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            require(!book.exited(), "%s after the exit", effect);
            if (effect instanceof Effect.Exit(int code, boolean reboot)) {
                require(code >= 0 && code <= 255, "exit code %d", code);
                for (Entries.Svc service : book.services()) {
                    for (Entries.Run run : book.runsOf(service)) {
                        require(run.live.isEmpty(), "exit while %s has processes", run.id);
                    }
                    require(
                            facts.aliveOf(service.name, book.givenUp()) == 0,
                            "exit while processes of %s live",
                            service.name);
                }
            }
        }

        @Override
        void atEnd(Ledger book) {
            require(book.exited(), "the shutdown did not end");
        }
    }
}
