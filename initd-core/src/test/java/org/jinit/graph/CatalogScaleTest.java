package org.jinit.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jinit.config.DefinitionParser;
import org.jinit.config.Definitions;
import org.jinit.config.Reading;
import org.jinit.model.ServiceName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Large graphs, long chains, and the order and cycles of random ones against a plain search. */
class CatalogScaleTest {
    private static Definitions layers(int services, int width) {
        StringBuilder text = new StringBuilder("services:\n");
        Random random = new Random(7);
        for (int i = 0; i < services; i++) {
            text.append("  s").append(i).append(": {exec: [x]");
            if (i >= width) {
                int below = (i / width - 1) * width;
                text.append(", requires: [");
                for (int k = 0; k < 3; k++) {
                    text.append(k == 0 ? "s" : ", s").append(below + (random.nextInt(width / 3) * 3 + k) % width);
                }
                text.append(']');
            }
            text.append("}\n");
        }
        Definitions definitions = DefinitionParser.parse(Reading.of(Map.of("all.yaml", text.toString())));
        assertThat(definitions.problems()).isEmpty();
        return definitions;
    }

    private static long cpuMillis(Definitions definitions) {
        long begin = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        assertThat(Catalog.of(definitions).valid()).isTrue();
        return (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begin) / 1_000_000;
    }

    @Test
    @Tag("slow")
    void costGrowsWithSizeAndNotFaster() {
        Definitions small = layers(1_000, 100);
        Definitions large = layers(10_000, 100);
        long smallMillis = Long.MAX_VALUE;
        long largeMillis = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            smallMillis = Math.min(smallMillis, cpuMillis(small));
            largeMillis = Math.min(largeMillis, cpuMillis(large));
        }
        assertThat(largeMillis).isLessThan(40 * Math.max(1, smallMillis)).isLessThan(2_000);
    }

    @Test
    void chainAndCycleOfTheLongestLengthNeedNoStack() {
        StringBuilder text = new StringBuilder("services:\n");
        int length = 15_000;
        for (int i = 0; i < length; i++) {
            text.append("  s").append(i).append(": {exec: [x], requires: [s").append((i + 1) % length).append("]}\n");
        }
        Catalog cycle = Catalog.of(DefinitionParser.parse(Reading.of(Map.of("all.yaml", text.toString()))));
        assertThat(cycle.problems()).hasSize(1);
        assertThat(cycle.problems().getFirst().text()).contains("cycle s0 -> s1 -> s2 ", "... 14960 more ...",
                "-> s14999 -> s0");
        String chain = text.toString().replace("requires: [s0]", "nice: 0");
        Catalog valid = Catalog.of(DefinitionParser.parse(Reading.of(Map.of("all.yaml", chain))));
        assertThat(valid.valid()).isTrue();
        assertThat(valid.topologicalOrder().getFirst()).isEqualTo(new ServiceName("s14999"));
        assertThat(valid.requiredClosure(List.of(new ServiceName("s0")))).hasSize(length);
    }

    @Test
    @Tag("slow")
    void manyConflictsAndManyMissingNamesEndSoon() {
        StringBuilder text = new StringBuilder("services:\n");
        for (int i = 0; i < 4_000; i++) {
            text.append("  s").append(i).append(": {exec: [x], enabled: false, requires: [t").append(i).append("]");
            text.append(", conflicts: [s").append((i + 1) % 4_000).append("], wants: [s").append(i + 1).append("]}\n");
        }
        long begin = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        Catalog catalog = Catalog.of(DefinitionParser.parse(Reading.of(Map.of("all.yaml", text.toString()))));
        assertThat(catalog.valid()).isFalse();
        assertThat((ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begin) / 1_000_000)
                .isLessThan(5_000);
    }

    /** A cycle is reported exactly when a plain depth-first search finds one, and an order without one respects every edge. */
    @Property(tries = 400)
    void orderAndCyclesAgreeWithAPlainSearch(@ForAll long seed) {
        Random random = new Random(seed);
        int size = 1 + random.nextInt(9);
        Map<String, String> files = new LinkedHashMap<>();
        boolean[][] waits = new boolean[size][size];
        for (int i = 0; i < size; i++) {
            StringBuilder keys = new StringBuilder("exec: [x]\nenabled: false\n");
            for (String key : List.of("requires", "wants", "after", "before")) {
                List<String> names = new ArrayList<>();
                for (int j = 0; j < size; j++) {
                    if (i != j && random.nextInt(size * 3) == 0) {
                        names.add("s" + j);
                        boolean before = key.equals("before");
                        waits[before ? j : i][before ? i : j] = true;
                    }
                }
                keys.append(key).append(": ").append(names).append('\n');
            }
            files.put("s" + i + ".yaml", keys.toString());
        }
        Catalog catalog = Catalog.of(DefinitionParser.parse(Reading.of(files)));
        assertThat(catalog.valid()).isEqualTo(!hasCycle(waits));
        if (catalog.valid()) {
            Map<ServiceName, Integer> place = new HashMap<>();
            catalog.topologicalOrder().forEach(name -> place.put(name, place.size()));
            for (ServiceName name : catalog.services().keySet()) {
                for (Edge edge : catalog.orderedAfter(name)) {
                    assertThat(place.getOrDefault(edge.earlier(), -1)).isLessThan(place.getOrDefault(name, -1));
                }
            }
        }
        assertThat(catalog.topologicalOrder()).hasSize(size);
    }

    private static boolean hasCycle(boolean[][] waits) {
        int size = waits.length;
        boolean[][] reach = new boolean[size][];
        for (int i = 0; i < size; i++) {
            reach[i] = waits[i].clone();
        }
        for (int k = 0; k < size; k++) {
            for (int i = 0; i < size; i++) {
                for (int j = 0; j < size; j++) {
                    reach[i][j] |= reach[i][k] && reach[k][j];
                }
            }
        }
        for (int i = 0; i < size; i++) {
            if (reach[i][i]) {
                return true;
            }
        }
        return false;
    }
}
