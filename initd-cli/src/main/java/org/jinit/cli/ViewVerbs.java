package org.jinit.cli;

import java.util.ArrayList;
import java.util.List;
import org.jinit.protocol.Answer;
import org.jinit.protocol.Call;
import org.jinit.protocol.Change;
import org.jinit.protocol.ManagerError;
import org.jinit.protocol.Outcome;
import org.jinit.protocol.ServiceStatus;

/** Verbs that look and change nothing. */
final class ViewVerbs {
    private static final int DEFAULT_LINES = 10;
    private static final int MAX_LINES = 1000;

    private ViewVerbs() {}

    static int status(Session session, Arguments arguments) throws Exception {
        if (arguments.operands().isEmpty()) {
            return list(session, arguments);
        }
        int lines = arguments.number("--lines", DEFAULT_LINES, 0, MAX_LINES);
        List<ServiceStatus> services = fetch(session, new Call.Status(arguments.operands(), false, lines));
        if (session.json()) {
            session.printJson(out -> out.list(services, ServiceStatus::write));
        } else {
            StatusPrinter printer = new StatusPrinter(session.terminal(), System.currentTimeMillis());
            for (int i = 0; i < services.size(); i++) {
                if (i > 0) {
                    session.terminal().line("");
                }
                printer.details(services.get(i));
            }
        }
        for (ServiceStatus service : services) {
            if (!StatusPrinter.isUp(service)) {
                return ExitCode.NOT_RUNNING;
            }
        }
        return ExitCode.DONE;
    }

    static int list(Session session, Arguments arguments) throws Exception {
        List<ServiceStatus> services = fetch(session, new Call.ListServices());
        if (session.json()) {
            session.printJson(out -> out.list(services, ServiceStatus::write));
        } else if (services.isEmpty()) {
            session.terminal().line("no services are defined");
        } else {
            new StatusPrinter(session.terminal(), System.currentTimeMillis()).table(services);
        }
        return ExitCode.DONE;
    }

    private static List<ServiceStatus> fetch(Session session, Call call) throws Exception {
        List<ServiceStatus> services = new ArrayList<>();
        try (ManagerClient client = session.connect()) {
            client.stream(call, Answer.Services::read, (part, _) -> {
                services.addAll(part.services());
                return true;
            });
        }
        return services;
    }

    static int show(Session session, Arguments arguments) throws Exception {
        Answer.Definition shown;
        try (ManagerClient client = session.connect()) {
            shown = client.call(new Call.Show(arguments.operands().getFirst()), Answer.Definition::read);
        }
        if (session.json()) {
            session.printJson(out -> out.object(() -> shown.writeMembers(out)));
            return ExitCode.DONE;
        }
        Terminal terminal = session.terminal();
        terminal.line("# " + shown.name() + ", read from " + String.join(", ", shown.files()));
        String boot = shown.enabled() ? "starts at boot" : "does not start at boot";
        terminal.line("# " + boot + (shown.enabledBy().equals("state") ? " (set by enable or disable)" : ""));
        YamlPrinter.lines(shown.definition()).forEach(terminal::line);
        return ExitCode.DONE;
    }

    static int why(Session session, Arguments arguments) throws Exception {
        Answer.Story story;
        try (ManagerClient client = session.connect()) {
            story = client.call(new Call.Why(arguments.operands().getFirst()), Answer.Story::read);
        }
        if (session.json()) {
            session.printJson(out -> out.object(() -> story.writeMembers(out)));
            return ExitCode.DONE;
        }
        session.terminal().line(Terminal.printable(story.summary()));
        Table table = new Table();
        for (Change change : story.changes()) {
            table.add(
                    Table.Cell.of("  " + Text.clock(change.at())),
                    Table.Cell.of(change.from() + " -> " + change.to()),
                    Table.Cell.of(Terminal.printable(change.cause())));
        }
        table.lines().forEach(session.terminal()::line);
        return ExitCode.DONE;
    }

    static int events(Session session, Arguments arguments) throws Exception {
        try (ManagerClient client = session.connect()) {
            client.stream(new Call.Events(arguments.operands()), Answer.Event::read, (event, _) -> {
                print(session, event);
                session.terminal().flush();
                return !session.terminal().isGone();
            });
        }
        return ExitCode.DONE;
    }

    private static void print(Session session, Answer.Event event) {
        if (session.json()) {
            session.printJson(out -> out.object(() -> event.writeMembers(out)));
            return;
        }
        if (event.lost() > 0) {
            session.terminal()
                    .line("(" + event.lost() + " changes were left out: they came faster than they were read)");
        }
        Change change = event.change();
        session.terminal()
                .line(
                        Text.clock(change.at()) + "  " + change.name() + ": " + change.from() + " -> "
                                + session.terminal().state(change.to()) + "  " + Terminal.printable(change.cause()));
    }

    static int await(Session session, Arguments arguments) throws Exception {
        String state = arguments.value("--state");
        String timeout = arguments.value("--timeout");
        long millis = timeout == null ? 0 : Text.parseDuration("--timeout", timeout);
        if (timeout != null && millis == 0) {
            throw new UsageException("cannot use --timeout " + timeout + ": it must be longer than nothing");
        }
        Call call = new Call.Wait(arguments.operands(), state == null ? "up" : state, millis);
        try (ManagerClient client = session.connect()) {
            Answer.Outcomes answer = client.call(call, Answer.Outcomes::read);
            if (session.json()) {
                session.printJson(out -> out.list(answer.outcomes(), Outcome::write));
            } else {
                answer.outcomes()
                        .forEach(
                                one -> session.terminal()
                                        .line(one.name() + " is " + session.terminal().state(one.state())));
            }
            return ExitCode.DONE;
        } catch (RefusedException e) {
            if (e.error() instanceof ManagerError.InvalidArgument(var text)) {
                throw new UsageException(text);
            }
            throw e;
        }
    }

    static int processes(Session session, Arguments arguments) throws Exception {
        Answer.Processes answer;
        try (ManagerClient client = session.connect()) {
            answer = client.call(new Call.Processes(), Answer.Processes::read);
        }
        if (session.json()) {
            session.printJson(out -> out.object(() -> answer.writeMembers(out)));
            return ExitCode.DONE;
        }
        for (Answer.Processes.OfService service : answer.services()) {
            session.terminal().line(session.terminal().paint(Terminal.Colour.BOLD, service.name()));
            StatusPrinter.processTable(service.processes(), 2).forEach(session.terminal()::line);
        }
        if (!answer.orphans().isEmpty()) {
            session.terminal().line(session.terminal().paint(Terminal.Colour.BOLD, "of no service"));
            StatusPrinter.processTable(answer.orphans(), 2).forEach(session.terminal()::line);
        }
        return ExitCode.DONE;
    }
}
