package org.jinit.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jinit.graph.Checker;
import org.jinit.model.Problem;
import org.jinit.protocol.JsonOut;
import org.jspecify.annotations.Nullable;

/** {@code check}: what loading would say, and what can be seen of the programs on this machine. */
final class CheckVerb {
    private CheckVerb() {}

    static int run(Session session, Arguments arguments) throws Exception {
        DefinitionSource source = DefinitionSource.read(session, arguments);
        List<Problem> problems = Checker.check(source.reading(), source.manager(), CheckVerb::problemOf);
        long errors = problems.stream().filter(problem -> problem.severity() == Problem.Severity.ERROR).count();
        if (session.json()) {
            session.printJson(out -> out.list(problems, CheckVerb::write));
        } else {
            problems.forEach(problem -> session.terminal().line(Terminal.printable(problem.toString())));
            int files = source.reading().definitions().size() + source.reading().dropIns().size();
            long warnings = problems.size() - errors;
            session.terminal()
                    .line(count(files, "file") + ", " + count(errors, "error") + ", " + count(warnings, "warning"));
        }
        return errors == 0 ? ExitCode.DONE : ExitCode.FAILED;
    }

    /** One problem as an object. */
    static void write(Problem problem, JsonOut out) {
        out.object(() -> out.member("severity", problem.severity().name().toLowerCase(Locale.ROOT))
                .member("file", problem.position().file())
                .member("line", (long) problem.position().line())
                .member("column", (long) problem.position().column())
                .member("text", problem.text())
                .member("hint", problem.hint()));
    }

    private static String count(long number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    private static @Nullable String problemOf(String path) {
        Path program = Path.of(path);
        if (!Files.exists(program)) {
            return "no such file";
        }
        if (Files.isDirectory(program)) {
            return "it is a directory";
        }
        return Files.isExecutable(program) ? null : "it is not executable";
    }
}
