package org.jinit.engine;

import java.time.Duration;
import org.jinit.engine.TimerKey.Purpose;
import org.jinit.model.ExitStatus;
import org.jinit.model.ServiceName;
import org.jinit.model.Signals;
import org.jspecify.annotations.Nullable;

/** Causes and transitions in plain words. */
public final class Narrator {
    /** What {@link Cause.ByDependency} says of an edge that is no failure. */
    static final String PULLED_IN = "it is pulled in";

    static final String NOT_NEEDED = "nothing needs it any more";
    static final String STOPPED = "it is stopped";
    static final String RESTARTED = "it is restarted";
    static final String RECOVERED = "it has recovered";
    static final String MAKES_WAY = "it makes way";

    private Narrator() {}

    /** {@code web stopped: asked by uid 0 (pid 41): stop}. */
    public static String tell(Transition transition) {
        return transition.service() + " went from " + transition.from().label() + " to "
                + transition.to().label() + ": " + tell(transition.cause());
    }

    /** {@code its main process (pid 7) exited with code 1}. */
    public static String tell(Cause cause) {
        return switch (cause) {
            case Cause.ByBoot() -> "it is started at boot";
            case Cause.ByRequest(Requester who, String verb, RequestId request) ->
                verb + " was asked for by uid " + who.uid() + " (pid " + who.pid() + ")";
            case Cause.ByShutdown(String why) -> "jinitd shuts down: " + why;
            case Cause.ByDependency dependency -> dependency(dependency);
            case Cause.ByExit(Role role, int pid, ExitStatus status) ->
                role(role) + " (pid " + pid + ") " + ended(status);
            case Cause.ByTimeout(Purpose purpose, Duration after, String waitedFor) ->
                timeout(purpose) + after(after) + " waiting for " + waitedFor;
            case Cause.ByReadiness(String how) -> "it is ready: " + how;
            case Cause.ByNotify(String message) -> "it said so: " + message;
            case Cause.BySpawnFailure failure -> spawnFailure(failure);
            case Cause.ByCondition(String text) -> "a condition does not hold: " + text;
            case Cause.ByPolicy(int attempt, Duration delay, Cause end) ->
                "restart " + attempt + " in a row after " + words(delay) + (end == null ? "" : ", for " + tell(end));
            case Cause.ByStartLimit(int count, Duration within, Cause end) ->
                "it was started " + count + " times within " + words(within)
                        + (end == null ? "" : "; last: " + tell(end));
            case Cause.ByHealth(int failures, String detail) ->
                "its health check failed " + failures + " times, last: " + detail;
            case Cause.ByCatalog(String what) -> "its definition: " + what;
            case Cause.ByProtocol(String what) -> what;
        };
    }

    private static String dependency(Cause.ByDependency cause) {
        ServiceName other = cause.other();
        return switch (cause.what()) {
            case PULLED_IN -> other + " " + cause.edge() + " it";
            case RECOVERED -> other + ", which it requires, has recovered";
            case NOT_NEEDED -> other + " " + cause.edge() + " it no longer, and nothing else needs it";
            case STOPPED, RESTARTED ->
                (cause.edge().equals("part-of") ? "it is part of " + other : "it requires " + other) + ", and that "
                        + cause.what().substring("it ".length());
            case MAKES_WAY -> "it conflicts with " + other + ", which is started";
            default -> "it cannot do without " + other + ": " + cause.what();
        };
    }

    private static String spawnFailure(Cause.BySpawnFailure failure) {
        String what = failure.role() == Role.MAIN ? "" : role(failure.role()) + ": ";
        return what + "cannot " + failure.step() + ": " + failure.cause();
    }

    private static String role(Role role) {
        return switch (role) {
            case MAIN -> "its main process";
            case BEFORE_START -> "a before-start command";
            case AFTER_START -> "an after-start command";
            case STOP -> "its stop command";
            case RELOAD -> "its reload command";
            case AFTER_STOP -> "an after-stop command";
        };
    }

    /** {@code exited with code 1}, {@code was killed by SEGV and dumped core}. */
    public static String ended(ExitStatus status) {
        return switch (status) {
            case ExitStatus.Exited(int code) -> "exited with code " + code;
            case ExitStatus.Killed(int signal, boolean core) ->
                "was killed by " + Signals.name(signal) + (core ? " and dumped core" : "");
            case ExitStatus.Unknown() -> "ended, nobody can say how";
        };
    }

    private static String timeout(Purpose purpose) {
        return switch (purpose) {
            case START -> "its start timed out";
            case READY_ENTRY -> "its readiness timed out";
            case RUN -> "its run timed out";
            case WATCHDOG -> "its watchdog timed out";
            case RELOAD -> "its reload timed out";
            case HOOK -> "a command timed out";
            case STOP, KILL -> "its stop timed out";
            case SETTLE, EARLY_EXIT, SUCCESSOR, RESTART_DELAY, SHUTDOWN -> "a time limit was reached";
        };
    }

    private static String after(Duration duration) {
        return duration.isZero() ? "" : " after " + words(duration);
    }

    /** {@code 90s}, {@code 1.5s}, {@code 200ms}. */
    static String words(Duration duration) {
        long millis = duration.toMillis();
        if (millis < 1000) {
            return millis + "ms";
        }
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis / 1000 + "." + (millis % 1000 / 100) + "s";
    }

    /** As Open vSwitch's monitor says it: {@code killed (Segmentation fault), core dumped}. */
    static String death(ExitStatus status) {
        return switch (status) {
            case ExitStatus.Exited(int code) -> "exit status " + code;
            case ExitStatus.Killed(int signal, boolean core) ->
                "killed (" + describe(signal) + ")" + (core ? ", core dumped" : "");
            case ExitStatus.Unknown() -> "cause unknown";
        };
    }

    /** strsignal(3) for the signals that crashes have. */
    private static String describe(int signal) {
        return switch (signal) {
            case Signals.HUP -> "Hangup";
            case Signals.INT -> "Interrupt";
            case Signals.QUIT -> "Quit";
            case Signals.ILL -> "Illegal instruction";
            case Signals.TRAP -> "Trace/breakpoint trap";
            case Signals.ABRT -> "Aborted";
            case Signals.BUS -> "Bus error";
            case Signals.FPE -> "Floating point exception";
            case Signals.KILL -> "Killed";
            case Signals.SEGV -> "Segmentation fault";
            case Signals.PIPE -> "Broken pipe";
            case Signals.ALRM -> "Alarm clock";
            case Signals.TERM -> "Terminated";
            case Signals.XCPU -> "CPU time limit exceeded";
            case Signals.XFSZ -> "File size limit exceeded";
            case Signals.SYS -> "Bad system call";
            default -> "signal " + Signals.name(signal);
        };
    }

    /** {@code 2 crashes: pid 1103 died, killed (Segmentation fault), core dumped}; null when it never crashed. */
    static @Nullable String crashes(ServiceCell cell) {
        if (cell.crashes == 0) {
            return null;
        }
        return cell.crashes + (cell.crashes == 1 ? " crash: " : " crashes: ") + cell.lastCrash;
    }

    static Cause requirementFailed(ServiceCell requirement) {
        return new Cause.ByDependency(requirement.name, "requires", rootFailure(requirement));
    }

    /** Why a requirement is not there: the root of it. */
    static String rootFailure(ServiceCell requirement) {
        String failure = requirement.failure;
        return failure.isEmpty() ? requirement.name + " is " + requirement.state.label() : failure;
    }

    static String cannotStart(ServiceCell cell) {
        String again = "";
        Cause cause = cell.cause;
        if (cell.state == State.BACKOFF && cause instanceof Cause.ByPolicy(int attempt, Duration delay, Cause end)) {
            again = "; it is tried again in " + words(delay);
            cause = end == null ? cause : end;
        }
        return "cannot start " + cell.name + ": " + tell(cause) + again;
    }

    static SpawnFacts facts(Run run, Role role) {
        boolean ending = role == Role.STOP || role == Role.AFTER_STOP;
        Proc main = run.main;
        int mainPid = main != null && role != Role.MAIN ? main.pid : 0;
        ExitStatus exit = run.mainExit;
        boolean coreDumps = run.cell.crashes == 0 || run.cell.governor.attempt() == 0;
        if (!ending) {
            return new SpawnFacts(mainPid, null, null, null, coreDumps);
        }
        Ending end = run.ending;
        String result = end == null ? Result.SUCCESS.label() : end.result.label();
        int lastPid = mainPid == 0 ? run.mainExitPid : mainPid;
        return switch (exit) {
            case null -> new SpawnFacts(lastPid, result, null, null, coreDumps);
            case ExitStatus.Exited(int code) ->
                new SpawnFacts(lastPid, result, "exited", Integer.toString(code), coreDumps);
            case ExitStatus.Killed(int signal, boolean core) ->
                new SpawnFacts(lastPid, result, core ? "dumped" : "killed", Signals.name(signal), coreDumps);
            case ExitStatus.Unknown() -> new SpawnFacts(lastPid, result, null, null, coreDumps);
        };
    }
}
