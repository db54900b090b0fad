package org.jinit.linux;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The manager's end of the link to the keeper: a SOCK_SEQPACKET socket. What the socket does not take at once waits in order; the keeper
 * takes messages faster than they can be made, so the queue is bounded only against a keeper that hangs. For the reactor's thread.
 */
public final class KeeperLink implements AutoCloseable {
    /** Messages that may wait; more means that the keeper has stopped reading. */
    static final int MAX_QUEUED = 65_536;
    private static final int MESSAGES_PER_TURN = 256;

    /** What comes over the link. */
    public interface Listener {
        /** @param fds what came with the message; the listener's to close */
        void received(KeeperProtocol.FromKeeper message, int[] fds);

        /** The keeper closed the link or broke the protocol: there is nothing more to live for. */
        void lost(String why);
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Waiting(ByteBuffer message, int[] fds, boolean closeFds) {}

    private final Linux linux;
    private final int socket;
    private final Reactor.Registration registration;
    private final Listener listener;
    private final ReceivedMessage received = new ReceivedMessage(KeeperProtocol.MAX_MESSAGE);
    private final ByteBuffer out = ByteBuffer.allocateDirect(KeeperProtocol.MAX_MESSAGE);
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
    private boolean lost;

    public KeeperLink(Linux linux, Reactor reactor, int socket, Listener listener) {
        this.linux = linux;
        this.socket = socket;
        this.listener = listener;
        linux.setNonBlocking(socket, true);
        registration = reactor.register(socket, Linux.EPOLLIN, "keeper link", this::ready);
    }

    /** Sends a message; the descriptors stay the caller's when {@code closeFds} is false, else are closed once sent. */
    public void send(KeeperProtocol.ToKeeper message, boolean closeFds, int... fds) {
        out.clear();
        KeeperProtocol.encode(message, out);
        out.flip();
        if (lost) {
            closeAll(fds, closeFds);
        } else if (queue.isEmpty() && trySend(out, fds)) {
            closeAll(fds, closeFds);
        } else if (!lost) {
            enqueue(fds, closeFds);
        } else {
            closeAll(fds, closeFds);
        }
    }

    /** Messages that wait to be sent. */
    public int pending() {
        return queue.size();
    }

    private void enqueue(int[] fds, boolean closeFds) {
        if (queue.size() >= MAX_QUEUED) {
            closeAll(fds, closeFds);
            fail("the keeper does not read");
            return;
        }
        // The caller may close its descriptors before their turn comes.
        int[] own = closeFds ? fds.clone() : duplicates(fds);
        ByteBuffer copy = ByteBuffer.allocateDirect(out.remaining()).put(out).flip();
        queue.add(new Waiting(copy, own, true));
        registration.modify(Linux.EPOLLIN | Linux.EPOLLOUT);
    }

    private int[] duplicates(int[] fds) {
        int[] own = new int[fds.length];
        for (int i = 0; i < fds.length; i++) {
            own[i] = linux.duplicate(fds[i]);
        }
        return own;
    }

    private boolean trySend(ByteBuffer message, int[] fds) {
        try {
            return linux.send(socket, message, fds) != Linux.WOULD_BLOCK;
        } catch (LinuxException e) {
            fail(e.getMessage());
            return false;
        }
    }

    private void closeAll(int[] fds, boolean really) {
        if (really) {
            for (int fd : fds) {
                linux.close(fd);
            }
        }
    }

    private void ready(int events) {
        if ((events & Linux.EPOLLOUT) != 0) {
            flush();
        }
        if ((events & (Linux.EPOLLIN | Linux.EPOLLHUP | Linux.EPOLLERR)) != 0) {
            receiveAll();
        }
    }

    private void flush() {
        while (!queue.isEmpty()) {
            Waiting next = queue.peek();
            if (!trySend(next.message(), next.fds())) {
                return;
            }
            queue.remove();
            closeAll(next.fds(), next.closeFds());
        }
        registration.modify(Linux.EPOLLIN);
    }

    private void receiveAll() {
        for (int i = 0; i < MESSAGES_PER_TURN && !lost; i++) {
            int length;
            try {
                length = linux.receive(socket, received);
            } catch (LinuxException e) {
                fail(e.getMessage());
                return;
            }
            if (length == Linux.WOULD_BLOCK) {
                return;
            }
            if (length == 0) {
                fail("the keeper is gone");
                return;
            }
            KeeperProtocol.@Nullable FromKeeper message = decode();
            if (message != null) {
                listener.received(message, received.fds());
            }
        }
    }

    private KeeperProtocol.@Nullable FromKeeper decode() {
        try {
            return KeeperProtocol.decode(received.data());
        } catch (KeeperProtocol.MalformedException e) {
            received.closeAll(linux);
            fail(e.getMessage());
            return null;
        }
    }

    private void fail(@Nullable String why) {
        if (!lost) {
            lost = true;
            listener.lost(why == null ? "unknown" : why);
        }
    }

    @Override
    public void close() {
        registration.close();
        linux.close(socket);
        for (Waiting waiting : queue) {
            closeAll(waiting.fds(), waiting.closeFds());
        }
        queue.clear();
    }
}
