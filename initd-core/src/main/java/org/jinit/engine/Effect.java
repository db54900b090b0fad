package org.jinit.engine;

import org.jinit.model.Probe;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;

/** Something that the engine wants done. Effects of one step are carried out in their order. */
public sealed interface Effect {
    /**
     * Make ready what a run needs: conditions, pid file, directories, environment, notify socket, log. Answered by {@link Event.Prepared},
     * {@link Event.ConditionUnmet} or {@link Event.PrepareFailed}. The definition is the run's until {@link Release}.
     */
    record Prepare(RunId run, ServiceDefinition definition) implements Effect {}

    /**
     * Give back what the run has: notify socket, pipes, log, run directories. {@code full}: also the fd store (no restart follows).
     * A run that was released for a restart that then does not come is released once more, fully, if it may have a store.
     */
    record Release(RunId run, boolean full) implements Effect {}

    /**
     * Spawn a process. Answered by {@link Event.Spawned} then {@link Event.Executed} then {@link Event.Exited}, or by
     * {@link Event.SpawnFailed} at any point before Executed. @param index which hook of the role
     */
    record Spawn(ProcessId process, RunId run, Role role, int index, SpawnFacts facts) implements Effect {}

    /** Send a signal to one process through its pidfd. That it is gone is no error. */
    record Signal(RunId run, ProcessId process, int signal) implements Effect {}

    /** Send a signal to every process of the run, found by cgroup or tag. */
    record SignalAll(RunId run, int signal) implements Effect {}

    /** Say {@link Event.Emptied} once no process of the run is left (at once if none is). {@link Release} ends it. */
    record AwaitEmpty(RunId run) implements Effect {}

    /** Say who the main process is: by pid file when the definition has one (awaited), else the only one left. */
    record FindMain(RunId run) implements Effect {}

    /** Stop looking for the main process. */
    record ForgetMain(RunId run) implements Effect {}

    /** A discovered process is the main process now: report its exit. Candidates that are not watched after the step are let go. */
    record WatchMain(RunId run, ProcessId process) implements Effect {}

    /** Probe, again and again at the probe's interval until {@link StopProbe}; each answer is an {@link Event.ProbeAnswered}. */
    record StartProbe(RunId run, Event.ProbeUse use, Probe probe) implements Effect {}

    record StopProbe(RunId run, Event.ProbeUse use) implements Effect {}

    /** @param deadlineNanos on the clock that {@code step} is given */
    record ArmTimer(TimerKey key, long deadlineNanos) implements Effect {}

    record CancelTimer(TimerKey key) implements Effect {}

    /** Keep the descriptors that came with a message in the service's store. Those not kept are closed after the step. */
    record KeepDescriptors(RunId run, long parked, String name, boolean poll, int limit) implements Effect {}

    /** Close all stored descriptors of that name. */
    record DropDescriptors(RunId run, String name) implements Effect {}

    record Reply(RequestId id, org.jinit.engine.Reply reply) implements Effect {}

    /** A service's state changed: for state files, the log, events. */
    record Publish(Transition transition) implements Effect {}

    /** The boot set has settled: every service of it is ready, failed, skipped or waits for nothing more. */
    record BootSettled(int ready, int failed) implements Effect {}

    /** Something a person should read, without a change of state. */
    record Warn(ServiceName service, String text) implements Effect {}

    /** Everything is stopped: end jinitd. The last effect ever. @param code 0 to 255 */
    record Exit(int code, boolean reboot) implements Effect {}
}
