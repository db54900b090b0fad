package org.jinit.simulate;

import java.util.List;
import java.util.TreeMap;
import org.jinit.graph.Catalog;

/** Everything that one seed means: catalogue, workload, faults, behaviours. */
final class Seeds {
    private static final long SECOND = 1_000_000_000L;
    /** Seeds from here on have very many requests. */
    static final long LONG_LIVES = 1_000_000;
    /** So few pids that numbers are soon used again. */
    private static final int PIDS = 48;

    private Seeds() {}

    static Sim.Setup setup(long seed) {
        return setup(seed, EngineMachine::new, true, false);
    }

    static Sim.Setup setup(long seed, Machine.Factory machine, boolean check, boolean record) {
        SimRandom random = SimRandom.of(seed, "setup");
        CatalogGenerator generator = new CatalogGenerator(random);
        List<SimDefinition> definitions = generator.definitions();
        Catalog catalog = CatalogGenerator.catalog(definitions);
        FaultPlan faults = FaultPlan.swarm(random, SimRandom.of(seed, "orders of events"));
        int naughty = random.pick(0, 100, 300, 600);
        boolean longLife = seed >= LONG_LIVES;
        List<Ask> asks = new WorkloadGenerator(random, generator, definitions).asks(longLife);
        long safety = random.between(2 * SECOND, 40 * SECOND);
        if (longLife && !asks.isEmpty()) {
            safety += asks.getLast().atNanos();
        }
        return new Sim.Setup(
                seed,
                catalog,
                faults,
                new RandomBehaviours(naughty),
                asks,
                machine,
                PIDS,
                safety,
                random.chance(850),
                null,
                check,
                true,
                record);
    }

    /** All that a person needs to see it fail again. */
    static String report(Sim.Setup setup, Sim.Outcome outcome) {
        return report(setup, outcome, "EngineSimTest");
    }

    static String report(Sim.Setup setup, Sim.Outcome outcome, String test) {
        StringBuilder text = new StringBuilder();
        text.append("commit ").append(Commit.current()).append(", options ").append(options()).append('\n');
        text.append("seed ").append(setup.seed()).append(": ").append(outcome.violation()).append('\n');
        text.append("faults in a thousand: ").append(setup.faults()).append('\n');
        text.append("asks: ");
        for (Ask ask : setup.asks()) {
            text.append("\n  ")
                    .append(ask instanceof Ask.Load load
                            ? "Load at " + load.atNanos() + " apply=" + load.apply() + " "
                                    + load.catalog().services().keySet()
                            : ask.toString());
        }
        text.append("\ncatalogue:");
        for (var definition : setup.catalog().services().values()) {
            text.append("\n  ").append(SeedText.of(definition));
        }
        text.append("\nthe last steps of ").append(outcome.steps()).append(":\n");
        for (String line : outcome.lastLines()) {
            text.append(line).append('\n');
        }
        text.append("seed ").append(setup.seed()).append(": ").append(outcome.violation()).append('\n');
        text.append("repeat it with: mvn -q test -pl initd-core -Dtest=").append(test);
        text.append(" -Dsim.seed=").append(setup.seed());
        return text.toString();
    }

    /** What was said about the run: the properties whose names begin with {@code sim.}. */
    private static String options() {
        TreeMap<String, String> given = new TreeMap<>();
        for (String name : System.getProperties().stringPropertyNames()) {
            if (name.startsWith("sim.")) {
                given.put(name, System.getProperty(name));
            }
        }
        return given.isEmpty() ? "none" : given.toString();
    }
}
