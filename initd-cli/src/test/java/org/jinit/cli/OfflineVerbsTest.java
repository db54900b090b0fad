package org.jinit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** check and simulate, and following a log: without any jinitd. */
@Timeout(60)
class OfflineVerbsTest {
    @TempDir
    Path directory;

    private Path definitions;

    @BeforeEach
    void makeDirectory() throws Exception {
        definitions = Files.createDirectory(directory.resolve("jinit.d"));
    }

    private void define(String name, String text) throws Exception {
        Files.writeString(definitions.resolve(name + ".yaml"), text);
    }

    private Ran run(String... words) {
        return Ran.with(Map.of(), false, words);
    }

    @Test
    void checkPassesWhatIsRight() throws Exception {
        define("web", "exec: /bin/sleep 1000\n");
        assertThat(run("check", definitions.toString())).isEqualTo(new Ran(0, "1 file, 0 errors, 0 warnings\n", ""));
    }

    @Test
    void checkNamesPlaceAndSuggestion() throws Exception {
        define("web", "exec: /bin/sleep 1000\nrestrat: always\n");
        Ran ran = run("check", definitions.toString());
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.out()).contains("web.yaml:2:1: cannot ")
                .contains("restart")
                .contains("1 file, 1 error, 0 warnings");
        assertThat(run("check", "--json", definitions.toString()).out())
                .startsWith("[{\"severity\":\"error\",\"file\":\"")
                .contains("\"line\":2,\"column\":1");
    }

    @Test
    void checkWarnsOfProgramsThatAreMissing() throws Exception {
        define("web", "exec: /no/such/program\n");
        Ran ran = run("check", definitions.toString());
        assertThat(ran.code()).isZero();
        assertThat(ran.out()).contains("warning: ").contains("no such file").contains("1 warning");
    }

    @Test
    void checkOfNoDirectoryIsAMistakeOfTheCommandLine() {
        assertThat(run("check", directory.resolve("nowhere").toString()).code()).isEqualTo(2);
    }

    @Test
    void simulateTellsWhatFollowsFromAFailure() throws Exception {
        define("db", "exec: /bin/sleep 1000\nrestart: {when: never}\n");
        define("web", "exec: /bin/sleep 1000\nrequires: [db]\n");
        Ran ran = run("simulate", definitions.toString(), "--fail", "db=SIGKILL@3s", "--until", "10s");
        assertThat(ran.code()).isZero();
        assertThat(ran.out()).contains("db")
                .contains("-> running")
                .contains("KILL")
                .containsPattern("(?m)^db +failed$");
        assertThat(run("simulate", definitions.toString(), "--fail", "db=SIGKILL@3s", "--until", "10s"))
                .as("the same seed tells the same story")
                .isEqualTo(ran);
        assertThat(run("simulate", "--json", definitions.toString(), "--never-ready", "db").out())
                .startsWith("{\"changes\":[{\"atMillis\":")
                .contains("\"violations\":[]");
    }

    @Test
    void simulateRefusesWhatItCannotDo() throws Exception {
        define("db", "exec: /bin/sleep 1000\n");
        assertThat(run("simulate", definitions.toString(), "--fail", "db").code()).isEqualTo(2);
        assertThat(run("simulate", definitions.toString(), "--fail", "nobody=KILL@3s").code()).isEqualTo(2);
        define("db", "exec: [\n");
        assertThat(run("simulate", definitions.toString()).code()).isEqualTo(1);
    }

    @Test
    void followedLogGoesOnAfterRotationAndTruncation() throws Exception {
        Path log = Files.writeString(directory.resolve("log"), "old\n");
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        java.io.PrintStream stream = new java.io.PrintStream(out, false, StandardCharsets.UTF_8);
        LogVerb.Follower follower = new LogVerb.Follower(new Terminal(stream, stream, false), log, Files.size(log));
        follower.step();
        Files.writeString(log, "one\n", StandardOpenOption.APPEND);
        follower.step();
        Files.writeString(log, "two\n", StandardOpenOption.APPEND);
        Files.move(log, directory.resolve("log.1"));
        Files.writeString(log, "three\n");
        follower.step();
        Files.writeString(log, "4\n");
        follower.step();
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("one\ntwo\nthree\n4\n");
    }
}
