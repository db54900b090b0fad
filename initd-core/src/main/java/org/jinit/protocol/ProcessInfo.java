package org.jinit.protocol;

import org.jspecify.annotations.Nullable;

/**
 * One process, for people: the numbers may be stale when they are read.
 *
 * @param parent the pid of its parent
 * @param role what it is to its service: {@code main}, {@code before-start}, ...; null for anything else
 * @param command its command line, cut; the name in brackets when it has none
 * @param memoryBytes resident set
 * @param cpuSeconds user and system time together
 */
public record ProcessInfo(
        int pid, int parent, @Nullable String role, String command, long memoryBytes, double cpuSeconds) {
    static ProcessInfo read(Fields in) throws BadMessageException {
        return new ProcessInfo(
                in.integer("pid"),
                in.integer("parent"),
                in.textOrNull("role"),
                in.text("command"),
                in.number("memoryBytes"),
                in.decimal("cpuSeconds"));
    }

    void write(JsonOut out) {
        out.object(() -> out.member("pid", (long) pid)
                .member("parent", (long) parent)
                .member("role", role)
                .member("command", command)
                .member("memoryBytes", memoryBytes)
                .member("cpuSeconds", cpuSeconds));
    }
}
