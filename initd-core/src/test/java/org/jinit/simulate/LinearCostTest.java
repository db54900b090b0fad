package org.jinit.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Ten times as many services cost ten times as much, not more: layers of 100, each service requires three of the layer before.
 *
 * <p>Time is the processor time of this thread, for the machine does other things as well, and begins with caches that hold nothing of what
 * is measured: otherwise it is the size of the caches that is measured, which a thousand services fit into and ten thousand do not. The
 * bytes that are allocated do not depend on the machine at all.
 */
class LinearCostTest {
    private static final int LAYER = 100;
    private static final int EDGES = 3;
    private static final int FEW = 1_000;
    private static final int MANY = 10_000;
    /** Of the least of several rounds. A cost that grows with the square would be ten. */
    private static final double TIMES = 1.6;
    /** The first layer requires nothing, which is a tenth of the few and a hundredth of the many. */
    private static final double BYTES = 1.05;
    private static final int WARM_UP = 10;
    private static final int ROUNDS = 5;
    private static final int CACHES = 64 * 1024 * 1024;
    private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Larger than the caches. */
    private final long[] other = new long[CACHES / Long.BYTES];

    /** Nanoseconds and bytes for each service. */
    record Cost(double load, double start, double reload, double stop, double allocated) {
        double total() {
            return start + reload + stop;
        }

        Cost least(Cost next) {
            return new Cost(
                    Math.min(load, next.load),
                    Math.min(start, next.start),
                    Math.min(reload, next.reload),
                    Math.min(stop, next.stop),
                    Math.min(allocated, next.allocated));
        }
    }

    @Test
    void tenThousandServicesNeedNoMoreMemoryEachThanOneThousand() {
        double few = kept(FEW);
        double many = kept(MANY);
        System.out.printf("%d services keep %.0f bytes each, %d %.0f%n", FEW, few, MANY, many);
        assertThat(few).isPositive();
        assertThat(many).isLessThan(few * BYTES);
    }

    @Test
    void tenThousandServicesCostNoMoreEachThanOneThousand() {
        for (int i = 0; i < WARM_UP; i++) {
            measure(FEW, true);
        }
        Cost few = measure(FEW, true);
        Cost warm = measure(FEW, false);
        Cost many = measure(MANY, true);
        for (int i = 1; i < ROUNDS; i++) {
            few = few.least(measure(FEW, true));
            warm = warm.least(measure(FEW, false));
            many = many.least(measure(MANY, true));
        }
        print(FEW + " services", few);
        print(MANY + " services", many);
        print(FEW + " services, caches as they are", warm);
        System.out.printf(
                "%d services cost %.2f times as much each as %d, %.2f times with warm caches; plain objects %.2f times%n",
                MANY, many.total() / few.total(), FEW, many.total() / warm.total(), walk(MANY) / walk(FEW));
        assertThat(many.allocated()).isLessThan(few.allocated() * BYTES);
        assertThat(many.total()).isLessThan(few.total() * TIMES);
    }

    private static void print(String what, Cost cost) {
        System.out.printf(
                "%s, for each: catalogue %.2f us, start %.2f us, reload %.2f us, stop %.2f us; %.0f bytes allocated%n",
                what,
                cost.load() / 1e3,
                cost.start() / 1e3,
                cost.reload() / 1e3,
                cost.stop() / 1e3,
                cost.allocated());
    }

    /** What the machine itself makes of it: to go again through so many chains of objects, as large as what the engine has of a service. */
    private static double walk(int services) {
        List<Link> chains = new ArrayList<>();
        for (int i = 0; i < services; i++) {
            Link chain = null;
            for (int k = 0; k < Link.OF_A_SERVICE; k++) {
                chain = new Link(chain);
            }
            chains.add(chain);
        }
        double least = Double.MAX_VALUE;
        for (int i = 0; i < 2 * ROUNDS * WARM_UP; i++) {
            long begin = now();
            for (Link chain : chains) {
                for (Link link = chain; link != null; link = link.next) {
                    link.words[0]++;
                }
            }
            least = Math.min(least, (now() - begin) / (double) services);
        }
        return least;
    }

    private static final class Link {
        static final int OF_A_SERVICE = 40;
        private static final int WORDS = 5;
        private final @Nullable Link next;
        private final long[] words = new long[WORDS];

        Link(@Nullable Link next) {
            this.next = next;
        }
    }

    private void forgetCaches() {
        for (int i = 0; i < other.length; i += Long.BYTES) {
            other[i]++;
        }
    }

    private static long now() {
        return THREAD.getCurrentThreadCpuTime();
    }

    private static long allocated() {
        return THREAD.getCurrentThreadAllocatedBytes();
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

    private Cost measure(int services, boolean cold) {
        List<ServiceDefinition> definitions = layers(services, 0);
        List<ServiceDefinition> changed = layers(services, 1);
        long begin = now();
        Catalog catalog = Catalog.of(definitions);
        double load = now() - begin;
        Catalog next = Catalog.of(changed);
        Driver driver = new Driver(new Engine(EngineSettings.DEFAULT, catalog, new TreeMap<>()));
        long bytes = allocated();
        double start = took(driver, new Event.Boot(null), cold);
        bytes -= allocated();
        driver.requireAll(catalog, State.RUNNING);
        bytes += allocated();
        double reload = took(
                driver, new Event.CatalogLoaded(new RequestId(1), new Requester(0, 1), next, false, false, null), cold);
        double stop = took(driver, new Event.ShutdownRequested("the test ends"), cold);
        bytes -= allocated();
        driver.requireAll(next, State.STOPPED);
        return new Cost(
                load / services, start / services, reload / services, stop / services, -bytes / (double) services);
    }

    private double took(Driver driver, Event event, boolean cold) {
        if (cold) {
            forgetCaches();
        }
        long begin = now();
        driver.run(event);
        return now() - begin;
    }

    /** What is held for each service that runs, beside its definition. */
    private static double kept(int services) {
        Catalog catalog = Catalog.of(layers(services, 0));
        long before = used();
        Driver driver = new Driver(new Engine(EngineSettings.DEFAULT, catalog, new TreeMap<>()));
        driver.run(new Event.Boot(null));
        long kept = used() - before;
        driver.requireAll(catalog, State.RUNNING);
        return kept / (double) services;
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
