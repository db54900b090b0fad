package org.jinit.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every fuzz target with the inputs that once broke something or were found to lead somewhere, and with a few thousand random changes of
 * them. {@code -Dfuzz.seed=N} makes other changes, {@code -Dfuzz.seconds=N} more of them; Jazzer finds more than both (docs/build.md).
 */
@Timeout(3600)
class FuzzCorpusTest {
    private static final long SEED = Long.getLong("fuzz.seed", 1);
    private static final double SECONDS = Double.parseDouble(System.getProperty("fuzz.seconds", "1"));
    private static final double NANOS = 1e9;

    static List<String> targets() {
        return Corpus.TARGETS;
    }

    private static Method method(String target) throws ReflectiveOperationException {
        return Class.forName(target).getMethod("fuzzerTestOneInput", byte[].class);
    }

    private static void run(Method method, String name, byte[] input) throws Exception {
        try {
            method.invoke(null, (Object) input);
        } catch (InvocationTargetException e) {
            throw new AssertionError(name + " fails with " + Corpus.encode(input), e.getCause());
        }
    }

    @ParameterizedTest
    @MethodSource("targets")
    void knownInputsKeepTheirPromises(String target) throws Exception {
        Map<String, byte[]> corpus = Corpus.of(target);
        assertThat(corpus).isNotEmpty();
        for (Map.Entry<String, byte[]> input : corpus.entrySet()) {
            run(method(target), input.getKey(), input.getValue());
        }
    }

    @ParameterizedTest
    @MethodSource("targets")
    void changedInputsKeepTheirPromises(String target) throws Exception {
        List<byte[]> corpus = new ArrayList<>(Corpus.of(target).values());
        SplittableRandom random = new SplittableRandom(SEED);
        long deadline = System.nanoTime() + (long) (SECONDS * NANOS);
        int count = 0;
        while (System.nanoTime() < deadline) {
            run(method(target), "seed " + SEED + ", change " + count++, Mutation.of(corpus, random));
        }
        assertThat(count).isPositive();
    }

    @Test
    void inputsComeBackAsTheyWereWritten() {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        String line = Corpus.encode(all);
        assertThat(line).matches("[ -~]*").startsWith("\\x00");
        assertThat(Corpus.decode(line)).isEqualTo(all);
        assertThat(Corpus.encode(new byte[]{'#', ' ', '#'})).isEqualTo("\\x23 #");
    }
}
