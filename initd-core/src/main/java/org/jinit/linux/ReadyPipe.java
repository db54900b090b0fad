package org.jinit.linux;

import org.jspecify.annotations.Nullable;

/**
 * How a service says by descriptor that it is ready: a newline, whatever is before it. As a socket pair the
 * kernel tells which process wrote;
 * a real pipe is for programs that open the descriptor by its path.
 */
public final class ReadyPipe implements AutoCloseable {
    /** What came; the pipe is told no more after either. */
    public interface Listener {
        /** @param sender pid 0 for a real pipe @param pidfd the writer's, the listener's to close; -1 when not told */
        void ready(PeerCredentials sender, int pidfd);

        /** The last writer closed it without a newline. */
        void closed();
    }

    private static final int MAX_READ = 4096;
    /** Reads of one wake-up. */
    private static final int BUDGET = 16;

    private final Linux linux;
    private final int fd;
    private final boolean isSocket;
    private int childFd;
    private Reactor.@Nullable Registration registration;

    private ReadyPipe(Linux linux, int fd, int childFd, boolean isSocket) {
        this.linux = linux;
        this.fd = fd;
        this.childFd = childFd;
        this.isSocket = isSocket;
    }

    /** @param realPipe a pipe, not a socket pair */
    public static ReadyPipe open(Linux linux, boolean realPipe) {
        if (realPipe) {
            int[] pipe = linux.pipe(false);
            linux.setNonBlocking(pipe[0], true);
            return new ReadyPipe(linux, pipe[0], pipe[1], false);
        }
        int[] pair = linux.socketPair(Linux.SOCK_STREAM);
        linux.passCredentials(pair[0]);
        linux.passPidfd(pair[0]);
        linux.setNonBlocking(pair[1], false);
        return new ReadyPipe(linux, pair[0], pair[1], true);
    }

    /** Takes an end that was stored with the keeper. */
    public static ReadyPipe adopt(Linux linux, int fd, boolean realPipe) {
        return new ReadyPipe(linux, fd, Linux.NO_FD, !realPipe);
    }

    /** The end to read; stays the pipe's. */
    public int fd() {
        return fd;
    }

    /** The end to pass to the service; stays the pipe's until {@link #closeChildEnd}. */
    public int childFd() {
        return childFd;
    }

    /** After the spawn: without this the end of the last writer is never seen. */
    public void closeChildEnd() {
        linux.close(childFd);
        childFd = Linux.NO_FD;
    }

    /** @param message of {@link NotifySocket#buffer} */
    public void listen(Reactor reactor, ReceivedMessage message, Listener listener) {
        registration = reactor.register(fd, Linux.EPOLLIN, Reactor.Priority.FIRST, "readiness pipe",
                events -> receive(message, listener));
    }

    /** Takes what has already arrived, to be called before the exit of a process of the service is looked at. */
    public void receive(ReceivedMessage message, Listener listener) {
        for (int i = 0; i < BUDGET && fdIsWatched(); i++) {
            int length = isSocket ? linux.receive(fd, message) : readPipe(message);
            if (length == Linux.WOULD_BLOCK) {
                return;
            }
            take(message, length, listener);
        }
    }

    private boolean fdIsWatched() {
        return registration != null;
    }

    private int readPipe(ReceivedMessage message) {
        message.clear();
        message.data().limit(MAX_READ);
        int length = linux.read(fd, message.data());
        message.data().flip();
        return length;
    }

    private void take(ReceivedMessage message, int length, Listener listener) {
        boolean newline = false;
        for (int i = 0; i < length; i++) {
            newline |= message.data().get(i) == '\n';
        }
        for (int received : message.fds()) {
            linux.close(received);
        }
        if (newline) {
            stop();
            listener.ready(new PeerCredentials(message.pid(), message.uid(), message.gid()), message.pidfd());
            return;
        }
        linux.close(message.pidfd());
        if (length <= 0) {
            stop();
            listener.closed();
        }
    }

    private void stop() {
        if (registration != null) {
            registration.close();
            registration = null;
        }
    }

    @Override
    public void close() {
        stop();
        closeChildEnd();
        linux.close(fd);
    }
}
