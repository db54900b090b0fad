package org.jinit.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jinit.engine.Event;
import org.jinit.graph.Catalog;
import org.jinit.model.ServiceName;
import org.junit.jupiter.api.Test;

/** The engine ends where the naive model says, whenever nothing fails. */
class ReferenceModelSimTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int SEEDS = Integer.getInteger("sim.small", 2_000);

    @Test
    void finalStatesAreThoseOfTheModel() {
        long only = Long.getLong("sim.seed", 0);
        for (long seed = only == 0 ? 1 : only; seed <= (only == 0 ? SEEDS : only); seed++) {
            SimRandom random = SimRandom.of(seed, "model");
            List<SimDefinition> definitions = new CatalogGenerator(random).definitions();
            definitions.forEach(ReferenceModelSimTest::makeSimple);
            Catalog catalog = CatalogGenerator.catalog(definitions);
            ReferenceModel model = new ReferenceModel(catalog);
            model.boot();
            List<Ask> asks = new ArrayList<>();
            StringBuilder story = new StringBuilder("seed " + seed);
            definitions.forEach(d -> story.append('\n').append(SeedText.of(d.build())));
            int requests = random.below(6);
            for (int i = 1; i <= requests; i++) {
                Event.Request request = request(random, definitions);
                boolean accepted = model.apply(request);
                story.append('\n')
                        .append(request)
                        .append(accepted ? " accepted" : " refused")
                        .append(' ')
                        .append(model.states());
                asks.add(new Ask.Send(i * 60L * SECOND, request));
            }
            Sim.Outcome outcome = Sim.run(new Sim.Setup(
                    seed,
                    catalog,
                    FaultPlan.NONE,
                    new HonestBehaviours(),
                    asks,
                    EngineMachine::new,
                    10_000,
                    (requests + 1) * 60L * SECOND,
                    true,
                    null,
                    true,
                    false,
                    false));
            assertThat(outcome.violation()).as(story.toString()).isNull();
            assertThat(outcome.states()).as(story.toString()).isEqualTo(model.states());
        }
    }

    /** Nothing that ends, fails or takes long by itself. */
    static void makeSimple(SimDefinition definition) {
        SimDefinition plain = new SimDefinition(definition.name.value());
        definition.readiness = plain.readiness;
        definition.timeouts = plain.timeouts;
        definition.stop = plain.stop;
        definition.restart = plain.restart;
        definition.health = null;
        definition.reload = null;
        definition.conditions = List.of();
        definition.exit = null;
        definition.pidFile = null;
    }

    private static Event.Request request(SimRandom random, List<SimDefinition> definitions) {
        List<ServiceName> names = new ArrayList<>();
        for (int i = random.chance(700) ? 1 : 2; i > 0; i--) {
            ServiceName name = definitions.get(random.below(definitions.size())).name;
            if (!names.contains(name)) {
                names.add(name);
            }
        }
        return switch (random.below(5)) {
            case 0, 1 -> new Event.Request.Start(names, false, null);
            case 2, 3 -> new Event.Request.Stop(names, random.chance(500), false, null);
            default -> new Event.Request.Restart(names, random.chance(500), false, null);
        };
    }
}
