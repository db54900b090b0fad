package org.jinit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jinit.model.RestartPolicy;
import org.junit.jupiter.api.Test;

class NarratorTest {
    @Test
    void theStoryOfACrashLoopIsToldInPlainWords() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db").limit(2, Duration.ofSeconds(10)), Defs.daemon("web").requires("db"));
        h.start("web");
        h.advanceMillis(60).exit("db", 1).advanceMillis(100).exit("db", 1);
        assertThat(h.history("db"))
                .containsExactly(
                        "db went from stopped to starting: web requires it",
                        "db went from starting to running: it is ready: it was executed",
                        "db went from running to stopping: its main process (pid 100) exited with code 1",
                        "db went from stopping to backoff: restart 1 in a row after 100ms, for its main process"
                                + " (pid 100) exited with code 1",
                        "db went from backoff to starting: restart 1 in a row after 100ms, for its main process"
                                + " (pid 100) exited with code 1",
                        "db went from starting to running: it is ready: it was executed",
                        "db went from running to stopping: its main process (pid 102) exited with code 1",
                        "db went from stopping to failed: it was started 2 times within 10s; last: its main process"
                                + " (pid 102) exited with code 1");
        assertThat(h.history("web").getLast())
                .isEqualTo(
                        "web went from stopping to failed: it cannot do without db: db failed: it was started 2 times"
                                + " within 10s; last: its main process (pid 102) exited with code 1");
    }

    @Test
    void requestsNameWhoAsked() {
        EngineHarness h = EngineHarness.of(Defs.daemon("db"), Defs.daemon("web").requires("db"));
        h.start("web");
        h.stopWithDependents("db");
        assertThat(h.history("db").getLast())
                .isEqualTo("db went from stopping to stopped: stop was asked for by uid 0 (pid 4711)");
        assertThat(h.history("web").getLast())
                .isEqualTo("web went from stopping to stopped: it requires db, and that is stopped");
        h.start("web");
        h.stop("web");
        assertThat(h.history("db").getLast())
                .isEqualTo("db went from stopping to stopped: web requires it no longer, and nothing else needs it");
    }

    @Test
    void failureThatIsOverIsNotToldAgain() {
        EngineHarness h = EngineHarness.of(
                Defs.daemon("db").restart(RestartPolicy.When.NEVER), Defs.daemon("web").requires("db"));
        h.start("web");
        h.exit("db", 1).expect("web", State.FAILED);
        h.start("db");
        h.expect("web", State.RUNNING);
        h.exit("db", 2);
        assertThat(h.history("web").getLast()).contains("exited with code 2").doesNotContain("code 1");
    }

    @Test
    void timeoutTellsWhatWasAwaited() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web").readyByNotify().startTimeout(Duration.ofMillis(1500)));
        h.start("web");
        h.advance(Duration.ofMillis(1500));
        assertThat(h.history("web").get(1))
                .isEqualTo("web went from starting to stopping: its start timed out after 1.5s waiting for READY=1 on"
                        + " its notify socket");
    }

    @Test
    void historyIsBounded() {
        EngineHarness h = EngineHarness.of(Defs.daemon("web"));
        for (int i = 0; i < 10; i++) {
            h.start("web");
            h.stop("web");
        }
        assertThat(h.history("web")).hasSize(16);
    }
}
