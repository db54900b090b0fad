package org.jinit.simulate;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jinit.engine.Cause;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.RunId;
import org.jinit.engine.State;
import org.jinit.engine.Transition;
import org.jinit.model.ExitStatus;
import org.jinit.model.RestartPolicy;
import org.jinit.model.Signals;
import org.jspecify.annotations.Nullable;

/** Invariants about the restart policy. */
final class RestartInvariants {
    private static final Set<Integer> CRASHES = Set.of(
            Signals.ABRT,
            Signals.ALRM,
            Signals.BUS,
            Signals.FPE,
            Signals.ILL,
            Signals.PIPE,
            Signals.SEGV,
            Signals.XCPU,
            Signals.XFSZ);

    private RestartInvariants() {}

    static List<Invariant> all() {
        return List.of(new StartLimit(), new Backoff(), new PolicyIsExact());
    }

    static final class StartLimit extends Invariant {
        StartLimit() {
            super(18, "not more starts within the window than the limit allows");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (!(effect instanceof Effect.Prepare(RunId id, var definition))) {
                return;
            }
            Entries.Svc service = book.service(id.service());
            require(!service.limitHit, "%s begins though its start limit was reached", id);
            RestartPolicy.Limit limit = definition.restart().limit();
            if (limit == null || !service.backedOff) {
                return;
            }
            long within = limit.within().toNanos();
            int recent = 1;
            for (long start : service.starts) {
                recent += start > book.now() - within ? 1 : 0;
            }
            require(recent <= limit.count(), "%s is restart %d within %s", id, recent, limit.within());
        }
    }

    static final class Backoff extends Invariant {
        Backoff() {
            super(19, "a restart comes not before its delay, and delays grow to their maximum");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (effect instanceof Effect.Prepare(RunId id, var definition)) {
                Entries.Svc service = book.service(id.service());
                require(
                        !service.backedOff || book.now() >= service.notBeforeNanos,
                        "%s begins %d ns before its restart delay is over",
                        id,
                        service.notBeforeNanos - book.now());
            } else if (effect instanceof Effect.Publish(Transition to) && to.to() == State.BACKOFF) {
                require(to.cause() instanceof Cause.ByPolicy, "%s in backoff by %s", to.service(), to.cause());
                Entries.Svc service = book.service(to.service());
                if (service.run != null && to.cause() instanceof Cause.ByPolicy policy) {
                    check(service, service.run, policy);
                }
            }
        }

        private void check(Entries.Svc service, Entries.Run run, Cause.ByPolicy policy) {
            RestartPolicy restart = run.definition.restart();
            require(
                    policy.attempt() == 1 || policy.attempt() == service.attempt + 1,
                    "%s: restart %d follows restart %d",
                    service.name,
                    policy.attempt(),
                    service.attempt);
            double growth = Math.pow(restart.factor(), policy.attempt() - 1);
            double base = restart.delay().isZero() ? 0 : restart.delay().toNanos() * growth;
            double expected = Math.min(base, (double) restart.maxDelay().toNanos());
            Duration delay = policy.delay();
            boolean fits = delay.toNanos() >= Math.floor(expected * (1 - restart.jitter())) - 1
                    && delay.toNanos() <= Math.ceil(expected * (1 + restart.jitter())) + 1;
            require(fits, "%s: restart %d after %s, expected about %f ns", service.name, policy.attempt(), delay,
                    expected);
        }
    }

    static final class PolicyIsExact extends Invariant {
        PolicyIsExact() {
            super(20, "restarts are those of the policy");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (!(effect instanceof Effect.Publish(Transition to)) || to.to() != State.BACKOFF) {
                return;
            }
            Entries.Svc service = book.service(to.service());
            Entries.Run run = service.run;
            require(!service.stopAsked, "%s is to be restarted though it was stopped on request", to.service());
            if (run == null) {
                return;
            }
            if (to.cause() instanceof Cause.ByPolicy(int attempt, var delay, @Nullable Cause end)
                    && end instanceof Cause.ByHealth) {
                return;
            }
            RestartPolicy.When when = run.definition.restart().when();
            require(when != RestartPolicy.When.NEVER, "%s is restarted though it never is to be", run.id);
            ExitStatus status = run.main == null ? null : run.main.status;
            if (status == null || run.stoppedByFailure || !isExit(to.cause())) {
                return;
            }
            boolean wanted = switch (when) {
                case ALWAYS -> true;
                case ON_FAILURE -> run.ready == 0 || !run.definition.successExit().isClean(status);
                case ON_CRASH -> isCrash(status);
                case NEVER -> false;
            };
            require(wanted, "%s is restarted after %s, its policy is %s", run.id, status, when);
        }

        private static boolean isExit(Cause cause) {
            return cause instanceof Cause.ByPolicy(int attempt, var delay, @Nullable Cause end)
                    && end instanceof Cause.ByExit by
                    && !(by.status() instanceof ExitStatus.Unknown);
        }

        private static boolean isCrash(ExitStatus status) {
            return status instanceof ExitStatus.Killed(int signal, boolean core) && (core || CRASHES.contains(signal));
        }
    }
}
