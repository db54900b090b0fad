package org.jinit.config;

import java.util.ArrayList;
import java.util.List;
import org.jinit.model.Command;
import org.jspecify.annotations.Nullable;

/**
 * Commands: a list is the argument vector, a text is split into words at blanks. Quotes and backslash work as in a shell; nothing else of a
 * shell does, so a text that uses its operators is refused. In single quotes, and behind a backslash, a dollar stands for itself.
 */
final class CommandParser {
    private static final String OPERATORS = "|<>;&`";

    private final Context context;
    private final String key;
    private final Node.Scalar at;
    private final String text;
    private final List<String> words = new ArrayList<>(4);
    private @Nullable StringBuilder word;
    private boolean refused;

    private CommandParser(Context context, String key, Node.Scalar at) {
        this.context = context;
        this.key = key;
        this.at = at;
        this.text = at.text;
    }

    /** The command, or null when there is a problem. */
    static @Nullable Command parse(Node node, String key, Context context) {
        if (node instanceof Node.Sequence list) {
            return fromList(list, key, context);
        }
        if (node instanceof Node.Scalar scalar) {
            return fromText(scalar, key, context);
        }
        context.wrongKind(node, key, "a command (a list or a text)");
        return null;
    }

    private static @Nullable Command fromText(Node.Scalar scalar, String key, Context context) {
        if (scalar.isNull() || scalar.text.isBlank()) {
            context.error(scalar, key, "there is no command");
            return null;
        }
        List<String> words = new CommandParser(context, key, scalar).split();
        if (words != null && words.isEmpty()) {
            context.error(scalar, key, "there is no command");
            return null;
        }
        return words == null || !check(words.getFirst(), words, scalar, key, context)
                ? null
                : new Command(words, scalar.position());
    }

    private static @Nullable Command fromList(Node.Sequence list, String key, Context context) {
        if (list.items.isEmpty()) {
            context.error(list, key, "there is no command");
            return null;
        }
        ArrayList<String> argv = new ArrayList<>(list.items.size());
        boolean good = true;
        for (Node item : list.items) {
            if (!(item instanceof Node.Scalar scalar)) {
                context.error(item, key, "an argument must be a text, not " + item.kind());
                good = false;
            } else if (scalar.isNull()) {
                context.error(item, key, "an argument must be a text", scalar.text.isEmpty() ? "write ''" : "quote it");
                good = false;
            } else {
                argv.add(scalar.text);
            }
        }
        return good && check(argv.getFirst(), argv, list.items.getFirst(), key, context)
                ? new Command(argv, list.position())
                : null;
    }

    private static boolean check(String program, List<String> argv, Node at, String key, Context context) {
        if (program.isEmpty()) {
            context.error(at, key, "the program's name is empty");
            return false;
        }
        for (String argument : argv) {
            if (argument.indexOf('\0') >= 0) {
                context.error(at, key, "an argument cannot hold a NUL character");
                return false;
            }
            if (!checkExpansions(argument, at, key, context)) {
                return false;
            }
        }
        return true;
    }

    /** Every <code>${</code> has its end and a name inside. */
    static boolean checkExpansions(String text, Node at, String key, Context context) {
        for (int i = text.indexOf('$'); i >= 0 && i + 1 < text.length(); i = text.indexOf('$', i)) {
            if (text.charAt(i + 1) == '$') {
                i += 2;
            } else if (text.charAt(i + 1) == '{') {
                int end = text.indexOf('}', i);
                String inside = end < 0 ? "" : text.substring(i + 2, end);
                int option = inside.indexOf(":-");
                if (!Text.isVariableName(option < 0 ? inside : inside.substring(0, option))) {
                    String shown = Text.shown(end < 0 ? text.substring(i) : text.substring(i, end + 1));
                    String cause = end < 0 ? "'" + shown + "' has no '}'" : "'" + shown + "' names no variable";
                    context.error(at, key, cause, "write ${NAME} or ${NAME:-default}, and $$ for a dollar");
                    return false;
                }
                i = end + 1;
            } else {
                i++;
            }
        }
        return true;
    }

    private @Nullable List<String> split() {
        int i = 0;
        while (i < text.length() && !refused) {
            char c = text.charAt(i);
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
                endWord();
                i++;
            } else if (c == '\'') {
                i = singleQuoted(i + 1);
            } else if (c == '"') {
                i = doubleQuoted(i + 1);
            } else if (c == '\\') {
                i = escaped(i + 1);
            } else if (isShell(i)) {
                refuseShell(c);
            } else {
                open().append(c);
                i++;
            }
        }
        endWord();
        return refused ? null : words;
    }

    private boolean isShell(int i) {
        char c = text.charAt(i);
        boolean substitution = text.startsWith("$(", i) && (i == 0 || text.charAt(i - 1) != '$');
        return OPERATORS.indexOf(c) >= 0 || substitution;
    }

    private void refuseShell(char c) {
        String operator = c == '$' ? "$(" : String.valueOf(c);
        String quoted = text.length() > 60 ? "..." : "'" + text.strip().replace("'", "''") + "'";
        String hint = "write exec: [sh, -c, " + quoted.replace('\n', ' ') + "], or quote it";
        context.error(at, key, "'" + operator + "' needs a shell, and there is none", hint);
        refused = true;
    }

    private int singleQuoted(int from) {
        int end = text.indexOf('\'', from);
        if (end < 0) {
            return unterminated('\'');
        }
        open().append(text.substring(from, end).replace("$", "$$"));
        return end + 1;
    }

    private int doubleQuoted(int from) {
        StringBuilder open = open();
        int i = from;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (c == '"') {
                return i + 1;
            }
            if (c == '\\' && i + 1 < text.length() && "\"\\$`".indexOf(text.charAt(i + 1)) >= 0) {
                c = text.charAt(++i);
                open.append(c == '$' ? "$$" : String.valueOf(c));
            } else {
                open.append(c);
            }
            i++;
        }
        return unterminated('"');
    }

    private int escaped(int i) {
        if (i >= text.length()) {
            context.error(at, key, "there is nothing behind the last backslash");
            refused = true;
            return i;
        }
        char c = text.charAt(i);
        if (c != '\n') {
            open().append(c == '$' ? "$$" : String.valueOf(c));
        }
        return i + 1;
    }

    private int unterminated(char quote) {
        context.error(at, key, "the quote " + quote + " is not closed");
        refused = true;
        return text.length();
    }

    private StringBuilder open() {
        StringBuilder open = word;
        if (open == null) {
            open = new StringBuilder();
            word = open;
        }
        return open;
    }

    private void endWord() {
        if (word != null) {
            words.add(word.toString());
            word = null;
        }
    }
}
