package org.jinit.simulate;

import java.util.ArrayList;
import java.util.List;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.ProcessId;
import org.jinit.engine.Reply;
import org.jinit.engine.RequestId;
import org.jinit.engine.Role;
import org.jinit.engine.State;
import org.jinit.engine.TimerKey;
import org.jinit.engine.Transition;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** Invariants about requests, reloads and replies. */
final class RequestInvariants {
    private RequestInvariants() {}

    static List<Invariant> all() {
        return List.of(
                new ReloadHarmsNothing(), new CatalogAtomic(), new OneReply(), new AllOrNothing(), new RequestsEnd());
    }

    static final class ReloadHarmsNothing extends Invariant {
        private @Nullable ProcessId main;
        private Entries.@Nullable Run reloading;

        ReloadHarmsNothing() {
            super(22, "a reload that fails leaves the service running as it was");
        }

        @Override
        void onEvent(Ledger book, Event event, boolean stale, List<Effect> effects) {
            reloading = null;
            Entries.Run run = switch (event) {
                case Event.TimerDue(TimerKey key) when key.purpose() == TimerKey.Purpose.RELOAD -> book.run(key.run());
                case Event.Exited(ProcessId id, var status) -> reloadOf(book, id);
                case Event.SpawnFailed failed -> reloadOf(book, failed.process());
                default -> null;
            };
            if (run != null && run.service.state == State.RELOADING && run.service.run == run) {
                reloading = run;
                main = run.main == null ? null : run.main.id;
            }
        }

        private static Entries.@Nullable Run reloadOf(Ledger book, ProcessId id) {
            Entries.Proc process = book.process(id);
            boolean reload = process != null && process.role == Role.RELOAD && process.phase != Entries.Phase.ENDED;
            return reload && process != null ? process.run : null;
        }

        @Override
        void afterStep(Ledger book, Event event) {
            Entries.Run run = reloading;
            if (run == null) {
                return;
            }
            require(run.service.state == State.RUNNING, "%s is %s after its reload", run.id, run.service.state);
            require(run.main == null || run.main.id.equals(main), "%s has another main process after its reload",
                    run.id);
        }

        @Override
        void atRest(Ledger book) {
            for (Entries.Svc service : book.services()) {
                require(service.state != State.RELOADING, "%s is reloading for ever", service.name);
            }
        }
    }

    static final class CatalogAtomic extends Invariant {
        CatalogAtomic() {
            super(23, "an unchanged catalogue changes nothing");
        }

        @Override
        void onEvent(Ledger book, Event event, boolean stale, List<Effect> effects) {
            if (!(event instanceof Event.CatalogLoaded loaded)) {
                return;
            }
            // What was read before and not applied then is applied with an unchanged catalogue, too: what is gone is stopped.
            boolean unchanged = loaded.catalog().digest().equals(book.catalog().digest());
            boolean nothing = loaded.plan() || (unchanged && !(loaded.apply() && book.markedChanged()));
            for (Effect effect : effects) {
                boolean told = effect instanceof Effect.Reply || effect instanceof Effect.Warn;
                require(told || !nothing, "a catalogue that changes nothing led to %s", effect);
            }
        }
    }

    static final class OneReply extends Invariant {
        OneReply() {
            super(25, "one reply to each request, none to a client that went away");
        }

        @Override
        void onEffect(Ledger book, Event event, Effect effect) {
            if (effect instanceof Effect.Reply(RequestId id, Reply reply)) {
                require(!book.wasAnswered(id), "second reply to %s", id);
                require(!book.clientGone(id), "reply to %s, whose client went away", id);
                require(book.pending().containsKey(id), "reply to %s, which was not asked", id);
            }
        }

        @Override
        void atEnd(Ledger book) {
            require(book.pending().isEmpty(), "no reply to %s", book.pending());
        }
    }

    static final class AllOrNothing extends Invariant {
        AllOrNothing() {
            super(26, "a request is accepted whole or refused whole; starting what is up starts nothing");
        }

        @Override
        void onEvent(Ledger book, Event event, boolean stale, List<Effect> effects) {
            if (!(event instanceof Event.Requested asked)) {
                return;
            }
            boolean refused = false;
            for (Effect effect : effects) {
                refused |= effect instanceof Effect.Reply(RequestId id, Reply reply)
                        && id.equals(asked.id())
                        && (reply instanceof Reply.Refused || reply instanceof Reply.Planned);
            }
            if (refused) {
                for (Effect effect : effects) {
                    require(
                            effect instanceof Effect.Reply || effect instanceof Effect.Warn,
                            "a refused or planned request led to %s",
                            effect);
                }
            } else if (asked.request() instanceof Event.Request.Start start) {
                alreadyUp(book, start, effects);
            }
        }

        private void alreadyUp(Ledger book, Event.Request.Start start, List<Effect> effects) {
            List<ServiceName> busy = new ArrayList<>();
            for (ServiceName name : start.names()) {
                State state = book.service(name).state;
                if (Ledger.isUp(state) || state == State.STARTING || state == State.DONE) {
                    busy.add(name);
                }
            }
            for (Effect effect : effects) {
                if (effect instanceof Effect.Prepare(var id, var definition)) {
                    require(!busy.contains(id.service()), "%s is started a second time", id.service());
                }
            }
        }
    }

    static final class RequestsEnd extends Invariant {
        RequestsEnd() {
            super(33, "each start and stop ends");
        }

        @Override
        void atRest(Ledger book) {
            require(book.pending().isEmpty(), "still without a reply: %s", book.pending());
            for (Entries.Svc service : book.services()) {
                boolean rests = switch (service.state) {
                    case STOPPED, RUNNING, FAILED, DONE, SKIPPED, WAITING -> true;
                    case STARTING, RELOADING, STOPPING, BACKOFF -> false;
                };
                require(rests, "%s is %s for ever: %s", service.name, service.state, last(service.last));
            }
        }

        private static String last(@Nullable Transition last) {
            return last == null ? "-" : last.cause().toString();
        }
    }
}
