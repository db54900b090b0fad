package org.jinit.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jinit.config.DefinitionParser;
import org.jinit.config.Definitions;
import org.jinit.config.ManagerConfig;
import org.jinit.config.Problems;
import org.jinit.config.Reading;
import org.jinit.model.Command;
import org.jinit.model.Hook;
import org.jinit.model.Probe;
import org.jinit.model.Problem;
import org.jinit.model.Readiness;
import org.jinit.model.ReloadPolicy;
import org.jinit.model.ServiceDefinition;
import org.jspecify.annotations.Nullable;

/** What {@code jinitctl check} says: all that loading would, and what can be seen of the programs on this machine. */
public final class Checker {
    private Checker() {}

    /** Looks at a path; I/O is the caller's. */
    public interface Programs {
        /** Why the file at this absolute path cannot be executed, {@code no such file} say; null if it can. */
        @Nullable String problemOf(String path);
    }

    /** Every problem, sorted by place; nothing is wrong when there is no error among them. */
    public static List<Problem> check(Reading reading, ManagerConfig manager, Programs programs) {
        Definitions definitions = DefinitionParser.parse(reading, manager);
        Catalog catalog = Catalog.of(definitions);
        TreeSet<Problem> problems = new TreeSet<>(Problems.BY_PLACE);
        problems.addAll(manager.problems());
        problems.addAll(catalog.problems());
        for (ServiceDefinition definition : catalog.services().values()) {
            for (Command command : commands(definition)) {
                check(command, definition, programs, problems);
            }
        }
        return List.copyOf(problems);
    }

    private static void check(Command command, ServiceDefinition definition, Programs programs,
            TreeSet<Problem> problems) {
        String program = command.argv().getFirst();
        if (!program.startsWith("/") || program.contains("$")) {
            return;
        }
        String cause = programs.problemOf(program);
        if (cause != null) {
            String text = "cannot execute " + program + " of service " + definition.name() + ": " + cause;
            problems.add(Problem.warning(command.position(), text));
        }
    }

    private static List<Command> commands(ServiceDefinition definition) {
        ArrayList<Command> commands = new ArrayList<>();
        add(definition.exec(), commands);
        for (Hook hook : definition.hooks().beforeStart()) {
            commands.add(hook.exec());
        }
        for (Hook hook : definition.hooks().afterStart()) {
            commands.add(hook.exec());
        }
        for (Hook hook : definition.hooks().afterStop()) {
            commands.add(hook.exec());
        }
        add(definition.stop().exec(), commands);
        if (definition.reload() instanceof ReloadPolicy.ByCommand(Command command)) {
            commands.add(command);
        }
        for (Readiness entry : definition.readiness()) {
            if (entry instanceof Readiness.Probed probed
                    && probed.probe().target() instanceof Probe.Exec(Command command)) {
                commands.add(command);
            }
        }
        if (definition.health() != null
                && definition.health().probe().target() instanceof Probe.Exec(Command command)) {
            commands.add(command);
        }
        return commands;
    }

    private static void add(@Nullable Command command, List<Command> commands) {
        if (command != null) {
            commands.add(command);
        }
    }
}
