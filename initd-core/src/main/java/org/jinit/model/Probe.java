package org.jinit.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A question put to a service from outside, again and again until it is answered well. */
public record Probe(Target target, Duration interval, Duration timeout, int attempts) {
    public static final Duration DEFAULT_INTERVAL = Duration.ofMillis(100);
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(1);
    /** No bound of attempts: the start timeout alone ends it. */
    public static final int UNLIMITED = 0;

    /** What is asked. */
    public sealed interface Target {}

    /** A TCP connection is accepted. */
    public record Tcp(String host, int port) implements Target {}

    /** A connection to a stream socket in the file system is accepted. */
    public record Unix(String path) implements Target {}

    /** GET answers with this status, or with any 2xx or 3xx when null. Plain HTTP only. */
    public record Http(String url, @Nullable Integer status) implements Target {}

    /** The command exits 0. It runs as the service's user, in its environment and directory. */
    public record Exec(Command command) implements Target {}

    /** A line of the service's output, written since its start, matches this regular expression somewhere. */
    public record Log(String regex) implements Target {}
}
