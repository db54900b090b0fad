package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The control socket and jinitctl: codes, many clients, bad clients. */
class ControlIT {
    private static final String PING = "{\"method\":\"org.jinit.Manager.Ping\",\"parameters\":{}}";

    @Test
    void exitCodesTellWhatHappened() {
        try (Box box = Box.pid1().idle("x", serv("wait")).idle("bad", serv("exit:1") + "restart: {when: never}\n")) {
            box.boot();
            box.ctl("start", "x").exits(0);
            box.ctl("start", "bad").exits(1);
            box.ctl("strat", "x").exits(2);
            box.ctl("start").exits(2);
            box.ctl("status", "bad").exits(3);
            box.ctl("status", "x").exits(0);
            for (String verb : List.of("start", "stop", "restart", "status", "show", "why")) {
                assertThat(box.ctl(verb, "nobody").exits(4).err()).as(verb).contains("nobody");
            }
            assertThat(box.inside("/run/image/bin/jinitctl", "--run-dir", "/run/nowhere", "list").exits(5).err())
                    .contains("cannot ")
                    .contains("/run/nowhere");
            assertThat(box.ctl("version").exits(0).out()).containsPattern("[0-9]+\\.[0-9]+");
        }
    }

    @Test
    void aRequestForSeveralIsAcceptedWholeOrRefusedWhole() {
        try (Box box = Box.pid1()) {
            String[] start = new String[22];
            start[0] = "start";
            for (int i = 0; i < 20; i++) {
                box.idle("s" + i, serv("mark:@m wait"));
                start[i + 1] = "s" + i;
            }
            start[21] = "nobody";
            box.boot().ctl(start).exits(4);
            assertThat(box.marks("m")).isEmpty();
            start[21] = "s0";
            box.ctl(start).exits(0);
            Await.until("all twenty run", () -> box.marks("m").size() == 20);
        }
    }

    @Test
    void statusAndListAreJsonThatTellsTheFacts() {
        try (Box box = Box.pid1()
                .idle("x", serv("notify:READY=1 'notify:STATUS=all is well' mark:@m wait") + "ready: notify\n")) {
            box.idle("y", serv("wait")).boot().ctl("start", "x").exits(0);
            Await.until("it has told", () -> box.status("x").text("statusText").equals("all is well"));
            Map<String, @Nullable Object> status =
                    Json.objects(box.ctl("status", "x", "--json").exits(0).out()).getFirst();
            assertThat(status).containsKeys("name", "state", "desired", "mainPid", "processes", "restarts", "result",
                    "exitCode",
                    "exitSignal", "statusText", "cause", "since");
            assertThat(status).containsEntry("name", "x")
                    .containsEntry("state", "running")
                    .containsEntry("desired", "up")
                    .containsEntry("statusText", "all is well")
                    .containsEntry("mainPid", (long) box.marks("m").getFirst().pid());
            assertThat(Json.objects(box.ctl("list", "--json").exits(0).out())).extracting(object -> object.get("name"))
                    .containsExactly("x", "y");
        }
    }

    @Test
    void twoStartsOfOneServiceStartItOnce() {
        try (Box box = Box.pid1().gate("gate")) {
            box.idle("x", serv("mark:@m gate:@gate notify:READY=1 wait") + "ready: notify\n").boot();
            Process one = box.spawnInside("one", "/run/image/bin/jinitctl", "start", "x");
            Process two = box.spawnInside("two", "/run/image/bin/jinitctl", "start", "x");
            Await.until("it runs", () -> !box.marks("m").isEmpty());
            box.open("gate");
            Await.until("both return", () -> !one.isAlive() && !two.isAlive());
            assertThat(one.exitValue()).isZero();
            assertThat(two.exitValue()).isZero();
            assertThat(box.marks("m")).hasSize(1);
        }
    }

    @Test
    void manyClientsAtOnceAreAllAnswered() throws Exception {
        try (Box box = Box.pid1().define("x", serv("wait"));
                ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            box.boot();
            List<Future<Integer>> answers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                answers.add(pool.submit(() -> {
                    int good = 0;
                    try (Varlink connection = box.connect()) {
                        for (int call = 0; call < 50; call++) {
                            good += connection.call("Status", "{\"names\":[\"x\"]}").containsKey("parameters") ? 1 : 0;
                        }
                    }
                    return good;
                }));
            }
            for (Future<Integer> answer : answers) {
                assertThat(answer.get()).isEqualTo(50);
            }
        }
    }

    @Test
    void aClientThatStallsCostsOnlyItsOwnConnection() throws IOException {
        try (Box box = Box.pid1()) {
            for (int i = 0; i < 50; i++) {
                box.idle("service-with-a-long-name-to-fill-replies-" + i, serv("wait"));
            }
            box.boot();
            List<Varlink> stalled = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                Varlink connection = box.connect();
                stalled.add(connection);
                connection.send("{\"method\":\"org.jinit.Man");
            }
            Varlink greedy = box.connect();
            stalled.add(greedy);
            Thread sender = Thread.startVirtualThread(() -> {
                try {
                    for (int i = 0; i < 2000; i++) {
                        greedy.send("{\"method\":\"org.jinit.Manager.List\",\"parameters\":{}}");
                    }
                } catch (IOException e) {
                    // jinitd ended the connection of one who never reads: it may.
                }
            });
            for (int i = 0; i < 20; i++) {
                long begin = System.nanoTime();
                try (Varlink good = box.connect()) {
                    assertThat(good.call("Ping", "{}")).doesNotContainKey("error");
                }
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
            }
            stalled.forEach(Varlink::close);
            sender.interrupt();
        }
    }

    @Test
    void rubbishIsAnsweredOrCutAndHurtsNobodyElse() throws IOException {
        try (Box box = Box.pid1().define("x", serv("mark:@m wait"))) {
            box.boot().awaitState("x", "running");
            Random random = new Random(42);
            for (int i = 0; i < 300; i++) {
                try (Varlink bad = box.connect()) {
                    sendRubbish(bad, i, random);
                } catch (IOException e) {
                    // Cut off while sending: that is allowed.
                }
            }
            try (Varlink good = box.connect()) {
                good.send(PING);
                assertThat(good.receive()).doesNotContain("error");
            }
            assertThat(box.state("x")).isEqualTo("running");
            assertThat(box.marks("m")).hasSize(1);
        }
    }

    private static void sendRubbish(Varlink bad, int kind, Random random) throws IOException {
        switch (kind % 6) {
            case 0 -> {
                byte[] bytes = new byte[1 + random.nextInt(5000)];
                random.nextBytes(bytes);
                bad.send(bytes);
            }
            case 1 -> bad.send("{\"method\":17}");
            case 2 -> bad.send("[".repeat(100_000));
            case 3 -> bad.send("{\"method\":\"org.jinit.Manager.Start\",\"parameters\":{\"names\":["
                    + "\"x\",".repeat(50_000) + "1]}}");
            case 4 -> bad.send("{\"method\":\"org.jinit.Manager.Status\",\"parameters\":{\"names\":\"x\"}}");
            default -> bad.send("{\"method\":\"a.b.C\",\"parameters\":{},\"method\":\"x\"}");
        }
    }

    @Test
    void aFrameWithoutEndIsCutOffAndItsMemoryIsGivenBack() {
        try (Box box = Box.pid1().boot()) {
            for (int i = 0; i < 20; i++) {
                try (Varlink bad = box.connect()) {
                    byte[] block = " ".repeat(1 << 20).getBytes(java.nio.charset.StandardCharsets.UTF_8);
                    for (int j = 0; j < 16; j++) {
                        bad.send(block);
                    }
                    throw new AssertionError("16 MB without an end were taken");
                } catch (IOException e) {
                    assertThat(e).as("cut off").isNotNull();
                }
            }
            box.ctl("list").exits(0);
        }
    }

    @Test
    void anotherUserMayNotConnect() {
        try (Box box = Box.pid1().define("x", serv("wait"))) {
            box.boot();
            Cli cli = box.inside("setpriv", "--reuid=1", "--regid=1", "--clear-groups", "/run/image/bin/jinitctl",
                    "stop", "x");
            assertThat(cli.code()).as(cli.text()).isEqualTo(5);
            assertThat(box.state("x")).isEqualTo("running");
        }
    }

    @Test
    void waitReturnsWhenTheStateIsThere() {
        try (Box box = Box.pid1().gate("gate")) {
            box.idle("x", serv("gate:@gate notify:READY=1 wait") + "ready: notify\n").boot();
            Process start = box.spawnInside("start", "/run/image/bin/jinitctl", "start", "x");
            Process wait = box.spawnInside("wait", "/run/image/bin/jinitctl", "wait", "x");
            Await.until("it is starting", () -> box.state("x").equals("starting"));
            assertThat(wait.isAlive()).isTrue();
            box.open("gate");
            Await.until("both return", () -> !wait.isAlive() && !start.isAlive());
            assertThat(wait.exitValue()).as(box.read("wait")).isZero();
        }
    }

    @Test
    void aVanishedClientDoesNotStopTheStartItAskedFor() {
        try (Box box = Box.pid1().gate("gate")) {
            box.idle("x", serv("mark:@m gate:@gate notify:READY=1 wait") + "ready: notify\n").boot();
            try (Varlink connection = box.connect()) {
                connection.send("{\"method\":\"org.jinit.Manager.Start\",\"parameters\":{\"names\":[\"x\"]}}");
                Await.until("it starts", () -> !box.marks("m").isEmpty());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            box.open("gate");
            box.awaitState("x", "running");
        }
    }
}
