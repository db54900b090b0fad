package org.jinit.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jinit.engine.Cause;
import org.jinit.engine.State;
import org.jinit.engine.Transition;
import org.jinit.model.ServiceName;
import org.jinit.protocol.Answer;
import org.jinit.protocol.Call;
import org.jinit.protocol.CallCodec;
import org.jinit.protocol.FrameSplitter;
import org.jinit.protocol.ManagerError;
import org.jinit.protocol.ReplyCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that stall, flood, send rubbish or vanish hurt themselves alone. */
@Timeout(120)
class HostileClientTest {
    @TempDir
    Path directory;

    private static void assertServes(TestServer server) throws Exception {
        try (TestClient client = server.client()) {
            assertThat(client.call(new Call.Ping()).error()).isNull();
        }
        assertThat(server.thrown).isEmpty();
    }

    @Test
    void rubbishGetsOneErrorAndTheEnd() throws Exception {
        List<String> rubbish = List.of(
                "GET / HTTP/1.1\r\n\r\n\0", "\0", "{}\0", "[1]\0", "{\"method\":17}\0", "{\"method\":\"x\"} {}\0",
                "{\"a\":1,\"a\":2}\0",
                "[".repeat(100_000) + "\0", "{\"method\":\"org.jinit.Manager.Ping\",\"upgrade\":true}\0");
        try (TestServer server = new TestServer(directory)) {
            for (String text : rubbish) {
                try (TestClient client = server.client()) {
                    client.raw(text);
                    assertThat(client.reply().error()).as(text.substring(0, Math.min(30, text.length()))).isNotNull();
                }
            }
            server.eventuallyConnections(0);
            assertServes(server);
        }
    }

    @Test
    void wrongParameterCostsTheCallAndNotTheConnection() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            client.raw("{\"method\":\"org.jinit.Manager.Start\",\"parameters\":{\"names\":\"web\"}}\0");
            client.raw("{\"method\":\"org.jinit.Manager.Explode\"}\0");
            client.raw("{\"method\":\"io.systemd.Ping\"}\0");
            assertThat(client.reply().error())
                    .isEqualTo(new ManagerError.Standard("InvalidParameter", "parameter", "names"));
            assertThat(client.reply().error())
                    .isEqualTo(new ManagerError.Standard("MethodNotFound", "method", "org.jinit.Manager.Explode"));
            assertThat(client.reply().error())
                    .isEqualTo(new ManagerError.Standard("MethodNotFound", "method", "io.systemd.Ping"));
            assertThat(client.call(new Call.Ping()).error()).isNull();
        }
    }

    @Test
    void messageOfTenMegabytesIsRefusedWithoutBeingKept() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            byte[] piece = new byte[64 * 1024];
            java.util.Arrays.fill(piece, (byte) 'x');
            client.channel().configureBlocking(false);
            long sent = 0;
            try {
                while (sent < 10 << 20) {
                    int count = client.channel().write(ByteBuffer.wrap(piece));
                    sent += count;
                    if (count == 0) {
                        Thread.onSpinWait();
                    }
                }
            } catch (java.io.IOException e) {
                assertThat(sent).as("refused early").isLessThan(4 << 20);
            }
            client.channel().configureBlocking(true);
            assertThat(client.reply().error()).isInstanceOf(ManagerError.InvalidArgument.class);
            assertThat(client.isEnded()).isTrue();
            assertServes(server);
        }
    }

    @Test
    void longestMessageIsTakenByteByByte() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            String ping = "{\"method\":\"org.jinit.Manager.Ping\"" + " ".repeat(FrameSplitter.MAX_FRAME - 35) + "}";
            assertThat(ping).hasSize(FrameSplitter.MAX_FRAME);
            client.raw(ping.substring(0, 10));
            for (int i = 10; i < 200; i++) {
                client.raw(ping.substring(i, i + 1));
            }
            client.raw(ping.substring(200) + "\0");
            assertThat(client.reply().error()).isNull();
        }
    }

    @Test
    void manyLongUnfinishedMessagesTogetherAreBounded() throws Exception {
        ControlLimits limits = new ControlLimits(64, 1 << 20, 32, 256 * 1024, Duration.ofSeconds(30));
        try (TestServer server = new TestServer(directory, limits, 1)) {
            List<TestClient> clients = new ArrayList<>();
            int refused = 0;
            for (int i = 0; i < 8; i++) {
                TestClient client = server.client();
                clients.add(client);
                byte[] half = " ".repeat(500 * 1024).getBytes(StandardCharsets.US_ASCII);
                try {
                    client.raw(half);
                } catch (java.io.IOException e) {
                    refused++;
                }
            }
            server.eventuallyConnections(2);
            assertThat(refused).isLessThanOrEqualTo(6);
            assertServes(server);
            for (TestClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void clientThatReadsNothingIsDroppedAfterAWhile() throws Exception {
        ControlLimits limits = new ControlLimits(16, 32 << 20, 32, 64 * 1024, Duration.ofMillis(200));
        try (TestServer server = new TestServer(directory, limits, 900)) {
            try (TestClient deaf = server.client()) {
                deaf.channel().configureBlocking(false);
                byte[] call = CallCodec.encode(new Call.ListServices(), false);
                for (int i = 0; i < 64; i++) {
                    if (deaf.channel().write(ByteBuffer.wrap(call)) == 0) {
                        break;
                    }
                }
                server.eventuallyConnections(0);
                assertThat(server.counters().stalled()).isEqualTo(1);
            }
            assertServes(server);
            assertThat(server.timers()).isZero();
        }
    }

    @Test
    void slowListenerLosesEventsAndIsToldHowMany() throws Exception {
        ControlLimits limits = new ControlLimits(16, 32 << 20, 32, 16 * 1024, Duration.ofSeconds(60));
        try (TestServer server = new TestServer(directory, limits, 1); TestClient slow = server.client()) {
            slow.sendMore(new Call.Events(List.of()));
            server.eventually(_ -> server.hasListener());
            for (int i = 1; i <= 20_000; i++) {
                server.publish(numbered(i));
            }
            AtomicLong newest = new AtomicLong();
            AtomicLong told = new AtomicLong();
            AtomicLong lost = new AtomicLong();
            Thread reader = Thread.ofPlatform().start(() -> {
                try {
                    while (newest.get() <= 20_000) {
                        Answer.Event event = Answer.Event.read(slow.reply().parameters());
                        told.incrementAndGet();
                        lost.addAndGet(event.lost());
                        newest.set(event.change().generation());
                    }
                } catch (java.io.IOException e) {
                    newest.set(Long.MAX_VALUE);
                }
            });
            for (int i = 20_001; reader.isAlive(); i++) {
                server.publish(numbered(i));
            }
            assertThat(lost.get()).isPositive();
            assertThat(told.get() + lost.get()).as("every change was told or counted").isEqualTo(newest.get());
        }
    }

    private static Transition numbered(long generation) {
        return new Transition(
                new ServiceName("s0"), generation, State.RUNNING, State.STOPPING, new Cause.ByReadiness("test"), 0);
    }

    @Test
    void floodOfCallsDoesNotKeepOthersWaiting() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient flooder = server.client()) {
            byte[] ping = CallCodec.encode(new Call.Ping(), false);
            ByteBuffer thousand = ByteBuffer.allocate(ping.length * 1000);
            for (int i = 0; i < 1000; i++) {
                thousand.put(ping);
            }
            Thread flood = Thread.ofPlatform().start(() -> {
                try {
                    while (true) {
                        flooder.raw(thousand.array());
                    }
                } catch (java.io.IOException e) {
                    // The end of the test.
                }
            });
            Thread drain = Thread.ofPlatform().start(() -> {
                try {
                    while (flooder.frame() != null) {
                        Thread.onSpinWait();
                    }
                } catch (java.io.IOException e) {
                    // The end of the test.
                }
            });
            long worst = 0;
            try (TestClient client = server.client()) {
                for (int i = 0; i < 200; i++) {
                    long start = System.nanoTime();
                    assertThat(client.call(new Call.Ping()).error()).isNull();
                    worst = Math.max(worst, System.nanoTime() - start);
                }
            }
            assertThat(Duration.ofNanos(worst)).isLessThan(Duration.ofSeconds(1));
            flooder.disconnect();
            flood.join();
            drain.join();
            server.eventuallyConnections(0);
        }
    }

    @Test
    void pipelinedCallsAreAnsweredInTheirOrder() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            client.send(new Call.Start(List.of("s0"), false, null));
            for (int i = 0; i < 200; i++) {
                client.send(new Call.LogLevel("l" + i));
            }
            server.eventually(fake -> fake.asked.size() == 1);
            assertThat(server.<String>ask(fake -> fake.level)).as("nothing overtakes the call under way")
                    .isEqualTo("info");
            server.act(FakeBackend::answerAll);
            assertThat(Answer.Outcomes.read(client.reply().parameters()).outcomes()).hasSize(1);
            for (int i = 0; i < 200; i++) {
                assertThat(Answer.Level.read(client.reply().parameters()).level()).isEqualTo("l" + i);
            }
        }
    }

    @Test
    void fiveHundredClientsAtOnceAreAllServed() throws Exception {
        try (TestServer server = new TestServer(directory)) {
            List<TestClient> clients = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                clients.add(server.client());
            }
            for (TestClient client : clients) {
                client.send(new Call.Start(List.of("s0"), false, null));
            }
            server.eventually(fake -> fake.asked.size() == 500);
            server.act(FakeBackend::answerAll);
            for (TestClient client : clients) {
                assertThat(client.reply().error()).isNull();
            }
            for (TestClient client : clients) {
                client.close();
            }
            server.eventuallyConnections(0);
            assertThat(server.<List<?>>ask(fake -> fake.abandoned)).isEmpty();
        }
    }

    @Test
    void idleClientMakesRoomForANewOneAndABusyOneDoesNot() throws Exception {
        ControlLimits limits = new ControlLimits(2, 32 << 20, 32, 256 * 1024, Duration.ofSeconds(30));
        try (TestServer server = new TestServer(directory, limits, 1);
                TestClient busy = server.client();
                TestClient idle = server.client()) {
            busy.send(new Call.Start(List.of("s0"), false, null));
            server.eventually(fake -> fake.asked.size() == 1);
            idle.call(new Call.Ping());
            try (TestClient third = server.client()) {
                assertThat(third.call(new Call.Ping()).error()).isNull();
                assertThat(idle.isEnded()).isTrue();
                third.send(new Call.Wait(List.of("s0"), "down", 0));
                server.eventuallyConnections(2);
                try (TestClient fourth = server.client()) {
                    assertThat(fourth.reply().error()).isInstanceOf(ManagerError.Unavailable.class);
                    assertThat(fourth.isEnded()).isTrue();
                }
            }
            server.act(FakeBackend::answerAll);
            assertThat(busy.reply().error()).isNull();
        }
    }

    @Test
    void clientsThatVanishAtAnyMomentLeaveNothingBehind() throws Exception {
        try (TestServer server = new TestServer(directory, ControlLimits.DEFAULT, 2000)) {
            SplittableRandom random = new SplittableRandom(7);
            for (int i = 0; i < 300; i++) {
                try (TestClient client = server.client()) {
                    byte[] call = switch (random.nextInt(5)) {
                        case 0 -> CallCodec.encode(new Call.ListServices(), true);
                        case 1 -> CallCodec.encode(new Call.Events(List.of()), true);
                        case 2 -> CallCodec.encode(new Call.Wait(List.of("s0"), "down", 100_000), false);
                        case 3 -> CallCodec.encode(new Call.Start(List.of("s0"), false, null), false);
                        default -> CallCodec.encode(new Call.Ping(), false);
                    };
                    client.raw(java.util.Arrays.copyOf(call, random.nextInt(call.length + 1)));
                    if (random.nextBoolean()) {
                        server.publish(FakeBackend.transition("s1", State.RUNNING, State.RUNNING));
                    }
                }
            }
            server.eventuallyConnections(0);
            server.eventually(fake -> fake.abandoned.size() == fake.asked.size());
            assertThat(server.timers()).isZero();
            assertServes(server);
        }
    }

    @Test
    void randomBytesNeverBreakTheServer() throws Exception {
        try (TestServer server = new TestServer(directory)) {
            SplittableRandom random = new SplittableRandom(11);
            byte[] seed = CallCodec.encode(new Call.Status(List.of("s0"), false, 3), true);
            for (int i = 0; i < 500; i++) {
                byte[] bytes = seed.clone();
                for (int flips = random.nextInt(1, 6); flips > 0; flips--) {
                    bytes[random.nextInt(bytes.length - 1)] = (byte) random.nextInt(1, 256);
                }
                try (TestClient client = server.client()) {
                    client.raw(bytes);
                    ReplyCodec.Envelope reply = client.reply();
                    assertThat(reply.error() != null || Objects.requireNonNull(reply.parameters()) != null).isTrue();
                }
            }
            server.eventuallyConnections(0);
            assertServes(server);
        }
    }
}
