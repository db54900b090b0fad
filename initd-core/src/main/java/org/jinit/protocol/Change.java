package org.jinit.protocol;

/**
 * One change of a service's state.
 *
 * @param cause why, in words
 * @param at when, RFC 3339 in UTC
 */
public record Change(String name, long generation, String from, String to, String cause, String at) {
    static Change read(Fields in) throws BadMessageException {
        return new Change(
                in.text("name"),
                in.number("generation"),
                in.text("from"),
                in.text("to"),
                in.text("cause"),
                in.text("at"));
    }

    /** Writes it as one object. */
    public void write(JsonOut out) {
        out.object(() -> out.member("name", name)
                .member("generation", generation)
                .member("from", from)
                .member("to", to)
                .member("cause", cause)
                .member("at", at));
    }
}
