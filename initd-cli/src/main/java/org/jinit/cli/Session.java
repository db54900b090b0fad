package org.jinit.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.jinit.protocol.JsonOut;
import org.jinit.protocol.Varlink;
import org.jspecify.annotations.Nullable;

/** What one run of jinitctl works with. */
final class Session {
    private final Terminal terminal;
    private final Map<String, String> environment;
    private final Arguments arguments;
    private @Nullable String connected;

    /** {@code connected}: the run directory to whose jinitd standard input is connected, null if it is not. */
    Session(Terminal terminal, Map<String, String> environment, Arguments arguments, @Nullable String connected) {
        this.connected = connected;
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
        String directory = runDirectory();
        // Where the launcher made the connection it names the directory.
        if (directory.equals(connected)) {
            connected = null;
            return ManagerClient.ofStandardInput();
        }
        return ManagerClient.connect(Path.of(directory));
    }

    private String runDirectory() throws UsageException {
        String given = arguments.value("--run-dir");
        if (given != null) {
            return given;
        }
        if (arguments.has("--user")) {
            String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
            if (runtime.isEmpty()) {
                throw new UsageException(
                        "cannot find your own jinitd: XDG_RUNTIME_DIR is not set (set it, or give --run-dir)");
            }
            return runtime + "/jinit";
        }
        String variable = environment.getOrDefault("JINIT_RUN_DIR", "");
        return variable.isEmpty() ? "/run/jinit" : variable;
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
