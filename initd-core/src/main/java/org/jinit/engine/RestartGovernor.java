package org.jinit.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import org.jinit.model.ExitStatus;
import org.jinit.model.RestartPolicy;
import org.jinit.model.ServiceName;
import org.jinit.model.Signals;
import org.jinit.model.SuccessExit;
import org.jspecify.annotations.Nullable;

/**
 * Whether, when and how often a service that ended by itself is started again. Delays grow by the policy's factor with each restart in a
 * row; a run that stayed up for {@code reset-after}, RESTART_RESET=1, or an accepted start or restart by a person begins the row anew.
 *
 * <p>The start limit is a sliding window over all starts, also those that a dependency brought about. An accepted start or restart by a
 * person empties the window, so a person is never refused by it, and then counts as the first start in it.
 */
final class RestartGovernor {
    private static final double JITTER_SCALE = 0x1.0p-53;
    private int attempt;
    private final ArrayDeque<Long> starts = new ArrayDeque<>(0);

    /** How many restarts in a row there were. */
    int attempt() {
        return attempt;
    }

    /** A person asked: everything is forgiven. */
    void reset() {
        attempt = 0;
        starts.clear();
    }

    /** The service asked (RESTART_RESET=1), or it ran long enough. */
    void resetAttempts() {
        attempt = 0;
    }

    void counted(long nowNanos, RestartPolicy policy) {
        RestartPolicy.Limit limit = policy.limit();
        if (limit == null) {
            starts.clear();
            return;
        }
        starts.addLast(nowNanos);
        while (starts.size() > limit.count()) {
            starts.removeFirst();
        }
    }

    /** Whether a start at that time would be one too many. */
    boolean limitReached(long atNanos, RestartPolicy policy) {
        RestartPolicy.Limit limit = policy.limit();
        if (limit == null) {
            return false;
        }
        int within = 0;
        for (long start : starts) {
            if (atNanos - start < limit.within().toNanos()) {
                within++;
            }
        }
        return within >= limit.count();
    }

    /** The run that ended was up for so long. */
    void ranFor(long upNanos, RestartPolicy policy) {
        if (upNanos >= policy.resetAfter().toNanos()) {
            attempt = 0;
        }
    }

    /** The delay before the next restart, which becomes one of the row. */
    Duration nextDelay(RestartPolicy policy, long seed, ServiceName name, long generation) {
        double delay = baseNanos(policy, attempt);
        attempt++;
        double jittered = delay * (1 + policy.jitter() * unit(seed, name, generation));
        return Duration.ofNanos((long) jittered);
    }

    /** {@code delay * factor^n}, at most {@code max-delay}. */
    static double baseNanos(RestartPolicy policy, int n) {
        // Without a delay there is nothing to grow; zero times a factor that became infinite would be no number.
        double delay = policy.delay().isZero() ? 0 : policy.delay().toNanos() * Math.pow(policy.factor(), n);
        double cap = Math.max(policy.maxDelay().toNanos(), policy.delay().toNanos());
        return Math.min(delay, cap);
    }

    /** In [0, 1), from the seed and the run alone, so that other services change nothing. */
    private static double unit(long seed, ServiceName name, long generation) {
        long z = seed + 0x9e3779b97f4a7c15L * (name.value().hashCode() + 31 * generation + 1);
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        z ^= z >>> 31;
        return (z >>> 11) * JITTER_SCALE;
    }

    /** Whether an end that nobody asked for is followed by a restart. */
    static boolean restarts(RestartPolicy policy, Result result, @Nullable ExitStatus exit) {
        return switch (policy.when()) {
            case ALWAYS -> true;
            case ON_FAILURE -> result != Result.SUCCESS;
            case ON_CRASH -> exit != null && isCrash(exit) && result != Result.TIMEOUT;
            case NEVER -> false;
        };
    }

    /** Open vSwitch's list, or a core dump. */
    static boolean isCrash(ExitStatus exit) {
        return switch (exit) {
            case ExitStatus.Exited(int code) -> false;
            case ExitStatus.Unknown() -> false;
            case ExitStatus.Killed(int signal, boolean core) -> core || isCrashSignal(signal);
        };
    }

    private static boolean isCrashSignal(int signal) {
        return switch (signal) {
            case Signals.ABRT,
                    Signals.ALRM,
                    Signals.BUS,
                    Signals.FPE,
                    Signals.ILL,
                    Signals.PIPE,
                    Signals.SEGV,
                    Signals.XCPU,
                    Signals.XFSZ ->
                true;
            default -> false;
        };
    }

    /** The result that an exit status alone means. @param helper a task's or a hook's: no signal is clean but the listed ones */
    static Result resultOf(ExitStatus status, SuccessExit clean, boolean helper) {
        return switch (status) {
            case ExitStatus.Exited(int code) -> clean.isClean(status) ? Result.SUCCESS : Result.EXIT_CODE;
            case ExitStatus.Killed(int signal, boolean core) -> {
                if (core) {
                    yield Result.CORE_DUMP;
                }
                boolean isClean = helper ? clean.signals().contains(signal) : clean.isClean(status);
                yield isClean ? Result.SUCCESS : Result.SIGNAL;
            }
            case ExitStatus.Unknown() -> Result.EXIT_CODE;
        };
    }
}
