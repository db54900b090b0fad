package org.jinit.engine;

/**
 * One process that jinit holds by pidfd: a number that is never used again, unlike a pid. The engine numbers what it spawns from 1 up; what
 * the executor discovers (a daemon behind its launcher, a claimed main process) is numbered by it from -1 down.
 */
public record ProcessId(long value) implements Comparable<ProcessId> {
    @Override
    public int compareTo(ProcessId other) {
        return Long.compare(value, other.value);
    }
}
