package org.jinit.model;

/** Something that must hold, or the service is skipped (or fails, when {@code elseFail}). Checked at each start, in order. */
public record Condition(Check check, boolean elseFail) {
    /** What is looked at. */
    public sealed interface Check {}

    public record PathExists(String path) implements Check {}

    public record PathMissing(String path) implements Check {}

    /** {@code NAME} is set, or {@code NAME=VALUE} holds, in the service's environment. */
    public record EnvironmentHas(String assignment) implements Check {}

    /** The running kernel's version is at least this, {@code 6.1} say. */
    public record KernelAtLeast(String version) implements Check {}

    /** Runs (true) or does not run (false) in a container. */
    public record InContainer(boolean wanted) implements Check {}

    /** Runs (true) or does not run (false) as root. */
    public record AsRoot(boolean wanted) implements Check {}
}
