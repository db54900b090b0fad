package org.jinit.daemon;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jinit.engine.Event;
import org.jinit.engine.ProcessId;
import org.jinit.engine.Role;
import org.jinit.engine.SpawnFacts;
import org.jinit.linux.KeeperLink;
import org.jinit.linux.KeeperProtocol;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jinit.linux.SpawnPlan;
import org.jinit.model.Command;
import org.jinit.model.Execution;
import org.jinit.model.Limits;
import org.jinit.model.LogPolicy;
import org.jinit.model.Readiness;
import org.jinit.model.ServiceDefinition;
import org.jspecify.annotations.Nullable;

/** Makes the plan of a process and asks the keeper to spawn it. */
final class Spawner {
    private static final int FIRST_EXTRA_FD = 3;
    private static final int RLIMIT_CORE = 4;

    private final Linux linux;
    private final KeeperLink link;
    private final Processes processes;
    private final OutputPipes outputs;
    private final FdStore store;
    private final EngineLoop loop;

    Spawner(Linux linux, KeeperLink link, Processes processes, OutputPipes outputs, FdStore store, EngineLoop loop) {
        this.linux = linux;
        this.link = link;
        this.processes = processes;
        this.outputs = outputs;
        this.store = store;
        this.loop = loop;
    }

    /** The descriptors that travel with a plan; all of them stay the manager's. */
    private static final class Passed {
        final List<Integer> fds = new ArrayList<>();

        int add(int fd) {
            fds.add(fd);
            return fds.size() - 1;
        }

        int[] toArray() {
            return fds.stream().mapToInt(Integer::intValue).toArray();
        }
    }

    /** Spawns a process of the engine's. What is wrong before the keeper is asked is answered at once. */
    void spawn(ActiveRun run, ProcessId process, Role role, int index, SpawnFacts facts) {
        Command command = command(run.definition, role, index);
        Processes.Held held = null;
        try {
            Map<String, String> environment = environment(run, role, facts);
            List<String> argv = Expansion.words(command.argv(), environment);
            Passed passed = new Passed();
            SpawnPlan.Builder plan = plan(run, argv, environment, passed, facts);
            if (role == Role.MAIN) {
                addDescriptors(run, plan, passed);
            }
            held = processes.add(process, run.id, role);
            send(process, run.id + "/" + role + "/" + index, plan.build(), passed);
        } catch (Expansion.Failure e) {
            loop.submit(new Event.SpawnFailed(process, "expand the command", 0, String.valueOf(e.getMessage())));
        } catch (IllegalArgumentException e) {
            loop.submit(new Event.SpawnFailed(process, "make the spawn plan", 0, String.valueOf(e.getMessage())));
        } catch (LinuxException e) {
            if (held != null) {
                processes.remove(held);
            }
            loop.submit(new Event.SpawnFailed(process, "make the spawn plan", e.errno(), e.cause()));
        }
    }

    /** Spawns a command that the engine does not know of (a probe's). */
    Processes.Held spawnAside(ActiveRun run, Command command, Processes.Watcher watcher)
            throws Expansion.Failure {
        ProcessId process = processes.nextDiscovered();
        SpawnFacts facts = new SpawnFacts(0, null, null, null, true);
        Map<String, String> environment = environment(run, null, facts);
        List<String> argv = Expansion.words(command.argv(), environment);
        Passed passed = new Passed();
        SpawnPlan plan = plan(run, argv, environment, passed, facts).build();
        Processes.Held held = processes.add(process, run.id, null);
        held.watcher = watcher;
        send(process, run.id + "/PROBE/" + process.value(), plan, passed);
        return held;
    }

    private void send(ProcessId process, String label, SpawnPlan plan, Passed passed) {
        ByteBuffer encoded = plan.encode();
        ByteBuffer direct = ByteBuffer.allocateDirect(encoded.remaining()).put(encoded).flip();
        int memfd = linux.memfd("spawn");
        try {
            while (direct.hasRemaining()) {
                linux.write(memfd, direct);
            }
            linux.seal(memfd);
            int[] fds = new int[passed.fds.size() + 1];
            fds[0] = memfd;
            System.arraycopy(passed.toArray(), 0, fds, 1, passed.fds.size());
            link.send(new KeeperProtocol.Spawn(process.value(), KeeperProtocol.Label.of(label)), false, fds);
        } finally {
            linux.close(memfd);
        }
    }

    private static Command command(ServiceDefinition definition, Role role, int index) {
        @Nullable Command command = switch (role) {
            case MAIN -> definition.exec();
            case BEFORE_START -> definition.hooks().beforeStart().get(index).exec();
            case AFTER_START -> definition.hooks().afterStart().get(index).exec();
            case AFTER_STOP -> definition.hooks().afterStop().get(index).exec();
            case STOP -> definition.stop().exec();
            case RELOAD -> definition.reload() instanceof org.jinit.model.ReloadPolicy.ByCommand by ? by.exec() : null;
        };
        if (command == null) {
            throw new IllegalArgumentException("the definition has no command for " + role);
        }
        return command;
    }

    private Map<String, String> environment(ActiveRun run, @Nullable Role role, SpawnFacts facts) {
        ServiceDefinition definition = run.definition;
        Map<String, String> out = new LinkedHashMap<>(run.environment);
        out.put("INVOCATION_ID", run.invocation);
        NotifyChannel notify = run.notify;
        if (notify != null) {
            out.put("NOTIFY_SOCKET", notify.path());
        }
        if (definition.pidFile() != null) {
            out.put("PIDFILE", definition.pidFile());
        }
        putFacts(out, facts);
        if (role == Role.MAIN) {
            putForMain(out, run);
        }
        return out;
    }

    private static void putFacts(Map<String, String> out, SpawnFacts facts) {
        if (facts.mainPid() > 0) {
            out.put("MAINPID", Integer.toString(facts.mainPid()));
        }
        putIfKnown(out, "SERVICE_RESULT", facts.result());
        putIfKnown(out, "EXIT_CODE", facts.exitCode());
        putIfKnown(out, "EXIT_STATUS", facts.exitStatus());
    }

    private static void putIfKnown(Map<String, String> out, String name, @Nullable String value) {
        if (value != null) {
            out.put(name, value);
        }
    }

    private void putForMain(Map<String, String> out, ActiveRun run) {
        ServiceDefinition definition = run.definition;
        if (definition.timeouts().watchdog() != null) {
            out.put("WATCHDOG_USEC", Long.toString(definition.timeouts().watchdog().toNanos() / 1000));
        }
        if (definition.fdStore() > 0) {
            out.put("FDSTORE", Integer.toString(definition.fdStore()));
        }
        if (run.awaitsStopSignal()) {
            // Daemons take it as the wish that they stop themselves when ready.
            out.put("UPSTART_JOB", run.id.service().value());
        }
        List<FdStore.Stored> stored = store.of(run.id.service());
        if (!stored.isEmpty()) {
            out.put("LISTEN_FDS", Integer.toString(stored.size()));
            out.put("LISTEN_FDNAMES", String.join(":", stored.stream().map(entry -> entry.name).toList()));
        }
        Readiness.Pipe pipe = run.readyPipe();
        if (pipe != null) {
            out.put("JINIT_READY_FD", Integer.toString(readyFd(pipe, stored.size())));
        }
    }

    private static int readyFd(Readiness.Pipe pipe, int listening) {
        return pipe.fd() > 0 ? pipe.fd() : FIRST_EXTRA_FD + listening;
    }

    private SpawnPlan.Builder plan(
            ActiveRun run, List<String> argv, Map<String, String> environment, Passed passed, SpawnFacts facts) {
        Execution execution = run.definition.execution();
        SpawnPlan.Builder plan = SpawnPlan.of(argv, ServiceEnvironment.assignments(environment))
                .flag(SpawnPlan.Flag.SESSION)
                .tag(run.tracked.tag())
                .directory(execution.directory() == null ? "/" : execution.directory())
                .umask(execution.umask())
                .nice(execution.nice())
                .oomScoreAdjust(execution.oomScoreAdjust());
        Integer cgroup = run.tracked.cgroupProcs();
        if (cgroup != null) {
            plan.cgroupIndex(passed.add(cgroup));
        }
        Integer namespace = run.tracked.cgroupNamespace();
        if (namespace != null) {
            plan.namespaceIndex(passed.add(namespace));
        }
        addAccount(plan, execution);
        addLimits(plan, execution.limits(), facts.coreDumps());
        NotifyChannel notify = run.notify;
        if (notify != null && execution.user() != null) {
            plan.notifySocket(notify.path());
        }
        addOutput(run, plan, passed);
        return plan;
    }

    private static void addAccount(SpawnPlan.Builder plan, Execution execution) {
        List<String> groups = execution.groups();
        plan.account(execution.user(), execution.group(), groups == null ? List.of() : groups);
        if (execution.user() != null) {
            plan.flag(SpawnPlan.Flag.ACCOUNT_ENVIRONMENT);
            if (groups == null) {
                plan.flag(SpawnPlan.Flag.DATABASE_GROUPS);
            }
        }
        if (execution.noNewPrivileges()) {
            plan.flag(SpawnPlan.Flag.NO_NEW_PRIVILEGES);
        }
    }

    private static void addLimits(SpawnPlan.Builder plan, Limits limits, boolean coreDumps) {
        for (Map.Entry<Integer, Limits.Limit> limit : limits.byResource().entrySet()) {
            if (coreDumps || limit.getKey() != RLIMIT_CORE) {
                plan.limit(limit.getKey(), limit.getValue().soft(), limit.getValue().hard());
            }
        }
        if (!coreDumps) {
            plan.limit(RLIMIT_CORE, 0, 0);
        }
    }

    private void addOutput(ActiveRun run, SpawnPlan.Builder plan, Passed passed) {
        LogPolicy log = run.definition.log();
        switch (outputs.destination(run.definition)) {
            case FILE -> {
                int index = passed.add(outputs.writeEnd(run.id.service(), log));
                plan.fd(1, index, true).fd(2, index, false);
            }
            case DEFAULT, INHERIT -> plan.fd(1, passed.add(1), false).fd(2, passed.add(2), false);
            case NONE -> {
                // The keeper gives /dev/null where nothing is named.
            }
        }
    }

    private void addDescriptors(ActiveRun run, SpawnPlan.Builder plan, Passed passed) {
        List<FdStore.Stored> stored = store.of(run.id.service());
        for (int i = 0; i < stored.size(); i++) {
            plan.fd(FIRST_EXTRA_FD + i, passed.add(stored.get(i).fd), false);
        }
        if (!stored.isEmpty()) {
            plan.flag(SpawnPlan.Flag.LISTEN_PID);
        }
        if (run.definition.timeouts().watchdog() != null) {
            plan.flag(SpawnPlan.Flag.WATCHDOG_PID);
        }
        Readiness.Pipe pipe = run.readyPipe();
        ReadyChannel ready = run.ready;
        if (pipe != null && ready != null) {
            boolean realPipe = pipe.kind() == Readiness.Pipe.Kind.PIPE;
            plan.fd(readyFd(pipe, stored.size()), passed.add(ready.childFd()), realPipe);
        }
    }
}
