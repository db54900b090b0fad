package org.jinit.simulate;

import java.util.Map;
import java.util.TreeMap;

/** Runs many seeds and sorts the failures by invariant: for the one who looks for bugs. */
final class SeedMain {
    private SeedMain() {}

    public static void main(String[] args) {
        long first = Long.parseLong(args[0]);
        long count = Long.parseLong(args[1]);
        if (count == 1) {
            Sim.Setup setup = Seeds.setup(first, EngineMachine::new, true, true);
            Sim.Outcome outcome = Sim.run(setup);
            System.out.println(Seeds.report(setup, outcome));
            Trace all = new Trace(Integer.MAX_VALUE);
            outcome.recorded().forEach(step -> all.add(step.nowNanos(), step.event(), step.effects()));
            all.lines().forEach(System.out::println);
            System.out.println(outcome.violation() + "\n" + outcome.states());
            Machine again = new EngineMachine(setup.catalog(), first);
            outcome.recorded().forEach(step -> again.step(step.event(), step.nowNanos()));
            for (var name : setup.catalog().services().keySet()) {
                var view = again.view(name);
                System.out.println("= " + name + " " + (view == null
                        ? ""
                        : view.state() + " wanted " + view.desiredUp()
                                + " waits for " + view.waitingFor() + " " + view.result() + " " + view.cause()));
            }
            return;
        }
        Map<String, Integer> counts = new TreeMap<>();
        Map<String, String> examples = new TreeMap<>();
        long steps = 0;
        long begin = System.nanoTime();
        for (long seed = first; seed < first + count; seed++) {
            Sim.Outcome outcome = Sim.run(Seeds.setup(seed));
            steps += outcome.steps();
            if (outcome.violation() != null) {
                if (counts.isEmpty()) {
                    System.out.println("first failure: seed " + seed + ": " + outcome.violation());
                }
                String key =
                        outcome.violation().replaceAll("[0-9]{2,}|#[0-9]+|s[0-9]+", "N").lines().findFirst().orElse("");
                key = key.substring(0, Math.min(110, key.length()));
                counts.merge(key, 1, Integer::sum);
                examples.merge(key, seed + " (" + outcome.steps() + " steps): " + outcome.violation(),
                        (a, b) -> Integer.parseInt(
                                a.replaceAll(".*?\\((\\d+) steps.*", "$1").lines().findFirst().orElse("0")) <= outcome
                                        .steps()
                                                ? a
                                                : b);
            }
        }
        System.out.printf("%d steps, %.0f/s%n", steps, steps / ((System.nanoTime() - begin) / 1e9));
        counts.forEach((key, number) -> System.out.println(number + "  " + examples.get(key)));
    }
}
