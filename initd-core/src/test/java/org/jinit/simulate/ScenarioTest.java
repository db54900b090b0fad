package org.jinit.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.jinit.engine.State;
import org.jinit.graph.Catalog;
import org.jinit.model.Readiness;
import org.jinit.model.ServiceName;
import org.jinit.model.ServiceType;
import org.jinit.model.Timeouts;
import org.junit.jupiter.api.Test;

class ScenarioTest {
    private static final ServiceName DB = new ServiceName("db");
    private static final ServiceName WEB = new ServiceName("web");

    private static Catalog catalog() {
        SimDefinition db = new SimDefinition("db");
        db.readiness = List.of(new Readiness.Notify(null));
        db.timeouts = new Timeouts(Duration.ofSeconds(5), null, null);
        SimDefinition web = new SimDefinition("web").requires("db");
        SimDefinition task = new SimDefinition("task").type(ServiceType.TASK);
        return CatalogGenerator.catalog(List.of(db, web, task));
    }

    private static State stateOf(ScenarioReport report, ServiceName name) {
        State state = report.finalStates().get(name);
        assertThat(state).isNotNull();
        return state;
    }

    @Test
    void aBootWithoutTroubleBringsEverythingUpInOrder() {
        ScenarioReport report = Scenario.run(catalog(), ScenarioOptions.ofSeed(1));
        assertThat(report.violations()).isEmpty();
        assertThat(stateOf(report, DB)).isEqualTo(State.RUNNING);
        assertThat(stateOf(report, WEB)).isEqualTo(State.RUNNING);
        assertThat(stateOf(report, new ServiceName("task"))).isEqualTo(State.DONE);
        List<String> running = report.lines()
                .stream()
                .filter(line -> line.to() == State.RUNNING)
                .map(line -> line.service().value())
                .toList();
        assertThat(running).containsExactly("db", "web");
    }

    @Test
    void aKilledServiceComesBackAndTheReportSaysWhy() {
        ScenarioReport report = Scenario.run(catalog(), ScenarioOptions.ofSeed(1).withFail("db=SIGKILL@3s"));
        assertThat(report.violations()).isEmpty();
        assertThat(stateOf(report, DB)).isEqualTo(State.RUNNING);
        ScenarioReport.Line down = report.lines()
                .stream()
                .filter(line -> line.service().equals(DB) && line.to() == State.BACKOFF)
                .findFirst()
                .orElseThrow();
        assertThat(down.at()).isBetween(Duration.ofSeconds(3), Duration.ofMillis(3_200));
        assertThat(down.why()).contains("KILL");
    }

    @Test
    void aServiceThatIsNeverReadyTakesItsDependentsWithIt() {
        ScenarioOptions options = ScenarioOptions.ofSeed(1).withNeverReady("db").withUntil(Duration.ofSeconds(12));
        ScenarioReport report = Scenario.run(catalog(), options);
        assertThat(report.violations()).isEmpty();
        assertThat(stateOf(report, WEB)).isEqualTo(State.WAITING);
        assertThat(report.lines())
                .anyMatch(line -> line.service().equals(DB) && line.to() == State.BACKOFF
                        && line.why().contains("READY=1"));
    }

    @Test
    void aTaskThatExitsWithACodeHasFailed() {
        ScenarioReport report = Scenario.run(catalog(), ScenarioOptions.ofSeed(1).withExit("task=3@1s"));
        assertThat(report.violations()).isEmpty();
        assertThat(stateOf(report, new ServiceName("task"))).isEqualTo(State.FAILED);
    }

    @Test
    void theSameOptionsGiveTheSameReport() {
        ScenarioOptions options = ScenarioOptions.ofSeed(7).withFail("db=SEGV@500ms");
        assertThat(Scenario.run(catalog(), options)).isEqualTo(Scenario.run(catalog(), options));
    }

    @Test
    void wrongOptionsAreRefusedWithWhatToWrite() {
        ScenarioOptions options = ScenarioOptions.ofSeed(1);
        assertThatThrownBy(() -> options.withFail("db")).hasMessageContaining("db=SIGKILL@3s");
        assertThatThrownBy(() -> options.withFail("db=SIGFOO@3s")).hasMessageContaining("SIGFOO");
        assertThatThrownBy(() -> options.withExit("db=256@3s")).hasMessageContaining("0 to 255");
        assertThatThrownBy(() -> Scenario.run(catalog(), options.withFail("dB=KILL@3s")))
                .hasMessageContaining("no such service");
    }
}
