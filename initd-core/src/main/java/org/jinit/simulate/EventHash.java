package org.jinit.simulate;

import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.RunId;
import org.jinit.engine.TimerKey;
import org.jspecify.annotations.Nullable;

/** Hashes that are the same in every JVM (those of enums and so of most records are not). */
@SuppressWarnings("EnumOrdinal") // numbers for a hash, compared within one process only
final class EventHash {
    private EventHash() {}

    static long of(Event event) {
        return switch (event) {
            case Event.Prepared(RunId run) -> of(2, run, 0);
            case Event.Spawned(var process, int pid) -> of(3, process.value(), pid);
            case Event.Executed(var process) -> of(4, process.value(), 0);
            case Event.Exited(var process, var status) -> of(5, process.value(), status.hashCode());
            case Event.SpawnFailed failed -> of(6, failed.process().value(), failed.errno());
            case Event.Emptied(RunId run) -> of(7, run, 0);
            case Event.TimerDue(TimerKey key) -> of(8, key);
            case Event.Notified said -> of(9, said.run(), said.sender().pid());
            case Event.Requested asked -> of(10, asked.id().value(), asked.request().names().size());
            default -> event.getClass().getSimpleName().hashCode();
        };
    }

    static long of(Effect effect) {
        return switch (effect) {
            case Effect.Prepare(RunId run, var ignored) -> of(22, run, 0);
            case Effect.Spawn spawn -> of(23, spawn.run(), spawn.process().value() * 8 + spawn.role().ordinal());
            case Effect.Signal(RunId run, var process, int signal) -> of(24, run, process.value() * 64 + signal);
            case Effect.ArmTimer(TimerKey key, long deadline) -> of(25, of(26, key), deadline);
            case Effect.CancelTimer(TimerKey key) -> of(27, key);
            case Effect.Publish(var t) ->
                of(28, t.service().value().hashCode(), t.from().ordinal() * 16L + t.to().ordinal());
            case Effect.Release(RunId run, boolean full) -> of(29, run, full ? 1 : 0);
            case Effect.Reply(var id, var reply) ->
                of(30, id.value(), reply.getClass().getSimpleName().hashCode());
            default -> effect.getClass().getSimpleName().hashCode();
        };
    }

    private static long of(int kind, TimerKey key) {
        return of(kind, key.run(), key.purpose().ordinal());
    }

    private static long of(int kind, @Nullable RunId run, long more) {
        return run == null ? of(kind, 0, more) : of(kind, run.service().value().hashCode() + run.generation(), more);
    }

    private static long of(int kind, long a, long b) {
        return SimRandom.mix(kind * 0x9e3779b97f4a7c15L + a * 31 + b);
    }
}
