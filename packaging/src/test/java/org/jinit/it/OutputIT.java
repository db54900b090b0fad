package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A service's output is kept, bounded, and shown. */
class OutputIT {
    private static final String TO_FILE = "log: {to: file}\n";

    private static List<Path> logs(Box box, String name) throws IOException {
        Path directory = box.file("log/" + name);
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (var files = Files.list(directory)) {
            return files.toList();
        }
    }

    private static String log(Box box, String name) {
        return box.read("log/" + name + "/current");
    }

    @Test
    void everyLineIsKeptInOrder() {
        try (Box box = Box.pid1()) {
            box.idle("x",
                    "exec: [sh, -c, 'i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; touch /run/box/done; exec sleep 1000']\n"
                            + TO_FILE);
            box.boot().ctl("start", "x").exits(0);
            Await.until("all is written", () -> log(box, "x").endsWith("line 19999\n"));
            StringBuilder wanted = new StringBuilder();
            for (int i = 0; i < 20000; i++) {
                wanted.append("line ").append(i).append('\n');
            }
            assertThat(log(box, "x").equals(wanted.toString())).isTrue();
        }
    }

    @Test
    void statusShowsTheLastLinesOfBothOutputs() {
        try (Box box = Box.pid1()) {
            box.idle("x",
                    "exec: [/run/box/serv, 'print:to standard output', 'error:to standard error', wait]\n" + TO_FILE);
            box.boot().ctl("start", "x").exits(0);
            Await.until("both lines are there", () -> {
                String out = box.ctl("status", "x").exits(0).out();
                return out.contains("to standard output") && out.contains("to standard error");
            });
            assertThat(box.ctl("logs", "x").exits(0).out()).contains("to standard output", "to standard error");
        }
    }

    @Test
    void theLogsSizeIsBounded() throws IOException {
        try (Box box = Box.pid1()) {
            box.idle("x",
                    "exec: [sh, -c, 'yes 0123456789abcdef | head -c 3000000; touch /run/box/done; exec sleep 1000']\n"
                            + "log: {to: file, max-size: 100K, keep: 2}\n");
            box.boot().ctl("start", "x").exits(0);
            Await.until("all was taken", () -> Files.exists(box.file("done")));
            Await.until("three files are left", () -> {
                try {
                    return logs(box, "x").size() == 3;
                } catch (IOException e) {
                    return false;
                }
            });
            for (Path file : logs(box, "x")) {
                assertThat(Files.size(file)).as(file.toString()).isLessThanOrEqualTo(100 << 10);
            }
        }
    }

    @Test
    void outputThatIsNoTextDoesNoHarm() {
        try (Box box = Box.pid1()) {
            box.idle("x",
                    "exec: [sh, -c, 'printf \"\\377\\376\\000bad\\n\\033[31mred\\n\"; exec sleep 1000']\n" + TO_FILE);
            box.boot().ctl("start", "x").exits(0);
            Await.until("it is shown", () -> box.ctl("status", "x").out().contains("red"));
            assertThat(box.ctl("status", "x").out()).doesNotContain("\033[31m");
            assertThat(box.status("x").state()).isEqualTo("running");
        }
    }

    @Test
    void aLogThatIsALinkIsNotFollowed() throws IOException {
        try (Box box = Box.pid1()) {
            Files.createDirectories(box.file("log/x"));
            Files.writeString(box.file("precious"), "precious\n");
            Files.createSymbolicLink(box.file("log/x/current"), Path.of("/run/box/precious"));
            box.idle("x", serv("print:overwritten mark:@m wait") + TO_FILE).boot();
            box.ctl("start", "x");
            box.ctl("status", "x");
            assertThat(box.read("precious")).isEqualTo("precious\n");
            box.ctl("list").exits(0);
        }
    }

    @Test
    void inAContainerOutputIsInheritedByDefault() {
        try (Box box = Box.pid1().define("x", "exec: [/run/box/serv, 'print:hello from x', wait]\n")) {
            box.boot();
            Await.until("it is on the console", () -> box.console().contains("hello from x"));
        }
    }

    @Test
    void aServiceMayOpenItsOutputAnew() {
        try (Box box = Box.pid1()) {
            box.idle("x",
                    "exec: [sh, -c, 'echo again >/dev/stdout; echo error >/dev/stderr; exec sleep 1000']\nuser: nobody\n"
                            + TO_FILE);
            box.boot().ctl("start", "x").exits(0);
            Await.until("both are written", () -> log(box, "x").contains("again") && log(box, "x").contains("error"));
        }
    }

    @Test
    void aFloodOfOutputOfOneDoesNotHoldUpAnother() {
        try (Box box = Box.pid1()) {
            box.define("flood", "exec: yes\nlog: {to: file, max-size: 1M, keep: 1}\n");
            box.idle("x", serv("notify:READY=1 wait") + "ready: notify\n").boot();
            box.awaitState("flood", "running");
            for (int i = 0; i < 5; i++) {
                long begin = System.nanoTime();
                box.ctl("restart", "x").exits(0);
                assertThat((System.nanoTime() - begin) / 1_000_000).isLessThan(3000);
            }
        }
    }
}
