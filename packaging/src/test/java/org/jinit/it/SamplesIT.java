package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The definitions that users get: the samples of {@code etc/jinit.d}, and the examples of {@code etc/examples}. */
class SamplesIT {
    private static final Path ETC = Path.of(System.getProperty("jinit.examples", "../etc/examples"))
            .toAbsolutePath()
            .resolveSibling("jinit.d");

    private static void copy(Path from, Box box) {
        try (var files = Files.list(from)) {
            for (Path file : files.toList()) {
                box.write("etc/" + file.getFileName(), Files.readString(file));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theSamplesComeUpInOrderAndGoDownCleanly() {
        try (Box box = Box.pid1()) {
            copy(ETC, box);
            box.boot();
            box.awaitState("web", "running");
            assertThat(box.state("schema")).isEqualTo("done");
            assertThat(box.state("cache")).isEqualTo("running");
            assertThat(box.status("cache").mainPid()).isPositive();
            assertThat(box.status("database").text("statusText")).isEqualTo("accepting connections");
            List<String> ready = box.console()
                    .lines()
                    .filter(line -> line.matches(".*: (ready|done) after .*"))
                    .map(line -> line.replaceAll(".*INFO +([a-z]+): (ready|done) after.*", "$1"))
                    .toList();
            assertThat(ready).containsSubsequence("database", "schema", "web").contains("cache");
            box.ctl("stop", "database").exits(1);
            box.ctl("restart", "--with-dependents", "database").exits(0);
            box.awaitState("web", "running");
            assertThat(box.shutdown()).isZero();
        }
    }

    @Test
    void everyExampleIsWellFormed() {
        try (Box box = Box.beside().open()) {
            copy(ETC.resolveSibling("examples"), box);
            Cli cli = box.inside("/run/image/bin/jinitctl", "check", "/run/box/etc");
            assertThat(cli.text()).doesNotContain("cannot");
            assertThat(cli.code()).isZero();
        }
    }
}
