package org.jinit.daemon.control;

import java.time.Duration;

/**
 * What clients may cost at most.
 *
 * @param connections open at once; when they are all taken the one that has been idle longest makes room
 * @param unfinishedInput bytes of unfinished messages that all connections together may hold
 * @param callsPerTurn how many calls of one connection are carried out before the others have their turn
 * @param queuedOutput bytes waiting for one client beyond which it is told no more events and asked for no more calls
 * @param stall how long a client that has output waiting may read nothing before it is dropped
 */
public record ControlLimits(
        int connections,
        long unfinishedInput,
        int callsPerTurn,
        int queuedOutput,
        Duration stall) {
    public static final ControlLimits DEFAULT =
            new ControlLimits(512, 32L << 20, 32, 256 * 1024, Duration.ofSeconds(30));
}
