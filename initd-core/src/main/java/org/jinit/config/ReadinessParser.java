package org.jinit.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jinit.model.Command;
import org.jinit.model.Health;
import org.jinit.model.Probe;
import org.jinit.model.Readiness;
import org.jspecify.annotations.Nullable;

/** {@code ready}, {@code health}, and the probes in both. */
final class ReadinessParser {
    /** How a service says that it is ready. */
    private enum Way {
        STARTED,
        NOTIFY,
        STOP_SIGNAL,
        FORK,
        PIPE,
        PROBE
    }

    private static final Choices<Way> WAYS =
            new Choices<>(List.of("started", "notify", "stop-signal", "fork", "pipe", "probe"), List.of(Way.values()));
    private static final List<String> PROBES = List.of("tcp", "unix", "http", "exec", "log");
    private static final Choices<Readiness.Pipe.Kind> KINDS =
            new Choices<>(List.of("socket", "pipe"), List.of(Readiness.Pipe.Kind.values()));
    private static final Choices<Health.Then> HEALTH_THEN =
            new Choices<>(List.of("restart", "fail", "nothing"), List.of(Health.Then.values()));
    private static final List<Readiness> DEFAULT = List.of(new Readiness.Started(null));
    /** 0 to 2 are input, output and errors; more than the usual soft limit of open files cannot be. */
    private static final int FD_LEAST = 3;

    private static final int FD_MOST = 1023;
    private static final int COUNT_MAX = 1_000_000;
    /** sun_path less its final NUL. */
    private static final int SOCKET_PATH_MAX = 107;

    private final Fields fields;
    private final Context context;

    ReadinessParser(Fields fields, Context context) {
        this.fields = fields;
        this.context = context;
    }

    /** Never empty. */
    List<Readiness> readiness() {
        Node node = fields.node("ready");
        if (node == null) {
            return DEFAULT;
        }
        ArrayList<Readiness> entries = new ArrayList<>(2);
        if (node instanceof Node.Sequence list) {
            if (list.items.isEmpty()) {
                context.error(list, "ready", "the list is empty", "write 'started' when execution is readiness enough");
            }
            for (Node item : list.items) {
                add(item, entries);
            }
        } else {
            add(node, entries);
        }
        return entries.isEmpty() ? DEFAULT : entries;
    }

    private void add(Node node, ArrayList<Readiness> entries) {
        Readiness entry = entry(node);
        if (entry == null) {
            return;
        }
        for (Readiness earlier : entries) {
            if (!(entry instanceof Readiness.Probed) && earlier.getClass() == entry.getClass()) {
                context.error(node, "ready", "the same way is listed twice");
                return;
            }
        }
        entries.add(entry);
    }

    private @Nullable Readiness entry(Node node) {
        if (node instanceof Node.Scalar word) {
            return byWord(word);
        }
        if (node instanceof Node.Mapping map) {
            return byMap(map);
        }
        context.wrongKind(node, "ready", "a word or a map");
        return null;
    }

    private @Nullable Readiness byWord(Node.Scalar word) {
        Way way = fields.choice(word, "ready", WAYS);
        if (way == Way.PROBE) {
            context.error(word, "ready", "'probe' needs to know what to ask", "write it like {tcp: 'localhost:80'}");
            return null;
        }
        return way == null ? null : way(way, 0, Readiness.Pipe.Kind.SOCKET, null);
    }

    private static Readiness way(Way way, int fd, Readiness.Pipe.Kind kind, @Nullable Duration timeout) {
        return switch (way) {
            case STARTED -> new Readiness.Started(timeout);
            case NOTIFY -> new Readiness.Notify(timeout);
            case STOP_SIGNAL -> new Readiness.StopSignal(timeout);
            case FORK -> new Readiness.Fork(timeout);
            case PIPE -> new Readiness.Pipe(fd, kind, timeout);
            case PROBE -> throw new IllegalStateException("a probe is no way of its own");
        };
    }

    private @Nullable Readiness byMap(Node.Mapping map) {
        Fields said = Fields.checked(map, KeyTable.READY, context);
        Way way = said.choice("by", WAYS);
        boolean probe = hasProbe(map);
        if (!said.has("by") && !probe) {
            context.error(map, "ready", "there is neither 'by' nor a probe in it",
                    "write it like {by: notify, timeout: 30s}");
            return null;
        }
        if (said.has("by") && way == null) {
            return null;
        }
        if (probe || way == null || way == Way.PROBE) {
            return probed(said, way, probe);
        }
        Integer fd = said.integer("fd", FD_LEAST, FD_MOST);
        Readiness.Pipe.Kind kind = said.choice("kind", KINDS, Readiness.Pipe.Kind.SOCKET);
        for (Node.Scalar key : map.keys) {
            boolean ofPipe = key.text.equals("fd") || key.text.equals("kind");
            boolean ofProbe = key.text.equals("status") || key.text.equals("interval") || key.text.equals("attempts");
            if ((ofPipe && way != Way.PIPE) || ofProbe) {
                context.error(key, said.path(key.text), "it belongs to " + (ofPipe ? "'by: pipe'" : "a probe"));
            }
        }
        Duration timeout = said.periodOrNone("timeout", null);
        return way(way, ServiceParser.orElse(fd, 0), kind, timeout);
    }

    private @Nullable Readiness probed(Fields said, @Nullable Way way, boolean probe) {
        if (way != null && way != Way.PROBE) {
            context.error(said.map(), "ready", "another way than 'probe' and a probe are two entries", "write a list");
            return null;
        }
        if (!probe) {
            context.error(said.map(), "ready", "there is no probe in it", "add one of " + Text.alternatives(PROBES));
            return null;
        }
        for (Node.Scalar key : said.map().keys) {
            if (key.text.equals("fd") || key.text.equals("kind")) {
                context.error(key, said.path(key.text), "it belongs to 'by: pipe'");
            }
        }
        Probe.Target target = target(said);
        Integer attempts = said.integer("attempts", 1, COUNT_MAX);
        Duration interval = said.period("interval", Probe.DEFAULT_INTERVAL);
        Duration timeout = said.period("timeout", Probe.DEFAULT_TIMEOUT);
        if (target == null) {
            return null;
        }
        int bound = ServiceParser.orElse(attempts, Probe.UNLIMITED);
        return new Readiness.Probed(new Probe(target, interval, timeout, bound), null);
    }

    @Nullable Health health() {
        Fields said = fields.map("health", KeyTable.HEALTH);
        if (said == null) {
            return null;
        }
        if (!hasProbe(said.map())) {
            context.error(said.map(), "health", "there is no probe in it", "add one of " + Text.alternatives(PROBES));
            return null;
        }
        Probe.Target target = target(said);
        Duration interval = said.period("interval", Health.DEFAULT_INTERVAL);
        Duration timeout = said.period("timeout", Probe.DEFAULT_TIMEOUT);
        int failures = ServiceParser.orElse(said.integer("failures", 1, COUNT_MAX), Health.DEFAULT_FAILURES);
        return target == null
                ? null
                : new Health(
                        new Probe(target, interval, timeout, Probe.UNLIMITED),
                        failures,
                        said.choice("then", HEALTH_THEN, Health.Then.RESTART));
    }

    static boolean hasProbe(Node.Mapping map) {
        for (String probe : PROBES) {
            if (map.indexOf(probe) >= 0) {
                return true;
            }
        }
        return false;
    }

    private Probe.@Nullable Target target(Fields said) {
        String kind = null;
        for (String probe : PROBES) {
            if (said.has(probe)) {
                if (kind != null) {
                    context.error(said.map(), said.path(probe),
                            "'" + kind + "' is there already, and a probe asks one thing");
                    return null;
                }
                kind = probe;
            }
        }
        Node.Scalar status = said.map().key("status");
        if (status != null && !"http".equals(kind)) {
            context.error(status, said.path("status"), "it belongs to 'http'");
        }
        return switch (kind) {
            case "tcp" -> tcp(said);
            case "unix" -> unix(said);
            case "http" -> http(said);
            case "exec" -> {
                Command command = said.command("exec");
                yield command == null ? null : new Probe.Exec(command);
            }
            case "log" -> log(said);
            case null, default -> null;
        };
    }

    private Probe.@Nullable Target tcp(Fields said) {
        Node.Scalar scalar = said.scalar("tcp", "HOST:PORT");
        if (scalar == null) {
            return null;
        }
        int colon = scalar.text.lastIndexOf(':');
        String host = colon < 0 ? "localhost" : scalar.text.substring(0, colon);
        String port = scalar.text.substring(colon + 1);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        boolean number = Text.isDigits(port) && port.length() <= 5 && Integer.parseInt(port) >= 1
                && Integer.parseInt(port) <= 65535;
        boolean plain = !host.isEmpty() && host.indexOf('/') < 0 && (bracketed || host.indexOf(':') < 0);
        if (!number || !plain) {
            String cause = "'" + Text.shown(scalar.text) + "' is no HOST:PORT";
            context.error(scalar, said.path("tcp"), cause, "write it like 'localhost:80' or '[::1]:80'");
            return null;
        }
        return new Probe.Tcp(bracketed ? host.substring(1, host.length() - 1) : host, Integer.parseInt(port));
    }

    private Probe.@Nullable Target unix(Fields said) {
        Node.Scalar scalar = said.scalar("unix", "a path");
        if (scalar == null || !said.isPath(scalar, said.path("unix"))) {
            return null;
        }
        if (scalar.text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length > SOCKET_PATH_MAX) {
            context.error(scalar, said.path("unix"), "the path of a socket has at most " + SOCKET_PATH_MAX + " bytes");
            return null;
        }
        return new Probe.Unix(scalar.text);
    }

    private Probe.@Nullable Target http(Fields said) {
        Integer status = said.integer("status", 100, 599);
        Node.Scalar scalar = said.scalar("http", "an address");
        if (scalar == null) {
            return null;
        }
        String cause = null;
        try {
            URI uri = new URI(scalar.text);
            if (!"http".equals(uri.getScheme())) {
                cause = "https".equals(uri.getScheme()) ? "only plain http can be asked" : "it is no http:// address";
            } else if (uri.getHost() == null || uri.getPort() > 65535 || uri.getPort() == 0) {
                cause = "it names no host and port";
            }
        } catch (URISyntaxException e) {
            cause = "it is no address: " + Text.shown(e.getReason());
        }
        if (cause != null) {
            context.error(scalar, said.path("http"), cause, "write it like 'http://localhost:8080/health'");
            return null;
        }
        return new Probe.Http(scalar.text, status);
    }

    private Probe.@Nullable Target log(Fields said) {
        Node.Scalar scalar = said.scalar("log", "a regular expression");
        if (scalar == null) {
            return null;
        }
        try {
            Pattern.compile(scalar.text);
        } catch (PatternSyntaxException e) {
            context.error(scalar, said.path("log"), "it is no regular expression: " + Text.shown(e.getDescription()));
            return null;
        }
        return new Probe.Log(scalar.text);
    }
}
