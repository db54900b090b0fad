package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StateTest {
    @Test
    void theTableOfTransitionsIsThePublishedOne() {
        List<String> table = new ArrayList<>();
        for (State from : State.values()) {
            StringBuilder row = new StringBuilder(from.label()).append(" to");
            for (State to : State.values()) {
                if (from.mayFollow(to)) {
                    row.append(' ').append(to.label());
                }
            }
            table.add(row.toString());
        }
        assertThat(table)
                .containsExactly(
                        "stopped to waiting starting failed",
                        "waiting to stopped starting failed",
                        "starting to running stopping done",
                        "running to reloading stopping",
                        "reloading to running stopping",
                        "stopping to stopped waiting starting backoff failed done skipped",
                        "backoff to stopped waiting starting failed",
                        "failed to stopped waiting starting",
                        "done to stopped waiting starting failed",
                        "skipped to stopped waiting starting failed");
    }

    @Test
    void resultsAreNamedAsInTheEnvironmentOfCommands() {
        assertThat(Result.values())
                .extracting(Result::label)
                .containsExactly(
                        "success", "exit-code", "signal", "core-dump", "timeout", "watchdog", "protocol",
                        "start-limit-hit",
                        "dependency", "resources");
    }
}
