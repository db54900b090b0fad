package org.jinit.linux;

/** A system call failed. The message reads {@code openat: No such file or directory (ENOENT)}. */
public final class LinuxException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int errno;
    private final String call;

    /** @param call name of the system call */
    public LinuxException(int errno, String call) {
        super(call + ": " + Errno.text(errno) + " (" + Errno.name(errno) + ")");
        this.errno = errno;
        this.call = call;
    }

    public int errno() {
        return errno;
    }

    public String call() {
        return call;
    }

    /** What strerror(3) says, for messages of the form {@code cannot read X: cause}. */
    public String cause() {
        return Errno.text(errno);
    }
}
