package org.jinit.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Maps and lists in the look of a definition file. */
final class YamlPrinter {
    private YamlPrinter() {}

    static List<String> lines(Map<?, ? extends @Nullable Object> map) {
        List<String> lines = new ArrayList<>();
        map(lines, map, "");
        return lines;
    }

    private static void map(List<String> lines, Map<?, ? extends @Nullable Object> map, String indent) {
        for (Map.Entry<?, ? extends @Nullable Object> entry : map.entrySet()) {
            entry(lines, entry.getKey() + ":", entry.getValue(), indent, indent + "  ");
        }
    }

    private static void entry(List<String> lines, String lead, @Nullable Object value, String indent, String inner) {
        switch (value) {
            case Map<?, ?> map when !map.isEmpty() -> {
                lines.add(indent + lead);
                map(lines, map, inner);
            }
            case Collection<?> list when !list.isEmpty() && list.stream().anyMatch(YamlPrinter::isNested) -> {
                lines.add(indent + lead);
                for (Object member : list) {
                    entry(lines, "-", member, inner, inner + "  ");
                }
            }
            case null, default -> lines.add(indent + lead + " " + inline(value));
        }
    }

    private static boolean isNested(@Nullable Object value) {
        return (value instanceof Map<?, ?> map && !map.isEmpty())
                || (value instanceof Collection<?> list && !list.isEmpty());
    }

    private static String inline(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case Map<?, ?> _ -> "{}";
            case Collection<?> list -> {
                List<String> members = new ArrayList<>();
                list.forEach(member -> members.add(inline(member)));
                yield "[" + String.join(", ", members) + "]";
            }
            case String text -> scalar(text);
            default -> value.toString();
        };
    }

    private static String scalar(String text) {
        boolean plain = !text.isEmpty() && text.chars().allMatch(YamlPrinter::isPlain) && !text.startsWith("-")
                && !text.startsWith(".")
                && !Character.isDigit(text.charAt(0))
                && !List.of("true", "false", "null", "yes", "no", "on", "off").contains(text);
        if (plain || isQuantity(text)) {
            return text;
        }
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> quoted.append('\\').append(c);
                case '\n' -> quoted.append("\\n");
                case '\t' -> quoted.append("\\t");
                default -> quoted.append(c < ' ' || (c >= 0x7f && c < 0xa0) ? "\\u" + hex(c) : String.valueOf(c));
            }
        }
        return quoted.append('"').toString();
    }

    private static String hex(char c) {
        return Integer.toHexString(0x10000 + c).substring(1);
    }

    private static boolean isPlain(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                || "/_.-+=@%$".indexOf(c) >= 0;
    }

    /** {@code 90s}, {@code 10M}: no number, so it needs no quotes. */
    private static boolean isQuantity(String text) {
        int last = text.length() - 1;
        return last > 0 && text.substring(0, last - (text.endsWith("ms") ? 1 : 0)).chars().allMatch(Character::isDigit)
                && Character.isLetter(text.charAt(last));
    }
}
