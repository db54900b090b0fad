package org.jinit.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.jinit.model.ExitStatus;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** All that the engine knows of one service. */
final class ServiceCell {
    static final int HISTORY_MAX = 16;

    final ServiceName name;
    /** The catalogue's definition; the last known one when {@code removed}. */
    ServiceDefinition loaded;
    boolean removed;
    Links links = Links.NONE;

    // What is published.
    State state = State.STOPPED;
    /** While it is WAITING and that is not published yet: what is. */
    State stateBeforeWaiting = State.STOPPED;
    Cause cause = new Cause.ByCatalog("defined");
    long sinceNanos;
    Result result = Result.SUCCESS;
    @Nullable ExitStatus exit;
    final ArrayDeque<Transition> history = new ArrayDeque<>(2);

    // Desire: see the package comment.
    /** A person asked for it, or boot or an applied catalogue started it because it is enabled. */
    boolean explicit;
    /** An accepted stop; beats everything until an accepted start. */
    boolean stopAsked;
    /** Services that hold this one because they require it, or pulled it in because they want it. */
    final LinkedHashSet<ServiceCell> requirers = new LinkedHashSet<>(2);
    final LinkedHashSet<ServiceCell> wanters = new LinkedHashSet<>(2);
    /** What this one holds. */
    boolean holding;
    List<ServiceCell> heldRequires = List.of();
    List<ServiceCell> heldWants = List.of();
    /** How many of them were pulled in, or would have conflicted. */
    int wantsSeen;
    /** It came to an end that only a person (or its own restart policy) ends: failed, done, skipped, ended by itself. */
    boolean rests;
    /** An accepted restart: down, then up again. */
    boolean bounce;
    /** What it requires has failed; it has to go down with it. */
    @Nullable ServiceCell failedRequirement;
    Cause upCause = new Cause.ByBoot();
    Cause downCause = new Cause.ByBoot();

    // Run.
    long generation;
    @Nullable Run run;
    /** The digest of the definition that the last run had. */
    @Nullable String ranDigest;

    final RestartGovernor governor = new RestartGovernor();
    /** Do not wait for the restart delay. */
    boolean startNow;
    int restarts;
    /** Its last stop ended with a process that could not be killed. */
    boolean unkillable;
    int crashes;
    @Nullable String lastCrash;
    /** The run whose restart delay is waited for, or whose fd store is kept. */
    @Nullable RunId lastRun;
    long delayDueNanos;
    @Nullable String lastReloadResult;
    @Nullable String lastStatusText;
    int lastStatusErrno;
    /** Why it failed, for dependents and replies: the root, not the last link. */
    String failure = "";

    // Gates.
    @Nullable ServiceCell blocker;
    int gateIndex;
    /** It must not start before those that require it have stopped: a restart of what has no process. */
    boolean afterDependents;

    // Queues.
    boolean bootPending;
    boolean intentQueued;
    boolean checkQueued;
    final ArrayList<Jobs.Watch> watches = new ArrayList<>(0);

    ServiceCell(ServiceName name, ServiceDefinition loaded) {
        this.name = name;
        this.loaded = loaded;
    }

    /** Whether somebody wants it up and nobody's stop beats that. */
    boolean wantedUp() {
        return !stopAsked && (explicit || !requirers.isEmpty() || !wanters.isEmpty());
    }

    /** The definition in force: the run's, else the catalogue's. */
    ServiceDefinition definition() {
        Run current = run;
        return current != null ? current.definition : loaded;
    }

    boolean live() {
        return run != null;
    }

    /** Ready for those that require it, and not about to go down. */
    boolean satisfies() {
        if (bounce || !wantedUp()) {
            return false;
        }
        return switch (state) {
            case RUNNING, RELOADING, DONE, SKIPPED -> true;
            case STOPPED, WAITING, STARTING, STOPPING, BACKOFF, FAILED -> false;
        };
    }

    /** On its way to be ready, or to the end of that. */
    boolean inMotion() {
        return state == State.WAITING || state == State.STARTING || state == State.STOPPING;
    }

    /** Up or on its way, so that who requires something would miss it. */
    boolean active() {
        return live() || (wantedUp() && (state == State.WAITING || state == State.BACKOFF));
    }

    /** A task that is done and only tidies up is stopped or restarted before it is DONE. */
    boolean goingDownAnyway() {
        return !wantedUp() || bounce;
    }

    boolean goingDown() {
        Run current = run;
        return current != null && (current.stopping() || bounce || failedRequirement != null || !wantedUp());
    }

    @Override
    public String toString() {
        return name + " " + state.label();
    }

    /** The edges of the catalogue in force, resolved. */
    static final class Links {
        static final Links NONE = new Links(List.of(), List.of(), List.of(), List.of(), List.of(), List.of());
        final List<ServiceCell> requires;
        final List<ServiceCell> wants;
        /** What this one waits for. */
        final List<After> after;
        /** What waits for this one. */
        final List<ServiceCell> before;
        final List<ServiceCell> conflicts;
        /** Those to which the stop and restart of this one are passed on. */
        final List<ServiceCell> parts;

        Links(
                List<ServiceCell> requires,
                List<ServiceCell> wants,
                List<After> after,
                List<ServiceCell> before,
                List<ServiceCell> conflicts,
                List<ServiceCell> parts) {
            this.requires = requires;
            this.wants = wants;
            this.after = after;
            this.before = before;
            this.conflicts = conflicts;
            this.parts = parts;
        }
    }

    /** @param requires only ready will do */
    record After(ServiceCell earlier, boolean requires) {}
}
