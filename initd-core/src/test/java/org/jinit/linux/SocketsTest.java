package org.jinit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Notify sockets and readiness pipes, with other processes as senders. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class SocketsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final String SEND = "use Socket; socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die;"
            + " connect($s, sockaddr_un($ARGV[0])) or die $!;";
    private final Linux linux = new JnrLinux();
    private final Reactor reactor = new Reactor(linux, (what, e) -> {
        throw new IllegalStateException(what, e);
    });
    private final ReceivedMessage buffer = NotifySocket.buffer();
    private final List<String> log = new ArrayList<>();
    private final List<Integer> pids = new ArrayList<>();
    private int senderPidfd = Linux.NO_FD;

    @TempDir
    Path directory = Path.of("");

    private final NotifySocket.Listener listener = new NotifySocket.Listener() {
        @Override
        public void received(Datagram datagram) {
            log.add(new String(datagram.bytes(), StandardCharsets.UTF_8) + " " + datagram.fds().length);
            pids.add(datagram.sender().pid());
            datagram.close(linux);
        }

        @Override
        public void dropped(String reason, PeerCredentials sender) {
            log.add("dropped: " + reason);
        }
    };

    @AfterEach
    void close() {
        reactor.close();
    }

    private static Process perl(String script, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("perl", "-e", script));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private void close(Process process) throws Exception {
        process.getErrorStream().close();
        process.getInputStream().close();
        process.getOutputStream().close();
    }

    private void runUntil(int messages) {
        while (log.size() < messages) {
            reactor.runOnce(SECOND);
        }
    }

    private int client(String path) {
        int client = linux.socket(1, Linux.SOCK_DGRAM);
        linux.connect(client, SocketAddress.unix(path));
        return client;
    }

    @Test
    void senderIsKnownAlsoWhenItIsGone() throws Exception {
        String path = directory.resolve("n").toString();
        NotifySocket socket = NotifySocket.bind(linux, path, buffer);
        Process sender = perl(SEND + "send($s, \"READY=1\", 0);", path);
        assertThat(sender.waitFor()).isZero();
        socket.listen(reactor, listener);
        runUntil(1);
        assertThat(log).containsExactly("READY=1 0");
        assertThat(pids).containsExactly((int) sender.pid());
        close(sender);
        socket.close();
        assertThat(Path.of(path)).doesNotExist();
    }

    @Test
    void socketIsItsOwnersAlone() throws Exception {
        Path path = directory.resolve("n");
        NotifySocket socket = NotifySocket.bind(linux, path.toString(), buffer);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path))).isEqualTo("rw-------");
        socket.close();
    }

    @Test
    void leftOverSocketIsReplacedButNoOtherFile() throws Exception {
        String path = directory.resolve("n").toString();
        int left = linux.socket(1, Linux.SOCK_DGRAM);
        linux.bind(left, SocketAddress.unix(path));
        linux.close(left);
        NotifySocket.bind(linux, path, buffer).close();
        Files.writeString(Path.of(path), "mine");
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> NotifySocket.bind(linux, path, buffer)))
                .hasMessageContaining("EADDRINUSE");
        assertThat(Files.readString(Path.of(path))).isEqualTo("mine");
    }

    @Test
    void pathsLongerThanAnAddressCanBeBound() throws Exception {
        Path deep = Files.createDirectories(directory.resolve("d".repeat(60)).resolve("e".repeat(60)));
        NotifySocket socket = NotifySocket.bind(linux, deep.resolve("n").toString(), buffer);
        assertThat(deep.resolve("n")).exists();
        int dirfd = linux.open(deep.toString(), Linux.O_PATH);
        int client = client("/proc/self/fd/" + dirfd + "/n");
        linux.send(client, Bytes.of("READY=1"));
        assertThat(socket.receive(listener, 10)).isEqualTo(1);
        linux.close(client);
        linux.close(dirfd);
        socket.close();
        assertThat(deep).isEmptyDirectory();
    }

    @Test
    void overlongMessagesAreDroppedWithTheirDescriptors() {
        String path = directory.resolve("n").toString();
        NotifySocket socket = NotifySocket.bind(linux, path, buffer);
        int client = client(path);
        linux.send(client, Bytes.of("x".repeat(4098)), 0, 1, 2);
        linux.send(client, Bytes.of("y".repeat(4097)), 0, 1, 2);
        assertThat(socket.receive(listener, 10)).isEqualTo(2);
        assertThat(log).containsExactly("dropped: it is longer than 4097 bytes", "y".repeat(4097) + " 3");
        linux.close(client);
        socket.close();
    }

    @Test
    void lastWordsCanBeTakenBeforeTheReactorTellsOfThem() {
        String path = directory.resolve("n").toString();
        NotifySocket socket = NotifySocket.bind(linux, path, buffer);
        socket.listen(reactor, listener);
        int client = client(path);
        linux.send(client, Bytes.of("STOPPING=1"));
        assertThat(socket.receive(listener, 10)).isEqualTo(1);
        linux.close(client);
        socket.close();
    }

    @Test
    void aFloodDelaysOthersLittleAndCostsNoMemory() throws Exception {
        String path = directory.resolve("n").toString();
        int[] count = new int[1];
        NotifySocket flooded = NotifySocket.bind(linux, path, buffer);
        flooded.listen(reactor, new NotifySocket.Listener() {
            @Override
            public void received(Datagram datagram) {
                count[0]++;
                datagram.close(linux);
            }

            @Override
            public void dropped(String reason, PeerCredentials sender) {}
        });
        String quiet = directory.resolve("q").toString();
        NotifySocket other = NotifySocket.bind(linux, quiet, buffer);
        other.listen(reactor, listener);
        Process sender = perl(SEND + "while (1) { send($s, \"STATUS=flood\", 0) or exit 0 }", path);
        int client = client(quiet);
        long worst = 0;
        for (int i = 0; i < 50; i++) {
            while (count[0] < (i + 1) * 500) {
                reactor.runOnce(SECOND);
            }
            long begun = System.nanoTime();
            linux.send(client, Bytes.of("READY=1"));
            runUntil(i + 1);
            worst = Math.max(worst, System.nanoTime() - begun);
        }
        // The bound is 10 ms; other work of the machine is given its share.
        assertThat(worst).isLessThan(SECOND / 10);
        System.out.println("notify flood: worst delay of another socket " + worst / 1000 + " us");
        sender.destroyForcibly().waitFor();
        close(sender);
        linux.close(client);
        flooded.close();
        other.close();
    }

    private final ReadyPipe.Listener ready = new ReadyPipe.Listener() {
        @Override
        public void ready(PeerCredentials sender, int pidfd) {
            log.add("ready");
            pids.add(sender.pid());
            senderPidfd = pidfd;
        }

        @Override
        public void closed() {
            log.add("closed");
        }
    };

    /** A process that has the child end as its output. */
    private Process child(ReadyPipe pipe, String script) throws Exception {
        Process process = new ProcessBuilder("sh", "-c", script)
                .redirectOutput(new java.io.File("/proc/" + linux.pid() + "/fd/" + pipe.childFd()))
                .start();
        pipe.closeChildEnd();
        return process;
    }

    @Test
    void realPipeTellsNewlineAndEnd() throws Exception {
        for (String script : List.of("printf abc; echo", "printf abc; true")) {
            ReadyPipe pipe = ReadyPipe.open(linux, true);
            pipe.listen(reactor, buffer, ready);
            Process process = child(pipe, script);
            runUntil(log.size() + 1);
            process.waitFor();
            close(process);
            pipe.close();
        }
        assertThat(log).containsExactly("ready", "closed");
    }

    @Test
    void socketTellsWhoWrote() {
        ReadyPipe pipe = ReadyPipe.open(linux, false);
        pipe.listen(reactor, buffer, ready);
        linux.send(pipe.childFd(), Bytes.of("starting"));
        linux.send(pipe.childFd(), Bytes.of(" up\n"));
        pipe.closeChildEnd();
        runUntil(1);
        assertThat(log).containsExactly("ready");
        assertThat(pids).containsExactly(linux.pid());
        assertThat(senderPidfd < 0 || linux.pidfdPid(senderPidfd) == linux.pid()).isTrue();
        linux.close(senderPidfd);
        pipe.close();
    }

    @Test
    void socketClosedWithoutANewlineIsTold() {
        ReadyPipe pipe = ReadyPipe.open(linux, false);
        pipe.listen(reactor, buffer, ready);
        linux.send(pipe.childFd(), Bytes.of("no line"), 0, 1);
        pipe.closeChildEnd();
        runUntil(1);
        assertThat(log).containsExactly("closed");
        pipe.close();
    }
}
