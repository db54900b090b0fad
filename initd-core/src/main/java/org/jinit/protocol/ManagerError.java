package org.jinit.protocol;

import java.util.List;

/** A reply that says no. */
public sealed interface ManagerError {
    /** The error's full name on the wire. */
    default String wireName() {
        return Varlink.INTERFACE + "." + getClass().getSimpleName();
    }

    void writeMembers(JsonOut out);

    /** Nothing was done, for these are not defined. */
    record NoSuchService(List<String> names, String text) implements ManagerError {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("names", names).member("text", text);
        }
    }

    /** Nothing was done. {@code code}: the engine's, {@code has-dependents} say; {@code involved}: the services in the way */
    record Refused(String code, String text, List<String> involved) implements ManagerError {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("code", code).member("text", text).member("involved", involved);
        }
    }

    /** It was accepted, and at least one service did not get there. */
    record Failed(List<Outcome> outcomes) implements ManagerError {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("outcomes", outcomes, Outcome::write);
        }
    }

    /** The peer may not do that. */
    record NotPermitted(String text) implements ManagerError {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("text", text);
        }
    }

    /** A parameter is well formed and makes no sense. */
    record InvalidArgument(String text) implements ManagerError {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("text", text);
        }
    }

    /** The definitions on disk cannot be loaded; what was loaded before stays. {@code problems}: {@code file:line:column: cannot ...} */
    record InvalidConfiguration(List<String> problems) implements ManagerError {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("problems", problems);
        }
    }

    /** Something is wrong with jinit or the machine, not with the call. */
    record Unavailable(String text) implements ManagerError {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("text", text);
        }
    }

    /** One of the errors that varlink itself names. {@code name}: after {@code org.varlink.service.}; {@code key}: its one parameter */
    record Standard(String name, String key, String value) implements ManagerError {
        @Override
        public String wireName() {
            return Varlink.SERVICE_INTERFACE + "." + name;
        }

        @Override
        public void writeMembers(JsonOut out) {
            if (!key.isEmpty()) {
                out.member(key, value);
            }
        }
    }

    /** Reads an error by its full name. @throws BadMessageException if the parameters do not fit it */
    static ManagerError read(String name, Fields in) throws BadMessageException {
        String prefix = Varlink.INTERFACE + ".";
        String own = name.startsWith(prefix) ? name.substring(prefix.length()) : "";
        return switch (own) {
            case "NoSuchService" -> new NoSuchService(in.texts("names"), in.text("text"));
            case "Refused" -> new Refused(in.text("code"), in.text("text"), in.texts("involved"));
            case "Failed" -> new Failed(in.objects("outcomes", Outcome::read));
            case "NotPermitted" -> new NotPermitted(in.text("text"));
            case "InvalidArgument" -> new InvalidArgument(in.text("text"));
            case "InvalidConfiguration" -> new InvalidConfiguration(in.texts("problems"));
            case "Unavailable" -> new Unavailable(in.text("text"));
            default -> standard(name, in);
        };
    }

    private static Standard standard(String name, Fields in) {
        String last = name.substring(name.lastIndexOf('.') + 1);
        for (var entry : in.raw().entrySet()) {
            return new Standard(last, entry.getKey(), String.valueOf(entry.getValue()));
        }
        return new Standard(last, "", "");
    }
}
