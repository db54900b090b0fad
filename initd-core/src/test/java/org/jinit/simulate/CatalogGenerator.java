package org.jinit.simulate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jinit.graph.Catalog;
import org.jinit.model.Condition;
import org.jinit.model.ExitPolicy;
import org.jinit.model.Health;
import org.jinit.model.NotifyAccess;
import org.jinit.model.Probe;
import org.jinit.model.Readiness;
import org.jinit.model.ReloadPolicy;
import org.jinit.model.RestartPolicy;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceType;
import org.jinit.model.Signals;
import org.jinit.model.StopPolicy;
import org.jinit.model.SuccessExit;
import org.jinit.model.Timeouts;
import org.jspecify.annotations.Nullable;

/** Random catalogues of a few services, with every kind of edge, type and policy. Always valid. */
final class CatalogGenerator {
    private static final int MOST_SERVICES = 12;
    private static final int TRIES = 20;

    private final SimRandom random;
    /** How many in a thousand of the possible edges there are: drawn once, so that there are sparse and dense graphs. */
    private final int density;

    private final boolean conflicts;
    private final boolean plain;

    CatalogGenerator(SimRandom random) {
        this.random = random;
        this.density = random.pick(50, 150, 300, 600);
        this.conflicts = random.chance(400);
        this.plain = random.chance(150);
    }

    List<SimDefinition> definitions() {
        int count = random.chance(300) ? 1 + random.below(3) : 1 + random.below(MOST_SERVICES);
        for (int i = 0; i < TRIES; i++) {
            List<SimDefinition> made = make(count, conflicts && i < TRIES / 2);
            if (catalog(made).valid()) {
                return made;
            }
        }
        throw new IllegalStateException("no valid catalogue in " + TRIES + " tries");
    }

    static Catalog catalog(Collection<SimDefinition> definitions) {
        List<ServiceDefinition> built = new ArrayList<>();
        for (SimDefinition definition : definitions) {
            built.add(definition.build());
        }
        return Catalog.of(built);
    }

    /** The same services after somebody edited the files; null when the edit would be refused. */
    @Nullable Catalog edited(List<SimDefinition> definitions) {
        List<SimDefinition> edited = new ArrayList<>(definitions);
        int at = random.below(edited.size());
        SimDefinition old = edited.get(at);
        switch (random.below(4)) {
            case 0 -> {}
            case 1 -> edited.remove(at);
            case 2 -> edited.set(at, revised(old));
            default -> edited.add(service("t" + random.below(4), false));
        }
        if (edited.stream().map(definition -> definition.name).distinct().count() != edited.size()) {
            return null;
        }
        Catalog catalog = catalog(edited);
        return catalog.valid() ? catalog : null;
    }

    private SimDefinition revised(SimDefinition old) {
        SimDefinition revised = service(old.name.value(), conflicts);
        revised.requires.addAll(old.requires);
        revised.wants.addAll(old.wants);
        revised.after.addAll(old.after);
        revised.before.addAll(old.before);
        revised.conflicts.addAll(old.conflicts);
        revised.partOf.addAll(old.partOf);
        revised.type = old.type;
        revised.revision = old.revision + 1;
        return revised;
    }

    private List<SimDefinition> make(int count, boolean withConflicts) {
        // Names in another order than that of the edges, or sorting by name would hide mistakes.
        List<Integer> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add(random.below(names.size() + 1), i);
        }
        List<SimDefinition> made = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            SimDefinition definition = service("s" + names.get(i), withConflicts);
            for (SimDefinition earlier : made) {
                if (random.chance(density)) {
                    edge(definition, earlier, withConflicts);
                }
            }
            made.add(definition);
        }
        return made;
    }

    private void edge(SimDefinition later, SimDefinition earlier, boolean withConflicts) {
        switch (random.below(withConflicts ? 8 : 7)) {
            case 0, 1 -> later.requires.add(earlier.name);
            case 2 -> later.wants.add(earlier.name);
            case 3 -> later.after.add(earlier.name);
            case 4 -> earlier.before.add(later.name);
            case 5 -> {
                later.requires.add(earlier.name);
                later.partOf.add(earlier.name);
            }
            case 6 -> later.partOf.add(earlier.name);
            default -> {
                later.conflicts.add(earlier.name);
                later.enabled = false;
            }
        }
    }

    private SimDefinition service(String name, boolean withConflicts) {
        SimDefinition definition = new SimDefinition(name);
        definition.enabled = random.chance(withConflicts ? 500 : 750);
        int kind = random.below(10);
        definition.type = kind == 0 ? ServiceType.TARGET : kind < 3 ? ServiceType.TASK : ServiceType.DAEMON;
        if (plain || definition.type == ServiceType.TARGET) {
            return definition;
        }
        definition.readiness = readiness();
        definition.pidFile = random.chance(300) ? "/run/" + name + ".pid" : null;
        definition.restart = restart(definition.type);
        definition.stop = stop();
        definition.timeouts = new Timeouts(
                millis(300, 20_000),
                random.chance(80) ? millis(1_000, 10_000) : null,
                definition.type == ServiceType.DAEMON && random.chance(150) ? millis(200, 2_000) : null);
        definition.beforeStart = hooks();
        definition.afterStart = definition.type == ServiceType.DAEMON ? hooks() : List.of();
        definition.afterStop = hooks();
        definition.notifyAccess = random.chance(300) ? random.pick(NotifyAccess.values()) : null;
        definition.fdStore = random.chance(100) ? 2 : 0;
        if (random.chance(100)) {
            definition.health = new Health(
                    new Probe(new Probe.Tcp("localhost", 80), millis(100, 1_000), Duration.ofSeconds(1), 0),
                    1 + random.below(3),
                    random.pick(Health.Then.values()));
        }
        definition.reload = reload();
        if (random.chance(150)) {
            definition.conditions = List.of(new Condition(new Condition.PathExists("/x"), random.chance(500)));
        }
        if (random.chance(30)) {
            definition.exit = new ExitPolicy(random.pick(ExitPolicy.When.values()), random.chance(500) ? 7 : null);
        }
        if (random.chance(200)) {
            definition.successExit = new SuccessExit(Set.of(1 + random.below(3)), Set.of(Signals.KILL));
        }
        return definition;
    }

    private @Nullable ReloadPolicy reload() {
        return switch (random.below(4)) {
            case 0 -> new ReloadPolicy.BySignal(Signals.HUP);
            case 1 -> new ReloadPolicy.ByCommand(SimDefinition.command("/bin/reload"));
            case 2 -> new ReloadPolicy.ByNotify(Signals.HUP);
            default -> null;
        };
    }

    private List<org.jinit.model.Hook> hooks() {
        if (random.chance(700)) {
            return List.of();
        }
        return SimDefinition.hooks(
                1 + random.below(2), random.chance(300), random.chance(500) ? millis(100, 3_000) : null);
    }

    private List<Readiness> readiness() {
        List<Readiness> entries = new ArrayList<>();
        int count = random.chance(150) ? 2 : 1;
        for (int i = 0; i < count; i++) {
            Duration timeout = random.chance(300) ? millis(100, 3_000) : null;
            boolean first = entries.isEmpty();
            entries.add(
                    switch (random.below(7)) {
                        case 0 -> new Readiness.Started(timeout);
                        case 1, 2 -> new Readiness.Notify(timeout);
                        case 3 -> new Readiness.StopSignal(timeout);
                        case 4 -> first ? new Readiness.Fork(timeout) : new Readiness.Started(timeout);
                        case 5 -> new Readiness.Pipe(0, random.pick(Readiness.Pipe.Kind.values()), timeout);
                        default ->
                            new Readiness.Probed(
                                    new Probe(
                                            new Probe.Tcp("localhost", 80),
                                            Duration.ofMillis(100),
                                            Duration.ofSeconds(1),
                                            Probe.UNLIMITED),
                                    timeout);
                    });
        }
        return entries;
    }

    private RestartPolicy restart(ServiceType type) {
        RestartPolicy.When when = type == ServiceType.TASK && random.chance(700)
                ? RestartPolicy.When.NEVER
                : random.pick(RestartPolicy.When.values());
        RestartPolicy.Limit limit =
                random.chance(100) ? null : new RestartPolicy.Limit(1 + random.below(5), millis(1_000, 10_000));
        return new RestartPolicy(
                when,
                random.chance(100) ? Duration.ZERO : millis(10, 500),
                random.pick(1.0, 1.5, 2.0, 3.0),
                millis(1_000, 5_000),
                random.chance(500) ? 0 : 0.1,
                millis(1_000, 10_000),
                limit,
                random.chance(50) ? RestartPolicy.Then.EXIT : RestartPolicy.Then.FAIL);
    }

    private StopPolicy stop() {
        return new StopPolicy(
                random.pick(Signals.TERM, Signals.TERM, Signals.INT, Signals.QUIT, Signals.KILL),
                millis(200, 5_000),
                random.pick(
                        StopPolicy.Mode.MIXED,
                        StopPolicy.Mode.MIXED,
                        StopPolicy.Mode.ALL,
                        StopPolicy.Mode.MAIN,
                        StopPolicy.Mode.NONE),
                random.chance(200) ? SimDefinition.command("/bin/stop") : null);
    }

    private Duration millis(int low, int high) {
        return Duration.ofMillis(random.between(low, high));
    }
}
