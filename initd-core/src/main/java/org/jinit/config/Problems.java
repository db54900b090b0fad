package org.jinit.config;

import java.util.Comparator;
import org.jinit.model.Problem;
import org.jinit.model.SourcePosition;

/** Helpers for lists of problems. */
public final class Problems {
    /** By file, line, column; then errors first, then by text. */
    public static final Comparator<Problem> BY_PLACE = new ByPlace();

    private Problems() {}

    private static final class ByPlace implements Comparator<Problem> {
        @Override
        public int compare(Problem one, Problem other) {
            SourcePosition here = one.position();
            SourcePosition there = other.position();
            int order = here.file().compareTo(there.file());
            order = order != 0 ? order : Integer.compare(here.line(), there.line());
            order = order != 0 ? order : Integer.compare(here.column(), there.column());
            order = order != 0 ? order : one.severity().compareTo(other.severity());
            return order != 0 ? order : one.text().compareTo(other.text());
        }
    }
}
