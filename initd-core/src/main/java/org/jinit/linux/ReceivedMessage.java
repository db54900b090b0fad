package org.jinit.linux;

import java.nio.ByteBuffer;

/** Where {@link Linux#receive} puts a message; used again and again. */
public final class ReceivedMessage {
    /** Descriptors that one message can bring (the kernel's SCM_MAX_FD). */
    public static final int MAX_FDS = 253;
    private static final int[] NONE = {};

    private final ByteBuffer data;
    int pid;
    int uid = -1;
    int gid = -1;
    int pidfd = Linux.NO_FD;
    int[] fds = NONE;
    boolean truncated;
    boolean controlTruncated;

    /** @param capacity bytes of data; more is cut off and told by {@link #truncated} */
    public ReceivedMessage(int capacity) {
        data = ByteBuffer.allocateDirect(capacity);
    }

    /** What was received: from 0 to the limit. */
    public ByteBuffer data() {
        return data;
    }

    /** SCM_CREDENTIALS, 0 when not told: the sender's number as it was at sending. For people to read. */
    public int pid() {
        return pid;
    }

    /** SCM_CREDENTIALS, -1 when not told. */
    public int uid() {
        return uid;
    }

    public int gid() {
        return gid;
    }

    /** SCM_PIDFD: the sender, also when it is already gone; -1 when not told. The caller's to close. */
    public int pidfd() {
        return pidfd;
    }

    /** SCM_RIGHTS, the caller's to close. */
    public int[] fds() {
        return fds;
    }

    /** MSG_TRUNC. */
    public boolean truncated() {
        return truncated;
    }

    /** MSG_CTRUNC: descriptors or credentials are missing. */
    public boolean controlTruncated() {
        return controlTruncated;
    }

    /** Closes all descriptors that came with the message. */
    public void closeAll(Linux linux) {
        linux.close(pidfd);
        pidfd = Linux.NO_FD;
        for (int fd : fds) {
            linux.close(fd);
        }
        fds = NONE;
    }

    void clear() {
        data.clear();
        pid = 0;
        uid = -1;
        gid = -1;
        pidfd = Linux.NO_FD;
        fds = NONE;
        truncated = false;
        controlTruncated = false;
    }
}
