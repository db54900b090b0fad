package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import org.junit.jupiter.api.Test;

/** Where jinitd finds control groups that it may use, and that it does without them otherwise. */
class CgroupPlacesIT {
    private static final String OWN_FILE_SYSTEM =
            "umount /sys/fs/cgroup; mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup\n";

    private static void isHeldBy(Box box, String backend, String group) {
        box.idle("x", serv("tag:x copy:/proc/self/cgroup:@group orphan { setsid wait } mark:@m wait")).boot();
        box.ctl("start", "x").exits(0);
        Await.until("it runs; " + box.console(), () -> !box.marks("m").isEmpty());
        assertThat(box.status("x").text("backend")).isEqualTo(backend);
        assertThat(box.read("group").lines()).anyMatch(line -> line.startsWith("0::") && line.endsWith(group));
        box.ctl("stop", "x").exits(0);
        assertThat(box.tagged("tag:x")).isEmpty();
    }

    @Test
    void theRootOfAContainersOwnNameSpace() {
        try (Box box = Box.pid1().withCgroup()) {
            isHeldBy(box, "cgroup", "0::/jinit.services/x");
            assertThat(box.inside("cat", "/proc/1/cgroup").out()).contains("0::/jinit.manager\n");
        }
    }

    @Test
    void aGroupThatWasDelegated() {
        try (Box box = Box.pid1().withCgroup()) {
            box.prepare("mkdir /sys/fs/cgroup/given; echo 0 >/sys/fs/cgroup/given/cgroup.procs");
            isHeldBy(box, "cgroup", "0::/given/jinit.services/x");
            assertThat(box.inside("ls", "/sys/fs/cgroup").out()).doesNotContain("jinit.");
        }
    }

    @Test
    void theUnifiedHierarchyBesideOldOnes() {
        try (Box box = Box.pid1().withCgroup()) {
            box.prepare(
                    OWN_FILE_SYSTEM + "mkdir /sys/fs/cgroup/unified; mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified");
            isHeldBy(box, "cgroup", "0::/jinit.services/x");
        }
    }

    @Test
    void noneThatIsReadOnly() {
        try (Box box = Box.pid1().withCgroup().prepare("mount -o remount,bind,ro /sys/fs/cgroup")) {
            isHeldBy(box, "cgroup-namespace", "0::/");
        }
    }

    @Test
    void noneOutsideOfItsNameSpace() {
        try (Box box = Box.pid1()) {
            box.prepare("mkdir /run/cg; mount -t cgroup2 cgroup2 /run/cg 2>/dev/null || true");
            isHeldBy(box, "tag", "");
        }
    }

    @Test
    void noneThatAnotherJinitdUses() {
        try (Box box = Box.pid1().withCgroup()) {
            isHeldBy(box, "cgroup", "0::/jinit.services/x");
            box.write("other/y.yaml", serv("tag:y mark:@y wait"));
            box.spawnInside("second.out", "sh", "-c", "echo 0 >/sys/fs/cgroup/jinit.manager/cgroup.procs; "
                    + "exec /run/image/sbin/jinitd --config-dir /run/box/other --run-dir /run/second --log-dir /run/box/log2"
                    + " --state-dir /run/box/state2");
            Await.until("the second one runs y: " + box.read("second.out"), () -> !box.marks("y").isEmpty());
            assertThat(box.read("second.out")).contains("another jinitd uses the control group");
            assertThat(box.inside("/run/image/bin/jinitctl", "--run-dir", "/run/second", "status", "y", "--json")
                    .exits(0)
                    .out())
                    .contains("\"backend\":\"tag\"");
        }
    }
}
