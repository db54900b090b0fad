package org.jinit.config;

import java.util.ArrayList;
import java.util.List;
import org.jinit.model.Problem;
import org.jinit.model.SourcePosition;

/** Collects problems, of which no more than {@link #MAX} are kept: a hostile file has as many as it has bytes. */
final class ProblemList {
    static final int MAX = 1000;

    private final ArrayList<Problem> problems = new ArrayList<>();
    private int errors;
    private int dropped;

    void add(Problem problem) {
        if (problem.severity() == Problem.Severity.ERROR) {
            errors++;
        }
        if (problems.size() < MAX) {
            problems.add(problem);
        } else {
            dropped++;
        }
    }

    void addAll(List<Problem> more) {
        for (Problem problem : more) {
            add(problem);
        }
    }

    void error(SourcePosition position, String text) {
        add(Problem.error(position, text));
    }

    void error(SourcePosition position, String text, String hint) {
        add(Problem.error(position, text).withHint(hint));
    }

    void warning(SourcePosition position, String text) {
        add(Problem.warning(position, text));
    }

    /** Errors so far, those dropped included. */
    int errors() {
        return errors;
    }

    /** Sorted by place; a note at the end tells how many were dropped. */
    List<Problem> sorted() {
        ArrayList<Problem> sorted = new ArrayList<>(problems);
        sorted.sort(Problems.BY_PLACE);
        if (dropped > 0) {
            SourcePosition last = sorted.getLast().position();
            String text = "cannot list " + dropped + " more problems: " + MAX + " are enough to begin with";
            sorted.add(Problem.error(new SourcePosition(last.file(), 0, 0), text));
        }
        return sorted;
    }
}
