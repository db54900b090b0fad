package org.jinit.linux;

import org.jspecify.annotations.Nullable;

/** Removes pid files that a dead daemon left behind, and only those. */
public final class StalePidFile {
    /** A process that started less than this after the file was written may have written it: clocks are coarse. */
    private static final long MARGIN_NANOS = 1_000_000_000L;

    /** What became of the file. */
    public sealed interface Result {}

    /** There was none. */
    public record Absent() implements Result {}

    /** It was stale and is gone. @param why for the log */
    public record Removed(String why) implements Result {}

    /** It stays. @param reason to follow "cannot remove pid file X: " */
    public record Refused(String reason) implements Result {}

    private final Linux linux;
    private final ProcReader proc;

    public StalePidFile(Linux linux) {
        this.linux = linux;
        proc = new ProcReader(linux);
    }

    /**
     * Removes the file if it is regular, at most 32 bytes, holds one number or nothing usable, is not locked
     * and was reached without links of
     * strangers; and if one of these is so: the caller's record says that the service is stopped, no process has the number, the process
     * started after the file was written, the file is older than process 1.
     *
     * @param path absolute
     * @param recordSaysStopped what this manager (or the state files of the one before it, in this boot) knows
     */
    public Result clear(String path, boolean recordSaysStopped) {
        CheckedWalk.Step parent;
        try {
            parent = CheckedWalk.parent(linux, path);
        } catch (LinuxException e) {
            return e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR ? new Absent() : new Refused(e.cause());
        }
        int file = Linux.NO_FD;
        try {
            if (parent.throughForeignLink()) {
                return new Refused("its path goes through a symbolic link that is not root's");
            }
            byte[] name = CheckedWalk.last(path);
            file = linux.open(parent.fd(), name, Linux.O_PATH | Linux.O_NOFOLLOW, 0);
            return clear(parent.fd(), name, file, recordSaysStopped);
        } catch (LinuxException e) {
            return e.errno() == Errno.ENOENT ? new Absent() : new Refused(e.cause());
        } finally {
            linux.close(file);
            linux.close(parent.fd());
        }
    }

    private Result clear(int parent, byte[] name, int file, boolean recordSaysStopped) {
        FileStatus status = linux.status(file);
        if (!status.isRegular()) {
            return new Refused("it is not a regular file");
        }
        PidFileReader.Content content = PidFileReader.content(linux, file);
        if (content.length() > PidFileReader.MAX_SIZE) {
            return new Refused("it is longer than " + PidFileReader.MAX_SIZE + " bytes, so it is no pid file");
        }
        if (content.locked()) {
            return new Refused("it is locked by a running process");
        }
        String why = recordSaysStopped ? "the service is stopped" : stale(content.pid(), status.modifiedNanos());
        if (why == null) {
            return new Refused("process " + content.pid() + " is running and may have written it; stop that process, or"
                    + " remove the file");
        }
        FileStatus now = linux.status(parent, name);
        if (now == null || !now.sameContent(status)) {
            return new Refused("it is being replaced or written");
        }
        linux.unlink(parent, name, false);
        return new Removed(why);
    }

    /** Why the number can be nobody who wrote the file, or null. */
    private @Nullable String stale(int pid, long writtenNanos) {
        if (pid == 0) {
            return "it names no process";
        }
        int pidfd = linux.pidfdOpen(pid);
        if (pidfd < 0 || linux.pidfdEnded(pidfd)) {
            linux.close(pidfd);
            return "process " + pid + " is no more";
        }
        try {
            if (proc.startedNanos(1) > writtenNanos + MARGIN_NANOS) {
                return "it is older than process 1";
            }
            boolean isYounger = proc.startedNanos(pid) > writtenNanos + MARGIN_NANOS;
            // The start is that of the held process only if that one still has the number.
            boolean same = linux.pidfdSignal(pidfd, 0) != Linux.GONE;
            return !same
                    ? "process " + pid + " is no more"
                    : isYounger ? "process " + pid + " started after it was written" : null;
        } finally {
            linux.close(pidfd);
        }
    }
}
