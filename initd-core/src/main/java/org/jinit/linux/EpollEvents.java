package org.jinit.linux;

/** Where {@link Linux#epollWait} puts what happened; used again and again. */
public final class EpollEvents {
    private final int[] fds;
    private final int[] events;

    public EpollEvents(int capacity) {
        fds = new int[capacity];
        events = new int[capacity];
    }

    public int capacity() {
        return fds.length;
    }

    public int fd(int index) {
        return fds[index];
    }

    /** EPOLL bits. */
    public int events(int index) {
        return events[index];
    }

    public void set(int index, int fd, int bits) {
        fds[index] = fd;
        events[index] = bits;
    }
}
