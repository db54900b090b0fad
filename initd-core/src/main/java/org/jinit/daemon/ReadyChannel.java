package org.jinit.daemon;

import org.jinit.engine.Event;
import org.jinit.engine.ProcessId;
import org.jinit.linux.Linux;
import org.jinit.linux.PeerCredentials;
import org.jinit.linux.ReadyPipe;
import org.jinit.model.Readiness;
import org.jspecify.annotations.Nullable;

/** The readiness pipe of one run: tells the engine that a newline came, and whose, or that none will. */
final class ReadyChannel implements ReadyPipe.Listener {
    private static final long EXIT_FIRST_NANOS = 20_000_000L;

    private final NotifyChannel.Surroundings with;
    private final ActiveRun run;
    private final ReadyPipe pipe;

    ReadyChannel(NotifyChannel.Surroundings surroundings, ActiveRun run, Readiness.Pipe definition) {
        with = surroundings;
        this.run = run;
        pipe = ReadyPipe.open(with.linux(), definition.kind() == Readiness.Pipe.Kind.PIPE);
        pipe.listen(with.reactor(), with.buffer(), this);
    }

    /** To be passed to the main process. */
    int childFd() {
        return pipe.childFd();
    }

    void closeChildEnd() {
        pipe.closeChildEnd();
    }

    /** Takes what was written before an exit that is about to be told. */
    void drain() {
        pipe.receive(with.buffer(), this);
    }

    void close() {
        pipe.close();
    }

    @Override
    public void ready(PeerCredentials sender, int pidfd) {
        int pid = sender.pid();
        int held = pidfd != Linux.NO_FD || pid <= 0 ? pidfd : with.linux().pidfdOpen(pid);
        if (held < 0 || with.linux().pidfdEnded(held)) {
            with.linux().close(held);
            with.loop().submit(new Event.PipeReady(run.id, null, pid, false));
            return;
        }
        boolean ofService = with.tracker().belongs(run.tracked, pid, held);
        @Nullable ProcessId process = with.processes().discovered(run.id, pid, held).id;
        with.loop()
                .submit(new Event.PipeReady(run.id, process, pid, ofService),
                        () -> with.processes().dropUnwatched(process));
    }

    /** The end of the pipe mostly comes with the end of its writer, which says more; so that has a moment to be told first. */
    @Override
    public void closed() {
        with.reactor()
                .arm(System.nanoTime() + EXIT_FIRST_NANOS, () -> with.loop().submit(new Event.PipeClosed(run.id)));
    }
}
