package org.jinit.linux;

/** A whole message with what the kernel told of its sender. Its descriptors are the receiver's to close. */
public final class Datagram {
    private final byte[] bytes;
    private final PeerCredentials sender;
    private final int pidfd;
    private final int[] fds;

    Datagram(byte[] bytes, PeerCredentials sender, int pidfd, int[] fds) {
        this.bytes = bytes;
        this.sender = sender;
        this.pidfd = pidfd;
        this.fds = fds;
    }

    public byte[] bytes() {
        return bytes;
    }

    /** As they were when it sent; a privileged sender may have named another process. */
    public PeerCredentials sender() {
        return sender;
    }

    /** The sender, also when it is gone; -1 where the kernel does not tell (before 6.5). */
    public int pidfd() {
        return pidfd;
    }

    public int[] fds() {
        return fds;
    }

    /** Closes all descriptors. */
    public void close(Linux linux) {
        linux.close(pidfd);
        for (int fd : fds) {
            linux.close(fd);
        }
    }
}
