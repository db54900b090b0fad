package org.jinit.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How many steps a second the engine takes on one core: alone, in the simulated world, and with all invariants. A counted run. */
class ThroughputSimTest {
    private static final int SEEDS = 600;
    private static final int ROUNDS = 5;
    /** The budget is 200,000; a machine that builds something else at the same time gets less. */
    private static final double LEAST = 50_000;

    @Test
    void theEngineTakesTensOfThousandsOfStepsASecond() {
        List<Sim.Setup> setups = new ArrayList<>();
        List<List<Sim.Recorded>> recorded = new ArrayList<>();
        for (long seed = 1; seed <= SEEDS; seed++) {
            Sim.Setup setup = Seeds.setup(seed, EngineMachine::new, false, true);
            setups.add(setup);
            recorded.add(Sim.run(setup).recorded());
        }
        double engine = 0;
        double world = 0;
        double checked = 0;
        for (int round = 0; round < ROUNDS; round++) {
            engine = Math.max(engine, replay(setups, recorded));
            world = Math.max(world, simulate(false));
            checked = Math.max(checked, simulate(true));
        }
        System.out.printf(
                "engine steps/s on one core: %.0f alone, %.0f in the simulator, %.0f with all invariants%n",
                engine, world, checked);
        assertThat(engine).isGreaterThan(LEAST);
    }

    private static double replay(List<Sim.Setup> setups, List<List<Sim.Recorded>> recorded) {
        long steps = 0;
        long effects = 0;
        long begin = System.nanoTime();
        for (int i = 0; i < setups.size(); i++) {
            Machine machine = new EngineMachine(setups.get(i).catalog(), setups.get(i).seed());
            for (Sim.Recorded step : recorded.get(i)) {
                effects += machine.step(step.event(), step.nowNanos()).size();
                steps++;
            }
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        assertThat(effects).isPositive();
        return steps / seconds;
    }

    private static double simulate(boolean check) {
        long steps = 0;
        long nanos = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            Sim.Setup setup = Seeds.setup(seed, EngineMachine::new, check, false);
            long begin = System.nanoTime();
            steps += Sim.run(setup).steps();
            nanos += System.nanoTime() - begin;
        }
        return steps / (nanos / 1e9);
    }
}
