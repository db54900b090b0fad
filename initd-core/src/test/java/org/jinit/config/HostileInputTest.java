package org.jinit.config;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jinit.model.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Input that means harm, or is no definition at all, is refused at once and by name. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HostileInputTest {
    private static List<String> problems(byte[] bytes) {
        Reading reading = new Reading(
                List.of(new SourceFile("web.yaml", bytes)), List.of(), List.of(), List.of(), Fingerprint.EMPTY);
        return Parsed.lines(DefinitionParser.parse(reading).problems());
    }

    @Test
    void fileAboveTheLimitIsRefusedWithTheLimit() {
        byte[] large = new byte[(1 << 20) + 1];
        java.util.Arrays.fill(large, (byte) ' ');
        assertThat(problems(large))
                .containsExactly("web.yaml: cannot read the file: it has 1048577 bytes, the limit is 1048576"
                        + " (split it into several files)");
    }

    @Test
    void aliasesThatExplodeAreRefused() {
        StringBuilder laughs = new StringBuilder("a: &a [x,x,x,x,x,x,x,x,x,x]\n");
        for (char c = 'b'; c <= 'j'; c++) {
            char below = (char) (c - 1);
            laughs.append(c).append(": &").append(c).append(" [");
            laughs.append(("*" + below + " ,").repeat(9)).append("*").append(below).append(" ]\n");
        }
        assertThat(Parsed.problems(laughs.toString()))
                .containsExactly(
                        "web.yaml:5:7: cannot expand aliases to more than 10000 values".replace("5:7", place(laughs)));
    }

    /** Ten times ten in b, then in c a hundred each, in d a thousand: the bound falls in d. */
    private static String place(StringBuilder laughs) {
        int nodesOfA = 11;
        int nodesOfB = 1 + 10 * nodesOfA;
        int nodesOfC = 1 + 10 * nodesOfB;
        int used = 10 * nodesOfA + 10 * nodesOfB;
        int fits = (10_000 - used) / nodesOfC;
        return "4:" + (laughs.toString().lines().toList().get(3).indexOf('*') + 1 + 4 * fits);
    }

    @Test
    void aliasOfItselfIsRefused() {
        assertThat(Parsed.problems("environment: &e {A: *e }\n"))
                .containsExactly("web.yaml:1:21: cannot use alias '*e': nothing before it has that anchor");
    }

    @Test
    void deepNestingIsRefusedInEachStyle() {
        String message = "cannot nest lists and maps more than 50 deep";
        assertThat(Parsed.problems("exec: " + "[".repeat(500_000))).singleElement().asString().contains(message);
        assertThat(Parsed.problems("{\"exec\": " + "[".repeat(500_000))).singleElement().asString().contains(message);
        assertThat(Parsed.problems("- ".repeat(400_000))).singleElement().asString().contains(message);
        assertThat(Parsed.problems("? ".repeat(400_000))).singleElement().asString().contains("cannot");
        assertThat(Parsed.problems("{\"a\": ".repeat(150_000))).singleElement().asString().contains(message);
        StringBuilder chain = new StringBuilder("exec: [a]\na0: &a0 [x]\n");
        for (int i = 1; i < 200; i++) {
            chain.append("a").append(i).append(": &a").append(i).append(" [*a").append(i - 1).append(" ]\n");
        }
        assertThat(Parsed.problems(chain.toString())).singleElement().asString().contains(message);
    }

    @Test
    void wrongUtf8IsToldWithItsPlace() {
        assertThat(problems("exec: [a]\ndescription: ä\n".getBytes(ISO_8859_1)))
                .containsExactly("web.yaml:2:14: cannot read the file: it is not UTF-8 (byte 0xe4 is wrong here)"
                        + " (save it as UTF-8)");
        assertThat(problems("exec: a".getBytes(UTF_16))).singleElement().asString().contains("it has a NUL byte");
        assertThat(problems(new byte[]{'a', ':', ' ', (byte) 0xc0, (byte) 0x80}))
                .singleElement()
                .asString()
                .startsWith("web.yaml:1:4: cannot read the file: it is not UTF-8");
        assertThat(problems(new byte[]{'a', ':', ' ', (byte) 0xc3}))
                .singleElement()
                .asString()
                .contains("it is not UTF-8");
    }

    @Test
    void byteOrderMarkAndOtherTextAreFine() {
        assertThat(problems("\uFEFFexec: [a]\n".getBytes(UTF_8))).isEmpty();
        assertThat(problems("exec: [a]\ndescription: Größe 大 😀\n".getBytes(UTF_8))).isEmpty();
        assertThat(problems("exec: [a]\r\ndescription: x\r\n".getBytes(UTF_8))).isEmpty();
    }

    @Test
    void columnsCountCharacters() {
        assertThat(problems("{description: 大😀, exec: [a], nice: 99}\n".getBytes(UTF_8)))
                .containsExactly("web.yaml:1:36: cannot use 'nice' in service web: 99 is not between -20 and 19");
    }

    @Test
    void binaryIsRefused() {
        assertThat(problems(new byte[]{0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0}))
                .containsExactly("web.yaml:1:8: cannot read the file: it is not text (it has a NUL byte)");
        assertThat(problems(new byte[]{'a', ':', ' ', 7}))
                .containsExactly("web.yaml:1:4: cannot parse: character U+7 is not allowed");
    }

    @Test
    void moreServicesThanTheLimitAreRefusedOnce() {
        StringBuilder many = new StringBuilder("services:\n");
        List<SourceFile> files = new ArrayList<>();
        for (int i = 0; i < 20_010; i++) {
            many.append("  s").append(i).append(": {exec: [a]}\n");
            if (i % 10_000 == 9_999 || i == 20_009) {
                files.add(new SourceFile("f" + i + ".yaml", many.toString().getBytes(UTF_8)));
                many = new StringBuilder("services:\n");
            }
        }
        Definitions definitions = DefinitionParser.parse(
                new Reading(files, List.of(), List.of(), List.of(), Fingerprint.EMPTY));
        assertThat(Parsed.lines(definitions.problems()))
                .containsExactly("f20009.yaml:2:3: cannot define more than 20000 services");
        assertThat(definitions.services()).hasSize(20_000);
    }

    @Test
    void problemsAreCapped() {
        StringBuilder wrong = new StringBuilder("exec: [a]\n");
        for (int i = 0; i < 50_000; i++) {
            wrong.append("wrong").append(i).append(": 1\n");
        }
        List<Problem> problems = Parsed.files("web.yaml", wrong.toString()).problems();
        assertThat(problems).hasSize(1001);
        assertThat(problems.getLast().toString())
                .isEqualTo("web.yaml: cannot list 49000 more problems: 1000 are enough to begin with");
    }

    /** The processor's time, not the clock's: other work on the machine must not count. */
    @Test
    void noRepetitionIsQuadratic() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        for (String part : List.of(
                "a", "a ", "a: ", "a: b\n", "'", "\"", "\\", "&a ", "*a ", "!a ", "%a\n", "#\n", "# \n ", "\n", " ",
                "|\n ", ">", "[", "]",
                "{", "}", ",", "[],", "{},", "- a\n", "? a\n", ": ", "---\n", "...\n", "{a: ", "- |\n", "é", "\r",
                "\"\\u0041\" ", "<<: *a\n",
                "a:\n a:\n", "'a': ", "\"a\",", "{\"a\":1},")) {
            for (String start : List.of("", "exec: ", "exec: [", "{\"exec\": [", "exec: \"", "exec: |\n  ")) {
                String text = start + part.repeat(200_000 / part.getBytes(UTF_8).length);
                long begin = threads.getCurrentThreadCpuTime();
                assertThat(Parsed.files("web.yaml", text)).isNotNull();
                long seconds = TimeUnit.NANOSECONDS.toSeconds(threads.getCurrentThreadCpuTime() - begin);
                assertThat(seconds).as("seconds for %s after %s", part, start).isLessThan(3);
            }
        }
    }

    @Test
    void randomBytesOfTheLargestSizeEndFast() {
        Random random = new Random(42);
        for (int i = 0; i < 20; i++) {
            byte[] bytes = new byte[1 << 20];
            random.nextBytes(bytes);
            assertThat(problems(bytes)).isNotEmpty();
        }
    }
}
