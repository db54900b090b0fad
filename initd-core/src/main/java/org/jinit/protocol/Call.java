package org.jinit.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client may ask: one record for each method. Those of {@code org.jinit.Manager} are documented in its interface description
 * (resource {@code org.jinit.Manager.varlink}).
 */
public sealed interface Call {
    /** The full name of the method. */
    default String method() {
        return Varlink.INTERFACE + "." + getClass().getSimpleName();
    }

    /** Writes the members of the parameters. Methods, not a switch over the records: linking one costs jinitctl 10 ms. */
    default void writeMembers(JsonOut out) {}

    /** {@code commit}: the hash of a plan that must still be the one, null: whatever the plan is now; so in the others */
    record Start(List<String> names, boolean plan, @Nullable String commit) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("names", names).member("plan", plan).member("commit", commit);
        }
    }

    record Stop(List<String> names, boolean withDependents, boolean plan, @Nullable String commit) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("names", names)
                    .member("withDependents", withDependents)
                    .member("plan", plan)
                    .member("commit", commit);
        }
    }

    record Restart(List<String> names, boolean withDependents, boolean plan, @Nullable String commit) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("names", names)
                    .member("withDependents", withDependents)
                    .member("plan", plan)
                    .member("commit", commit);
        }
    }

    record Reload(List<String> names) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("names", names);
        }
    }

    /** {@code signal}: {@code TERM}, {@code SIGTERM}, {@code 15}; {@code all}: to every process, else to the main one */
    record Signal(List<String> names, String signal, boolean all) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("names", names).member("signal", signal).member("all", all);
        }
    }

    record Reset(List<String> names) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("names", names);
        }
    }

    /** {@code brief}: without processes' details and output; {@code lines}: of output at most, 0 to 1000 */
    record Status(List<String> names, boolean brief, int lines) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("names", names).member("brief", brief).member("lines", (long) lines);
        }
    }

    /** The method {@code List}: every service, briefly, in batches when asked with {@code more}. */
    record ListServices() implements Call {
        @Override
        public String method() {
            return Varlink.INTERFACE + ".List";
        }
    }

    record Show(String name) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("name", name);
        }
    }

    record Why(String name) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("name", name);
        }
    }

    record Enable(List<String> names) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("names", names);
        }
    }

    record Disable(List<String> names) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("names", names);
        }
    }

    /** {@code apply}: restart what changed and stop what is gone */
    record ReloadConfig(boolean apply, boolean plan, @Nullable String commit) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("apply", apply).member("plan", plan).member("commit", commit);
        }
    }

    /** {@code names}: the services of interest, empty: all */
    record Events(List<String> names) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("names", names);
        }
    }

    /** {@code state}: {@code up}, {@code down} or a state; {@code timeoutMillis} 0: for ever */
    record Wait(List<String> names, String state, long timeoutMillis) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("names", names).member("state", state).member("timeoutMillis", timeoutMillis);
        }
    }

    /** {@code kind}: {@code exit}, {@code poweroff}, {@code reboot} or {@code halt} */
    record Shutdown(String kind) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("kind", kind);
        }
    }

    /** {@code level}: the new one, null: only tell */
    record LogLevel(@Nullable String level) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("level", level);
        }
    }

    record Version() implements Call {}

    record Ping() implements Call {}

    /** {@code lines}: how many at most, 1 to 100000 */
    record Logs(String name, int lines) implements Call {
        @Override
        public void writeMembers(JsonOut out) {
            out.member("name", name).member("lines", (long) lines);
        }
    }

    record Processes() implements Call {}

    /** {@code org.varlink.service.GetInfo}. */
    record GetInfo() implements Call {
        @Override
        public String method() {
            return Varlink.SERVICE_INTERFACE + ".GetInfo";
        }
    }

    /** {@code org.varlink.service.GetInterfaceDescription}. */
    record GetInterfaceDescription(String name) implements Call {
        @Override
        public String method() {
            return Varlink.SERVICE_INTERFACE + ".GetInterfaceDescription";
        }

        @Override
        public void writeMembers(JsonOut out) {
            out.member("interface", name);
        }
    }
}
