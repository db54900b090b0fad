package org.jinit.model;

import org.jspecify.annotations.Nullable;

/**
 * Something wrong with what a person wrote: {@code file:line:column: cannot ...}.
 *
 * @param hint what to do about it, null when the text says it all
 */
public record Problem(Severity severity, SourcePosition position, String text, @Nullable String hint) {
    /** Errors refuse the whole reading, warnings only tell. */
    public enum Severity {
        ERROR,
        WARNING
    }

    public static Problem error(SourcePosition position, String text) {
        return new Problem(Severity.ERROR, position, text, null);
    }

    public static Problem warning(SourcePosition position, String text) {
        return new Problem(Severity.WARNING, position, text, null);
    }

    public Problem withHint(String newHint) {
        return new Problem(severity, position, text, newHint);
    }

    @Override
    public String toString() {
        String label = severity == Severity.WARNING ? "warning: " : "";
        return position + ": " + label + text + (hint == null ? "" : " (" + hint + ")");
    }
}
