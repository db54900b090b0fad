package org.jinit.linux;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads what /proc says of processes, with few allocations. Not thread-safe. What it says is of whoever has the number at that moment. */
final class ProcReader {
    private static final long NANOS_PER_TICK = 10_000_000L;
    private static final byte[] FILE_LOCKS = "\nMax file locks".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] INVOCATION = "\0INVOCATION_ID=".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_ENVIRONMENT = 1 << 18;

    private final Linux linux;
    private ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 14);

    ProcReader(Linux linux) {
        this.linux = linux;
    }

    /**
     * One line of /proc/PID/stat.
     *
     * @param state its letter; Z of a process whose first thread only has ended is R
     * @param startTicks after boot, hundredths of a second
     */
    record Stat(int pid, int parent, int session, char state, long startTicks, String name) {
        boolean isDead() {
            return state == 'Z' || state == 'X';
        }
    }

    /** Null when there is no such process. */
    @Nullable Stat stat(int pid) {
        if (!load("/proc/" + pid + "/stat")) {
            return null;
        }
        int close = buffer.limit() - 1;
        while (close > 0 && buffer.get(close) != ')') {
            close--;
        }
        int open = 0;
        while (open < close && buffer.get(open) != '(') {
            open++;
        }
        byte[] name = new byte[Math.max(0, close - open - 1)];
        buffer.get(open + 1, name);
        char state = (char) buffer.get(close + 2);
        buffer.position(close + 3);
        int parent = (int) nextNumber();
        nextNumber();
        int session = (int) nextNumber();
        skip(13);
        long threads = nextNumber();
        nextNumber();
        boolean othersLive = state == 'Z' && threads > 1;
        return new Stat(pid, parent, session, othersLive ? 'R' : state, nextNumber(),
                new String(name, StandardCharsets.UTF_8));
    }

    private void skip(int numbers) {
        for (int i = 0; i < numbers; i++) {
            nextNumber();
        }
    }

    /** The next number at the position, without its sign; 0 at the end. */
    private long nextNumber() {
        long number = 0;
        boolean within = false;
        while (buffer.hasRemaining()) {
            byte c = buffer.get();
            if (c >= '0' && c <= '9') {
                number = number * 10 + (c - '0');
                within = true;
            } else if (within) {
                return number;
            }
        }
        return number;
    }

    /** The soft limit of file locks; 0 when it is unlimited or there is no such process. */
    long tag(int pid) {
        if (!load("/proc/" + pid + "/limits")) {
            return 0;
        }
        int at = find(FILE_LOCKS);
        if (at < 0) {
            return 0;
        }
        buffer.position(at + FILE_LOCKS.length);
        while (buffer.hasRemaining() && buffer.get(buffer.position()) == ' ') {
            buffer.get();
        }
        return buffer.hasRemaining() && buffer.get(buffer.position()) == 'u' ? 0 : nextNumber();
    }

    private int find(byte[] text) {
        for (int i = 0; i + text.length <= buffer.limit(); i++) {
            int matched = 0;
            while (matched < text.length && buffer.get(i + matched) == text[matched]) {
                matched++;
            }
            if (matched == text.length) {
                return i;
            }
        }
        return -1;
    }

    /** INVOCATION_ID of the environment it was executed with; null when there is none or it cannot be read. */
    @Nullable String invocation(int pid) {
        if (!load("/proc/" + pid + "/environ")) {
            return null;
        }
        int at = find(INVOCATION);
        if (at < 0) {
            return null;
        }
        int start = at + INVOCATION.length;
        int end = start;
        while (end < buffer.limit() && buffer.get(end) != 0) {
            end++;
        }
        byte[] value = new byte[end - start];
        buffer.get(start, value);
        return new String(value, StandardCharsets.US_ASCII);
    }

    /** What names its cgroup namespace; null when there is no such process or it must not be looked at. */
    @Nullable String cgroupNamespace(int pid) {
        try {
            byte[] link = linux.readLink(Linux.AT_FDCWD, Linux.path("/proc/" + pid + "/ns/cgroup"));
            return new String(link, StandardCharsets.US_ASCII);
        } catch (LinuxException e) {
            return null;
        }
    }

    /** The line of the unified hierarchy: a path below the cgroup namespace's root; null when it is not told. */
    @Nullable String cgroup(int pid) {
        if (!load("/proc/" + pid + "/cgroup")) {
            return null;
        }
        String text = StandardCharsets.UTF_8.decode(buffer).toString();
        int at = text.indexOf("\n0::");
        int end = text.indexOf('\n', at + 4);
        return at < 0 || end < 0 ? null : text.substring(at + 4, end);
    }

    /** Whether we ourselves are at the root of every cgroup hierarchy, as our cgroup namespace shows it. */
    boolean isAtCgroupRoot() {
        if (!load("/proc/self/cgroup")) {
            return false;
        }
        String text = StandardCharsets.UTF_8.decode(buffer).toString().strip();
        return text.lines().allMatch(line -> line.endsWith(":/"));
    }

    /**
     * Puts the children of the keeper, whose only thread is its first, in {@code into}.
     *
     * @return false where the kernel has no such file
     */
    boolean children(int pid, IntList into) {
        into.clear();
        if (!load("/proc/" + pid + "/task/" + pid + "/children")) {
            return false;
        }
        while (buffer.hasRemaining()) {
            int child = (int) nextNumber();
            if (child > 0) {
                into.add(child);
            }
        }
        return true;
    }

    /** All processes. */
    IntList processes() {
        int fd = linux.open("/proc", Linux.O_RDONLY | Linux.O_DIRECTORY);
        try {
            IntList pids = new IntList();
            for (byte[] name : linux.list(fd)) {
                int pid = 0;
                for (byte c : name) {
                    pid = c >= '0' && c <= '9' && pid >= 0 ? pid * 10 + (c - '0') : -1;
                }
                if (pid > 0) {
                    pids.add(pid);
                }
            }
            return pids;
        } finally {
            linux.close(fd);
        }
    }

    /** When the process started, nanoseconds since 1970 by today's clock; 0 when there is no such process. */
    long startedNanos(int pid) {
        Stat stat = stat(pid);
        if (stat == null || !load("/proc/uptime")) {
            return 0;
        }
        long upHundredths = nextNumber() * 100 + nextNumber();
        java.time.Instant now = java.time.Instant.now();
        long nowNanos = now.getEpochSecond() * 1_000_000_000L + now.getNano();
        return nowNanos - (upHundredths - stat.startTicks()) * NANOS_PER_TICK;
    }

    /** Nanoseconds since the process was forked, 0 when there is none. */
    long ageNanos(int pid) {
        Stat stat = stat(pid);
        return stat == null || !load("/proc/uptime")
                ? 0
                : (nextNumber() * 100 + nextNumber() - stat.startTicks()) * NANOS_PER_TICK;
    }

    /** Reads a whole file into the buffer. @return false when it cannot be opened or read */
    private boolean load(String path) {
        // A line end before the first line and a NUL before the first string, so that all can be searched for alike.
        buffer.clear().put((byte) (path.endsWith("environ") ? 0 : '\n'));
        int fd = Linux.NO_FD;
        try {
            fd = linux.open(path, Linux.O_RDONLY);
            while (linux.read(fd, buffer) > 0) {
                if (!buffer.hasRemaining()) {
                    grow();
                }
            }
        } catch (LinuxException e) {
            return false;
        } finally {
            linux.close(fd);
        }
        buffer.flip();
        return buffer.limit() > 1 || path.endsWith("/children");
    }

    private void grow() {
        if (buffer.capacity() >= MAX_ENVIRONMENT) {
            throw new LinuxException(Errno.ENOMEM, "read");
        }
        buffer = ByteBuffer.allocateDirect(buffer.capacity() * 2).put(buffer.flip());
    }
}
