package org.jinit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The keeper by itself, under a driver in C that speaks its protocol ({@code src/test/c}). The cases that take minutes run with
 * {@code -Djinit.long=true}. Needs root, for the namespaces.
 */
class KeeperTest {
    @TestFactory
    Stream<DynamicTest> keeperKeepsItsPromises() throws IOException, InterruptedException {
        return casesOf("list");
    }

    @TestFactory
    Stream<DynamicTest> keeperKeepsItsPromisesForLong() throws IOException, InterruptedException {
        return Boolean.getBoolean("jinit.long") ? casesOf("list", "long") : Stream.empty();
    }

    private static Stream<DynamicTest> casesOf(String... words) throws IOException, InterruptedException {
        assumeTrue("root".equals(System.getProperty("user.name")), "namespaces need root");
        KeeperDriver.Outcome list = KeeperDriver.call(new byte[0], words);
        assertThat(list.code()).as(list.text()).isZero();
        return list.text().lines().map(name -> DynamicTest.dynamicTest(name, () -> {
            KeeperDriver.Outcome outcome = KeeperDriver.runCase(name);
            assertThat(outcome.code()).as(outcome.text()).isZero();
            System.out.print(outcome.text());
        }));
    }
}
