package org.jinit.protocol;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The parameters of a good reply. */
public sealed interface Answer {
    /** Writes the members of the parameters. */
    void writeMembers(JsonOut out);

    /** To Enable, Disable, Shutdown, Ping. */
    record Done() implements Answer {
        public static Done read(Fields in) {
            return new Done();
        }

        @Override
        public void writeMembers(JsonOut out) {}
    }

    /** To Start, Stop, Restart, Reload, Signal, Reset, ReloadConfig. {@code plan}: only when a plan was asked for */
    record Outcomes(List<Outcome> outcomes, @Nullable Plan plan) implements Answer {
        public static Outcomes read(Fields in) throws BadMessageException {
            Fields plan = in.objectOrNull("plan");
            return new Outcomes(in.objects("outcomes", Outcome::read), plan == null ? null : Plan.read(plan));
        }

        @Override
        public void writeMembers(JsonOut out) {
            out.member("outcomes", outcomes, Outcome::write);
            if (plan != null) {
                out.child("plan", plan::write);
            }
        }
    }

    /** To Status and List; with {@code more} there may be several, each with a part of the services. */
    record Services(List<ServiceStatus> services) implements Answer {
        public static Services read(Fields in) throws BadMessageException {
            return new Services(in.objects("services", ServiceStatus::read));
        }

        @Override
        public void writeMembers(JsonOut out) {
            out.member("services", services, ServiceStatus::write);
        }
    }

    /**
     * To Show.
     *
     * @param files what it was read from, drop-ins after the definition
     * @param enabledBy {@code definition}, or {@code state} when enable or disable said otherwise
     * @param definition every key in effect, nested maps and lists
     */
    record Definition(
            String name,
            List<String> files,
            boolean enabled,
            String enabledBy,
            Map<String, ? extends @Nullable Object> definition) implements Answer {
        public static Definition read(Fields in) throws BadMessageException {
            return new Definition(
                    in.text("name"),
                    in.texts("files"),
                    in.flag("enabled"),
                    in.text("enabledBy"),
                    new LinkedHashMap<>(in.object("definition").raw()));
        }

        @Override
        public void writeMembers(JsonOut out) {
            out.member("name", name)
                    .member("files", files)
                    .member("enabled", enabled)
                    .member("enabledBy", enabledBy)
                    .tree("definition", definition);
        }
    }

    /** To Why. {@code changes}: oldest first; {@code summary}: the state and its cause in words */
    record Story(String name, String summary, List<Change> changes) implements Answer {
        public static Story read(Fields in) throws BadMessageException {
            return new Story(in.text("name"), in.text("summary"), in.objects("changes", Change::read));
        }

        @Override
        public void writeMembers(JsonOut out) {
            out.member("name", name).member("summary", summary).member("changes", changes, Change::write);
        }
    }

    /** To Events, for ever. {@code lost}: how many changes were left out before this one, for the client read too slowly */
    record Event(Change change, long lost) implements Answer {
        public static Event read(Fields in) throws BadMessageException {
            return new Event(Change.read(in.object("change")), in.number("lost"));
        }

        @Override
        public void writeMembers(JsonOut out) {
            out.child("change", change::write).member("lost", lost);
        }
    }

    /** To LogLevel. */
    record Level(String level) implements Answer {
        public static Level read(Fields in) throws BadMessageException {
            return new Level(in.text("level"));
        }

        @Override
        public void writeMembers(JsonOut out) {
            out.member("level", level);
        }
    }

    /**
     * To Version.
     *
     * @param since when this manager started, RFC 3339 in UTC
     * @param managerCrashes how often the keeper had to start the manager again
     */
    record Version(String version, int keeperPid, int managerPid, String since, int services, int managerCrashes)
            implements Answer {
        public static Version read(Fields in) throws BadMessageException {
            return new Version(
                    in.text("version"),
                    in.integer("keeperPid"),
                    in.integer("managerPid"),
                    in.text("since"),
                    in.integer("services"),
                    in.integer("managerCrashes"));
        }

        @Override
        public void writeMembers(JsonOut out) {
            out.member("version", version)
                    .member("keeperPid", (long) keeperPid)
                    .member("managerPid", (long) managerPid)
                    .member("since", since)
                    .member("services", (long) services)
                    .member("managerCrashes", (long) managerCrashes);
        }
    }

    /** To Logs. {@code file}: where the output goes, null when it is not kept in a file */
    record Lines(List<String> lines, @Nullable String file) implements Answer {
        public static Lines read(Fields in) throws BadMessageException {
            return new Lines(in.texts("lines"), in.textOrNull("file"));
        }

        @Override
        public void writeMembers(JsonOut out) {
            out.member("lines", lines).member("file", file);
        }
    }

    /** To Processes. {@code orphans}: processes below the keeper that belong to no service */
    record Processes(List<OfService> services, List<ProcessInfo> orphans) implements Answer {
        /** The processes of one service. */
        public record OfService(String name, List<ProcessInfo> processes) {
            static OfService read(Fields in) throws BadMessageException {
                return new OfService(in.text("name"), in.objects("processes", ProcessInfo::read));
            }

            void write(JsonOut out) {
                out.object(() -> out.member("name", name).member("processes", processes, ProcessInfo::write));
            }
        }

        public static Processes read(Fields in) throws BadMessageException {
            return new Processes(
                    in.objects("services", OfService::read), in.objects("orphans", ProcessInfo::read));
        }

        @Override
        public void writeMembers(JsonOut out) {
            out.member("services", services, OfService::write).member("orphans", orphans, ProcessInfo::write);
        }
    }

    /** To GetInfo, with the members that varlink names. */
    record ServiceInfo(String vendor, String product, String version, String url, List<String> interfaces)
            implements Answer {
        public static ServiceInfo read(Fields in) throws BadMessageException {
            return new ServiceInfo(
                    in.text("vendor"),
                    in.text("product"),
                    in.text("version"),
                    in.text("url"),
                    in.texts("interfaces"));
        }

        @Override
        public void writeMembers(JsonOut out) {
            out.member("vendor", vendor)
                    .member("product", product)
                    .member("version", version)
                    .member("url", url)
                    .member("interfaces", interfaces);
        }
    }

    /** To GetInterfaceDescription. */
    record Description(String description) implements Answer {
        public static Description read(Fields in) throws BadMessageException {
            return new Description(in.text("description"));
        }

        @Override
        public void writeMembers(JsonOut out) {
            out.member("description", description);
        }
    }
}
