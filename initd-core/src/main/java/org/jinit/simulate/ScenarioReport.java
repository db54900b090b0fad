package org.jinit.simulate;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jinit.engine.State;
import org.jinit.model.ServiceName;

/**
 * What happened in a scenario.
 *
 * @param lines every change of state, in the order of time
 * @param finalStates when {@code until} was reached, before everything was stopped
 * @param violations invariants that did not hold: always a bug of jinit, never one of the definitions
 * @param steps how many steps the engine took
 */
public record ScenarioReport(
        List<Line> lines, SortedMap<ServiceName, State> finalStates, List<String> violations, long steps) {
    /** One change of state. @param at since boot @param why for people */
    public record Line(Duration at, ServiceName service, State from, State to, String why) {}

    public ScenarioReport {
        lines = List.copyOf(lines);
        finalStates = Collections.unmodifiableSortedMap(new TreeMap<>(finalStates));
        violations = List.copyOf(violations);
    }
}
