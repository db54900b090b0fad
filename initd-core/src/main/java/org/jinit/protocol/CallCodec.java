package org.jinit.protocol;

import java.util.Collection;
import java.util.List;

/** Turns calls into messages and back. Stateless. */
public final class CallCodec {
    /** A decoded message. {@code more}: replies may be many; {@code oneway}: none is wanted */
    public record Envelope(Call call, boolean more, boolean oneway) {}

    /** The message is well formed, and there is no such method. */
    public static final class UnknownMethodException extends Exception {
        private static final long serialVersionUID = 1;

        private final String method;

        UnknownMethodException(String method) {
            super("there is no method " + method);
            this.method = method;
        }

        public String method() {
            return method;
        }
    }

    private static final int MAX_NAMES = 20_000;
    private static final int MAX_STATUS_LINES = 1000;
    private static final int MAX_LOG_LINES = 100_000;
    private static final long MAX_TIMEOUT_MILLIS = 1000L * 3600 * 24 * 365;

    private CallCodec() {}

    /** The message, with its NUL. */
    public static byte[] encode(Call call, boolean more) {
        return JsonOut.bytes(
                out -> out.object(() -> {
                    out.member("method", call.method()).member("parameters", () -> call.writeMembers(out));
                    if (more) {
                        out.member("more", true);
                    }
                }), 0);
    }

    /**
     * Reads a call.
     *
     * @param frame a message without its NUL
     * @throws BadMessageException if it is none, or a parameter is wrong
     */
    public static Envelope decode(byte[] frame) throws BadMessageException, UnknownMethodException {
        Fields message = Varlink.JSON.read(frame);
        String method = message.text("method");
        boolean more = message.flag("more");
        boolean oneway = message.flag("oneway");
        if (message.flag("upgrade")) {
            throw new BadMessageException("cannot upgrade the connection: no method does");
        }
        return new Envelope(read(method, message.object("parameters")), more, oneway);
    }

    private static Call read(String method, Fields in) throws BadMessageException, UnknownMethodException {
        String prefix = Varlink.INTERFACE + ".";
        if (method.startsWith(prefix)) {
            return readOwn(method, method.substring(prefix.length()), in);
        }
        return switch (method) {
            case Varlink.SERVICE_INTERFACE + ".GetInfo" -> new Call.GetInfo();
            case Varlink.SERVICE_INTERFACE + ".GetInterfaceDescription" ->
                new Call.GetInterfaceDescription(in.text("interface"));
            default -> throw new UnknownMethodException(method);
        };
    }

    private static Call readOwn(String full, String method, Fields in)
            throws BadMessageException, UnknownMethodException {
        return switch (method) {
            case "Start" -> new Call.Start(names(in), in.flag("plan"), in.textOrNull("commit"));
            case "Stop" ->
                new Call.Stop(names(in), in.flag("withDependents"), in.flag("plan"), in.textOrNull("commit"));
            case "Restart" ->
                new Call.Restart(names(in), in.flag("withDependents"), in.flag("plan"), in.textOrNull("commit"));
            case "Reload" -> new Call.Reload(names(in));
            case "Signal" -> new Call.Signal(names(in), in.text("signal"), in.flag("all"));
            case "Reset" -> new Call.Reset(names(in));
            case "Status" -> new Call.Status(names(in), in.flag("brief"), lines(in, 0, MAX_STATUS_LINES, 10));
            case "List" -> new Call.ListServices();
            case "Show" -> new Call.Show(in.text("name"));
            case "Why" -> new Call.Why(in.text("name"));
            case "Enable" -> new Call.Enable(names(in));
            case "Disable" -> new Call.Disable(names(in));
            case "ReloadConfig" ->
                new Call.ReloadConfig(in.flag("apply"), in.flag("plan"), in.textOrNull("commit"));
            case "Events" -> new Call.Events(bounded(in.texts("names")));
            case "Wait" ->
                new Call.Wait(names(in), in.text("state"), in.number("timeoutMillis", 0, MAX_TIMEOUT_MILLIS));
            case "Shutdown" -> new Call.Shutdown(in.text("kind"));
            case "LogLevel" -> new Call.LogLevel(in.textOrNull("level"));
            case "Version" -> new Call.Version();
            case "Ping" -> new Call.Ping();
            case "Logs" -> new Call.Logs(in.text("name"), lines(in, 1, MAX_LOG_LINES, 10));
            case "Processes" -> new Call.Processes();
            default -> throw new UnknownMethodException(full);
        };
    }

    private static List<String> names(Fields in) throws BadMessageException {
        List<String> names = bounded(in.texts("names"));
        if (names.isEmpty()) {
            throw new BadMessageException("names",
                    "cannot read parameter names: it must be a list of at least one name");
        }
        return names;
    }

    private static <T extends Collection<String>> T bounded(T names) throws BadMessageException {
        if (names.size() > MAX_NAMES) {
            throw new BadMessageException("names", "cannot read parameter names: more than " + MAX_NAMES + " names");
        }
        return names;
    }

    private static int lines(Fields in, int min, int max, int absent) throws BadMessageException {
        return in.raw().get("lines") == null ? absent : (int) in.number("lines", min, max);
    }
}
