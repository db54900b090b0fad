package org.jinit.daemon.control;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.jinit.engine.Transition;
import org.jinit.linux.Errno;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jinit.linux.PeerCredentials;
import org.jinit.linux.Reactor;
import org.jinit.protocol.Call;
import org.jinit.protocol.ManagerError;
import org.jspecify.annotations.Nullable;

/**
 * Serves the control socket within the reactor's loop. It has no thread and, while nobody is slow, no timer. For the reactor's thread only.
 */
public final class ControlServer implements AutoCloseable {
    /** What happened so far; {@code refused}: connections of those who may not, or beyond the bound */
    public record Counters(long accepted, long refused, long stalled) {}

    private static final int ACCEPTS_PER_TURN = 32;
    private static final int SCRATCH_BYTES = 64 * 1024;
    private static final long OUT_OF_DESCRIPTORS_PAUSE_NANOS = 100_000_000;

    private final Linux linux;
    private final Reactor reactor;
    private final ControlSocket socket;
    private final ControlLimits limits;
    private final Dispatcher dispatcher;
    private final Subscriptions subscriptions;
    private final int ownUid;
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(SCRATCH_BYTES);
    /** The one that did something longest ago comes first. */
    private final LinkedHashSet<Connection> connections = new LinkedHashSet<>();
    private final Reactor.Registration listening;
    private Reactor.@Nullable Timer pause;
    private long unfinishedInput;
    private long accepted;
    private long refused;
    private long stalled;
    private boolean closed;

    /** Starts to serve. The socket is the server's now. */
    public ControlServer(
            Linux linux,
            Reactor reactor,
            ControlSocket socket,
            ManagerBackend backend,
            ControlLimits limits) {
        this.linux = linux;
        this.reactor = reactor;
        this.socket = socket;
        this.limits = limits;
        this.ownUid = linux.effectiveUid();
        this.subscriptions = new Subscriptions(backend, reactor);
        this.dispatcher = new Dispatcher(backend, subscriptions);
        this.listening = reactor.register(socket.fd(), Linux.EPOLLIN, "control socket", _ -> accept());
    }

    /** Tells those who listen or wait; for every transition that the engine publishes. */
    public void published(Transition transition) {
        subscriptions.published(transition);
    }

    /** How many clients are connected. */
    public int connections() {
        return connections.size();
    }

    /** How many listen for changes or wait for one. */
    public int listeners() {
        return subscriptions.size();
    }

    /** What happened so far. */
    public Counters counters() {
        return new Counters(accepted, refused, stalled);
    }

    /** Drops every client and removes the socket. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (pause != null) {
            pause.cancel();
        }
        List<Connection> open = new ArrayList<>(connections);
        open.forEach(Connection::close);
        listening.close();
        socket.close();
    }

    Linux linux() {
        return linux;
    }

    Reactor reactor() {
        return reactor;
    }

    ControlLimits limits() {
        return limits;
    }

    /** One buffer for all: whoever reads or sends takes out or fills in at once what it needs. */
    ByteBuffer scratch() {
        return scratch;
    }

    void dispatch(Exchange exchange, Call call) {
        dispatcher.dispatch(exchange, call);
    }

    void touched(Connection connection) {
        if (connections.remove(connection)) {
            connections.add(connection);
        }
    }

    void closed(Connection connection) {
        connections.remove(connection);
        unfinishedInput -= connection.unfinishedInput();
    }

    void stalled() {
        stalled++;
    }

    void unfinishedInput(int change) {
        unfinishedInput += change;
    }

    boolean holdsTooMuchInput() {
        return unfinishedInput > limits.unfinishedInput();
    }

    private void accept() {
        for (int i = 0; i < ACCEPTS_PER_TURN && !closed; i++) {
            int fd;
            try {
                fd = linux.accept(socket.fd());
            } catch (LinuxException e) {
                acceptFailed(e);
                return;
            }
            if (fd < 0) {
                return;
            }
            welcome(fd);
        }
    }

    /** Without descriptors the waiting client would wake the loop again and again; those that are there go on. */
    private void acceptFailed(LinuxException e) {
        if (e.errno() != Errno.EMFILE && e.errno() != Errno.ENFILE && e.errno() != Errno.ENOMEM) {
            throw e;
        }
        refused++;
        listening.modify(0);
        pause = reactor.arm(System.nanoTime() + OUT_OF_DESCRIPTORS_PAUSE_NANOS, () -> {
            pause = null;
            listening.modify(Linux.EPOLLIN);
        });
    }

    private void welcome(int fd) {
        Connection connection;
        PeerCredentials peer;
        try {
            peer = linux.peerCredentials(fd);
            connection = new Connection(this, fd, Peer.requester(peer));
        } catch (LinuxException e) {
            linux.close(fd);
            refused++;
            return;
        }
        connections.add(connection);
        if (!Peer.isPermitted(peer, ownUid)) {
            refused++;
            connection.refuse(
                    new ManagerError.NotPermitted("cannot talk to jinitd as uid " + peer.uid()
                            + ": only root and uid " + ownUid + " may"));
        } else if (connections.size() > limits.connections() && !makeRoom(connection)) {
            refused++;
            connection.refuse(
                    new ManagerError.Unavailable("cannot talk to jinitd: all " + limits.connections()
                            + " connections are in use"));
        } else {
            accepted++;
        }
    }

    private boolean makeRoom(Connection newcomer) {
        for (Connection connection : connections) {
            if (connection != newcomer && connection.isIdle()) {
                connection.close();
                return true;
            }
        }
        return false;
    }
}
