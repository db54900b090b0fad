package org.jinit.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jinit.model.Command;
import org.jinit.model.Dependencies;
import org.jinit.model.Directories;
import org.jinit.model.Health;
import org.jinit.model.Hook;
import org.jinit.model.Hooks;
import org.jinit.model.NotifyAccess;
import org.jinit.model.Readiness;
import org.jinit.model.RestartPolicy;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jinit.model.ServiceType;
import org.jinit.model.StopPolicy;
import org.jinit.model.Timeouts;
import org.jspecify.annotations.Nullable;

/** One service's map, merged from all its files, to its definition. */
final class ServiceParser {
    private static final Choices<ServiceType> TYPES =
            new Choices<>(List.of("daemon", "task", "target"), List.of(ServiceType.values()));
    private static final Choices<NotifyAccess> ACCESS =
            new Choices<>(List.of("none", "main", "exec", "all"), List.of(NotifyAccess.values()));
    /** The keeper hands at most 250 descriptors over, and some are needed for output and sockets. */
    private static final int FD_STORE_MAX = 200;
    /** What says nothing about a thing without a process. */
    private static final List<String> PROCESS_KEYS = List.of(
            "exec",
            "before-start",
            "after-start",
            "after-stop",
            "ready",
            "health",
            "restart",
            "success-exit",
            "stop",
            "reload",
            "run-timeout",
            "watchdog",
            "notify-access",
            "fd-store",
            "user",
            "group",
            "groups",
            "directory",
            "umask",
            "nice",
            "oom-score-adjust",
            "environment",
            "environment-files",
            "clear-environment",
            "limits",
            "no-new-privileges",
            "directories",
            "pid-file",
            "log",
            "exit");

    private static final List<String> TASK_IGNORES =
            List.of("ready", "health", "watchdog", "reload", "pid-file");

    private final Fields fields;
    private final Context context;
    private final Node.@Nullable Mapping defaults;

    private ServiceParser(Node.Mapping map, Node.@Nullable Mapping defaults, Context context) {
        this.fields = Fields.checked(map, KeyTable.SERVICE, context);
        this.defaults = defaults;
        this.context = context;
    }

    /**
     * The definition; where there is an error it has the default, so that the edges to other services can be checked all the same.
     *
     * @param own where the definition begins
     * @param map all that was said, {@code defaults} merged in
     * @param defaults the manager's, whose values are not complained about where they do not apply
     */
    static ServiceDefinition parse(
            ServiceName name,
            Node own,
            Node.Mapping map,
            Node.@Nullable Mapping defaults,
            List<String> files,
            String digest,
            boolean enabled,
            Context context) {
        return new ServiceParser(map, defaults, context).definition(name, own, files, digest, enabled);
    }

    private ServiceDefinition definition(
            ServiceName name, Node own, List<String> files, String digest, boolean startedAtBoot) {
        ServiceType type = fields.choice("type", TYPES, ServiceType.DAEMON);
        boolean target = type == ServiceType.TARGET;
        boolean enabled = fields.bool("enabled", true) && startedAtBoot;
        Command exec = fields.command("exec");
        if (exec == null && !target && !fields.has("exec")) {
            String text = "cannot define " + context.subject() + ": it has no 'exec'";
            context.problems().error(own.position(), text, "write 'exec: COMMAND', or 'type: target' for a mere group");
        }
        PolicyParser policies = new PolicyParser(fields, context);
        ReadinessParser readiness = new ReadinessParser(fields, context);
        ExecutionParser execution = new ExecutionParser(fields, context);
        List<Readiness> ready = readiness.readiness();
        Health health = readiness.health();
        RestartPolicy restart = policies.restart(type);
        StopPolicy stop = policies.stop();
        warnIgnored(type);
        return new ServiceDefinition(
                name,
                own.position(),
                files,
                digest,
                fields.text("description"),
                strings("documentation"),
                type,
                enabled,
                target ? null : exec,
                target ? Hooks.NONE : hooks(),
                type == ServiceType.DAEMON ? ready : List.of(),
                type == ServiceType.DAEMON ? health : null,
                dependencies(),
                restart,
                policies.successExit(),
                stop,
                policies.reload(),
                timeouts(type),
                fields.choice("notify-access", ACCESS),
                orElse(fields.integer("fd-store", 0, FD_STORE_MAX), 0),
                fields.absolutePath("pid-file"),
                execution.execution(),
                execution.environment(),
                directories(),
                policies.log(),
                policies.conditions(),
                policies.exit());
    }

    private void warnIgnored(ServiceType type) {
        switch (type) {
            case TARGET -> warnIgnored(PROCESS_KEYS, "a target has no process");
            case TASK -> warnIgnored(TASK_IGNORES, "a task is ready when it exited 0, and then it is gone");
            case DAEMON -> {
                // everything means something
            }
        }
    }

    private void warnIgnored(List<String> keys, String cause) {
        for (String key : keys) {
            Node.Scalar said = fields.map().key(key);
            if (said != null && (defaults == null || defaults.key(key) != said)) {
                context.warning(said, key, "it is ignored, for " + cause);
            }
        }
    }

    private Dependencies dependencies() {
        return new Dependencies(
                fields.references("requires"),
                fields.references("wants"),
                fields.references("after"),
                fields.references("before"),
                fields.references("conflicts"),
                fields.references("part-of"));
    }

    /** A task's start lasts until it has run, so it has no bound that nobody asked for. */
    private Timeouts timeouts(ServiceType type) {
        return new Timeouts(
                fields.periodOrNone("start-timeout", type == ServiceType.TASK ? null : Timeouts.DEFAULT_START),
                fields.periodOrNone("run-timeout", null),
                fields.periodOrNone("watchdog", null));
    }

    private Hooks hooks() {
        return new Hooks(hooks("before-start"), hooks("after-start"), hooks("after-stop"));
    }

    private List<Hook> hooks(String key) {
        Node node = fields.node(key);
        if (node == null) {
            return List.of();
        }
        ArrayList<Hook> hooks = new ArrayList<>(4);
        if (node instanceof Node.Sequence list) {
            for (Node item : list.items) {
                if (item instanceof Node.Scalar scalar && scalar.text.startsWith("-")) {
                    String cause = "'" + Text.shown(scalar.text) + "' is no command, and each entry of the list is one";
                    context.error(item, key, cause,
                            "write [[program, argument, ...]] for one command of several words");
                    return List.of();
                }
                addHook(item, key, hooks);
            }
        } else {
            addHook(node, key, hooks);
        }
        return hooks;
    }

    private void addHook(Node node, String key, List<Hook> hooks) {
        Hook hook = node instanceof Node.Mapping map ? hook(map, key) : plainHook(node, key);
        if (hook != null) {
            hooks.add(hook);
        }
    }

    private @Nullable Hook plainHook(Node node, String key) {
        Command command = CommandParser.parse(node, key, context);
        return command == null ? null : new Hook(command, false, null);
    }

    private @Nullable Hook hook(Node.Mapping map, String key) {
        Fields hook = Fields.checked(map, KeyTable.HOOK.at(key + "."), context);
        Command command = hook.command("exec");
        boolean ignoreFailure = hook.bool("ignore-failure", false);
        Duration timeout = hook.periodOrNone("timeout", null);
        if (command == null) {
            if (!hook.has("exec")) {
                context.error(map, key, "there is no 'exec' in it");
            }
            return null;
        }
        return new Hook(command, ignoreFailure, timeout);
    }

    private Directories directories() {
        Fields made = fields.map("directories", KeyTable.DIRECTORIES);
        return made == null
                ? Directories.NONE
                : new Directories(
                        directories(made, "run"),
                        directories(made, "state"),
                        directories(made, "cache"),
                        directories(made, "logs"));
    }

    private List<String> directories(Fields made, String key) {
        ArrayList<String> paths = new ArrayList<>(2);
        for (Node.Scalar scalar : made.texts(key)) {
            if (isRelative(scalar.text)) {
                paths.add(scalar.text);
            } else {
                String cause = "'" + Text.shown(scalar.text) + "' is no plain relative path";
                context.error(scalar, made.path(key), cause, "write it like 'web' or 'web/cache', without '..'");
            }
        }
        return paths;
    }

    /** One or more names between slashes, none of them {@code .} or {@code ..}. */
    private static boolean isRelative(String path) {
        int from = 0;
        while (from <= path.length()) {
            int slash = path.indexOf('/', from);
            String part = path.substring(from, slash < 0 ? path.length() : slash);
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                return false;
            }
            from = slash < 0 ? path.length() + 1 : slash + 1;
        }
        return true;
    }

    private List<String> strings(String key) {
        ArrayList<String> strings = new ArrayList<>(2);
        for (Node.Scalar scalar : fields.texts(key)) {
            strings.add(scalar.text);
        }
        return strings;
    }

    static int orElse(@Nullable Integer value, int absent) {
        return value == null ? absent : value;
    }
}
