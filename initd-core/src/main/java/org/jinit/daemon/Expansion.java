package org.jinit.daemon;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Replaces variables in words: <code>${NAME}</code>, <code>${NAME:-default}</code>; {@code $$} is a dollar, any other dollar stays. A value
 * is never split into words and never expanded again.
 */
final class Expansion {
    private Expansion() {}

    /** A word that cannot be expanded; the message says why. */
    static final class Failure extends Exception {
        private static final long serialVersionUID = 1L;

        Failure(String message) {
            super(message);
        }
    }

    static List<String> words(List<String> words, Map<String, String> variables) throws Failure {
        List<String> out = new ArrayList<>(words.size());
        for (String word : words) {
            out.add(word(word, variables));
        }
        return out;
    }

    static String word(String word, Map<String, String> variables) throws Failure {
        int dollar = word.indexOf('$');
        if (dollar < 0) {
            return word;
        }
        StringBuilder out = new StringBuilder(word.length() + 16);
        int at = 0;
        while (dollar >= 0 && dollar + 1 < word.length()) {
            out.append(word, at, dollar);
            char next = word.charAt(dollar + 1);
            if (next == '$') {
                out.append('$');
                at = dollar + 2;
            } else if (next == '{') {
                int end = word.indexOf('}', dollar);
                if (end < 0) {
                    throw new Failure("\"" + word + "\" has ${ without }");
                }
                out.append(value(word.substring(dollar + 2, end), variables));
                at = end + 1;
            } else {
                out.append('$');
                at = dollar + 1;
            }
            dollar = word.indexOf('$', at);
        }
        return out.append(word, at, word.length()).toString();
    }

    private static String value(String inside, Map<String, String> variables) throws Failure {
        int dash = inside.indexOf(":-");
        String name = dash < 0 ? inside : inside.substring(0, dash);
        @Nullable String value = variables.get(name);
        if (dash >= 0) {
            return value == null || value.isEmpty() ? inside.substring(dash + 2) : value;
        }
        if (value == null) {
            throw new Failure(
                    "variable " + name + " is not set (give it in environment:, or write ${" + name + ":-default})");
        }
        return value;
    }
}
