package org.jinit.simulate;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jinit.model.Signals;

/**
 * What a manager does that finds that another one was there before it, as the daemon's {@code KeeperSession} does: all that is left is
 * ended, TERM first, KILL after a while, and only then anything is started.
 */
final class Succession {
    /** What it looks after. All but the first are here to be caught. */
    enum Care {
        EVERYTHING,
        /** Not what is forked and not executed yet, which has no tag. */
        WHAT_IS_TAGGED,
        NOTHING
    }

    private static final long LOOK_AGAIN_NANOS = 10_000_000;
    private static final long KILL_NANOS = 5_000_000_000L;
    private static final long GIVE_UP_NANOS = 10_000_000_000L;

    private final SimWorld world;
    private final SimKernel kernel;
    private final Care care;
    private final Runnable boot;
    private final Set<SimRun> givenUp = new HashSet<>();
    private long beginNanos;
    private boolean cancelled;

    Succession(SimWorld world, SimKernel kernel, Care care, Runnable boot) {
        this.world = world;
        this.kernel = kernel;
        this.care = care;
        this.boot = boot;
    }

    /** The manager lives, and is no use yet, in so many nanoseconds. */
    void beginIn(long nanos) {
        world.after(nanos, false, () -> {
            if (!cancelled) {
                begin();
            }
        });
    }

    /** This manager died as well. */
    void cancel() {
        cancelled = true;
    }

    /** Runs of which something outlived KILL. */
    Set<SimRun> givenUp() {
        return givenUp;
    }

    private void begin() {
        beginNanos = world.now();
        int left = signal(Signals.TERM);
        signal(Signals.CONT);
        goOn(left);
    }

    private void goOn(int left) {
        if (left == 0 || world.now() - beginNanos >= GIVE_UP_NANOS) {
            seen().forEach(process -> givenUp.add(process.run));
            boot.run();
            return;
        }
        world.after(LOOK_AGAIN_NANOS, false, () -> {
            if (!cancelled) {
                goOn(signal(world.now() - beginNanos < KILL_NANOS ? 0 : Signals.KILL));
            }
        });
    }

    private int signal(int signal) {
        List<SimProcess> seen = seen();
        if (signal != 0) {
            seen.forEach(process -> kernel.signal(process, signal));
        }
        return seen.size();
    }

    private List<SimProcess> seen() {
        return kernel.processes()
                .stream()
                .filter(
                        process -> switch (care) {
                            case EVERYTHING -> true;
                            case WHAT_IS_TAGGED -> process.executed;
                            case NOTHING -> false;
                        })
                .toList();
    }
}
