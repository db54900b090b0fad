package org.jinit.model;

import java.util.Set;
import java.util.TreeSet;

/** Exit codes and signals that count as clean besides 0 and HUP, INT, TERM, PIPE. A core dump is never clean. */
public record SuccessExit(Set<Integer> codes, Set<Integer> signals) {
    public static final SuccessExit NONE = new SuccessExit(Set.of(), Set.of());
    private static final Set<Integer> CLEAN_SIGNALS = Set.of(Signals.HUP, Signals.INT, Signals.TERM, Signals.PIPE);

    public SuccessExit {
        codes = java.util.Collections.unmodifiableSet(new TreeSet<>(codes));
        signals = java.util.Collections.unmodifiableSet(new TreeSet<>(signals));
    }

    /** Whether a main process that ended so ended cleanly. An unknown end is not clean. */
    public boolean isClean(ExitStatus status) {
        return switch (status) {
            case ExitStatus.Exited(int code) -> code == 0 || codes.contains(code);
            case ExitStatus.Killed(int signal, boolean core) ->
                !core && (CLEAN_SIGNALS.contains(signal) || signals.contains(signal));
            case ExitStatus.Unknown() -> false;
        };
    }
}
