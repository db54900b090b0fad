package org.jinit.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jinit.model.Command;
import org.jinit.model.Condition;
import org.jinit.model.Dependencies;
import org.jinit.model.Dependencies.Reference;
import org.jinit.model.Directories;
import org.jinit.model.Environment;
import org.jinit.model.Execution;
import org.jinit.model.ExitPolicy;
import org.jinit.model.Health;
import org.jinit.model.Hook;
import org.jinit.model.Hooks;
import org.jinit.model.LogPolicy;
import org.jinit.model.NotifyAccess;
import org.jinit.model.Probe;
import org.jinit.model.Readiness;
import org.jinit.model.ReloadPolicy;
import org.jinit.model.RestartPolicy;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jinit.model.ServiceType;
import org.jinit.model.SourcePosition;
import org.jinit.model.StopPolicy;
import org.jinit.model.SuccessExit;
import org.jinit.model.Timeouts;
import org.jspecify.annotations.Nullable;

/** Definitions in few words, for tests. */
final class Defs {
    private static final SourcePosition HERE = new SourcePosition("test.yaml", 1, 1);

    private final ServiceName name;
    private ServiceType type = ServiceType.DAEMON;
    private boolean enabled;
    private String digest = "1";
    private final List<Reference> requires = new ArrayList<>();
    private final List<Reference> wants = new ArrayList<>();
    private final List<Reference> after = new ArrayList<>();
    private final List<Reference> before = new ArrayList<>();
    private final List<Reference> conflicts = new ArrayList<>();
    private final List<Reference> partOf = new ArrayList<>();
    private List<Readiness> readiness = List.of(new Readiness.Started(null));
    private final List<Hook> beforeStart = new ArrayList<>();
    private final List<Hook> afterStart = new ArrayList<>();
    private final List<Hook> afterStop = new ArrayList<>();
    private final List<Condition> conditions = new ArrayList<>();
    private RestartPolicy.When when = RestartPolicy.When.ON_FAILURE;
    private Duration delay = Duration.ofMillis(100);
    private RestartPolicy.@Nullable Limit limit = new RestartPolicy.Limit(5, Duration.ofSeconds(10));
    private RestartPolicy.Then then = RestartPolicy.Then.FAIL;
    private Duration resetAfter = Duration.ofSeconds(30);
    private StopPolicy stop = StopPolicy.DEFAULT;
    private @Nullable ReloadPolicy reload;
    private @Nullable Duration start = Timeouts.DEFAULT_START;
    private @Nullable Duration run;
    private @Nullable Duration watchdog;
    private @Nullable NotifyAccess access;
    private int fdStore;
    private @Nullable String pidFile;
    private @Nullable ExitPolicy exit;
    private @Nullable Health health;

    private Defs(String name) {
        this.name = new ServiceName(name);
    }

    static Defs daemon(String name) {
        return new Defs(name);
    }

    static Defs task(String name) {
        Defs task = new Defs(name);
        task.type = ServiceType.TASK;
        task.readiness = List.of();
        task.when = RestartPolicy.When.NEVER;
        return task;
    }

    static Defs target(String name) {
        Defs target = new Defs(name);
        target.type = ServiceType.TARGET;
        target.readiness = List.of();
        return target;
    }

    private static void add(List<Reference> to, String... names) {
        Arrays.stream(names).forEach(other -> to.add(new Reference(new ServiceName(other), HERE)));
    }

    Defs enabled() {
        enabled = true;
        return this;
    }

    Defs digest(String text) {
        digest = text;
        return this;
    }

    Defs requires(String... names) {
        add(requires, names);
        return this;
    }

    Defs wants(String... names) {
        add(wants, names);
        return this;
    }

    Defs after(String... names) {
        add(after, names);
        return this;
    }

    Defs before(String... names) {
        add(before, names);
        return this;
    }

    Defs conflicts(String... names) {
        add(conflicts, names);
        return this;
    }

    Defs partOf(String... names) {
        add(partOf, names);
        return this;
    }

    Defs ready(Readiness... entries) {
        readiness = List.of(entries);
        return this;
    }

    Defs readyByNotify() {
        return ready(new Readiness.Notify(null));
    }

    Defs readyByFork() {
        return ready(new Readiness.Fork(null));
    }

    Defs readyByPipe() {
        return ready(new Readiness.Pipe(0, Readiness.Pipe.Kind.SOCKET, null));
    }

    Defs readyByStop() {
        return ready(new Readiness.StopSignal(null));
    }

    static Readiness probe(int attempts) {
        Probe.Target target = new Probe.Tcp("localhost", 1);
        return new Readiness.Probed(
                new Probe(target, Probe.DEFAULT_INTERVAL, Probe.DEFAULT_TIMEOUT, attempts), null);
    }

    private static Command command(String... argv) {
        return new Command(List.of(argv), HERE);
    }

    static Hook hook(boolean ignore, @Nullable Duration timeout) {
        return new Hook(command("/bin/true"), ignore, timeout);
    }

    Defs beforeStart(Hook... hooks) {
        beforeStart.addAll(List.of(hooks));
        return this;
    }

    Defs afterStart(Hook... hooks) {
        afterStart.addAll(List.of(hooks));
        return this;
    }

    Defs afterStop(Hook... hooks) {
        afterStop.addAll(List.of(hooks));
        return this;
    }

    Defs condition() {
        conditions.add(new Condition(new Condition.PathExists("/x"), false));
        return this;
    }

    Defs restart(RestartPolicy.When newWhen) {
        when = newWhen;
        return this;
    }

    Defs delay(Duration newDelay) {
        delay = newDelay;
        return this;
    }

    Defs limit(int count, Duration within) {
        limit = new RestartPolicy.Limit(count, within);
        return this;
    }

    Defs unlimited() {
        limit = null;
        return this;
    }

    Defs then(RestartPolicy.Then newThen) {
        then = newThen;
        return this;
    }

    Defs resetAfter(Duration stable) {
        resetAfter = stable;
        return this;
    }

    Defs stop(StopPolicy.Mode mode) {
        stop = new StopPolicy(stop.signal(), stop.timeout(), mode, stop.exec());
        return this;
    }

    Defs stopExec() {
        stop = new StopPolicy(stop.signal(), stop.timeout(), stop.mode(), command("/bin/stop"));
        return this;
    }

    Defs reload(ReloadPolicy policy) {
        reload = policy;
        return this;
    }

    Defs reloadByCommand() {
        return reload(new ReloadPolicy.ByCommand(command("/bin/reload")));
    }

    Defs startTimeout(@Nullable Duration timeout) {
        start = timeout;
        return this;
    }

    Defs runTimeout(Duration timeout) {
        run = timeout;
        return this;
    }

    Defs watchdog(Duration interval) {
        watchdog = interval;
        return this;
    }

    Defs access(NotifyAccess newAccess) {
        access = newAccess;
        return this;
    }

    Defs fdStore(int count) {
        fdStore = count;
        return this;
    }

    Defs pidFile() {
        pidFile = "/run/" + name + ".pid";
        return this;
    }

    Defs exit(ExitPolicy.When when, @Nullable Integer code) {
        exit = new ExitPolicy(when, code);
        return this;
    }

    Defs health(int failures, Health.Then action) {
        Probe.Target target = new Probe.Tcp("localhost", 1);
        Probe probe = new Probe(target, Probe.DEFAULT_INTERVAL, Probe.DEFAULT_TIMEOUT, 0);
        health = new Health(probe, failures, action);
        return this;
    }

    ServiceDefinition build() {
        return new ServiceDefinition(
                name,
                HERE,
                List.of("test.yaml"),
                digest + requires + wants + after + before + conflicts + partOf,
                null,
                List.of(),
                type,
                enabled,
                type == ServiceType.TARGET ? null : command("/bin/" + name.stem()),
                new Hooks(beforeStart, afterStart, afterStop),
                readiness,
                health,
                new Dependencies(requires, wants, after, before, conflicts, partOf),
                new RestartPolicy(when, delay, 2, Duration.ofSeconds(30), 0, resetAfter, limit, then),
                SuccessExit.NONE,
                stop,
                reload,
                new Timeouts(start, run, watchdog),
                access,
                fdStore,
                pidFile,
                Execution.DEFAULT,
                Environment.EMPTY,
                Directories.NONE,
                LogPolicy.DEFAULT_POLICY,
                conditions,
                exit);
    }
}
