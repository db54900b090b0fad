package org.jinit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jinit.linux.KeeperProtocol.Label;
import org.jinit.linux.KeeperProtocol.Orphan;
import org.jinit.linux.KeeperProtocol.Refusal;
import org.jinit.linux.KeeperProtocol.SlotState;
import org.jinit.linux.KeeperProtocol.Step;
import org.junit.jupiter.api.Test;

/** Java's codec against the C structs: each side reads what the other wrote. */
class KeeperProtocolTest {
    private static byte[] samples() throws IOException, InterruptedException {
        KeeperDriver.Outcome outcome = KeeperDriver.call(new byte[0], "samples");
        assertThat(outcome.code()).isZero();
        return outcome.bytes();
    }

    private static List<ByteBuffer> split(byte[] bytes) {
        ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        List<ByteBuffer> messages = new ArrayList<>();
        while (all.hasRemaining()) {
            int size = all.getInt(all.position() + 4);
            messages.add(all.slice(all.position(), size));
            all.position(all.position() + size);
        }
        return messages;
    }

    @Test
    void messagesOfTheKeeperAreReadAsCWroteThem() throws IOException, InterruptedException {
        List<KeeperProtocol.FromKeeper> read = split(samples()).stream().map(KeeperProtocol::decode).toList();
        Label none = Label.of("");
        assertThat(read).containsExactly(
                new KeeperProtocol.Welcome(1, false, true, true, 101, 102, 103, 104, "boot", 0x7ffffffe, 105, 106, 107,
                        108, -1),
                new KeeperProtocol.Slot(1L << 40, 201, SlotState.FAILED, false, false, false, true, 202, 127 << 8,
                        Step.EXEC, 2, 203, 204, Label.of("label"), "/bin/nope"),
                new KeeperProtocol.Slot(2, 0, SlotState.EXITED, true, true, true, false, 0, 0, Step.PLAN, 0, 0, 0, none,
                        ""),
                new KeeperProtocol.Stopped(301, 302, 19),
                new KeeperProtocol.Orphans(401, List.of(new Orphan(402, 0), new Orphan(403, 9))),
                new KeeperProtocol.Signal(15, 501, 502, 503), new KeeperProtocol.Stored(Label.of("stored")),
                new KeeperProtocol.Ping(601), new KeeperProtocol.Refused(701, Refusal.NO_PROCESS, 11),
                new KeeperProtocol.Synced());
    }

    @Test
    void messagesToTheKeeperAreReadByCAsJavaWroteThem() throws IOException, InterruptedException {
        ByteBuffer out = ByteBuffer.allocate(12 * KeeperProtocol.MAX_MESSAGE);
        Label label = Label.of("web main 1");
        for (KeeperProtocol.ToKeeper message : List.of(new KeeperProtocol.Hello(), new KeeperProtocol.Spawn(1, label),
                new KeeperProtocol.Ack(2, SlotState.EXITED), new KeeperProtocol.Watch(3, label),
                new KeeperProtocol.Release(4), new KeeperProtocol.StorePut(label), new KeeperProtocol.StoreDrop(label),
                new KeeperProtocol.Pong(5), new KeeperProtocol.Ending(6, 7000), new KeeperProtocol.Exit(8, true),
                new KeeperProtocol.Ready(false), new KeeperProtocol.Ready(true))) {
            KeeperProtocol.encode(message, out);
        }
        KeeperDriver.Outcome outcome = KeeperDriver.call(KeeperDriver.bytesOf(out.flip()), "messages");
        assertThat(outcome.text()).isEqualTo("""
                hello 1
                spawn 1 web main 1
                ack 2 4
                watch 3 web main 1
                release 4
                put web main 1
                drop web main 1
                pong 5
                ending 6 7000
                exit 8 1
                ready 1
                ready 2
                """);
        assertThat(outcome.code()).isZero();
    }

    @Test
    void planIsReadByCAsJavaWroteIt() throws IOException, InterruptedException {
        SpawnPlan plan = SpawnPlan.of(List.of("web", "-x", ""), List.of("A=b", "C=ü"))
                .executable("/usr/bin/web")
                .account("www", "net", List.of("tty", "20"))
                .directory("/srv")
                .root("/r")
                .terminal("/dev/tty1")
                .notifySocket("/run/n")
                .cgroupIndex(1)
                .namespaceIndex(2)
                .nice(-3)
                .ioPriority(16388)
                .oomScoreAdjust(-100)
                .umask(23)
                .affinity(List.of(0, 9))
                .tag(0x7ffffffe00000001L)
                .signals(1, -1L)
                .fd(3, 0, false)
                .fd(1, 2, true)
                .limit(7, 1024, -1)
                .flag(SpawnPlan.Flag.SESSION)
                .flag(SpawnPlan.Flag.ACCOUNT_ENVIRONMENT)
                .build();
        KeeperDriver.Outcome outcome = KeeperDriver.call(KeeperDriver.bytesOf(plan.encode()), "plan");
        assertThat(outcome.text()).isEqualTo("""
                argv=[web][-x][]
                environment=[A=b][C=ü]
                groups=[tty][20]
                executable=/usr/bin/web
                user=www
                group=net
                directory=/srv
                root=/r
                terminal=/dev/tty1
                notify=/run/n
                fd=3 from 0 flags 0
                fd=1 from 2 flags 1
                limit=7 1024 18446744073709551615
                cpu=0
                cpu=9
                flags=2269 cgroup=1 namespace=2 nice=-3 oom=-100 io=16388 umask=27 tag=9223372028264841217 ignored=1 \
                blocked=18446744073709551615
                """);
    }

    @Test
    void largePlanIsEncodedAndTooLargeOneRefused() throws IOException, InterruptedException {
        String large = "x".repeat(1_000_000);
        SpawnPlan plan = SpawnPlan.of(List.of("web", large, large), List.of(large)).build();
        KeeperDriver.Outcome outcome = KeeperDriver.call(KeeperDriver.bytesOf(plan.encode()), "plan");
        assertThat(outcome.text()).startsWith("argv=[web][xxx").contains("environment=[xxx");
        SpawnPlan tooLarge = SpawnPlan.of(List.of("web", large, large, large, large, large), List.of()).build();
        assertThatThrownBy(tooLarge::encode).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("over");
        assertThatThrownBy(() -> SpawnPlan.of(List.of("a\0b"), List.of()).build().encode()).hasMessageContaining("NUL");
    }

    @Test
    void mutilatedMessagesAreMalformedAndNothingElse() throws IOException, InterruptedException {
        Random random = new Random(42);
        List<ByteBuffer> samples = split(samples());
        for (int round = 0; round < 100_000; round++) {
            byte[] bytes = KeeperDriver.bytesOf(samples.get(random.nextInt(samples.size())).duplicate());
            for (int i = random.nextInt(4); i >= 0; i--) {
                bytes[random.nextInt(Math.min(bytes.length, 64))] = (byte) random.nextInt();
            }
            int length = random.nextInt(10) == 0 ? random.nextInt(bytes.length) : bytes.length;
            try {
                assertThat(KeeperProtocol.decode(ByteBuffer.wrap(bytes, 0, length))).isNotNull();
            } catch (KeeperProtocol.MalformedException e) {
                assertThat(e).hasMessageStartingWith("cannot read keeper message: ");
            }
        }
    }

    @Test
    void stepsHaveTheNumbersOfTheHeader() {
        assertThat(Step.values()).hasSize(19);
        assertThat(List.of(Step.values()).indexOf(Step.EXEC)).isEqualTo(18);
        assertThat(Label.of("web").text()).isEqualTo("web");
        assertThatThrownBy(() -> Label.of(new byte[KeeperProtocol.LABEL_SIZE + 1])).hasMessageContaining("over 192");
    }
}
