package org.jinit.daemon;

import java.util.HashMap;
import java.util.Map;
import org.jinit.engine.Event;
import org.jinit.engine.RunId;
import org.jinit.linux.ProcFile;
import org.jinit.linux.ProcessTracker;
import org.jinit.linux.Reactor;

/**
 * Looks every 10 ms, while a {@code stop-signal} service starts, whether one of its processes has stopped: a stop below a living launcher is
 * reported to nobody but that launcher.
 */
final class StopSignalWatch {
    private static final long INTERVAL = 10_000_000L;

    private final NotifyChannel.Surroundings with;
    private final Map<RunId, Reactor.Timer> timers = new HashMap<>();

    StopSignalWatch(NotifyChannel.Surroundings with) {
        this.with = with;
    }

    void start(ActiveRun run) {
        stop(run.id);
        timers.put(run.id, with.reactor().arm(System.nanoTime() + INTERVAL, () -> look(run)));
    }

    void stop(RunId run) {
        Reactor.Timer timer = timers.remove(run);
        if (timer != null) {
            timer.cancel();
        }
    }

    private void look(ActiveRun run) {
        timers.put(run.id, with.reactor().arm(System.nanoTime() + INTERVAL, () -> look(run)));
        for (ProcessTracker.Member member : with.tracker().members(run.tracked)) {
            boolean ofKeeper = member.parent() == with.keeperPid();
            if (ofKeeper || !ProcFile.isStopped(with.linux(), member.pid())) {
                with.linux().close(member.pidfd());
                continue;
            }
            int pidfd = member.pidfd();
            if (with.linux().pidfdEnded(pidfd)) {
                with.linux().close(pidfd);
                continue;
            }
            Processes.Held held = with.processes().discovered(run.id, member.pid(), pidfd);
            with.loop()
                    .submit(new Event.SelfStopped(run.id, held.id, member.pid()),
                            () -> with.processes().dropUnwatched(held.id));
        }
    }

}
