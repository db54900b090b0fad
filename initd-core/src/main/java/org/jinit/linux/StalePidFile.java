package org.jinit.linux;

/** Removes pid files that a dead daemon left behind, and only those. */
public final class StalePidFile {
    /** What became of the file. */
    public sealed interface Result {}

    /** There was none. */
    public record Absent() implements Result {}

    /** It was stale and is gone. @param why for the log */
    public record Removed(String why) implements Result {}

    /** It stays. @param reason to follow "cannot remove pid file X: " */
    public record Refused(String reason) implements Result {}

    private final Linux linux;

    public StalePidFile(Linux linux) {
        this.linux = linux;
    }

    /**
     * Removes the file if it is regular, at most 32 bytes, holds one number or nothing usable, is not locked and was reached by the checked
     * walk; and if one of these is so: the caller's record says that the service is stopped, no process has the number, the process started
     * after the file was written, the file is older than process 1.
     *
     * @param path absolute
     * @param recordSaysStopped what this manager (or the state files of the one before it, in this boot) knows
     */
    public Result clear(String path, boolean recordSaysStopped) {
        throw new UnsupportedOperationException(path + linux + recordSaysStopped);
    }
}
