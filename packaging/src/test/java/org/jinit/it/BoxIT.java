package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The tools of these tests themselves: what a test relies on to fail when it should. */
class BoxIT {
    @Test
    void aStrangerRecordsEverySignalThatItGets() {
        try (Box box = Box.beside().open()) {
            Stranger stranger = box.stranger();
            stranger.assertUntouched();
            for (String name : List.of("TERM", "HUP", "INT", "CONT", "USR1")) {
                box.inside("kill", "-s", name, Integer.toString(stranger.pid())).exits(0);
                Await.until(name + " is recorded", () -> stranger.signals().contains(name));
            }
            assertThat(stranger.signals()).containsExactly("TERM", "HUP", "INT", "CONT", "USR1");
        }
    }

    @Test
    void aKilledStrangerIsNoticed() {
        try (Box box = Box.beside().open()) {
            Stranger stranger = box.stranger();
            box.inside("kill", "-s", "KILL", Integer.toString(stranger.pid())).exits(0);
            Await.until("it is gone",
                    () -> box.processes().stream().noneMatch(p -> p.pid() == stranger.pid() && !p.zombie()));
            Await.until("it is noticed", () -> {
                try {
                    stranger.assertUntouched();
                    return false;
                } catch (AssertionError e) {
                    return true;
                }
            });
        }
    }

    @Test
    void aStrangerCanHaveAnyPid() {
        try (Box box = Box.beside().open()) {
            assertThat(box.strangerWithPid(4242).pid()).isEqualTo(4242);
        }
    }

    @Test
    void theBoxHasNothingOfTheMachineButItsFiles() {
        try (Box box = Box.beside().open()) {
            assertThat(box.processes()).hasSize(1);
            assertThat(box.inside("ls", "/run").exits(0).out().lines()).containsOnly("box", "image", "lock", "mount");
            assertThat(box.inside("ls", "-A", "/tmp").exits(0).out()).isEmpty();
            assertThat(box.inside("cat", "/proc/net/dev").exits(0).out().lines().skip(2)).hasSize(1);
        }
    }

    @Test
    void aGateHoldsATestDaemonUntilItIsOpened() {
        try (Box box = Box.beside().open().gate("gate")) {
            Process process =
                    box.spawnInside("out", "/run/box/serv", "mark:/run/box/m:before", "gate:/run/box/gate",
                            "mark:/run/box/m:after");
            Await.until("it waits", () -> box.texts("m").contains("before"));
            assertThat(process.isAlive()).isTrue();
            box.open("gate");
            Await.until("it went on", () -> box.texts("m").equals(List.of("before", "after")));
        }
    }

    @Test
    void aBoxCanHaveACgroupFileSystemOfItsOwn() {
        try (Box box = Box.beside().withCgroup().open()) {
            assertThat(box.inside("cat", "/proc/1/cgroup").exits(0).out()).contains("0::/\n");
            box.inside("mkdir", "/sys/fs/cgroup/a").exits(0);
        }
    }
}
