package org.jinit.simulate;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jinit.engine.Event.ProbeUse;
import org.jinit.engine.ProcessId;
import org.jinit.engine.Role;
import org.jinit.engine.RunId;
import org.jinit.engine.State;
import org.jinit.engine.TimerKey;
import org.jinit.engine.Transition;
import org.jinit.model.ExitStatus;
import org.jinit.model.NotifyAccess;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** What the {@link Ledger} has of services, runs and processes. */
final class Entries {
    private Entries() {}

    /** How much the engine was told about a process. */
    enum Phase {
        REQUESTED,
        SPAWNED,
        EXECUTED,
        ENDED
    }

    /** One process that the engine asked for or watches. */
    static final class Proc {
        final ProcessId id;
        final Run run;
        final @Nullable Role role;
        final int index;
        Phase phase;
        @Nullable ExitStatus status;
        boolean failedToSpawn;

        Proc(ProcessId id, Run run, @Nullable Role role, int index, Phase phase) {
            this.id = id;
            this.run = run;
            this.role = role;
            this.index = index;
            this.phase = phase;
        }

        boolean alive() {
            return phase == Phase.SPAWNED || phase == Phase.EXECUTED;
        }
    }

    /** One run of a service. */
    static final class Run {
        final RunId id;
        final Svc service;
        final ServiceDefinition definition;
        final long preparedNanos;
        final Map<ProcessId, Proc> live = new LinkedHashMap<>(4);
        final Map<TimerKey.Purpose, Long> timers = new EnumMap<>(TimerKey.Purpose.class);
        final Set<ProbeUse> probes = new LinkedHashSet<>(2);
        final Map<Integer, Integer> afterStops = new TreeMap<>();
        @Nullable Proc main;
        NotifyAccess access;
        boolean released;
        boolean emptied;
        boolean anyRan;
        boolean mainExecuted;
        /** The executor looks for its main process. */
        boolean finding;
        boolean stopTimerDue;
        /** Its start followed from the restart policy alone. */
        boolean automatic;
        boolean watchdogStruck;
        int ready;
        int stopSignals;
        int kills;
        boolean killed;
        /** Something else than an end by itself ends it: a timeout, a probe, a watchdog. */
        boolean stoppedByFailure;
        long stoppingNanos = -1;
        long runningNanos = -1;
        long lastEndNanos = -1;

        Run(RunId id, Svc service, ServiceDefinition definition, long preparedNanos) {
            this.id = id;
            this.service = service;
            this.definition = definition;
            this.preparedNanos = preparedNanos;
            this.access = definition.effectiveNotifyAccess();
        }

        /** A process was asked for and nothing is known of it yet. */
        boolean spawning() {
            return live.values().stream().anyMatch(process -> process.phase == Phase.REQUESTED);
        }

        boolean mainAlive() {
            return main != null && main.alive();
        }
    }

    /** One service. */
    static final class Svc {
        final ServiceName name;
        State state = State.STOPPED;
        @Nullable Run run;
        @Nullable Transition last;
        /** An explicit stop was accepted and nothing that starts it since. */
        boolean stopAsked;
        /** Starts by the restart policy since somebody asked for one. */
        final List<Long> starts = new ArrayList<>();
        boolean limitHit;
        int attempt;
        long notBeforeNanos = Long.MIN_VALUE;
        /** It was in backoff, and nobody asked for a start since. */
        boolean backedOff;
        /** Of the definition in force when it began to start: a target has no run that says it. */
        String startedDigest = "";
        /** The catalogue in force has it not: what is down is forgotten. */
        boolean absent;
        /** It came back into the catalogue: it is as new, unless it was not forgotten. */
        boolean fresh;
        /** Of the current run, which may be released already. */
        final Set<TimerKey.Purpose> timers = new java.util.TreeSet<>();

        @Nullable RunId halfReleased;

        Svc(ServiceName name) {
            this.name = name;
        }
    }
}
