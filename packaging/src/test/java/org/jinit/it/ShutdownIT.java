package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The end: in order, bounded, with nothing left and exit status 0. */
class ShutdownIT {
    private static final String NOTIFY = "ready: notify\n";

    private static String stopper(String name, String edges) {
        return serv("tag:s on:TERM { sleep:100 mark:@m:" + name + " exit:0 } notify:READY=1 wait") + NOTIFY + edges;
    }

    @ParameterizedTest
    @EnumSource(names = {"PID1", "BESIDE"})
    void aDiamondStopsFromItsTop(Box.Style style) {
        try (Box box = new Box(style)) {
            box.define("a", stopper("a", "")).define("c", stopper("c", "requires: [a]\n"));
            box.define("d", stopper("d", "requires: [a]\n")).define("b", stopper("b", "requires: [c, d]\n"));
            box.boot().awaitState("b", "running");
            assertThat(box.shutdown()).isZero();
            List<String> order = box.texts("m");
            assertThat(order).hasSize(4).startsWith("b").endsWith("a").contains("c", "d");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void whoeverIgnoresTermIsKilledAtItsTimeout(String signal) {
        try (Box box = Box.beside()) {
            for (int i = 0; i < 5; i++) {
                box.define("s" + i,
                        serv("tag:s ignore:TERM notify:READY=1 wait") + NOTIFY + "stop: {timeout: 500ms}\n");
            }
            box.boot().awaitState("s4", "running");
            long begin = System.nanoTime();
            box.signal(signal);
            assertThat(box.awaitExit(Duration.ofSeconds(15))).isZero();
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isBetween(Duration.ofMillis(500),
                    Duration.ofSeconds(5));
            assertThat(box.tagged("tag:s")).isEmpty();
        }
    }

    @Test
    void servicesThatKeepCrashingDoNotHoldUpTheEnd() {
        try (Box box = Box.beside()) {
            for (int i = 0; i < 5; i++) {
                box.define("s" + i,
                        serv("tag:s mark:@m exit:1") + "restart: {delay: 0ms, factor: 1, limit: unlimited}\n");
            }
            box.boot();
            Await.until("they crash", () -> box.marks("m").size() > 20);
            assertThat(box.shutdown()).isZero();
            assertThat(box.tagged("tag:s")).isEmpty();
        }
    }

    @Test
    void aStartThatNeverEndsDoesNotHoldUpTheEnd() {
        try (Box box = Box.beside().gate("gate")) {
            box.define("x", serv("tag:s mark:@m gate:@gate wait") + NOTIFY).boot();
            Await.until("it waits", () -> !box.marks("m").isEmpty());
            assertThat(box.shutdown()).isZero();
            assertThat(box.tagged("tag:s")).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-Xmx2m", "-XX:NoSuchOption", "-agentlib:nothing", "-Dfile.encoding=x -Xss1"})
    void hostileJavaOptionsChangeNothing(String options) {
        try (Box box = Box.pid1().environment("JAVA_TOOL_OPTIONS", options).environment("_JAVA_OPTIONS", options)) {
            box.environment("JDK_JAVA_OPTIONS", options)
                    .environment("CLASSPATH", "/nowhere")
                    .environment("LD_PRELOAD", "/no/such.so");
            box.define("x", serv("env:@env notify:READY=1 wait") + NOTIFY).boot();
            box.awaitState("x", "running");
            assertThat(box.read("env").lines()).as("a container's environment reaches its services")
                    .contains("JAVA_TOOL_OPTIONS=" + options);
            assertThat(box.shutdown()).isZero();
        }
    }

    @Test
    void asFirstProcessItReapsEveryOrphan() {
        try (Box box = Box.pid1()) {
            box.define("x", serv("mark:@m:up repeat:300 { orphan { exit:0 } } mark:@m:done wait")).boot();
            Await.until("all orphans were made", () -> box.texts("m").contains("done"));
            Await.until("no zombie is left", () -> box.processes().stream().noneMatch(Proc::zombie));
        }
    }

    @Test
    void aStrangersOrphanIsReapedToo() {
        try (Box box = Box.pid1().boot()) {
            box.inside("/run/box/serv", "orphan", "{", "mark:/run/box/m", "exit:3", "}").exits(0);
            Await.until("it ran", () -> !box.marks("m").isEmpty());
            Await.until("no zombie is left", () -> box.processes().stream().noneMatch(Proc::zombie));
        }
    }

    @Test
    void ctrlCInTheTerminalStopsEverythingCleanly() {
        try (Box box = Box.beside().open()) {
            box.define("x",
                    serv("tag:s on:TERM { mark:@m:TERM exit:0 } on:INT { mark:@m:INT exit:0 } notify:READY=1 wait")
                            + NOTIFY);
            Process script = box.spawnInside("script.out", "sh", "-c",
                    "(until test -e /run/box/press; do sleep 0.05; done; printf '\\003'; sleep 20) |"
                            + " script -qec 'trap : INT; /run/image/sbin/jinitd --config-dir /run/box/etc;"
                            + " echo exit=$?' /dev/null");
            Await.until("jinitd answers",
                    () -> box.root("/run/jinit/control").toFile().exists() && box.ctl("list").code() == 0);
            box.awaitState("x", "running");
            box.write("press", "");
            Await.until("it ended", () -> box.read("script.out").contains("exit="));
            assertThat(box.read("script.out")).contains("exit=0");
            assertThat(box.texts("m")).containsExactly("TERM");
            assertThat(box.tagged("tag:s")).isEmpty();
            script.destroyForcibly();
        }
    }

    @Test
    void nothingIsStartedOnceTheEndHasBegun() {
        try (Box box = Box.pid1()) {
            box.define("slow", serv("on:TERM { mark:@m:stopping sleep:1500 exit:0 } notify:READY=1 wait") + NOTIFY);
            box.idle("x", serv("mark:@x wait")).boot();
            box.awaitState("slow", "running");
            box.signal("TERM");
            Await.until("the end has begun", () -> box.texts("m").contains("stopping"));
            assertThat(box.ctl("start", "x").exits(1).err()).contains("cannot ").contains("shutting down");
            assertThat(box.awaitExit(Duration.ofSeconds(20))).isZero();
            assertThat(box.marks("x")).isEmpty();
        }
    }

    @Test
    void exitStatusIsTheMainCommandsWithRun() {
        try (Box box = Box.pid1().launch("run", "--", "/run/box/serv", "mark:/run/box/m", "exit:23")) {
            assertThat(box.awaitExit(Duration.ofSeconds(20))).isEqualTo(23);
            assertThat(box.marks("m")).hasSize(1);
        }
    }

    @Test
    void aBrokenDefinitionAtBootIsToldAndTheRestStarts() {
        try (Box box = Box.pid1()) {
            box.define("good", serv("mark:@m wait")).define("bad", "exec: [\n").launch();
            Await.until("it is told", () -> box.console().contains("bad.yaml:"));
        }
    }
}
