package org.jinit.simulate;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.jinit.model.ServiceName;

/** What everything in a simulation shares: time, chance and faults. */
final class SimWorld {
    /** Whose stream the manager itself draws from. */
    static final ServiceName NOBODY = new ServiceName("nobody");

    private static final long LATE_NANOS = 30_000_000;

    final SimClock clock;
    final EventQueue queue = new EventQueue();
    private final long seed;
    private final FaultPlan plan;
    private final Map<ServiceName, SimRandom> streams = new HashMap<>();
    private final EnumMap<FaultPlan.Kind, Long> faults = new EnumMap<>(FaultPlan.Kind.class);
    private final SimRandom orders;
    private boolean calm;

    SimWorld(long seed, long startNanos, FaultPlan plan) {
        this.seed = seed;
        this.clock = new SimClock(startNanos);
        this.plan = plan;
        this.orders = SimRandom.of(seed, "orders");
        for (FaultPlan.Kind kind : FaultPlan.Kind.values()) {
            faults.put(kind, 0L);
        }
    }

    long now() {
        return clock.nowNanos();
    }

    /** Faults are over and every process behaves. */
    boolean calm() {
        return calm;
    }

    void becomeCalm() {
        calm = true;
    }

    Map<FaultPlan.Kind, Long> faults() {
        return faults;
    }

    /** The stream of one service; others' draws do not change it. */
    SimRandom stream(ServiceName name) {
        return streams.computeIfAbsent(name, key -> SimRandom.of(seed, key.value()));
    }

    /** Of the order of what happens at about the same time: a stream of its own, which leaves what is drawn for a service as it is. */
    SimRandom orders() {
        return orders;
    }

    boolean fault(SimRandom random, FaultPlan.Kind kind) {
        if (calm || !random.chance(plan.of(kind))) {
            return false;
        }
        faults.merge(kind, 1L, Long::sum);
        return true;
    }

    EventQueue.Entry after(long delayNanos, boolean recurring, Runnable action) {
        return queue.add(now() + delayNanos, recurring, action);
    }

    EventQueue.Entry at(long nanos, boolean recurring, Runnable action) {
        return queue.add(Math.max(nanos, now()), recurring, action);
    }

    /** How long an event is under way: a little, and with bad luck much longer. */
    long transit(SimRandom random) {
        long usual = random.between(1_000, 60_000);
        return fault(random, FaultPlan.Kind.EVENT_LATE) ? usual + random.between(0, LATE_NANOS) : usual;
    }

    long timerLateness(SimRandom random) {
        return fault(random, FaultPlan.Kind.TIMER_LATE) ? random.between(0, LATE_NANOS) : 0;
    }
}
