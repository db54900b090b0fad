package org.jinit.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jinit.engine.Event;
import org.jinit.engine.Role;
import org.jinit.engine.RunId;
import org.jinit.graph.Catalog;
import org.jinit.model.ExitStatus;
import org.jinit.model.Readiness;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jinit.model.ServiceType;
import org.jinit.model.Timeouts;
import org.junit.jupiter.api.Test;

/**
 * Not at random: every graph of up to three services, with every type, and one thing that goes wrong, through boot, stop, start, restart
 * and shutdown. By default every seventh of those of three services; {@code -Dsim.exhaustive=1} takes all of them.
 */
class ExhaustiveSimTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int STRIDE = 7;

    /** Between two services, or nothing. */
    enum Link {
        NONE,
        REQUIRES,
        WANTS,
        AFTER,
        PART_OF,
        CONFLICTS
    }

    /** What goes wrong with one service. */
    enum Fault {
        NEVER_READY,
        EXITS_BEFORE_READY,
        CRASHES,
        CANNOT_START,
        IGNORES_STOP
    }

    @Test
    void everyGraphOfOneOrTwoServicesKeepsThePromises() {
        assertThat(all(1, 1) + all(2, 1)).isPositive();
    }

    @Test
    void graphsOfThreeServicesKeepThePromises() {
        int ran = all(3, Integer.getInteger("sim.exhaustive", STRIDE));
        System.out.println("simulation: " + ran + " cases of three services");
        assertThat(ran).isPositive();
    }

    private static int all(int services, int stride) {
        int pairs = services * (services - 1) / 2;
        int graphs = power(Link.values().length, pairs);
        int types = power(ServiceType.values().length, services);
        int faults = 1 + services * Fault.values().length;
        int ran = 0;
        for (long index = 0; index < (long) graphs * types * faults; index += stride) {
            int graph = (int) (index / types / faults);
            int type = (int) (index / faults % types);
            int fault = (int) (index % faults);
            ran += one(services, graph, type, fault);
        }
        return ran;
    }

    private static int power(int base, int exponent) {
        int power = 1;
        for (int i = 0; i < exponent; i++) {
            power *= base;
        }
        return power;
    }

    private static int one(int services, int graph, int types, int fault) {
        Catalog catalog = catalog(services, graph, types);
        if (!catalog.valid()) {
            return 0;
        }
        ServiceName bad = fault == 0 ? new ServiceName("none") : name((fault - 1) / Fault.values().length);
        Fault kind = Fault.values()[fault == 0 ? 0 : (fault - 1) % Fault.values().length];
        Sim.Setup setup = new Sim.Setup(
                (long) graph * 1_000_003 + types * 1009L + fault,
                catalog,
                FaultPlan.NONE,
                new OneFault(bad, kind),
                asks(services),
                EngineMachine::new,
                64,
                14 * SECOND,
                true,
                null,
                true,
                true,
                false);
        Sim.Outcome outcome = Sim.run(setup);
        if (outcome.violation() != null) {
            fail("graph %d, types %d, %s of %s%n%s".formatted(graph, types, kind, bad, Seeds.report(setup, outcome)));
        }
        return 1;
    }

    private static List<Ask> asks(int services) {
        List<ServiceName> last = List.of(name(services - 1));
        List<ServiceName> first = List.of(name(0));
        List<ServiceName> all = new ArrayList<>();
        for (int i = 0; i < services; i++) {
            all.add(name(i));
        }
        return List.of(
                new Ask.Send(3 * SECOND, new Event.Request.Stop(first, true, false, null)),
                new Ask.Send(5 * SECOND, new Event.Request.Start(last, false, null)),
                new Ask.Send(6 * SECOND, new Event.Request.Start(all, false, null)),
                new Ask.Send(8 * SECOND, new Event.Request.Restart(first, true, false, null)),
                new Ask.Send(8 * SECOND + 20_000_000, new Event.Request.Stop(last, true, false, null)),
                new Ask.Send(10 * SECOND, new Event.Request.Restart(first, false, false, null)),
                new Ask.Send(11 * SECOND, new Event.Request.Stop(first, false, false, null)));
    }

    private static ServiceName name(int index) {
        return new ServiceName("s" + index);
    }

    @SuppressWarnings("EnumOrdinal") // all kinds, counted through
    private static Catalog catalog(int services, int graph, int types) {
        List<SimDefinition> made = new ArrayList<>();
        int links = graph;
        int kinds = types;
        for (int i = 0; i < services; i++) {
            SimDefinition definition = new SimDefinition("s" + i);
            definition.type = ServiceType.values()[kinds % ServiceType.values().length];
            kinds /= ServiceType.values().length;
            definition.readiness = List.of(new Readiness.Notify(null));
            definition.timeouts = new Timeouts(Duration.ofSeconds(1), null, null);
            for (int earlier = 0; earlier < i; earlier++) {
                link(definition, name(earlier), Link.values()[links % Link.values().length]);
                links /= Link.values().length;
            }
            made.add(definition);
        }
        return CatalogGenerator.catalog(made);
    }

    private static void link(SimDefinition later, ServiceName earlier, Link link) {
        switch (link) {
            case NONE -> {}
            case REQUIRES -> later.requires.add(earlier);
            case WANTS -> later.wants.add(earlier);
            case AFTER -> later.after.add(earlier);
            case PART_OF -> {
                later.requires.add(earlier);
                later.partOf.add(earlier);
            }
            case CONFLICTS -> {
                later.conflicts.add(earlier);
                later.enabled = false;
            }
        }
    }

    /** Honest processes, but for those of one service. */
    private static final class OneFault extends HonestBehaviours {
        private final ServiceName bad;
        private final Fault fault;

        OneFault(ServiceName bad, Fault fault) {
            this.bad = bad;
            this.fault = fault;
        }

        @Override
        public Behaviour next(RunId run, ServiceDefinition definition, Role role, int index, SimRandom random) {
            Behaviour honest = super.next(run, definition, role, index, random);
            if (!run.service().equals(bad) || role != Role.MAIN) {
                return honest;
            }
            List<Behaviour.Step> script = new ArrayList<>(honest.script());
            Behaviour.Manners manners = honest.manners();
            Behaviour.Birth birth = honest.birth();
            switch (fault) {
                case NEVER_READY -> script.clear();
                case EXITS_BEFORE_READY -> script.addFirst(end(new ExitStatus.Exited(1), 1_000_000));
                case CRASHES -> script.add(end(new ExitStatus.Killed(11, true), 700_000_000));
                case CANNOT_START -> birth = Behaviour.Birth.NO_EXEC;
                case IGNORES_STOP ->
                    manners = new Behaviour.Manners(true, manners.dieNanos(), manners.atStop(), manners.atReload());
            }
            return new Behaviour(
                    birth,
                    honest.spawnNanos(),
                    honest.execNanos(),
                    script,
                    manners,
                    honest.pingNanos(),
                    honest.probing());
        }

        private static Behaviour.Step end(ExitStatus status, long after) {
            return new Behaviour.Step(after, new Behaviour.End(status));
        }
    }
}
