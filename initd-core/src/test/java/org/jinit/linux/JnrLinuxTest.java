package org.jinit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakCheck.class)
class JnrLinuxTest {
    private final Linux linux = new JnrLinux();
    private final ReceivedMessage message = new ReceivedMessage(4096);

    @TempDir
    Path directory = Path.of("");

    private void closeAll(int... fds) {
        for (int fd : fds) {
            linux.close(fd);
        }
    }

    @Test
    void errorsNameCallCauseAndErrno() {
        assertThatThrownBy(() -> linux.open("/nowhere/x", Linux.O_RDONLY))
                .isInstanceOfSatisfying(LinuxException.class, e -> {
                    assertThat(e.errno()).isEqualTo(Errno.ENOENT);
                    assertThat(e).hasMessage("openat: No such file or directory (ENOENT)");
                    assertThat(e.cause()).isEqualTo("No such file or directory");
                });
        assertThat(Errno.name(131)).isEqualTo("ENOTRECOVERABLE");
        assertThat(Errno.text(41)).isEqualTo("error 41");
        assertThat(Errno.text(9999)).isEqualTo("error 9999");
        assertThat(Errno.name(0)).isEqualTo("0");
    }

    @Test
    void pathsWithNulOrOverlongAreRefused() {
        assertThatThrownBy(() -> linux.open("/etc\0/passwd", 0)).hasMessageContaining("EINVAL");
        assertThatThrownBy(() -> linux.open("/" + "x".repeat(5000), 0)).hasMessageContaining("ENAMETOOLONG");
    }

    @Test
    void heapBuffersAreRefused() {
        assertThatThrownBy(() -> linux.read(0, ByteBuffer.allocate(1))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void pidfdTellsExitStatusOfAProcessThatAnotherOneReaped() throws Exception {
        Process child = new ProcessBuilder("sh", "-c", "read x; exit 7").start();
        int pidfd = linux.pidfdOpen((int) child.pid());
        try {
            assertThat(linux.pidfdEnded(pidfd)).isFalse();
            assertThat(linux.pidfdPid(pidfd)).isEqualTo((int) child.pid());
            assertThat(linux.pidfdSignal(pidfd, 0)).isZero();
            assertThat(linux.pidfdInode(pidfd)).isPositive();
            child.getOutputStream().close();
            assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(linux.pidfdEnded(pidfd)).isTrue();
            assertThat(linux.pidfdSignal(pidfd, 9)).isEqualTo(Linux.GONE);
            assertThat(linux.pidfdPid(pidfd)).isEqualTo(Linux.GONE);
            assertThat(linux.pidfdExitStatus(pidfd)).isIn(7 << 8, Linux.UNSUPPORTED);
            assertThat(linux.pidfdOpen((int) child.pid())).isEqualTo(Linux.GONE);
        } finally {
            closeAll(pidfd);
            child.destroy();
            closeStreams(child);
        }
    }

    private static void closeStreams(Process process) throws Exception {
        process.getInputStream().close();
        process.getErrorStream().close();
    }

    @Test
    void signalKillsThroughThePidfd() throws Exception {
        Process child = new ProcessBuilder("sleep", "100").start();
        int pidfd = linux.pidfdOpen((int) child.pid());
        assertThat(linux.pidfdSignal(pidfd, 9)).isZero();
        assertThat(child.waitFor()).isEqualTo(137);
        assertThat(linux.pidfdExitStatus(pidfd)).isIn(9, Linux.UNSUPPORTED);
        closeAll(pidfd);
        child.getOutputStream().close();
        closeStreams(child);
    }

    @Test
    void messagesCarryDescriptorsCredentialsAndPidfd() throws Exception {
        int[] pair = linux.socketPair(Linux.SOCK_SEQPACKET);
        linux.passCredentials(pair[0]);
        boolean pidfds = linux.passPidfd(pair[0]);
        int[] pipe = linux.pipe(true);
        assertThat(linux.send(pair[1], Bytes.of("hello"), pipe[1], pipe[1])).isEqualTo(5);
        assertThat(linux.receive(pair[0], message)).isEqualTo(5);
        assertThat(message.fds()).hasSize(2);
        assertThat(message.pid()).isEqualTo(linux.pid());
        assertThat(message.uid()).isEqualTo(linux.effectiveUid());
        assertThat(message.truncated()).isFalse();
        assertThat(pidfds && linux.pidfdPid(message.pidfd()) != linux.pid()).isFalse();
        for (int fd : message.fds()) {
            assertThat(Files.readString(Path.of("/proc/self/fdinfo/" + fd))).containsPattern("flags:\\s+02\\d{6}");
        }
        linux.write(message.fds()[0], Bytes.of("x"));
        assertThat(linux.available(pipe[0])).isEqualTo(1);
        assertThat(linux.receive(pair[0], message.fds().length == 2 ? new ReceivedMessage(10) : message))
                .isEqualTo(Linux.WOULD_BLOCK);
        message.closeAll(linux);
        closeAll(pair);
        closeAll(pipe);
    }

    @Test
    void truncatedMessagesSaySo() {
        int[] pair = linux.socketPair(Linux.SOCK_DGRAM);
        ReceivedMessage small = new ReceivedMessage(3);
        linux.send(pair[1], Bytes.of("hello"));
        assertThat(linux.receive(pair[0], small)).isEqualTo(3);
        assertThat(small.truncated()).isTrue();
        closeAll(pair);
    }

    @Test
    void asManyDescriptorsAsTheKernelTakesComeThrough() {
        int[] pair = linux.socketPair(Linux.SOCK_DGRAM);
        int[] many = new int[ReceivedMessage.MAX_FDS];
        java.util.Arrays.fill(many, pair[1]);
        linux.passCredentials(pair[0]);
        linux.passPidfd(pair[0]);
        linux.send(pair[1], Bytes.of("x"), many);
        linux.receive(pair[0], message);
        assertThat(message.fds()).hasSize(ReceivedMessage.MAX_FDS);
        assertThat(message.controlTruncated()).isFalse();
        assertThat(message.pid()).isEqualTo(linux.pid());
        message.closeAll(linux);
        closeAll(pair);
    }

    @Test
    void peersOfStreamSocketsAreKnown() {
        int listener = linux.socket(1, Linux.SOCK_STREAM);
        String path = directory.resolve("s").toString();
        linux.bind(listener, SocketAddress.unix(path));
        linux.listen(listener, 5);
        assertThat(linux.accept(listener)).isEqualTo(Linux.WOULD_BLOCK);
        int client = linux.socket(1, Linux.SOCK_STREAM);
        assertThat(linux.connect(client, SocketAddress.unix(path))).isZero();
        int server = linux.accept(listener);
        assertThat(linux.peerCredentials(server))
                .isEqualTo(new PeerCredentials(linux.pid(), linux.effectiveUid(), linux.effectiveGid()));
        assertThat(linux.peerGroups(server)).isNotNull();
        int pidfd = linux.peerPidfd(server);
        assertThat(pidfd == Linux.UNSUPPORTED || linux.pidfdPid(pidfd) == linux.pid()).isTrue();
        assertThat(linux.send(client, Bytes.of("abc"))).isEqualTo(3);
        assertThat(linux.receive(server, message)).isEqualTo(3);
        closeAll(client);
        assertThat(linux.receive(server, message)).isZero();
        closeAll(listener, server, pidfd);
    }

    @Test
    void tcpSocketsConnectAndListen() throws Exception {
        int listener = linux.socket(2, Linux.SOCK_STREAM);
        SocketAddress any = SocketAddress.inet(java.net.InetAddress.getLoopbackAddress(), 0);
        linux.bind(listener, any);
        linux.listen(listener, 1);
        int port = linux.localPort(listener);
        assertThat(port).isPositive();
        int client = linux.socket(2, Linux.SOCK_STREAM);
        SocketAddress there = SocketAddress.inet(java.net.InetAddress.getLoopbackAddress(), port);
        assertThat(linux.connect(client, there)).isIn(0, Linux.WOULD_BLOCK);
        assertThat(linux.socketError(client)).isZero();
        closeAll(listener, client);
        int refused = linux.socket(2, Linux.SOCK_STREAM);
        int result;
        try {
            result = linux.connect(refused, there) == 0 ? 0 : linux.socketError(refused);
        } catch (LinuxException e) {
            result = e.errno();
        }
        assertThat(result).isEqualTo(Errno.ECONNREFUSED);
        closeAll(refused);
    }

    @Test
    void abstractSocketsCarryDatagrams() {
        String name = "@jinit-test-" + linux.pid();
        int receiver = linux.socket(1, Linux.SOCK_DGRAM);
        linux.bind(receiver, SocketAddress.unix(name));
        int sender = linux.socket(1, Linux.SOCK_DGRAM);
        assertThat(linux.sendTo(sender, Bytes.of("hi"), SocketAddress.unix(name))).isEqualTo(2);
        assertThat(linux.receive(receiver, message)).isEqualTo(2);
        closeAll(receiver, sender);
    }

    @Test
    void sealedMemfdCannotBeChanged() {
        int memfd = linux.memfd("plan");
        linux.write(memfd, Bytes.of("content"));
        linux.seal(memfd);
        assertThatThrownBy(() -> linux.write(memfd, Bytes.of("x"))).hasMessageContaining("EPERM");
        assertThatThrownBy(() -> linux.truncate(memfd, 0)).hasMessageContaining("EPERM");
        ByteBuffer read = Bytes.room(100);
        assertThat(linux.readAt(memfd, read, 0)).isEqualTo(7);
        assertThat(Bytes.text(read)).isEqualTo("content");
        closeAll(memfd);
    }

    @Test
    void pipesTeeAndSpliceIntoAFile() throws Exception {
        int[] from = linux.pipe(true);
        int[] to = linux.pipe(true);
        Path file = directory.resolve("log");
        int log = linux.open(Linux.AT_FDCWD, Linux.path(file.toString()), Linux.O_RDWR | Linux.O_CREAT, 0640);
        linux.write(from[1], Bytes.of("line\n"));
        assertThat(linux.tee(from[0], to[1], 100)).isEqualTo(5);
        assertThat(linux.splice(from[0], log, 10, 100)).isEqualTo(5);
        assertThat(linux.splice(from[0], log, 15, 100)).isEqualTo(Linux.WOULD_BLOCK);
        assertThat(linux.available(to[0])).isEqualTo(5);
        closeAll(from[1]);
        assertThat(linux.splice(from[0], log, 15, 100)).isZero();
        assertThat(Files.readString(file)).isEqualTo("\0".repeat(10) + "line\n");
        assertThat(linux.pipeSize(to[0], 1 << 16)).isEqualTo(1 << 16);
        closeAll(from[0], to[0], to[1], log);
    }

    @Test
    void statusTellsTypeOwnerAndMount() throws Exception {
        Path file = Files.writeString(directory.resolve("f"), "12345");
        Files.createSymbolicLink(directory.resolve("link"), file);
        int dirfd = linux.open(directory.toString(), Linux.O_PATH | Linux.O_DIRECTORY);
        FileStatus status = linux.status(dirfd, Linux.path("f"));
        assertThat(status).isNotNull().satisfies(s -> {
            assertThat(s.isRegular()).isTrue();
            assertThat(s.size()).isEqualTo(5);
            assertThat(s.uid()).isEqualTo(linux.effectiveUid());
            assertThat(s.modifiedNanos()).isEqualTo(Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS));
            assertThat(s.inode()).isEqualTo(Files.getAttribute(file, "unix:ino"));
        });
        assertThat(linux.status(dirfd, Linux.path("link"))).matches(s -> s != null && s.isSymbolicLink());
        assertThat(new String(linux.readLink(dirfd, Linux.path("link")), java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo(file.toString());
        assertThat(linux.status(dirfd, Linux.path("missing"))).isNull();
        closeAll(dirfd);
        int proc = linux.open("/proc", Linux.O_PATH | Linux.O_DIRECTORY);
        assertThat(linux.status(proc).mount()).isNotEqualTo(status == null ? 0 : status.mount());
        closeAll(proc);
    }

    @Test
    void openRefusesLinksWhenAskedTo() throws Exception {
        Files.createDirectories(directory.resolve("real/sub"));
        Files.createSymbolicLink(directory.resolve("link"), directory.resolve("real"));
        int dirfd = linux.open(directory.toString(), Linux.O_PATH | Linux.O_DIRECTORY);
        assertThatThrownBy(() -> linux.open(dirfd, Linux.path("link"), Linux.O_NOFOLLOW | Linux.O_DIRECTORY, 0))
                .isInstanceOf(LinuxException.class);
        assertThatThrownBy(() -> linux.open(dirfd, Linux.path("link/sub"), 0, 0, Linux.RESOLVE_NO_SYMLINKS))
                .hasMessageContaining("ELOOP");
        closeAll(linux.open(dirfd, Linux.path("real/sub"), 0, 0, Linux.RESOLVE_NO_SYMLINKS));
        closeAll(dirfd);
    }

    @Test
    void directoriesAreListedMadeRenamedAndRemoved() {
        int dirfd = linux.open(directory.toString(), Linux.O_RDONLY | Linux.O_DIRECTORY);
        linux.makeDirectory(dirfd, Linux.path("a"), 0700);
        linux.makeFifo(dirfd, new byte[]{'f', (byte) 0xff}, 0600);
        linux.rename(dirfd, Linux.path("a"), dirfd, Linux.path("b"));
        List<byte[]> names = linux.list(dirfd);
        assertThat(names).hasSize(2)
                .anyMatch(name -> name.length == 1 && name[0] == 'b')
                .anyMatch(name -> name.length == 2 && name[1] == (byte) 0xff);
        assertThat(linux.list(dirfd)).as("listed again").hasSize(2);
        linux.unlink(dirfd, new byte[]{'f', (byte) 0xff}, false);
        linux.unlink(dirfd, Linux.path("b"), true);
        closeAll(dirfd);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void locksOfOthersAreSeenAndOnesOwnTrialLeavesNone() throws Exception {
        Path file = Files.createFile(directory.resolve("lock"));
        int one = linux.open(file.toString(), Linux.O_RDWR);
        int two = linux.open(file.toString(), Linux.O_RDWR);
        assertThat(linux.isLocked(one)).isFalse();
        assertThat(linux.isLocked(two)).isFalse();
        assertThat(linux.lock(two)).isTrue();
        assertThat(linux.isLocked(one)).isTrue();
        assertThat(linux.lock(one)).isFalse();
        closeAll(two);
        assertThat(linux.isLocked(one)).isFalse();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.lock();
            assertThat(linux.isLocked(one)).as("fcntl lock").isTrue();
        }
        closeAll(one);
    }

    @Test
    void inotifyTellsOfNewFiles() throws Exception {
        int inotify = linux.inotify();
        linux.inotifyAdd(inotify, Linux.path(directory.toString()), Linux.IN_CREATE | Linux.IN_MOVED_TO);
        ByteBuffer read = Bytes.room(4096);
        assertThat(linux.read(inotify, read)).isEqualTo(Linux.WOULD_BLOCK);
        Files.createFile(directory.resolve("x.pid"));
        assertThat(linux.read(inotify, read)).isPositive();
        closeAll(inotify);
    }

    @Test
    void closingTwiceIsAnError() {
        int fd = linux.eventfd();
        linux.close(fd);
        assertThatThrownBy(() -> linux.close(fd)).hasMessageContaining("EBADF");
        linux.close(Linux.NO_FD);
    }

    @Test
    void itselfIsKnown() throws Exception {
        assertThat(linux.pid()).isEqualTo((int) ProcessHandle.current().pid());
        assertThat(linux.parentPid()).isEqualTo((int) ProcessHandle.current().parent().orElseThrow().pid());
        assertThat(linux.kernelRelease()).isEqualTo(System.getProperty("os.version"));
        assertThat(linux.resourceLimit(7)[0]).isPositive();
        Thread thread = new Thread(() -> linux.threadName("jinit-test"));
        thread.start();
        thread.join();
    }
}
