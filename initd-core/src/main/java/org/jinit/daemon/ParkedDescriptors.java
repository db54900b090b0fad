package org.jinit.daemon;

import java.util.HashMap;
import java.util.Map;
import org.jinit.linux.Linux;
import org.jspecify.annotations.Nullable;

/** Descriptors that came with a message, until the engine has said what becomes of them: within one step. */
final class ParkedDescriptors {
    private final Linux linux;
    private final Map<Long, int[]> byNumber = new HashMap<>();
    private long last;

    ParkedDescriptors(Linux linux) {
        this.linux = linux;
    }

    long park(int[] fds) {
        byNumber.put(++last, fds);
        return last;
    }

    /** They are the caller's now; null when they are gone. */
    int @Nullable [] take(long number) {
        return byNumber.remove(number);
    }

    /** Closes what nobody took; 0 is nothing. */
    void drop(long number) {
        int[] fds = byNumber.remove(number);
        if (fds != null) {
            for (int fd : fds) {
                linux.close(fd);
            }
        }
    }
}
