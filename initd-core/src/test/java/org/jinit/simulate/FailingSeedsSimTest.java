package org.jinit.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every seed that ever failed, by the name of what was wrong. The list is {@code failing-seeds.txt}: {@code SEED  what was wrong}. */
class FailingSeedsSimTest {
    @TestFactory
    List<DynamicTest> whatOnceFailedHolds() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (String line : lines()) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] parts = line.strip().split("\\s+", 2);
                long seed = Long.parseLong(parts[0]);
                tests.add(DynamicTest.dynamicTest(
                        "seed " + seed + ": " + parts[1],
                        () -> assertThat(EngineSimTest.check(seed).violation()).isNull()));
            }
        }
        return tests;
    }

    private static List<String> lines() throws IOException {
        try (InputStream in = Objects.requireNonNull(
                FailingSeedsSimTest.class.getResourceAsStream("failing-seeds.txt"), "failing-seeds.txt is missing")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }
}
