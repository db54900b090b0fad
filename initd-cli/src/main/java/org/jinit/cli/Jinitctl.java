package org.jinit.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The client of jinitd: {@code jinitctl VERB NAME...}. */
public final class Jinitctl {
    /** Set by the launcher. */
    private static final String CONNECTED = "jinit.connected";
    private static final int OUTPUT_BUFFER = 32 * 1024;

    private Jinitctl() {}

    /** Ends the JVM with jinitctl's exit code. */
    public static void main(String[] words) {
        PrintStream out = stream(FileDescriptor.out);
        PrintStream err = stream(FileDescriptor.err);
        Map<String, String> environment = System.getenv();
        boolean colours = environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !environment.getOrDefault("TERM", "dumb").equals("dumb")
                && isTerminal();
        int code = run(new Terminal(out, err, colours), environment, words);
        out.flush();
        err.flush();
        // Not exit: that would look for a logger to note it.
        Runtime.getRuntime().halt(code);
    }

    /** Returns the exit code. */
    static int run(Terminal terminal, Map<String, String> environment, String... words) {
        Arguments arguments;
        try {
            arguments = Arguments.parse(words);
            Verb verb = arguments.verb();
            Session session = new Session(terminal, environment, arguments, System.getProperty(CONNECTED));
            if (arguments.has("--help") || verb == null) {
                return HelpVerb.print(session, verb, verb != null || arguments.has("--help"));
            }
            arguments.checkOperands();
            return act(session, verb, arguments);
        } catch (UsageException e) {
            terminal.error(String.valueOf(e.getMessage()));
            return ExitCode.USAGE;
        }
    }

    private static int act(Session session, Verb verb, Arguments arguments) throws UsageException {
        try {
            return verb.action().run(session, arguments);
        } catch (RefusedException e) {
            return new ErrorPrinter(session).print(verb.name(), e.error());
        } catch (UnreachableException e) {
            session.terminal().error(String.valueOf(e.getMessage()));
            return ExitCode.UNREACHABLE;
        } catch (UsageException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            session.terminal().error("cannot " + verb.name() + ": " + e.getMessage());
            return ExitCode.FAILED;
        }
    }

    /** Whether standard output is a terminal. Console would tell too, and load a line editor for it. */
    private static boolean isTerminal() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(
                new BufferedOutputStream(new FileOutputStream(descriptor), OUTPUT_BUFFER), false,
                StandardCharsets.UTF_8);
    }
}
