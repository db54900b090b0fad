package org.jinit.simulate;

import java.util.List;
import org.jinit.engine.Role;
import org.jinit.engine.RunId;
import org.jinit.model.ExitStatus;
import org.jinit.model.ServiceDefinition;
import org.jinit.notify.NotifyMessage;

/**
 * What one process is going to do. All times are nanoseconds of virtual time.
 *
 * @param spawnNanos from the request to the report that it was forked (or could not be)
 * @param execNanos from there to execve
 * @param script what it does after execve, one after the other; after that it lives on until a signal ends it
 * @param pingNanos between two WATCHDOG=1, {@link #NEVER} for none
 */
public record Behaviour(
        Birth birth,
        long spawnNanos,
        long execNanos,
        List<Step> script,
        Manners manners,
        long pingNanos,
        Probing probing) {
    public static final long NEVER = -1;

    /** How far it gets until execve. */
    public enum Birth {
        EXECUTED,
        /** fork failed: EAGAIN. */
        NO_FORK,
        /** A step of the child before execve failed, or execve did: ENOENT. */
        NO_EXEC,
        /** It was killed between fork and execve. */
        KILLED_BEFORE_EXEC
    }

    /** @param afterNanos since the step before */
    public record Step(long afterNanos, Act act) {}

    /** How it answers to the signal that asks it to stop and the one that asks it to reload. Nobody survives KILL. */
    public record Manners(boolean ignoresStop, long dieNanos, ExitStatus atStop, ReloadAnswer atReload) {}

    /** What follows a reload signal. */
    public enum ReloadAnswer {
        NOTHING,
        /** RELOADING=1 with the time, then READY=1. */
        HONEST,
        /** RELOADING=1 and nothing more. */
        NEVER_READY,
        /** RELOADING=1 with a time before the signal, then READY=1. */
        OLD_TIME,
        /** It dies of it. */
        DIES
    }

    /** When probes of the service begin to be answered well, and when they cease to, since execve; {@link #NEVER} */
    public record Probing(long goodAfterNanos, long badAfterNanos) {}

    /** Who says something. */
    public enum From {
        SELF,
        /** A child that it left, which jinit holds no pidfd of. */
        CHILD,
        /** A process of another service or of none. */
        STRANGER
    }

    /** Whom MAINPID= or a pid file names. */
    public enum Named {
        SELF,
        CHILD,
        /** A living process of nobody. */
        FOREIGN,
        /** pid 1. */
        INIT,
        /** One that is gone. */
        DEAD,
        /** Nothing that is a number. */
        GARBAGE
    }

    /** One thing that a process does. */
    public sealed interface Act {}

    public record End(ExitStatus status) implements Act {}

    /** One datagram to NOTIFY_SOCKET. @param late it arrives after whatever the sender does next */
    public record Say(From from, NotifyMessage message, boolean late) implements Act {}

    /** MAINPID= */
    public record Claim(From from, Named named) implements Act {}

    /** Many datagrams at once. */
    public record Flood(int count) implements Act {}

    public record PipeLine(From from) implements Act {}

    public record PipeClose() implements Act {}

    /** raise(SIGSTOP). */
    public record RaiseStop() implements Act {}

    /** fork(); the child is of the service as well. */
    public record Fork(Behaviour child) implements Act {}

    public record WritePidFile(Named named) implements Act {}

    /** kill(MAINPID, signal), as stop commands do. */
    public record SignalMain(int signal) implements Act {}

    /** FDSTORE=1 with that many descriptors. */
    public record Store(int descriptors) implements Act {}

    /** Tells what a process of a run is going to do. */
    public interface Source {
        Behaviour next(RunId run, ServiceDefinition definition, Role role, int index, SimRandom random);
    }

    public Behaviour {
        script = List.copyOf(script);
    }
}
