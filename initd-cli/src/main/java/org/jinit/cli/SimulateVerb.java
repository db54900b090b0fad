package org.jinit.cli;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jinit.config.DefinitionParser;
import org.jinit.engine.State;
import org.jinit.graph.Catalog;
import org.jinit.model.Problem;
import org.jinit.model.ServiceName;
import org.jinit.protocol.JsonOut;
import org.jinit.simulate.Scenario;
import org.jinit.simulate.ScenarioOptions;
import org.jinit.simulate.ScenarioReport;
import org.jspecify.annotations.Nullable;

/** {@code simulate}: people's own definitions on a virtual clock. */
final class SimulateVerb {
    static final List<Option> OPTIONS = List.of(
            Option.valued("--fail", "NAME=SIGNAL@TIME", "kill the main process at this time after boot: db=SIGKILL@3s"),
            Option.valued("--exit", "NAME=CODE@TIME", "have it exit with a code so long after its start: task=3@1s"),
            Option.valued("--never-ready", "NAME", "have it start and never say that it is ready"),
            Option.valued("--target", "NAME", "boot only this and what it needs"),
            Option.valued("--until", "DURATION", "how much time passes (default 60s)"),
            Option.valued("--seed", "NUMBER", "of what is left to chance (default 1)"));

    private SimulateVerb() {}

    static int run(Session session, Arguments arguments) throws Exception {
        DefinitionSource source = DefinitionSource.read(session, arguments);
        Catalog catalog = Catalog.of(DefinitionParser.parse(source.reading(), source.manager()));
        if (!catalog.valid()) {
            session.terminal().error("cannot simulate: the definitions have errors");
            for (Problem problem : catalog.problems()) {
                session.terminal().detail("  " + Terminal.printable(problem.toString()));
            }
            return ExitCode.FAILED;
        }
        ScenarioReport report;
        try {
            report = Scenario.run(catalog, options(arguments));
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
        if (session.json()) {
            session.printJson(out -> write(report, out));
        } else {
            print(session.terminal(), report);
        }
        return report.violations().isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static ScenarioOptions options(Arguments arguments) throws UsageException {
        ScenarioOptions options = ScenarioOptions.ofSeed(arguments.number("--seed", 1, 0, Integer.MAX_VALUE));
        for (String text : values(arguments.value("--fail"))) {
            options = options.withFail(text);
        }
        for (String text : values(arguments.value("--exit"))) {
            options = options.withExit(text);
        }
        for (String text : values(arguments.value("--never-ready"))) {
            options = options.withNeverReady(text);
        }
        String until = arguments.value("--until");
        if (until != null) {
            options = options.withUntil(Duration.ofMillis(Text.parseDuration("--until", until)));
        }
        String target = arguments.value("--target");
        return target == null ? options : options.withTarget(new ServiceName(target));
    }

    private static List<String> values(@Nullable String joined) {
        return joined == null ? List.of() : List.of(joined.split("\n"));
    }

    private static void print(Terminal terminal, ScenarioReport report) {
        Table table = new Table();
        for (ScenarioReport.Line line : report.lines()) {
            table.add(
                    Table.Cell.right(time(line.at())),
                    Table.Cell.of(line.service().value()),
                    Table.Cell.of(line.from().label() + " -> " + line.to().label()),
                    Table.Cell.of(Terminal.printable(line.why())));
        }
        table.lines().forEach(terminal::line);
        terminal.line("");
        Table ends = new Table();
        for (Map.Entry<ServiceName, State> entry : report.finalStates().entrySet()) {
            String state = entry.getValue().label();
            ends.add(Table.Cell.of(entry.getKey().value()), new Table.Cell(state, terminal.state(state), false));
        }
        ends.lines().forEach(terminal::line);
        report.violations().forEach(text -> terminal.error("a bug of jinit, please report it: " + text));
    }

    private static String time(Duration at) {
        long millis = at.toMillis();
        return "+" + millis / 1000 + "." + Long.toString(1000 + millis % 1000).substring(1) + "s";
    }

    private static void write(ScenarioReport report, JsonOut out) {
        out.object(() -> {
            out.member("changes", report.lines(),
                    (line, one) -> one.object(() -> one.member("atMillis", line.at().toMillis())
                            .member("name", line.service().value())
                            .member("from", line.from().label())
                            .member("to", line.to().label())
                            .member("cause", line.why())));
            out.member("states", () -> report.finalStates()
                    .forEach((name, state) -> out.member(name.value(), state.label())));
            out.member("violations", report.violations());
            out.member("steps", report.steps());
        });
    }
}
