package org.jinit.config;

import java.time.Duration;
import java.util.List;
import org.jinit.model.Problem;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** What jinitd.yaml says: the manager's own settings, and the defaults of every service. Immutable. */
public final class ManagerConfig {
    /** Nothing is said. */
    public static final ManagerConfig DEFAULT = new ManagerConfig(null, null, null, null, List.of(), "");

    /** How much the manager logs, the least first. */
    public enum LogLevel {
        ERROR,
        WARNING,
        INFO,
        DEBUG,
        TRACE
    }

    private static final Choices<LogLevel> LEVELS =
            new Choices<>(List.of("error", "warning", "info", "debug", "trace"), List.of(LogLevel.values()));

    private final Node.@Nullable Mapping defaults;
    private final @Nullable Boolean inheritEnvironment;
    private final @Nullable Duration shutdownTimeout;
    private final @Nullable LogLevel logLevel;
    private final List<Problem> problems;
    private final String digest;

    private ManagerConfig(
            Node.@Nullable Mapping defaults,
            @Nullable Boolean inheritEnvironment,
            @Nullable Duration shutdownTimeout,
            @Nullable LogLevel logLevel,
            List<Problem> problems,
            String digest) {
        this.defaults = defaults;
        this.inheritEnvironment = inheritEnvironment;
        this.shutdownTimeout = shutdownTimeout;
        this.logLevel = logLevel;
        this.problems = List.copyOf(problems);
        this.digest = digest;
    }

    /** What lies under every definition; null when nothing does. */
    Node.@Nullable Mapping defaults() {
        return defaults;
    }

    /** Whether services get jinitd's own environment ({@code defaults.inherit-environment}); null: not said. */
    public @Nullable Boolean inheritEnvironment() {
        return inheritEnvironment;
    }

    /** How long all may take to stop at shutdown; null: not said. */
    public @Nullable Duration shutdownTimeout() {
        return shutdownTimeout;
    }

    /** Null: not said. */
    public @Nullable LogLevel logLevel() {
        return logLevel;
    }

    /** Sorted by place; with an error among them nothing of the file is in force. */
    public List<Problem> problems() {
        return problems;
    }

    public boolean valid() {
        for (Problem problem : problems) {
            if (problem.severity() == Problem.Severity.ERROR) {
                return false;
            }
        }
        return true;
    }

    /** Of what the file says. */
    public String digest() {
        return digest;
    }

    /** No file, for this reason. */
    static ManagerConfig failed(List<Problem> problems) {
        return new ManagerConfig(null, null, null, null, problems, "");
    }

    /** From a file's contents; no I/O. */
    public static ManagerConfig parse(SourceFile file) {
        ProblemList problems = new ProblemList();
        Node root = Document.parse(file, problems);
        if (root == null || (root instanceof Node.Scalar scalar && scalar.isNull())) {
            // Nothing but comments is a good way to begin.
            return isBlank(file) ? DEFAULT : failed(problems.sorted());
        }
        if (!(root instanceof Node.Mapping map)) {
            problems.error(root.position(), "cannot use the file: it must hold a map of keys, not " + root.kind());
            return failed(problems.sorted());
        }
        Context context = new Context(problems, DefinitionParser.nameOf(file.path()) + ".yaml");
        KeyTable.MANAGER.check(map, context);
        Fields fields = new Fields(map, KeyTable.MANAGER, context);
        Duration shutdown = shutdownTimeout(fields, context);
        LogLevel level = logLevel(fields, context);
        Boolean inherit = null;
        Node.Mapping defaults = null;
        Node node = fields.node("defaults");
        if (node instanceof Node.Mapping said) {
            if (said.indexOf(KeyTable.INHERIT_ENVIRONMENT) >= 0) {
                KeyTable table = KeyTable.SERVICE.at("defaults.");
                inherit = new Fields(said, table, context).bool(KeyTable.INHERIT_ENVIRONMENT, false);
            }
            defaults = checkedDefaults(said, problems);
        } else if (node != null) {
            context.wrongKind(node, "defaults", "a map");
        }
        if (problems.errors() > 0) {
            return failed(problems.sorted());
        }
        Digest digest = new Digest();
        Merge.digest(map, digest);
        return new ManagerConfig(defaults, inherit, shutdown, level, problems.sorted(), digest.hex());
    }

    private static boolean isBlank(SourceFile file) {
        boolean comment = false;
        for (byte value : file.bytes()) {
            comment = value == '#' || (comment && value != '\n');
            if (!comment && (value > ' ' || value < 0)) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable Duration shutdownTimeout(Fields fields, Context context) {
        Node node = fields.node("shutdown");
        if (!(node instanceof Node.Mapping map)) {
            if (node != null) {
                context.wrongKind(node, "shutdown", "a map");
            }
            return null;
        }
        return Fields.checked(map, KeyTable.SHUTDOWN, context).periodOrNone("timeout", null);
    }

    private static @Nullable LogLevel logLevel(Fields fields, Context context) {
        Node node = fields.node("log");
        if (!(node instanceof Node.Mapping map)) {
            if (node != null) {
                context.wrongKind(node, "log", "a map");
            }
            return null;
        }
        KeyTable.MANAGER_LOG.check(map, context);
        return new Fields(map, KeyTable.MANAGER_LOG, context).choice("level", LEVELS);
    }

    /** The defaults without what is no service's key; checked here, so that no service has to repeat what is wrong with them. */
    private static Node.@Nullable Mapping checkedDefaults(Node.Mapping said, ProblemList problems) {
        Node.Mapping defaults = new Node.Mapping(said.file, said.line, said.column);
        for (int i = 0; i < said.keys.size(); i++) {
            Node.Scalar key = said.keys.get(i);
            if (key.text.equals("instances") || key.text.equals("exit")) {
                String text = "cannot use key '" + key.text + "' in defaults: it belongs to one service";
                problems.error(key.position(), text);
            } else if (!key.text.equals(KeyTable.INHERIT_ENVIRONMENT)) {
                defaults.add(key, said.values.get(i));
            }
        }
        if (defaults.keys.isEmpty()) {
            return null;
        }
        Node.Mapping sample = new Node.Mapping(said.file, said.line, said.column);
        Node.Sequence command = new Node.Sequence(said.file, said.line, said.column);
        command.add(new Node.Scalar(said.file, said.line, said.column, "true", false));
        sample.add(new Node.Scalar(said.file, said.line, said.column, "exec", true), command);
        ServiceName name = new ServiceName("defaults");
        Context context = new Context(problems, "defaults");
        Node.Mapping all = Merge.merge(sample, defaults);
        ServiceParser.parse(name, said, all, defaults, List.of(said.file), "", true, context);
        return defaults;
    }
}
