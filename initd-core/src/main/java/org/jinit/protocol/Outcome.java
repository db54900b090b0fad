package org.jinit.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one service of a request ended up.
 *
 * @param state its state now
 * @param result how its last run ended, null while the first one goes on
 * @param text {@code cannot start web: ...} when not ok
 * @param lastLines the last lines of its output when not ok
 */
public record Outcome(
        String name,
        boolean ok,
        String state,
        @Nullable String result,
        @Nullable String text,
        List<String> lastLines) {
    public Outcome {
        lastLines = List.copyOf(lastLines);
    }

    static Outcome read(Fields in) throws BadMessageException {
        return new Outcome(
                in.text("name"),
                in.flag("ok"),
                in.text("state"),
                in.textOrNull("result"),
                in.textOrNull("text"),
                in.texts("lastLines"));
    }

    /** Writes it as one object. */
    public void write(JsonOut out) {
        out.object(() -> out.member("name", name)
                .member("ok", ok)
                .member("state", state)
                .member("result", result)
                .member("text", text)
                .member("lastLines", lastLines));
    }
}
