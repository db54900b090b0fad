package org.jinit.simulate;

/** Monotonic time that moves only when the simulation moves it, and a wall clock that may jump: nothing may depend on the second. */
final class SimClock {
    private static final long MILLION = 1_000_000L;

    private long nowNanos;
    private long wallOffsetMillis;

    SimClock(long startNanos) {
        this.nowNanos = startNanos;
    }

    long nowNanos() {
        return nowNanos;
    }

    long wallMillis() {
        return nowNanos / MILLION + wallOffsetMillis;
    }

    void advanceTo(long nanos) {
        if (nanos < nowNanos) {
            throw new IllegalStateException("cannot turn the clock back from " + nowNanos + " to " + nanos);
        }
        nowNanos = nanos;
    }

    void jumpWall(long millis) {
        wallOffsetMillis += millis;
    }
}
