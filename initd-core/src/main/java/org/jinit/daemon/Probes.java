package org.jinit.daemon;

import java.util.HashMap;
import java.util.Map;
import org.jinit.engine.Event;
import org.jinit.engine.RunId;
import org.jinit.linux.Linux;
import org.jinit.linux.Reactor;
import org.jinit.model.Probe;
import org.jinit.model.Signals;
import org.jspecify.annotations.Nullable;

/** Runs probes: an attempt, its answer to the engine, a pause of the interval, the next attempt. One attempt of each is under way at most. */
final class Probes {
    private record Key(RunId run, Event.ProbeUse use) {}

    private final Linux linux;
    private final Reactor reactor;
    private final EngineLoop loop;
    private final Spawner spawner;
    private final Runs runs;
    private final Map<Key, Loop> loops = new HashMap<>();

    Probes(Linux linux, Reactor reactor, EngineLoop loop, Spawner spawner, Runs runs) {
        this.linux = linux;
        this.reactor = reactor;
        this.loop = loop;
        this.spawner = spawner;
        this.runs = runs;
    }

    void start(RunId id, Event.ProbeUse use, Probe probe) {
        ActiveRun run = runs.find(id);
        if (run == null) {
            return;
        }
        stop(id, use);
        Loop started = new Loop(new Key(id, use), run, probe);
        loops.put(started.key, started);
        started.timer = reactor.arm(System.nanoTime(), started::attempt);
    }

    void stop(RunId run, Event.ProbeUse use) {
        Loop old = loops.remove(new Key(run, use));
        if (old != null) {
            old.cancel();
        }
    }

    /** The run is released. */
    void stopAll(RunId run) {
        for (Event.ProbeUse use : Event.ProbeUse.values()) {
            stop(run, use);
        }
    }

    private final class Loop {
        final Key key;
        final ActiveRun run;
        final Probe probe;
        Reactor.@Nullable Timer timer;
        boolean cancelled;
        /** The attempt that is under way; an answer of an older one is late and is nothing. */
        long attempt;
        boolean threadBusy;
        Processes.@Nullable Held command;

        Loop(Key key, ActiveRun run, Probe probe) {
            this.key = key;
            this.run = run;
            this.probe = probe;
        }

        void cancel() {
            cancelled = true;
            if (timer != null) {
                timer.cancel();
            }
            run.logWaiter = null;
            killCommand();
        }

        void attempt() {
            attempt++;
            long number = attempt;
            switch (probe.target()) {
                case Probe.Tcp tcp -> onThread(number, () -> ProbeAttempt.tcp(tcp, probe.timeout()));
                case Probe.Unix unix -> onThread(number, () -> ProbeAttempt.unix(unix));
                case Probe.Http http -> onThread(number, () -> ProbeAttempt.http(http, probe.timeout()));
                case Probe.Exec exec -> execute(number, exec);
                case Probe.Log _ -> watch(number);
            }
        }

        private void onThread(long number, java.util.function.Supplier<@Nullable String> question) {
            deadline(number);
            if (threadBusy) {
                // The attempt before hangs (in a name service, say); its successor times out without a thread of its own.
                return;
            }
            threadBusy = true;
            Thread.ofVirtual().name("probe").start(() -> {
                String problem = question.get();
                reactor.execute(() -> {
                    threadBusy = false;
                    answer(number, problem);
                });
            });
        }

        private void deadline(long number) {
            timer = reactor.arm(System.nanoTime() + probe.timeout().toNanos(),
                    () -> answer(number, "no answer within " + probe.timeout().toMillis() + " ms"));
        }

        private void execute(long number, Probe.Exec exec) {
            deadline(number);
            try {
                command = spawner.spawnAside(run, exec.command(), (problem, code) -> {
                    command = null;
                    String text = problem != null
                            ? "cannot run the probe: " + problem
                            : code == 0 ? null : code < 0 ? "the probe was killed" : "the probe exited " + code;
                    answer(number, text);
                });
            } catch (Expansion.Failure | IllegalArgumentException e) {
                answer(number, "cannot run the probe: " + e.getMessage());
            }
        }

        /** The output has been watched since before the start; a line may have matched already. */
        private void watch(long number) {
            if (run.logMatched) {
                answer(number, null);
            } else {
                run.logWaiter = () -> answer(number, null);
            }
        }

        private void killCommand() {
            Processes.Held running = command;
            if (running != null && running.pidfd != Linux.NO_FD) {
                linux.pidfdSignal(running.pidfd, Signals.KILL);
            }
        }

        /** @param problem null: good */
        private void answer(long number, @Nullable String problem) {
            if (cancelled || number != attempt) {
                return;
            }
            attempt++;
            killCommand();
            if (timer != null) {
                timer.cancel();
            }
            timer = reactor.arm(System.nanoTime() + probe.interval().toNanos(), this::attempt);
            loop.submit(new Event.ProbeAnswered(key.run(), key.use(), problem == null, problem == null ? "" : problem));
        }
    }
}
