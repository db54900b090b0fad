package org.jinit.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jinit.engine.Effect;
import org.jinit.engine.ServiceView;
import org.jinit.fuzz.OpenDescriptors;
import org.jinit.fuzz.Script;
import org.jinit.linux.JnrLinux;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jinit.linux.SocketAddress;

/**
 * Real datagrams with real descriptors to the notify socket of a service, down to the engine and the store: nothing is thrown, no
 * descriptor is left, strangers change nothing.
 */
public final class NotifyChannelFuzz {
    private static final Linux LINUX = new JnrLinux();
    private static final Path DIRECTORY = directory();
    private static final int MOST_DESCRIPTORS = 253;
    private static final int STATUS_MAX = 4096;
    private static final int EXTRA_MAX = 32;

    private NotifyChannelFuzz() {}

    private static Path directory() {
        try {
            Path directory = Files.createTempDirectory("notify-fuzz");
            directory.toFile().deleteOnExit();
            return directory;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Each step is a datagram, or {@code KINDS|datagram} with a letter for each descriptor and each oddity, see {@link Parcel}. */
    public static void fuzzerTestOneInput(byte[] input) {
        OpenDescriptors before = new OpenDescriptors();
        String path = DIRECTORY.resolve("n").toString();
        NotifyWorld world = new NotifyWorld(LINUX, path);
        int client = LINUX.socket(1, Linux.SOCK_DGRAM);
        LINUX.connect(client, SocketAddress.unix(path));
        for (String step : Script.steps(input, 6)) {
            int bar = step.indexOf('|');
            try (Parcel parcel = new Parcel(bar < 0 ? "" : step.substring(0, bar), client)) {
                send(world, client, parcel, Script.bytes(step.substring(bar + 1)));
            }
        }
        world.reactor.runOnce(0);
        assertThat(world.thrown).isEmpty();
        LINUX.close(client);
        world.close();
        before.assertNoMore();
    }

    private static void send(NotifyWorld world, int client, Parcel parcel, byte[] text) {
        byte[] bytes = java.util.Arrays.copyOf(text, text.length + parcel.padding);
        java.util.Arrays.fill(bytes, text.length, bytes.length, parcel.pad);
        ByteBuffer datagram = ByteBuffer.allocateDirect(Math.max(1, bytes.length)).put(bytes).flip();
        try {
            LINUX.send(client, datagram, parcel.fds());
        } catch (LinuxException e) {
            // ETOOMANYREFS, EINVAL: the kernel does not take every descriptor.
            return;
        }
        world.known(!parcel.stranger);
        ServiceView seen = world.view();
        int stored = world.store.of(NotifyWorld.WEB).size();
        int effects = world.effects.size();
        world.channel().drain();
        world.reactor.runOnce(0);
        ServiceView now = world.view();
        if (parcel.stranger) {
            assertThat(now).isEqualTo(seen);
            assertThat(world.effects.subList(effects, world.effects.size())).as("for a stranger").isEmpty();
            assertThat(world.store.of(NotifyWorld.WEB).size()).isLessThanOrEqualTo(stored);
        }
        for (Effect effect : world.effects.subList(effects, world.effects.size())) {
            assertThat(effect).isNotInstanceOf(Effect.Exit.class);
        }
        assertThat(world.store.of(NotifyWorld.WEB)).hasSizeLessThanOrEqualTo(NotifyWorld.STORE)
                .allMatch(entry -> entry.name.matches("[ -9;-~]{1,255}"));
        assertThat(world.kept)
                .hasSize((int) world.store.of(NotifyWorld.WEB).stream().filter(e -> e.label != null).count());
        String status = now.statusText();
        assertThat(status == null || (!status.isEmpty() && status.length() <= STATUS_MAX)).isTrue();
        assertThat(now.extra()).hasSizeLessThanOrEqualTo(EXTRA_MAX).allMatch(field -> field.length() <= STATUS_MAX);
        parcel.awaitClosed();
    }

    /** What is sent along. */
    private static final class Parcel implements AutoCloseable {
        private final List<Integer> fds = new ArrayList<>();
        private final List<Integer> pipes = new ArrayList<>();
        int padding;
        byte pad;
        boolean stranger;

        Parcel(String kinds, int client) {
            for (int i = 0; i < kinds.length() && fds.size() < MOST_DESCRIPTORS; i++) {
                add(kinds.charAt(i), client);
            }
        }

        private void add(char kind, int client) {
            switch (kind) {
                case '!' -> stranger = true;
                case 'x' -> pad('x', 4096);
                case '0' -> pad('\0', 1);
                case 'l' -> pad('\n', 5);
                case 'n' -> fds.add(LINUX.open("/dev/null", Linux.O_RDWR));
                case 'p' -> fds.add(LINUX.pidfdOpen(LINUX.pid()));
                case '1' -> fds.add(LINUX.pidfdOpen(1));
                case 'c' -> fds.add(LINUX.duplicate(client));
                case 'e' -> fds.add(LINUX.epollCreate());
                case 'v' -> fds.add(LINUX.eventfd());
                case 'd' -> fds.add(LINUX.open("/", Linux.O_PATH));
                case 'i' -> fds.add(LINUX.open("/proc/self/stat", Linux.O_RDONLY));
                case 'm' -> fds.add(LINUX.memfd("Pid:\t1"));
                case 's' -> fds.add(LINUX.open("/proc/" + LINUX.pid(), Linux.O_RDONLY));
                case 'b' -> pipe();
                case 'a' -> {
                    while (fds.size() < MOST_DESCRIPTORS) {
                        fds.add(LINUX.open("/dev/null", Linux.O_RDWR));
                    }
                }
                default -> {}
            }
        }

        private void pad(char with, int count) {
            pad = (byte) with;
            padding = Math.min(padding + count, 3 * 4096);
        }

        private void pipe() {
            int[] pipe = LINUX.pipe(true);
            fds.add(pipe[1]);
            pipes.add(pipe[0]);
        }

        int[] fds() {
            return fds.stream().mapToInt(Integer::intValue).toArray();
        }

        /** A barrier's close must be seen, and so must any other, unless the store keeps it. */
        void awaitClosed() {
            closeOwn();
            ByteBuffer one = ByteBuffer.allocateDirect(1);
            for (int pipe : pipes) {
                assertThat(LINUX.read(pipe, one)).isIn(0, Linux.WOULD_BLOCK);
            }
        }

        private void closeOwn() {
            fds.forEach(LINUX::close);
            fds.clear();
        }

        @Override
        public void close() {
            closeOwn();
            pipes.forEach(LINUX::close);
            pipes.clear();
        }
    }
}
