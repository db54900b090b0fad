package org.jinit.config;

import java.util.List;
import org.jinit.model.Problem;
import org.jinit.model.Problem.Severity;
import org.jspecify.annotations.Nullable;

/** Where problems go while one thing is read, and what messages call it: {@code service web}, say. */
record Context(ProblemList problems, String subject) {
    /** {@code cannot use 'stop.timeout' in service web: cause}. */
    void error(Node at, String key, String cause) {
        problems.error(at.position(), text(key, cause));
    }

    void error(Node at, String key, String cause, @Nullable String hint) {
        problems.add(new Problem(Severity.ERROR, at.position(), text(key, cause), hint));
    }

    void warning(Node at, String key, String cause) {
        problems.warning(at.position(), text(key, cause));
    }

    /** {@code what}: a key or value with its quotes. */
    void unsupported(Node at, String what) {
        problems.error(at.position(), "cannot use " + what + " in " + subject + ": not supported yet by this version");
    }

    /** A value that is none of those allowed. */
    void notOneOf(Node.Scalar at, String key, List<String> allowed) {
        String near = Suggestion.of(at.text, allowed);
        String cause = "'" + Text.shown(at.text) + "' is not " + (allowed.size() > 1 ? "one of " : "")
                + Text.alternatives(allowed);
        error(at, key, cause, near);
    }

    void wrongKind(Node at, String key, String wanted) {
        error(at, key, "it must be " + wanted + ", not " + at.kind());
    }

    private String text(String key, String cause) {
        return "cannot use '" + key + "' in " + subject + ": " + cause;
    }
}
