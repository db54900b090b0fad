package org.jinit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jinit.fuzz.OpenDescriptors;
import org.jinit.fuzz.Script;

/** Messages of a keeper that is out of its mind: read as they are or refused, over a real socket, with no descriptor left. */
public final class KeeperLinkFuzz {
    private static final Linux LINUX = new JnrLinux();

    private KeeperLinkFuzz() {}

    /** Steps: how many descriptors as a digit, then a message. */
    public static void fuzzerTestOneInput(byte[] input) {
        OpenDescriptors before = new OpenDescriptors();
        List<Throwable> thrown = new ArrayList<>();
        Reactor reactor = new Reactor(LINUX, (what, e) -> thrown.add(e));
        int[] pair = LINUX.socketPair(Linux.SOCK_SEQPACKET);
        List<Object> told = new ArrayList<>();
        KeeperLink link = new KeeperLink(LINUX, reactor, pair[0], new KeeperLink.Listener() {
            @Override
            public void received(KeeperProtocol.FromKeeper message, int[] fds) {
                told.add(message);
                for (int fd : fds) {
                    LINUX.close(fd);
                }
            }

            @Override
            public void lost(String why) {
                told.add(why);
            }
        });
        List<Object> expected = new ArrayList<>();
        boolean lost = false;
        for (String step : Script.steps(input, 6)) {
            byte[] message = Script.bytes(step.length() > 1 ? step.substring(1) : "");
            if (message.length == 0 || step.charAt(0) > '9') {
                continue;
            }
            int[] fds = new int[Math.max(0, step.charAt(0) - '0')];
            Arrays.fill(fds, pair[1]);
            ByteBuffer bytes = ByteBuffer.allocateDirect(message.length).put(message).flip();
            if (!lost && LINUX.send(pair[1], bytes, fds) != Linux.WOULD_BLOCK) {
                // What is longer than any message may be is cut off, and none for it.
                Object meaning = decode(Arrays.copyOf(message, Math.min(message.length, KeeperProtocol.MAX_MESSAGE)));
                expected.add(meaning);
                lost = meaning instanceof String;
            }
        }
        // Descriptors under way are kept alive by the messages that bring them, until those are read.
        reactor.runOnce(0);
        assertThat(thrown).isEmpty();
        assertThat(told).isEqualTo(expected);
        link.close();
        LINUX.close(pair[1]);
        reactor.close();
        before.assertNoMore();
    }

    private static Object decode(byte[] message) {
        try {
            KeeperProtocol.FromKeeper first = KeeperProtocol.decode(ByteBuffer.wrap(message));
            assertThat(KeeperProtocol.sizeOf(Short.toUnsignedInt(ByteBuffer.wrap(message)
                    .order(java.nio.ByteOrder.nativeOrder())
                    .getShort(2)))).isEqualTo(message.length);
            assertThat(KeeperProtocol.decode(ByteBuffer.wrap(message))).isEqualTo(first);
            if (first instanceof KeeperProtocol.Orphans orphans) {
                assertThat(orphans.last()).hasSizeLessThanOrEqualTo(64);
            }
            return first;
        } catch (KeeperProtocol.MalformedException e) {
            String text = String.valueOf(e.getMessage());
            assertThat(text).startsWith("cannot read keeper message: ").hasSizeLessThan(200);
            return text;
        }
    }
}
