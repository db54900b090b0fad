package org.jinit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakCheck.class)
@Timeout(120)
class TagTrackerTest {
    private static final long PREFIX = 0x4a000000L << 32;
    private final Linux linux = new JnrLinux();
    private final ProcReader proc = new ProcReader(linux);
    private final Reactor reactor = new Reactor(linux, (what, e) -> {
        throw new IllegalStateException(what, e);
    });
    private final List<String> log = new ArrayList<>();
    private final Map<Integer, TrackedRun> slots = new HashMap<>();
    private final Map<Integer, Integer> pidfds = new HashMap<>();
    private TestKeeper keeper = start();
    private TagTracker tracker = new TagTracker(linux, reactor, keeper.pid(), false);
    private int tags;

    @TempDir
    Path directory = Path.of("");

    private TestKeeper start() {
        try {
            return new TestKeeper(linux);
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void keeperReads() throws Exception {
        int pid = keeper.spawn(0, "none", "exit 0");
        TestKeeper.await(() -> {
            listen();
            return keeper.reaped.contains(pid);
        });
    }

    @AfterEach
    void close() {
        tracker.close();
        keeper.close();
        reactor.close();
        pidfds.values().forEach(linux::close);
    }

    private TrackedRun run(String name) {
        return tracker.open(name, PREFIX | ++tags, "%032x".formatted(tags));
    }

    /** @param tagged whether the process gets its tag */
    private int spawn(TrackedRun run, boolean tagged, String command) throws Exception {
        String invocation = "%032x".formatted(run.tag() & 0xffffffffL);
        int pid = keeper.spawn(tagged ? run.tag() : 0, invocation, command);
        int pidfd = linux.pidfdOpen(pid);
        pidfds.put(pid, pidfd);
        slots.put(pid, run);
        tracker.spawned(run, pid, pidfd);
        return pid;
    }

    private int spawn(TrackedRun run, String command) throws Exception {
        return spawn(run, true, command);
    }

    /** What the manager does with what the keeper says. */
    private void listen() {
        try {
            int orphans = keeper.orphans;
            keeper.listen();
            for (int pid : keeper.reaped) {
                TrackedRun run = slots.remove(pid);
                if (run != null) {
                    tracker.reaped(run, pid);
                    linux.close(pidfds.getOrDefault(pid, Linux.NO_FD));
                    pidfds.remove(pid);
                }
            }
            if (keeper.orphans > orphans) {
                tracker.poke();
            }
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void round() {
        listen();
        reactor.runOnce(1_000_000);
    }

    private void until(java.util.function.BooleanSupplier condition) {
        TestKeeper.await(() -> {
            round();
            return condition.getAsBoolean();
        });
    }

    private List<Integer> members(TrackedRun run) {
        List<Integer> pids = new ArrayList<>();
        for (ProcessTracker.Member member : tracker.members(run)) {
            assertThat(linux.pidfdPid(member.pidfd())).isIn(member.pid(), Linux.GONE);
            pids.add(member.pid());
            linux.close(member.pidfd());
        }
        return pids;
    }

    private int pidIn(String file) {
        Path path = directory.resolve(file);
        TestKeeper.await(() -> {
            round();
            return path.toFile().length() > 1;
        });
        try {
            return Integer.parseInt(Files.readString(path).strip());
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A command that leaves a grandchild in a session of its own, without environment, whose number is in a file. */
    private String escape(String file) {
        return "setsid env -i PATH=$PATH sh -c 'sh -c \"echo \\$\\$ > " + directory.resolve(file)
                + "; exec sleep 300\" >/dev/null 2>&1 & exit 0'";
    }

    private boolean isAlive(int pidfd) {
        return !linux.pidfdEnded(pidfd);
    }

    @Test
    void tagSurvivesWhatDaemonsDoToGetAway() throws Exception {
        TrackedRun run = run("a");
        spawn(run, escape("pid") + "; exit 0");
        int daemon = pidIn("pid");
        until(() -> keeper.reaped.size() == 2);
        assertThat(proc.tag(daemon)).isEqualTo(run.tag());
        assertThat(members(run)).containsExactly(daemon);
        int pidfd = keeper.hold(daemon);
        assertThat(tracker.belongs(run, daemon, pidfd)).isTrue();
        assertThat(tracker.belongs(run("b"), daemon, pidfd)).isFalse();
    }

    @Test
    void runIsEmptyOnlyWhenTheEscapedDaemonIsGone() throws Exception {
        TrackedRun run = run("a");
        spawn(run, escape("pid"));
        int pidfd = keeper.hold(pidIn("pid"));
        tracker.awaitEmpty(run, () -> log.add("empty"));
        until(() -> keeper.reaped.size() == 2);
        for (int i = 0; i < 20; i++) {
            round();
        }
        assertThat(log).isEmpty();
        tracker.signalAll(run, 15);
        until(() -> !log.isEmpty());
        assertThat(isAlive(pidfd)).isFalse();
        assertThat(members(run)).isEmpty();
    }

    @Test
    void runWithoutProcessesIsEmptyAtOnceButNeverWithinTheCall() {
        tracker.awaitEmpty(run("a"), () -> log.add("empty"));
        assertThat(log).isEmpty();
        round();
        assertThat(log).containsExactly("empty");
    }

    @Test
    void cancelledWaitIsNotAnswered() {
        TrackedRun run = run("a");
        tracker.awaitEmpty(run, () -> log.add("empty"));
        tracker.cancelAwait(run);
        round();
        assertThat(log).isEmpty();
    }

    @Test
    void strangersBesideTheServiceSurviveEverySignal() throws Exception {
        TrackedRun mine = run("mine");
        TrackedRun other = run("other");
        int stranger = keeper.hold(spawn(other, "exec sleep 300"));
        spawn(other, escape("other"));
        int strangerDaemon = keeper.hold(pidIn("other"));
        Process outside = new ProcessBuilder("sleep", "300").start();
        spawn(mine, "sleep 300 & sleep 300 & wait");
        tracker.signalAll(mine, 15);
        tracker.signalAll(mine, 9);
        tracker.awaitEmpty(mine, () -> log.add("empty"));
        until(() -> !log.isEmpty());
        assertThat(isAlive(stranger)).isTrue();
        assertThat(isAlive(strangerDaemon)).isTrue();
        assertThat(outside.isAlive()).isTrue();
        outside.destroyForcibly().waitFor();
        outside.getInputStream().close();
        outside.getErrorStream().close();
        outside.getOutputStream().close();
        assertThat(members(other)).hasSize(2);
    }

    @Test
    void descendantsThatLostTheTagAreKnownByTheirParentAndStayKnown() throws Exception {
        TrackedRun run = run("sshd");
        // What pam_limits does: the tag is reset, and the environment is the session's.
        spawn(run, "prlimit --locks=unlimited env -i PATH=$PATH sh -c 'echo $$ > " + directory.resolve("shell")
                + "; sleep 300' & wait");
        int shell = pidIn("shell");
        assertThat(proc.tag(shell)).isZero();
        assertThat(members(run)).hasSize(3).contains(shell);
        int shellPidfd = keeper.hold(shell);
        // The listener dies; the session is held, so it is still the service's.
        int main = slots.keySet().iterator().next();
        linux.pidfdSignal(pidfds.getOrDefault(main, Linux.NO_FD), 9);
        until(() -> keeper.reaped.contains(main));
        tracker.awaitEmpty(run, () -> log.add("empty"));
        for (int i = 0; i < 20; i++) {
            round();
        }
        assertThat(log).isEmpty();
        tracker.signalAll(run, 9);
        until(() -> !log.isEmpty());
        assertThat(isAlive(shellPidfd)).isFalse();
    }

    @Test
    void invocationDecidesForUntaggedOnes() throws Exception {
        TrackedRun run = run("a");
        spawn(run, false, "setsid sh -c 'echo $$ > " + directory.resolve("pid") + "; exec sleep 300' & exit 0");
        int daemon = pidIn("pid");
        until(() -> keeper.reaped.size() == 2);
        assertThat(members(run)).containsExactly(daemon);
        tracker.signalAll(run, 9);
        tracker.awaitEmpty(run, () -> log.add("empty"));
        until(() -> !log.isEmpty());
    }

    @Test
    void nobodysProcessIsListedAndNeverKilled() throws Exception {
        TrackedRun run = run("a");
        spawn(run, false, escape("pid") + "; exit 0");
        int pidfd = keeper.hold(pidIn("pid"));
        until(() -> keeper.reaped.size() == 2);
        tracker.signalAll(run, 9);
        tracker.awaitEmpty(run, () -> log.add("empty"));
        until(() -> !log.isEmpty());
        assertThat(isAlive(pidfd)).isTrue();
        assertThat(tracker.orphans()).hasSize(1)
                .first()
                .matches(orphan -> orphan.name().equals("sleep") && orphan.pid() == linux.pidfdPid(pidfd));
    }

    @Test
    void theCgroupNamespaceHoldsWhatShedTagParentAndEnvironment() throws Exception {
        Assumptions.assumeTrue(linux.effectiveUid() == 0, "needs root");
        tracker.close();
        tracker = new TagTracker(linux, reactor, keeper.pid(), true);
        TrackedRun run = run("cron");
        TrackedRun other = run("other");
        int pidfd = keeper.hold(escapeWithinNamespace(run, "pid"));
        int stranger = keeper.hold(escapeWithinNamespace(other, "stranger"));
        until(() -> keeper.reaped.size() == 3);
        assertThat(members(run)).containsExactly(linux.pidfdPid(pidfd));
        assertThat(tracker.belongs(run, linux.pidfdPid(pidfd), pidfd)).isTrue();
        assertThat(tracker.belongs(other, linux.pidfdPid(pidfd), pidfd)).isFalse();
        assertThat(tracker.orphans()).isEmpty();
        tracker.awaitEmpty(run, () -> log.add("empty"));
        for (int i = 0; i < 20; i++) {
            round();
        }
        assertThat(log).isEmpty();
        tracker.signalAll(run, 9);
        until(() -> !log.isEmpty());
        assertThat(isAlive(pidfd)).isFalse();
        assertThat(isAlive(stranger)).isTrue();
    }

    /** Spawns what leaves only a process that nothing but its cgroup namespace tells apart. */
    private int escapeWithinNamespace(TrackedRun run, String file) throws Exception {
        Path script = directory.resolve(file + ".sh");
        Files.writeString(script, escape(file));
        spawn(run, false,
                "exec nsenter --cgroup=/proc/" + linux.pid() + "/fd/" + run.cgroupNamespace() + " sh " + script);
        int pid = pidIn(file);
        assertThat(proc.tag(pid)).isZero();
        assertThat(proc.invocation(pid)).isNull();
        return pid;
    }

    @Test
    void processesThatForkAndExitAllTheTimeAreKilledWhole() throws Exception {
        TrackedRun run = run("hoppers");
        // Twenty at a time and no more, each gone within a millisecond and followed by its child; they end by themselves.
        spawn(run, "exec perl -e 'for (1..20) { if (!fork) { for (1..5000) { fork and exit; select undef, undef, undef,"
                + " 0.001 } exit } } sleep 30'");
        until(() -> members(run).size() > 10);
        tracker.signalAll(run, 9);
        tracker.awaitEmpty(run, () -> log.add("empty"));
        until(() -> !log.isEmpty());
        assertThat(members(run)).isEmpty();
        assertThat(tracker.orphans()).isEmpty();
    }

    @Test
    void stoppedProcessesAreKilledToo() throws Exception {
        TrackedRun run = run("a");
        spawn(run, "sleep 300 & kill -STOP $!; kill -STOP $$");
        until(() -> members(run).size() == 2);
        tracker.signalAll(run, 9);
        tracker.awaitEmpty(run, () -> log.add("empty"));
        until(() -> !log.isEmpty());
    }

    @Test
    void aReapedSlotIsNotSignalledAlthoughItWasNotToldYet() throws Exception {
        TrackedRun run = run("a");
        int pid = spawn(run, "exec sleep 300");
        linux.pidfdSignal(pidfds.getOrDefault(pid, Linux.NO_FD), 9);
        TestKeeper.await(() -> linux.pidfdSignal(pidfds.getOrDefault(pid, -1), 0) == Linux.GONE);
        assertThat(slots).containsKey(pid);
        assertThat(members(run)).isEmpty();
        tracker.signalAll(run, 9);
        round();
    }

    @Test
    void hundredsStoppedAtOnceShareTheLook() throws Exception {
        List<TrackedRun> runs = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            TrackedRun run = run("s" + i);
            runs.add(run);
            spawn(run, "exec sleep 300");
        }
        TestKeeper.await(() -> slots.keySet().stream().allMatch(pid -> {
            ProcReader.Stat stat = proc.stat(pid);
            return stat != null && stat.name().equals("sleep");
        }));
        members(runs.getFirst());
        long begun = System.nanoTime();
        for (TrackedRun run : runs) {
            tracker.signalAll(run, 15);
            tracker.signalAll(run, 18);
            tracker.awaitEmpty(run, () -> log.add("empty"));
        }
        until(() -> log.size() == runs.size());
        System.out.println("300 runs stopped in " + (System.nanoTime() - begun) / 1000 + " us");
        assertThat(members(runs.getFirst())).isEmpty();
    }
}
