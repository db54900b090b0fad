package org.jinit.protocol;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What came over the wire is not a message of the protocol. */
public final class BadMessageException extends IOException {
    private static final long serialVersionUID = 1;

    private final @Nullable String parameter;

    /** The message as such is broken: not JSON, too long, too deep. Nothing after it can be trusted. */
    public BadMessageException(String text) {
        this(null, text);
    }

    /** {@code parameter}: the parameter that is missing or wrong, null when the message as such is broken */
    public BadMessageException(@Nullable String parameter, String text) {
        super(text);
        this.parameter = parameter;
    }

    /** The parameter that is wrong in a message that is otherwise well formed, or null. */
    public @Nullable String parameter() {
        return parameter;
    }
}
