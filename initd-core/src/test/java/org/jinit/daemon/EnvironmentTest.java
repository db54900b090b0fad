package org.jinit.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnvironmentTest {
    private static Map<String, String> parse(String text) throws EnvironmentFiles.MalformedException {
        return EnvironmentFiles.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void fileHasOneAssignmentALine() throws Exception {
        assertThat(parse("# comment\nA=1\n\nB = two words \n;x\nC=\"quoted \" \nD='a=b'\nA=3"))
                .containsExactly(Map.entry("A", "3"), Map.entry("B", "two words"), Map.entry("C", "quoted "),
                        Map.entry("D", "a=b"));
    }

    @Test
    void badLineIsNamedByNumber() {
        assertThatThrownBy(() -> parse("A=1\nnonsense\n")).hasMessageStartingWith("line 2:");
        assertThatThrownBy(() -> parse("1A=1\n")).hasMessageStartingWith("line 1:");
    }

    @Test
    void wrongUtf8IsRefused() {
        assertThatThrownBy(() -> EnvironmentFiles.parse(new byte[]{'A', '=', (byte) 0xff}))
                .hasMessageContaining("UTF-8");
    }

    @Test
    void whatBelongsToJinitdAloneIsStrippedAndAPathIsAlwaysThere() {
        List<String> original =
                List.of("NOTIFY_SOCKET=/x", "LISTEN_FDS=2", "WATCHDOG_PID=1", "UPSTART_JOB=j", "KEPT=1");
        assertThat(BaseEnvironment.of(original, true)).containsOnlyKeys("KEPT", "PATH");
    }

    @Test
    void withoutInheritanceOnlyHarmlessNamesRemain() {
        List<String> original = List.of("PATH=/bin", "LANG=C", "LC_TIME=C", "TZ=UTC", "SECRET=1", "=odd", "odd");
        assertThat(BaseEnvironment.of(original, false)).containsOnlyKeys("LANG", "LC_TIME", "PATH", "TZ");
    }

    @Test
    void originalValueIsFoundEvenWhenStripped() {
        assertThat(BaseEnvironment.original(List.of("A=1", "NOTIFY_SOCKET=/n"), "NOTIFY_SOCKET")).isEqualTo("/n");
        assertThat(BaseEnvironment.original(List.of(), "NOTIFY_SOCKET")).isEmpty();
    }
}
