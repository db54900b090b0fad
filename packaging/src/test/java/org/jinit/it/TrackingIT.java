package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever a service's processes do, they are the service's, a stop leaves none of them, and nobody else is touched. */
class TrackingIT {
    /** How jinitd can know whose a process is. */
    enum Backend {
        CGROUP("cgroup"),
        NAMESPACE("cgroup-namespace"),
        TAG("tag");

        final String text;

        Backend(String text) {
            this.text = text;
        }
    }

    static Box box(Backend backend) {
        return switch (backend) {
            case CGROUP -> Box.beside().withCgroup().open();
            case NAMESPACE -> Box.beside().withCgroupNamespace().open();
            case TAG -> Box.beside().open();
        };
    }

    private static void stopLeavesNothing(Box box, Stranger stranger) {
        box.ctl("stop", "x").exits(0);
        assertThat(box.tagged("tag:x")).isEmpty();
        assertThat(box.status("x").processes()).isEmpty();
        stranger.assertUntouched();
    }

    @ParameterizedTest
    @EnumSource
    void statusSaysWhichBackEndHoldsAService(Backend backend) {
        try (Box box = box(backend).idle("x", serv("tag:x wait"))) {
            box.boot().ctl("start", "x").exits(0);
            assertThat(box.status("x").text("backend")).isEqualTo(backend.text);
        }
    }

    @ParameterizedTest
    @EnumSource
    void doubleForksAndNewSessionsAreFoundAndStopped(Backend backend) {
        try (Box box = box(backend)) {
            Stranger stranger = box.stranger();
            box.idle("x",
                    serv("tag:x orphan { mark:@m wait } orphan { setsid ignore:TERM ignore:HUP mark:@m wait } wait")
                            + "stop: {timeout: 500ms}\n");
            box.boot().ctl("start", "x").exits(0);
            Await.until("both orphans run", () -> box.marks("m").size() == 2);
            assertThat(box.status("x").processes()).hasSize(3);
            stopLeavesNothing(box, stranger);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anEmptiedEnvironmentAndAnotherUidChangeNothing(Backend backend) {
        try (Box box = box(backend)) {
            Stranger stranger = box.stranger();
            box.idle("x", serv("tag:x orphan { exec { env -i setpriv --reuid=1 --regid=1 --clear-groups setsid "
                    + "/run/box/serv tag:x mark:@pub/m wait } } wait"));
            box.boot().ctl("start", "x").exits(0);
            Await.until("the orphan runs", () -> !box.marks("pub/m").isEmpty());
            assertThat(box.status("x").processes()).contains(box.marks("pub/m").getFirst().pid()).hasSize(2);
            stopLeavesNothing(box, stranger);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aServiceThatKeepsForkingIsStopped(Backend backend) {
        try (Box box = box(backend)) {
            Stranger stranger = box.stranger();
            String forks = "on:USR1 { exit:0 } repeat:1000000 { fork setsid ignore:TERM } ";
            box.idle("x",
                    serv("tag:x child:4 { " + forks + "} orphan { " + forks + "} wait") + "stop: {timeout: 300ms}\n");
            box.boot().ctl("start", "x").exits(0);
            stopLeavesNothing(box, stranger);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aForkBombIsStopped(Backend backend) {
        try (Box box = box(backend)) {
            Stranger stranger = box.stranger();
            box.idle("x", serv("tag:x ignore:TERM bomb:300") + "stop: {timeout: 300ms}\n");
            box.boot().ctl("start", "x").exits(0);
            Await.until("the bomb is there", () -> box.tagged("tag:x").size() >= 300);
            stopLeavesNothing(box, stranger);
        }
    }

    @ParameterizedTest
    @EnumSource
    void stoppedAndTracedProcessesAreStopped(Backend backend) {
        try (Box box = box(backend)) {
            Stranger stranger = box.stranger();
            box.idle("x", serv(
                    "tag:x child { mark:@m kill-self:STOP wait } child { mark:@m trace-me kill-self:STOP wait } wait"));
            box.boot().ctl("start", "x").exits(0);
            Await.until("both stand still", () -> box.tagged("tag:x")
                    .stream()
                    .filter(p -> p.state() == 'T' || p.state() == 't')
                    .count() == 2);
            stopLeavesNothing(box, stranger);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatACrashedMainProcessLeftIsGoneBeforeTheNextRun(Backend backend) {
        try (Box box = box(backend)) {
            Stranger stranger = box.stranger();
            box.idle("x", serv("mark:@m:main orphan { tag:left ignore:TERM mark:@left wait } wait")
                    + "stop: {timeout: 200ms}\nrestart: {delay: 0ms}\n");
            box.boot().ctl("start", "x").exits(0);
            Await.until("the orphan runs", () -> box.marks("left").size() == 1);
            int orphan = box.marks("left").getFirst().pid();
            box.ctl("signal", "KILL", "x").exits(0);
            Await.until("x runs again", () -> box.marks("left").size() == 2);
            assertThat(box.processes()).noneMatch(p -> p.pid() == orphan && !p.zombie());
            stranger.assertUntouched();
        }
    }

    @Test
    void anOrphanThatHoldsTheOutputPipeDoesNotHoldUpTheStop() {
        try (Box box = Box.pid1()) {
            box.idle("x",
                    serv("tag:x orphan { setsid mark:@m wait } wait")
                            + "stop: {mode: none, exec: [sh, -c, 'kill $MAINPID'], timeout: 5s}\n"
                            + "log: {to: file}\n");
            box.boot().ctl("start", "x").exits(0);
            Await.until("the orphan runs", () -> !box.marks("m").isEmpty());
            long begin = System.nanoTime();
            box.ctl("stop", "x");
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(8));
        }
    }

    @Test
    void jinitdEndsOnlyWhatIsItsOwn() {
        for (String end : List.of("TERM", "INT")) {
            try (Box box = Box.beside().open()) {
                Stranger stranger = box.stranger();
                box.define("x", serv("tag:x orphan { mark:@m wait } child:3 { wait } wait")).boot();
                box.awaitState("x", "running");
                Await.until("the orphan runs", () -> !box.marks("m").isEmpty());
                box.signal(end);
                assertThat(box.awaitExit(Duration.ofSeconds(20))).as(end).isZero();
                box.awaitGone("tag:x");
                stranger.assertUntouched();
            }
        }
    }

    @Test
    void aStrangerOutlivesTheKeepersDeath() {
        try (Box box = Box.beside().open()) {
            Stranger stranger = box.stranger();
            box.define("x", serv("tag:x wait")).boot().awaitState("x", "running");
            box.signal("KILL");
            Await.until("jinitd is gone", () -> !box.jinitd().isAlive());
            stranger.assertUntouched();
            assertThat(box.tagged("tag:x")).as("a service goes on").hasSize(1);
        }
    }

    @Test
    void noDescriptorLeaksIntoAService() {
        try (Box box = Box.pid1()) {
            box.define("other", serv("wait") + "ready: started\nlog: {to: file}\n");
            box.idle("x", serv("descriptors:@fds mark:@m wait"))
                    .idle("p", serv("descriptors:@fdp ready-fd:3 wait") + "ready: pipe\n");
            box.boot().ctl("start", "x", "p").exits(0);
            Await.until("it has looked", () -> !box.marks("m").isEmpty());
            assertThat(box.read("fds").lines().map(line -> line.split(" ", -1)[0])).containsExactly("0", "1", "2");
            assertThat(box.read("fdp").lines().map(line -> line.split(" ", -1)[0])).containsExactly("0", "1", "2", "3");
        }
    }

    @Test
    void aServiceBeginsWithNoSignalBlockedOrIgnored() {
        try (Box box = Box.pid1().idle("x", serv("copy:/proc/self/status:@status wait"))) {
            box.boot().ctl("start", "x").exits(0);
            String status = Await.value("status", () -> box.read("status").isEmpty() ? null : box.read("status"));
            assertThat(status).contains("SigBlk:\t0000000000000000").contains("SigIgn:\t0000000000000000");
        }
    }

    @Test
    void aNewKeeperEndsWhatADeadOneLeftBeforeItStartsAnything() {
        try (Box box = Box.beside().open()) {
            Stranger stranger = box.stranger();
            box.define("x", serv("tag:x mark:@m wait")).boot().awaitState("x", "running");
            int first = box.status("x").mainPid();
            box.signal("KILL");
            Await.until("jinitd is gone", () -> !box.jinitd().isAlive());
            box.boot().awaitState("x", "running");
            assertThat(box.tagged("tag:x")).hasSize(1).noneMatch(p -> p.pid() == first);
            stranger.assertUntouched();
        }
    }

    @Test
    void afterTheManagersDeathEachServiceRunsOnceAndNothingOfTheOldOnesIsLeft() {
        try (Box box = Box.beside().open()) {
            Stranger stranger = box.stranger();
            box.define("x", serv("tag:x child:1 { setsid wait } mark:@m wait"))
                    .define("y", serv("fork setsid mark:@y wait") + "ready: fork\n");
            box.boot().awaitState("y", "running");
            int main = box.awaitState("x", "running").mainPid();
            box.killManager();
            Await.until("a new manager runs x", () -> box.marks("m").size() == 2 && box.marks("y").size() == 2);
            assertThat(box.awaitState("x", "running").mainPid()).isNotEqualTo(main);
            box.awaitState("y", "running");
            assertThat(box.tagged("tag:x")).as("x and its child, once").hasSize(2);
            stranger.assertUntouched();
        }
    }
}
