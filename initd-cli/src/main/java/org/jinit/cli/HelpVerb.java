package org.jinit.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Help, the manual page and shell completion, all from the table of verbs. */
final class HelpVerb {
    private static final String CODES =
            "Ends with 0 when it is done, 1 when it failed, 2 when the command line is wrong, 3 when a service"
                    + " is not running,\n4 when there is no such service, 5 when jinitd cannot be reached or does not permit it.";

    private HelpVerb() {}

    static int run(Session session, Arguments arguments) throws UsageException {
        if (arguments.operands().isEmpty()) {
            return print(session, null, true);
        }
        String name = arguments.operands().getFirst();
        Verb verb = Verbs.find(name);
        if (verb == null) {
            String near = Suggest.nearest(name, Verbs.names());
            String hint = near == null ? "`jinitctl help` lists what there is" : "did you mean '" + near + "'?";
            throw new UsageException("cannot explain '" + name + "': there is no such verb (" + hint + ")");
        }
        return print(session, verb, true);
    }

    /** Prints help on all verbs or on one; {@code asked} false: there was no verb on the command line. */
    static int print(Session session, @Nullable Verb verb, boolean asked) {
        List<String> lines = new ArrayList<>(verb == null ? overview() : of(verb));
        if (verb != null) {
            lines.addAll(options(Arguments.COMMON));
        }
        if (asked) {
            lines.forEach(session.terminal()::line);
            return ExitCode.DONE;
        }
        session.terminal().error("cannot do anything: say what");
        lines.forEach(session.terminal()::detail);
        return ExitCode.USAGE;
    }

    static List<String> overview() {
        List<String> lines = new ArrayList<>();
        lines.add("usage: jinitctl [--run-dir DIR | --user] [--json] VERB ...");
        lines.add("");
        Table verbs = new Table();
        for (Verb verb : Verbs.all()) {
            verbs.add(
                    Table.Cell.of("  " + verb.name() + (verb.operands().isEmpty() ? "" : " " + verb.operands())),
                    Table.Cell.of(verb.summary()));
        }
        lines.addAll(verbs.lines());
        lines.add("");
        lines.addAll(options(Arguments.COMMON));
        lines.add("");
        lines.addAll(List.of(CODES.split("\n")));
        return lines;
    }

    static List<String> of(Verb verb) {
        List<String> lines = new ArrayList<>();
        lines.add("usage: jinitctl " + verb.usage());
        lines.add("");
        lines.add(verb.summary());
        if (!verb.details().isEmpty()) {
            lines.addAll(List.of(verb.details().split("\n")));
        }
        if (!verb.options().isEmpty()) {
            lines.add("");
            lines.addAll(options(verb.options()));
        }
        return lines;
    }

    private static List<String> options(List<Option> options) {
        Table table = new Table();
        for (Option option : options) {
            table.add(Table.Cell.of(Text.padRight("  " + option.usage(), 22)), Table.Cell.of(option.help()));
        }
        return table.lines();
    }

    /** The manual, {@code docs/jinitctl.md}. */
    static List<String> manual() {
        List<String> lines = new ArrayList<>();
        lines.add("# jinitctl");
        lines.add("");
        lines.add("Made from the program's own help; a test keeps the two alike.");
        lines.add("");
        lines.add("```");
        lines.addAll(overview());
        lines.add("```");
        for (Verb verb : Verbs.all()) {
            lines.add("");
            lines.add("## " + verb.name());
            lines.add("");
            lines.add("```");
            lines.addAll(of(verb));
            lines.add("```");
        }
        return lines;
    }

    static int completion(Session session, Arguments arguments) throws UsageException {
        String shell = arguments.operands().getFirst();
        if (!shell.equals("bash")) {
            throw new UsageException("cannot complete for " + shell + ": only bash is there");
        }
        bash().forEach(session.terminal()::line);
        return ExitCode.DONE;
    }

    private static List<String> bash() {
        List<String> lines = new ArrayList<>();
        lines.add("_jinitctl() {");
        lines.add("  local word=${COMP_WORDS[COMP_CWORD]} verb= i options names=");
        lines.add("  for ((i = 1; i < COMP_CWORD; i++)); do");
        lines.add("    case ${COMP_WORDS[i]} in --run-dir) ((i++)) ;; -*) ;; *) verb=${COMP_WORDS[i]}; break ;; esac");
        lines.add("  done");
        lines.add("  case $verb in");
        for (Verb verb : Verbs.all()) {
            StringBuilder words = new StringBuilder();
            verb.options().forEach(option -> words.append(option.name()).append(' '));
            Arguments.COMMON.forEach(option -> words.append(option.name()).append(' '));
            String names = verb.operands().contains("NAME") ? "; names=1" : "";
            lines.add("    " + verb.name() + ") options='" + words.toString().strip() + "'" + names + " ;;");
        }
        lines.add("    *) options='" + String.join(" ", Verbs.names()) + " --run-dir --user --json --help' ;;");
        lines.add("  esac");
        lines.add("  if [[ $names && $word != -* ]]; then");
        lines.add("    options=$(jinitctl list 2>/dev/null | awk 'NR > 1 { print $1 }')");
        lines.add("  fi");
        lines.add("  mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")");
        lines.add("}");
        lines.add("complete -o default -F _jinitctl jinitctl");
        return lines;
    }
}
