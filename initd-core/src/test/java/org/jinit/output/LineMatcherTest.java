package org.jinit.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class LineMatcherTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void lineThatComesInPiecesMatchesWhenItIsWhole() {
        LineMatcher matcher = new LineMatcher(Pattern.compile("^ready on \\d+$"));
        assertThat(matcher.add(bytes("x\nready "))).isFalse();
        assertThat(matcher.add(bytes("on 80"))).isFalse();
        assertThat(matcher.add(bytes("80\n"))).isTrue();
    }

    @Test
    void endlessLineIsBounded() {
        LineMatcher matcher = new LineMatcher(Pattern.compile("end"));
        for (int i = 0; i < 1000; i++) {
            assertThat(matcher.add(bytes("x".repeat(1000)))).isFalse();
        }
        assertThat(matcher.add(bytes("end\nend\n"))).isTrue();
    }
}
