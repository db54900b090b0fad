package org.jinit.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Random simulations. {@code -Dsim.seed=N} runs one seed and prints its trace when it fails, {@code -Dsim.first=N} begins elsewhere,
 * {@code -Dsim.seeds=N} says how many, {@code -Dsim.seconds=N} for how long at most, {@code -Dsim.steps=N} how many steps at least (for
 * the night).
 */
class EngineSimTest {
    private static final long NANOS = 1_000_000_000L;

    @Test
    void everyPromiseHoldsInLongLives() {
        for (long seed = Seeds.LONG_LIVES; seed < Seeds.LONG_LIVES + Long.getLong("sim.seeds", 2_000) / 4; seed++) {
            check(seed);
        }
    }

    @Test
    void everyPromiseHoldsInEverySeed() {
        Long only = Long.getLong("sim.seed");
        if (only != null) {
            check(only);
            return;
        }
        long first = Long.getLong("sim.first", 1);
        long seeds = Long.getLong("sim.seeds", 20_000);
        long minimum = Long.getLong("sim.steps", 0);
        long deadline = System.nanoTime() + Long.getLong("sim.seconds", minimum > 0 ? 36_000L : 60L) * NANOS;
        Map<FaultPlan.Kind, Long> faults = new EnumMap<>(FaultPlan.Kind.class);
        long steps = 0;
        long seed = first;
        long begin = System.nanoTime();
        while ((seed < first + seeds || steps < minimum) && System.nanoTime() < deadline) {
            Sim.Outcome outcome = check(seed);
            steps += outcome.steps();
            outcome.faults().forEach((kind, count) -> faults.merge(kind, count, Long::sum));
            seed++;
        }
        double seconds = (System.nanoTime() - begin) / (double) NANOS;
        System.out.printf(
                "simulation: %d seeds from %d, %d steps, %.0f steps/s with all invariants, faults %s%n",
                seed - first, first, steps, steps / seconds, faults);
        assertThat(steps).isPositive();
    }

    static Sim.Outcome check(long seed) {
        Sim.Setup setup = Seeds.setup(seed);
        Sim.Outcome outcome = Sim.run(setup);
        if (outcome.violation() != null) {
            fail(Seeds.report(setup, outcome));
        }
        return outcome;
    }
}
