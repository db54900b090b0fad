package org.jinit.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.ProcessId;
import org.jinit.engine.RequestId;
import org.jinit.engine.Role;
import org.jinit.engine.RunId;
import org.jinit.engine.ServiceView;
import org.jinit.engine.State;
import org.jinit.engine.TimerKey;
import org.jinit.graph.Catalog;
import org.jinit.model.ExitStatus;
import org.jinit.model.ServiceName;
import org.jinit.model.Signals;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The invariants can fail: an engine that is spoiled on purpose is caught within a thousand seeds. */
class MutantsSimTest {
    private static final int SEEDS = 1_000;

    /** The engine with something wrong. */
    private abstract static class Mutant implements Machine {
        private final Machine engine;

        Mutant(Machine engine) {
            this.engine = engine;
        }

        @Override
        public List<Effect> step(Event event, long nowNanos) {
            return spoil(event, new ArrayList<>(engine.step(event, nowNanos)));
        }

        @Override
        public @Nullable ServiceView view(ServiceName name) {
            return engine.view(name);
        }

        abstract List<Effect> spoil(Event event, List<Effect> effects);
    }

    /** Makes one of an engine. */
    private interface Spoiler {
        Mutant of(Machine engine);
    }

    private static void isCaught(String what, Spoiler spoiler, Integer... expected) {
        Map<Integer, Long> caught = new LinkedHashMap<>();
        for (long seed = 1; seed <= SEEDS; seed++) {
            Machine.Factory factory =
                    (Catalog catalog, long number) -> spoiler.of(new EngineMachine(catalog, number));
            Sim.Outcome outcome = Sim.run(Seeds.setup(seed, factory, true, false));
            if (outcome.violation() != null) {
                int number = Integer.parseInt(outcome.violation().replaceAll("(?s)^invariant (\\d+).*", "$1"));
                caught.putIfAbsent(number, seed);
                if (List.of(expected).contains(number)) {
                    System.out.println("mutant '" + what + "': caught by invariant " + number + " at seed " + seed);
                    return;
                }
            }
        }
        assertThat(caught.keySet()).as(what).contains(expected);
    }

    @Test
    void aSignalToAProcessThatEndedIsCaught() {
        isCaught("signals the dead", engine -> new Mutant(engine) {
            @Override
            List<Effect> spoil(Event event, List<Effect> effects) {
                if (event instanceof Event.Exited(ProcessId id, ExitStatus status)) {
                    for (Effect effect : List.copyOf(effects)) {
                        if (effect instanceof Effect.AwaitEmpty(RunId run)) {
                            effects.addFirst(new Effect.Signal(run, id, Signals.TERM));
                        }
                    }
                }
                return effects;
            }
        }, 3);
    }

    @Test
    void aForgottenTimerIsCaught() {
        isCaught("forgets to cancel timers", engine -> new Mutant(engine) {
            @Override
            List<Effect> spoil(Event event, List<Effect> effects) {
                effects.removeIf(effect -> effect instanceof Effect.CancelTimer(TimerKey key)
                        && key.purpose() == TimerKey.Purpose.STOP);
                return effects;
            }
        }, 15, 31);
    }

    @Test
    void aForgottenReplyIsCaught() {
        isCaught("forgets a reply", engine -> new Mutant(engine) {
            @Override
            List<Effect> spoil(Event event, List<Effect> effects) {
                effects.removeIf(
                        effect -> effect instanceof Effect.Reply(RequestId id, var reply) && id.value() % 3 == 0);
                return effects;
            }
        }, 33, 25);
    }

    @Test
    void aSecondReplyIsCaught() {
        isCaught("replies twice", engine -> new Mutant(engine) {
            @Override
            List<Effect> spoil(Event event, List<Effect> effects) {
                for (Effect effect : List.copyOf(effects)) {
                    if (effect instanceof Effect.Reply) {
                        effects.add(effect);
                    }
                }
                return effects;
            }
        }, 25);
    }

    @Test
    void aSkippedAfterStopIsCaught() {
        isCaught("skips after-stop", engine -> new Mutant(engine) {
            @Override
            List<Effect> spoil(Event event, List<Effect> effects) {
                effects.removeIf(effect -> effect instanceof Effect.Spawn spawn && spawn.role() == Role.AFTER_STOP);
                return effects;
            }
        }, 21, 33);
    }

    @Test
    void anUnpublishedTransitionIsCaught() {
        isCaught("does not publish failures", engine -> new Mutant(engine) {
            @Override
            List<Effect> spoil(Event event, List<Effect> effects) {
                effects.removeIf(effect -> effect instanceof Effect.Publish(var to) && to.to() == State.FAILED);
                return effects;
            }
        }, 10);
    }

    @Test
    void aRunThatIsNotReleasedIsCaught() {
        isCaught("forgets to release", engine -> new Mutant(engine) {
            @Override
            List<Effect> spoil(Event event, List<Effect> effects) {
                effects.removeIf(effect -> effect instanceof Effect.Release);
                return effects;
            }
        }, 15, 31);
    }

    @Test
    void anEarlyKillIsCaught() {
        isCaught("kills at once", engine -> new Mutant(engine) {
            @Override
            List<Effect> spoil(Event event, List<Effect> effects) {
                effects.replaceAll(effect -> effect instanceof Effect.Signal(RunId run, ProcessId id, int signal)
                        && signal == Signals.TERM
                        && !(event instanceof Event.Requested asked
                                && asked.request() instanceof Event.Request.Signal)
                                        ? new Effect.Signal(run, id, Signals.KILL)
                                        : effect);
                return effects;
            }
        }, 16);
    }

    @Test
    void aDoubledSpawnIsCaught() {
        isCaught("spawns twice", engine -> new Mutant(engine) {
            @Override
            List<Effect> spoil(Event event, List<Effect> effects) {
                for (Effect effect : List.copyOf(effects)) {
                    if (effect instanceof Effect.Spawn spawn && spawn.role() == Role.MAIN) {
                        effects.add(new Effect.Spawn(
                                new ProcessId(spawn.process().value() + 1_000_000),
                                spawn.run(),
                                spawn.role(),
                                spawn.index(),
                                spawn.facts()));
                    }
                }
                return effects;
            }
        }, 1, 2);
    }

    @Test
    void anExceptionIsCaught() {
        isCaught("throws", engine -> new Mutant(engine) {
            @Override
            List<Effect> spoil(Event event, List<Effect> effects) {
                if (event instanceof Event.PipeClosed) {
                    throw new IllegalStateException("cannot go on");
                }
                return effects;
            }
        }, 11);
    }
}
