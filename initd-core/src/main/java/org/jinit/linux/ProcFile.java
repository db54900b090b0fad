package org.jinit.linux;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What /proc says of one process (proc(5)), for people to read; the number may mean another process by the time it is read. */
public final class ProcFile {
    private static final int MAX_READ = 4096;
    private static final int MAX_COMMAND = 256;
    private static final long PAGE = 4096;
    private static final double TICKS_PER_SECOND = 100;

    private ProcFile() {}

    /**
     * From /proc/PID/stat.
     *
     * @param state one letter: R S D T t Z X ...
     * @param memoryBytes resident set
     * @param cpuSeconds user and system time
     */
    public record Stat(String name, char state, int parent, double cpuSeconds, long memoryBytes) {}

    /** Null when it is gone. */
    public static @Nullable Stat stat(Linux linux, int pid) {
        byte[] bytes = read(linux, "/proc/" + pid + "/stat");
        if (bytes.length == 0) {
            return null;
        }
        String text = new String(bytes, StandardCharsets.UTF_8);
        int open = text.indexOf('(');
        int close = text.lastIndexOf(')');
        if (open < 0 || close + 2 >= text.length()) {
            return null;
        }
        String[] rest = text.substring(close + 2).strip().split(" ", -1);
        if (rest.length < 22) {
            return null;
        }
        double cpu = (Long.parseLong(rest[11]) + Long.parseLong(rest[12])) / TICKS_PER_SECOND;
        return new Stat(text.substring(open + 1, close), rest[0].charAt(0), Integer.parseInt(rest[1]), cpu,
                Long.parseLong(rest[21]) * PAGE);
    }

    /** Whether it is stopped by a signal (not traced). */
    public static boolean isStopped(Linux linux, int pid) {
        Stat stat = stat(linux, pid);
        return stat != null && stat.state() == 'T';
    }

    /** Its command line, cut; its name in brackets when it has none. */
    public static String command(Linux linux, int pid, String name) {
        byte[] bytes = read(linux, "/proc/" + pid + "/cmdline");
        if (bytes.length == 0) {
            return "[" + name + "]";
        }
        String text = new String(bytes, StandardCharsets.UTF_8).replace('\0', ' ').strip();
        StringBuilder clean = new StringBuilder();
        for (int i = 0; i < text.length() && clean.length() < MAX_COMMAND; i++) {
            clean.append(Character.isISOControl(text.charAt(i)) ? '?' : text.charAt(i));
        }
        return clean.toString();
    }

    private static byte[] read(Linux linux, String path) {
        int fd;
        try {
            fd = linux.open(path, Linux.O_RDONLY | Linux.O_NONBLOCK);
        } catch (LinuxException e) {
            return new byte[0];
        }
        try {
            ByteBuffer buffer = ByteBuffer.allocateDirect(MAX_READ);
            int count = linux.read(fd, buffer);
            byte[] bytes = new byte[Math.max(count, 0)];
            buffer.flip().get(bytes);
            return bytes;
        } catch (LinuxException e) {
            return new byte[0];
        } finally {
            linux.close(fd);
        }
    }
}
