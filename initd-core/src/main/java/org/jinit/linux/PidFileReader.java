package org.jinit.linux;

/** Reads the pid file that a daemon wrote, believing as little as possible of it. */
public final class PidFileReader {
    /** Bytes that a pid file may have. */
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
     * @param locked somebody holds a lock on it
     */
    public record Found(int pid, boolean questionable, int ownerUid, long modifiedNanos, boolean locked)
            implements Result {}

    private final Linux linux;

    public PidFileReader(Linux linux) {
        this.linux = linux;
    }

    /** @param path absolute */
    public Result read(String path) {
        throw new UnsupportedOperationException(path + linux);
    }
}
