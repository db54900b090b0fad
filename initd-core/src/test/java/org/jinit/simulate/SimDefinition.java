package org.jinit.simulate;

import java.time.Duration;
import java.util.ArrayList;
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

/** Builds definitions for simulations; every field can be set, all have the defaults of the format. */
final class SimDefinition {
    final ServiceName name;
    ServiceType type = ServiceType.DAEMON;
    boolean enabled = true;
    List<Hook> beforeStart = List.of();
    List<Hook> afterStart = List.of();
    List<Hook> afterStop = List.of();
    List<Readiness> readiness = List.of(new Readiness.Started(null));
    @Nullable Health health;
    final List<ServiceName> requires = new ArrayList<>();
    final List<ServiceName> wants = new ArrayList<>();
    final List<ServiceName> after = new ArrayList<>();
    final List<ServiceName> before = new ArrayList<>();
    final List<ServiceName> conflicts = new ArrayList<>();
    final List<ServiceName> partOf = new ArrayList<>();
    RestartPolicy restart = RestartPolicy.DEFAULT;
    SuccessExit successExit = SuccessExit.NONE;
    StopPolicy stop = StopPolicy.DEFAULT;
    @Nullable ReloadPolicy reload;
    Timeouts timeouts = Timeouts.DEFAULT;
    @Nullable NotifyAccess notifyAccess;
    int fdStore;
    @Nullable String pidFile;
    List<Condition> conditions = List.of();
    @Nullable ExitPolicy exit;
    int revision;

    SimDefinition(String name) {
        this.name = new ServiceName(name);
    }

    static Command command(String program) {
        return new Command(List.of(program), new SourcePosition("simulated.yaml", 1, 1));
    }

    static List<Hook> hooks(int count, boolean ignoreFailure, @Nullable Duration timeout) {
        List<Hook> hooks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            hooks.add(new Hook(command("/bin/hook" + i), ignoreFailure, timeout));
        }
        return hooks;
    }

    SimDefinition requires(String... names) {
        for (String other : names) {
            requires.add(new ServiceName(other));
        }
        return this;
    }

    SimDefinition type(ServiceType newType) {
        type = newType;
        return this;
    }

    private static List<Reference> references(List<ServiceName> names) {
        return names.stream()
                .map(name -> new Reference(name, new SourcePosition("simulated.yaml", 1, 1)))
                .toList();
    }

    ServiceDefinition build() {
        boolean daemon = type == ServiceType.DAEMON;
        Dependencies dependencies = new Dependencies(
                references(requires),
                references(wants),
                references(after),
                references(before),
                references(conflicts),
                references(partOf));
        ServiceDefinition plain = new ServiceDefinition(
                name,
                new SourcePosition(name + ".yaml", 1, 1),
                List.of(name + ".yaml"),
                "",
                null,
                List.of(),
                type,
                enabled,
                type == ServiceType.TARGET ? null : command("/bin/" + name.value()),
                new Hooks(beforeStart, afterStart, afterStop),
                daemon ? readiness : List.of(),
                daemon ? health : null,
                dependencies,
                restart,
                successExit,
                stop,
                daemon ? reload : null,
                type == ServiceType.TARGET ? Timeouts.DEFAULT : timeouts,
                type == ServiceType.TARGET ? null : notifyAccess,
                type == ServiceType.TARGET ? 0 : fdStore,
                pidFile,
                Execution.DEFAULT,
                Environment.EMPTY,
                Directories.NONE,
                LogPolicy.DEFAULT_POLICY,
                conditions,
                exit);
        return withDigest(plain, revision + ":" + plain);
    }

    private static ServiceDefinition withDigest(ServiceDefinition d, String digest) {
        return new ServiceDefinition(
                d.name(),
                d.source(),
                d.files(),
                digest,
                d.description(),
                d.documentation(),
                d.type(),
                d.enabled(),
                d.exec(),
                d.hooks(),
                d.readiness(),
                d.health(),
                d.dependencies(),
                d.restart(),
                d.successExit(),
                d.stop(),
                d.reload(),
                d.timeouts(),
                d.notifyAccess(),
                d.fdStore(),
                d.pidFile(),
                d.execution(),
                d.environment(),
                d.directories(),
                d.log(),
                d.conditions(),
                d.exit());
    }
}
