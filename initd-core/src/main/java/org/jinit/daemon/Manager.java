package org.jinit.daemon;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jinit.linux.JnrLinux;
import org.jinit.linux.KeeperProtocol;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jinit.linux.Reactor;
import org.jinit.model.ServiceName;

/**
 * The manager's program, started by the keeper. What does not depend on each other is loaded side by side: the definitions on one thread,
 * the native layer and the link to the keeper on this one, which becomes the reactor's.
 */
public final class Manager {
    /** Why the start failed is to be known, also where the log is slow to come up. */
    private static final Duration FAILURE_TELLING = Duration.ofSeconds(10);

    private Manager() {}

    /** @param arguments those of jinitd */
    public static void main(String[] arguments) {
        // Said by the keeper, and first: a command to run may have an option of this name.
        boolean detached = arguments.length > 0 && arguments[0].equals("--detach");
        ManagerLog log = new ManagerLog(ManagerLog.Severity.INFO, detached);
        ManagerOptions options;
        Paths paths;
        try {
            options = ManagerOptions.parse(List.of(arguments));
            paths = Paths.of(options, System.getenv());
        } catch (ManagerOptions.UsageException e) {
            log.start();
            fail(log, List.of(String.valueOf(e.getMessage())), 2);
            return;
        }
        ManagerLog.Severity level = options.logLevel() == null ? null : ManagerLog.Severity.of(options.logLevel());
        if (level != null) {
            log.threshold(level);
        }
        log.start();
        CompletableFuture<Loaded> loading = load(options, paths);
        Linux linux = new JnrLinux();
        Reactor reactor = new Reactor(linux, (what, problem) -> report(log, what, problem));
        KeeperSession keeper = new KeeperSession(linux, reactor, log);
        KeeperProtocol.Welcome welcome = keeper.awaitWelcome();
        try {
            new Assembly(linux, reactor, keeper, welcome, log, options, paths).start(loading.join());
        } catch (StartFailure e) {
            e.problems().forEach(log::error);
            log.close(FAILURE_TELLING);
            keeper.send(new KeeperProtocol.Exit(1, true));
            Runtime.getRuntime().halt(0);
        }
        reactor.run();
    }

    /** What is read from disk before the first service starts. */
    record Loaded(CatalogReader reader, CatalogReader.Result result, Map<ServiceName, Boolean> enabled,
            List<String> problems) {}

    private static CompletableFuture<Loaded> load(ManagerOptions options, Paths paths) {
        CompletableFuture<Loaded> loading = new CompletableFuture<>();
        Thread.ofPlatform().name("load").daemon(true).start(() -> {
            try {
                loading.complete(read(options, paths));
            } catch (RuntimeException | Error e) {
                loading.completeExceptionally(e);
            }
        });
        return loading;
    }

    private static Loaded read(ManagerOptions options, Paths paths) {
        boolean asRoot = !options.user();
        CatalogReader reader = new CatalogReader(paths, asRoot, options.command());
        CatalogReader.Result result = reader.read(List.of());
        Map<ServiceName, Boolean> enabled = new TreeMap<>();
        Map<String, String> problems = new LinkedHashMap<>();
        try {
            enabled = new EnabledOverlay(paths.state()).read();
        } catch (IOException e) {
            problems.put("state", "cannot read what is enabled in " + paths.state() + ": " + e.getMessage());
        }
        return new Loaded(reader, result, enabled, List.copyOf(problems.values()));
    }

    /** The start cannot go on. */
    static final class StartFailure extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient List<String> problems;

        StartFailure(List<String> problems) {
            super(String.join("; ", problems));
            this.problems = List.copyOf(problems);
        }

        List<String> problems() {
            return problems;
        }
    }

    private static void fail(ManagerLog log, List<String> problems, int code) {
        problems.forEach(log::error);
        log.close(FAILURE_TELLING);
        Linux linux = new JnrLinux();
        Reactor reactor = new Reactor(linux, (what, problem) -> report(log, what, problem));
        KeeperSession keeper = new KeeperSession(linux, reactor, log);
        keeper.awaitWelcome();
        keeper.send(new KeeperProtocol.Exit(code, true));
        Runtime.getRuntime().halt(0);
    }

    /** A bug of ours, or a call that fails where none should; the loop goes on. */
    private static void report(ManagerLog log, String what, Throwable problem) {
        StringBuilder text = new StringBuilder("internal error in ").append(what).append(": ").append(problem);
        StackTraceElement[] stack = problem.getStackTrace();
        int frames = problem instanceof LinuxException ? 6 : 20;
        for (int i = 0; i < Math.min(frames, stack.length); i++) {
            text.append("\n    at ").append(stack[i]);
        }
        log.error(text.toString());
    }
}
