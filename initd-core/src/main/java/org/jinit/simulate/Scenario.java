package org.jinit.simulate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jinit.engine.Role;
import org.jinit.engine.RunId;
import org.jinit.engine.Transition;
import org.jinit.graph.Catalog;
import org.jinit.model.ExitStatus;
import org.jinit.model.Readiness;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jinit.model.ServiceType;

/** What would happen with these definitions, if: the simulator for people's own services. */
public final class Scenario {
    private static final long START_NANOS = 1_000_000_000L;
    private static final int PIDS = 100_000;

    private Scenario() {}

    /**
     * Boots the catalogue in the simulator. The same catalogue and options give the same report.
     *
     * @param catalog valid
     * @throws IllegalArgumentException if an option names a service that is not in it
     */
    public static ScenarioReport run(Catalog catalog, ScenarioOptions options) {
        for (ScenarioOptions.Kill kill : options.kills()) {
            check(catalog, kill.service());
        }
        for (ScenarioOptions.Exit exit : options.exits()) {
            check(catalog, exit.service());
        }
        options.neverReady().forEach(name -> check(catalog, name));
        if (options.target() != null) {
            check(catalog, options.target());
        }
        List<Ask> asks = new ArrayList<>();
        for (ScenarioOptions.Kill kill : options.kills()) {
            asks.add(new Ask.Kill(kill.at().toNanos(), kill.service(), kill.signal()));
        }
        asks.sort(Comparator.comparingLong(Ask::atNanos));
        Sim.Outcome outcome = Sim.run(new Sim.Setup(
                options.seed(),
                catalog,
                FaultPlan.NONE,
                new Scripted(options),
                asks,
                EngineMachine::new,
                PIDS,
                options.until().toNanos(),
                true,
                options.target(),
                true,
                false,
                false));
        List<ScenarioReport.Line> lines = new ArrayList<>();
        for (Transition transition : outcome.transitions()) {
            lines.add(new ScenarioReport.Line(
                    Duration.ofNanos(transition.atNanos() - START_NANOS),
                    transition.service(),
                    transition.from(),
                    transition.to(),
                    CauseText.of(transition.cause())));
        }
        List<String> violations = outcome.violation() == null ? List.of() : List.of(outcome.violation());
        return new ScenarioReport(lines, outcome.states(), violations, outcome.steps());
    }

    private static void check(Catalog catalog, ServiceName name) {
        if (catalog.find(name) == null) {
            throw new IllegalArgumentException("cannot simulate " + name + ": there is no such service");
        }
    }

    /** Honest processes, but for what the options say. */
    private static final class Scripted extends HonestBehaviours {
        private final ScenarioOptions options;

        Scripted(ScenarioOptions options) {
            this.options = options;
        }

        @Override
        public Behaviour next(RunId run, ServiceDefinition definition, Role role, int index, SimRandom random) {
            Behaviour honest = super.next(run, definition, role, index, random);
            if (role != Role.MAIN) {
                return honest;
            }
            List<Behaviour.Step> script = new ArrayList<>(honest.script());
            Behaviour.Probing probing = honest.probing();
            if (options.neverReady().contains(run.service())) {
                script.clear();
                probing = new Behaviour.Probing(Behaviour.NEVER, Behaviour.NEVER);
            }
            for (ScenarioOptions.Exit exit : options.exits()) {
                if (exit.service().equals(run.service())) {
                    script = ending(script, definition, exit);
                }
            }
            return new Behaviour(
                    honest.birth(),
                    honest.spawnNanos(),
                    honest.execNanos(),
                    script,
                    honest.manners(),
                    honest.pingNanos(),
                    probing);
        }

        /** What it does before that time, then the end. Of a daemon behind a launcher it is the launcher that ends so. */
        private static List<Behaviour.Step> ending(
                List<Behaviour.Step> script, ServiceDefinition definition, ScenarioOptions.Exit exit) {
            List<Behaviour.Step> result = new ArrayList<>();
            long left = exit.after().toNanos();
            boolean task = definition.type() == ServiceType.TASK;
            boolean launcher = definition.readiness().stream().anyMatch(Readiness.Fork.class::isInstance);
            for (Behaviour.Step step : script) {
                if (task || launcher || step.afterNanos() > left) {
                    break;
                }
                result.add(step);
                left -= step.afterNanos();
            }
            result.add(new Behaviour.Step(left, new Behaviour.End(new ExitStatus.Exited(exit.code()))));
            return result;
        }
    }
}
