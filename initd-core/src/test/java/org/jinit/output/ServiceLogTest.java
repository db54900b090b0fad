package org.jinit.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jinit.linux.JnrLinux;
import org.jinit.linux.Linux;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceLogTest {
    private final Linux linux = new JnrLinux();
    private int[] pipe = {};

    @TempDir
    private Path directory = Path.of("");

    @BeforeEach
    void openPipe() {
        pipe = linux.pipe(true);
    }

    @AfterEach
    void closePipe() {
        linux.close(pipe[0]);
        linux.close(pipe[1]);
    }

    private void write(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        linux.write(pipe[1], ByteBuffer.allocateDirect(bytes.length).put(bytes).flip());
    }

    private ServiceLog log(long maxSize, int keep) {
        return new ServiceLog(linux, directory.resolve("web").toString(), maxSize, keep);
    }

    private String file(String name) throws IOException {
        return Files.readString(directory.resolve("web").resolve(name));
    }

    private static void drain(ServiceLog log, int pipe) {
        while (log.take(pipe, 1 << 20, 0).length() > 0) {
            // Until the pipe is empty.
        }
    }

    @Test
    void outputIsStoredAndItsTailGiven() throws IOException {
        ServiceLog log = log(1000, 1);
        write("one\ntwo\n");
        drain(log, pipe[0]);
        assertThat(file("current")).isEqualTo("one\ntwo\n");
        assertThat(log.tail(4)).asString(StandardCharsets.UTF_8).isEqualTo("two\n");
        log.close();
    }

    @Test
    void fullFileIsTurnedOverAtALineAndOldOnesAreDropped() throws IOException {
        ServiceLog log = log(10, 2);
        write("aaaa\nbbbb\ncccc\ndddd\neeee\nffff\ngggg\n");
        drain(log, pipe[0]);
        assertThat(file("current.2") + file("current.1") + file("current")).endsWith("ffff\ngggg\n");
        assertThat(file("current.1")).endsWith("\n").hasSizeLessThanOrEqualTo(10);
        assertThat(directory.resolve("web/current.3")).doesNotExist();
        log.close();
    }

    @Test
    void lineThatWasCutByTheLimitGoesOnInTheNewFileWhole() throws IOException {
        ServiceLog log = log(12, 3);
        write("aaaa\nbbbbbbbbb\ncc\n");
        drain(log, pipe[0]);
        assertThat(file("current.2")).isEqualTo("aaaa\n");
        assertThat(file("current.1")).isEqualTo("bbbbbbbbb\n");
        assertThat(file("current")).isEqualTo("cc\n");
        log.close();
    }

    @Test
    void tailReachesIntoTheFileBefore() {
        ServiceLog log = log(10, 2);
        write("aaaa\nbbbb\ncccc\n");
        drain(log, pipe[0]);
        assertThat(log.tail(100)).asString(StandardCharsets.UTF_8).isEqualTo("aaaa\nbbbb\ncccc\n");
        log.close();
    }

    @Test
    void logThatIsNoRegularFileIsNeverWrittenAndOutputGoesOn() throws IOException {
        Files.createDirectories(directory.resolve("web"));
        Path target = Files.writeString(directory.resolve("target"), "mine");
        Files.createSymbolicLink(directory.resolve("web/current"), target);
        ServiceLog log = log(1000, 1);
        write("text\n");
        ServiceLog.Taken taken = log.take(pipe[0], 1 << 20, 0);
        assertThat(taken.problem()).startsWith("cannot write log");
        assertThat(Files.readString(target)).isEqualTo("mine");
        assertThat(linux.available(pipe[0])).as("bytes still in the pipe").isZero();
        Files.delete(directory.resolve("web/current"));
        write("later\n");
        log.take(pipe[0], 1 << 20, 2_000_000_000L);
        assertThat(file("current")).startsWith("later\n").contains("5 bytes of output were lost");
        log.close();
    }
}
