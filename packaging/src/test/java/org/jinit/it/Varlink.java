package org.jinit.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A connection to jinitd's control socket without anything of jinit's own code: NUL-terminated JSON (https://varlink.org). */
final class Varlink implements AutoCloseable {
    private static final int LONGEST = 64 << 20;

    private final SocketChannel channel;
    private final ByteBuffer received = ByteBuffer.allocate(64 << 10);
    private byte[] pending = new byte[0];

    Varlink(Path socket) {
        try {
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends these bytes as they are. */
    void send(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /** Sends a message with its NUL. */
    void send(String message) throws IOException {
        send((message + "\0").getBytes(StandardCharsets.UTF_8));
    }

    /** The next message, or null at the end of the connection. */
    @Nullable String receive() throws IOException {
        while (true) {
            for (int i = 0; i < pending.length; i++) {
                if (pending[i] == 0) {
                    String message = new String(pending, 0, i, StandardCharsets.UTF_8);
                    pending = Arrays.copyOfRange(pending, i + 1, pending.length);
                    return message;
                }
            }
            received.clear();
            int count = channel.read(received);
            if (count < 0 || pending.length > LONGEST) {
                return null;
            }
            int before = pending.length;
            pending = Arrays.copyOf(pending, before + count);
            System.arraycopy(received.array(), 0, pending, before, count);
        }
    }

    /** The whole reply to a call of {@code org.jinit.Manager}. */
    Map<String, @Nullable Object> call(String method, String parameters) {
        try {
            send("{\"method\":\"org.jinit.Manager." + method + "\",\"parameters\":" + parameters + "}");
            String reply = receive();
            if (reply == null) {
                throw new IOException("the connection ended");
            }
            return Json.object(Json.parse(reply));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
