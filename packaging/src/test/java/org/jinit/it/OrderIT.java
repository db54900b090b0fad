package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What starts before what, and what is refused. */
class OrderIT {
    private static final String NOTIFY = "ready: notify\n";

    @Test
    void aRequirementIsReadyBeforeItsDependentStarts() {
        try (Box box = Box.pid1().gate("gate")) {
            box.define("db", serv("mark:@m:db-started gate:@gate mark:@m:db-ready notify:READY=1 wait") + NOTIFY);
            box.define("web", serv("mark:@m:web-started wait") + "requires: [db]\n");
            box.boot();
            Await.until("db is there", () -> box.texts("m").contains("db-started"));
            assertThat(box.state("web")).isEqualTo("waiting");
            box.open("gate");
            box.awaitState("web", "running");
            assertThat(box.texts("m")).containsExactly("db-started", "db-ready", "web-started");
        }
    }

    @Test
    void beforeAndAfterOrderAmongRequirements() {
        try (Box box = Box.pid1()) {
            box.idle("one", "type: task\n" + serv("sleep:200 mark:@m:one") + "before: [two]\n");
            box.idle("two", "type: task\n" + serv("mark:@m:two"));
            box.idle("three", "type: task\n" + serv("mark:@m:three") + "after: [two]\n");
            box.idle("parent", serv("mark:@m:parent wait") + "requires: [three, two, one]\n");
            box.boot().ctl("start", "parent").exits(0);
            assertThat(box.texts("m")).containsExactly("one", "two", "three", "parent");
        }
    }

    @Test
    void orderHoldsWhateverTheOrderOfTheNamesInTheRequest() {
        try (Box box = Box.pid1()) {
            box.idle("first", "type: task\n" + serv("sleep:100 mark:@m:first"));
            box.idle("second", "type: task\n" + serv("mark:@m:second") + "after: [first]\n");
            box.boot().ctl("start", "second", "first").exits(0);
            assertThat(box.texts("m")).containsExactly("first", "second");
        }
    }

    @Test
    void beforeClosesNoCycleThroughARequirement() {
        try (Box box = Box.pid1()) {
            box.idle("boot", "type: target\nrequires: [middle]\n");
            box.idle("middle", "type: target\nrequires: [service]\n");
            box.idle("service", serv("mark:@m:service wait") + "before: [boot]\n");
            box.boot().ctl("start", "boot").exits(0);
            assertThat(box.texts("m")).containsExactly("service");
        }
    }

    @Test
    void cyclesOfEveryKindAreRefusedAndTheManagerLives() {
        List<String> cycles = List.of("after: [x]", "before: [x]", "requires: [x]", "after: [b]\nbefore: [b]");
        for (String edges : cycles) {
            try (Box box = Box.beside().open()) {
                box.define("x", serv("wait") + edges + "\n").define("b", serv("wait"));
                Cli cli = box.inside("/run/image/bin/jinitctl", "check", "/run/box/etc").exits(1);
                assertThat(cli.text()).as(edges).contains("x.yaml").containsPattern("x after itself|x -> |itself");
            }
        }
        try (Box box = Box.pid1()) {
            box.define("ok", serv("wait")).boot().awaitState("ok", "running");
            int pid = box.status("ok").mainPid();
            box.define("p", serv("wait") + "after: [q]\n").define("q", serv("wait") + "after: [p]\n");
            assertThat(box.ctl("reload-config").exits(1).text()).contains("p -> q");
            box.ctl("start", "p").exits(4);
            assertThat(box.status("ok").mainPid()).isEqualTo(pid);
        }
    }

    @Test
    void startOfAnUnknownServiceStartsNothing() {
        try (Box box = Box.pid1()) {
            box.idle("a", serv("mark:@m wait")).boot();
            Cli cli = box.ctl("start", "a", "nobody").exits(4);
            assertThat(cli.err()).contains("nobody");
            assertThat(cli.out()).isEmpty();
            assertThat(box.state("a")).isEqualTo("stopped");
            assertThat(box.marks("m")).isEmpty();
        }
    }

    @Test
    void aMissingRequirementIsAnErrorAndAMissingWantIsNot() {
        try (Box box = Box.beside().open()) {
            box.define("x", serv("wait") + "wants: [nobody]\nafter: [nobody]\nbefore: [nobody]\n");
            Cli warned = box.inside("/run/image/bin/jinitctl", "check", "/run/box/etc").exits(0);
            assertThat(warned.text()).contains("nobody");
            box.define("x", serv("wait") + "part-of: [nobody]\n");
            assertThat(box.inside("/run/image/bin/jinitctl", "check", "/run/box/etc").exits(1).text())
                    .contains("nobody");
        }
    }

    @Test
    void aStopThatOthersNeedIsRefusedWithTheirNames() {
        try (Box box = Box.pid1()) {
            box.define("critical", serv("tag:critical wait"));
            box.define("user1", serv("tag:u wait") + "requires: [critical]\n");
            box.define("user2", serv("tag:u wait") + "requires: [critical]\n");
            box.boot();
            box.awaitState("user1", "running");
            box.awaitState("user2", "running");
            assertThat(box.ctl("stop", "critical").exits(1).err()).contains("user1", "user2");
            assertThat(box.state("critical")).isEqualTo("running");
            box.ctl("stop", "critical", "--with-dependents").exits(0);
            for (String name : List.of("critical", "user1", "user2")) {
                assertThat(box.state(name)).as(name).isEqualTo("stopped");
            }
            assertThat(box.tagged("tag:u")).isEmpty();
            assertThat(box.tagged("tag:critical")).isEmpty();
        }
    }

    @Test
    void dependentsStopBeforeWhatTheyRequire() {
        try (Box box = Box.pid1()) {
            box.define("a", serv("on:TERM { mark:@m:a exit:0 } notify:READY=1 wait") + NOTIFY);
            box.define("b",
                    serv("on:TERM { sleep:150 mark:@m:b exit:0 } notify:READY=1 wait") + NOTIFY + "requires: [a]\n");
            box.define("c",
                    serv("on:TERM { sleep:150 mark:@m:c exit:0 } notify:READY=1 wait") + NOTIFY + "requires: [b]\n");
            box.boot().awaitState("c", "running");
            box.ctl("stop", "--with-dependents", "a").exits(0);
            assertThat(box.texts("m")).containsExactly("c", "b", "a");
        }
    }

    @Test
    void aRestartOfARequirementRestartsItsDependents() {
        try (Box box = Box.pid1()) {
            box.define("a", serv("mark:@a wait")).define("b", serv("mark:@b wait") + "requires: [a]\n");
            box.boot().awaitState("b", "running");
            box.ctl("restart", "--with-dependents", "a").exits(0);
            box.awaitState("b", "running");
            assertThat(box.marks("a")).hasSize(2);
            assertThat(box.marks("b")).hasSize(2);
            assertThat(box.marks("b").getLast().nanos()).isGreaterThan(box.marks("a").getLast().nanos());
        }
    }

    @Test
    void aCrashedRequirementThatComesBackLeavesItsDependentsRunning() {
        try (Box box = Box.pid1()) {
            box.define("a", serv("mark:@a wait")).define("b", serv("mark:@b wait") + "requires: [a]\n");
            box.boot().awaitState("b", "running");
            box.ctl("signal", "KILL", "a").exits(0);
            Await.until("a is back", () -> box.marks("a").size() == 2 && box.state("a").equals("running"));
            assertThat(box.marks("b")).hasSize(1);
            assertThat(box.state("b")).isEqualTo("running");
        }
    }

    @Test
    void aFailedRequirementFailsItsDependentsAndNamesTheRoot() {
        try (Box box = Box.pid1()) {
            box.idle("root-cause", serv("exit:3") + "ready: notify\nrestart: {when: never}\n");
            box.idle("middle", serv("mark:@m wait") + "requires: [root-cause]\n");
            box.idle("top", serv("mark:@m wait") + "requires: [middle]\n");
            box.boot();
            assertThat(box.ctl("start", "top").exits(1).text()).contains("root-cause");
            Status top = box.status("top");
            assertThat(top.result()).isEqualTo("dependency");
            assertThat(top.cause()).contains("root-cause");
            assertThat(box.marks("m")).isEmpty();
        }
    }

    @Test
    void aDependentComesBackWhenItsFailedRequirementRecovers() {
        try (Box box = Box.pid1()) {
            String exec = serv("if-missing:@fixed { exit:1 } mark:@a notify:READY=1 wait");
            box.define("a", exec + NOTIFY + "restart: {when: never}\n");
            box.define("b", serv("mark:@b wait") + "requires: [a]\n").boot();
            box.awaitState("a", "failed");
            Await.until("b is down", () -> box.status("b").result().equals("dependency"));
            box.write("fixed", "yes");
            box.ctl("start", "a").exits(0);
            box.awaitState("b", "running");
            assertThat(box.marks("b")).hasSize(1);
        }
    }

    @Test
    void aFailedWantNeverBlocks() {
        try (Box box = Box.pid1()) {
            box.idle("bad", serv("exit:1") + "ready: notify\nrestart: {when: never}\n");
            box.idle("never", serv("wait") + "ready: notify\nstart-timeout: 300ms\nrestart: {when: never}\n");
            box.idle("x", serv("mark:@m wait") + "wants: [bad, never]\n");
            box.boot().ctl("start", "x").exits(0);
            assertThat(box.state("x")).isEqualTo("running");
            assertThat(box.marks("m")).hasSize(1);
        }
    }

    @Test
    void conflictingServicesAreNeverUpTogether() {
        try (Box box = Box.pid1()) {
            box.idle("a", serv("tag:a wait") + "conflicts: [b]\n").idle("b", serv("tag:b wait"));
            box.idle("user-of-b", serv("wait") + "requires: [b]\n");
            box.boot();
            box.ctl("start", "a", "b").exits(1);
            assertThat(box.state("a")).isEqualTo("stopped");
            assertThat(box.state("b")).isEqualTo("stopped");
            box.ctl("start", "b").exits(0);
            box.ctl("start", "a").exits(0);
            assertThat(box.state("b")).isEqualTo("stopped");
            assertThat(box.tagged("tag:b")).isEmpty();
            box.ctl("start", "user-of-b").exits(0);
            assertThat(box.ctl("start", "a").exits(1).text()).contains("user-of-b");
            assertThat(box.state("b")).isEqualTo("running");
        }
    }

    @Test
    void stopOfWhatAnotherIsPartOfIsPassedOn() {
        try (Box box = Box.pid1()) {
            box.define("group", "type: target\n").define("x", serv("mark:@m tag:x wait") + "part-of: [group]\n");
            box.boot().awaitState("x", "running");
            box.ctl("restart", "group").exits(0);
            Await.until("x ran again", () -> box.marks("m").size() == 2 && box.state("x").equals("running"));
            box.ctl("stop", "group").exits(0);
            box.awaitState("x", "stopped");
            box.awaitGone("tag:x");
        }
    }

    @Test
    void everythingThatCanStartAtOnceDoes() {
        try (Box box = Box.pid1().gate("gate")) {
            for (int i = 0; i < 8; i++) {
                box.define("s" + i, serv("mark:@m:" + i + " gate:@gate notify:READY=1 wait") + NOTIFY);
            }
            box.boot();
            Await.until("all eight run at once", () -> box.marks("m").size() == 8);
            box.delete("gate");
        }
    }
}
