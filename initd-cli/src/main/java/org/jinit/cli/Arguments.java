package org.jinit.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A command line taken apart. Options may stand anywhere; {@code --} ends them. */
final class Arguments {
    static final List<Option> COMMON = List.of(
            Option.valued("--run-dir", "DIR",
                    "where jinitd's control socket is (default: $JINIT_RUN_DIR, else /run/jinit)"),
            Option.flag("--user", "talk to your own jinitd, in $XDG_RUNTIME_DIR/jinit"),
            Option.flag("--json", "print JSON, for programs"),
            Option.flag("--help", "print help").withLetter("-h"));

    private final Map<String, String> options = new LinkedHashMap<>();
    private final List<String> operands = new ArrayList<>();
    private @Nullable Verb verb;

    private Arguments() {}

    /** The first word that is no option is the verb, and says which further options there are. */
    static Arguments parse(String... words) throws UsageException {
        Arguments arguments = new Arguments();
        boolean ended = false;
        for (int i = 0; i < words.length; i++) {
            String word = words[i];
            if (ended || !word.startsWith("-") || word.equals("-")) {
                arguments.operand(word);
            } else if (word.equals("--")) {
                ended = true;
            } else {
                i += arguments.option(word, i + 1 < words.length ? words[i + 1] : null);
            }
        }
        return arguments;
    }

    /** Null when none was given. */
    @Nullable Verb verb() {
        return verb;
    }

    List<String> operands() {
        return operands;
    }

    boolean has(String option) {
        return options.containsKey(option);
    }

    @Nullable String value(String option) {
        return options.get(option);
    }

    /** @throws UsageException if it is no whole number in the range */
    int number(String option, int otherwise, int min, int max) throws UsageException {
        String text = options.get(option);
        if (text == null) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new UsageException(
                "cannot use " + option + " " + text + ": it must be a number from " + min + " to " + max);
    }

    /** @throws UsageException when there are too few or too many operands */
    void checkOperands() throws UsageException {
        if (verb == null) {
            return;
        }
        if (operands.size() < verb.min()) {
            throw new UsageException("cannot " + verb.name() + ": say " + verb.operands() + wantedFor());
        }
        if (operands.size() > verb.max()) {
            String extra = operands.get(verb.max());
            throw new UsageException("cannot " + verb.name() + ": '" + extra + "' is too much" + wantedFor());
        }
    }

    private String wantedFor() {
        return verb == null ? "" : " (usage: jinitctl " + verb.usage() + ")";
    }

    private void operand(String word) throws UsageException {
        if (verb != null) {
            operands.add(word);
            return;
        }
        verb = Verbs.find(word);
        if (verb == null) {
            String near = Suggest.nearest(word, Verbs.names());
            String hint = near == null ? "`jinitctl help` lists what there is" : "did you mean '" + near + "'?";
            throw new UsageException("cannot do '" + word + "': there is no such verb (" + hint + ")");
        }
    }

    /** Returns how many further words it took. */
    private int option(String word, @Nullable String next) throws UsageException {
        int equals = word.indexOf('=');
        String name = equals < 0 ? word : word.substring(0, equals);
        Option option = find(name);
        if (option == null) {
            throw unknown(name);
        }
        if (option.value() == null) {
            if (equals >= 0) {
                throw new UsageException("cannot use " + word + ": " + option.name() + " takes no value");
            }
            options.put(option.name(), "");
            return 0;
        }
        if (equals >= 0) {
            put(option, word.substring(equals + 1));
            return 0;
        }
        if (next == null) {
            throw new UsageException("cannot use " + name + ": it needs a value (" + option.usage() + ")");
        }
        put(option, next);
        return 1;
    }

    /** What is given several times is joined by line ends. */
    private void put(Option option, String value) {
        options.merge(option.name(), value, (before, more) -> before + "\n" + more);
    }

    private @Nullable Option find(String name) {
        for (Option option : COMMON) {
            if (option.name().equals(name) || name.equals(option.letter())) {
                return option;
            }
        }
        if (verb != null) {
            for (Option option : verb.options()) {
                if (option.name().equals(name) || name.equals(option.letter())) {
                    return option;
                }
            }
        }
        return null;
    }

    private UsageException unknown(String name) {
        List<String> known = new ArrayList<>();
        COMMON.forEach(option -> known.add(option.name()));
        String place = "before a verb";
        if (verb != null) {
            verb.options().forEach(option -> known.add(option.name()));
            place = "of " + verb.name();
        }
        String near = Suggest.nearest(name, known);
        String hint = near == null ? "there are " + String.join(", ", known) : "did you mean " + near + "?";
        return new UsageException("cannot use " + name + ": there is no such option " + place + " (" + hint + ")");
    }
}
