package org.jinit.daemon;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/**
 * What was said on jinitd's command line. The keeper has refused unknown options already and hands its arguments over as they were.
 *
 * @param detached a launcher may wait until we are ready
 * @param waitBoot it waits until the boot set has settled
 * @param pidFile entry of the run directory that is the keeper's
 * @param container null: find out
 * @param target start only this one's closure, null: the boot set
 * @param command of {@code run -- COMMAND}, empty without
 */
record ManagerOptions(
        @Nullable String configDir,
        @Nullable String runDir,
        @Nullable String logDir,
        @Nullable String stateDir,
        boolean user,
        @Nullable Boolean container,
        @Nullable ServiceName target,
        @Nullable String logLevel,
        boolean inheritEnvironment,
        boolean detached,
        boolean waitBoot,
        @Nullable String pidFile,
        List<String> command) {
    /** An argument that cannot be used. */
    static final class UsageException extends Exception {
        private static final long serialVersionUID = 1L;

        UsageException(String message) {
            super(message);
        }
    }

    static ManagerOptions parse(List<String> arguments) throws UsageException {
        Parser parser = new Parser(arguments);
        return parser.parse();
    }

    private static final class Parser {
        private final Iterator<String> arguments;
        private @Nullable String configDir;
        private @Nullable String runDir;
        private @Nullable String logDir;
        private @Nullable String stateDir;
        private @Nullable Boolean container;
        private @Nullable ServiceName target;
        private @Nullable String logLevel;
        private boolean user;
        private boolean inheritEnvironment;
        private boolean detached;
        private boolean waitBoot;
        private @Nullable String pidFile;
        private final List<String> command = new ArrayList<>();

        Parser(List<String> arguments) {
            this.arguments = arguments.iterator();
        }

        ManagerOptions parse() throws UsageException {
            while (arguments.hasNext()) {
                String argument = arguments.next();
                int equals = argument.startsWith("--") ? argument.indexOf('=') : -1;
                String option = equals < 0 ? argument : argument.substring(0, equals);
                take(option, equals < 0 ? null : argument.substring(equals + 1));
            }
            return new ManagerOptions(configDir, runDir, logDir, stateDir, user, container, target, logLevel,
                    inheritEnvironment, detached, waitBoot, pidFile, List.copyOf(command));
        }

        private void take(String option, @Nullable String attached) throws UsageException {
            switch (option) {
                case "--config-dir" -> configDir = value(option, attached);
                case "--run-dir" -> runDir = value(option, attached);
                case "--log-dir" -> logDir = value(option, attached);
                case "--state-dir" -> stateDir = value(option, attached);
                case "--log-level" -> logLevel = levelOf(value(option, attached));
                case "--target" -> target = targetOf(value(option, attached));
                case "--pidfile" -> pidFile = value(option, attached);
                case "--detach" -> detached = true;
                case "--wait-boot" -> waitBoot = true;
                case "--user" -> user = true;
                case "--container" -> container = true;
                case "--vm" -> container = false;
                case "--inherit-environment" -> inheritEnvironment = true;
                case "run" -> {
                    arguments.forEachRemaining(command::add);
                    command.remove("--");
                    if (command.isEmpty()) {
                        throw new UsageException("cannot run: no command given (write jinitd run -- COMMAND)");
                    }
                }
                // The keeper's own, which it has acted upon.
                case "--max-services", "--manager" -> value(option, attached);
                default -> throw new UsageException("cannot start: unknown option " + option);
            }
        }

        private String value(String option, @Nullable String attached) throws UsageException {
            if (attached != null) {
                return attached;
            }
            if (!arguments.hasNext()) {
                throw new UsageException("cannot start: option " + option + " needs a value");
            }
            return arguments.next();
        }

        private static String levelOf(String name) throws UsageException {
            if (ManagerLog.Severity.of(name) == null) {
                throw new UsageException("cannot log at level " + name + ": use error, warn, info or debug");
            }
            return name;
        }

        private static ServiceName targetOf(String name) throws UsageException {
            if (!ServiceName.isValid(name)) {
                throw new UsageException("cannot start target " + name + ": not a service name");
            }
            return new ServiceName(name);
        }
    }
}
