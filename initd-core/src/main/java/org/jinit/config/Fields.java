package org.jinit.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jinit.model.Command;
import org.jinit.model.Dependencies.Reference;
import org.jinit.model.ServiceName;
import org.jinit.model.Signals;
import org.jspecify.annotations.Nullable;

/** Typed values of one map's keys. What is wrong is reported, and then counts as not said, so that one reading finds every problem. */
final class Fields {
    private final Node.Mapping map;
    private final KeyTable table;
    private final Context context;

    Fields(Node.Mapping map, KeyTable table, Context context) {
        this.map = map;
        this.table = table;
        this.context = context;
    }

    /** The fields of a map, its keys checked. */
    static Fields checked(Node.Mapping map, KeyTable table, Context context) {
        table.check(map, context);
        return new Fields(map, table, context);
    }

    Node.Mapping map() {
        return map;
    }

    /** As messages call it: {@code stop.timeout}. */
    String path(String key) {
        return table.path() + key;
    }

    boolean has(String key) {
        return map.indexOf(key) >= 0;
    }

    /** The value; null when the key is not there, or has nothing for a value, which is a problem. */
    @Nullable Node node(String key) {
        Node node = map.get(key);
        if (node instanceof Node.Scalar scalar && scalar.isNull()) {
            context.error(scalar, path(key), "it has no value", "give it one, or remove the key");
            return null;
        }
        return node;
    }

    /** A single value. */
    Node.@Nullable Scalar scalar(String key, String wanted) {
        Node node = node(key);
        if (node == null || node instanceof Node.Scalar) {
            return (Node.Scalar) node;
        }
        context.wrongKind(node, path(key), wanted);
        return null;
    }

    /** Text on one line, not empty. */
    @Nullable String text(String key) {
        Node.Scalar scalar = scalar(key, "a text");
        return scalar != null && isLine(scalar, path(key)) ? scalar.text : null;
    }

    private boolean isLine(Node.Scalar scalar, String path) {
        if (scalar.text.isEmpty()) {
            context.error(scalar, path, "it is empty");
            return false;
        }
        if (Text.hasControl(scalar.text)) {
            context.error(scalar, path, "it holds a line end or another control character");
            return false;
        }
        return true;
    }

    /** A list of texts, or one text for a list of one; empty when the key is not there. */
    List<Node.Scalar> texts(String key) {
        Node node = node(key);
        if (node == null) {
            return List.of();
        }
        ArrayList<Node.Scalar> texts = new ArrayList<>(4);
        if (node instanceof Node.Sequence list) {
            for (Node item : list.items) {
                addText(item, key, texts);
            }
        } else if (node instanceof Node.Scalar) {
            addText(node, key, texts);
        } else {
            context.wrongKind(node, path(key), "a list");
        }
        return texts;
    }

    private void addText(Node item, String key, ArrayList<Node.Scalar> texts) {
        if (!(item instanceof Node.Scalar scalar)) {
            context.error(item, path(key), "an entry must be a text, not " + item.kind());
        } else if (scalar.isNull()) {
            context.error(item, path(key), "an entry has no value");
        } else if (isLine(scalar, path(key))) {
            texts.add(scalar);
        }
    }

    @Nullable String absolutePath(String key) {
        Node.Scalar scalar = scalar(key, "a path");
        return scalar != null && isPath(scalar, path(key)) ? scalar.text : null;
    }

    boolean isPath(Node.Scalar scalar, String path) {
        if (!isLine(scalar, path)) {
            return false;
        }
        if (scalar.text.charAt(0) != '/') {
            context.error(scalar, path, "'" + Text.shown(scalar.text) + "' is no absolute path", "begin it with '/'");
            return false;
        }
        return true;
    }

    boolean bool(String key, boolean absent) {
        Node.Scalar scalar = scalar(key, "true or false");
        if (scalar == null) {
            return absent;
        }
        if (scalar.plain && scalar.text.equals("true")) {
            return true;
        }
        if (scalar.plain && scalar.text.equals("false")) {
            return false;
        }
        String hint =
                switch (scalar.text.toLowerCase(java.util.Locale.ROOT)) {
                    case "true" -> scalar.plain ? "did you mean 'true'?" : "write it without quotes";
                    case "false" -> scalar.plain ? "did you mean 'false'?" : "write it without quotes";
                    case "yes", "on", "1", "y" -> "did you mean 'true'?";
                    case "no", "off", "0", "n" -> "did you mean 'false'?";
                    default -> null;
                };
        context.error(scalar, path(key), "'" + Text.shown(scalar.text) + "' is not true or false", hint);
        return absent;
    }

    /** A whole number within bounds, both included. */
    @Nullable Integer integer(String key, int least, int most) {
        Node.Scalar scalar = scalar(key, "a number");
        return scalar == null ? null : integer(scalar, key, least, most);
    }

    @Nullable Integer integer(Node.Scalar scalar, String key, int least, int most) {
        String digits = scalar.text.startsWith("-") ? scalar.text.substring(1) : scalar.text;
        if (!scalar.plain || !Text.isDigits(digits)) {
            String hint = !scalar.plain && Text.isDigits(digits) ? "write it without quotes" : null;
            context.error(scalar, path(key), "'" + Text.shown(scalar.text) + "' is no whole number", hint);
            return null;
        }
        long value = digits.length() > 11 ? Long.MAX_VALUE : Long.parseLong(scalar.text);
        if (value < least || value > most) {
            context.error(scalar, path(key), Text.shown(scalar.text) + " is not between " + least + " and " + most);
            return null;
        }
        return (int) value;
    }

    /** A number with or without a point, within bounds, both included. */
    double decimal(String key, double least, double most, double absent) {
        Node.Scalar scalar = scalar(key, "a number");
        if (scalar == null) {
            return absent;
        }
        String text = scalar.text;
        int point = text.indexOf('.');
        boolean number = scalar.plain
                && text.length() <= 20
                && (Text.isDigits(text)
                        || (point > 0 && Text.isDigits(text.substring(0, point))
                                && Text.isDigits(text.substring(point + 1))));
        if (!number) {
            context.error(scalar, path(key), "'" + Text.shown(text) + "' is no number");
            return absent;
        }
        double value = Double.parseDouble(text);
        if (value < least || value > most) {
            context.error(scalar, path(key), Text.shown(text) + " is not between " + least + " and " + most);
            return absent;
        }
        return value;
    }

    /** A duration of 0 or more. */
    Duration duration(String key, Duration absent) {
        Duration value = duration(key, true, false, absent);
        return value == null ? absent : value;
    }

    /** A duration above 0. */
    Duration period(String key, Duration absent) {
        Duration value = duration(key, false, false, absent);
        return value == null ? absent : value;
    }

    /** A duration above 0, or {@code none}, which gives null; {@code absent} when nothing is said. */
    @Nullable Duration periodOrNone(String key, @Nullable Duration absent) {
        return duration(key, false, true, absent);
    }

    private @Nullable Duration duration(String key, boolean zero, boolean none, @Nullable Duration absent) {
        Node.Scalar scalar = scalar(key, "a duration");
        if (scalar == null) {
            return absent;
        }
        if (none && scalar.text.equals("none")) {
            return null;
        }
        Duration value = Quantities.duration(scalar.text);
        if (value == null) {
            String cause = Text.isDigits(scalar.text) ? "' has no unit" : "' is no duration";
            String hint = Quantities.durationHint(scalar.text);
            context.error(scalar, path(key), "'" + Text.shown(scalar.text) + cause, hint);
            return absent;
        }
        if (!zero && value.isZero()) {
            context.error(scalar, path(key), "it must be more than 0", none ? "write 'none' for no limit" : null);
            return absent;
        }
        return value;
    }

    /** A size in bytes within bounds, both included. */
    long size(String key, long least, long most, long absent) {
        Node.Scalar scalar = scalar(key, "a size");
        if (scalar == null) {
            return absent;
        }
        Long value = Quantities.size(scalar.text);
        if (value == null) {
            context.error(scalar, path(key), "'" + Text.shown(scalar.text) + "' is no size",
                    "write it like 64K, 10M or 2G");
            return absent;
        }
        if (value < least || value > most) {
            String bounds = " is not between " + least + " and " + most + " bytes";
            context.error(scalar, path(key), Text.shown(scalar.text) + bounds);
            return absent;
        }
        return value;
    }

    @Nullable Integer signal(String key) {
        Node.Scalar scalar = scalar(key, "a signal");
        if (scalar == null) {
            return null;
        }
        Integer number = Signals.number(scalar.text);
        if (number == null) {
            String cause = "'" + Text.shown(scalar.text) + "' is no signal";
            context.error(scalar, path(key), cause, "write it like TERM, USR1 or RTMIN+3");
        }
        return number;
    }

    /** What the word means; null when nothing is said. */
    <E> @Nullable E choice(String key, Choices<E> choices) {
        Node.Scalar scalar = scalar(key, "a word");
        return scalar == null ? null : choice(scalar, key, choices);
    }

    <E> E choice(String key, Choices<E> choices, E absent) {
        E choice = choice(key, choices);
        return choice == null ? absent : choice;
    }

    <E> @Nullable E choice(Node.Scalar scalar, String key, Choices<E> choices) {
        int index = choices.words().indexOf(scalar.text);
        if (index < 0) {
            context.notOneOf(scalar, path(key), choices.words());
            return null;
        }
        return choices.values().get(index);
    }

    @Nullable Command command(String key) {
        Node node = node(key);
        return node == null ? null : CommandParser.parse(node, path(key), context);
    }

    /** The fields of a map inside this one; null when it is not there or no map. */
    @Nullable Fields map(String key, KeyTable inner) {
        Node node = node(key);
        if (node == null) {
            return null;
        }
        if (node instanceof Node.Mapping mapping) {
            return Fields.checked(mapping, inner, context);
        }
        context.wrongKind(node, path(key), "a map");
        return null;
    }

    /** Names of services, each once. */
    List<Reference> references(String key) {
        if (!has(key)) {
            return List.of();
        }
        ArrayList<Reference> references = new ArrayList<>(4);
        HashSet<String> seen = new HashSet<>();
        for (Node.Scalar scalar : texts(key)) {
            if (!ServiceName.isValid(scalar.text)) {
                String cause = "'" + Text.shown(scalar.text) + "' is no service name";
                context.error(scalar, path(key), cause, ServiceNames.hint(scalar.text));
            } else if (seen.add(scalar.text)) {
                references.add(new Reference(new ServiceName(scalar.text), scalar.position()));
            } else {
                context.warning(scalar, path(key), "'" + scalar.text + "' is listed twice");
            }
        }
        return references;
    }
}
