package org.jinit.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jinit.engine.Effect;
import org.jinit.engine.Engine;
import org.jinit.engine.EngineSettings;
import org.jinit.engine.Event;
import org.jinit.engine.RequestId;
import org.jinit.engine.Requester;
import org.jinit.engine.ServiceView;
import org.jinit.engine.State;
import org.jinit.graph.Catalog;
import org.jinit.model.ExitStatus;
import org.jinit.model.ServiceDefinition;
import org.junit.jupiter.api.Test;

/** Ten times as many services cost ten times as much, not more: layers of 100, each service requires three of the layer before. */
class LinearCostTest {
    private static final int LAYER = 100;
    private static final int EDGES = 3;
    private static final int FEW = 1_000;
    private static final int MANY = 10_000;
    /**
     * Generous: what fits into the processor's caches at 1,000 services does not at 10,000, and the machine does other things as well. A
     * cost that grows with the square would be ten.
     */
    private static final double TIMES = 4.0;
    private static final double BYTES = 1.2;
    private static final int ROUNDS = 5;

    /** Nanoseconds and bytes for each service. */
    record Cost(double load, double start, double reload, double stop, double bytes) {
        double total() {
            return start + reload + stop;
        }
    }

    @Test
    void tenThousandServicesCostNoMoreEachThanOneThousand() {
        for (int i = 0; i < ROUNDS * 3; i++) {
            measure(FEW);
        }
        Cost few = best(FEW);
        Cost many = best(MANY);
        print(FEW, few);
        print(MANY, many);
        assertThat(many.total()).isLessThan(few.total() * TIMES);
        assertThat(many.bytes()).isLessThan(few.bytes() * BYTES);
    }

    private static Cost best(int services) {
        Cost best = measure(services);
        for (int i = 1; i < ROUNDS; i++) {
            Cost next = measure(services);
            best = new Cost(
                    Math.min(best.load(), next.load()),
                    Math.min(best.start(), next.start()),
                    Math.min(best.reload(), next.reload()),
                    Math.min(best.stop(), next.stop()),
                    Math.min(best.bytes(), next.bytes()));
        }
        return best;
    }

    private static void print(int services, Cost cost) {
        System.out.printf(
                "%d services, for each: catalogue %.1f us, start %.1f us, reload %.1f us, stop %.1f us, %.0f bytes%n",
                services,
                cost.load() / 1e3,
                cost.start() / 1e3,
                cost.reload() / 1e3,
                cost.stop() / 1e3,
                cost.bytes());
    }

    private static List<ServiceDefinition> layers(int services, int revision) {
        List<ServiceDefinition> made = new ArrayList<>();
        for (int i = 0; i < services; i++) {
            SimDefinition definition = new SimDefinition("s" + (100_000 + i));
            int layer = i / LAYER;
            for (int k = 0; layer > 0 && k < EDGES; k++) {
                definition.requires("s" + (100_000 + (layer - 1) * LAYER + (i * 7 + k * 31) % LAYER));
            }
            definition.revision = revision;
            made.add(definition.build());
        }
        return made;
    }

    private static Cost measure(int services) {
        List<ServiceDefinition> definitions = layers(services, 0);
        List<ServiceDefinition> changed = layers(services, 1);
        long begin = System.nanoTime();
        Catalog catalog = Catalog.of(definitions);
        long loaded = System.nanoTime();
        Catalog next = Catalog.of(changed);
        long before = used();
        Engine engine = new Engine(EngineSettings.DEFAULT, catalog, new TreeMap<>());
        Driver driver = new Driver(engine);
        long started = System.nanoTime();
        driver.run(new Event.Boot(null));
        long up = System.nanoTime();
        long after = used();
        driver.requireAll(catalog, State.RUNNING);
        long reloading = System.nanoTime();
        driver.run(new Event.CatalogLoaded(new RequestId(1), new Requester(0, 1), next, false, false, null));
        long reloaded = System.nanoTime();
        driver.run(new Event.ShutdownRequested("the test ends"));
        long stopped = System.nanoTime();
        driver.requireAll(next, State.STOPPED);
        return new Cost(
                (loaded - begin) / (double) services,
                (up - started) / (double) services,
                (reloaded - reloading) / (double) services,
                (stopped - reloaded) / (double) services,
                Math.max(0, after - before) / (double) services);
    }

    private static long used() {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }

    /** Answers each effect at once, with the best of news. */
    private static final class Driver {
        private final Engine engine;
        private final ArrayDeque<Event> events = new ArrayDeque<>();
        private long now = 1_000_000_000L;

        Driver(Engine engine) {
            this.engine = engine;
        }

        void run(Event first) {
            events.add(first);
            while (!events.isEmpty()) {
                now += 1000;
                for (Effect effect : engine.step(events.remove(), now)) {
                    answer(effect);
                }
            }
        }

        private void answer(Effect effect) {
            if (effect instanceof Effect.Prepare prepare) {
                events.add(new Event.Prepared(prepare.run()));
            } else if (effect instanceof Effect.Spawn spawn) {
                events.add(new Event.Spawned(spawn.process(), (int) spawn.process().value() + 1));
                events.add(new Event.Executed(spawn.process()));
            } else if (effect instanceof Effect.Signal signal && signal.signal() == 15) {
                events.add(new Event.Exited(signal.process(), new ExitStatus.Killed(15, false)));
            } else if (effect instanceof Effect.AwaitEmpty await) {
                events.add(new Event.Emptied(await.run()));
            } else if (effect instanceof Effect.ArmTimer timer
                    && timer.key().purpose() == org.jinit.engine.TimerKey.Purpose.EARLY_EXIT) {
                events.add(new Event.TimerDue(timer.key()));
            }
        }

        void requireAll(Catalog catalog, State state) {
            for (var name : catalog.services().keySet()) {
                ServiceView view = engine.view(name);
                assertThat(view).isNotNull();
                assertThat(view.state()).as(name.value()).isEqualTo(state);
            }
        }
    }
}
