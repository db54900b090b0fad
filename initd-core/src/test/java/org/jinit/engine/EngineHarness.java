package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jinit.engine.Event.Request;
import org.jinit.graph.Catalog;
import org.jinit.model.ExitStatus;
import org.jinit.model.NotifyAccess;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jinit.model.Signals;
import org.jinit.notify.NotifyMessage;
import org.jspecify.annotations.Nullable;

/**
 * An engine with a world around it that obeys: it prepares, spawns and executes at once, hooks exit 0, processes die of TERM and of KILL,
 * and a service is empty when no process of it lives. Each of these can be taken away. Time is a number.
 */
final class EngineHarness {
    static final Requester ROOT = new Requester(0, 4711);

    /** A process of the world. */
    static final class Life {
        final ProcessId id;
        final RunId run;
        final Role role;
        final int pid;

        Life(ProcessId id, RunId run, Role role, int pid) {
            this.id = id;
            this.run = run;
            this.role = role;
            this.pid = pid;
        }
    }

    final Engine engine;
    long now = 1_000_000_000L;
    final List<Effect> log = new ArrayList<>();
    final Map<ProcessId, Life> alive = new LinkedHashMap<>();
    private final Map<TimerKey, Long> timers = new LinkedHashMap<>();
    private final ArrayDeque<Event> answers = new ArrayDeque<>();
    private final Set<RunId> awaitingEmpty = new HashSet<>();
    private final Map<RunId, Integer> strays = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
    private final Map<Long, Reply> replies = new TreeMap<>();
    private int nextPid = 100;
    private long nextDiscovered = -1;
    private long nextRequest = 1;

    // What the world does not do.
    boolean answersPrepare = true;
    boolean answersSpawn = true;
    boolean executes = true;
    boolean hooksEnd = true;
    boolean killWorks = true;
    final Set<String> ignoreTerm = new HashSet<>();
    final Set<String> spawnFails = new HashSet<>();
    final Map<String, ExitStatus> hookStatus = new TreeMap<>();

    private EngineHarness(EngineSettings settings, Catalog catalog) {
        this.engine = new Engine(settings, catalog, new TreeMap<>());
    }

    static EngineHarness of(Catalog catalog) {
        return new EngineHarness(EngineSettings.DEFAULT, catalog);
    }

    static EngineHarness of(Defs... definitions) {
        return of(EngineSettings.DEFAULT, definitions);
    }

    static EngineHarness of(EngineSettings settings, Defs... definitions) {
        return new EngineHarness(settings, Catalog.of(definitions(definitions)));
    }

    static List<ServiceDefinition> definitions(Defs... definitions) {
        List<ServiceDefinition> built = new ArrayList<>();
        for (Defs definition : definitions) {
            built.add(definition.build());
        }
        return built;
    }

    // Events.

    EngineHarness step(Event event) {
        answers.addFirst(event);
        while (!answers.isEmpty()) {
            for (Effect effect : engine.step(answers.remove(), now)) {
                log.add(effect);
                carryOut(effect);
            }
        }
        return this;
    }

    EngineHarness boot() {
        return step(new Event.Boot(null));
    }

    private static List<ServiceName> names(String... names) {
        List<ServiceName> list = new ArrayList<>();
        for (String name : names) {
            list.add(new ServiceName(name));
        }
        return list;
    }

    long request(Request request) {
        long id = nextRequest++;
        step(new Event.Requested(new RequestId(id), ROOT, request));
        return id;
    }

    long start(String... names) {
        return request(new Request.Start(names(names), false, null));
    }

    long stop(String... names) {
        return request(new Request.Stop(names(names), false, false, null));
    }

    long stopWithDependents(String... names) {
        return request(new Request.Stop(names(names), true, false, null));
    }

    long restart(String... names) {
        return request(new Request.Restart(names(names), false, false, null));
    }

    long restartWithDependents(String... names) {
        return request(new Request.Restart(names(names), true, false, null));
    }

    long reload(String... names) {
        return request(new Request.Reload(names(names)));
    }

    long reset(String... names) {
        return request(new Request.Reset(names(names)));
    }

    EngineHarness shutdown() {
        return step(new Event.ShutdownRequested("TERM"));
    }

    long load(boolean apply, Defs... definitions) {
        return load(Catalog.of(definitions(definitions)), apply, false, null);
    }

    long load(Catalog catalog, boolean apply, boolean plan, @Nullable String commit) {
        long id = nextRequest++;
        step(new Event.CatalogLoaded(new RequestId(id), ROOT, catalog, apply, plan, commit));
        return id;
    }

    Life main(String service) {
        return only(service, Role.MAIN);
    }

    Life only(String service, Role role) {
        List<Life> found = new ArrayList<>();
        for (Life life : alive.values()) {
            if (life.run.service().value().equals(service) && life.role == role) {
                found.add(life);
            }
        }
        assertThat(found).as("processes of %s as %s", service, role).hasSize(1);
        return found.getFirst();
    }

    EngineHarness exit(String service, int code) {
        return end(main(service), new ExitStatus.Exited(code));
    }

    EngineHarness crash(String service) {
        return end(main(service), new ExitStatus.Killed(Signals.SEGV, true));
    }

    EngineHarness end(Life life, ExitStatus status) {
        assertThat(alive.remove(life.id)).isNotNull();
        step(new Event.Exited(life.id, status));
        tellEmptied();
        return drain();
    }

    private EngineHarness drain() {
        Event next = answers.poll();
        return next == null ? this : step(next);
    }

    RunId run(String service) {
        ServiceView view = view(service);
        return new RunId(view.name(), view.generation());
    }

    /** A process that the service left behind or made; it dies of KILL to all only. */
    EngineHarness stray(String service) {
        strays.merge(run(service), 1, Integer::sum);
        return this;
    }

    EngineHarness straysEnd(String service) {
        strays.remove(run(service));
        if (awaitingEmpty.contains(run(service)) && isEmpty(run(service))) {
            awaitingEmpty.remove(run(service));
            step(new Event.Emptied(run(service)));
        }
        return this;
    }

    /** A daemon that was found, alive from now on. */
    Life discover(String service) {
        Life life = new Life(new ProcessId(nextDiscovered--), run(service), Role.MAIN, nextPid++);
        alive.put(life.id, life);
        return life;
    }

    EngineHarness mainFound(Life life) {
        return step(new Event.MainFound(life.run, life.id, life.pid, "the only process left"));
    }

    EngineHarness notify(String service, String text) {
        Life life = main(service);
        return notify(service, text, new Sender(life.id, true, 0, life.pid), null);
    }

    EngineHarness notify(String service, String text, Sender sender, @Nullable MainClaim claim) {
        return step(new Event.Notified(run(service), sender, message(text), claim, 0, 0));
    }

    static NotifyMessage message(String text) {
        Map<String, String> said = new TreeMap<>();
        for (String line : text.lines().toList()) {
            int equals = line.indexOf('=');
            said.putIfAbsent(line.substring(0, equals), line.substring(equals + 1));
        }
        List<String> extra = new ArrayList<>();
        said.forEach((key, value) -> {
            if (key.startsWith("X_")) {
                extra.add(key + "=" + value);
            }
        });
        String access = said.get("NOTIFYACCESS");
        String watchdog = said.getOrDefault("WATCHDOG", "");
        return new NotifyMessage(
                "1".equals(said.get("READY")),
                "1".equals(said.get("RELOADING")),
                "1".equals(said.get("STOPPING")),
                Integer.parseInt(said.getOrDefault("MAINPID", "0")),
                0,
                false,
                said.get("STATUS"),
                Integer.parseInt(said.getOrDefault("ERRNO", "0")),
                null,
                null,
                switch (watchdog) {
                    case "1" -> NotifyMessage.Watchdog.PING;
                    case "trigger" -> NotifyMessage.Watchdog.TRIGGER;
                    default -> NotifyMessage.Watchdog.NONE;
                },
                Long.parseLong(said.getOrDefault("WATCHDOG_USEC", "-1")),
                Long.parseLong(said.getOrDefault("EXTEND_TIMEOUT_USEC", "-1")),
                Long.parseLong(said.getOrDefault("MONOTONIC_USEC", "-1")),
                said.containsKey("RESTART_RESET"),
                access == null ? null : NotifyAccess.valueOf(access),
                said.containsKey("FDSTORE"),
                said.containsKey("FDSTOREREMOVE"),
                said.get("FDNAME"),
                true,
                said.containsKey("BARRIER"),
                extra);
    }

    /** Lets time pass; timers come due in their order. */
    EngineHarness advance(Duration duration) {
        long until = now + duration.toNanos();
        while (true) {
            TimerKey next = null;
            long due = until;
            for (Map.Entry<TimerKey, Long> timer : timers.entrySet()) {
                if (timer.getValue() <= until && (next == null || timer.getValue() < due)) {
                    next = timer.getKey();
                    due = timer.getValue();
                }
            }
            if (next == null) {
                now = until;
                return this;
            }
            timers.remove(next);
            now = Math.max(now, due);
            step(new Event.TimerDue(next));
        }
    }

    EngineHarness advanceMillis(long millis) {
        return advance(Duration.ofMillis(millis));
    }

    // The world.

    private void carryOut(Effect effect) {
        switch (effect) {
            case Effect.Prepare prepare -> {
                if (answersPrepare) {
                    answers.add(new Event.Prepared(prepare.run()));
                }
            }
            case Effect.Spawn spawn -> {
                if (spawnFails.contains(spawn.run().service() + " " + spawn.role())) {
                    answers.add(
                            new Event.SpawnFailed(spawn.process(), "execute /bin/x", 2, "No such file or directory"));
                } else if (answersSpawn) {
                    spawn(spawn);
                }
            }
            case Effect.Signal signal -> deliver(alive.get(signal.process()), signal.signal());
            case Effect.SignalAll all -> {
                for (Life life : new ArrayList<>(alive.values())) {
                    if (life.run.equals(all.run())) {
                        deliver(life, all.signal());
                    }
                }
                if (all.signal() == Signals.KILL && killWorks) {
                    strays.remove(all.run());
                    tellEmptied();
                }
            }
            case Effect.AwaitEmpty await -> {
                awaitingEmpty.add(await.run());
                tellEmptied();
            }
            case Effect.ArmTimer arm -> timers.put(arm.key(), arm.deadlineNanos());
            case Effect.CancelTimer cancel -> assertThat(timers.remove(cancel.key())).as("%s", cancel).isNotNull();
            case Effect.Reply reply ->
                assertThat(replies.put(reply.id().value(), reply.reply())).as("second reply").isNull();
            case Effect.Publish publish ->
                assertThat(publish.transition().from().mayFollow(publish.transition().to()))
                        .as("%s", publish.transition())
                        .isTrue();
            case Effect.Release release -> awaitingEmpty.remove(release.run());
            default -> {}
        }
    }

    /** Answers a Spawn that was left unanswered. */
    void spawn(Effect.Spawn spawn) {
        Life life = new Life(spawn.process(), spawn.run(), spawn.role(), nextPid++);
        alive.put(life.id, life);
        answers.add(new Event.Spawned(life.id, life.pid));
        if (executes) {
            answers.add(new Event.Executed(life.id));
        }
        if (spawn.role() != Role.MAIN && hooksEnd) {
            ExitStatus status = hookStatus.getOrDefault(
                    spawn.run().service() + " " + spawn.role() + spawn.index(), new ExitStatus.Exited(0));
            alive.remove(life.id);
            answers.add(new Event.Exited(life.id, status));
        }
    }

    private void deliver(@Nullable Life life, int signal) {
        if (life == null) {
            return;
        }
        boolean dies =
                switch (signal) {
                    case Signals.KILL -> killWorks;
                    case Signals.TERM, Signals.ABRT, Signals.INT ->
                        !ignoreTerm.contains(life.run.service().value());
                    default -> false;
                };
        if (dies) {
            alive.remove(life.id);
            answers.add(new Event.Exited(life.id, new ExitStatus.Killed(signal, false)));
            tellEmptied();
        }
    }

    private boolean isEmpty(RunId run) {
        return !strays.containsKey(run) && alive.values().stream().noneMatch(life -> life.run.equals(run));
    }

    private void tellEmptied() {
        for (RunId run : new ArrayList<>(awaitingEmpty)) {
            if (isEmpty(run)) {
                awaitingEmpty.remove(run);
                answers.add(new Event.Emptied(run));
            }
        }
    }

    // What is seen.

    ServiceView view(String service) {
        ServiceView view = engine.view(new ServiceName(service));
        if (view == null) {
            throw new AssertionError("no service " + service);
        }
        return view;
    }

    State state(String service) {
        return view(service).state();
    }

    EngineHarness expect(String service, State state) {
        assertThat(state(service)).as("state of %s, %s", service, history(service)).isEqualTo(state);
        return this;
    }

    List<String> history(String service) {
        List<String> told = new ArrayList<>();
        for (Transition transition : engine.history(new ServiceName(service))) {
            told.add(Narrator.tell(transition));
        }
        return told;
    }

    @Nullable Reply reply(long id) {
        return replies.get(id);
    }

    EngineHarness done(long id) {
        assertThat(reply(id)).isInstanceOf(Reply.Done.class);
        return this;
    }

    EngineHarness unanswered(long id) {
        assertThat(reply(id)).isNull();
        return this;
    }

    String failure(long id) {
        if (!(reply(id) instanceof Reply.Failed failed)) {
            throw new AssertionError("not failed: " + reply(id));
        }
        StringBuilder text = new StringBuilder();
        for (Reply.Outcome outcome : failed.outcomes()) {
            if (!outcome.ok()) {
                text.append(outcome.text());
            }
        }
        return text.toString();
    }

    List<String> warnings() {
        return effects(Effect.Warn.class).stream().map(Effect.Warn::text).toList();
    }

    Reply.Refused refused(long id) {
        if (!(reply(id) instanceof Reply.Refused refused)) {
            throw new AssertionError("not refused: " + reply(id));
        }
        return refused;
    }

    List<Effect.Spawn> spawns(String service, Role role) {
        List<Effect.Spawn> spawns = new ArrayList<>();
        for (Effect effect : log) {
            if (effect instanceof Effect.Spawn spawn
                    && spawn.run().service().value().equals(service)
                    && spawn.role() == role) {
                spawns.add(spawn);
            }
        }
        return spawns;
    }

    int starts(String service) {
        return spawns(service, Role.MAIN).size();
    }

    <E extends Effect> List<E> effects(Class<E> kind) {
        List<E> found = new ArrayList<>();
        for (Effect effect : log) {
            if (kind.isInstance(effect)) {
                found.add(kind.cast(effect));
            }
        }
        return found;
    }

    /** The order in which services entered a state, since the beginning. */
    List<String> order(State state) {
        List<String> order = new ArrayList<>();
        for (Effect.Publish publish : effects(Effect.Publish.class)) {
            if (publish.transition().to() == state) {
                order.add(publish.transition().service().value());
            }
        }
        return order;
    }

    /** Nothing is waited for, and nothing is remembered of runs that are over. */
    EngineHarness noTimers() {
        assertThat(timers).isEmpty();
        assertThat(engine.board.processes.values()).allMatch(process -> process.run.cell.run == process.run);
        return this;
    }

    boolean armed(TimerKey.Purpose purpose) {
        return timers.keySet().stream().anyMatch(key -> key.purpose() == purpose);
    }

    EngineHarness clearLog() {
        log.clear();
        return this;
    }
}
