package org.jinit.notify;

/** Parses one datagram of sd_notify(3). */
public final class NotifyParser {
    /** The message, or why it is to be dropped. */
    public sealed interface Result {}

    public record Parsed(NotifyMessage message) implements Result {}

    /** @param reason for people; all its descriptors must be closed */
    public record Dropped(String reason) implements Result {}

    private NotifyParser() {}

    /** @param descriptors how many came with it */
    public static Result parse(byte[] datagram, int descriptors) {
        throw new UnsupportedOperationException("" + datagram.length + descriptors);
    }
}
