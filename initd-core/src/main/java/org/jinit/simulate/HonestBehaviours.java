package org.jinit.simulate;

import java.util.ArrayList;
import java.util.List;
import org.jinit.engine.Role;
import org.jinit.engine.RunId;
import org.jinit.model.ExitStatus;
import org.jinit.model.Readiness;
import org.jinit.model.ReloadPolicy;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceType;
import org.jinit.model.Signals;

/** Processes that do what their definition promises: they become ready soon, run on, and end when asked to. */
public class HonestBehaviours implements Behaviour.Source {
    private static final long MILLI = 1_000_000L;
    private static final ExitStatus CLEAN = new ExitStatus.Exited(0);

    @Override
    public Behaviour next(RunId run, ServiceDefinition definition, Role role, int index, SimRandom random) {
        return switch (role) {
            case MAIN -> main(definition, random);
            case STOP -> stopCommand(definition, random);
            case BEFORE_START, AFTER_START, RELOAD, AFTER_STOP -> command(random);
        };
    }

    private static Behaviour stopCommand(ServiceDefinition definition, SimRandom random) {
        List<Behaviour.Step> script = List.of(
                new Behaviour.Step(some(random), new Behaviour.SignalMain(definition.stop().signal())),
                new Behaviour.Step(some(random), new Behaviour.End(CLEAN)));
        return behaviour(script, definition, random);
    }

    private static Behaviour command(SimRandom random) {
        List<Behaviour.Step> script = List.of(new Behaviour.Step(some(random), new Behaviour.End(CLEAN)));
        Behaviour.Manners manners =
                new Behaviour.Manners(false, MILLI, new ExitStatus.Killed(Signals.TERM, false),
                        Behaviour.ReloadAnswer.DIES);
        return new Behaviour(
                Behaviour.Birth.EXECUTED,
                random.between(50_000, 300_000),
                random.between(100_000, 500_000),
                script,
                manners,
                Behaviour.NEVER,
                new Behaviour.Probing(Behaviour.NEVER, Behaviour.NEVER));
    }

    private static Behaviour main(ServiceDefinition definition, SimRandom random) {
        if (definition.type() == ServiceType.TASK) {
            return behaviour(
                    List.of(new Behaviour.Step(some(random), new Behaviour.End(CLEAN))), definition, random);
        }
        return daemon(definition, 0, random);
    }

    /** The entries of {@code ready} from one on; what comes after a fork, the child does. */
    private static Behaviour daemon(ServiceDefinition definition, int from, SimRandom random) {
        List<Behaviour.Step> script = new ArrayList<>();
        for (int i = from; i < definition.readiness().size(); i++) {
            switch (definition.readiness().get(i)) {
                case Readiness.Started ignored -> {}
                case Readiness.Probed ignored -> {}
                case Readiness.Notify ignored ->
                    script.add(new Behaviour.Step(some(random), new Behaviour.Say(
                            Behaviour.From.SELF, Messages.READY, false)));
                case Readiness.StopSignal ignored ->
                    script.add(new Behaviour.Step(some(random), new Behaviour.RaiseStop()));
                case Readiness.Pipe ignored ->
                    script.add(new Behaviour.Step(some(random), new Behaviour.PipeLine(Behaviour.From.SELF)));
                case Readiness.Fork ignored -> {
                    Behaviour child = daemon(definition, i + 1, random);
                    script.add(new Behaviour.Step(some(random), new Behaviour.Fork(child)));
                    if (definition.pidFile() != null) {
                        script.add(new Behaviour.Step(
                                MILLI / 2, new Behaviour.WritePidFile(Behaviour.Named.CHILD)));
                    }
                    script.add(new Behaviour.Step(MILLI, new Behaviour.End(CLEAN)));
                    return behaviour(script, definition, random);
                }
            }
        }
        return behaviour(script, definition, random);
    }

    /** Such a process of the service. */
    static Behaviour behaviour(List<Behaviour.Step> script, ServiceDefinition definition, SimRandom random) {
        long watchdog = definition.timeouts().watchdog() == null
                ? Behaviour.NEVER
                : Math.max(MILLI, definition.timeouts().watchdog().toNanos() / 3);
        boolean graceful = random.chance(500);
        ExitStatus end = graceful ? CLEAN : new ExitStatus.Killed(definition.stop().signal(), false);
        boolean reloads = definition.reload() instanceof ReloadPolicy.ByNotify;
        Behaviour.ReloadAnswer answer = reloads ? Behaviour.ReloadAnswer.HONEST : Behaviour.ReloadAnswer.NOTHING;
        return new Behaviour(
                Behaviour.Birth.EXECUTED,
                random.between(50_000, 300_000),
                random.between(100_000, 500_000),
                script,
                new Behaviour.Manners(false, random.between(MILLI, 20 * MILLI), end, answer),
                watchdog,
                new Behaviour.Probing(random.between(0, 50 * MILLI), Behaviour.NEVER));
    }

    /** A time after which programs usually have done something. */
    static long some(SimRandom random) {
        return random.between(2 * MILLI, 80 * MILLI);
    }
}
