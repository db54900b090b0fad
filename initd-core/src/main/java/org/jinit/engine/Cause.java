package org.jinit.engine;

import java.time.Duration;
import org.jinit.model.ExitStatus;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** Why a transition happened. */
public sealed interface Cause {
    record ByBoot() implements Cause {}

    /** @param verb {@code start}, {@code stop}, ... */
    record ByRequest(Requester who, String verb, RequestId request) implements Cause {}

    record ByShutdown(String why) implements Cause {}

    /** Another service did something. @param edge {@code requires}, {@code wants}, {@code part-of}, {@code conflicts}, {@code after} */
    record ByDependency(ServiceName other, String edge, String what) implements Cause {}

    /** A process ended. */
    record ByExit(Role role, int pid, ExitStatus status) implements Cause {}

    /** @param waitedFor {@code READY=1 on its notify socket} */
    record ByTimeout(TimerKey.Purpose purpose, Duration after, String waitedFor) implements Cause {}

    /** It became ready. @param how {@code READY=1 from pid 41} */
    record ByReadiness(String how) implements Cause {}

    /** It said so itself, on its notify socket. */
    record ByNotify(String message) implements Cause {}

    /** A step before its start failed. @param errno 0 when none */
    record BySpawnFailure(Role role, String step, int errno, String cause) implements Cause {}

    record ByCondition(String text) implements Cause {}

    /** The restart policy. @param attempt which restart in a row */
    record ByPolicy(int attempt, Duration delay, @Nullable Cause end) implements Cause {}

    /** The start limit was reached. */
    record ByStartLimit(int count, Duration within, @Nullable Cause end) implements Cause {}

    record ByHealth(int failures, String detail) implements Cause {}

    record ByCatalog(String what) implements Cause {}

    /** The protocol was broken: {@code the readiness pipe was closed without a newline}. */
    record ByProtocol(String what) implements Cause {}
}
