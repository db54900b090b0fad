package org.jinit.simulate;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jinit.engine.Cause;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.Result;
import org.jinit.engine.Role;
import org.jinit.engine.RunId;
import org.jinit.engine.ServiceView;
import org.jinit.engine.State;
import org.jinit.engine.Transition;
import org.jinit.graph.Catalog;
import org.jinit.graph.Edge;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** Invariants about the edges between services. */
final class OrderInvariants {
    private OrderInvariants() {}

    static List<Invariant> all(Facts facts) {
        return List.of(
                new RequirementsReady(),
                new RequirementFailureIsTold(facts),
                new WantsNeverBlock(facts),
                new StopOrder(),
                new ConflictsApart(),
                new NobodyWaitsInVain());
    }

    static final class RequirementsReady extends Invariant {
        RequirementsReady() {
            super(5, "a run begins when all it requires is ready and nothing it is ordered after is on the way");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (!(effect instanceof Effect.Prepare(RunId id, var definition))) {
                return;
            }
            Catalog catalog = book.catalog();
            if (catalog.find(id.service()) == null) {
                // It goes on with what it had: of its edges those count that nothing but ready will do for.
                for (var required : definition.dependencies().requires()) {
                    State state = book.service(required.name()).state;
                    require(Ledger.satisfies(state), "%s begins while %s is %s", id, required.name(), state);
                }
                return;
            }
            for (Edge edge : catalog.orderedAfter(id.service())) {
                State earlier = book.service(edge.earlier()).state;
                boolean good = switch (edge.kind()) {
                    case REQUIRES -> Ledger.satisfies(earlier);
                    case WANTS, AFTER, BEFORE -> earlier != State.STARTING && earlier != State.STOPPING;
                };
                require(good, "%s begins while %s is %s (%s)", id, edge.earlier(), earlier, edge.kind());
            }
        }
    }

    static final class RequirementFailureIsTold extends Invariant {
        private final Facts facts;

        /** Who failed in this step, and of whom. */
        private final Map<ServiceName, ServiceName> cited = new TreeMap<>();

        RequirementFailureIsTold(Facts facts) {
            super(6, "who requires what failed fails of it and says so");
            this.facts = facts;
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (effect instanceof Effect.Publish(Transition to)
                    && to.to() == State.FAILED
                    && result(to.service()) == Result.DEPENDENCY
                    && to.cause() instanceof Cause.ByDependency(ServiceName other, String edge, String what)) {
                require(edge.equals("requires"), "%s failed of %s by %s", to.service(), other, edge);
                cited.put(to.service(), other);
            }
        }

        @Override
        void afterStep(Ledger book, Event event) {
            if (cited.isEmpty()) {
                return;
            }
            cited.forEach((name, other) -> require(
                    !Ledger.satisfies(book.service(other).state), "%s failed of %s, which is ready", name, other));
            cited.clear();
        }

        @Override
        void atRest(Ledger book) {
            for (Entries.Svc service : book.services()) {
                ServiceView view = facts.view(service.name);
                if (view == null || book.catalog().find(service.name) == null) {
                    continue;
                }
                for (ServiceName required : book.catalog().requiresOf(service.name)) {
                    if (book.service(required).state == State.FAILED) {
                        require(
                                service.state != State.STARTING,
                                "%s is %s though %s failed",
                                service.name,
                                service.state,
                                required);
                    }
                }
                if (view.state() == State.FAILED && view.result() == Result.DEPENDENCY) {
                    require(
                            cites(view.cause()),
                            "%s failed of a dependency that the cause does not name: %s",
                            service.name,
                            view.cause());
                }
            }
        }

        private @Nullable Result result(ServiceName name) {
            ServiceView view = facts.view(name);
            return view == null ? null : view.result();
        }

        private static boolean cites(Cause cause) {
            return cause instanceof Cause.ByDependency(var other, String edge, var what) && edge.equals("requires");
        }
    }

    static final class WantsNeverBlock extends Invariant {
        private final Facts facts;

        WantsNeverBlock(Facts facts) {
            super(7, "a failure of what is only wanted blocks nobody");
            this.facts = facts;
        }

        @Override
        void atRest(Ledger book) {
            for (Entries.Svc service : book.services()) {
                ServiceView view = facts.view(service.name);
                if (view == null || !view.desiredUp() || book.catalog().find(service.name) == null) {
                    continue;
                }
                boolean held = false;
                for (ServiceName required : book.catalog().requiresOf(service.name)) {
                    held |= !Ledger.satisfies(book.service(required).state);
                }
                require(
                        held || service.state != State.WAITING || conflicts(book, service.name),
                        "%s waits for %s, and all it requires is ready",
                        service.name,
                        view.waitingFor());
            }
        }
    }

    /** What conflicts with it, or with what it waits for, is up, and nobody asked for that to make way. */
    private static boolean conflicts(Ledger book, ServiceName name) {
        for (ServiceName other : book.catalog().conflictsOf(name)) {
            if (Ledger.isUp(book.service(other).state)) {
                return true;
            }
        }
        for (Edge edge : book.catalog().orderedAfter(name)) {
            if (book.service(edge.earlier()).state == State.WAITING && conflicts(book, edge.earlier())) {
                return true;
            }
        }
        return false;
    }

    static final class StopOrder extends Invariant {
        StopOrder() {
            super(8, "who requires a service is stopped before it");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            RunId id = switch (effect) {
                case Effect.Signal signal -> signal.run();
                case Effect.SignalAll signal -> signal.run();
                case Effect.Spawn spawn when spawn.role() == Role.STOP -> spawn.run();
                default -> null;
            };
            if (id == null || isSignal(event) || book.shutdownTimerDue() || book.shutdowns() > 1
                    || book.catalog().find(id.service()) == null) {
                return;
            }
            Entries.Svc service = book.service(id.service());
            Transition last = service.last;
            if (service.state != State.STOPPING || last == null || !isOrdered(last.cause()) || !isAlive(service)) {
                return;
            }
            for (ServiceName dependent : book.catalog().requiredBy(id.service())) {
                Entries.Svc other = book.service(dependent);
                boolean alive = false;
                for (Entries.Run run : book.runsOf(other)) {
                    alive |= run.mainAlive() && requires(run, id.service());
                }
                require(!alive, "%s is stopped while %s, which requires it, is %s", id, dependent, other.state);
            }
        }

        /** A person may signal whatever lives. */
        private static boolean isSignal(Event event) {
            return event instanceof Event.Requested asked && asked.request() instanceof Event.Request.Signal;
        }

        private static boolean isAlive(Entries.Svc service) {
            return service.run != null && service.run.mainAlive();
        }

        /** An order from outside, not an end by itself. */
        private static boolean isOrdered(Cause cause) {
            return switch (cause) {
                case Cause.ByRequest ignored -> true;
                case Cause.ByShutdown ignored -> true;
                case Cause.ByCatalog ignored -> true;
                case Cause.ByDependency(var other, String edge, var what) -> !edge.equals("requires");
                case Cause.ByBoot ignored -> false;
                case Cause.ByExit ignored -> false;
                case Cause.ByTimeout ignored -> false;
                case Cause.ByReadiness ignored -> false;
                case Cause.ByNotify ignored -> false;
                case Cause.BySpawnFailure ignored -> false;
                case Cause.ByCondition ignored -> false;
                case Cause.ByPolicy ignored -> false;
                case Cause.ByStartLimit ignored -> false;
                case Cause.ByHealth ignored -> false;
                case Cause.ByProtocol ignored -> false;
            };
        }

        private static boolean requires(Entries.Run run, ServiceName other) {
            return run.definition.dependencies()
                    .requires()
                    .stream()
                    .anyMatch(reference -> reference.name().equals(other));
        }
    }

    static final class ConflictsApart extends Invariant {
        ConflictsApart() {
            super(9, "of two that conflict one is up at most");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (!(effect instanceof Effect.Prepare(RunId id, var definition))
                    || book.catalog().find(id.service()) == null) {
                return;
            }
            for (ServiceName other : book.catalog().conflictsOf(id.service())) {
                State state = book.service(other).state;
                boolean apart = switch (state) {
                    case STOPPED, FAILED, SKIPPED, DONE, WAITING, BACKOFF, STOPPING -> true;
                    case STARTING, RUNNING, RELOADING -> false;
                };
                apart &= book.runsOf(book.service(other)).isEmpty();
                require(apart, "%s begins while %s, with which it conflicts, is %s", id, other, state);
            }
        }
    }

    static final class NobodyWaitsInVain extends Invariant {
        NobodyWaitsInVain() {
            super(34, "nobody waits while all it waits for is there");
        }

        @Override
        void atRest(Ledger book) {
            for (Entries.Svc service : book.services()) {
                if (service.state != State.WAITING || book.catalog().find(service.name) == null) {
                    continue;
                }
                boolean blocked = conflicts(book, service.name);
                for (Edge edge : book.catalog().orderedAfter(service.name)) {
                    State earlier = book.service(edge.earlier()).state;
                    blocked |= switch (edge.kind()) {
                        case REQUIRES -> !Ledger.satisfies(earlier);
                        case WANTS, AFTER, BEFORE ->
                            earlier == State.STARTING || earlier == State.STOPPING || earlier == State.WAITING;
                    };
                }
                require(blocked, "%s waits and nothing keeps it", service.name);
            }
        }
    }
}
