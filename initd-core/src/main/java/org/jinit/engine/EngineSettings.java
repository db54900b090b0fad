package org.jinit.engine;

import java.time.Duration;

/**
 * What the engine is told once.
 *
 * @param seed of the jitter of restart delays: the same seed gives the same delays
 * @param shutdownTimeout after it a shutdown kills what is left
 * @param reboot whether {@code then: reboot} may reboot (PID 1 of a virtual machine); else it is {@code exit}
 */
public record EngineSettings(long seed, Duration shutdownTimeout, boolean reboot) {
    public static final EngineSettings DEFAULT = new EngineSettings(1, Duration.ofSeconds(90), false);
}
