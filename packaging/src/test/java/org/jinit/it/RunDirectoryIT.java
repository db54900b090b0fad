package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/** What an earlier life left in /run is gone at boot, and nothing else is. */
class RunDirectoryIT {
    private static final String FORKING = "tag:x fork-daemon if-exists:/run/x.pid { error:there-is-a-pid-file exit:1 } "
            + "mark:@m pid-file:/run/x.pid parent-exit wait";

    @Test
    void pidFilesAndRunDirectoriesOfAnEarlierBootAreClearedAndTheRestStays() {
        try (Box box = Box.beside().open()) {
            box.inside("sh", "-c",
                    "mkdir -p /run/jinit/old /run/x.d/sub /run/other; echo 1 >/run/jinit/old/file; echo 4711 >/run/x.pid;"
                            + " touch /run/x.d/sub/f /run/other/f; echo 5 >/run/other.pid; ln -s /run/other /run/x.d/link")
                    .exits(0);
            box.idle("x", serv("wait") + "pid-file: /run/x.pid\ndirectories: {run: [x.d]}\n").boot();
            assertThat(box.root("/run/x.pid")).doesNotExist();
            assertThat(box.root("/run/jinit/old")).doesNotExist();
            assertThat(box.root("/run/x.d/sub")).doesNotExist();
            assertThat(box.root("/run/other/f")).exists();
            assertThat(box.root("/run/other.pid")).exists();
        }
    }

    @Test
    void clearingFollowsNoLinkAndCrossesNoMount() {
        try (Box box = Box.beside().open()) {
            box.inside("sh", "-c",
                    "mkdir -p /run/x.d/mounted /run/target; touch /run/target/f; mount -t tmpfs tmpfs /run/x.d/mounted;"
                            + " touch /run/x.d/mounted/f; ln -s /run/target /run/y.d; echo 4711 >/run/target/pid; ln -s /run/target/pid /run/x.pid")
                    .exits(0);
            box.idle("x", serv("wait") + "pid-file: /run/x.pid\ndirectories: {run: [x.d]}\n");
            box.idle("y", serv("wait") + "directories: {run: [y.d]}\n").boot();
            assertThat(box.root("/run/target/f")).exists();
            assertThat(box.root("/run/target/pid")).exists();
            assertThat(box.root("/run/x.d/mounted/f")).exists();
        }
    }

    @Test
    void aPidFileThatNamesALiveStrangerDoesNotHinderTheStart() {
        try (Box box = Box.beside().open()) {
            Stranger stranger = box.stranger();
            box.inside("sh", "-c", "echo " + stranger.pid() + " >/run/x.pid").exits(0);
            box.idle("x", serv(FORKING) + "ready: fork\npid-file: /run/x.pid\n").boot();
            box.ctl("start", "x").exits(0);
            assertThat(box.status("x").mainPid()).isEqualTo(box.marks("m").getFirst().pid());
            box.ctl("stop", "x").exits(0);
            stranger.assertUntouched();
        }
    }

    @Test
    void aPidFileLeftByAKilledRunDoesNotHinderTheNext() {
        try (Box box = Box.beside().open()) {
            box.idle("x", serv(FORKING) + "ready: fork\npid-file: /run/x.pid\nrestart: {delay: 0ms}\n").boot();
            box.ctl("start", "x").exits(0);
            int first = box.status("x").mainPid();
            box.ctl("signal", "KILL", "x").exits(0);
            Await.until("it is back", () -> box.marks("m").size() == 2);
            box.awaitState("x", "running");
            box.ctl("stop", "x").exits(0);
            Stranger stranger = box.strangerWithPid(first);
            box.inside("sh", "-c", "echo " + first + " >/run/x.pid").exits(0);
            box.ctl("start", "x").exits(0);
            box.ctl("restart", "x").exits(0);
            box.ctl("stop", "x").exits(0);
            stranger.assertUntouched();
        }
    }

    @Test
    void aPidFileThatIsLockedIsLeftAloneAndTheStartRefused() {
        try (Box box = Box.beside().open()) {
            box.idle("x", serv("mark:@m wait") + "pid-file: /run/x.pid\n").boot();
            box.spawnInside("out", "/run/box/serv", "pid-file-flock:/run/x.pid", "mark:/run/box/locked", "wait");
            Await.until("it is locked", () -> !box.marks("locked").isEmpty());
            assertThat(box.ctl("start", "x").exits(1).err()).contains("/run/x.pid").contains("cannot start x");
            assertThat(Files.exists(box.root("/run/x.pid"))).isTrue();
            assertThat(box.marks("m")).isEmpty();
        }
    }

    @Test
    void runDirectoriesAreMadeForTheirUserAndRemovedAtStop() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:/run/x.d/m wait") + "user: nobody\ndirectories: {run: [x.d], state: [x.d]}\n")
                    .boot();
            box.ctl("start", "x").exits(0);
            assertThat(box.inside("stat", "-c", "%U", "/run/x.d", "/var/lib/x.d").out().lines()).containsOnly("nobody");
            box.ctl("stop", "x").exits(0);
            Await.until("its run directory is gone", () -> !Files.exists(box.root("/run/x.d")));
            assertThat(box.inside("rmdir", "/var/lib/x.d").code()).isZero();
        }
    }

    @Test
    void oneRunDirectoryHasOneJinitd() {
        try (Box box = Box.beside().open()) {
            box.define("x", serv("tag:x wait")).boot().awaitState("x", "running");
            Cli second = box.inside("timeout", "20", "/run/image/sbin/jinitd", "--config-dir", "/run/box/etc");
            assertThat(second.code()).isNotZero();
            assertThat(second.code()).isNotEqualTo(124);
            assertThat(second.text()).contains("cannot ").contains("/run/jinit");
            assertThat(box.tagged("tag:x")).hasSize(1);
            box.awaitState("x", "running");
        }
    }
}
