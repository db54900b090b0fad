package org.jinit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakCheck.class)
class PidFileTest {
    private static final int NOBODY = 65534;
    private final Linux linux = new JnrLinux();
    private final PidFileReader reader = new PidFileReader(linux);
    private final StalePidFile stale = new StalePidFile(linux);

    @TempDir
    Path directory = Path.of("");

    private Path write(String content) throws Exception {
        return Files.writeString(directory.resolve("d.pid"), content);
    }

    private PidFileReader.Result read(Path path) {
        return reader.read(path.toString());
    }

    private int found(String content) throws Exception {
        return read(write(content)) instanceof PidFileReader.Found found ? found.pid() : 0;
    }

    private void own(Path path, int uid) {
        assumeTrue(linux.effectiveUid() == 0, "needs root");
        linux.changeOwner(Linux.AT_FDCWD, Linux.path(path.toString()), uid, -1);
    }

    @Test
    void numberOfTheFirstLineIsTaken() throws Exception {
        assertThat(found("4711\n")).isEqualTo(4711);
        assertThat(found("4711")).isEqualTo(4711);
        assertThat(found("  4711 \n")).isEqualTo(4711);
        assertThat(found("4711\n/var/lib/data\n" + "x".repeat(500))).isEqualTo(4711);
    }

    @Test
    void whatIsNoNumberIsRefused() throws Exception {
        for (String bad : List.of("abc", "-5", "0", "12 34", "1e3", "99999999999", "\n4711", "7".repeat(40), "12\0")) {
            assertThat(read(write(bad))).as(bad)
                    .isEqualTo(new PidFileReader.Unusable("its first line is not a process number"));
        }
        assertThat(read(write(""))).isEqualTo(new PidFileReader.Unusable("it is empty"));
    }

    @Test
    void missingFileAndMissingDirectoryAreAbsent() {
        assertThat(read(directory.resolve("none"))).isEqualTo(new PidFileReader.Absent());
        assertThat(read(directory.resolve("none/none"))).isEqualTo(new PidFileReader.Absent());
    }

    @Test
    void neverWaitsForAFifoNorOpensADevice() {
        linux.makeFifo(Linux.AT_FDCWD, Linux.path(directory.resolve("fifo").toString()), 0600);
        PidFileReader.Result refused = new PidFileReader.Unusable("it is not a regular file");
        assertThat(read(directory.resolve("fifo"))).isEqualTo(refused);
        assertThat(read(Path.of("/dev/zero"))).isEqualTo(refused);
        assertThat(read(directory)).isEqualTo(refused);
    }

    @Test
    void rootsFileInRootsDirectoryIsNotQuestionable() throws Exception {
        Path path = write("5\n");
        assertThat(read(path)).isInstanceOfSatisfying(PidFileReader.Found.class, found -> {
            assertThat(found.questionable()).isFalse();
            assertThat(found.ownerUid()).isEqualTo(linux.effectiveUid());
            assertThat(found.locked()).isFalse();
        });
    }

    @Test
    void fileThatOthersCouldHavePlacedIsQuestionable() throws Exception {
        Path theirs = Files.createDirectory(directory.resolve("theirs"));
        Path file = Files.writeString(theirs.resolve("d.pid"), "5\n");
        own(theirs, NOBODY);
        assertThat(read(file))
                .matches(r -> r instanceof PidFileReader.Found f && f.questionable() && f.ownerUid() == 0);
        own(file, NOBODY);
        assertThat(read(file)).matches(r -> r instanceof PidFileReader.Found f && !f.questionable()
                && f.ownerUid() == NOBODY);
        Path link = Files.createSymbolicLink(directory.resolve("link"), write("7\n"));
        assertThat(read(link)).matches(r -> r instanceof PidFileReader.Found f && !f.questionable());
        own(link, NOBODY);
        assertThat(read(link)).matches(r -> r instanceof PidFileReader.Found f && f.questionable());
        Path open = write("8\n");
        Files.setPosixFilePermissions(open, java.nio.file.attribute.PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(read(open)).matches(r -> r instanceof PidFileReader.Found f && f.questionable());
    }

    @Test
    void linksThatGoInCirclesEnd() throws Exception {
        Files.createSymbolicLink(directory.resolve("a"), directory.resolve("b"));
        Files.createSymbolicLink(directory.resolve("b"), directory.resolve("a"));
        assertThat(read(directory.resolve("a/x")))
                .isEqualTo(new PidFileReader.Unusable("Too many levels of symbolic links"));
    }

    private StalePidFile.Result clear(Path path, boolean stopped) {
        return stale.clear(path.toString(), stopped);
    }

    @Test
    void fileOfNoProcessIsRemoved() throws Exception {
        Process gone = new ProcessBuilder("true").start();
        gone.waitFor();
        Path path = write(gone.pid() + "\n");
        assertThat(clear(path, false)).isEqualTo(new StalePidFile.Removed("process " + gone.pid() + " is no more"));
        assertThat(path).doesNotExist();
        assertThat(clear(path, false)).isEqualTo(new StalePidFile.Absent());
        assertThat(clear(write(""), false)).isEqualTo(new StalePidFile.Removed("it names no process"));
        gone.getInputStream().close();
        gone.getErrorStream().close();
        gone.getOutputStream().close();
    }

    @Test
    void fileOfALivingProcessStaysUnlessTheRecordSaysStopped() throws Exception {
        Path path = write(linux.pid() + "\n");
        assertThat(clear(path, false)).isInstanceOf(StalePidFile.Refused.class)
                .asString()
                .contains("is running and may have written it");
        assertThat(path).exists();
        assertThat(clear(path, true)).isEqualTo(new StalePidFile.Removed("the service is stopped"));
        assertThat(path).doesNotExist();
    }

    @Test
    void fileOlderThanTheProcessThatHasItsNumberIsRemoved() throws Exception {
        Path path = write(linux.pid() + "\n");
        Instant started = ProcessHandle.current().info().startInstant().orElseThrow();
        Files.setLastModifiedTime(path, FileTime.from(started.minus(Duration.ofSeconds(5))));
        assertThat(clear(path, false))
                .isEqualTo(new StalePidFile.Removed("process " + linux.pid() + " started after it was written"));
        path = write(linux.pid() + "\n");
        Files.setLastModifiedTime(path, FileTime.from(Instant.EPOCH));
        assertThat(clear(path, false)).isEqualTo(new StalePidFile.Removed("it is older than process 1"));
    }

    @Test
    void lockedFileStaysWhateverTheRecordSays() throws Exception {
        Path path = write("5\n");
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.lock();
            assertThat(clear(path, true)).isEqualTo(new StalePidFile.Refused("it is locked by a running process"));
        }
        int fd = linux.open(path.toString(), Linux.O_RDONLY);
        linux.lock(fd);
        assertThat(clear(path, true)).isInstanceOf(StalePidFile.Refused.class);
        linux.close(fd);
        assertThat(path).exists();
    }

    @Test
    void whatIsNoPidFileStays() throws Exception {
        Path large = write("x".repeat(33));
        assertThat(clear(large, true)).isInstanceOf(StalePidFile.Refused.class);
        Path target = Files.writeString(directory.resolve("precious"), "1234567\n");
        Path link = Files.createSymbolicLink(directory.resolve("link.pid"), target);
        assertThat(clear(link, true)).isEqualTo(new StalePidFile.Refused("it is not a regular file"));
        assertThat(clear(directory, true)).isEqualTo(new StalePidFile.Refused("it is not a regular file"));
        assertThat(target).exists();
        assertThat(large).exists();
    }

    @Test
    void linkOfAStrangerLeadsNowhere() throws Exception {
        Path precious = Files.createDirectory(directory.resolve("precious"));
        Files.writeString(precious.resolve("d.pid"), "1\n");
        Path link = Files.createSymbolicLink(directory.resolve("link"), precious);
        own(link, NOBODY);
        assertThat(clear(link.resolve("d.pid"), true)).isEqualTo(
                new StalePidFile.Refused("its path goes through a symbolic link that is not root's"));
        assertThat(precious.resolve("d.pid")).exists();
    }
}
