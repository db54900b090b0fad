package org.jinit.daemon;

import java.util.Map;
import org.jinit.linux.Linux;
import org.jinit.model.Condition;
import org.jspecify.annotations.Nullable;

/** Looks at the conditions of a definition. */
final class Conditions {
    private Conditions() {}

    /** Null when it holds, else what does not, to be read after "skipped: ". */
    static @Nullable String unmet(
            Condition.Check check, Map<String, String> environment, Linux linux, boolean container) {
        return switch (check) {
            case Condition.PathExists(String path) -> exists(path) ? null : path + " does not exist";
            case Condition.PathMissing(String path) -> exists(path) ? path + " exists" : null;
            case Condition.EnvironmentHas(String assignment) -> environment(assignment, environment);
            case Condition.KernelAtLeast(String version) ->
                isAtLeast(linux.kernelRelease(), version)
                        ? null
                        : "the kernel is " + linux.kernelRelease() + ", older than " + version;
            case Condition.InContainer(boolean wanted) ->
                wanted == container ? null : container ? "this is a container" : "this is no container";
            case Condition.AsRoot(boolean wanted) ->
                wanted == (linux.effectiveUid() == 0)
                        ? null
                        : wanted ? "jinitd does not run as root" : "jinitd runs as root";
        };
    }

    private static boolean exists(String path) {
        return java.nio.file.Files.exists(java.nio.file.Path.of(path));
    }

    private static @Nullable String environment(String assignment, Map<String, String> environment) {
        int equals = assignment.indexOf('=');
        String name = equals < 0 ? assignment : assignment.substring(0, equals);
        String value = environment.get(name);
        if (value == null) {
            return "variable " + name + " is not set";
        }
        return equals < 0 || value.equals(assignment.substring(equals + 1))
                ? null
                : "variable " + name + " is \"" + value + "\"";
    }

    static boolean isAtLeast(String release, String wanted) {
        String[] have = release.split("[^0-9]+", -1);
        String[] want = wanted.split("\\.", -1);
        for (int i = 0; i < want.length; i++) {
            int here = i < have.length && !have[i].isEmpty() ? Integer.parseInt(have[i]) : 0;
            int there = Integer.parseInt(want[i]);
            if (here != there) {
                return here > there;
            }
        }
        return true;
    }
}
