package org.jinit.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.TreeMap;
import org.jinit.model.Environment;
import org.jinit.model.Execution;
import org.jinit.model.Limits;
import org.jspecify.annotations.Nullable;

/** What the processes are given: accounts, directory, priorities, limits, environment. */
final class ExecutionParser {
    /** uid -1 means "no change" to the kernel. */
    private static final long ID_MAX = 4_294_967_294L;

    private static final int NAME_MAX = 64;

    /** How a limit's values are written. */
    private enum Unit {
        COUNT,
        BYTES,
        SECONDS,
        MICROS
    }

    /** RLIMIT numbers as on x86-64 and arm64 (asm-generic/resource.h). */
    private enum Resource {
        NOFILE("nofile", 7, Unit.COUNT, 1L << 30),
        NPROC("nproc", 6, Unit.COUNT, Long.MAX_VALUE),
        CORE("core", 4, Unit.BYTES, Long.MAX_VALUE),
        MEMLOCK("memlock", 8, Unit.BYTES, Long.MAX_VALUE),
        AS("as", 9, Unit.BYTES, Long.MAX_VALUE),
        STACK("stack", 3, Unit.BYTES, Long.MAX_VALUE),
        DATA("data", 2, Unit.BYTES, Long.MAX_VALUE),
        FSIZE("fsize", 1, Unit.BYTES, Long.MAX_VALUE),
        CPU("cpu", 0, Unit.SECONDS, Long.MAX_VALUE),
        RSS("rss", 5, Unit.BYTES, Long.MAX_VALUE),
        SIGPENDING("sigpending", 11, Unit.COUNT, Long.MAX_VALUE),
        MSGQUEUE("msgqueue", 12, Unit.BYTES, Long.MAX_VALUE),
        NICE("nice", 13, Unit.COUNT, 40),
        RTPRIO("rtprio", 14, Unit.COUNT, 99),
        RTTIME("rttime", 15, Unit.MICROS, Long.MAX_VALUE);

        private final String key;
        private final int number;
        private final Unit unit;
        private final long most;

        Resource(String key, int number, Unit unit, long most) {
            this.key = key;
            this.number = number;
            this.unit = unit;
            this.most = most;
        }
    }

    private final Fields fields;
    private final Context context;

    ExecutionParser(Fields fields, Context context) {
        this.fields = fields;
        this.context = context;
    }

    Execution execution() {
        return new Execution(
                account("user"),
                account("group"),
                groups(),
                fields.absolutePath("directory"),
                umask(),
                fields.integer("nice", -20, 19),
                fields.integer("oom-score-adjust", -1000, 1000),
                fields.bool("no-new-privileges", false),
                limits());
    }

    private @Nullable String account(String key) {
        Node.Scalar scalar = fields.scalar(key, "a name or a number");
        return scalar == null ? null : account(scalar, key);
    }

    private @Nullable String account(Node.Scalar scalar, String key) {
        String text = scalar.text;
        if (Text.isDigits(text)) {
            if (text.length() <= 10 && Long.parseLong(text) <= ID_MAX) {
                return text;
            }
            context.error(scalar, key, Text.shown(text) + " is not between 0 and " + ID_MAX);
            return null;
        }
        String name = text.endsWith("$") ? text.substring(0, text.length() - 1) : text;
        if (Text.consistsOf(name, ".-") && name.charAt(0) != '-' && name.length() <= NAME_MAX) {
            return text;
        }
        context.error(scalar, key, "'" + Text.shown(text) + "' is neither the name nor the number of a " + key(key));
        return null;
    }

    private static String key(String key) {
        return key.equals("user") ? "user" : "group";
    }

    private @Nullable List<String> groups() {
        if (!fields.has("groups")) {
            return null;
        }
        ArrayList<String> groups = new ArrayList<>(2);
        for (Node.Scalar scalar : fields.texts("groups")) {
            String group = account(scalar, "groups");
            if (group != null) {
                groups.add(group);
            }
        }
        return groups;
    }

    private @Nullable Integer umask() {
        Node.Scalar scalar = fields.scalar("umask", "octal digits");
        if (scalar == null) {
            return null;
        }
        String digits = scalar.text.startsWith("0o") ? scalar.text.substring(2) : scalar.text;
        boolean octal =
                Text.isDigits(digits) && digits.length() <= 4 && digits.indexOf('8') < 0 && digits.indexOf('9') < 0;
        int value = octal ? Integer.parseInt(digits, 8) : -1;
        if (value < 0 || value > 0777) {
            context.error(scalar, "umask", "'" + Text.shown(scalar.text) + "' is no mask",
                    "write it like '022' or '0077'");
            return null;
        }
        return value;
    }

    Environment environment() {
        boolean clear = fields.bool("clear-environment", false);
        List<Environment.EnvironmentFile> files = environmentFiles();
        Node node = fields.node("environment");
        LinkedHashMap<String, String> variables = new LinkedHashMap<>();
        if (node instanceof Node.Mapping map) {
            for (int i = 0; i < map.keys.size(); i++) {
                variable(map.keys.get(i), map.values.get(i), variables);
            }
        } else if (node != null) {
            context.error(node, "environment", "it must be a map, not " + node.kind(), "write it like {NAME: value}");
        }
        return variables.isEmpty() && files.isEmpty() && !clear
                ? Environment.EMPTY
                : new Environment(variables, files, clear);
    }

    private void variable(Node.Scalar key, Node value, LinkedHashMap<String, String> variables) {
        if (!Text.isVariableName(key.text)) {
            String cause = "'" + Text.shown(key.text) + "' is no name of a variable";
            context.error(key, "environment", cause,
                    "a name has letters, digits, '_', '.' and '-', and no digit first");
        } else if (!(value instanceof Node.Scalar scalar)) {
            context.error(value, "environment", key.text + " must be a text, not " + value.kind());
        } else if (scalar.isNull()) {
            context.error(value, "environment", key.text + " has no value", "write '' for an empty one");
        } else if (scalar.text.indexOf('\0') >= 0) {
            context.error(value, "environment", key.text + " cannot hold a NUL character");
        } else if (CommandParser.checkExpansions(scalar.text, value, "environment", context)) {
            variables.put(key.text, scalar.text);
        }
    }

    private List<Environment.EnvironmentFile> environmentFiles() {
        if (!fields.has("environment-files")) {
            return List.of();
        }
        ArrayList<Environment.EnvironmentFile> files = new ArrayList<>(2);
        for (Node.Scalar scalar : fields.texts("environment-files")) {
            boolean mayBeMissing = scalar.text.startsWith("-");
            String path = mayBeMissing ? scalar.text.substring(1) : scalar.text;
            if (path.startsWith("/")) {
                files.add(new Environment.EnvironmentFile(path, mayBeMissing));
            } else {
                String cause = "'" + Text.shown(scalar.text) + "' is no absolute path";
                context.error(scalar, "environment-files", cause,
                        "write it like /etc/default/web, or -/etc/default/web");
            }
        }
        return files;
    }

    private Limits limits() {
        Fields said = fields.map("limits", KeyTable.LIMITS);
        if (said == null) {
            return Limits.NONE;
        }
        TreeMap<Integer, Limits.Limit> limits = new TreeMap<>();
        for (Resource resource : Resource.values()) {
            Node.Scalar scalar = said.scalar(resource.key, "a limit");
            Limits.Limit limit = scalar == null ? null : limit(scalar, resource, said.path(resource.key));
            if (limit != null) {
                limits.put(resource.number, limit);
            }
        }
        return new Limits(limits);
    }

    private Limits.@Nullable Limit limit(Node.Scalar scalar, Resource resource, String path) {
        int colon = scalar.text.indexOf(':');
        String softText = colon < 0 ? scalar.text : scalar.text.substring(0, colon);
        String hardText = colon < 0 ? softText : scalar.text.substring(colon + 1);
        Long soft = limitValue(softText, resource);
        Long hard = limitValue(hardText, resource);
        if (soft == null || hard == null) {
            String wrong = Text.shown(soft == null ? softText : hardText);
            context.error(scalar, path, "'" + wrong + "' is no such limit", limitHint(resource));
            return null;
        }
        if (hard != Limits.UNLIMITED && (soft == Limits.UNLIMITED || soft > hard)) {
            context.error(scalar, path, "the soft limit is above the hard one", "write it like SOFT:HARD");
            return null;
        }
        return new Limits.Limit(soft, hard);
    }

    private static String limitHint(Resource resource) {
        String example =
                switch (resource.unit) {
                    case COUNT -> resource.most <= 99 ? "0 to " + resource.most : "1024 or 1024:4096";
                    case BYTES -> "64M, 64M:1G or unlimited";
                    case SECONDS -> "30s, 1h or unlimited";
                    case MICROS -> "500ms, 1s or unlimited";
                };
        String unlimited = resource == Resource.NOFILE ? "; the kernel has no unlimited here" : "";
        return "write it like " + example + unlimited;
    }

    private static @Nullable Long limitValue(String text, Resource resource) {
        if (text.equals("unlimited")) {
            return resource == Resource.NOFILE ? null : Limits.UNLIMITED;
        }
        Long value =
                switch (resource.unit) {
                    case COUNT -> Text.isDigits(text) ? Quantities.size(text) : null;
                    case BYTES -> Quantities.size(text);
                    case SECONDS -> time(text, 1_000_000);
                    case MICROS -> time(text, 1);
                };
        return value == null || value > resource.most ? null : value;
    }

    /** A duration, or a plain number in the limit's own unit. */
    private static @Nullable Long time(String text, long unitMicros) {
        if (Text.isDigits(text)) {
            return Quantities.size(text);
        }
        Duration duration = Quantities.duration(text);
        return duration == null ? null : Math.ceilDiv(duration.toNanos() / 1000, unitMicros);
    }
}
