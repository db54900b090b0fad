package org.jinit.engine;

import java.util.List;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** The one answer to a request. */
public sealed interface Reply {
    /** Everything asked for has come true. */
    record Done(List<Outcome> outcomes) implements Reply {}

    /** It was accepted, and at least one service did not get there. */
    record Failed(List<Outcome> outcomes) implements Reply {}

    /** Nothing was done. @param involved dependents, conflicting or unknown names */
    record Refused(Code code, String text, List<ServiceName> involved) implements Reply {}

    /** What would be done, in order. */
    record Planned(String hash, List<PlanStep> steps) implements Reply {}

    /** How one service of a request ended up. @param text {@code cannot start web: ...} when not ok */
    record Outcome(ServiceName service, boolean ok, State state, Result result, @Nullable String text) {}

    /** One line of a plan. @param action {@code start}, {@code stop}, {@code restart} */
    record PlanStep(String action, ServiceName service, String why) {}

    /** Why a request is refused. */
    enum Code {
        NO_SUCH_SERVICE,
        HAS_DEPENDENTS,
        CONFLICT,
        SHUTTING_DOWN,
        PLAN_MOVED,
        NOT_RUNNING,
        CANNOT_RELOAD,
        SUPERSEDED,
        INVALID
    }
}
