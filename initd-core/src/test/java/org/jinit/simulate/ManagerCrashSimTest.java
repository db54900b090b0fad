package org.jinit.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The manager dies at some moment, all that it knew is lost, and its processes live on. Its successor ends them before it starts anything:
 * no service ever has two living main processes, nothing of the former life is left, and everything comes to rest and to an end as if
 * nothing had been. Twice, in some seeds, also while the successor is still at that.
 */
class ManagerCrashSimTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long SEEDS = 3_000;
    /** Seeds of their own, so that they are not the lives of the other tests once more. */
    private static final long FIRST = 500_000;

    @Test
    void everyPromiseHoldsAcrossACrashOfTheManager() {
        Long only = Long.getLong("sim.seed");
        long first = only != null ? only : Long.getLong("sim.first", FIRST);
        long seeds = only != null ? 1 : Long.getLong("sim.crash", SEEDS);
        long steps = 0;
        for (long seed = first; seed < first + seeds; seed++) {
            Sim.Setup setup = setup(seed);
            Sim.Outcome outcome = Sim.run(setup);
            steps += outcome.steps();
            if (outcome.violation() != null) {
                fail(Seeds.report(setup, outcome, "ManagerCrashSimTest"));
            }
        }
        System.out.printf("manager crashes: %d seeds from %d, %d steps%n", seeds, first, steps);
        assertThat(steps).isPositive();
    }

    @Test
    void aSuccessorThatEndsNothingIsCaught() {
        isCaught(Succession.Care.NOTHING);
    }

    @Test
    void aSuccessorThatDoesNotWaitForWhatIsForkedAndNotExecutedYetIsCaught() {
        isCaught(Succession.Care.WHAT_IS_TAGGED);
    }

    private static void isCaught(Succession.Care care) {
        for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
            String violation = Sim.run(setup(seed), care).violation();
            if (violation != null) {
                System.out.println("successor that looks after " + care + ": caught at seed " + seed);
                assertThat(violation).startsWith("invariant 1 ");
                return;
            }
        }
        fail("not caught: " + care);
    }

    private static Sim.Setup setup(long seed) {
        Sim.Setup life = Seeds.setup(seed);
        SimRandom random = SimRandom.of(seed, "crash");
        List<Ask> asks = new ArrayList<>(life.asks());
        long at = random.chance(500) ? random.between(0, SECOND / 2) : random.between(0, life.safetyNanos());
        asks.add(new Ask.Crash(at, random.between(SECOND / 20, 2 * SECOND)));
        if (random.chance(300)) {
            asks.add(new Ask.Crash(at + random.between(0, 8 * SECOND), random.between(SECOND / 20, 2 * SECOND)));
        }
        return new Sim.Setup(
                seed,
                life.catalog(),
                life.faults(),
                life.behaviours(),
                asks,
                life.machine(),
                life.pidSpace(),
                life.safetyNanos(),
                life.boot(),
                life.target(),
                life.check(),
                life.wholeLife(),
                life.record());
    }
}
