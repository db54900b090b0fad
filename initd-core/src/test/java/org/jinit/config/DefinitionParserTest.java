package org.jinit.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jinit.model.Command;
import org.jinit.model.Condition;
import org.jinit.model.Dependencies.Reference;
import org.jinit.model.Directories;
import org.jinit.model.Environment;
import org.jinit.model.ExitPolicy;
import org.jinit.model.Health;
import org.jinit.model.Hook;
import org.jinit.model.Limits;
import org.jinit.model.LogPolicy;
import org.jinit.model.NotifyAccess;
import org.jinit.model.Probe;
import org.jinit.model.Readiness;
import org.jinit.model.ReloadPolicy;
import org.jinit.model.RestartPolicy;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jinit.model.ServiceType;
import org.jinit.model.Signals;
import org.jinit.model.SourcePosition;
import org.jinit.model.StopPolicy;
import org.jinit.model.Timeouts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What each key means. */
class DefinitionParserTest {
    private static ServiceDefinition with(String yaml) {
        return Parsed.web("exec: [web]\n" + yaml);
    }

    private static List<String> argv(String exec) {
        return Objects.requireNonNull(Parsed.web("exec: " + exec).exec()).argv();
    }

    private static List<String> names(List<Reference> references) {
        return references.stream().map(reference -> reference.name().value()).toList();
    }

    @Test
    void whatIsNotSaidHasItsDefault() {
        ServiceDefinition web = with("");
        assertThat(web.name()).isEqualTo(new ServiceName("web"));
        assertThat(web.source()).isEqualTo(new SourcePosition("web.yaml", 1, 1));
        assertThat(web.files()).containsExactly("web.yaml");
        assertThat(web.type()).isEqualTo(ServiceType.DAEMON);
        assertThat(web.enabled()).isTrue();
        assertThat(web.readiness()).containsExactly(new Readiness.Started(null));
        assertThat(web.restart()).isEqualTo(RestartPolicy.DEFAULT);
        assertThat(web.stop()).isEqualTo(StopPolicy.DEFAULT);
        assertThat(web.timeouts()).isEqualTo(Timeouts.DEFAULT);
        assertThat(web.log()).isEqualTo(LogPolicy.DEFAULT_POLICY);
        assertThat(web.notifyAccess()).isNull();
        assertThat(web.environment()).isEqualTo(Environment.EMPTY);
    }

    @Test
    void taskIsNeverRestartedUnlessItSaysSo() {
        assertThat(with("type: task").restart().when()).isEqualTo(RestartPolicy.When.NEVER);
        assertThat(with("type: task\nrestart: {delay: 1s}").restart().when()).isEqualTo(RestartPolicy.When.NEVER);
        assertThat(with("type: task\nrestart: on-failure").restart().when()).isEqualTo(RestartPolicy.When.ON_FAILURE);
        assertThat(with("type: task").readiness()).isEmpty();
    }

    @Test
    void targetNeedsNoCommand() {
        ServiceDefinition group = Parsed.web("type: target\nrequires: [a, b@c]\n");
        assertThat(group.exec()).isNull();
        assertThat(names(group.dependencies().requires())).containsExactly("a", "b@c");
    }

    @Test
    void commandTextIsSplitLikeAShellWouldButNothingElse() {
        assertThat(argv("/bin/a b  c")).containsExactly("/bin/a", "b", "c");
        assertThat(argv("a 'b c' \"d e\" f\\ g")).containsExactly("a", "b c", "d e", "f g");
        assertThat(argv("a '' b'c'\"d\"")).containsExactly("a", "", "bcd");
        assertThat(argv("|\n  a --x\n  --y=1\n")).containsExactly("a", "--x", "--y=1");
        assertThat(argv("a '|' \"<>;&\" \\;")).containsExactly("a", "|", "<>;&", ";");
        assertThat(argv("a ${B} \"${C:-d e}\" * ~")).containsExactly("a", "${B}", "${C:-d e}", "*", "~");
        assertThat(argv("a '${B}' \\$C \"\\$D\"")).containsExactly("a", "$${B}", "$$C", "$$D");
        assertThat(argv("a \"x\\\"y\\\\z\\n\"")).containsExactly("a", "x\"y\\z\\n");
    }

    @Test
    void commandListIsTheArgumentVector() {
        assertThat(argv("[a, 'b c', 1, 1.5, true, '']")).containsExactly("a", "b c", "1", "1.5", "true", "");
        assertThat(argv("\n- a\n- |\n  x\n  y\n")).containsExactly("a", "x\ny\n");
        assertThat(argv("[a, 'b | c', $$]")).containsExactly("a", "b | c", "$$");
    }

    @Test
    void durationsHaveUnitsAndMayBeCompound() {
        ServiceDefinition web = with("start-timeout: 1h30m\nrun-timeout: 1500us\nwatchdog: 200ms\n");
        assertThat(web.timeouts())
                .isEqualTo(new Timeouts(Duration.ofMinutes(90), Duration.ofNanos(1_500_000), Duration.ofMillis(200)));
        assertThat(with("start-timeout: none").timeouts().start()).isNull();
        assertThat(with("stop: {timeout: 0s}").stop().timeout()).isEqualTo(Duration.ZERO);
        assertThat(with("run-timeout: 2d").timeouts().run()).isEqualTo(Duration.ofDays(2));
    }

    @Test
    void readinessIsAWordAMapOrAList() {
        Duration timeout = Duration.ofSeconds(30);
        assertThat(with("ready: notify").readiness()).containsExactly(new Readiness.Notify(null));
        assertThat(with("ready: fork").readiness()).containsExactly(new Readiness.Fork(null));
        assertThat(with("ready: {by: notify, timeout: 30s}").readiness())
                .containsExactly(new Readiness.Notify(timeout));
        assertThat(with("ready: {by: pipe, fd: 5, kind: pipe}").readiness())
                .containsExactly(new Readiness.Pipe(5, Readiness.Pipe.Kind.PIPE, null));
        assertThat(with("ready: pipe").readiness())
                .containsExactly(new Readiness.Pipe(0, Readiness.Pipe.Kind.SOCKET, null));
        assertThat(
                with("ready: [stop-signal, {tcp: '[::1]:6379', interval: 50ms, timeout: 2s, attempts: 9}]").readiness())
                .containsExactly(
                        new Readiness.StopSignal(null),
                        new Readiness.Probed(
                                new Probe(
                                        new Probe.Tcp("::1", 6379), Duration.ofMillis(50), Duration.ofSeconds(2), 9),
                                null));
    }

    @Test
    void probesAskInFiveWays() {
        assertThat(target("{by: probe, tcp: 'localhost:80'}")).isEqualTo(new Probe.Tcp("localhost", 80));
        assertThat(target("{unix: /run/x}")).isEqualTo(new Probe.Unix("/run/x"));
        assertThat(target("{http: 'http://a:1/b', status: 204}")).isEqualTo(new Probe.Http("http://a:1/b", 204));
        assertThat(target("{http: 'http://a/'}")).isEqualTo(new Probe.Http("http://a/", null));
        assertThat(target("{log: 'ready.*'}")).isEqualTo(new Probe.Log("ready.*"));
        assertThat(target("{exec: check me}"))
                .isInstanceOfSatisfying(
                        Probe.Exec.class, exec -> assertThat(exec.command().argv()).containsExactly("check", "me"));
    }

    private static Probe.Target target(String ready) {
        return ((Readiness.Probed) with("ready: " + ready).readiness().getFirst()).probe().target();
    }

    @Test
    void healthRepeatsAProbe() {
        assertThat(with("health: {tcp: 'a:1', interval: 5s, failures: 2, then: fail}").health())
                .isEqualTo(new Health(
                        new Probe(new Probe.Tcp("a", 1), Duration.ofSeconds(5), Probe.DEFAULT_TIMEOUT, Probe.UNLIMITED),
                        2,
                        Health.Then.FAIL));
        Health plain = Objects.requireNonNull(with("health: {tcp: 'a:1'}").health());
        assertThat(plain.then()).isEqualTo(Health.Then.RESTART);
        assertThat(plain.failures()).isEqualTo(3);
        assertThat(plain.probe().interval()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void restartHasAShortAndALongForm() {
        assertThat(with("restart: always").restart().when()).isEqualTo(RestartPolicy.When.ALWAYS);
        assertThat(with("""
                restart:
                  when: on-crash
                  delay: 1s
                  factor: 1.5
                  max-delay: 1m
                  jitter: 0
                  reset-after: 5m
                  limit: {count: 3, within: 1h}
                  then: reboot
                """).restart())
                .isEqualTo(new RestartPolicy(
                        RestartPolicy.When.ON_CRASH,
                        Duration.ofSeconds(1),
                        1.5,
                        Duration.ofMinutes(1),
                        0,
                        Duration.ofMinutes(5),
                        new RestartPolicy.Limit(3, Duration.ofHours(1)),
                        RestartPolicy.Then.REBOOT));
        assertThat(with("restart: {limit: unlimited}").restart().limit()).isNull();
        assertThat(with("restart: {delay: 1m}").restart().maxDelay()).isEqualTo(Duration.ofMinutes(1));
        assertThat(with("restart: {limit: {count: 3}}").restart().limit())
                .isEqualTo(new RestartPolicy.Limit(3, Duration.ofSeconds(10)));
    }

    @Test
    void stopAndReloadHaveTheirForms() {
        ServiceDefinition web = with("stop: {signal: sigint, timeout: 1m, mode: all, exec: [halt, now]}\n");
        assertThat(web.stop())
                .isEqualTo(new StopPolicy(
                        Signals.INT,
                        Duration.ofMinutes(1),
                        StopPolicy.Mode.ALL,
                        new Command(List.of("halt", "now"), new SourcePosition("web.yaml", 2, 54))));
        assertThat(with("reload: {signal: 1}").reload()).isEqualTo(new ReloadPolicy.BySignal(Signals.HUP));
        assertThat(with("reload: {notify: RTMIN+1}").reload()).isEqualTo(new ReloadPolicy.ByNotify(35));
        assertThat(with("reload: {exec: nginx -s reload}").reload())
                .isInstanceOfSatisfying(
                        ReloadPolicy.ByCommand.class,
                        reload -> assertThat(reload.exec().argv()).containsExactly("nginx", "-s", "reload"));
    }

    @Test
    void hooksAreCommandsOrMaps() {
        ServiceDefinition web = with("""
                before-start:
                - mkdir -p /x
                - [chown, a, /x]
                - {exec: sync, ignore-failure: true, timeout: 5s}
                after-stop: rm -r /x
                """);
        List<Hook> before = web.hooks().beforeStart();
        assertThat(before).extracting(hook -> hook.exec().argv())
                .containsExactly(
                        List.of("mkdir", "-p", "/x"), List.of("chown", "a", "/x"), List.of("sync"));
        assertThat(before.get(2).ignoreFailure()).isTrue();
        assertThat(before.get(2).timeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(web.hooks().afterStop()).hasSize(1);
    }

    @Test
    void dependenciesKeepTheirPlaces() {
        ServiceDefinition web =
                with("requires: [db]\nwants: cache\nafter: [a]\nbefore: [b]\nconflicts: [c]\npart-of: [d]\n");
        assertThat(web.dependencies().requires())
                .containsExactly(new Reference(new ServiceName("db"), new SourcePosition("web.yaml", 2, 12)));
        assertThat(names(web.dependencies().wants())).containsExactly("cache");
        assertThat(names(web.dependencies().after())).containsExactly("a");
        assertThat(names(web.dependencies().before())).containsExactly("b");
        assertThat(names(web.dependencies().conflicts())).containsExactly("c");
        assertThat(names(web.dependencies().partOf())).containsExactly("d");
    }

    @Test
    void executionIsWhatWasSaid() {
        ServiceDefinition web = with("""
                user: www-data
                group: 33
                groups: [adm, '4']
                directory: /srv
                umask: 027
                nice: -5
                oom-score-adjust: -500
                no-new-privileges: true
                """);
        assertThat(web.execution().user()).isEqualTo("www-data");
        assertThat(web.execution().group()).isEqualTo("33");
        assertThat(web.execution().groups()).containsExactly("adm", "4");
        assertThat(web.execution().directory()).isEqualTo("/srv");
        assertThat(web.execution().umask()).isEqualTo(027);
        assertThat(web.execution().nice()).isEqualTo(-5);
        assertThat(web.execution().oomScoreAdjust()).isEqualTo(-500);
        assertThat(web.execution().noNewPrivileges()).isTrue();
        assertThat(with("groups: []").execution().groups()).isEmpty();
        assertThat(with("").execution().groups()).isNull();
    }

    @Test
    void limitsAreByResourceNumberInTheResourcesOwnUnit() {
        Map<Integer, Limits.Limit> limits = with("""
                limits:
                  nofile: 1024:4096
                  core: unlimited
                  memlock: 64K:1M
                  cpu: 1h
                  rttime: 200ms:unlimited
                  nproc: 100
                """).execution().limits().byResource();
        assertThat(limits).containsOnly(
                Map.entry(7, new Limits.Limit(1024, 4096)),
                Map.entry(4, new Limits.Limit(-1, -1)),
                Map.entry(8, new Limits.Limit(65_536, 1 << 20)),
                Map.entry(0, new Limits.Limit(3600, 3600)),
                Map.entry(15, new Limits.Limit(200_000, -1)),
                Map.entry(6, new Limits.Limit(100, 100)));
    }

    @Test
    void environmentKeepsOrderAndTextAsWritten() {
        Environment environment = with("""
                environment: {B: 8080, A: "x y", discovery.type: single, YES: true, EMPTY: ''}
                environment-files: [/etc/default/web, -/etc/web.env]
                clear-environment: true
                """).environment();
        assertThat(environment.variables()).containsExactly(
                Map.entry("B", "8080"),
                Map.entry("A", "x y"),
                Map.entry("discovery.type", "single"),
                Map.entry("YES", "true"),
                Map.entry("EMPTY", ""));
        assertThat(environment.files()).containsExactly(
                new Environment.EnvironmentFile("/etc/default/web", false),
                new Environment.EnvironmentFile("/etc/web.env", true));
        assertThat(environment.clear()).isTrue();
    }

    @Test
    void theRestIsWhatWasSaid() {
        ServiceDefinition web = with("""
                description: Web server
                documentation: [https://example.org, man:web(8)]
                enabled: false
                success-exit: [3, USR1, 143]
                notify-access: exec
                fd-store: 5
                pid-file: /run/web.pid
                directories: {run: web, state: [web, web/x]}
                log: {to: none, max-size: 1M, keep: 0}
                exit: {when: fails, code: 3}
                """);
        assertThat(web.description()).isEqualTo("Web server");
        assertThat(web.documentation()).containsExactly("https://example.org", "man:web(8)");
        assertThat(web.enabled()).isFalse();
        assertThat(web.successExit().codes()).isEqualTo(Set.of(3, 143));
        assertThat(web.successExit().signals()).isEqualTo(Set.of(Signals.USR1));
        assertThat(web.notifyAccess()).isEqualTo(NotifyAccess.EXEC);
        assertThat(web.fdStore()).isEqualTo(5);
        assertThat(web.pidFile()).isEqualTo("/run/web.pid");
        assertThat(web.directories())
                .isEqualTo(new Directories(List.of("web"), List.of("web", "web/x"), List.of(), List.of()));
        assertThat(web.log()).isEqualTo(new LogPolicy(LogPolicy.To.NONE, 1 << 20, 0));
        assertThat(web.exit()).isEqualTo(new ExitPolicy(ExitPolicy.When.FAILS, 3));
        assertThat(with("exit: {when: ends, code: own}").exit()).isEqualTo(new ExitPolicy(ExitPolicy.When.ENDS, null));
        assertThat(with("log: inherit").log().to()).isEqualTo(LogPolicy.To.INHERIT);
    }

    @Test
    void conditionsKeepTheirOrder() {
        assertThat(with("""
                conditions:
                - {path-exists: [/a, /b], kernel-at-least: 6.10}
                - {path-missing: /c, environment: [A, B=1], container: false, root: true, else: fail}
                """).conditions())
                .containsExactly(
                        new Condition(new Condition.PathExists("/a"), false),
                        new Condition(new Condition.PathExists("/b"), false),
                        new Condition(new Condition.KernelAtLeast("6.10"), false),
                        new Condition(new Condition.PathMissing("/c"), true),
                        new Condition(new Condition.EnvironmentHas("A"), true),
                        new Condition(new Condition.EnvironmentHas("B=1"), true),
                        new Condition(new Condition.InContainer(false), true),
                        new Condition(new Condition.AsRoot(true), true));
    }

    @Test
    void jsonIsYaml() {
        String json =
                "{\"exec\": [\"web\", \"a\\\"b\"], \"restart\": {\"when\": \"always\"}, \"nice\": 3, \"enabled\": false}\n";
        ServiceDefinition fromJson = Parsed.web(json);
        ServiceDefinition fromYaml =
                Parsed.web("exec: [\"web\", \"a\\\"b\"]\nrestart: {when: \"always\"}\nnice: 3\nenabled: false\n");
        assertThat(fromJson.digest()).isEqualTo(fromYaml.digest());
        assertThat(fromJson.restart()).isEqualTo(fromYaml.restart());
    }

    @Test
    void oneFileMayDefineManyServices() {
        Definitions definitions =
                Parsed.files("all.yaml", "services:\n  a: {exec: x}\n  b: {exec: y, requires: [a]}\n  t@: {exec: z}\n");
        assertThat(definitions.problems()).isEmpty();
        assertThat(definitions.services()).containsOnlyKeys(new ServiceName("a"), new ServiceName("b"));
        assertThat(definitions.templates()).containsExactly("t");
        assertThat(Objects.requireNonNull(definitions.services().get(new ServiceName("b"))).source())
                .isEqualTo(new SourcePosition("all.yaml", 3, 3));
    }

    @Test
    void aliasesStandForWhatTheyName() {
        ServiceDefinition web = with(
                "environment: &e {A: 1}\nlimits: &l {core: 0}\nbefore-start: [{exec: &c [x, y]}]\nafter-stop: [*c]\n");
        assertThat(web.hooks().afterStop().getFirst().exec().argv()).containsExactly("x", "y");
    }

    /** A key that is known and refused must be said to be not supported, whatever stands in it. */
    @ParameterizedTest
    @ValueSource(strings = {"root: /x", "io-priority: 3", "cpu-affinity: [1]", "terminal: {path: /dev/console}",
        "capabilities: {}", "sandbox: {private-tmp: true}", "resources: {}", "sockets: []", "schedule: {every: 1h}"})
    void whatIsNotBuiltYetIsRefusedByName(String line) {
        String key = line.substring(0, line.indexOf(':'));
        assertThat(Parsed.problems("exec: [web]\n" + line + "\n"))
                .containsExactly("web.yaml:2:1: cannot use key '" + key
                        + "' in service web: not supported yet by this version");
    }

    @Test
    void everyKeyOfTheTableIsReadOrRefused() {
        for (String key : KeyTable.SERVICE.keys()) {
            List<String> problems =
                    Parsed.problems((key.equals("exec") ? "" : "exec: [web]\n") + key + ": {zzz: {}}\n");
            assertThat(problems).as(key).isNotEmpty();
        }
    }
}
