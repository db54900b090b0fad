package org.jinit.protocol;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of bytes into varlink messages, which end in a NUL. It keeps at most one unfinished message, of at most
 * {@link #MAX_FRAME} bytes, and starts small: an idle connection costs little.
 */
public final class FrameSplitter {
    /** The longest message in either direction, in bytes, without its NUL. */
    public static final int MAX_FRAME = 1 << 20;

    private static final int INITIAL = 512;
    private static final int KEPT = 8 * 1024;

    private final int limit;
    private byte[] pending = new byte[0];
    private int length;

    public FrameSplitter() {
        this(MAX_FRAME);
    }

    /** {@code limit}: the longest message accepted, in bytes */
    public FrameSplitter(int limit) {
        this.limit = limit;
    }

    /**
     * The next whole message, or null when {@code input} has no end of one; what was read of it is kept. Takes no more of {@code input}
     * than that message.
     *
     * @throws BadMessageException if the message is longer than the limit
     */
    public byte @Nullable [] next(ByteBuffer input) throws BadMessageException {
        int start = input.position();
        int end = indexOfNul(input);
        int chunk = (end < 0 ? input.limit() : end) - start;
        if (length + (long) chunk > limit) {
            throw new BadMessageException("cannot read a message: it is longer than " + limit + " bytes");
        }
        if (end < 0) {
            keep(input, chunk);
            return null;
        }
        byte[] frame = new byte[length + chunk];
        System.arraycopy(pending, 0, frame, 0, length);
        input.get(frame, length, chunk);
        input.get();
        length = 0;
        if (pending.length > KEPT) {
            pending = new byte[0];
        }
        return frame;
    }

    /** How many bytes of an unfinished message are kept. */
    public int pendingBytes() {
        return length;
    }

    private void keep(ByteBuffer input, int chunk) {
        if (length + chunk > pending.length) {
            int doubled = Math.max(INITIAL, pending.length * 2);
            pending = Arrays.copyOf(pending, Math.max(length + chunk, Math.min(doubled, limit)));
        }
        input.get(pending, length, chunk);
        length += chunk;
    }

    private static int indexOfNul(ByteBuffer input) {
        for (int at = input.position(); at < input.limit(); at++) {
            if (input.get(at) == 0) {
                return at;
            }
        }
        return -1;
    }
}
