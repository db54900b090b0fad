package org.jinit.linux;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Reads the pid file that a daemon wrote, believing as little as possible of it. */
public final class PidFileReader {
    /** Bytes that the first line of a pid file may have. */
    public static final int MAX_SIZE = 32;

    /** What the file says. */
    public sealed interface Result {}

    /** There is no such file (or a directory of its path is missing). */
    public record Absent() implements Result {}

    /** @param reason to follow "cannot use pid file X: " */
    public record Unusable(String reason) implements Result {}

    /**
     * A number.
     *
     * @param questionable a step of the path goes from what one user owns into what another one owns, or the file can be written by others:
     *     whoever is named must be known to belong to the service
     * @param ownerUid of the file; unless 0, the process must be known to belong to the service
     * @param modifiedNanos since 1970
     * @param locked somebody holds a lock on it
     */
    public record Found(int pid, boolean questionable, int ownerUid, long modifiedNanos, boolean locked)
            implements Result {}

    /** Content of a small file. @param pid 0 when the first line is no number @param length bytes read, more than 32 for a longer file */
    record Content(int pid, int length, boolean locked) {}

    private final Linux linux;

    public PidFileReader(Linux linux) {
        this.linux = linux;
    }

    /**
     * Reads the file's first line. Never waits for anything.
     *
     * @param path absolute
     */
    public Result read(String path) {
        CheckedWalk.Step step;
        try {
            step = CheckedWalk.target(linux, path);
        } catch (LinuxException e) {
            return e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR ? new Absent() : new Unusable(e.cause());
        }
        try {
            return read(step);
        } catch (LinuxException e) {
            return new Unusable(e.cause());
        } finally {
            linux.close(step.fd());
        }
    }

    private Result read(CheckedWalk.Step step) {
        FileStatus status = linux.status(step.fd());
        if (!status.isRegular()) {
            return new Unusable("it is not a regular file");
        }
        Content content = content(linux, step.fd());
        if (!linux.status(step.fd()).sameContent(status)) {
            return new Unusable("it is being written");
        }
        if (content.length() == 0) {
            return new Unusable("it is empty");
        }
        if (content.pid() == 0) {
            return new Unusable("its first line is not a process number");
        }
        boolean othersWrite = (status.mode() & 022) != 0;
        return new Found(content.pid(), step.questionable() || othersWrite, status.uid(), status.modifiedNanos(),
                content.locked());
    }

    /** @param fd O_PATH of a regular file */
    static Content content(Linux linux, int fd) {
        int file = linux.open("/proc/self/fd/" + fd, Linux.O_RDONLY | Linux.O_NONBLOCK | Linux.O_NOCTTY);
        try {
            ByteBuffer bytes = ByteBuffer.allocateDirect(MAX_SIZE + 1);
            linux.readAt(file, bytes, 0);
            bytes.flip();
            String text = StandardCharsets.ISO_8859_1.decode(bytes).toString();
            return new Content(number(text), text.length(), linux.isLocked(file));
        } finally {
            linux.close(file);
        }
    }

    private static int number(String text) {
        int end = text.indexOf('\n');
        if (end < 0 && text.length() > MAX_SIZE) {
            return 0;
        }
        String line = (end < 0 ? text : text.substring(0, end)).strip();
        boolean isNumber = !line.isEmpty() && line.length() <= 9 && line.chars().allMatch(c -> c >= '0' && c <= '9');
        return isNumber ? Integer.parseInt(line) : 0;
    }
}
