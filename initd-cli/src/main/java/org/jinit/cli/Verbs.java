package org.jinit.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The table of verbs: command line, help, manual and completion all come from it. One is made only when it is asked for. */
final class Verbs {
    private static final List<String> NAMES = List.of(
            "start", "stop", "restart", "reload", "status", "list", "show", "why", "logs", "events", "wait", "signal",
            "reset",
            "enable", "disable", "check", "simulate", "reload-config", "processes", "log-level", "version", "shutdown",
            "poweroff",
            "reboot", "halt", "completion", "help");

    private static final Option PLAN = Option.flag("--plan", "only print what would be done, in order, and its hash");
    private static final Option COMMIT =
            Option.valued("--commit", "HASH",
                    "do exactly the plan with this hash, or nothing if it is another one by now");
    private static final Option WITH_DEPENDENTS =
            Option.flag("--with-dependents", "also those that require it; without it they are a reason to refuse");
    private static final String TOGETHER =
            "Several names are one request: it is carried out for all of them, or refused for all.";

    private Verbs() {}

    static List<String> names() {
        return NAMES;
    }

    static List<Verb> all() {
        List<Verb> all = new ArrayList<>();
        for (String name : NAMES) {
            Verb verb = find(name);
            if (verb != null) {
                all.add(verb);
            }
        }
        return all;
    }

    /** Null when there is none of this name. */
    static @Nullable Verb find(String name) {
        return switch (name) {
            case "start", "stop", "restart", "reload", "signal", "reset", "enable", "disable", "reload-config" ->
                request(name);
            case "status", "list", "show", "why", "logs", "events", "wait", "processes", "version" -> view(name);
            case "check", "simulate", "completion", "help" -> offline(name);
            case "log-level" ->
                new Verb(
                        name, "[LEVEL]", 0, 1, "print or set how much jinitd logs",
                        "LEVEL is error, warning, info, debug or trace.",
                        List.of(), AdminVerbs::logLevel);
            case "shutdown" -> shutdown(name, "exit", "stop every service in order and end jinitd");
            case "poweroff" -> shutdown(name, name, "stop every service in order and switch the machine off");
            case "reboot" -> shutdown(name, name, "stop every service in order and start the machine again");
            case "halt" -> shutdown(name, name, "stop every service in order and halt the machine");
            default -> null;
        };
    }

    private static Verb shutdown(String name, String kind, String summary) {
        return new Verb(name, "", 0, 0, summary, "", List.of(), (session, _) -> AdminVerbs.shutdown(session, kind));
    }

    private static @Nullable Verb request(String name) {
        return switch (name) {
            case "start" ->
                new Verb(
                        name, "NAME...", 1, Verb.MANY,
                        "start services and what they require; return when they are ready", TOGETHER,
                        List.of(PLAN, COMMIT), RequestVerbs::start);
            case "stop" ->
                new Verb(
                        name, "NAME...", 1, Verb.MANY, "stop services; return when no process of theirs is left",
                        TOGETHER,
                        List.of(WITH_DEPENDENTS, PLAN, COMMIT), RequestVerbs::stop);
            case "restart" ->
                new Verb(
                        name, "NAME...", 1, Verb.MANY, "stop services and start them again", TOGETHER,
                        List.of(WITH_DEPENDENTS, PLAN, COMMIT), RequestVerbs::restart);
            case "reload" ->
                new Verb(
                        name, "NAME...", 1, Verb.MANY, "have services read their own configuration again",
                        "How is said by `reload` in their definitions. A reload that fails leaves the service running.",
                        List.of(),
                        RequestVerbs::reload);
            case "signal" ->
                new Verb(
                        name, "SIGNAL NAME...", 2, Verb.MANY, "send a signal to the main process of services",
                        "SIGNAL is a name or a number: HUP, SIGUSR1, RTMIN+1, 15.",
                        List.of(Option.flag("--all", "to every process of the service")), RequestVerbs::signal);
            case "reset" ->
                new Verb(
                        name, "NAME...", 1, Verb.MANY,
                        "forget failures of services: state failed, restart counter, start limit", "",
                        List.of(), RequestVerbs::reset);
            case "enable" ->
                new Verb(
                        name, "NAME...", 1, Verb.MANY, "have services started at boot, whatever their definitions say",
                        "Nothing is started now.", List.of(), RequestVerbs::enable);
            case "disable" ->
                new Verb(
                        name, "NAME...", 1, Verb.MANY,
                        "have services not started at boot, whatever their definitions say",
                        "Nothing is stopped now.", List.of(), RequestVerbs::disable);
            case "reload-config" ->
                new Verb(
                        name, "", 0, 0, "read all definitions again",
                        "With an error in any of them nothing changes. A service that runs keeps the definition it was started with.",
                        List.of(
                                Option.flag("--apply", "also restart what changed and stop what is gone"), PLAN,
                                COMMIT),
                        RequestVerbs::reloadConfig);
            default -> null;
        };
    }

    private static @Nullable Verb view(String name) {
        Option lines = Option.valued("--lines", "NUMBER", "how many last lines of output").withLetter("-n");
        return switch (name) {
            case "status" ->
                new Verb(
                        name, "[NAME...]", 0, Verb.MANY, "tell what services are doing; without names, as list",
                        "Ends with 0 when all named services are up, 3 when one is not, 4 when one does not exist.",
                        List.of(lines),
                        ViewVerbs::status);
            case "list" -> new Verb(name, "", 0, 0, "list all services", "", List.of(), ViewVerbs::list);
            case "show" ->
                new Verb(
                        name, "NAME", 1, 1, "print the definition in force, with defaults filled in", "", List.of(),
                        ViewVerbs::show);
            case "why" ->
                new Verb(name, "NAME", 1, 1, "tell how a service came into its state", "", List.of(), ViewVerbs::why);
            case "logs" ->
                new Verb(
                        name, "NAME", 1, 1, "print the last lines of a service's output", "",
                        List.of(lines, Option.flag("--follow", "go on printing what is written").withLetter("-f")),
                        LogVerb::run);
            case "events" ->
                new Verb(
                        name, "[NAME...]", 0, Verb.MANY, "print every change of state as it happens", "", List.of(),
                        ViewVerbs::events);
            case "wait" ->
                new Verb(
                        name, "NAME...", 1, Verb.MANY, "wait until services are in a state",
                        "Waiting for `up` fails when a service ends failed or skipped.",
                        List.of(
                                Option.valued("--state", "STATE", "up (default), down, or a state as list prints it"),
                                Option.valued("--timeout", "DURATION",
                                        "fail after this time: 500ms, 10s, 2m (default: never)")),
                        ViewVerbs::await);
            case "processes" ->
                new Verb(
                        name, "", 0, 0, "print every process of every service, and those of none", "", List.of(),
                        ViewVerbs::processes);
            case "version" ->
                new Verb(name, "", 0, 0, "print the versions of jinitctl and jinitd", "", List.of(),
                        AdminVerbs::version);
            default -> null;
        };
    }

    private static @Nullable Verb offline(String name) {
        return switch (name) {
            case "check" ->
                new Verb(
                        name, "[DIR]", 0, 1, "check the definitions in a directory without any jinitd",
                        "DIR is /etc/jinit.d by default. Ends with 1 when there are errors; warnings are only told.",
                        List.of(),
                        CheckVerb::run);
            case "simulate" ->
                new Verb(
                        name, "[DIR]", 0, 1,
                        "print what would happen with the definitions in a directory, when, and why",
                        "Nothing is started: the engine runs on a virtual clock. The same seed gives the same story.",
                        SimulateVerb.OPTIONS, SimulateVerb::run);
            case "completion" ->
                new Verb(
                        name, "bash", 1, 1, "print a completion script for a shell",
                        "Use it with: source <(jinitctl completion bash)", List.of(), HelpVerb::completion);
            case "help" -> new Verb(name, "[VERB]", 0, 1, "print help", "", List.of(), HelpVerb::run);
            default -> null;
        };
    }
}
