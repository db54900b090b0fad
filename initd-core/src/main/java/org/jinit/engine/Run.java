package org.jinit.engine;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import org.jinit.model.ExitStatus;
import org.jinit.model.NotifyAccess;
import org.jinit.model.ServiceDefinition;
import org.jspecify.annotations.Nullable;

/** One run of a service, from Prepare to Release, with the definition that it started with. */
final class Run {
    /** Where a run is; each phase awaits one kind of answer. */
    enum Phase {
        /** Prepared, ConditionUnmet or PrepareFailed. */
        PREPARE,
        /** The end of before-start hook {@code index}. */
        BEFORE_START,
        /** That what a before-start hook left is gone. */
        SWEEP,
        /** That requirements are ready again: one of them went down while the hooks ran. */
        GATE,
        /** Readiness entry {@code index}; a task's exit. */
        LAUNCH,
        /** The end of after-start hook {@code index}. */
        AFTER_START,
        /** Up. */
        UP,
        /** Who follows a main process that ended. */
        SUCCESSOR,
        /** That what needs it has stopped. */
        ORDER,
        /** The end of stop.exec. */
        STOP_COMMAND,
        /** The end of every process that is held. */
        SIGNAL,
        /** The end of what they left behind. */
        LEFTOVER,
        /** The end of after-stop hook {@code index}. */
        AFTER_STOP,
        /** That what the after-stop hooks left is gone. */
        LAST_SWEEP;

        /** Between Prepare and RUNNING. */
        boolean starting() {
            return compareTo(UP) < 0;
        }
    }

    final RunId id;
    final ServiceCell cell;
    final ServiceDefinition definition;
    Phase phase = Phase.PREPARE;
    int index;
    /** Processes that live, in the order of their spawning: spawned ones, and discovered ones that are or were main. */
    final LinkedHashMap<ProcessId, Proc> processes = new LinkedHashMap<>(4);
    /** The spawned MAIN. */
    @Nullable Proc launched;
    @Nullable Proc main;
    /** The main process was accepted although it is not one of the service's. */
    boolean mainForeign;
    /** Wrote to the readiness pipe while the launched process lived: main once that one exits 0. */
    @Nullable Proc candidate;
    /** FindMain had several answers or none that can be believed. */
    boolean mainUnknown;
    /** How the main process ended, if it was known. */
    @Nullable ExitStatus mainExit;
    /** How the launched process ended that seemed to go into the background. */
    @Nullable ExitStatus launchedExit;
    int mainExitPid;
    /** Some process of the run lived. */
    boolean ran;
    boolean wasUp;
    long upNanos;
    @Nullable Ending ending;

    // Readiness: what has come true, whether it was awaited already or not.
    boolean readyTold;
    boolean pipeReady;
    boolean stopSeen;
    boolean launcherDone;
    String readyHow = "";
    /** FindMain is not answered yet. */
    boolean finding;
    boolean probing;
    boolean probeGood;
    int probesFailed;
    /** RUNNING, and within the time in which an exit is still told to who asked. */
    boolean early;
    /** AwaitEmpty is not answered yet. */
    boolean awaitingEmpty;
    /** What was left of the start timeout while the run waited in GATE. */
    long startLeftNanos;

    /** Messages of processes of which it is not told yet that they are this run's. */
    final ArrayList<Event.Notified> unattributed = new ArrayList<>(0);

    // What notify messages changed for this run.
    @Nullable NotifyAccess access;
    @Nullable String statusText;
    int statusErrno;
    List<String> extra = new ArrayList<>();
    /** 0: no watchdog. */
    long watchdogNanos;
    long watchdogDueNanos;

    // Reload.
    /** CLOCK_MONOTONIC of the reload signal, microseconds; -1 when none was sent. */
    long reloadSignalUsec = -1;
    boolean reloadingTold;
    @Nullable String reloadResult;

    int healthFailures;
    @Nullable String health;
    /** What the stop still may do: TERM was sent to what the main process left; KILL was sent. */
    boolean leftSignalled;
    boolean killed;
    /** No more patience: a shutdown is over its time. */
    boolean forced;

    final EnumMap<TimerKey.Purpose, Timer> timers = new EnumMap<>(TimerKey.Purpose.class);

    /** An armed timer. @param limitNanos the deadline before any extension */
    record Timer(long deadlineNanos, long limitNanos) {}

    Run(RunId id, ServiceCell cell, ServiceDefinition definition) {
        this.id = id;
        this.cell = cell;
        this.definition = definition;
        this.watchdogNanos = definition.timeouts().watchdog() == null
                ? 0
                : definition.timeouts().watchdog().toNanos();
    }

    NotifyAccess notifyAccess() {
        NotifyAccess said = access;
        return said != null ? said : definition.effectiveNotifyAccess();
    }

    boolean stopping() {
        return ending != null;
    }

    /** Whether a process was asked for of which nothing was told yet. */
    boolean spawning() {
        for (Proc process : processes.values()) {
            if (!process.spawned) {
                return true;
            }
        }
        return false;
    }

    boolean holdsAny() {
        for (Proc process : processes.values()) {
            if (counts(process)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the end of the process is awaited by a stop: what was spawned, and the main process; not a main process of former days. */
    boolean counts(Proc process) {
        return !process.discovered() || process.equals(main);
    }
}
