package org.jinit.linux;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Buffers of tests. */
final class Bytes {
    private Bytes() {}

    static ByteBuffer of(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    static ByteBuffer room(int size) {
        return ByteBuffer.allocateDirect(size);
    }

    /** What was read into the buffer. */
    static String text(ByteBuffer read) {
        return StandardCharsets.UTF_8.decode(read.flip()).toString();
    }
}
