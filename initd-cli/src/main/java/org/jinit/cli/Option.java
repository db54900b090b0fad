package org.jinit.cli;

import org.jspecify.annotations.Nullable;

/**
 * One option of a verb.
 *
 * @param name with its dashes
 * @param letter {@code -n}, null when it has none
 * @param value the name of its value in help, null when it takes none
 */
record Option(String name, @Nullable String letter, @Nullable String value, String help) {
    static Option flag(String name, String help) {
        return new Option(name, null, null, help);
    }

    static Option valued(String name, String value, String help) {
        return new Option(name, null, value, help);
    }

    Option withLetter(String newLetter) {
        return new Option(name, newLetter, value, help);
    }

    /** {@code -n, --lines NUMBER}. */
    String usage() {
        return (letter == null ? "" : letter + ", ") + name + (value == null ? "" : " " + value);
    }
}
