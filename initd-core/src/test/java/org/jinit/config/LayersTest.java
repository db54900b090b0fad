package org.jinit.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jinit.model.LogPolicy;
import org.jinit.model.Readiness;
import org.jinit.model.RestartPolicy;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.junit.jupiter.api.Test;

/** Defaults, drop-ins and templates: what lies over what. */
class LayersTest {
    private static ServiceDefinition service(Definitions definitions, String name) {
        assertThat(Parsed.lines(definitions.problems())).isEmpty();
        return Objects.requireNonNull(definitions.services().get(new ServiceName(name)));
    }

    private static ServiceDefinition web(String... files) {
        return service(Parsed.files(files), "web");
    }

    private static List<String> argv(ServiceDefinition definition) {
        return Objects.requireNonNull(definition.exec()).argv();
    }

    @Test
    void dropInsMergeMapsAndReplaceTheRestInNameOrder() {
        ServiceDefinition web = web(
                "web.yaml", "exec: [a]\nenvironment: {A: 1, B: 2}\nrequires: [x, y]\nnice: 1\n",
                "web.d/10.yaml", "environment: {B: 3, C: 4}\nrequires: [z]\n",
                "web.d/20.yaml", "nice: 2\nenvironment: {C: 5}\n");
        assertThat(web.environment().variables()).isEqualTo(Map.of("A", "1", "B", "3", "C", "5"));
        assertThat(web.dependencies().requires()).hasSize(1);
        assertThat(web.execution().nice()).isEqualTo(2);
        assertThat(web.files()).containsExactly("web.yaml", "web.d/10.yaml", "web.d/20.yaml");
        assertThat(web.source().file()).isEqualTo("web.yaml");
    }

    @Test
    void nullTakesAwayWhatIsBelow() {
        ServiceDefinition web = web(
                "web.yaml", "exec: [a]\nnice: 1\nenvironment: {A: 1, B: 2}\n",
                "web.d/a.yaml", "nice: null\nenvironment: {A: ~}\n");
        assertThat(web.execution().nice()).isNull();
        assertThat(web.environment().variables()).isEqualTo(Map.of("B", "2"));
    }

    @Test
    void shortAndLongFormsMeet() {
        ServiceDefinition over = web(
                "web.yaml", "exec: [a]\nrestart: always\nlog: none\n",
                "web.d/a.yaml", "restart: {delay: 1s}\nlog: {keep: 1}\n");
        assertThat(over.restart().when()).isEqualTo(RestartPolicy.When.ALWAYS);
        assertThat(over.restart().delay()).isEqualTo(Duration.ofSeconds(1));
        assertThat(over.log()).isEqualTo(new LogPolicy(LogPolicy.To.NONE, LogPolicy.DEFAULT_MAX_SIZE, 1));
        ServiceDefinition under = web(
                "web.yaml", "exec: [a]\nrestart: {delay: 1s}\n", "web.d/a.yaml", "restart: always\n");
        assertThat(under.restart().when()).isEqualTo(RestartPolicy.When.ALWAYS);
        assertThat(under.restart().delay()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void alternativesAreReplacedAsAWhole() {
        ServiceDefinition web = web(
                "web.yaml",
                "exec: [a]\nready: {tcp: 'a:1'}\nreload: {signal: HUP}\nhealth: {tcp: 'a:1', failures: 9}\n",
                "web.d/a.yaml", "ready: {by: notify}\nreload: {exec: b}\nhealth: {interval: 1s}\n");
        assertThat(web.readiness()).containsExactly(new Readiness.Notify(null));
        assertThat(Objects.requireNonNull(web.health()).failures()).isEqualTo(9);
        assertThat(Objects.requireNonNull(web.health()).probe().interval()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void problemsOfADropInAreInTheDropIn() {
        Definitions definitions = Parsed.files("web.yaml", "exec: [a]\n", "web.d/a.yaml", "\nnice: 99\n");
        assertThat(Parsed.lines(definitions.problems()))
                .containsExactly("web.d/a.yaml:2:7: cannot use 'nice' in service web: 99 is not between -20 and 19");
    }

    @Test
    void dropInWithoutItsServiceIsAWarning() {
        Definitions definitions = Parsed.files("web.yaml", "exec: [a]\n", "wep.d/a.yaml", "nice: 1\n");
        assertThat(Parsed.lines(definitions.problems()))
                .containsExactly("wep.d/a.yaml: warning: cannot use drop-in for service wep: that is not defined;"
                        + " this is ignored (did you mean 'web'?)");
    }

    @Test
    void templateGivesItsBootInstances() {
        Definitions definitions = Parsed.files(
                "web@.yaml",
                "exec: run --site ${instance} '${instance}'\ninstances: [eu1, us1]\nrequires: ['db@${instance}']\n",
                "web@.d/a.yaml", "nice: 1\n",
                "web@eu1.d/a.yaml", "nice: 2\n");
        ServiceDefinition europe = service(definitions, "web@eu1");
        assertThat(argv(europe)).startsWith("run", "--site", "eu1");
        assertThat(europe.enabled()).isTrue();
        assertThat(europe.execution().nice()).isEqualTo(2);
        assertThat(europe.files()).containsExactly("web@.yaml", "web@.d/a.yaml", "web@eu1.d/a.yaml");
        assertThat(europe.dependencies().requires().getFirst().name()).isEqualTo(new ServiceName("db@eu1"));
        assertThat(service(definitions, "web@us1").execution().nice()).isEqualTo(1);
        assertThat(definitions.services()).hasSize(2);
    }

    @Test
    void templateGivesOtherInstancesOnRequestAndNotAtBoot() {
        Definitions definitions = Parsed.files("web@.yaml", "exec: run ${instance} $${instance}\n");
        assertThat(definitions.services()).isEmpty();
        Definitions.Instance made = definitions.instantiate(new ServiceName("web@a:1"));
        ServiceDefinition definition = Objects.requireNonNull(made.definition());
        assertThat(argv(definition)).containsExactly("run", "a:1", "$${instance}");
        assertThat(definition.enabled()).isFalse();
        assertThat(made.problems()).isEmpty();
        assertThat(definitions.instantiate(new ServiceName("db@1")).definition()).isNull();
        assertThat(Parsed.lines(definitions.instantiate(new ServiceName("db@1")).problems()))
                .containsExactly("db@.yaml: cannot make service db@1: there is no template db@");
    }

    @Test
    void instanceThatDoesNotFitIsRefusedAlone() {
        Definitions definitions = Parsed.files("web@.yaml", "exec: run\nnice: ${instance}\n");
        assertThat(definitions.problems()).isEmpty();
        assertThat(Parsed.lines(definitions.instantiate(new ServiceName("web@x")).problems()))
                .containsExactly("web@.yaml:2:7: cannot use 'nice' in service web@x: 'x' is no whole number");
    }

    @Test
    void wrongTemplateIsToldOnceEvenWithManyInstances() {
        Definitions definitions = Parsed.files("web@.yaml", "exec: run\ninstances: [a, b, c]\nnice: 99\n");
        assertThat(Parsed.lines(definitions.problems()))
                .containsExactly("web@.yaml:3:7: cannot use 'nice' in template web@: 99 is not between -20 and 19");
    }

    @Test
    void fileOfAnInstanceBeatsTheTemplate() {
        Definitions definitions = Parsed.files(
                "web@.yaml", "exec: a\ninstances: [x]\n", "web@x.yaml", "exec: b\n");
        assertThat(argv(service(definitions, "web@x"))).containsExactly("b");
        Definitions other = Parsed.files("web@x.yaml", "exec: b\n", "web@.yaml", "exec: a\ninstances: [x]\n");
        assertThat(argv(service(other, "web@x"))).containsExactly("b");
    }

    @Test
    void defaultsLieUnderEveryDefinition() {
        ManagerConfig manager = ManagerConfig.parse(file(
                "defaults: {nice: 5, user: app, restart: {when: always, delay: 1s}, environment: {A: 1}, ready: notify}\n"));
        assertThat(Parsed.lines(manager.problems())).isEmpty();
        Definitions definitions = DefinitionParser.parse(
                Parsed.reading(
                        "web.yaml", "exec: [a]\nnice: 7\nrestart: {delay: 2s}\nuser: null\n", "group.yaml",
                        "type: target\n"),
                manager);
        ServiceDefinition web = service(definitions, "web");
        assertThat(web.execution().nice()).isEqualTo(7);
        assertThat(web.execution().user()).isNull();
        assertThat(web.restart().when()).isEqualTo(RestartPolicy.When.ALWAYS);
        assertThat(web.restart().delay()).isEqualTo(Duration.ofSeconds(2));
        assertThat(web.environment().variables()).isEqualTo(Map.of("A", "1"));
    }

    private static SourceFile file(String text) {
        return new SourceFile("/etc/jinit/jinitd.yaml", text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    @Test
    void digestChangesWithWhatIsSaidAndWithNothingElse() {
        String digest = web("web.yaml", "exec: [a, b]\nnice: 1\n").digest();
        assertThat(web("web.yaml", "# a comment\nexec: [a,    b]\n\nnice: 1\n").digest()).isEqualTo(digest);
        assertThat(web("web.yaml", "exec: [a, b]\nnice: 2\n").digest()).isNotEqualTo(digest);
        assertThat(web("web.yaml", "exec: [a b]\nnice: 1\n").digest()).isNotEqualTo(digest);
        assertThat(web("web.yaml", "exec: [a, b]\nnice: 0\n", "web.d/x.yaml", "nice: 1\n").digest()).isEqualTo(digest);
        Definitions template = Parsed.files("web@.yaml", "exec: a\ninstances: [x, y]\n");
        assertThat(service(template, "web@x").digest()).isNotEqualTo(service(template, "web@y").digest());
        assertThat(template.digest()).isNotEqualTo(Parsed.files("web@.yaml", "exec: b\ninstances: [x, y]\n").digest());
    }

    @Test
    void managerConfigurationIsTypedAndCheckedToo() {
        ManagerConfig config = ManagerConfig.parse(file(
                "defaults: {inherit-environment: true}\nshutdown: {timeout: 9s}\nlog: {level: debug}\n"));
        assertThat(Parsed.lines(config.problems())).isEmpty();
        assertThat(config.inheritEnvironment()).isTrue();
        assertThat(config.shutdownTimeout()).isEqualTo(Duration.ofSeconds(9));
        assertThat(config.logLevel()).isEqualTo(ManagerConfig.LogLevel.DEBUG);
        assertThat(ManagerConfig.parse(file("# nothing yet\n")).valid()).isTrue();
        assertThat(Parsed.lines(ManagerConfig.parse(file("""
                defaults: {nice: 99, exit: {when: ends}, nicee: 1}
                control: {}
                boot: {}
                shutdown: {timeout: 9, grace: 1}
                metrics: {}
                log: {level: loud, to: x}
                logs: 1
                """)).problems()))
                .containsExactly(
                        "/etc/jinit/jinitd.yaml:1:18: cannot use 'nice' in defaults: 99 is not between -20 and 19",
                        "/etc/jinit/jinitd.yaml:1:22: cannot use key 'exit' in defaults: it belongs to one service",
                        "/etc/jinit/jinitd.yaml:1:42: cannot use key 'nicee' in defaults: there is no such key (did you mean 'nice'?)",
                        "/etc/jinit/jinitd.yaml:2:1: cannot use key 'control' in jinitd.yaml: not supported yet by this version",
                        "/etc/jinit/jinitd.yaml:3:1: cannot use key 'boot' in jinitd.yaml: not supported yet by this version",
                        "/etc/jinit/jinitd.yaml:4:21: cannot use 'shutdown.timeout' in jinitd.yaml: '9' has no unit (did you mean '9s'?)",
                        "/etc/jinit/jinitd.yaml:4:24: cannot use key 'shutdown.grace' in jinitd.yaml: there is no such key (known are timeout)",
                        "/etc/jinit/jinitd.yaml:5:1: cannot use key 'metrics' in jinitd.yaml: not supported yet by this version",
                        "/etc/jinit/jinitd.yaml:6:14: cannot use 'log.level' in jinitd.yaml: 'loud' is not one of error, warning, info, debug or trace",
                        "/etc/jinit/jinitd.yaml:6:20: cannot use key 'log.to' in jinitd.yaml: not supported yet by this version",
                        "/etc/jinit/jinitd.yaml:7:1: cannot use key 'logs' in jinitd.yaml: there is no such key (did you mean 'log'?)");
    }
}
