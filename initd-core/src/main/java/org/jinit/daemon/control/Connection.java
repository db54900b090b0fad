package org.jinit.daemon.control;

import java.nio.ByteBuffer;
import org.jinit.engine.Requester;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jinit.linux.Reactor;
import org.jinit.protocol.BadMessageException;
import org.jinit.protocol.CallCodec;
import org.jinit.protocol.FrameSplitter;
import org.jinit.protocol.ManagerError;
import org.jinit.protocol.ReplyCodec;
import org.jspecify.annotations.Nullable;

/**
 * One client. Its calls are carried out one after the other: while one is under way, or its replies wait for the client, nothing more is
 * read, so a client that floods or does not read fills its own socket buffer and nothing else.
 */
final class Connection {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final ControlServer server;
    private final int fd;
    private final Requester who;
    private final FrameSplitter splitter = new FrameSplitter();
    private final OutputQueue output = new OutputQueue();
    private final Reactor.Registration registration;
    private ByteBuffer unread = NOTHING;
    private @Nullable Exchange exchange;
    private Reactor.@Nullable Timer stall;
    private boolean inTurn;
    private boolean ending;
    private boolean closed;

    Connection(ControlServer server, int fd, Requester who) {
        this.server = server;
        this.fd = fd;
        this.who = who;
        registration = server.reactor().register(fd, Linux.EPOLLIN, "control connection", this::ready);
    }

    Requester who() {
        return who;
    }

    boolean isBehind() {
        return output.bytes() > server.limits().queuedOutput();
    }

    /** Whether it waits for nothing but the client's next call. */
    boolean isIdle() {
        return exchange == null && output.bytes() == 0 && !unread.hasRemaining();
    }

    int unfinishedInput() {
        return splitter.pendingBytes();
    }

    /** Queues and, when nothing is queued before it, sends. */
    void write(byte[] message) {
        if (closed) {
            return;
        }
        output.add(message);
        // In a turn the replies of several calls go out together.
        if (!inTurn) {
            flush();
        }
    }

    void defer(Runnable action) {
        server.reactor().defer(action);
    }

    /** The exchange has come to its end. */
    void finished(Exchange ended, byte @Nullable [] reply) {
        if (closed || exchange != ended) {
            return;
        }
        exchange = null;
        if (reply != null) {
            write(reply);
        }
        if (!inTurn && !closed) {
            server.reactor().defer(this::turn);
        }
    }

    /** A last message, then the end. */
    void refuse(ManagerError error) {
        ending = true;
        unread = NOTHING;
        write(ReplyCodec.encode(error));
        settle();
    }

    void close() {
        if (closed) {
            return;
        }
        closed = true;
        cancelStall();
        registration.close();
        server.linux().close(fd);
        server.closed(this);
        Exchange open = exchange;
        exchange = null;
        if (open != null) {
            open.gone();
        }
    }

    private void ready(int events) {
        if ((events & Linux.EPOLLOUT) != 0) {
            flush();
        }
        boolean gone = (events & (Linux.EPOLLHUP | Linux.EPOLLERR)) != 0;
        if (closed) {
            return;
        }
        if (exchange == null && !ending) {
            // Also of a client that is gone already: what it asked for before counts.
            turn();
        } else if (gone) {
            close();
        }
    }

    /** Reads and carries out calls, as many as one turn allows. */
    private void turn() {
        if (closed || ending || inTurn) {
            return;
        }
        inTurn = true;
        try {
            server.touched(this);
            for (int calls = 0; mayCall(); calls++) {
                if (calls >= server.limits().callsPerTurn()) {
                    server.reactor().defer(this::turn);
                    break;
                }
                byte[] frame = nextFrame();
                if (frame == null) {
                    break;
                }
                call(frame);
            }
        } catch (BadMessageException e) {
            refuse(new ManagerError.InvalidArgument(String.valueOf(e.getMessage())));
        } finally {
            inTurn = false;
        }
        if (!unread.hasRemaining()) {
            unread = NOTHING;
        }
        flush();
    }

    private boolean mayCall() {
        return !closed && !ending && exchange == null && !isBehind();
    }

    /** Null when no whole message is there now. Reads once at most: others wait. */
    private byte @Nullable [] nextFrame() throws BadMessageException {
        if (!unread.hasRemaining() && !read()) {
            return null;
        }
        int before = splitter.pendingBytes();
        byte[] frame = splitter.next(unread);
        server.unfinishedInput(splitter.pendingBytes() - before);
        if (frame == null && server.holdsTooMuchInput()) {
            throw new BadMessageException("cannot read a message: too many long ones are being read at once");
        }
        return frame;
    }

    /** False when nothing is to be had now, or ever. */
    private boolean read() {
        ByteBuffer scratch = server.scratch();
        scratch.clear();
        int count;
        try {
            count = server.linux().read(fd, scratch);
        } catch (LinuxException e) {
            close();
            return false;
        }
        if (count == 0) {
            // Perhaps it only ended its own side: replies that are queued still go out.
            ending = true;
            return false;
        }
        if (count < 0) {
            return false;
        }
        scratch.flip();
        unread = ByteBuffer.allocate(count).put(scratch).flip();
        return true;
    }

    private void call(byte[] frame) throws BadMessageException {
        try {
            CallCodec.Envelope envelope = CallCodec.decode(frame);
            Exchange current = new Exchange(this, envelope.more(), envelope.oneway());
            exchange = current;
            server.dispatch(current, envelope.call());
        } catch (CallCodec.UnknownMethodException e) {
            write(ReplyCodec.encode(new ManagerError.Standard("MethodNotFound", "method", e.method())));
        } catch (BadMessageException e) {
            if (e.parameter() == null) {
                throw e;
            }
            write(ReplyCodec.encode(new ManagerError.Standard("InvalidParameter", "parameter", e.parameter())));
        }
    }

    private void flush() {
        if (closed) {
            return;
        }
        boolean wasBehind = isBehind();
        try {
            boolean sent = output.bytes() > 0 && output.send(server.linux(), fd, server.scratch());
            if (sent) {
                cancelStall();
            }
        } catch (LinuxException e) {
            close();
            return;
        }
        settle();
        if (!closed && wasBehind && !isBehind()) {
            resume();
        }
    }

    private void resume() {
        Exchange current = exchange;
        if (current != null) {
            current.drained();
        } else if (!inTurn) {
            server.reactor().defer(this::turn);
        }
    }

    /** Brings what is watched in line with what is wanted. */
    private void settle() {
        if (closed) {
            return;
        }
        boolean waiting = output.bytes() > 0;
        if (ending && !waiting) {
            close();
            return;
        }
        boolean listening = exchange == null && !ending && !isBehind() && !unread.hasRemaining();
        registration.modify((listening ? Linux.EPOLLIN : 0) | (waiting ? Linux.EPOLLOUT : 0));
        if (waiting && stall == null) {
            stall = server.reactor().arm(System.nanoTime() + server.limits().stall().toNanos(), this::stalled);
        }
    }

    private void stalled() {
        stall = null;
        server.stalled();
        close();
    }

    private void cancelStall() {
        if (stall != null) {
            stall.cancel();
            stall = null;
        }
    }

    @Override
    public String toString() {
        return "connection of uid " + who.uid() + ", pid " + who.pid();
    }
}
