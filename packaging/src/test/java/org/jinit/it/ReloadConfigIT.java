package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Reading the definitions anew: whole or not at all. */
class ReloadConfigIT {
    @Test
    void anUnchangedDirectoryChangesNothing() {
        try (Box box = Box.pid1()) {
            box.define("a", serv("mark:@m wait")).define("b", serv("mark:@m notify:READY=1 wait") + "ready: notify\n");
            box.define("c", serv("mark:@m fork-daemon pid-file:/run/c.pid parent-exit wait")
                    + "ready: fork\npid-file: /run/c.pid\n");
            box.define("d", serv("mark:@m ready-fd:3 wait") + "ready: pipe\n").boot();
            for (String name : new String[]{"a", "b", "c", "d"}) {
                box.awaitState(name, "running");
            }
            int pid = box.status("c").mainPid();
            box.ctl("reload-config").exits(0);
            box.ctl("reload-config", "--apply").exits(0);
            box.signal("HUP");
            assertThat(box.status("c").mainPid()).isEqualTo(pid);
            Await.stays("nothing runs again", Duration.ofMillis(300), () -> box.marks("m").size() == 4);
        }
    }

    @Test
    void anErrorInOneFileChangesNothingAndIsTold() {
        try (Box box = Box.pid1()) {
            box.define("a", serv("mark:@m wait")).boot().awaitState("a", "running");
            box.define("a", serv("mark:@m:new wait")).define("b", serv("mark:@m:b wait")).define("c", "exec: [\n");
            assertThat(box.ctl("reload-config", "--apply").exits(1).text()).contains("c.yaml:");
            box.ctl("status", "b").exits(4);
            box.ctl("restart", "a").exits(0);
            assertThat(box.texts("m")).containsExactly("started", "started");
        }
    }

    @Test
    void aChangedServiceKeepsItsDefinitionUntilItIsRestarted() {
        try (Box box = Box.pid1()) {
            box.define("a", serv(
                    "mark:@m on:TERM { mark:@m:old-stop exit:0 } on:INT { mark:@m:new-stop exit:0 } notify:READY=1 wait")
                    + "ready: notify\n").boot();
            box.awaitState("a", "running");
            box.define("a", serv("mark:@m:second on:INT { mark:@m:second-stop exit:0 } notify:READY=1 wait")
                    + "ready: notify\nstop: {signal: INT}\n");
            box.ctl("reload-config").exits(0);
            assertThat(box.status("a").fields().get("changed")).isEqualTo(true);
            assertThat(box.texts("m")).containsExactly("started");
            box.ctl("restart", "a").exits(0);
            assertThat(box.status("a").fields().get("changed")).isEqualTo(false);
            box.ctl("stop", "a").exits(0);
            assertThat(box.texts("m")).containsExactly("started", "old-stop", "second", "second-stop");
        }
    }

    @Test
    void applyRestartsWhatChangedAndStopsWhatIsGone() {
        try (Box box = Box.pid1()) {
            box.define("same", serv("mark:@m:same wait")).define("changed", serv("mark:@m:old wait"));
            box.define("gone", serv("tag:gone wait")).boot();
            box.awaitState("gone", "running");
            box.awaitState("same", "running");
            box.awaitState("changed", "running");
            box.define("changed", serv("mark:@m:new wait"));
            box.delete("etc/gone.yaml");
            box.ctl("reload-config", "--apply").exits(0);
            Await.until("the changed one runs anew", () -> box.texts("m").contains("new"));
            box.awaitGone("tag:gone");
            assertThat(box.texts("m").stream().filter("same"::equals)).hasSize(1);
        }
    }

    @Test
    void aNewDefinitionCanBeStartedAfterReload() {
        try (Box box = Box.pid1()) {
            box.idle("a", serv("wait")).boot();
            box.idle("b", serv("mark:@m wait"));
            box.ctl("start", "b").exits(4);
            box.ctl("reload-config").exits(0);
            box.ctl("start", "b").exits(0);
        }
    }

    @Test
    void newDependenciesOfAStoppedServiceHoldAtItsNextStart() {
        try (Box box = Box.pid1()) {
            box.idle("a", serv("mark:@m:a wait")).idle("b", serv("mark:@m:b wait")).boot();
            box.idle("b", serv("mark:@m:b wait") + "requires: [a]\n");
            box.ctl("reload-config").exits(0);
            box.ctl("start", "b").exits(0);
            assertThat(box.texts("m")).containsExactly("a", "b");
        }
    }

    @Test
    void reloadWhileAPidFileIsAwaitedKeepsWaiting() {
        try (Box box = Box.pid1().gate("gate")) {
            box.idle("x", serv("fork setsid mark:@m gate:@gate pid-file:/run/x.pid wait")
                    + "ready: fork\npid-file: /run/x.pid\n").boot();
            Process start = box.spawnInside("start", "/run/image/bin/jinitctl", "start", "x");
            Await.until("it waits", () -> !box.marks("m").isEmpty());
            box.idle("y", serv("wait"));
            box.ctl("reload-config").exits(0);
            box.open("gate");
            Await.until("start returns", () -> !start.isAlive());
            assertThat(start.exitValue()).as(box.read("start")).isZero();
            assertThat(box.status("x").mainPid()).isEqualTo(box.marks("m").getFirst().pid());
        }
    }

    @Test
    void reloadWhileAPidFileIsAwaitedKeepsTheDeadline() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("tag:x fork setsid mark:@m wait")
                    + "ready: fork\npid-file: /run/x.pid\nstart-timeout: 700ms\nrestart: {when: never}\n").boot();
            Process start = box.spawnInside("start", "/run/image/bin/jinitctl", "start", "x");
            Await.until("it waits", () -> !box.marks("m").isEmpty());
            box.ctl("reload-config").exits(0);
            Await.until("start returns", () -> !start.isAlive());
            assertThat(start.exitValue()).isEqualTo(1);
            assertThat(box.status("x").result()).isEqualTo("timeout");
            assertThat(box.tagged("tag:x")).isEmpty();
        }
    }

    @Test
    void enableAndDisableBeatTheFileAtTheNextBoot() {
        try (Box box = Box.beside().open()) {
            box.define("on", serv("mark:@m:on wait")).idle("off", serv("mark:@m:off wait")).boot();
            box.awaitState("on", "running");
            box.ctl("disable", "on").exits(0);
            box.ctl("enable", "off").exits(0);
            assertThat(box.state("on")).isEqualTo("running");
            assertThat(box.shutdown()).isZero();
            box.boot().awaitState("off", "running");
            assertThat(box.state("on")).isEqualTo("stopped");
            assertThat(box.texts("m")).containsExactly("on", "off");
        }
    }

    @Test
    void aPlanTellsAndDoesNothing() {
        try (Box box = Box.pid1()) {
            box.idle("a", serv("mark:@m wait")).idle("b", serv("mark:@m wait") + "requires: [a]\n").boot();
            assertThat(box.ctl("start", "--plan", "b").exits(0).out()).containsSubsequence("a", "b");
            assertThat(box.state("b")).isEqualTo("stopped");
            assertThat(box.marks("m")).isEmpty();
        }
    }
}
