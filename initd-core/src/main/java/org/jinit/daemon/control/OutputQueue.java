package org.jinit.daemon.control;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jinit.linux.Linux;

/** Bytes that wait until a client takes them. */
final class OutputQueue {
    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
    private int offset;
    private int bytes;

    void add(byte[] chunk) {
        chunks.add(chunk);
        bytes += chunk.length;
    }

    int bytes() {
        return bytes;
    }

    /**
     * Sends what the socket takes.
     *
     * @param scratch direct, overwritten
     * @return whether anything was sent
     */
    boolean send(Linux linux, int socket, ByteBuffer scratch) {
        boolean sent = false;
        while (bytes > 0) {
            int filled = fill(scratch);
            int count = linux.send(socket, scratch);
            if (count < 0) {
                return sent;
            }
            sent = true;
            consume(count);
            if (count < filled) {
                return true;
            }
        }
        return sent;
    }

    private int fill(ByteBuffer scratch) {
        scratch.clear();
        int from = offset;
        for (byte[] chunk : chunks) {
            int length = Math.min(chunk.length - from, scratch.remaining());
            scratch.put(chunk, from, length);
            from = 0;
            if (!scratch.hasRemaining()) {
                break;
            }
        }
        scratch.flip();
        return scratch.remaining();
    }

    private void consume(int count) {
        bytes -= count;
        offset += count;
        for (byte[] head = chunks.peek(); head != null && offset >= head.length; head = chunks.peek()) {
            offset -= head.length;
            chunks.remove();
        }
    }
}
