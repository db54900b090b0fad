package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that others hold, that lose their tag, or that cannot be ended. */
class HardToStopIT {
    private static final String SOON = "stop: {timeout: 300ms}\n";

    private static Box box(TrackingIT.Backend backend) {
        return TrackingIT.box(backend);
    }

    private static Process trace(Box box, int pid, String how) {
        Process tracer = box.spawnInside("tracer.out", "/run/box/tracer", "" + pid, "/run/box/traced", how);
        Await.until("it is traced: " + box.read("tracer.out"), () -> box.file("traced").toFile().exists());
        return tracer;
    }

    @ParameterizedTest
    @EnumSource(TrackingIT.Backend.class)
    void aProcessThatAStrangersDebuggerHoldsIsStopped(TrackingIT.Backend backend) {
        try (Box box = box(backend).idle("x", serv("tag:x child { mark:@m wait } wait") + SOON)) {
            box.boot().ctl("start", "x").exits(0);
            Await.until("the child runs", () -> !box.marks("m").isEmpty());
            trace(box, box.marks("m").getFirst().pid(), "stop");
            box.ctl("stop", "x").exits(0);
            assertThat(box.tagged("tag:x")).isEmpty();
            assertThat(box.tagged("/run/box/traced")).as("the debugger").hasSize(1);
        }
    }

    @Test
    void aFrozenGroupWithinAServicesIsStopped() {
        try (Box box = box(TrackingIT.Backend.CGROUP)) {
            box.write("freeze.sh", """
                    d=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/below
                    mkdir $d
                    /run/box/serv tag:x wait & echo $! >$d/cgroup.procs
                    echo 1 >$d/cgroup.freeze
                    until grep -q 'frozen 1' $d/cgroup.events; do :; done
                    exec /run/box/serv tag:x mark:/run/box/m wait
                    """);
            box.idle("x", "exec: sh /run/box/freeze.sh\n" + SOON).boot().ctl("start", "x").exits(0);
            Await.until("it is frozen", () -> !box.marks("m").isEmpty());
            assertThat(box.status("x").processes()).hasSize(2);
            box.ctl("stop", "x").exits(0);
            assertThat(box.tagged("tag:x")).isEmpty();
            box.ctl("start", "x").exits(0);
        }
    }

    @ParameterizedTest
    @EnumSource(TrackingIT.Backend.class)
    void aProcessThatCannotBeEndedIsToldAndDoesNotHoldUpForEver(TrackingIT.Backend backend) {
        try (Box box = box(backend).idle("x", serv("tag:x mark:@m wait") + SOON)) {
            box.boot().ctl("start", "x").exits(0);
            int pid = box.status("x").mainPid();
            Process tracer = trace(box, pid, "exit");
            assertThat(box.ctl("stop", "x").exits(1).err()).contains("cannot stop x")
                    .contains("did not end when it was killed");
            Status status = box.status("x");
            assertThat(status.state()).isEqualTo("failed");
            assertThat(status.result()).isEqualTo("timeout");
            assertThat(box.processes()).as("it is still there").anyMatch(p -> p.pid() == pid);
            box.inside("pkill", "-KILL", "-x", "tracer").exits(0);
            Await.until("the debugger is gone", () -> !tracer.isAlive());
            Await.until("so it is", () -> box.processes().stream().noneMatch(p -> p.pid() == pid));
            box.ctl("start", "x").exits(0);
            assertThat(box.tagged("tag:x")).hasSize(1);
            assertThat(box.status("x").mainPid()).isNotEqualTo(pid);
            box.ctl("stop", "x").exits(0);
            assertThat(box.tagged("tag:x")).isEmpty();
        }
    }

    /** What pam_limits does to su, cron jobs and sessions of ssh; without a line for locks it leaves the tag as it is. */
    @ParameterizedTest
    @ValueSource(strings = {"", "* - locks 77"})
    void whatSuStartedIsTheServicesWhateverItsLimits(String limits) {
        try (Box box = su(limits, "")) {
            int orphan = box.marks("pub/m").getFirst().pid();
            assertThat(box.read("pub/limits").lines().filter(line -> line.startsWith("Max file locks")))
                    .allMatch(line -> line.contains(" 77 ") != limits.isEmpty());
            assertThat(box.status("x").processes()).contains(orphan);
            box.ctl("stop", "x").exits(0);
            assertThat(box.tagged("tag:x")).isEmpty();
        }
    }

    @Test
    void whatLostTagParentAndEnvironmentIsListedAndLeftAlone() {
        try (Box box = su("* - locks 77", "env -i")) {
            int orphan = box.marks("pub/m").getFirst().pid();
            box.ctl("stop", "x").exits(0);
            assertThat(box.tagged("tag:x")).singleElement().matches(p -> p.pid() == orphan);
            try (Varlink connection = box.connect()) {
                Map<String, @Nullable Object> reply = Json.object(connection.call("Processes", "{}").get("parameters"));
                assertThat((List<?>) reply.get("orphans"))
                        .anyMatch(one -> Long.valueOf(orphan).equals(Json.object(one).get("pid")));
            }
            assertThat(box.tagged("tag:x")).hasSize(1);
        }
    }

    /** A box whose service's child is a daemon that su started. */
    private static Box su(String limits, String before) {
        Box box = Box.beside().write("limits.conf", limits + "\n");
        box.prepare("mount --bind /run/box/limits.conf /etc/security/limits.conf");
        box.write("su.sh",
                "su nobody -s /bin/sh -c '" + before + " /run/box/serv tag:x orphan { setsid copy:/proc/self/limits:"
                        + "/run/box/pub/limits mark:/run/box/pub/m wait }'\nexec /run/box/serv tag:x-main wait\n");
        box.idle("x", "exec: sh /run/box/su.sh\n").boot().ctl("start", "x").exits(0);
        Await.until("su's daemon runs", () -> !box.marks("pub/m").isEmpty());
        return box;
    }

    @ParameterizedTest
    @EnumSource(TrackingIT.Backend.class)
    void statusShowsTheTreeWithMemoryAndTime(TrackingIT.Backend backend) {
        try (Box box = box(backend).idle("x", serv("chew:8 child { chew:4 mark:@m wait } wait"))) {
            box.boot().ctl("start", "x").exits(0);
            Await.until("both are there", () -> !box.marks("m").isEmpty());
            Mark child = box.marks("m").getFirst();
            Status status = box.status("x");
            assertThat((List<?>) status.fields().get("processTree")).hasSize(2).anySatisfy(one -> {
                Map<String, @Nullable Object> process = Json.object(one);
                assertThat(process.get("pid")).isEqualTo((long) child.pid());
                assertThat(process.get("parent")).isEqualTo((long) child.ppid());
                assertThat((Long) process.get("memoryBytes")).isGreaterThan(4L << 20);
                assertThat(process.get("cpuSeconds")).isNotNull();
            });
            assertThat(box.ctl("status", "x").exits(0).out()).contains("" + child.pid());
        }
    }
}
