package org.jinit.simulate;

import java.util.Locale;
import org.jinit.engine.Cause;
import org.jinit.model.ExitStatus;
import org.jinit.model.Signals;
import org.jspecify.annotations.Nullable;

/** Causes in plain words. */
final class CauseText {
    private CauseText() {}

    static String of(@Nullable Cause cause) {
        return switch (cause) {
            case Cause.ByBoot() -> "boot";
            case Cause.ByRequest(var who, String verb, var request) -> verb + " was asked for";
            case Cause.ByShutdown(String why) -> "shutdown: " + why;
            case Cause.ByDependency(var other, String edge, String what) -> edge + " " + other + ": " + what;
            case Cause.ByExit(var role, int pid, ExitStatus status) ->
                role.name().toLowerCase(Locale.ROOT).replace('_', '-') + " process " + of(status);
            case Cause.ByTimeout(var purpose, var after, String waitedFor) ->
                "timeout after " + after.toMillis() + " ms, waited for " + waitedFor;
            case Cause.ByReadiness(String how) -> "ready: " + how;
            case Cause.ByNotify(String message) -> "it said " + message;
            case Cause.BySpawnFailure(var role, String step, int errno, String why) -> "cannot " + step + ": " + why;
            case Cause.ByCondition(String text) -> "condition: " + text;
            case Cause.ByPolicy(int attempt, var delay, @Nullable Cause end) ->
                "restart " + attempt + " after " + delay.toMillis() + " ms" + because(end);
            case Cause.ByStartLimit(int count, var within, @Nullable Cause end) ->
                "start limit of " + count + " within " + within.toMillis() + " ms reached" + because(end);
            case Cause.ByHealth(int failures, String detail) -> failures + " health probes failed: " + detail;
            case Cause.ByCatalog(String what) -> what;
            case Cause.ByProtocol(String what) -> what;
            case null -> "";
        };
    }

    private static String because(@Nullable Cause end) {
        return end == null ? "" : ": " + of(end);
    }

    private static String of(ExitStatus status) {
        return switch (status) {
            case ExitStatus.Exited(int code) -> "exited with code " + code;
            case ExitStatus.Killed(int signal, boolean core) ->
                "was killed by " + Signals.name(signal) + (core ? " (core dumped)" : "");
            case ExitStatus.Unknown() -> "ended";
        };
    }
}
