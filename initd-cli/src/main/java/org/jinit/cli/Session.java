package org.jinit.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.jinit.protocol.JsonOut;
import org.jinit.protocol.Varlink;

/** What one run of jinitctl works with. */
final class Session {
    private final Terminal terminal;
    private final Map<String, String> environment;
    private final Arguments arguments;

    Session(Terminal terminal, Map<String, String> environment, Arguments arguments) {
        this.terminal = terminal;
        this.environment = environment;
        this.arguments = arguments;
    }

    Terminal terminal() {
        return terminal;
    }

    boolean json() {
        return arguments.has("--json");
    }

    /** One line of JSON. */
    void printJson(Consumer<JsonOut> content) {
        terminal.line(Varlink.json(content));
    }

    ManagerClient connect() throws UnreachableException, UsageException {
        return ManagerClient.connect(runDirectory());
    }

    Path runDirectory() throws UsageException {
        String given = arguments.value("--run-dir");
        if (given != null) {
            return Path.of(given);
        }
        if (arguments.has("--user")) {
            String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
            if (runtime.isEmpty()) {
                throw new UsageException(
                        "cannot find your own jinitd: XDG_RUNTIME_DIR is not set (set it, or give --run-dir)");
            }
            return Path.of(runtime, "jinit");
        }
        String variable = environment.getOrDefault("JINIT_RUN_DIR", "");
        return Path.of(variable.isEmpty() ? "/run/jinit" : variable);
    }

    /** Where jinitd looks for definitions. */
    Path configDirectory() {
        if (!arguments.has("--user")) {
            return Path.of("/etc/jinit.d");
        }
        String config = environment.getOrDefault("XDG_CONFIG_HOME", "");
        return config.startsWith("/")
                ? Path.of(config, "jinit.d")
                : Path.of(environment.getOrDefault("HOME", "/"), ".config", "jinit.d");
    }
}
