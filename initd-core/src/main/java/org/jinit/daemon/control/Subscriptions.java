package org.jinit.daemon.control;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jinit.engine.Result;
import org.jinit.engine.ServiceView;
import org.jinit.engine.Transition;
import org.jinit.linux.Reactor;
import org.jinit.model.ServiceName;
import org.jinit.protocol.Answer;
import org.jinit.protocol.Change;
import org.jinit.protocol.ManagerError;
import org.jinit.protocol.Outcome;
import org.jspecify.annotations.Nullable;

/** Those who are told of changes, and those who wait for one. Their number is bounded by that of the connections. */
final class Subscriptions {
    private final ManagerBackend backend;
    private final Reactor reactor;
    private final Set<Listener> listeners = new LinkedHashSet<>();

    Subscriptions(ManagerBackend backend, Reactor reactor) {
        this.backend = backend;
        this.reactor = reactor;
    }

    /** Told of every transition. */
    private interface Listener {
        void published(Transition transition);
    }

    int size() {
        return listeners.size();
    }

    void published(Transition transition) {
        if (listeners.isEmpty()) {
            return;
        }
        for (Listener listener : new ArrayList<>(listeners)) {
            listener.published(transition);
        }
    }

    Change change(Transition transition) {
        return new Change(
                transition.service().value(),
                transition.generation(),
                transition.from().label(),
                transition.to().label(),
                backend.narrate(transition.cause()),
                backend.timeOf(transition.atNanos()).toString());
    }

    /** Tells of changes until the client goes; {@code names} empty: of all services. */
    void subscribe(Exchange exchange, Set<ServiceName> names) {
        Listener listener = new Listener() {
            private long lost;

            @Override
            public void published(Transition transition) {
                if (!names.isEmpty() && !names.contains(transition.service())) {
                    return;
                }
                if (exchange.isBehind()) {
                    lost++;
                    return;
                }
                exchange.part(new Answer.Event(change(transition), lost));
                lost = 0;
            }
        };
        listeners.add(listener);
        exchange.onGone(() -> listeners.remove(listener));
    }

    /** Answers when all of them are there, at once if they are; {@code timeoutMillis} 0: never gives up. */
    void await(Exchange exchange, List<ServiceName> names, Goal goal, long timeoutMillis) {
        Waiter waiter = new Waiter(exchange, names, goal, Duration.ofMillis(timeoutMillis));
        if (!waiter.decide()) {
            waiter.start();
        }
    }

    private final class Waiter implements Listener {
        private final Exchange exchange;
        private final List<ServiceName> names;
        private final Set<ServiceName> missing;
        private final Goal goal;
        private final Duration timeout;
        private Reactor.@Nullable Timer timer;

        Waiter(Exchange exchange, List<ServiceName> names, Goal goal, Duration timeout) {
            this.exchange = exchange;
            this.names = names;
            this.missing = new LinkedHashSet<>(names);
            this.goal = goal;
            this.timeout = timeout;
        }

        void start() {
            listeners.add(this);
            exchange.onGone(this::end);
            if (!timeout.isZero()) {
                timer = reactor.arm(System.nanoTime() + timeout.toNanos(), this::timedOut);
            }
        }

        @Override
        public void published(Transition transition) {
            if (!names.contains(transition.service())) {
                return;
            }
            if (exchange.more() && !exchange.isBehind()) {
                exchange.part(new Answer.Event(change(transition), 0));
            }
            // A state that was passed through counts, though the service is elsewhere by now.
            if (goal.states().contains(transition.to())) {
                missing.remove(transition.service());
            }
            if (decide()) {
                end();
            }
        }

        /** Whether the answer was given. */
        boolean decide() {
            List<ServiceName> hopeless = new ArrayList<>();
            for (ServiceName name : List.copyOf(missing)) {
                ServiceView view = backend.view(name);
                if (view == null || goal.isHopeless(view)) {
                    hopeless.add(name);
                } else if (goal.isReached(view)) {
                    missing.remove(name);
                }
            }
            if (!hopeless.isEmpty()) {
                exchange.fail(new ManagerError.Failed(outcomes("")));
            } else if (missing.isEmpty()) {
                exchange.answer(new Answer.Outcomes(outcomes(""), null));
            }
            return exchange.isFinished();
        }

        private void timedOut() {
            timer = null;
            end();
            exchange.fail(new ManagerError.Failed(outcomes(" after " + seconds(timeout))));
        }

        private void end() {
            listeners.remove(this);
            if (timer != null) {
                timer.cancel();
                timer = null;
            }
        }

        private List<Outcome> outcomes(String when) {
            List<Outcome> outcomes = new ArrayList<>();
            for (ServiceName name : names) {
                outcomes.add(outcome(name, when));
            }
            return outcomes;
        }

        private Outcome outcome(ServiceName name, String when) {
            ServiceView view = backend.view(name);
            boolean ok = !missing.contains(name);
            if (view == null) {
                String text = "cannot wait for " + name + ": it is not defined any more";
                return new Outcome(name.value(), false, "stopped", null, text, List.of());
            }
            String text = ok
                    ? null
                    : "cannot wait for " + name + " to be " + goal.name() + ": it is " + view.state().label() + when
                            + " (" + backend.narrate(view.cause()) + ")";
            return new Outcome(
                    name.value(),
                    ok,
                    view.state().label(),
                    view.generation() == 0 && view.result() == Result.SUCCESS ? null : view.result().label(),
                    text,
                    List.of());
        }
    }

    private static String seconds(Duration timeout) {
        long millis = timeout.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }
}
