package org.jinit.simulate;

import java.util.ArrayList;
import java.util.List;
import org.jinit.engine.Role;
import org.jinit.engine.RunId;
import org.jinit.model.ExitStatus;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.Signals;

/** Processes that sometimes do not do what their definition promises, in every way that real daemons were seen not to. */
public final class RandomBehaviours extends HonestBehaviours {
    private static final long MILLI = 1_000_000L;
    private static final int FEW = 4;

    private final int naughty;

    /** @param naughty how many in a thousand misbehave */
    public RandomBehaviours(int naughty) {
        this.naughty = naughty;
    }

    @Override
    public Behaviour next(RunId run, ServiceDefinition definition, Role role, int index, SimRandom random) {
        Behaviour honest = super.next(run, definition, role, index, random);
        if (!random.chance(naughty)) {
            return honest;
        }
        List<Behaviour.Step> script = new ArrayList<>(honest.script());
        for (int i = 1 + random.below(2); i > 0; i--) {
            spoil(script, honest, random);
        }
        return new Behaviour(
                random.chance(60) ? Behaviour.Birth.NO_EXEC : honest.birth(),
                slowly(honest.spawnNanos(), random),
                slowly(honest.execNanos(), random),
                script,
                manners(honest.manners(), random),
                random.chance(100) ? Behaviour.NEVER : honest.pingNanos(),
                probing(honest.probing(), random));
    }

    private static void spoil(List<Behaviour.Step> script, Behaviour honest, SimRandom random) {
        int at = random.below(script.size() + 1);
        switch (random.below(FEW)) {
            case 0 -> {
                if (!script.isEmpty()) {
                    script.remove(random.below(script.size()));
                }
            }
            case 1 -> script.add(at, new Behaviour.Step(delay(random), end(random)));
            default -> script.add(at, new Behaviour.Step(delay(random), act(honest, random)));
        }
    }

    /** Soon, or in the time of restarts and timeouts. */
    private static long delay(SimRandom random) {
        return random.chance(600) ? random.between(0, 60 * MILLI) : random.between(60 * MILLI, 12_000 * MILLI);
    }

    private static Behaviour.End end(SimRandom random) {
        return new Behaviour.End(
                switch (random.below(FEW)) {
                    case 0 -> new ExitStatus.Exited(0);
                    case 1 -> new ExitStatus.Exited(1 + random.below(3));
                    case 2 -> new ExitStatus.Killed(random.pick(Signals.KILL, Signals.TERM, Signals.HUP), false);
                    default -> new ExitStatus.Killed(random.pick(Signals.SEGV, Signals.ABRT), random.chance(500));
                });
    }

    /** A loaded machine forks slowly, and a name service that blocks lets the child wait before execve. */
    private static long slowly(long usual, SimRandom random) {
        return random.chance(100) ? random.between(0, 6_000 * MILLI) : usual;
    }

    private static Behaviour.From from(SimRandom random) {
        return random.pick(Behaviour.From.values());
    }

    private static Behaviour.Act act(Behaviour honest, SimRandom random) {
        return switch (random.below(14)) {
            case 0 -> new Behaviour.Say(from(random), Messages.READY, random.chance(300));
            case 1 -> new Behaviour.Say(from(random), Messages.STOPPING, random.chance(300));
            case 2 -> new Behaviour.Say(from(random), Messages.reloading(random.chance(500) ? -1 : 1), false);
            case 3 -> new Behaviour.Say(from(random), Messages.status("busy"), random.chance(300));
            case 4 -> new Behaviour.Say(from(random), Messages.extend(random.between(1000, 5_000_000)), false);
            case 5 -> new Behaviour.Say(from(random), ScriptRunner.narrowed(random), false);
            case 6 -> new Behaviour.Say(from(random), random.pick(Messages.TRIGGER, Messages.PING), false);
            case 7 -> new Behaviour.Claim(from(random), random.pick(Behaviour.Named.values()));
            case 8 -> new Behaviour.Flood(1 + random.below(20));
            case 9 -> new Behaviour.PipeLine(from(random));
            case 10 -> random.pick(new Behaviour.PipeClose(), new Behaviour.RaiseStop());
            case 11 -> new Behaviour.Fork(child(honest, random));
            case 12 -> new Behaviour.WritePidFile(random.pick(Behaviour.Named.values()));
            default -> new Behaviour.Store(1 + random.below(3));
        };
    }

    private static Behaviour child(Behaviour honest, SimRandom random) {
        List<Behaviour.Step> script = random.chance(500)
                ? List.of(new Behaviour.Step(delay(random), end(random)))
                : List.of();
        return new Behaviour(
                honest.birth(),
                0,
                0,
                script,
                manners(honest.manners(), random),
                Behaviour.NEVER,
                honest.probing());
    }

    private static Behaviour.Manners manners(Behaviour.Manners honest, SimRandom random) {
        long die = random.chance(200) ? random.between(0, 15_000 * MILLI) : honest.dieNanos();
        Behaviour.ReloadAnswer answer =
                random.chance(300) ? random.pick(Behaviour.ReloadAnswer.values()) : honest.atReload();
        return new Behaviour.Manners(random.chance(250), die, honest.atStop(), answer);
    }

    private static Behaviour.Probing probing(Behaviour.Probing honest, SimRandom random) {
        long good = random.chance(200) ? Behaviour.NEVER : honest.goodAfterNanos();
        long bad = random.chance(200) ? delay(random) : honest.badAfterNanos();
        return new Behaviour.Probing(good, bad);
    }
}
