package org.jinit.linux;

import org.jspecify.annotations.Nullable;

/**
 * The receiving end of sd_notify(3) of one run: a datagram socket at a path, mode 0600. It is bound before the service is spawned, so every
 * message carries its sender's credentials, and its pidfd where the kernel has that.
 *
 * <p>A flood is bounded by taking few messages per wake-up; senders wait once the socket's buffer is full.
 */
public final class NotifySocket implements AutoCloseable {
    /** Bytes of one message, with its trailing NUL; the longest that other service managers take, so nobody sends more. */
    public static final int MAX_MESSAGE = 4097;
    /** Messages of one wake-up. */
    static final int BUDGET = 32;
    private static final int BUFFER = 8 << 20;

    /** What to do with messages. */
    public interface Listener {
        /** Whether messages can be taken now; if not, the socket is paused. */
        default boolean mayReceive() {
            return true;
        }

        /** @param datagram its descriptors are the listener's to close */
        void received(Datagram datagram);

        /** @param reason why a message was dropped, for people; its descriptors are closed */
        void dropped(String reason, PeerCredentials sender);
    }

    private final Linux linux;
    private final int fd;
    private final String path;
    private final ReceivedMessage message;
    private Reactor.@Nullable Registration registration;

    private NotifySocket(Linux linux, int fd, String path, ReceivedMessage message) {
        this.linux = linux;
        this.fd = fd;
        this.path = path;
        this.message = message;
    }

    /** A buffer that all notify sockets of one reactor share. */
    public static ReceivedMessage buffer() {
        return new ReceivedMessage(MAX_MESSAGE + 1);
    }

    /**
     * Makes the socket.
     *
     * @param path absolute, and short enough for clients (107 bytes) if they shall reach it by this name; what is there is replaced
     * @param message of {@link #buffer}
     * @throws LinuxException when it cannot be made; nothing is left then
     */
    public static NotifySocket bind(Linux linux, String path, ReceivedMessage message) {
        int fd = linux.socket(1, Linux.SOCK_DGRAM);
        try {
            linux.passCredentials(fd);
            linux.passPidfd(fd);
            linux.receiveBuffer(fd, BUFFER);
            UnixPaths.bind(linux, fd, path, 0600);
        } catch (LinuxException e) {
            linux.close(fd);
            throw e;
        }
        return new NotifySocket(linux, fd, path, message);
    }

    /** Takes a socket that an earlier manager made and stored with the keeper. */
    public static NotifySocket adopt(Linux linux, int fd, String path, ReceivedMessage message) {
        return new NotifySocket(linux, fd, path, message);
    }

    /** Lets every user send to it: for a service that becomes another user by itself. The senders' credentials decide as ever. */
    public void openToAll() {
        linux.changeMode(Linux.AT_FDCWD, Linux.path(path), 0666);
    }

    /** For the keeper's store; stays the socket's. */
    public int fd() {
        return fd;
    }

    /** For NOTIFY_SOCKET. */
    public String path() {
        return path;
    }

    /** Hands messages to the listener from now on, before anything of normal priority. */
    public void listen(Reactor reactor, Listener listener) {
        registration = reactor.register(fd, Linux.EPOLLIN, Reactor.Priority.FIRST, "notify socket " + path,
                _ -> {
                    if (listener.mayReceive()) {
                        receive(listener, BUDGET);
                    } else {
                        pause();
                    }
                });
    }

    /** Leaves what arrives in the socket until {@link #resume}. */
    public void pause() {
        if (registration != null) {
            registration.modify(0);
        }
    }

    public void resume() {
        if (registration != null) {
            registration.modify(Linux.EPOLLIN);
        }
    }

    /**
     * Takes what has already arrived, to be called before the exit of a process of the service is looked at: last words count.
     * At most {@code limit} messages, so a flooding service cannot hold the loop.
     *
     * @return how many were taken
     */
    public int receive(Listener listener, int limit) {
        int count = 0;
        while (count < limit && linux.receive(fd, message) != Linux.WOULD_BLOCK) {
            count++;
            deliver(listener);
        }
        return count;
    }

    private void deliver(Listener listener) {
        PeerCredentials sender = new PeerCredentials(message.pid(), message.uid(), message.gid());
        String problem = problem();
        if (problem != null) {
            message.closeAll(linux);
            listener.dropped(problem, sender);
            return;
        }
        byte[] bytes = new byte[message.data().remaining()];
        message.data().get(bytes);
        listener.received(new Datagram(bytes, sender, message.pidfd(), message.fds()));
    }

    private @Nullable String problem() {
        if (message.truncated() || message.data().remaining() > MAX_MESSAGE) {
            return "it is longer than " + MAX_MESSAGE + " bytes";
        }
        if (message.controlTruncated()) {
            return "its descriptors or credentials are cut off";
        }
        return message.pid() <= 0 ? "its sender is not known" : null;
    }

    /** Removes the socket's name and closes it. */
    @Override
    public void close() {
        if (registration != null) {
            registration.close();
            registration = null;
        }
        UnixPaths.remove(linux, path);
        linux.close(fd);
    }
}
