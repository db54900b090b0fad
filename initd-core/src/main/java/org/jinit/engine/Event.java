package org.jinit.engine;

import java.util.List;
import org.jinit.graph.Catalog;
import org.jinit.model.ExitStatus;
import org.jinit.model.ServiceName;
import org.jinit.notify.NotifyMessage;
import org.jspecify.annotations.Nullable;

/** Something that happened outside of the engine. An event that is not legal in a state changes nothing. */
public sealed interface Event {
    /** Start the boot set: every enabled service and what they pull in, or the closure of the target. */
    record Boot(@Nullable ServiceName target) implements Event {}

    /** A client asks. */
    record Requested(RequestId id, Requester who, Request request) implements Event {}

    /** The client went away: its reply is not wanted any more, its job goes on. */
    record ClientGone(RequestId id) implements Event {}

    /**
     * A consistent reading of the definitions; it was checked and has no errors.
     *
     * @param request who waits for it, null: SIGHUP
     * @param apply restart what changed, stop what is gone, start what is new and enabled
     * @param plan say what would be done and do nothing
     * @param commit the hash of a plan that must still be the one, else null
     */
    record CatalogLoaded(
            @Nullable RequestId request,
            @Nullable Requester who,
            Catalog catalog,
            boolean apply,
            boolean plan,
            @Nullable String commit)
            implements Event {}

    /** TERM, INT or a poweroff request; a second one only shortens. */
    record ShutdownRequested(String why) implements Event {}

    /** Conditions hold; environment, directories, sockets and log are there. */
    record Prepared(RunId run) implements Event {}

    /** A condition does not hold. */
    record ConditionUnmet(RunId run, String text, boolean fail) implements Event {}

    /** What a start needs cannot be made. @param step for people, {@code read environment file /etc/x} say */
    record PrepareFailed(RunId run, String step, String cause) implements Event {}

    /** The process was forked and is held by pidfd. */
    record Spawned(ProcessId process, int pid) implements Event {}

    /** It could not be forked, prepared or executed; no process is left of it. */
    record SpawnFailed(ProcessId process, String step, int errno, String cause) implements Event {}

    /** execve succeeded. */
    record Executed(ProcessId process) implements Event {}

    /** It was reaped (or its end was otherwise learnt); the last event about it. */
    record Exited(ProcessId process, ExitStatus status) implements Event {}

    /** A process of the service stopped itself by SIGSTOP. */
    record SelfStopped(RunId run, ProcessId process, int pid) implements Event {}

    /** Answer to {@link Effect.FindMain}. @param how {@code pid file /run/x.pid} or {@code the only process left} */
    record MainFound(RunId run, ProcessId process, int pid, String how) implements Event {}

    /** Answer to {@link Effect.FindMain}: none will be found (nothing is left, or several and no pid file). */
    record MainMissing(RunId run, String reason, boolean empty) implements Event {}

    /** Answer to {@link Effect.AwaitEmpty}: no process of the service is left. */
    record Emptied(RunId run) implements Event {}

    /** A datagram on the run's notify socket. @param parked the executor's number for the descriptors that came with it, 0: none */
    record Notified(
            RunId run, Sender sender, NotifyMessage message, @Nullable MainClaim claim, long parked, int descriptors)
            implements Event {}

    /** A newline came through the readiness pipe. @param process the writer when the kernel told, an id of the executor's unless known */
    record PipeReady(RunId run, @Nullable ProcessId process, int pid, boolean ofService) implements Event {}

    /** The readiness pipe was closed without a newline. */
    record PipeClosed(RunId run) implements Event {}

    /** One answer of a probe started by {@link Effect.StartProbe}. @param detail why it is bad, for people */
    record ProbeAnswered(RunId run, ProbeUse use, boolean good, String detail) implements Event {}

    /** The deadline of an armed timer has passed. */
    record TimerDue(TimerKey key) implements Event {}

    /** What is left of an earlier jinitd or of nobody, for people. */
    record EnabledChanged(ServiceName service, boolean enabled) implements Event {}

    /** What a probe is for. */
    enum ProbeUse {
        READINESS,
        HEALTH
    }

    /** What a client may ask of the engine. */
    sealed interface Request {
        /** The services that the request names. */
        List<ServiceName> names();

        /** @param commit the hash of a plan that must still be the one, else null */
        record Start(List<ServiceName> names, boolean plan, @Nullable String commit) implements Request {}

        record Stop(List<ServiceName> names, boolean withDependents, boolean plan, @Nullable String commit)
                implements Request {}

        record Restart(List<ServiceName> names, boolean withDependents, boolean plan, @Nullable String commit)
                implements Request {}

        record Reload(List<ServiceName> names) implements Request {}

        /** @param all to every process of the service, else to the main process */
        record Signal(List<ServiceName> names, int signal, boolean all) implements Request {}

        /** Forgets failures: restart counter, start limit, state failed. */
        record Reset(List<ServiceName> names) implements Request {}
    }
}
