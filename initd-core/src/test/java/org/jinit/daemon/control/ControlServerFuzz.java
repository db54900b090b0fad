package org.jinit.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jinit.fuzz.OpenDescriptors;
import org.jinit.fuzz.Script;
import org.jinit.linux.JnrLinux;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jinit.linux.SocketAddress;
import org.jinit.protocol.Call;
import org.jinit.protocol.FrameSplitter;
import org.jinit.protocol.ReplyCodec;

/**
 * Up to four clients of a live control server that write, write half, write together, hang up, send descriptors along and do not listen.
 * The server throws nothing, answers each with whole replies or the end, answers a new client, and keeps nothing of those that left.
 */
public final class ControlServerFuzz {
    private static final Linux LINUX = new JnrLinux();
    private static final int CLIENTS = 4;
    private static final int STEPS = 24;
    private static final int LARGE = 3 << 20;
    private static final int REST = 2000;

    private final TestServer server;
    private final int[] clients = new int[CLIENTS];
    private final FrameSplitter[] splitters = new FrameSplitter[CLIENTS];
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);

    private static final class Holder {
        static final TestServer SERVER = start();

        private static TestServer start() {
            try {
                Path directory = Files.createTempDirectory("control-fuzz");
                directory.toFile().deleteOnExit();
                TestServer server = new TestServer(directory);
                try (TestClient warm = server.client()) {
                    warm.call(new Call.Status(List.of("s0"), false, 1));
                }
                return server;
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    private ControlServerFuzz(TestServer server) {
        this.server = server;
        java.util.Arrays.fill(clients, Linux.NO_FD);
    }

    /** Each step: a client's digit, a letter, what it writes; {@code \r} in that stands for the NUL. */
    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        TestServer server = Holder.SERVER;
        OpenDescriptors before = new OpenDescriptors();
        ControlServerFuzz fuzz = new ControlServerFuzz(server);
        try {
            for (String step : Script.steps(input, STEPS)) {
                if (step.length() >= 2) {
                    fuzz.step(step.charAt(0) & 3, step.charAt(1), step.substring(2).replace('\r', '\0'));
                }
            }
            server.act(FakeBackend::answerAll);
            for (int i = 0; i < CLIENTS; i++) {
                fuzz.readAll(i);
            }
            fresh(server);
        } finally {
            for (int fd : fuzz.clients) {
                LINUX.close(fd);
            }
        }
        server.eventuallyConnections(0);
        server.act(fake -> {
            fake.asked.clear();
            fake.abandoned.clear();
            fake.enabledCalls.clear();
        });
        assertThat(server.thrown).isEmpty();
        assertThat(server.timers()).isZero();
        assertThat(server.<Boolean>ask(_ -> server.hasListener())).isFalse();
        before.assertNoMore();
    }

    private static void fresh(TestServer server) throws IOException {
        try (TestClient client = server.client()) {
            assertThat(client.call(new Call.Ping()).error()).isNull();
        }
    }

    private void step(int index, char what, String text) throws Exception {
        switch (what) {
            case 'c' -> hangUp(index);
            case 'a' -> server.act(FakeBackend::answerAll);
            case 'y' -> server.ask(_ -> true);
            case 'r' -> readAll(index);
            case 't' -> server.publish(FakeBackend.transition("s" + (text.length() & 1),
                    org.jinit.engine.State.RUNNING, org.jinit.engine.State.STOPPING));
            case 'f' -> write(index, text, 1, 2, 0);
            case 'b' -> {
                for (int i = 0; i < Math.min(text.length(), 200); i++) {
                    write(index, text.substring(i, i + 1));
                }
            }
            case 'L' -> large(index, text);
            default -> write(index, text);
        }
    }

    /** The same again and again, more than a frame may have. */
    private void large(int index, String text) throws Exception {
        String piece = (text.isEmpty() ? " " : text).repeat(64 * 1024 / Math.max(1, text.length()));
        for (int sent = 0; sent < LARGE && clients[index] != Linux.NO_FD; sent += piece.length()) {
            write(index, piece);
            server.ask(_ -> true);
        }
        assertThat(Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()).isLessThan(1L << 30);
    }

    private void hangUp(int index) {
        LINUX.close(clients[index]);
        clients[index] = Linux.NO_FD;
    }

    private void write(int index, String text, int... fds) {
        if (text.isEmpty()) {
            return;
        }
        if (clients[index] == Linux.NO_FD) {
            clients[index] = LINUX.socket(1, Linux.SOCK_STREAM);
            LINUX.connect(clients[index], SocketAddress.unix(server.socket.toString()));
            splitters[index] = new FrameSplitter(64 << 20);
        }
        byte[] bytes = Script.bytes(text);
        ByteBuffer data = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        try {
            LINUX.send(clients[index], data, fds);
        } catch (LinuxException e) {
            // EPIPE: the server has had enough; what it said before is still to be read.
            assertThat(e.errno()).isIn(Set.of(org.jinit.linux.Errno.EPIPE, org.jinit.linux.Errno.ECONNRESET));
        }
    }

    /** Replies that are there; each is a whole one. */
    private void readAll(int index) throws Exception {
        for (int i = 0; i < REST && clients[index] != Linux.NO_FD; i++) {
            server.ask(_ -> true);
            buffer.clear();
            int count;
            try {
                count = LINUX.read(clients[index], buffer);
            } catch (LinuxException e) {
                assertThat(e.errno()).isEqualTo(org.jinit.linux.Errno.ECONNRESET);
                count = 0;
            }
            if (count == Linux.WOULD_BLOCK) {
                return;
            }
            if (count == 0) {
                hangUp(index);
                return;
            }
            buffer.flip();
            for (byte[] frame = splitters[index].next(buffer); frame != null; frame = splitters[index].next(buffer)) {
                ReplyCodec.decode(frame);
            }
        }
    }
}
