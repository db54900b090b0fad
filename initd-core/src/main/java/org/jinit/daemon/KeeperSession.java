package org.jinit.daemon;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jinit.linux.KeeperLink;
import org.jinit.linux.KeeperProtocol;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jinit.linux.Reactor;
import org.jinit.linux.TaggedProcesses;
import org.jinit.model.Signals;
import org.jspecify.annotations.Nullable;

/**
 * The conversation with the keeper from HELLO on. Until everything that it already had is told, messages are kept; then they go to the
 * manager's parts. Processes of a manager before this one are ended, and the boot waits until they are gone.
 */
final class KeeperSession implements KeeperLink.Listener {
    /** What it tells once the manager is set up. */
    interface Receiver {
        void slot(KeeperProtocol.Slot slot, int[] fds);

        void stopped(KeeperProtocol.Stopped stopped, int[] fds);

        void refused(KeeperProtocol.Refused refused);

        void orphans(KeeperProtocol.Orphans orphans);

        void signal(KeeperProtocol.Signal signal);
    }

    private static final long HELLO_NANOS = 20_000_000_000L;
    private static final long LEFTOVER_NANOS = 10_000_000_000L;
    private static final long LOOK_AGAIN_NANOS = 10_000_000L;

    private final Linux linux;
    private final Reactor reactor;
    private final KeeperLink link;
    private final ManagerLog log;
    private KeeperProtocol.@Nullable Welcome welcome;
    private List<String> environment = List.of();
    private boolean synced;
    private @Nullable Receiver receiver;
    private final List<KeeperProtocol.Signal> earlySignals = new ArrayList<>();
    private final Map<KeeperProtocol.Label, Integer> stored = new TreeMap<>();
    /** Pidfds, by slot, of what the manager before this one had forked and what is not executed yet: it may have no tag so far. */
    private final Map<Long, Integer> unexecuted = new HashMap<>();

    KeeperSession(Linux linux, Reactor reactor, ManagerLog log) {
        this.linux = linux;
        this.reactor = reactor;
        this.log = log;
        link = new KeeperLink(linux, reactor, KeeperProtocol.LINK_FD, this);
        link.send(new KeeperProtocol.Hello(), false);
    }

    KeeperLink link() {
        return link;
    }

    void send(KeeperProtocol.ToKeeper message) {
        link.send(message, false);
    }

    /** Waits for the keeper's answer, and for the end of what an earlier manager left. */
    KeeperProtocol.Welcome awaitWelcome() {
        long deadline = System.nanoTime() + HELLO_NANOS;
        while (!synced && System.nanoTime() - deadline < 0) {
            reactor.runOnce(deadline - System.nanoTime());
        }
        KeeperProtocol.Welcome answer = welcome;
        if (answer == null || !synced) {
            throw new IllegalStateException("cannot start: the keeper does not answer");
        }
        if (answer.again()) {
            endLeftovers(new TaggedProcesses(linux, answer));
        }
        return answer;
    }

    /** TERM first, KILL after a while; the reactor runs meanwhile, for the keeper tells who has ended. */
    private void endLeftovers(TaggedProcesses left) {
        int count = signal(left, Signals.TERM);
        signal(left, Signals.CONT);
        if (count > 0) {
            log.warn("the manager before this one died; its " + count
                    + " processes are ended before anything is started");
        }
        long start = System.nanoTime();
        while (count > 0 && System.nanoTime() - start < LEFTOVER_NANOS) {
            reactor.runOnce(LOOK_AGAIN_NANOS);
            count = signal(left, System.nanoTime() - start < LEFTOVER_NANOS / 2 ? 0 : Signals.KILL);
        }
        unexecuted.values().forEach(linux::close);
        unexecuted.clear();
        if (count > 0) {
            log.error(count + " processes of the manager before this one cannot be ended");
        }
    }

    private int signal(TaggedProcesses left, int signal) {
        int alive = 0;
        for (int pidfd : unexecuted.values()) {
            try {
                alive += !linux.pidfdEnded(pidfd) && linux.pidfdSignal(pidfd, signal) == 0 ? 1 : 0;
            } catch (LinuxException e) {
                // It has become another user meanwhile: it lives.
                alive++;
            }
        }
        return alive + left.signal(signal);
    }

    /** NAME=value each, as jinitd was started with. */
    List<String> environment() {
        return environment;
    }

    /** What the manager before this one stored; the descriptors are the caller's now. */
    Map<KeeperProtocol.Label, Integer> takeStored() {
        Map<KeeperProtocol.Label, Integer> taken = new TreeMap<>(stored);
        stored.clear();
        return taken;
    }

    void receiveWith(Receiver parts) {
        receiver = parts;
        earlySignals.forEach(parts::signal);
        earlySignals.clear();
    }

    @Override
    public void received(KeeperProtocol.FromKeeper message, int[] fds) {
        switch (message) {
            case KeeperProtocol.Welcome answer -> {
                welcome = answer;
                environment = fds.length > 0 ? strings(fds[0]) : List.of();
                closeAll(fds);
            }
            case KeeperProtocol.Synced() -> synced = true;
            case KeeperProtocol.Ping(long challenge) -> send(new KeeperProtocol.Pong(challenge));
            case KeeperProtocol.Stored(KeeperProtocol.Label label) -> {
                if (fds.length == 1) {
                    stored.put(label, fds[0]);
                } else {
                    closeAll(fds);
                }
            }
            case KeeperProtocol.Slot slot -> slot(slot, fds);
            case KeeperProtocol.Stopped stopped -> {
                if (receiver == null) {
                    closeAll(fds);
                } else {
                    receiver.stopped(stopped, fds);
                }
            }
            case KeeperProtocol.Refused refused -> {
                if (receiver != null) {
                    receiver.refused(refused);
                }
            }
            case KeeperProtocol.Orphans orphans -> {
                if (receiver != null) {
                    receiver.orphans(orphans);
                }
            }
            case KeeperProtocol.Signal signal -> {
                if (receiver == null) {
                    earlySignals.add(signal);
                } else {
                    receiver.signal(signal);
                }
            }
        }
    }

    private void slot(KeeperProtocol.Slot slot, int[] fds) {
        if (receiver != null) {
            receiver.slot(slot, fds);
            return;
        }
        boolean over =
                slot.state() == KeeperProtocol.SlotState.EXITED || slot.state() == KeeperProtocol.SlotState.FAILED;
        if (over) {
            send(new KeeperProtocol.Ack(slot.slot(), slot.state()));
        }
        Integer known = unexecuted.remove(slot.slot());
        if (slot.state() == KeeperProtocol.SlotState.FORKED && fds.length > 0) {
            unexecuted.put(slot.slot(), linux.duplicate(fds[0]));
        } else if (slot.state() == KeeperProtocol.SlotState.FORKED && known != null) {
            unexecuted.put(slot.slot(), known);
            known = null;
        }
        if (known != null) {
            linux.close(known);
        }
        closeAll(fds);
    }

    private void closeAll(int[] fds) {
        for (int fd : fds) {
            linux.close(fd);
        }
    }

    private List<String> strings(int memfd) {
        long size = linux.status(memfd).size();
        ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(size, 8 << 20));
        while (buffer.hasRemaining() && linux.readAt(memfd, buffer, buffer.position()) > 0) {
            // Until the end.
        }
        byte[] bytes = new byte[buffer.flip().remaining()];
        buffer.get(bytes);
        List<String> out = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                out.add(new String(bytes, start, i - start, StandardCharsets.UTF_8));
                start = i + 1;
            }
        }
        return out;
    }

    @Override
    public void lost(String why) {
        // Without its keeper the manager can neither start nor reap anything, and must not outlive it.
        log.error("cannot go on: " + why);
        log.close();
        Runtime.getRuntime().halt(70);
    }
}
