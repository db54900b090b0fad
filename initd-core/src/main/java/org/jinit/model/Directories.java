package org.jinit.model;

import java.util.List;

/** Directories made for the service, relative to /run, /var/lib, /var/cache and /var/log; those of {@code run} go at stop and boot. */
public record Directories(List<String> run, List<String> state, List<String> cache, List<String> logs) {
    public static final Directories NONE = new Directories(List.of(), List.of(), List.of(), List.of());

    public Directories {
        run = List.copyOf(run);
        state = List.copyOf(state);
        cache = List.copyOf(cache);
        logs = List.copyOf(logs);
    }
}
