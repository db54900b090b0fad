package org.jinit.daemon;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The directories of one jinitd, absolute. */
record Paths(String config, String managerConfig, String run, String log, String state, ServiceRoots services) {
    /** What the entries of {@code directories} are relative to. */
    record ServiceRoots(String run, String state, String cache, String logs) {}

    String controlSocket() {
        return run + "/control";
    }

    /** @param environment of the keeper; the XDG names matter in user mode only */
    static Paths of(ManagerOptions options, Map<String, String> environment) throws ManagerOptions.UsageException {
        return options.user() ? ofUser(options, environment) : ofSystem(options);
    }

    private static Paths ofSystem(ManagerOptions options) {
        return new Paths(
                absolute(or(options.configDir(), "/etc/jinit.d")),
                options.configDir() == null
                        ? "/etc/jinit/jinitd.yaml"
                        : absolute(options.configDir() + "/../jinit/jinitd.yaml"),
                absolute(or(options.runDir(), "/run/jinit")),
                absolute(or(options.logDir(), "/var/log/jinit")),
                absolute(or(options.stateDir(), "/var/lib/jinit")),
                new ServiceRoots("/run", "/var/lib", "/var/cache", "/var/log"));
    }

    private static Paths ofUser(ManagerOptions options, Map<String, String> environment)
            throws ManagerOptions.UsageException {
        String home = environment.getOrDefault("HOME", "");
        String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        if (options.runDir() == null && runtime.isEmpty()) {
            throw new ManagerOptions.UsageException(
                    "cannot find the run directory: XDG_RUNTIME_DIR is not set (set it, or give --run-dir)");
        }
        String config = xdg(environment, "XDG_CONFIG_HOME", home + "/.config");
        String state = xdg(environment, "XDG_STATE_HOME", home + "/.local/state");
        String cache = xdg(environment, "XDG_CACHE_HOME", home + "/.cache");
        return new Paths(
                absolute(or(options.configDir(), config + "/jinit.d")),
                options.configDir() == null
                        ? config + "/jinit/jinitd.yaml"
                        : absolute(options.configDir() + "/../jinit/jinitd.yaml"),
                absolute(or(options.runDir(), runtime + "/jinit")),
                absolute(or(options.logDir(), state + "/jinit/log")),
                absolute(or(options.stateDir(), state + "/jinit")),
                new ServiceRoots(runtime.isEmpty() ? absolute(or(options.runDir(), "")) : runtime, state, cache,
                        state));
    }

    private static String xdg(Map<String, String> environment, String name, String otherwise) {
        String value = environment.getOrDefault(name, "");
        // The specification says that a relative path is to be ignored.
        return value.startsWith("/") ? value : otherwise;
    }

    private static String or(@Nullable String given, String otherwise) {
        return given == null ? otherwise : given;
    }

    private static String absolute(String path) {
        return java.nio.file.Path.of(path).toAbsolutePath().normalize().toString();
    }
}
