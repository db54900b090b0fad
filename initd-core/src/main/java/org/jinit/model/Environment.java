package org.jinit.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is added to the environment of a service. Values are not yet expanded. Later files beat earlier, variables beat files. */
public record Environment(Map<String, String> variables, List<EnvironmentFile> files, boolean clear) {
    public static final Environment EMPTY = new Environment(Map.of(), List.of(), false);

    /** A file of NAME=VALUE lines, read at each start. */
    public record EnvironmentFile(String path, boolean mayBeMissing) {}

    public Environment {
        variables = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(variables));
        files = List.copyOf(files);
    }
}
