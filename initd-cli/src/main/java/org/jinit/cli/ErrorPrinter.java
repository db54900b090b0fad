package org.jinit.cli;

import java.util.List;
import org.jinit.protocol.ManagerError;
import org.jinit.protocol.Outcome;

/** Tells a person what jinitd refused or what failed, and ends with the fitting code. */
final class ErrorPrinter {
    private final Session session;

    ErrorPrinter(Session session) {
        this.session = session;
    }

    int print(String verb, ManagerError error) {
        if (session.json()) {
            session.printJson(
                    out -> out.object(() -> out.member("error", error.wireName())
                            .member("parameters", () -> error.writeMembers(out))));
        }
        return switch (error) {
            case ManagerError.NoSuchService(_, var text) -> say(verb, text, ExitCode.NO_SUCH_SERVICE);
            case ManagerError.Refused(var code, var text, var involved) -> refused(verb, code, text, involved);
            case ManagerError.Failed(var outcomes) -> failed(outcomes);
            case ManagerError.NotPermitted(var text) -> say(verb, text, ExitCode.UNREACHABLE);
            case ManagerError.InvalidArgument(var text) -> say(verb, text, ExitCode.USAGE);
            case ManagerError.InvalidConfiguration(var problems) -> invalid(problems);
            case ManagerError.Unavailable(var text) -> say(verb, text, ExitCode.FAILED);
            case ManagerError.Standard(var name, _, var value) -> standard(verb, name, value);
        };
    }

    private int say(String verb, String text, int code) {
        session.terminal().error(text.startsWith("cannot ") ? text : "cannot " + verb + ": " + text);
        return code;
    }

    private int refused(String verb, String code, String text, List<String> involved) {
        boolean named = involved.stream().allMatch(text::contains);
        String full = named ? text : text + " (" + Text.names(involved) + ")";
        return say(verb, full + hint(code, text), code.equals("not-running") ? ExitCode.NOT_RUNNING : ExitCode.FAILED);
    }

    private static String hint(String code, String text) {
        if (text.contains("--")) {
            return "";
        }
        return switch (code) {
            case "has-dependents" -> "; --with-dependents includes them";
            case "plan-moved" -> "; --plan shows what would be done now";
            default -> "";
        };
    }

    private int failed(List<Outcome> outcomes) {
        for (Outcome outcome : outcomes) {
            if (outcome.ok()) {
                continue;
            }
            String text = outcome.text() == null ? outcome.name() + " is " + outcome.state() : outcome.text();
            session.terminal().error(Terminal.printable(text));
            for (String line : outcome.lastLines()) {
                session.terminal().detail("  | " + Terminal.printable(line));
            }
        }
        return ExitCode.FAILED;
    }

    private int invalid(List<String> problems) {
        session.terminal()
                .error(
                        "cannot load the definitions: " + problems.size()
                                + (problems.size() == 1 ? " problem" : " problems")
                                + "; what was loaded before stays");
        problems.forEach(problem -> session.terminal().detail("  " + Terminal.printable(problem)));
        return ExitCode.FAILED;
    }

    private int standard(String verb, String name, String value) {
        boolean unknown = name.equals("MethodNotFound") || name.equals("MethodNotImplemented");
        String text = unknown
                ? "this jinitd has no " + value + " (is it older than jinitctl?)"
                : "jinitd says " + name + (value.isEmpty() ? "" : ": " + value);
        return say(verb, text, ExitCode.FAILED);
    }
}
