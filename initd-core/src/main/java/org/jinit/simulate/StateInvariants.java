package org.jinit.simulate;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.RunId;
import org.jinit.engine.ServiceView;
import org.jinit.engine.State;
import org.jinit.engine.TimerKey;
import org.jinit.engine.Transition;

/** Invariants about states, timers and what a service owns. */
final class StateInvariants {
    private StateInvariants() {}

    static List<Invariant> all(Facts facts) {
        return List.of(new TransitionTable(facts), new TimersBelong(), new NothingLeft(facts), new Bounds(),
                new Balance(facts));
    }

    static final class TransitionTable extends Invariant {
        private static final Map<State, EnumSet<State>> TABLE = new EnumMap<>(State.class);

        static {
            TABLE.put(
                    State.STOPPED,
                    EnumSet.of(State.WAITING, State.STARTING, State.RUNNING, State.FAILED, State.SKIPPED));
            TABLE.put(
                    State.WAITING,
                    EnumSet.of(State.STARTING, State.RUNNING, State.STOPPED, State.FAILED, State.SKIPPED));
            TABLE.put(
                    State.STARTING,
                    EnumSet.of(
                            State.RUNNING, State.WAITING, State.DONE, State.SKIPPED, State.STOPPING, State.BACKOFF,
                            State.FAILED,
                            State.STOPPED));
            TABLE.put(
                    State.RUNNING,
                    EnumSet.of(State.RELOADING, State.STOPPING, State.BACKOFF, State.FAILED, State.STOPPED));
            TABLE.put(
                    State.RELOADING,
                    EnumSet.of(State.RUNNING, State.STOPPING, State.BACKOFF, State.FAILED, State.STOPPED));
            TABLE.put(
                    State.STOPPING,
                    EnumSet.of(
                            State.STOPPED, State.BACKOFF, State.FAILED, State.WAITING, State.STARTING, State.DONE,
                            State.SKIPPED));
            TABLE.put(
                    State.BACKOFF, EnumSet.of(State.WAITING, State.STARTING, State.STOPPED, State.FAILED));
            TABLE.put(
                    State.FAILED, EnumSet.of(State.WAITING, State.STARTING, State.RUNNING, State.STOPPED));
            TABLE.put(State.DONE, EnumSet.of(State.STOPPED, State.WAITING, State.STARTING, State.FAILED));
            TABLE.put(State.SKIPPED, EnumSet.of(State.STOPPED, State.WAITING, State.STARTING, State.FAILED));
        }

        private final Facts facts;

        TransitionTable(Facts facts) {
            super(10, "only the transitions of the table, and nothing comes of an event that is not legal");
            this.facts = facts;
        }

        @Override
        void onEvent(Ledger book, Event event, boolean stale, List<Effect> effects) {
            if (!stale) {
                return;
            }
            for (Effect effect : effects) {
                require(effect instanceof Effect.Warn, "%s came too late and led to %s", event, effect);
            }
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (!(effect instanceof Effect.Publish(Transition to))) {
                return;
            }
            Entries.Svc service = book.service(to.service());
            State state = service.fresh && to.from() == State.STOPPED ? State.STOPPED : service.state;
            require(state == to.from(), "%s is %s, the transition says from %s", to.service(), state, to.from());
            require(
                    TABLE.getOrDefault(to.from(), EnumSet.noneOf(State.class)).contains(to.to()),
                    "%s goes from %s to %s",
                    to.service(),
                    to.from(),
                    to.to());
        }

        @Override
        void afterStep(Ledger book, Event event) {
            Entries.Svc service = book.itsTurn();
            if (service != null) {
                isPublished(service);
            }
        }

        @Override
        void atRest(Ledger book) {
            book.services().forEach(this::isPublished);
        }

        private void isPublished(Entries.Svc service) {
            ServiceView view = facts.view(service.name);
            require(
                    view == null || view.state() == service.state || service.fresh || service.absent,
                    "%s is %s, published was %s",
                    service.name,
                    view == null ? "-" : view.state(),
                    service.state);
        }
    }

    static final class TimersBelong extends Invariant {
        TimersBelong() {
            super(14, "a timer belongs to a run that lives");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (effect instanceof Effect.ArmTimer(TimerKey key, long deadline)) {
                RunId id = key.run();
                require(id != null || key.purpose() == TimerKey.Purpose.SHUTDOWN, "timer %s of nobody", key.purpose());
                if (id != null) {
                    Entries.Run current = book.service(id.service()).run;
                    require(current != null && current.id.equals(id), "timer %s of %s, an old run", key.purpose(), id);
                }
                require(deadline >= book.now(), "timer %s of %s in the past", key.purpose(), id);
            }
        }
    }

    static final class NothingLeft extends Invariant {
        private final Facts facts;

        NothingLeft(Facts facts) {
            super(15, "who is not up owns no timer, no process and no run");
            this.facts = facts;
        }

        @Override
        void atRest(Ledger book) {
            for (Entries.Svc service : book.services()) {
                switch (service.state) {
                    case STOPPED, FAILED, DONE, SKIPPED, WAITING -> {
                        for (Entries.Run run : book.runsOf(service)) {
                            require(false, "%s is %s and has the open run %s", service.name, service.state, run.id);
                        }
                        require(
                                facts.aliveOf(service.name, book.givenUp()) == 0,
                                "%s is %s and has processes",
                                service.name,
                                service.state);
                        require(service.timers.isEmpty(), "%s is %s and has timers %s", service.name, service.state,
                                service.timers);
                    }
                    case RUNNING -> {
                        for (TimerKey.Purpose purpose : service.timers) {
                            require(
                                    purpose == TimerKey.Purpose.WATCHDOG || purpose == TimerKey.Purpose.RUN,
                                    "%s is running and has the timer %s",
                                    service.name,
                                    purpose);
                        }
                    }
                    case STARTING, RELOADING, STOPPING, BACKOFF -> {}
                }
            }
        }
    }

    static final class Bounds extends Invariant {
        private static final int PER_SERVICE = 16;

        Bounds() {
            super(30, "the effects of a step are bounded");
        }

        @Override
        void afterStep(Ledger book, Event event) {
            int most = PER_SERVICE * (book.catalog().services().size() + 2);
            require(book.effectsOfStep() <= most, "%d effects of one step", book.effectsOfStep());
        }
    }

    static final class Balance extends Invariant {
        private final Facts facts;

        Balance(Facts facts) {
            super(31, "what was opened is closed once");
            this.facts = facts;
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (effect instanceof Effect.Prepare(RunId id, var definition)) {
                require(book.run(id) == null, "%s is prepared twice", id);
                for (Entries.Run run : book.runsOf(book.service(id.service()))) {
                    require(false, "%s is prepared and %s is not released", id, run.id);
                }
            } else if (effect instanceof Effect.Release(RunId id, boolean full)) {
                require(book.run(id) != null || (full && book.releasable(id)), "%s is released, and was not prepared",
                        id);
            }
        }

        @Override
        void atEnd(Ledger book) {
            require(facts.openRuns() == 0, "%d runs were not released", facts.openRuns());
            require(facts.armedTimers() == 0, "%d timers are armed", facts.armedTimers());
        }
    }
}
