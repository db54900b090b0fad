package org.jinit.cli;

import java.util.List;
import org.jinit.protocol.Answer;
import org.jinit.protocol.Call;
import org.jinit.protocol.Outcome;
import org.jinit.protocol.Plan;
import org.jspecify.annotations.Nullable;

/** Verbs that ask for something to be done. */
final class RequestVerbs {
    private RequestVerbs() {}

    static int start(Session session, Arguments arguments) throws Exception {
        boolean plan = arguments.has("--plan");
        return request(session, new Call.Start(arguments.operands(), plan, arguments.value("--commit")));
    }

    static int stop(Session session, Arguments arguments) throws Exception {
        return request(
                session,
                new Call.Stop(
                        arguments.operands(), arguments.has("--with-dependents"), arguments.has("--plan"),
                        arguments.value("--commit")));
    }

    static int restart(Session session, Arguments arguments) throws Exception {
        return request(
                session,
                new Call.Restart(
                        arguments.operands(), arguments.has("--with-dependents"), arguments.has("--plan"),
                        arguments.value("--commit")));
    }

    static int reload(Session session, Arguments arguments) throws Exception {
        return request(session, new Call.Reload(arguments.operands()));
    }

    static int signal(Session session, Arguments arguments) throws Exception {
        List<String> words = arguments.operands();
        return request(session,
                new Call.Signal(words.subList(1, words.size()), words.getFirst(), arguments.has("--all")));
    }

    static int reset(Session session, Arguments arguments) throws Exception {
        return request(session, new Call.Reset(arguments.operands()));
    }

    static int reloadConfig(Session session, Arguments arguments) throws Exception {
        return request(
                session,
                new Call.ReloadConfig(
                        arguments.has("--apply"), arguments.has("--plan"), arguments.value("--commit")));
    }

    static int enable(Session session, Arguments arguments) throws Exception {
        return setEnabled(session, new Call.Enable(arguments.operands()), arguments, " starts at boot");
    }

    static int disable(Session session, Arguments arguments) throws Exception {
        return setEnabled(session, new Call.Disable(arguments.operands()), arguments, " does not start at boot");
    }

    private static int setEnabled(Session session, Call call, Arguments arguments, String text) throws Exception {
        try (ManagerClient client = session.connect()) {
            client.call(call, Answer.Done::read);
        }
        if (session.json()) {
            session.printJson(out -> out.object(() -> {}));
        } else {
            arguments.operands().forEach(name -> session.terminal().line(name + text));
        }
        return ExitCode.DONE;
    }

    private static int request(Session session, Call call) throws Exception {
        Answer.Outcomes answer;
        try (ManagerClient client = session.connect()) {
            answer = client.call(call, Answer.Outcomes::read);
        }
        Plan plan = answer.plan();
        if (session.json()) {
            session.printJson(out -> {
                if (plan != null) {
                    plan.write(out);
                } else {
                    out.list(answer.outcomes(), Outcome::write);
                }
            });
        } else if (plan != null) {
            print(session.terminal(), plan);
        } else {
            print(session.terminal(), call, answer.outcomes());
        }
        return ExitCode.DONE;
    }

    private static void print(Terminal terminal, Call call, List<Outcome> outcomes) {
        if (outcomes.isEmpty() && call instanceof Call.ReloadConfig) {
            terminal.line("the definitions are loaded");
        }
        String done = did(call);
        for (Outcome outcome : outcomes) {
            String state = terminal.state(outcome.state());
            String text = outcome.text() == null ? "" : " (" + Terminal.printable(outcome.text()) + ")";
            terminal.line(outcome.name() + (done == null ? " is " + state : " " + done + ", is " + state) + text);
        }
    }

    /** What was done, where the state alone does not say it. */
    private static @Nullable String did(Call call) {
        if (call instanceof Call.Signal) {
            return "was signalled";
        }
        if (call instanceof Call.Reload) {
            return "was reloaded";
        }
        return call instanceof Call.Reset ? "was reset" : null;
    }

    private static void print(Terminal terminal, Plan plan) {
        if (plan.steps().isEmpty()) {
            terminal.line("nothing would be done");
        }
        Table table = new Table();
        int number = 1;
        for (Plan.Step step : plan.steps()) {
            table.add(
                    Table.Cell.right(number++ + "."),
                    Table.Cell.of(step.action()),
                    Table.Cell.of(step.name()),
                    Table.Cell.of(Terminal.printable(step.why())));
        }
        table.lines().forEach(terminal::line);
        terminal.line("plan " + plan.hash() + " (--commit " + plan.hash() + " does exactly this)");
    }
}
