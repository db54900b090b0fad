package org.jinit.daemon;

import java.util.function.BooleanSupplier;
import org.jinit.engine.Event;
import org.jinit.engine.MainClaim;
import org.jinit.engine.Sender;
import org.jinit.linux.Datagram;
import org.jinit.linux.Errno;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jinit.linux.NotifySocket;
import org.jinit.linux.PeerCredentials;
import org.jinit.linux.ProcessTracker;
import org.jinit.linux.Reactor;
import org.jinit.linux.ReceivedMessage;
import org.jinit.notify.NotifyMessage;
import org.jinit.notify.NotifyParser;
import org.jspecify.annotations.Nullable;

/** The notify socket of one run: turns datagrams into events, with their senders and claims held by pidfd first. */
final class NotifyChannel implements NotifySocket.Listener {
    /** Warnings about dropped messages of one run; after that they are only counted. */
    private static final int MAX_WARNINGS = 5;
    /** Messages that are taken before an exit is looked at. */
    private static final int LAST_WORDS = 4096;

    /** What the channels of all runs share. */
    record Surroundings(
            Linux linux,
            Reactor reactor,
            EngineLoop loop,
            Processes processes,
            ProcessTracker tracker,
            ParkedDescriptors parked,
            ReceivedMessage buffer,
            ManagerLog log,
            int keeperPid) {}

    private final Surroundings with;
    private final ActiveRun run;
    private final NotifySocket socket;
    private long dropped;

    NotifyChannel(Surroundings surroundings, ActiveRun run, String path) {
        with = surroundings;
        this.run = run;
        socket = NotifySocket.bind(with.linux(), path, with.buffer());
        if (run.definition.execution().user() == null && with.linux().effectiveUid() == 0) {
            socket.openToAll();
        }
        socket.listen(with.reactor(), this);
    }

    String path() {
        return socket.path();
    }

    /** A process that was just forked may speak before the keeper has told who it is: then its messages wait for that. */
    @Override
    public boolean mayReceive() {
        return !with.processes().awaitsIdentity(run.id);
    }

    void resume() {
        if (mayReceive()) {
            socket.resume();
        }
    }

    /** Takes what was said before an exit that is about to be told. */
    void drain() {
        socket.receive(this, LAST_WORDS);
    }

    void close() {
        socket.close();
    }

    @Override
    public void dropped(String reason, PeerCredentials sender) {
        dropped++;
        if (dropped <= MAX_WARNINGS) {
            with.log()
                    .warn(run.id.service() + ": dropped a notify message of pid " + sender.pid() + ": " + reason
                            + (dropped == MAX_WARNINGS ? " (further ones are not told)" : ""));
        }
    }

    @Override
    public void received(Datagram datagram) {
        switch (NotifyParser.parse(datagram.bytes(), datagram.fds().length)) {
            case NotifyParser.Dropped(String reason) -> {
                datagram.close(with.linux());
                dropped(reason, datagram.sender());
            }
            case NotifyParser.Parsed(NotifyMessage message) -> deliver(datagram, message);
        }
    }

    private void deliver(Datagram datagram, NotifyMessage message) {
        if (message.barrier()) {
            // The close is the answer; all that was sent before it has been handled.
            datagram.close(with.linux());
            return;
        }
        Sender sender;
        int[] fds = datagram.fds();
        Candidate claim;
        try {
            sender = sender(datagram);
            claim = claim(message, fds);
        } catch (LinuxException e) {
            // Nobody may lose more by it than this message: the end of a process may wait behind it.
            datagram.close(with.linux());
            dropped("its processes cannot be looked at: " + e.cause(), datagram.sender());
            return;
        }
        with.linux().close(datagram.pidfd());
        if (claim != null && claim.tookDescriptor()) {
            fds = new int[0];
        }
        long parked = fds.length == 0 ? 0 : with.parked().park(fds);
        MainClaim named = claim == null ? null : claim.claim();
        with.loop().submit(new Event.Notified(run.id, sender, message, named, parked, fds.length), () -> {
            with.parked().drop(parked);
            if (named != null) {
                with.processes().dropUnwatched(named.process());
            }
        });
    }

    private Sender sender(Datagram datagram) {
        PeerCredentials who = datagram.sender();
        int pidfd = datagram.pidfd();
        boolean ours = pidfd == Linux.NO_FD;
        if (ours) {
            pidfd = with.linux().pidfdOpen(who.pid());
        }
        if (pidfd < 0) {
            // It is gone, and only the service's user and root can reach the socket.
            return new Sender(null, true, who.uid(), who.pid());
        }
        try {
            Processes.Held held = with.processes().same(who.pid(), pidfd);
            boolean hisOwn = held != null && held.run.equals(run.id);
            boolean gone = with.linux().pidfdEnded(pidfd);
            boolean ofService = hisOwn || gone || with.tracker().belongs(run.tracked, who.pid(), pidfd);
            return new Sender(hisOwn && held != null ? held.id : null, ofService, who.uid(), who.pid());
        } finally {
            if (ours) {
                with.linux().close(pidfd);
            }
        }
    }

    private record Candidate(MainClaim claim, boolean tookDescriptor) {}

    /**
     * The main process that the message names; it is held before anything is asked about it, by a descriptor of our own: the one that was
     * sent may be of a thread, or of no process at all. Nothing of the message is closed when this fails.
     */
    private @Nullable Candidate claim(NotifyMessage message, int[] fds) {
        Linux linux = with.linux();
        if (message.mainPidfd() && fds.length == 1) {
            int pid = pidOf(fds[0]);
            int pidfd = pid > 0 ? linux.pidfdOpen(pid) : Linux.NO_FD;
            MainClaim claim = claimOf(pid, pidfd, () -> pidOf(fds[0]) == pid);
            linux.close(fds[0]);
            return new Candidate(claim, true);
        }
        if (message.mainPid() <= 0) {
            return null;
        }
        int pidfd = linux.pidfdOpen(message.mainPid());
        long inode = message.mainPidfdId();
        return new Candidate(
                claimOf(message.mainPid(), pidfd, () -> inode == 0 || linux.pidfdInode(pidfd) == inode), false);
    }

    private int pidOf(int fd) {
        try {
            return with.linux().pidfdPid(fd);
        } catch (LinuxException e) {
            if (e.errno() == Errno.EBADF) {
                return Linux.GONE;
            }
            throw e;
        }
    }

    /** @param pidfd is taken over, also when this fails @param meant whether that is the process that was meant */
    private MainClaim claimOf(int pid, int pidfd, BooleanSupplier meant) {
        if (pidfd < 0) {
            return new MainClaim(with.processes().nextDiscovered(), pid, false, false, false);
        }
        boolean forbidden = pid == 1 || pid == with.keeperPid() || pid == with.linux().pid();
        boolean alive;
        boolean ofService;
        try {
            if (!meant.getAsBoolean()) {
                with.linux().close(pidfd);
                return new MainClaim(with.processes().nextDiscovered(), pid, false, false, false);
            }
            alive = !with.linux().pidfdEnded(pidfd);
            ofService = with.tracker().belongs(run.tracked, pid, pidfd);
            forbidden |= !ofService && with.processes().isStranger(run, pid, pidfd);
        } catch (LinuxException e) {
            with.linux().close(pidfd);
            throw e;
        }
        Processes.Held held = with.processes().discovered(run.id, pid, pidfd);
        return new MainClaim(held.id, pid, alive, ofService, forbidden);
    }
}
