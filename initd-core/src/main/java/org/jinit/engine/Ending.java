package org.jinit.engine;

import org.jspecify.annotations.Nullable;

/** Why a run ends and what shall follow. The first reason stays; what is learnt later may only worsen the result. */
final class Ending {
    Result result;
    final Cause cause;
    /** Asked for, by a person, a shutdown, a conflict or a dependency: no restart policy applies. */
    final boolean requested;
    /** It never became ready. */
    boolean startFailed;
    /** A task that exited 0 (or as {@code success-exit} says). */
    boolean taskDone;
    /** A condition did not hold. */
    boolean skipped;
    /** The health check decides instead of the restart policy. */
    org.jinit.model.Health.@Nullable Then health;
    /** STOPPING=1: it ends by itself and is not signalled until its time is up. */
    boolean silent;
    /** Signal ABRT instead of the stop signal. */
    boolean abort;
    /** What could not even be killed is given up. */
    boolean unkillable;

    private Ending(Result result, Cause cause, boolean requested) {
        this.result = result;
        this.cause = cause;
        this.requested = requested;
    }

    static Ending requested(Cause cause) {
        return new Ending(Result.SUCCESS, cause, true);
    }

    static Ending itself(Result result, Cause cause) {
        return new Ending(result, cause, false);
    }

    static Ending failedStart(Result result, Cause cause) {
        Ending ending = new Ending(result, cause, false);
        ending.startFailed = true;
        return ending;
    }

    static Ending requirementFailed(Cause cause) {
        return new Ending(Result.DEPENDENCY, cause, true);
    }
}
