package org.jinit.simulate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.RequestId;
import org.jinit.engine.Requester;
import org.jinit.engine.RunId;
import org.jinit.engine.ServiceView;
import org.jinit.engine.State;
import org.jinit.engine.Transition;
import org.jinit.graph.Catalog;
import org.jinit.model.ServiceName;
import org.jinit.model.StopPolicy;
import org.jspecify.annotations.Nullable;

/**
 * One simulation. First the <em>safety</em> phase: requests, faults and processes that misbehave, with every invariant checked after every
 * step. Then the <em>liveness</em> phase: no more faults, new processes behave, and everything must come to rest. Then jinitd is shut
 * down, which must end as well. All of it follows from {@link Setup}.
 */
public final class Sim {
    private static final long START_NANOS = 1_000_000_000L;
    private static final long SECOND = 1_000_000_000L;
    private static final long REST_NANOS = 1_200 * SECOND;
    private static final long END_NANOS = 60 * SECOND;
    private static final int TRACE_LINES = 50;
    private static final int REST_STEPS = 200_000;

    /**
     * What a simulation is made of.
     *
     * @param safetyNanos how long the first phase lasts
     * @param boot whether it begins with the boot set
     * @param target boot only the closure of this
     * @param check whether invariants are checked
     * @param wholeLife whether the liveness phase and the shutdown follow
     * @param record whether every event is kept, to replay it
     */
    public record Setup(
            long seed,
            Catalog catalog,
            FaultPlan faults,
            Behaviour.Source behaviours,
            List<Ask> asks,
            Machine.Factory machine,
            int pidSpace,
            long safetyNanos,
            boolean boot,
            @Nullable ServiceName target,
            boolean check,
            boolean wholeLife,
            boolean record) {}

    /** One event as it went in. */
    public record Recorded(Event event, long nowNanos, List<Effect> effects) {}

    /**
     * What came of it.
     *
     * @param violation the invariant that did not hold, or what was thrown; null when all went well
     * @param lastLines the last lines of the trace
     * @param states at rest, or when the first phase was over
     */
    public record Outcome(
            long seed,
            long steps,
            long hash,
            @Nullable String violation,
            List<String> lastLines,
            Map<FaultPlan.Kind, Long> faults,
            SortedMap<ServiceName, State> states,
            List<Transition> transitions,
            List<Recorded> recorded) {}

    private final Setup setup;
    private final SimWorld world;
    private final SimKernel kernel;
    private final Succession.Care care;
    private Machine machine;
    private SimEffectExecutor executor;
    private @Nullable Checker checker;
    /** The one that is to follow a manager that died, or the last that did. */
    private @Nullable Succession succession;
    /** No manager takes requests. */
    private boolean down;
    /** A shutdown was asked for, or is under way: the keeper starts no manager again. */
    private boolean ending;
    /** The definitions as they are written now. */
    private Catalog written;
    private final Trace trace = new Trace(TRACE_LINES);
    private final SimRandom random;
    private final List<Transition> transitions = new ArrayList<>();
    private final List<Recorded> recorded = new ArrayList<>();
    private long lastRequest;
    private boolean over;

    private Sim(Setup setup, Succession.Care care) {
        this.setup = setup;
        this.care = care;
        this.written = setup.catalog();
        this.random = SimRandom.of(setup.seed(), "clients and faults");
        this.machine = setup.machine().create(setup.catalog(), setup.seed());
        this.world = new SimWorld(setup.seed(), START_NANOS, setup.faults());
        this.kernel = new SimKernel(world, setup.pidSpace());
        this.executor = newExecutor(world, kernel);
        this.checker = setup.check() ? new Checker(setup.catalog(), START_NANOS, new World()) : null;
    }

    private SimEffectExecutor newExecutor(SimWorld theWorld, SimKernel theKernel) {
        return new SimEffectExecutor(theWorld, new Wire(theWorld, this::deliver), theKernel, this::behaviour);
    }

    /** Runs it to its end, or to the first violation. */
    public static Outcome run(Setup setup) {
        return run(setup, Succession.Care.EVERYTHING);
    }

    static Outcome run(Setup setup, Succession.Care care) {
        Sim sim = new Sim(setup, care);
        String violation = null;
        SortedMap<ServiceName, State> states = new TreeMap<>();
        try {
            sim.safety();
            states = sim.states();
            if (setup.wholeLife()) {
                sim.liveness();
                states = sim.states();
                sim.end();
            }
        } catch (Invariant.Violation broken) {
            violation = broken.getMessage();
        } catch (RuntimeException thrown) {
            violation = "invariant 11 (step is total): " + thrown + at(thrown);
        }
        return new Outcome(
                setup.seed(),
                sim.trace.steps(),
                sim.trace.hash(),
                violation,
                violation == null ? List.of() : sim.trace.lines(),
                sim.world.faults(),
                states,
                sim.transitions,
                sim.recorded);
    }

    private static String at(RuntimeException thrown) {
        StringBuilder text = new StringBuilder();
        StackTraceElement[] stack = thrown.getStackTrace();
        for (int i = 0; i < Math.min(6, stack.length); i++) {
            text.append("\n    at ").append(stack[i]);
        }
        return text.toString();
    }

    private Behaviour behaviour(
            RunId run,
            org.jinit.model.ServiceDefinition definition,
            org.jinit.engine.Role role,
            int index,
            SimRandom stream) {
        Behaviour.Source source = world.calm() ? CALM : setup.behaviours();
        return source.next(run, definition, role, index, stream);
    }

    private static final Behaviour.Source CALM = new HonestBehaviours();

    // The phases.

    private void safety() {
        if (setup.boot()) {
            world.at(START_NANOS, false, () -> deliver(new Event.Boot(setup.target()), false));
        }
        for (Ask ask : setup.asks()) {
            world.at(START_NANOS + ask.atNanos(), false, () -> perform(ask));
        }
        long deadline = START_NANOS + setup.safetyNanos();
        run(deadline, Integer.MAX_VALUE, false);
        if (world.now() < deadline) {
            world.clock.advanceTo(deadline);
        }
    }

    private void liveness() {
        world.becomeCalm();
        long steps = trace.steps();
        run(world.now() + REST_NANOS, REST_STEPS, true);
        if (checker != null && !over) {
            if (!world.queue.settled()) {
                throw new Invariant.Violation("invariant 33 (each start and stop ends): no rest after "
                        + (trace.steps() - steps) + " steps of the liveness phase, " + states());
            }
            checker.atRest();
        }
    }

    private void end() {
        long bound = END_NANOS;
        for (var definition : setup.catalog().services().values()) {
            bound += 2 * definition.stop().timeout().toNanos() + 2 * SECOND;
        }
        if (!over) {
            step(new Event.ShutdownRequested("the simulation ends"), false);
        }
        run(world.now() + bound, REST_STEPS, false);
        if (checker != null) {
            if (!over) {
                throw new Invariant.Violation(
                        "invariant 35 (a shutdown ends): not within " + bound / SECOND + " s, " + states());
            }
            checker.atEnd();
        }
    }

    private void run(long deadlineNanos, int steps, boolean untilSettled) {
        long last = trace.steps() + steps;
        while (!over && trace.steps() < last && !(untilSettled && world.queue.settled())) {
            EventQueue.Entry next = world.queue.poll(deadlineNanos);
            if (next == null) {
                return;
            }
            world.clock.advanceTo(Math.max(world.now(), next.nanos));
            next.run();
        }
    }

    // Steps.

    private void deliver(Event event, boolean stale) {
        if (over) {
            return;
        }
        step(event, stale);
        if (world.fault(random, FaultPlan.Kind.DUPLICATE)) {
            Event old = executor.stale(random);
            if (old != null && !over) {
                step(old, true);
            }
        }
        if (world.fault(random, FaultPlan.Kind.WALL_JUMP)) {
            world.clock.jumpWall(random.between(-10_000_000, 10_000_000));
        }
    }

    private void step(Event event, boolean stale) {
        long now = world.now();
        List<Effect> effects = List.copyOf(machine.step(event, now));
        trace.add(now, event, effects);
        if (setup.record()) {
            recorded.add(new Recorded(event, now, effects));
        }
        for (Effect effect : effects) {
            if (effect instanceof Effect.Publish(Transition transition)) {
                transitions.add(transition);
            }
            over |= effect instanceof Effect.Exit;
            ending |= effect instanceof Effect.ArmTimer(var key, long deadline) && key.run() == null;
        }
        if (checker != null) {
            checker.step(event, stale, effects, now);
        }
        executor.execute(effects);
        if (succession != null) {
            requireNothingOfBefore(succession);
        }
    }

    // The world outside.

    private void perform(Ask ask) {
        if (down && !(ask instanceof Ask.Crash)) {
            ending |= ask instanceof Ask.Shutdown;
            written = ask instanceof Ask.Load load ? load.catalog() : written;
            return;
        }
        switch (ask) {
            case Ask.Send(long at, Event.Request request) -> {
                RequestId id = new RequestId(++lastRequest);
                deliver(new Event.Requested(id, new Requester(0, 1), request), false);
                if (world.fault(random, FaultPlan.Kind.CLIENT_GONE)) {
                    world.after(random.between(0, SECOND), false, () -> clientGoes(id));
                }
            }
            case Ask.Load(long at, Catalog catalog, boolean apply) -> {
                written = catalog;
                deliver(
                        new Event.CatalogLoaded(
                                new RequestId(++lastRequest), new Requester(0, 1), catalog, apply, false, null),
                        false);
            }
            case Ask.Kill(long at, ServiceName service, int signal) -> kill(service, signal);
            case Ask.Crash(long at, long downNanos) -> crash(downNanos);
            case Ask.Shutdown(long at) -> deliver(new Event.ShutdownRequested("TERM"), false);
        }
    }

    private void clientGoes(RequestId id) {
        if (checker == null || checker.book().pending().containsKey(id)) {
            deliver(new Event.ClientGone(id), false);
        }
    }

    private void kill(ServiceName service, int signal) {
        ServiceView view = machine.view(service);
        if (view != null && view.main() != null) {
            executor.kill(view.main(), signal);
        }
    }

    /** All that the manager knew is lost; its processes live on. */
    private void crash(long downNanos) {
        if (over || ending) {
            return;
        }
        down = true;
        executor.die(random);
        if (succession != null) {
            succession.cancel();
        }
        succession = new Succession(world, kernel, care, this::succeed);
        succession.beginIn(downNanos);
    }

    /** Another manager takes over, and knows nothing but the definitions. An order to end that came meanwhile is not lost. */
    private void succeed() {
        down = false;
        executor = newExecutor(world, kernel);
        machine = setup.machine().create(written, setup.seed());
        checker = setup.check() ? new Checker(written, world.now(), new World()) : null;
        deliver(new Event.Boot(setup.target()), false);
        if (ending) {
            deliver(new Event.ShutdownRequested("TERM"), false);
        }
    }

    /** But what KILL did not end. */
    private void requireNothingOfBefore(Succession done) {
        for (SimProcess process : kernel.processes()) {
            if (process.run.manager != executor && !done.givenUp().contains(process.run)) {
                throw new Invariant.Violation("invariant 1 (never two living main processes of one service): pid "
                        + process.pid + " of " + process.run.id + " was there before this manager and lives on");
            }
        }
    }

    private SortedMap<ServiceName, State> states() {
        SortedMap<ServiceName, State> states = new TreeMap<>();
        for (ServiceName name : setup.catalog().services().keySet()) {
            ServiceView view = machine.view(name);
            if (view != null) {
                states.put(name, view.state());
            }
        }
        return states;
    }

    private final class World implements Facts {
        @Override
        public @Nullable ServiceView view(ServiceName name) {
            return machine.view(name);
        }

        @Override
        public int aliveOfOthers(RunId id, Set<RunId> givenUp) {
            int alive = 0;
            for (SimRun run : executor.leftovers()) {
                if (run.id.service().equals(id.service()) && !run.id.equals(id) && !givenUp.contains(run.id)
                        && mustEnd(run)) {
                    alive += run.alive.size();
                }
            }
            return alive;
        }

        @Override
        public int aliveOf(ServiceName name, Set<RunId> givenUp) {
            return alive(executor.leftovers(), name, givenUp) + alive(executor.runs(), name, givenUp);
        }

        private static int alive(Iterable<SimRun> runs, ServiceName name, Set<RunId> givenUp) {
            int alive = 0;
            for (SimRun run : runs) {
                boolean counts = run.id.service().equals(name) && !givenUp.contains(run.id) && mustEnd(run);
                alive += counts ? run.alive.size() : 0;
            }
            return alive;
        }

        /** Mode none leaves on purpose what its stop command does not end. */
        private static boolean mustEnd(SimRun run) {
            return run.definition.stop().mode() != StopPolicy.Mode.NONE;
        }

        @Override
        public int openRuns() {
            int open = 0;
            for (SimRun run : executor.runs()) {
                open += run.released ? 0 : 1;
            }
            return open;
        }

        @Override
        public int armedTimers() {
            return executor.timers();
        }
    }
}
