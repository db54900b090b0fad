package org.jinit.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jinit.engine.Event;
import org.jinit.engine.State;
import org.jinit.engine.Transition;
import org.jinit.graph.Catalog;
import org.jinit.model.ServiceName;
import org.jinit.model.ServiceType;
import org.junit.jupiter.api.Test;

/** Two simulations that differ in something that must not matter have the same result. */
class MetamorphicSimTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int SEEDS = Integer.getInteger("sim.small", 400);

    @Test
    void theSameSeedGivesTheSameTrace() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            Sim.Outcome once = Sim.run(Seeds.setup(seed));
            Sim.Outcome again = Sim.run(Seeds.setup(seed));
            assertThat(again.hash()).as("seed %d", seed).isEqualTo(once.hash());
        }
    }

    @Test
    void stepIsPureSoThatTheSameEventsGiveTheSameEffects() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            Sim.Setup setup = Seeds.setup(seed, EngineMachine::new, false, true);
            Machine fresh = new EngineMachine(setup.catalog(), setup.seed());
            for (Sim.Recorded step : Sim.run(setup).recorded()) {
                assertThat(fresh.step(step.event(), step.nowNanos())).as("seed %d", seed).isEqualTo(step.effects());
            }
        }
    }

    @Test
    void jumpsOfTheWallClockChangeNothing() {
        FaultPlan jumps = new FaultPlan(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 900, 0, 0, 0);
        for (long seed = 1; seed <= SEEDS; seed++) {
            long calm = Sim.run(with(Seeds.setup(seed), FaultPlan.NONE)).hash();
            assertThat(Sim.run(with(Seeds.setup(seed), jumps)).hash()).as("seed %d", seed).isEqualTo(calm);
        }
    }

    private static Sim.Setup with(Sim.Setup s, FaultPlan faults) {
        return with(s, s.catalog(), faults, s.behaviours(), s.asks());
    }

    private static Sim.Setup with(
            Sim.Setup s, Catalog catalog, FaultPlan faults, Behaviour.Source behaviours, List<Ask> asks) {
        return new Sim.Setup(
                s.seed(),
                catalog,
                faults,
                behaviours,
                asks,
                s.machine(),
                s.pidSpace(),
                s.safetyNanos(),
                s.boot(),
                s.target(),
                s.check(),
                s.wholeLife(),
                s.record());
    }

    /** Requests far enough apart from each other, of services that have nothing to do with each other. */
    @Test
    void theOrderOfRequestsToIndependentServicesDoesNotMatter() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            SimRandom random = SimRandom.of(seed, "order");
            List<SimDefinition> definitions = new ArrayList<>();
            List<Event.Request> requests = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                SimDefinition definition = new SimDefinition("s" + i).type(random.pick(ServiceType.values()));
                definition.enabled = random.chance(500);
                definitions.add(definition);
                List<ServiceName> names = List.of(definition.name);
                requests.add(random.pick(
                        new Event.Request.Start(names, false, null),
                        new Event.Request.Stop(names, false, false, null),
                        new Event.Request.Restart(names, false, false, null)));
            }
            Catalog catalog = CatalogGenerator.catalog(definitions);
            Set<Object> results = new java.util.HashSet<>();
            for (int turn = 0; turn < 3; turn++) {
                List<Ask> asks = new ArrayList<>();
                long at = SECOND;
                for (Event.Request request : requests) {
                    asks.add(new Ask.Send(at, request));
                    at += random.between(0, 100_000);
                }
                results.add(Sim.run(honest(seed, catalog, asks)).states());
                requests.add(requests.removeFirst());
            }
            assertThat(results).as("seed %d", seed).hasSize(1);
        }
    }

    @Test
    void stopThenStartEndsAsRestartDoes() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            SimRandom random = SimRandom.of(seed, "setup");
            List<SimDefinition> definitions = new CatalogGenerator(random).definitions();
            definitions.forEach(ReferenceModelSimTest::makeSimple);
            Catalog catalog = CatalogGenerator.catalog(definitions);
            ServiceName name = definitions.get(random.below(definitions.size())).name;
            if (!catalog.requiredBy(name).isEmpty()
                    || !catalog.partOfReverse(name).isEmpty()
                    || !catalog.conflictsOf(name).isEmpty()
                    || !catalog.bootSet().contains(name)
                    || !catalog.wantedBy(name).isEmpty()) {
                continue;
            }
            long later = 100 * SECOND;
            List<ServiceName> names = List.of(name);
            Sim.Outcome restart = Sim.run(honest(seed, catalog, List.of(
                    new Ask.Send(later, new Event.Request.Restart(names, false, false, null)))));
            Sim.Outcome both = Sim.run(honest(seed, catalog, List.of(
                    new Ask.Send(later, new Event.Request.Stop(names, false, false, null)),
                    new Ask.Send(later + 100 * SECOND, new Event.Request.Start(names, false, null)))));
            assertThat(both.states()).as("seed %d, %s", seed, name).isEqualTo(restart.states());
        }
    }

    private static Sim.Setup honest(long seed, Catalog catalog, List<Ask> asks) {
        return new Sim.Setup(
                seed,
                catalog,
                FaultPlan.NONE,
                new HonestBehaviours(),
                asks,
                EngineMachine::new,
                10_000,
                400 * SECOND,
                true,
                null,
                false,
                false,
                false);
    }

    /** A service that no edge leads to is taken away: nobody else does anything else. */
    @Test
    void anUnrelatedServiceChangesNothingForTheOthers() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            SimRandom random = SimRandom.of(seed, "setup");
            CatalogGenerator generator = new CatalogGenerator(random);
            List<SimDefinition> definitions = new ArrayList<>(generator.definitions());
            definitions.removeIf(definition -> definition.exit != null);
            Catalog without = CatalogGenerator.catalog(definitions);
            SimDefinition stranger = new SimDefinition("stranger");
            definitions.add(stranger);
            Catalog with = CatalogGenerator.catalog(definitions);
            if (!without.valid() || !with.valid() || without.services().isEmpty()) {
                continue;
            }
            List<ServiceName> one = List.of(without.services().firstKey());
            List<Ask> asks = List.of(
                    new Ask.Send(2 * SECOND, new Event.Request.Restart(one, true, false, null)),
                    new Ask.Send(4 * SECOND, new Event.Request.Stop(one, true, false, null)));
            assertThat(others(seed, with, asks)).as("seed %d", seed).isEqualTo(others(seed, without, asks));
        }
    }

    /** The story of everybody but the stranger; pids, which all share, left out. */
    private static List<String> others(long seed, Catalog catalog, List<Ask> asks) {
        Sim.Setup base = honest(seed, catalog, asks);
        Sim.Setup setup =
                with(base, catalog, FaultPlan.NONE, new RandomBehaviours(300), asks);
        List<String> story = new ArrayList<>();
        for (Transition t : Sim.run(setup).transitions()) {
            if (!t.service().value().equals("stranger") && t.to() != State.WAITING) {
                story.add(t.atNanos() + " " + t.service() + " " + t.from() + " " + t.to());
            }
        }
        TreeSet<String> sorted = new TreeSet<>(story);
        return new ArrayList<>(sorted);
    }
}
