package org.jinit.config;

import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Every key there is, by the map that it belongs to, in the order of the documentation. {@link #UNSUPPORTED} lists those that are known but
 * refused, because their behaviour does not exist yet: take a key out of it when it does. A test compares the JSON Schema with this.
 */
final class KeyTable {
    /** Keys by their path. A key listed here is refused whatever its value. */
    static final List<String> UNSUPPORTED = List.of(
            "root",
            "io-priority",
            "cpu-affinity",
            "terminal",
            "capabilities",
            "sandbox",
            "resources",
            "sockets",
            "schedule",
            "log.max-age",
            "log.timestamps",
            "log.format",
            "log.limit");

    /** Values of supported keys that are refused in the same way. */
    static final List<String> UNSUPPORTED_VALUES = List.of("log.to: syslog");

    /** As {@link #UNSUPPORTED}, for jinitd.yaml. */
    static final List<String> UNSUPPORTED_MANAGER = List.of("control", "boot", "metrics", "log.to", "log.format");

    static final KeyTable SERVICE = table(
            "",
            "description",
            "documentation",
            "type",
            "enabled",
            "instances",
            "exec",
            "before-start",
            "after-start",
            "after-stop",
            "ready",
            "health",
            "requires",
            "wants",
            "after",
            "before",
            "conflicts",
            "part-of",
            "restart",
            "success-exit",
            "stop",
            "reload",
            "start-timeout",
            "run-timeout",
            "watchdog",
            "notify-access",
            "fd-store",
            "user",
            "group",
            "groups",
            "directory",
            "root",
            "umask",
            "nice",
            "io-priority",
            "cpu-affinity",
            "oom-score-adjust",
            "terminal",
            "environment",
            "environment-files",
            "clear-environment",
            "limits",
            "capabilities",
            "no-new-privileges",
            "sandbox",
            "resources",
            "directories",
            "pid-file",
            "sockets",
            "log",
            "schedule",
            "conditions",
            "exit");
    /** One command of {@code before-start}, {@code after-start} and {@code after-stop}. */
    static final KeyTable HOOK = table("hook.", "exec", "ignore-failure", "timeout");
    static final KeyTable READY = table(
            "ready.", "by", "timeout", "fd", "kind", "tcp", "unix", "http", "exec", "log", "status", "interval",
            "attempts");
    static final KeyTable HEALTH = table(
            "health.", "tcp", "unix", "http", "exec", "log", "status", "interval", "timeout", "failures", "then");
    static final KeyTable RESTART = table(
            "restart.", "when", "delay", "factor", "max-delay", "jitter", "reset-after", "limit", "then");
    static final KeyTable RESTART_LIMIT = table("restart.limit.", "count", "within");
    static final KeyTable STOP = table("stop.", "signal", "timeout", "mode", "exec");
    static final KeyTable RELOAD = table("reload.", "signal", "exec", "notify");
    static final KeyTable LIMITS = table(
            "limits.",
            "nofile",
            "nproc",
            "core",
            "memlock",
            "as",
            "stack",
            "data",
            "fsize",
            "cpu",
            "rss",
            "sigpending",
            "msgqueue",
            "nice",
            "rtprio",
            "rttime");
    static final KeyTable DIRECTORIES = table("directories.", "run", "state", "cache", "logs");
    static final KeyTable LOG = table(
            "log.", "to", "max-size", "keep", "max-age", "timestamps", "format", "limit");
    static final KeyTable CONDITIONS = table(
            "conditions.", "path-exists", "path-missing", "environment", "kernel-at-least", "container", "root",
            "else");
    static final KeyTable EXIT = table("exit.", "when", "code");

    static final KeyTable MANAGER = managerTable("", "defaults", "control", "boot", "shutdown", "metrics", "log");
    static final KeyTable SHUTDOWN = managerTable("shutdown.", "timeout");
    static final KeyTable MANAGER_LOG = managerTable("log.", "level", "to", "format");
    /** In {@code defaults} beside every key of a service. */
    static final String INHERIT_ENVIRONMENT = "inherit-environment";

    /** The tables of a service's definition. */
    static final List<KeyTable> ALL = List.of(
            SERVICE, HOOK, READY, HEALTH, RESTART, RESTART_LIMIT, STOP, RELOAD, LIMITS, DIRECTORIES, LOG, CONDITIONS,
            EXIT);

    private final String path;
    private final List<String> keys;
    /** Each key, and whether it is supported. */
    private final HashMap<String, Boolean> supported = new HashMap<>();

    private KeyTable(String path, List<String> keys, List<String> unsupported) {
        this.path = path;
        this.keys = keys;
        for (String key : keys) {
            supported.put(key, !unsupported.contains(path.isEmpty() ? key : path + key));
        }
    }

    private static KeyTable table(String path, String... keys) {
        return new KeyTable(path, List.of(keys), UNSUPPORTED);
    }

    private static KeyTable managerTable(String path, String... keys) {
        return new KeyTable(path, List.of(keys), UNSUPPORTED_MANAGER);
    }

    /** The key that holds the map, with a dot behind it; empty for a service's own. */
    String path() {
        return path;
    }

    /** What may stand in the map. */
    List<String> keys() {
        return keys;
    }

    /** The same keys in a map that another key holds. */
    KeyTable at(String otherPath) {
        return new KeyTable(otherPath, keys, List.of());
    }

    /** Reports the keys of the map that are unknown or not supported. */
    void check(Node.Mapping map, Context context) {
        for (Node.Scalar key : map.keys) {
            Boolean known = supported.get(key.text);
            if (known == null) {
                unknown(key, context);
            } else if (!known) {
                context.unsupported(key, "key '" + path + key.text + "'");
            }
        }
    }

    private void unknown(Node.Scalar key, Context context) {
        String shown = Text.shown(path + key.text);
        String text = "cannot use key '" + shown + "' in " + context.subject() + ": there is no such key";
        context.problems().add(org.jinit.model.Problem.error(key.position(), text).withHint(hint(key.text)));
    }

    private String hint(String key) {
        String known = elsewhere(key);
        String near = Suggestion.of(key, keys);
        if (near != null) {
            return near;
        }
        if (known != null) {
            return known;
        }
        return keys.size() > 20
                ? "docs/definitions.md has the keys there are"
                : "known are " + String.join(", ", keys);
    }

    /** Words that people bring along from elsewhere. */
    private static @Nullable String elsewhere(String key) {
        return switch (key) {
            case "<<" -> "YAML 1.2 has no merge keys; drop-ins and 'defaults' in jinitd.yaml do that";
            case "command", "cmd", "ExecStart", "argv", "run", "program" -> "did you mean 'exec'?";
            case "depends", "depends-on", "depends_on", "dependencies", "needs" -> "did you mean 'requires'?";
            case "env" -> "did you mean 'environment'?";
            case "cwd", "workdir", "working-directory", "working_dir", "WorkingDirectory" ->
                "did you mean 'directory'?";
            case "autostart", "startup" -> "did you mean 'enabled'?";
            case "healthcheck", "health-check" -> "did you mean 'health'?";
            case "name" -> "the file's name is the service's name";
            case "locks" -> "jinit uses this limit itself, to know the processes of a service";
            default -> null;
        };
    }
}
