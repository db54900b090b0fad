package org.jinit.output;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jinit.linux.Errno;
import org.jinit.linux.FileStatus;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jspecify.annotations.Nullable;

/**
 * The log file of one service, {@code current} in its directory, with older ones as {@code current.1} (the newest) and up. Bytes are moved
 * from the pipe by splice(2): they are in the pipe or in the file at every moment, so a crash of jinitd loses none. For one thread.
 */
final class ServiceLog {
    private static final int TURN_LOOK_BACK = 64 << 10;
    /** Nanoseconds between attempts to write again after an error. */
    private static final long RETRY_NANOS = 1_000_000_000L;

    private final Linux linux;
    private final String directory;
    private final int keep;
    private final long maxSize;
    private int file = Linux.NO_FD;
    private long size;
    private long lost;
    private boolean failing;
    private long retryAtNanos;

    /** @param maxSize bytes of one file @param keep how many older ones are kept */
    ServiceLog(Linux linux, String directory, long maxSize, int keep) {
        this.linux = linux;
        this.directory = directory;
        this.maxSize = maxSize;
        this.keep = keep;
    }

    /** What one {@link #take} did: where in the file the bytes are. {@code length} 0: end of the pipe, negative: nothing there. */
    record Taken(long offset, long length, @Nullable String problem) {}

    /** Moves what is in the pipe, up to {@code most} bytes, into the file, which is turned over when it is full. */
    Taken take(int pipe, long most, long nowNanos) {
        if (failing && nowNanos - retryAtNanos < 0) {
            return discard(pipe, null);
        }
        try {
            open();
            if (size >= maxSize) {
                turnOver();
            }
            long moved = linux.splice(pipe, file, size, Math.min(most, maxSize - size));
            if (moved <= 0) {
                return new Taken(size, moved, null);
            }
            Taken taken = new Taken(size, moved, null);
            size += moved;
            if (failing) {
                recovered();
            }
            return taken;
        } catch (LinuxException e) {
            boolean news = !failing;
            failing = true;
            retryAtNanos = nowNanos + RETRY_NANOS;
            close();
            return discard(pipe,
                    news ? "cannot write log " + path() + ": " + e.cause() + "; output is dropped until it can" : null);
        }
    }

    private Taken discard(int pipe, @Nullable String problem) {
        ByteBuffer sink = ByteBuffer.allocateDirect(64 << 10);
        int count = linux.read(pipe, sink);
        if (count > 0) {
            lost += count;
        }
        return new Taken(size, count > 0 ? 0x7fffffff : count, problem);
    }

    private void recovered() {
        failing = false;
        String note = "jinit: " + lost + " bytes of output were lost here: the log could not be written\n";
        lost = 0;
        ByteBuffer bytes = direct(note.getBytes(StandardCharsets.UTF_8));
        size += linux.writeAt(file, bytes, size);
    }

    /** Bytes of output that were dropped since the log could last be written. */
    long lost() {
        return lost;
    }

    String path() {
        return directory + "/current";
    }

    private void open() {
        if (file != Linux.NO_FD) {
            return;
        }
        makeDirectory();
        file = openRegular("current", Linux.O_RDWR | Linux.O_CREAT);
        size = linux.status(file).size();
    }

    private void makeDirectory() {
        byte[] path = Linux.path(directory);
        if (linux.status(Linux.AT_FDCWD, path) != null) {
            return;
        }
        try {
            linux.makeDirectory(Linux.AT_FDCWD, path, 0750);
        } catch (LinuxException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
        }
    }

    private int openRegular(String name, int flags) {
        int fd = linux.open(Linux.AT_FDCWD, Linux.path(directory + "/" + name),
                flags | Linux.O_NOFOLLOW | Linux.O_NONBLOCK | Linux.O_NOCTTY, 0640);
        FileStatus status = linux.status(fd);
        if (!status.isRegular()) {
            linux.close(fd);
            throw new LinuxException(Errno.EINVAL, "open");
        }
        return fd;
    }

    /** The unfinished last line goes along to the new file, so that no line is cut in two. */
    private void turnOver() {
        byte[] tail = unfinishedLine();
        for (int i = keep; i >= 1; i--) {
            rename(i == 1 ? "current" : "current." + (i - 1), "current." + i);
        }
        if (keep == 0) {
            linux.unlink(Linux.AT_FDCWD, Linux.path(path()), false);
        }
        int old = file;
        file = Linux.NO_FD;
        try {
            file = openRegular("current", Linux.O_RDWR | Linux.O_CREAT | Linux.O_TRUNC);
            size = 0;
            if (tail.length > 0) {
                size = linux.writeAt(file, direct(tail), 0);
                linux.truncate(old, maxSize - tail.length);
            }
        } finally {
            linux.close(old);
        }
    }

    private byte[] unfinishedLine() {
        int length = (int) Math.min(size, TURN_LOOK_BACK);
        ByteBuffer end = ByteBuffer.allocateDirect(length);
        int count = linux.readAt(file, end, size - length);
        byte[] bytes = new byte[Math.max(count, 0)];
        end.flip().get(bytes);
        int newline = bytes.length - 1;
        while (newline >= 0 && bytes[newline] != '\n') {
            newline--;
        }
        // A line longer than what is looked at is cut after all.
        return newline < 0 ? new byte[0] : java.util.Arrays.copyOfRange(bytes, newline + 1, bytes.length);
    }

    private void rename(String from, String to) {
        try {
            linux.rename(Linux.AT_FDCWD, Linux.path(directory + "/" + from), Linux.AT_FDCWD,
                    Linux.path(directory + "/" + to));
        } catch (LinuxException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }

    /** Bytes of the current file from {@code offset} on. */
    byte[] read(long offset, int length) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(length);
        int count = file == Linux.NO_FD ? 0 : linux.readAt(file, buffer, offset);
        byte[] bytes = new byte[Math.max(count, 0)];
        buffer.flip().get(bytes);
        return bytes;
    }

    /** The end of the log, at most {@code bytes}, from the file before when the current one is shorter. */
    byte[] tail(int bytes) {
        try {
            if (file == Linux.NO_FD && linux.status(Linux.AT_FDCWD, Linux.path(path())) == null) {
                return new byte[0];
            }
            open();
            int here = (int) Math.min(size, bytes);
            byte[] end = read(size - here, here);
            return here == bytes ? end : join(tailOfPrevious(bytes - here), end);
        } catch (LinuxException e) {
            return new byte[0];
        }
    }

    private byte[] tailOfPrevious(int bytes) {
        if (keep == 0 || linux.status(Linux.AT_FDCWD, Linux.path(path() + ".1")) == null) {
            return new byte[0];
        }
        int fd = openRegular("current.1", Linux.O_RDONLY);
        try {
            long length = linux.status(fd).size();
            ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(length, bytes));
            linux.readAt(fd, buffer, length - buffer.capacity());
            byte[] out = new byte[buffer.flip().remaining()];
            buffer.get(out);
            return out;
        } finally {
            linux.close(fd);
        }
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] out = java.util.Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, out, first.length, second.length);
        return out;
    }

    private static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    void close() {
        linux.close(file);
        file = Linux.NO_FD;
    }
}
