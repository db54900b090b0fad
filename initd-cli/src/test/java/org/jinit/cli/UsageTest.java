package org.jinit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line, help and the manual. */
class UsageTest {
    private static Ran run(String... words) {
        return Ran.with(Map.of(), false, words);
    }

    @Test
    void wrongCommandLinesSayWhatToDo() {
        Map<List<String>, String> wrong = Map.ofEntries(
                Map.entry(List.of("strat", "web"), "did you mean 'start'?"),
                Map.entry(List.of("xyzzy"), "`jinitctl help` lists"),
                Map.entry(List.of("start"), "say NAME... (usage: jinitctl start"),
                Map.entry(List.of("signal", "HUP"), "say SIGNAL NAME..."),
                Map.entry(List.of("list", "web"), "'web' is too much"),
                Map.entry(List.of("stop", "--with-dependants", "web"), "did you mean --with-dependents?"),
                Map.entry(List.of("stop", "--commit"), "it needs a value"),
                Map.entry(List.of("stop", "--plan=yes", "web"), "takes no value"),
                Map.entry(List.of("logs", "-n", "many", "web"), "a number from 1 to"),
                Map.entry(List.of("--frobnicate"), "no such option before a verb"),
                Map.entry(List.of("completion", "fish"), "only bash"),
                Map.entry(List.of("help", "strat"), "did you mean 'start'?"));
        wrong.forEach((words, hint) -> {
            Ran ran = run(words.toArray(String[]::new));
            assertThat(ran.code()).as(words.toString()).isEqualTo(2);
            assertThat(ran.err()).as(words.toString()).startsWith("jinitctl: cannot ").contains(hint);
            assertThat(ran.out()).isEmpty();
        });
    }

    @Test
    void nothingAtAllPrintsHelpAndIsAnError() {
        Ran ran = run();
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("usage: jinitctl");
    }

    @Test
    void wordsAfterTwoDashesAreNames(@TempDir Path directory) {
        assertThat(Ran.in(directory, "start", "--", "--plan").code()).as("it gets as far as connecting").isEqualTo(5);
    }

    @Test
    void everyVerbHasHelpAndFindsItself() {
        for (Verb verb : Verbs.all()) {
            Ran ran = run(verb.name(), "--help");
            assertThat(ran.code()).isZero();
            assertThat(ran.out()).startsWith("usage: jinitctl " + verb.name()).contains(verb.summary());
            assertThat(run("help", verb.name())).isEqualTo(ran);
            assertThat(run("help").out()).contains("  " + verb.name());
        }
        assertThat(Verbs.all()).hasSameSizeAs(Verbs.names());
    }

    @Test
    void helpFitsTheScreen() {
        assertThat(HelpVerb.manual()).allMatch(line -> line.length() <= 130);
    }

    @Test
    void manualIsWhatTheProgramSays() throws Exception {
        Path manual = Path.of("../docs/jinitctl.md");
        String now = String.join("\n", HelpVerb.manual()) + "\n";
        if (Boolean.getBoolean("jinit.write-manual")) {
            Files.writeString(manual, now);
        }
        assertThat(manual).as("run the test with -Djinit.write-manual=true after a change of help").hasContent(now);
    }

    @Test
    void completionKnowsEveryVerbAndItsOptions() throws Exception {
        String script = run("completion", "bash").out();
        assertThat(script).contains("start stop restart").contains("stop) options='--with-dependents --plan --commit");
        Process bash = new ProcessBuilder(
                "bash", "-c",
                script + "COMP_WORDS=(jinitctl --run-dir /x st); COMP_CWORD=3; _jinitctl; echo ${COMPREPLY[@]};"
                        + "COMP_WORDS=(jinitctl stop --w); COMP_CWORD=2; _jinitctl; echo ${COMPREPLY[@]}")
                .redirectErrorStream(true)
                .start();
        String said = new String(bash.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(bash.waitFor()).isZero();
        assertThat(said).isEqualTo("start stop status\n--with-dependents\n");
    }

    @Test
    void nearestWordIsFound() {
        assertThat(Suggest.nearest("stauts", Verbs.names())).isEqualTo("status");
        assertThat(Suggest.nearest("zzzzzz", Verbs.names())).isNull();
        assertThat(Suggest.distance("kitten", "sitting")).isEqualTo(3);
    }

    @Test
    void timesAndSizesAreReadable() throws Exception {
        assertThat(Text.duration(59)).isEqualTo("59s");
        assertThat(Text.duration(200)).isEqualTo("3m 20s");
        assertThat(Text.duration(90_061)).isEqualTo("1d 1h");
        assertThat(Text.bytes(999)).isEqualTo("999 B");
        assertThat(Text.bytes(13L << 30)).isEqualTo("13.0 GB");
        for (String moment : List.of("1970-01-01T00:00:00Z", "2024-02-29T23:59:59.999Z", "2026-11-20T14:57:21.120Z")) {
            assertThat(Text.millis(moment)).isEqualTo(java.time.Instant.parse(moment).toEpochMilli());
        }
        assertThat(Text.millis("yesterday")).isEqualTo(-1);
        assertThat(Text.parseDuration("--timeout", "2m")).isEqualTo(120_000);
    }
}
