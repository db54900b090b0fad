package org.jinit.simulate;

/** SplitMix64: small, fast, and the same numbers for the same seed on every machine and release. */
public final class SimRandom {
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;
    private static final int PER_MILLE = 1000;

    private long state;

    public SimRandom(long seed) {
        this.state = seed;
    }

    /** A stream of its own for a name, so that what one service draws does not change what another one does. */
    public static SimRandom of(long seed, String name) {
        return new SimRandom(mix(seed ^ mix(name.hashCode() * GOLDEN)));
    }

    static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    public long nextLong() {
        state += GOLDEN;
        return mix(state);
    }

    /** From 0 to bound - 1. */
    public int below(int bound) {
        return (int) Math.floorMod(nextLong(), (long) bound);
    }

    /** From low to high, both included. */
    public long between(long low, long high) {
        return low + Math.floorMod(nextLong(), high - low + 1);
    }

    /** True so many times in a thousand. */
    public boolean chance(int perMille) {
        return perMille > 0 && below(PER_MILLE) < perMille;
    }

    /** One of the values. */
    @SafeVarargs
    public final <T> T pick(T... values) {
        return values[below(values.length)];
    }
}
