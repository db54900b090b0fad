package org.jinit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Needs a writable cgroup v2; left out without. Everything is in a group of the test's own. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class CgroupTrackerTest {
    private final Linux linux = new JnrLinux();
    private final Reactor reactor = new Reactor(linux, (what, e) -> {
        throw new IllegalStateException(what, e);
    });
    private final List<String> log = new ArrayList<>();
    private Path base = Path.of("");
    private CgroupTracker tracker = new CgroupTracker(linux, reactor, new Cgroups.Place(Linux.NO_FD, ""));

    @TempDir
    Path directory = Path.of("");

    @BeforeEach
    void open() throws Exception {
        base = Path.of("");
        for (String mount : List.of("/sys/fs/cgroup", "/sys/fs/cgroup/unified")) {
            Path group = Path.of(mount, "jinit-test-" + linux.pid());
            if (Files.exists(Path.of(mount, "cgroup.procs")) && Files.isWritable(Path.of(mount))) {
                try {
                    base = Files.createDirectory(group);
                } catch (IOException e) {
                    continue;
                }
                int fd = linux.open(base.toString(), Linux.O_RDONLY | Linux.O_DIRECTORY);
                tracker = new CgroupTracker(linux, reactor, new Cgroups.Place(fd, "/" + group.getFileName()));
                return;
            }
        }
        reactor.close();
        assumeTrue(false, "no writable cgroup v2");
    }

    @AfterEach
    void close() throws Exception {
        if (!base.toString().isEmpty()) {
            tracker.close();
            try (var left = Files.list(base)) {
                for (Path entry : left.filter(Files::isDirectory).toList()) {
                    Files.delete(entry);
                }
            }
            Files.delete(base);
        }
        reactor.close();
    }

    private Process spawn(TrackedRun run, String script) throws Exception {
        String procs = "/proc/" + linux.pid() + "/fd/" + run.cgroupProcs();
        Process process = new ProcessBuilder("sh", "-c", "echo 0 > " + procs + "; echo in; " + script).start();
        assertThat(process.getInputStream().read()).isEqualTo('i');
        return process;
    }

    private static void end(Process process) throws Exception {
        process.waitFor();
        process.getInputStream().close();
        process.getErrorStream().close();
        process.getOutputStream().close();
    }

    private void untilTold() {
        TestKeeper.await(() -> {
            reactor.runOnce(1_000_000);
            return !log.isEmpty();
        });
    }

    private List<Integer> members(TrackedRun run) {
        List<Integer> pids = new ArrayList<>();
        for (ProcessTracker.Member member : tracker.members(run)) {
            pids.add(member.pid());
            linux.close(member.pidfd());
        }
        return pids;
    }

    private static boolean isPopulated(Path group) {
        try {
            return Files.readString(group.resolve("cgroup.events")).contains("populated 1");
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void killEmptiesTheGroupAndTouchesNobodyElse() throws Exception {
        TrackedRun run = tracker.open("web", 1, "a");
        TrackedRun other = tracker.open("other", 2, "b");
        Process mine = spawn(run, "setsid env -i sleep 300 & sleep 300 & wait");
        Process stranger = spawn(other, "sleep 300");
        TestKeeper.await(() -> members(run).size() == 3);
        int pidfd = linux.pidfdOpen((int) mine.pid());
        assertThat(tracker.belongs(run, (int) mine.pid(), pidfd)).isTrue();
        assertThat(tracker.belongs(other, (int) mine.pid(), pidfd)).isFalse();
        linux.close(pidfd);
        tracker.awaitEmpty(run, () -> log.add("empty"));
        reactor.runOnce(1_000_000);
        assertThat(log).isEmpty();
        tracker.signalAll(run, 9);
        untilTold();
        assertThat(members(run)).isEmpty();
        assertThat(stranger.isAlive()).isTrue();
        tracker.close(run);
        assertThat(base.resolve("web")).doesNotExist();
        tracker.signalAll(other, 9);
        end(mine);
        end(stranger);
        log.clear();
        tracker.awaitEmpty(other, () -> log.add("empty"));
        untilTold();
        tracker.close(other);
    }

    @Test
    void processesOfGroupsBelowBelongToo() throws Exception {
        TrackedRun run = tracker.open("web", 1, "a");
        Process process = spawn(run, "mkdir " + base + "/web/sub; sleep 300 & echo $! > " + base
                + "/web/sub/cgroup.procs; wait");
        TestKeeper.await(() -> isPopulated(base.resolve("web/sub")));
        assertThat(members(run)).hasSize(2);
        tracker.signalAll(run, 15);
        tracker.awaitEmpty(run, () -> log.add("empty"));
        untilTold();
        end(process);
        tracker.close(run);
        assertThat(base.resolve("web")).doesNotExist();
    }

    @Test
    void whatAnEarlierRunLeftAliveIsNotTheNewOnes() throws Exception {
        TrackedRun first = tracker.open("web", 1, "a");
        Process process = spawn(first, "sleep 300");
        tracker.close(first);
        TrackedRun second = tracker.open("web", 2, "b");
        assertThat(members(second)).isEmpty();
        tracker.signalAll(second, 9);
        assertThat(process.isAlive()).isTrue();
        TrackedRun again = tracker.adopt("web", 1, "a");
        assertThat(members(again)).isNotEmpty();
        tracker.signalAll(again, 9);
        end(process);
        tracker.awaitEmpty(again, () -> log.add("empty"));
        untilTold();
        tracker.close(again);
        tracker.close(second);
    }

    @Test
    void emptyGroupIsToldButNeverWithinTheCall() {
        TrackedRun run = tracker.open("web", 1, "a");
        tracker.awaitEmpty(run, () -> log.add("empty"));
        assertThat(log).isEmpty();
        untilTold();
        tracker.close(run);
    }

    @Test
    void anEndThatWasSeenBeforeItWasToldIsStillTold() throws Exception {
        TrackedRun run = tracker.open("web", 1, "a");
        Process process = spawn(run, "exec sleep 300");
        tracker.awaitEmpty(run, () -> log.add("empty"));
        reactor.runOnce(1_000_000);
        assertThat(log).isEmpty();
        process.destroyForcibly();
        end(process);
        TestKeeper.await(() -> !isPopulated(base.resolve("web")));
        // Reads the state, and so takes the kernel's word away from the one who waits for it.
        tracker.signalAll(run, 9);
        untilTold();
        tracker.close(run);
    }
}
