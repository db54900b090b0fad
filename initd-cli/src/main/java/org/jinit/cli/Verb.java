package org.jinit.cli;

import java.util.List;

/**
 * One thing that jinitctl can do; the table of them is {@link Verbs}.
 *
 * @param operands as in help: {@code NAME...}, {@code [NAME...]}, {@code SIGNAL NAME...}
 * @param min how many operands at least, {@code max}: at most
 * @param summary one line
 * @param details more lines for its own help, empty when the summary says it all
 */
record Verb(
        String name,
        String operands,
        int min,
        int max,
        String summary,
        String details,
        List<Option> options,
        Action action) {
    static final int MANY = Integer.MAX_VALUE;
    /** More than these are not named in the usage line. */
    private static final int MAX_OPTIONS = 3;

    /** Carries it out. */
    @FunctionalInterface
    interface Action {
        /** Returns what jinitctl ends with. */
        int run(Session session, Arguments arguments) throws Exception;
    }

    /** {@code stop [--with-dependents] NAME...}. */
    String usage() {
        StringBuilder usage = new StringBuilder(name);
        if (options.size() > MAX_OPTIONS) {
            usage.append(" [OPTION...]");
        }
        for (Option option : options.size() > MAX_OPTIONS ? List.<Option>of() : options) {
            usage.append(" [")
                    .append(option.name())
                    .append(option.value() == null ? "" : " " + option.value())
                    .append(']');
        }
        return operands.isEmpty() ? usage.toString() : usage.append(' ').append(operands).toString();
    }
}
