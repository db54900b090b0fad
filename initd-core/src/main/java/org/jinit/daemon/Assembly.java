package org.jinit.daemon;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jinit.daemon.control.ControlLimits;
import org.jinit.daemon.control.ControlServer;
import org.jinit.daemon.control.ControlSocket;
import org.jinit.engine.Effect;
import org.jinit.engine.Engine;
import org.jinit.engine.EngineSettings;
import org.jinit.engine.Event;
import org.jinit.engine.Transition;
import org.jinit.linux.KeeperProtocol;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jinit.linux.NotifySocket;
import org.jinit.linux.ProcessTracker;
import org.jinit.linux.ProcessTrackers;
import org.jinit.linux.Reactor;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.Signals;
import org.jinit.output.LogPump;
import org.jspecify.annotations.Nullable;

/** Puts the manager's parts together, starts the boot set, and carries out the end. */
final class Assembly implements EffectExecutor.Outside, KeeperSession.Receiver {
    private static final long SENDING_NANOS = 5_000_000_000L;
    private static final Duration SHUTDOWN_VM = Duration.ofSeconds(90);
    /** docker stop kills after ten seconds. */
    private static final Duration SHUTDOWN_CONTAINER = Duration.ofSeconds(9);

    private final Linux linux;
    private final Reactor reactor;
    private final KeeperSession keeper;
    private final KeeperProtocol.Welcome welcome;
    private final ManagerLog log;
    private final ManagerOptions options;
    private final Paths paths;
    private final boolean container;
    private final Announcer announcer;
    private final Upward upward;
    private @Nullable LogPump pump;
    private @Nullable ProcessTracker tracker;
    private @Nullable KeeperEvents keeperEvents;
    private @Nullable EngineLoop loop;
    private @Nullable Backend backend;
    private @Nullable ControlServer control;

    Assembly(
            Linux linux,
            Reactor reactor,
            KeeperSession keeper,
            KeeperProtocol.Welcome welcome,
            ManagerLog log,
            ManagerOptions options,
            Paths paths) {
        this.linux = linux;
        this.reactor = reactor;
        this.keeper = keeper;
        this.welcome = welcome;
        this.log = log;
        this.options = options;
        this.paths = paths;
        container = options.container() != null ? options.container() : Container.isOne(keeper.environment());
        announcer = new Announcer(log);
        upward = new Upward(linux, BaseEnvironment.original(keeper.environment(), "NOTIFY_SOCKET"));
    }

    void start(Manager.Loaded loaded) throws Manager.StartFailure {
        CatalogReader.Result read = loaded.result();
        if (!read.valid()) {
            List<String> problems = new java.util.ArrayList<>(read.problems());
            problems.add("cannot start: the definitions in " + paths.config() + " have errors (jinitctl check "
                    + paths.config() + " shows them too)");
            throw new Manager.StartFailure(problems);
        }
        read.problems().forEach(log::warn);
        loaded.problems().forEach(log::warn);
        BootDirectories directories = new BootDirectories(linux, paths, log, options.pidFile());
        try {
            directories.clearOwn();
            directories.makeLogDirectory();
        } catch (LinuxException e) {
            throw new Manager.StartFailure(
                    List.of("cannot make " + paths.run() + " and " + paths.log() + ": " + e.cause()));
        }
        directories.clearServices(read.catalog().services().values());
        EngineLoop engineLoop = engine(loaded);
        loop = engineLoop;
        assemble(engineLoop, loaded);
        keeper.receiveWith(this);
        String problem = null;
        if (options.detached()) {
            // Whoever waits for us is told that it failed, before anything is started.
            problem = openControl();
            if (problem != null) {
                throw new Manager.StartFailure(List.of(problem));
            }
        }
        engineLoop.submit(new Event.Boot(options.target()));
        if (!options.detached()) {
            problem = openControl();
        }
        if (problem == null) {
            ready(false, !options.waitBoot());
        } else {
            // The services matter more than the control of them.
            log.error(problem);
        }
    }

    /** @param last nobody waits for more: what is to be told to a launcher has been told */
    private void ready(boolean settled, boolean last) {
        if (options.detached() && last) {
            log.endReport(() -> reactor.execute(() -> keeper.send(new KeeperProtocol.Ready(settled))));
        } else {
            reactor.defer(() -> keeper.send(new KeeperProtocol.Ready(settled)));
        }
    }

    private EngineLoop engine(Manager.Loaded loaded) {
        Duration configured = loaded.result().settings().shutdownTimeout();
        Duration shutdown = configured != null ? configured : container ? SHUTDOWN_CONTAINER : SHUTDOWN_VM;
        EngineSettings settings = new EngineSettings(System.nanoTime(), shutdown, welcome.pid1() && !container);
        return new EngineLoop(new Engine(settings, loaded.result().catalog(), new TreeMap<>(loaded.enabled())));
    }

    private void assemble(EngineLoop engineLoop, Manager.Loaded loaded) {
        DiskWorker disk = new DiskWorker(log);
        disk.start();
        LogPump output = new LogPump(linux, new Reactor(linux, (what, problem) -> log.error("internal error in " + what
                + ": " + problem)), paths.log(), log::warn);
        output.start();
        pump = output;
        ProcessTracker processTracker = ProcessTrackers.open(linux, reactor, welcome, log::warn);
        tracker = processTracker;
        Runs runs = new Runs(processTracker);
        Processes processes = new Processes(linux, welcome.keeperPid());
        OutputPipes outputs = new OutputPipes(linux, output, container);
        FdStore store = new FdStore(linux, reactor, this::keepDescriptor);
        store.adopt(keeper.takeStored(), name -> {
            ServiceDefinition definition = loaded.result().catalog().find(name);
            return definition == null ? 0 : definition.fdStore();
        });
        Spawner spawner = new Spawner(linux, keeper.link(), processes, outputs, store, engineLoop);
        NotifyChannel.Surroundings with = new NotifyChannel.Surroundings(linux, reactor, engineLoop, processes,
                processTracker, new ParkedDescriptors(linux), NotifySocket.buffer(), log, welcome.keeperPid());
        Boolean inherit = loaded.result().settings().inheritEnvironment();
        Map<String, String> base = BaseEnvironment.of(keeper.environment(), inherit != null
                ? inherit
                : options.inheritEnvironment() || container || welcome.pid1() || linux.effectiveUid() != 0);
        EffectExecutor executor = new EffectExecutor(new EffectExecutor.Parts(with, runs, spawner,
                new Timers(reactor, engineLoop), new MainFinder(with, runs), new StopSignalWatch(with),
                new Probes(linux, reactor, engineLoop, spawner, runs), store, outputs, output,
                new Preparation(linux, base, paths, container), disk, this::watch, this), paths, welcome,
                System.nanoTime());
        engineLoop.start(executor);
        keeperEvents = new KeeperEvents(linux, engineLoop, processes, runs, processTracker, keeper::send);
        backend = new Backend(
                new Backend.Parts(linux, reactor, engineLoop, disk, loaded.reader(), new EnabledOverlay(paths.state()),
                        outputs, output, new ProcessViews(linux, processTracker, runs, processes), log, paths),
                new Backend.Identity(org.jinit.protocol.Varlink.VERSION, welcome.keeperPid(), welcome.managerStarts()),
                loaded.enabled(), loaded.result().fingerprint(), log.threshold());
    }

    private void watch(Processes.Held held) {
        keeper.link()
                .send(new KeeperProtocol.Watch(held.id.value(),
                        KeeperProtocol.Label.of(held.run + "/WATCHED/" + held.id.value())), false, held.pidfd);
    }

    /** Null, or what hinders it. */
    private @Nullable String openControl() {
        Backend ready = Objects.requireNonNull(backend);
        try {
            control = new ControlServer(linux, reactor, ControlSocket.open(linux, paths.run()), ready,
                    ControlLimits.DEFAULT);
            log.info("listening on " + paths.controlSocket() + "; talk to it with jinitctl"
                    + (paths.run().equals("/run/jinit") ? "" : " --run-dir " + paths.run()) + " list");
        } catch (LinuxException e) {
            return "cannot listen on " + paths.controlSocket() + ": " + e.cause();
        }
        return null;
    }

    @Override
    public void reply(Effect.Reply reply) {
        if (backend != null) {
            backend.reply(reply);
        }
    }

    @Override
    public void changed(Transition transition) {
        announcer.changed(transition);
        if (control != null) {
            control.published(transition);
        }
    }

    @Override
    public void bootSettled(int ready, int failed) {
        log.info("boot has settled: " + ready + " ready" + (failed == 0 ? "" : ", " + failed + " failed"));
        ready(true, true);
        upward.tell("READY=1\nSTATUS=" + ready + " services ready, " + failed + " failed");
    }

    @Override
    public void warn(Effect.Warn warning) {
        log.warn(warning.service() + ": " + warning.text());
    }

    @Override
    public void exit(Effect.Exit exit) {
        log.info("everything is stopped; ending with code " + exit.code());
        upward.tell("STOPPING=1\nSTATUS=stopped\nEXIT_STATUS=" + exit.code());
        if (control != null) {
            control.close();
        }
        if (pump != null) {
            pump.close();
        }
        log.close();
        keeper.send(new KeeperProtocol.Exit(exit.code(), welcome.pid1()));
        endWhenSent(System.nanoTime() + SENDING_NANOS);
    }

    /** A manager that is gone before the keeper knows that it may would be started again. */
    private void endWhenSent(long deadlineNanos) {
        if (keeper.link().pending() > 0 && System.nanoTime() - deadlineNanos < 0) {
            reactor.arm(System.nanoTime() + 1_000_000, () -> endWhenSent(deadlineNanos));
            return;
        }
        // An ordered end: a training run writes its cache on the way out.
        System.exit(0);
    }

    private void keepDescriptor(FdStore.Keeping keeping) {
        if (keeping.fd() == Linux.NO_FD) {
            keeper.send(new KeeperProtocol.StoreDrop(keeping.label()));
        } else {
            keeper.link().send(new KeeperProtocol.StorePut(keeping.label()), false, keeping.fd());
        }
    }

    @Override
    public void slot(KeeperProtocol.Slot slot, int[] fds) {
        if (keeperEvents != null) {
            keeperEvents.slot(slot, fds);
        }
    }

    @Override
    public void stopped(KeeperProtocol.Stopped stopped, int[] fds) {
        if (keeperEvents != null) {
            keeperEvents.stopped(stopped, fds);
        }
    }

    @Override
    public void refused(KeeperProtocol.Refused refused) {
        if (refused.request() == 0) {
            log.warn(
                    "cannot keep a descriptor of the fd store over a death of the manager: " + refused.reason().text());
        } else if (keeperEvents != null) {
            keeperEvents.refused(refused);
        }
    }

    @Override
    public void orphans(KeeperProtocol.Orphans orphans) {
        if (tracker != null) {
            tracker.poke();
        }
    }

    @Override
    public void signal(KeeperProtocol.Signal signal) {
        String from = "SIG" + Signals.name(signal.signal()) + " from pid " + signal.pid() + ", uid " + signal.uid();
        switch (signal.signal()) {
            case Signals.TERM, Signals.INT, 30 -> {
                log.info("shutting down: " + from);
                upward.tell("STOPPING=1\nSTATUS=shutting down");
                if (loop != null) {
                    loop.submit(new Event.ShutdownRequested(from));
                }
            }
            case Signals.HUP -> {
                log.info("reading the definitions again: " + from);
                if (backend != null) {
                    backend.reloadOnSignal();
                }
            }
            default -> log.debug("ignored " + from);
        }
    }
}
