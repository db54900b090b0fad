package org.jinit.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiConsumer;
import org.jinit.protocol.Answer;
import org.jinit.protocol.Call;
import org.jinit.protocol.CallCodec;
import org.jinit.protocol.FrameSplitter;
import org.jinit.protocol.ManagerError;
import org.jinit.protocol.ProcessInfo;
import org.jinit.protocol.ReplyCodec;
import org.jinit.protocol.ServiceStatus;

/** A jinitd that answers what the test says, on a real socket; one client after the other. */
final class FakeManager implements AutoCloseable {
    final List<Call> calls = Collections.synchronizedList(new ArrayList<>());
    private final ServerSocketChannel listening;
    private final BiConsumer<Call, Replies> script;

    /** Where the script puts its replies. */
    static final class Replies {
        private final List<byte[]> messages = new ArrayList<>();

        Replies part(Answer answer) {
            messages.add(ReplyCodec.encode(answer, true));
            return this;
        }

        Replies answer(Answer answer) {
            messages.add(ReplyCodec.encode(answer, false));
            return this;
        }

        Replies fail(ManagerError error) {
            messages.add(ReplyCodec.encode(error));
            return this;
        }
    }

    /** When there is no reply the connection is closed. */
    FakeManager(Path runDirectory, BiConsumer<Call, Replies> script) throws IOException {
        this.script = script;
        listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listening.bind(UnixDomainSocketAddress.of(runDirectory.resolve("control")));
        Thread.ofVirtual().start(this::serve);
    }

    static ServiceStatus status(String name, String state) {
        boolean up = state.equals("running");
        return new ServiceStatus(
                name, "the " + name + " server", "daemon", state, up ? "up" : "down", up ? 41 : null,
                up ? List.of(41, 42) : List.of(), 2,
                up ? "success" : "exit-code", up ? null : 7, null, up ? "serving \u001b[31mred" : null, 0,
                up ? "READY=1 from pid 41" : "pid 41 exited with 7", "2026-01-02T03:04:05.006Z", 3, up ? "tag" : null,
                true, false,
                true, 1, "pid 40 died, killed (Segmentation fault)", "good", null, List.of(), List.of(),
                List.of("first line", "last line"),
                up
                        ? List.of(
                                new ProcessInfo(41, 1, "main", "webd --all", 12_900_000, 75.5),
                                new ProcessInfo(42, 41, null, "webd: worker", 4096, 0.04))
                        : List.of());
    }

    private void serve() {
        while (listening.isOpen()) {
            try (SocketChannel client = listening.accept()) {
                serve(client);
            } catch (IOException e) {
                if (listening.isOpen()) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void serve(SocketChannel client) throws IOException {
        FrameSplitter splitter = new FrameSplitter();
        ByteBuffer input = ByteBuffer.allocate(64 * 1024);
        while (client.read(input.clear()) >= 0) {
            input.flip();
            for (byte[] frame = splitter.next(input); frame != null; frame = splitter.next(input)) {
                if (!reply(client, frame)) {
                    return;
                }
            }
        }
    }

    private boolean reply(SocketChannel client, byte[] frame) throws IOException {
        Replies replies = new Replies();
        try {
            Call call = CallCodec.decode(frame).call();
            calls.add(call);
            script.accept(call, replies);
        } catch (CallCodec.UnknownMethodException e) {
            throw new IOException(e);
        }
        for (byte[] message : replies.messages) {
            ByteBuffer buffer = ByteBuffer.wrap(message);
            while (buffer.hasRemaining()) {
                client.write(buffer);
            }
        }
        return !replies.messages.isEmpty();
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
