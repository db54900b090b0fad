package org.jinit.daemon;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jinit.config.DefinitionParser;
import org.jinit.config.Reading;
import org.jinit.engine.Effect;
import org.jinit.engine.Engine;
import org.jinit.engine.EngineSettings;
import org.jinit.engine.Event;
import org.jinit.engine.RequestId;
import org.jinit.engine.Requester;
import org.jinit.engine.ServiceView;
import org.jinit.fuzz.Check;
import org.jinit.graph.Catalog;
import org.jinit.linux.KeeperProtocol;
import org.jinit.linux.Linux;
import org.jinit.linux.NotifySocket;
import org.jinit.linux.ProcessTracker;
import org.jinit.linux.Reactor;
import org.jinit.linux.TestTrackers;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** One service whose main process is this one, with its real notify socket, engine and store; nothing else is carried out. */
final class NotifyWorld implements AutoCloseable {
    static final int STORE = 3;
    static final ServiceName WEB = new ServiceName("web");
    private static final Catalog CATALOG = Catalog.of(List.copyOf(DefinitionParser.parse(Reading.of(Map.of("web.yaml",
            "exec: /bin/x\nready: notify\nnotify-access: all\nfd-store: " + STORE + "\nwatchdog: 10s\n")))
            .services()
            .values()));

    final Linux linux;
    final List<Throwable> thrown = new ArrayList<>();
    final List<Effect> effects = new ArrayList<>();
    /** What the keeper has of the store. */
    final Set<KeeperProtocol.Label> kept = new HashSet<>();
    final Processes processes;
    final FdStore store;
    final Reactor reactor;
    private final EngineLoop loop;
    private final ProcessTracker tracker;
    private final ParkedDescriptors parked;
    private final String path;
    private Processes.@Nullable Held main;
    private @Nullable NotifyChannel channel;

    /** @param path of the socket */
    NotifyWorld(Linux linux, String path) {
        this.linux = linux;
        this.path = path;
        reactor = new Reactor(linux, (what, e) -> thrown.add(e));
        loop = new EngineLoop(new Engine(EngineSettings.DEFAULT, CATALOG, new TreeMap<>()));
        tracker = TestTrackers.byTag(linux, reactor, 1);
        processes = new Processes(linux, 1);
        parked = new ParkedDescriptors(linux);
        store = new FdStore(linux, reactor, keeping -> {
            boolean changed = keeping.fd() == Linux.NO_FD ? kept.remove(keeping.label()) : kept.add(keeping.label());
            Check.that(changed, "the keeper is told once of " + keeping);
        });
        loop.start(this::execute);
        loop.submit(new Event.Requested(new RequestId(1), new Requester(0, 1),
                new Event.Request.Start(List.of(WEB), false, null)));
    }

    NotifyChannel channel() {
        return Objects.requireNonNull(channel);
    }

    ServiceView view() {
        return Objects.requireNonNull(loop.engine().view(WEB));
    }

    /** From now on this process is, or is not, known as the service's. */
    void known(boolean known) {
        Processes.Held held = Objects.requireNonNull(main);
        if (known && held.pidfd == Linux.NO_FD) {
            processes.identify(held, linux.pid(), linux.pidfdOpen(linux.pid()));
        } else if (!known) {
            linux.close(held.pidfd);
            held.pidfd = Linux.NO_FD;
        }
    }

    private void execute(Effect effect) {
        effects.add(effect);
        switch (effect) {
            case Effect.Prepare(var run, var definition) -> {
                ActiveRun active = new ActiveRun(run, definition, "0".repeat(32), tracker.open("web", 5L << 32 | 1,
                        "0".repeat(32)));
                channel = new NotifyChannel(new NotifyChannel.Surroundings(linux, reactor, loop, processes, tracker,
                        parked, NotifySocket.buffer(), new ManagerLog(ManagerLog.Severity.ERROR, false), 1), active,
                        path);
                loop.submit(new Event.Prepared(run));
            }
            case Effect.Spawn spawn -> {
                main = processes.add(spawn.process(), spawn.run(), spawn.role());
                known(true);
                loop.submit(new Event.Spawned(spawn.process(), linux.pid()));
                loop.submit(new Event.Executed(spawn.process()));
            }
            case Effect.KeepDescriptors keep -> {
                int[] fds = parked.take(keep.parked());
                if (fds != null) {
                    store.keep(WEB, keep.name(), fds, keep.poll(), keep.limit());
                }
            }
            case Effect.DropDescriptors(var run, String name) -> store.remove(run.service(), name);
            default -> {}
        }
    }

    @Override
    public void close() {
        channel().close();
        store.clear(WEB);
        Check.that(kept.isEmpty(), "the keeper has nothing left of " + kept);
        known(false);
        for (long id = 0; processes.size() > 1; id--) {
            Processes.Held held = processes.find(new org.jinit.engine.ProcessId(id));
            if (held != null) {
                processes.remove(held);
            }
        }
        tracker.close();
        reactor.close();
    }
}
