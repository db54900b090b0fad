package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bad definitions give file, line and column, and nothing else happens. */
class DefinitionsIT {
    private static Cli check(Box box) {
        return box.inside("/run/image/bin/jinitctl", "check", "/run/box/etc");
    }

    @Test
    void goodDefinitionsPassTheCheck() {
        try (Box box = Box.beside().open().define("web", serv("wait") + "wants: [db]\n").define("db", serv("wait"))) {
            check(box).exits(0);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            exec: /bin/true 'open            | 1:7  | cannot
            exec: /bin/true\\nexecc: x       | 2:1  | exec
            exec: /bin/true\\nstop: {signl: TERM} | 2:8 | signal
            exec: /bin/true\\nuser: [a]      | 2:7  | cannot
            description: x                   | 1:1  | exec
            exec: /bin/true\\nexec: /bin/false | 2:1 | twice
            exec: echo a > b                 | 1:7  | sh
            exec: /bin/true\\nstart-timeout: soon | 2:16 | 5s
            exec: /bin/true\\nrequires: [nobody-defines-it] | 2:12 | nobody-defines-it
            exec: /bin/true\\nstop: {signal: KILLL} | 2:16 | KILL
            """)
    void aProblemIsToldWithFileLineAndColumn(String yaml, String position, String hint) {
        try (Box box = Box.beside().open().define("web", yaml.replace("\\n", "\n") + "\n")) {
            Cli cli = check(box).exits(1);
            assertThat(cli.text()).contains("web.yaml:" + position + ":").contains("cannot ").contains(hint);
        }
    }

    @Test
    void allProblemsOfAllFilesAreToldAtOnce() {
        try (Box box =
                Box.beside().open().define("a", "exec: /bin/true\nfoo: 1\nbar: 2\n").define("b", "type: nothing\n")) {
            assertThat(check(box).exits(1).text()).contains("a.yaml:2:1", "a.yaml:3:1", "b.yaml:1:7");
        }
    }

    @Test
    void aCycleIsToldWithItsPath() {
        try (Box box = Box.beside().open()) {
            box.define("a", serv("wait") + "requires: [b]\n").define("b", serv("wait") + "requires: [c]\n");
            box.define("c", serv("wait") + "before: [b]\nrequires: [a]\n");
            assertThat(check(box).exits(1).text()).contains("a -> b", "b -> c", "c -> a");
        }
    }

    @Test
    void oneNameInTwoFilesIsToldWithBothPlaces() {
        try (Box box = Box.beside().open().define("a", serv("wait"))) {
            box.define("more", "services:\n  a:\n    exec: /bin/true\n");
            assertThat(check(box).exits(1).text()).contains("a.yaml:1:1", "more.yaml:2:3");
        }
    }

    @ParameterizedTest
    @CsvSource({"exploding", "huge", "binary", "deep", "utf8", "directory", "fifo", "empty-key", "tab"})
    void hostileFilesAreRefusedQuickly(String kind) throws IOException {
        try (Box box = Box.beside().open()) {
            hostile(box, kind);
            long begin = System.nanoTime();
            Cli cli = check(box).exits(1);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
            assertThat(cli.text()).contains("x.yaml")
                    .contains("cannot ")
                    .doesNotContain("Exception")
                    .doesNotContain("\tat ");
        }
    }

    private static void hostile(Box box, String kind) throws IOException {
        switch (kind) {
            case "exploding" -> {
                StringBuilder text = new StringBuilder("a0: &a0 [x, x]\n");
                for (int i = 1; i < 40; i++) {
                    text.append("a%d: &a%d [*a%d, *a%d]%n".formatted(i, i, i - 1, i - 1));
                }
                box.define("x", text.toString());
            }
            case "huge" -> box.define("x", "description: " + "x".repeat(100_000_000) + "\n");
            case "binary" -> Files.write(box.file("etc/x.yaml"), new byte[]{0, 1, 2, 3, (byte) 0xff, 'e', 0});
            case "deep" -> box.define("x", "exec: " + "[".repeat(100_000) + "\n");
            case "utf8" ->
                Files.write(box.file("etc/x.yaml"), new byte[]{'e', 'x', 'e', 'c', ':', ' ', (byte) 0xc3, 0x28, '\n'});
            case "directory" -> Files.createDirectory(box.file("etc/x.yaml"));
            case "fifo" -> box.gate("etc/x.yaml");
            case "empty-key" -> box.define("x", "? \n: value\n");
            case "tab" -> box.define("x", "exec:\n\t- /bin/true\n");
            default -> throw new AssertionError(kind);
        }
    }

    @Test
    void whatIsNotSupportedYetIsRefusedAndNotIgnored() {
        try (Box box = Box.beside().open().define("x", serv("wait") + "schedule: {every: 1h}\n")) {
            assertThat(check(box).exits(1).text()).contains("x.yaml:2:").contains("schedule");
        }
    }

    @Test
    void rootRefusesADefinitionThatOthersMayWrite() throws IOException {
        try (Box box = Box.beside().open().define("x", serv("wait"))) {
            box.inside("chmod", "666", "/run/box/etc/x.yaml").exits(0);
            assertThat(check(box).exits(1).text()).contains("x.yaml").contains("cannot ");
        }
    }

    @Test
    void aDropInChangesOneKey() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m wait") + "environment: {A: one, B: two}\n");
            box.write("etc/x.d/10-env.yaml", "environment: {B: three}\n" + serv("env:@env wait"));
            box.boot().ctl("start", "x").exits(0);
            assertThat(awaitText(box, "env").lines()).contains("A=one", "B=three");
        }
    }

    @Test
    void aTemplateKnowsItsInstance() {
        try (Box box = Box.pid1()) {
            box.define("x@", serv("mark:@m:${instance} wait")).boot();
            box.ctl("start", "x@eu1", "x@eu2").exits(0);
            assertThat(box.texts("m")).containsExactlyInAnyOrder("eu1", "eu2");
        }
    }

    @Test
    void variablesExpandInCommands() {
        try (Box box = Box.pid1()) {
            box.idle("x", """
                    exec: [/run/box/serv, "mark:/run/box/m:${A}-${B:-two words}-$$C", wait]
                    environment: {A: one}
                    """);
            box.idle("y", serv("mark:@n:${NOT_SET} wait"));
            box.boot().ctl("start", "x").exits(0);
            assertThat(box.texts("m")).containsExactly("one-two words-$C");
            assertThat(box.ctl("start", "y").exits(1).text()).contains("NOT_SET");
            assertThat(box.marks("n")).isEmpty();
        }
    }

    private static String awaitText(Box box, String file) {
        return Await.value(file, () -> box.read(file).isEmpty() ? null : box.read(file));
    }
}
