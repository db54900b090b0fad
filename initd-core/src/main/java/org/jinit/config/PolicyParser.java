package org.jinit.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jinit.model.Command;
import org.jinit.model.Condition;
import org.jinit.model.ExitPolicy;
import org.jinit.model.LogPolicy;
import org.jinit.model.ReloadPolicy;
import org.jinit.model.RestartPolicy;
import org.jinit.model.ServiceType;
import org.jinit.model.Signals;
import org.jinit.model.StopPolicy;
import org.jinit.model.SuccessExit;
import org.jspecify.annotations.Nullable;

/** What happens when: {@code restart}, {@code success-exit}, {@code stop}, {@code reload}, {@code log}, {@code conditions}, {@code exit}. */
final class PolicyParser {
    private static final Choices<RestartPolicy.When> RESTART_WHEN = new Choices<>(
            List.of("always", "on-failure", "on-crash", "never"), List.of(RestartPolicy.When.values()));
    private static final Choices<RestartPolicy.Then> RESTART_THEN =
            new Choices<>(List.of("fail", "exit", "reboot"), List.of(RestartPolicy.Then.values()));
    private static final Choices<StopPolicy.Mode> STOP_MODES =
            new Choices<>(List.of("all", "main", "mixed", "none"), List.of(StopPolicy.Mode.values()));
    private static final Choices<LogPolicy.To> LOG_TO = new Choices<>(
            List.of("file", "inherit", "none"), List.of(LogPolicy.To.FILE, LogPolicy.To.INHERIT, LogPolicy.To.NONE));
    private static final Choices<ExitPolicy.When> EXIT_WHEN =
            new Choices<>(List.of("ends", "fails"), List.of(ExitPolicy.When.values()));
    private static final Choices<Boolean> ELSE_FAIL = new Choices<>(List.of("skip", "fail"), List.of(false, true));
    private static final int RESTARTS_MAX = 1_000_000;
    private static final int KEEP_MAX = 1000;
    private static final long LOG_LEAST = 4096;
    private static final long LOG_MOST = 1L << 40;

    private final Fields fields;
    private final Context context;

    PolicyParser(Fields fields, Context context) {
        this.fields = fields;
        this.context = context;
    }

    RestartPolicy restart(ServiceType type) {
        RestartPolicy base = RestartPolicy.DEFAULT;
        RestartPolicy.When when = type == ServiceType.DAEMON ? base.when() : RestartPolicy.When.NEVER;
        if (fields.map().get("restart") instanceof Node.Scalar word && !word.isNull()) {
            return with(fields.choice("restart", RESTART_WHEN, when));
        }
        Fields said = fields.map("restart", KeyTable.RESTART);
        if (said == null) {
            return with(when);
        }
        int errors = context.problems().errors();
        Duration delay = said.duration("delay", base.delay());
        Duration longest = said.duration("max-delay", delay.compareTo(base.maxDelay()) > 0 ? delay : base.maxDelay());
        if (longest.compareTo(delay) < 0 && context.problems().errors() == errors) {
            Node at = java.util.Objects.requireNonNullElse(said.map().get("max-delay"), said.map());
            context.error(at, "restart.max-delay", "it is less than 'delay'");
        }
        return new RestartPolicy(
                said.choice("when", RESTART_WHEN, when),
                delay,
                said.decimal("factor", 1, 100, base.factor()),
                longest,
                said.decimal("jitter", 0, 1, base.jitter()),
                said.period("reset-after", base.resetAfter()),
                limit(said),
                said.choice("then", RESTART_THEN, base.then()));
    }

    private static RestartPolicy with(RestartPolicy.When when) {
        RestartPolicy base = RestartPolicy.DEFAULT;
        return when == base.when()
                ? base
                : new RestartPolicy(
                        when,
                        base.delay(),
                        base.factor(),
                        base.maxDelay(),
                        base.jitter(),
                        base.resetAfter(),
                        base.limit(),
                        base.then());
    }

    private RestartPolicy.@Nullable Limit limit(Fields said) {
        RestartPolicy.Limit base = java.util.Objects.requireNonNull(RestartPolicy.DEFAULT.limit());
        if (said.map().get("limit") instanceof Node.Scalar scalar && !scalar.isNull()) {
            if (!scalar.text.equals("unlimited")) {
                String cause = "'" + Text.shown(scalar.text) + "' is no limit";
                context.error(scalar, "restart.limit", cause, "write {count: 5, within: 10s}, or 'unlimited'");
            }
            return null;
        }
        Fields limit = said.map("limit", KeyTable.RESTART_LIMIT);
        if (limit == null) {
            return base;
        }
        int count = ServiceParser.orElse(limit.integer("count", 1, RESTARTS_MAX), base.count());
        return new RestartPolicy.Limit(count, limit.period("within", base.within()));
    }

    SuccessExit successExit() {
        if (!fields.has("success-exit")) {
            return SuccessExit.NONE;
        }
        TreeSet<Integer> codes = new TreeSet<>();
        TreeSet<Integer> signals = new TreeSet<>();
        for (Node.Scalar scalar : fields.texts("success-exit")) {
            if (Text.isDigits(scalar.text)) {
                Integer code = fields.integer(scalar, "success-exit", 0, 255);
                codes.add(code == null ? 0 : code);
                continue;
            }
            Integer signal = Signals.number(scalar.text);
            if (signal == null) {
                String cause = "'" + Text.shown(scalar.text) + "' is neither an exit code nor a signal";
                context.error(scalar, "success-exit", cause, "write it like 3 or USR1");
            } else {
                signals.add(signal);
            }
        }
        return new SuccessExit(codes, signals);
    }

    StopPolicy stop() {
        StopPolicy base = StopPolicy.DEFAULT;
        Fields said = fields.map("stop", KeyTable.STOP);
        if (said == null) {
            return base;
        }
        Integer signal = said.signal("signal");
        if (signal != null && (signal == Signals.STOP || signal == Signals.CONT)) {
            Node at = java.util.Objects.requireNonNullElse(said.map().get("signal"), said.map());
            context.error(at, "stop.signal", Signals.name(signal) + " ends no process");
        }
        Command exec = said.command("exec");
        StopPolicy stop = new StopPolicy(
                ServiceParser.orElse(signal, base.signal()),
                said.duration("timeout", base.timeout()),
                said.choice("mode", STOP_MODES, base.mode()),
                exec);
        if (stop.mode() == StopPolicy.Mode.NONE && !said.has("exec")) {
            Node at = java.util.Objects.requireNonNullElse(said.map().get("mode"), said.map());
            context.warning(at, "stop.mode", "with 'none' and no 'exec' nothing stops it");
        }
        return stop;
    }

    @Nullable ReloadPolicy reload() {
        Fields said = fields.map("reload", KeyTable.RELOAD);
        if (said == null) {
            return null;
        }
        if (said.map().keys.size() != 1) {
            context.error(said.map(), "reload", "it must have one of signal, exec or notify, and only one");
            return null;
        }
        Integer signal = said.signal("signal");
        if (signal != null) {
            return new ReloadPolicy.BySignal(signal);
        }
        Integer notify = said.signal("notify");
        if (notify != null) {
            return new ReloadPolicy.ByNotify(notify);
        }
        Command exec = said.command("exec");
        return exec == null ? null : new ReloadPolicy.ByCommand(exec);
    }

    LogPolicy log() {
        LogPolicy base = LogPolicy.DEFAULT_POLICY;
        if (fields.map().get("log") instanceof Node.Scalar word && !word.isNull()) {
            return new LogPolicy(logTo(word, "log", fields), base.maxSize(), base.keep());
        }
        Fields said = fields.map("log", KeyTable.LOG);
        if (said == null) {
            return base;
        }
        Node.Scalar to = said.scalar("to", "a word");
        return new LogPolicy(
                to == null ? base.to() : logTo(to, "to", said),
                said.size("max-size", LOG_LEAST, LOG_MOST, base.maxSize()),
                ServiceParser.orElse(said.integer("keep", 0, KEEP_MAX), base.keep()));
    }

    private LogPolicy.To logTo(Node.Scalar word, String key, Fields said) {
        if (KeyTable.UNSUPPORTED_VALUES.contains("log.to: " + word.text)) {
            context.unsupported(word, "value '" + word.text + "' for 'log.to'");
            return LogPolicy.To.DEFAULT;
        }
        LogPolicy.To to = said.choice(word, key, LOG_TO);
        return to == null ? LogPolicy.To.DEFAULT : to;
    }

    @Nullable ExitPolicy exit() {
        Fields said = fields.map("exit", KeyTable.EXIT);
        if (said == null) {
            return null;
        }
        ExitPolicy.When when = said.choice("when", EXIT_WHEN, ExitPolicy.When.ENDS);
        if (!said.has("when")) {
            context.error(said.map(), "exit", "there is no 'when' in it", "write 'when: ends' or 'when: fails'");
        }
        Node.Scalar code = said.scalar("code", "'own' or a number");
        Integer number = code == null || code.text.equals("own") ? null : said.integer(code, "code", 0, 255);
        return new ExitPolicy(when, number);
    }

    /** A map of checks, or a list of such maps, each with an {@code else} of its own. */
    List<Condition> conditions() {
        Node node = fields.node("conditions");
        if (node == null) {
            return List.of();
        }
        ArrayList<Condition> conditions = new ArrayList<>(4);
        if (node instanceof Node.Mapping map) {
            addConditions(map, conditions);
        } else if (node instanceof Node.Sequence list) {
            for (Node item : list.items) {
                if (item instanceof Node.Mapping map) {
                    addConditions(map, conditions);
                } else {
                    context.wrongKind(item, "conditions", "a list of maps");
                }
            }
        } else {
            context.wrongKind(node, "conditions", "a map");
        }
        return conditions;
    }

    private void addConditions(Node.Mapping map, List<Condition> conditions) {
        Fields said = Fields.checked(map, KeyTable.CONDITIONS, context);
        boolean fail = said.choice("else", ELSE_FAIL, false);
        for (Node.Scalar key : map.keys) {
            switch (key.text) {
                case "path-exists", "path-missing" -> {
                    for (Node.Scalar path : said.texts(key.text)) {
                        if (said.isPath(path, said.path(key.text))) {
                            boolean exists = key.text.equals("path-exists");
                            Condition.Check check =
                                    exists ? new Condition.PathExists(path.text) : new Condition.PathMissing(path.text);
                            conditions.add(new Condition(check, fail));
                        }
                    }
                }
                case "environment" -> environmentConditions(said, fail, conditions);
                case "kernel-at-least" -> {
                    Node.Scalar version = said.scalar(key.text, "a version");
                    if (version != null && isVersion(version)) {
                        conditions.add(new Condition(new Condition.KernelAtLeast(version.text), fail));
                    }
                }
                case "container" ->
                    conditions.add(new Condition(new Condition.InContainer(said.bool(key.text, true)), fail));
                case "root" -> conditions.add(new Condition(new Condition.AsRoot(said.bool(key.text, true)), fail));
                default -> {
                    // 'else', or unknown and reported
                }
            }
        }
    }

    private void environmentConditions(Fields said, boolean fail, List<Condition> conditions) {
        for (Node.Scalar assignment : said.texts("environment")) {
            int equals = assignment.text.indexOf('=');
            String name = equals < 0 ? assignment.text : assignment.text.substring(0, equals);
            if (Text.isVariableName(name)) {
                conditions.add(new Condition(new Condition.EnvironmentHas(assignment.text), fail));
            } else {
                String cause = "'" + Text.shown(name) + "' is no name of a variable";
                context.error(assignment, "conditions.environment", cause, "write it like NAME or NAME=VALUE");
            }
        }
    }

    private boolean isVersion(Node.Scalar version) {
        String text = version.text;
        boolean good = !text.isEmpty() && text.length() <= 20;
        int from = 0;
        while (good && from <= text.length()) {
            int dot = text.indexOf('.', from);
            String part = text.substring(from, dot < 0 ? text.length() : dot);
            good = Text.isDigits(part) && part.length() <= 6;
            from = dot < 0 ? text.length() + 1 : dot + 1;
        }
        if (!good) {
            String cause = "'" + Text.shown(text) + "' is no version";
            context.error(version, "conditions.kernel-at-least", cause, "write it like 6.1 or 5.15.3");
        }
        return good;
    }
}
