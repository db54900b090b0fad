package org.jinit.daemon.control;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jinit.protocol.Call;
import org.jinit.protocol.CallCodec;
import org.jinit.protocol.FrameSplitter;
import org.jinit.protocol.ReplyCodec;
import org.jspecify.annotations.Nullable;

/** A blocking client over a real socket. */
final class TestClient implements AutoCloseable {
    private final SocketChannel channel;
    private final FrameSplitter splitter = new FrameSplitter(64 << 20);
    private final ByteBuffer input = ByteBuffer.allocate(256 * 1024).limit(0);

    TestClient(Path socket) throws IOException {
        channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
    }

    SocketChannel channel() {
        return channel;
    }

    TestClient send(Call call) throws IOException {
        return raw(CallCodec.encode(call, false));
    }

    TestClient sendMore(Call call) throws IOException {
        return raw(CallCodec.encode(call, true));
    }

    TestClient raw(String text) throws IOException {
        return raw(text.getBytes(StandardCharsets.UTF_8));
    }

    TestClient raw(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        return this;
    }

    /** The next reply; fails when the connection ends. */
    ReplyCodec.Envelope reply() throws IOException {
        byte[] frame = frame();
        if (frame == null) {
            throw new IOException("the server closed the connection");
        }
        return ReplyCodec.decode(frame);
    }

    ReplyCodec.Envelope call(Call call) throws IOException {
        return send(call).reply();
    }

    /** Null at the end of the connection. */
    byte @Nullable [] frame() throws IOException {
        while (true) {
            byte[] frame = splitter.next(input);
            if (frame != null) {
                return frame;
            }
            input.clear();
            int count;
            try {
                count = channel.read(input);
            } catch (IOException e) {
                // Closed with our bytes unread: a reset.
                count = -1;
            }
            input.flip();
            if (count < 0) {
                input.limit(0);
                return null;
            }
        }
    }

    /** Whether nothing but the end of the connection is left. */
    boolean isEnded() throws IOException {
        return frame() == null;
    }

    @Override
    public void close() throws IOException {
        disconnect();
    }

    void disconnect() throws IOException {
        channel.close();
    }
}
