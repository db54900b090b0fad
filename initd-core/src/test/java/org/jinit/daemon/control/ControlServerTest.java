package org.jinit.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jinit.engine.Event;
import org.jinit.engine.Reply;
import org.jinit.engine.Result;
import org.jinit.engine.State;
import org.jinit.model.ServiceName;
import org.jinit.protocol.Answer;
import org.jinit.protocol.Call;
import org.jinit.protocol.ManagerError;
import org.jinit.protocol.Outcome;
import org.jinit.protocol.ReplyCodec;
import org.jinit.protocol.ServiceStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What calls are answered with, over a real socket. */
@Timeout(60)
class ControlServerTest {
    @TempDir
    Path directory;

    private static ManagerError error(ReplyCodec.Envelope reply) {
        return Objects.requireNonNull(reply.error());
    }

    @Test
    void statusTellsAllFieldsOfTheService() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            ReplyCodec.Envelope reply = client.call(new Call.Status(List.of("s1"), false, 5));
            ServiceStatus status = Answer.Services.read(reply.parameters()).services().getFirst();
            assertThat(status.name()).isEqualTo("s1");
            assertThat(status.description()).isEqualTo("number 1");
            assertThat(status.state()).isEqualTo("running");
            assertThat(status.desired()).isEqualTo("up");
            assertThat(status.mainPid()).isEqualTo(41);
            assertThat(status.processes()).containsExactly(41);
            assertThat(status.result()).isEqualTo("signal");
            assertThat(status.exitCode()).isNull();
            assertThat(status.exitSignal()).isEqualTo("SEGV");
            assertThat(status.statusText()).isEqualTo("serving");
            assertThat(status.cause()).isEqualTo("READY=1 from pid 41");
            assertThat(status.since()).isEqualTo("2026-01-02T03:04:05.006Z");
            assertThat(status.lastLines()).containsExactly("last words of s1");
            assertThat(status.processTree()).hasSize(1);
            assertThat(status.extra()).containsExactly("X_LOAD=3");
        }
    }

    @Test
    void briefStatusHasNoOutput() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            var reply = client.call(new Call.Status(List.of("s1"), true, 5));
            ServiceStatus status = Answer.Services.read(reply.parameters()).services().getFirst();
            assertThat(status.lastLines()).isEmpty();
            assertThat(status.processTree()).isEmpty();
        }
    }

    @Test
    void unknownNameRefusesTheWholeCall() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            var reply = client.call(new Call.Enable(List.of("s1", "nobody", "a b")));
            assertThat(error(reply)).isInstanceOf(ManagerError.NoSuchService.class);
            assertThat(error(client.call(new Call.Enable(List.of("s1", "nobody")))))
                    .isEqualTo(new ManagerError.NoSuchService(List.of("nobody"), "there is no service nobody"));
            assertThat(server.<List<String>>ask(fake -> fake.enabledCalls)).isEmpty();
            assertThat(client.call(new Call.Enable(List.of("s1"))).error()).isNull();
            assertThat(server.<List<String>>ask(fake -> fake.enabledCalls)).containsExactly("[s1]=true");
        }
    }

    @Test
    void startIsAnsweredWhenTheEngineAnswers() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            client.send(new Call.Start(List.of("s0", "s1"), false, "abc"));
            server.eventually(fake -> fake.asked.size() == 1);
            Event.Request request = server.ask(fake -> fake.asked.getFirst().request());
            assertThat(request)
                    .isEqualTo(
                            new Event.Request.Start(
                                    List.of(new ServiceName("s0"), new ServiceName("s1")), false, "abc"));
            server.act(FakeBackend::answerAll);
            var outcomes = Answer.Outcomes.read(client.reply().parameters()).outcomes();
            assertThat(outcomes).extracting(Outcome::name).containsExactly("s0", "s1");
            assertThat(outcomes).allMatch(Outcome::ok);
        }
    }

    @Test
    void failedStartCarriesTheLastLinesOfOutput() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            client.send(new Call.Start(List.of("s0"), false, null));
            server.eventually(fake -> fake.asked.size() == 1);
            server.act(
                    fake -> fake.asked.getFirst()
                            .sink()
                            .reply(
                                    new Reply.Failed(
                                            List.of(
                                                    new Reply.Outcome(
                                                            new ServiceName("s0"),
                                                            false,
                                                            State.FAILED,
                                                            Result.EXIT_CODE,
                                                            "cannot start s0: it exited with 7")))));
            ManagerError.Failed failed = (ManagerError.Failed) error(client.reply());
            assertThat(failed.outcomes())
                    .containsExactly(
                            new Outcome(
                                    "s0",
                                    false,
                                    "failed",
                                    "exit-code",
                                    "cannot start s0: it exited with 7",
                                    List.of("last words of s0")));
        }
    }

    @Test
    void refusalNamesCodeAndThoseInvolved() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            client.send(new Call.Stop(List.of("s0"), false, false, null));
            server.eventually(fake -> fake.asked.size() == 1);
            server.act(
                    fake -> fake.asked.getFirst()
                            .sink()
                            .reply(
                                    new Reply.Refused(
                                            Reply.Code.HAS_DEPENDENTS, "s1 needs it", List.of(new ServiceName("s1")))));
            assertThat(error(client.reply()))
                    .isEqualTo(new ManagerError.Refused("has-dependents", "s1 needs it", List.of("s1")));
        }
    }

    @Test
    void clientThatGoesAwayCancelsItsReplyAndNotItsJob() throws Exception {
        try (TestServer server = new TestServer(directory)) {
            try (TestClient client = server.client()) {
                client.send(new Call.Start(List.of("s0"), false, null));
                server.eventually(fake -> fake.asked.size() == 1);
                assertThat(server.<Integer>ask(fake -> fake.abandoned.size())).isZero();
            }
            server.eventually(fake -> fake.abandoned.size() == 1);
            server.act(FakeBackend::answerAll);
            assertThat(server.connections()).isZero();
            assertThat(server.thrown).isEmpty();
        }
    }

    @Test
    void clientThatOnlyEndsItsOwnSideStillGetsItsReply() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            client.send(new Call.Ping()).send(new Call.Start(List.of("s0"), false, null));
            client.channel().shutdownOutput();
            server.eventually(fake -> fake.asked.size() == 1);
            server.act(FakeBackend::answerAll);
            assertThat(client.reply().error()).isNull();
            assertThat(Answer.Outcomes.read(client.reply().parameters()).outcomes()).hasSize(1);
            assertThat(client.isEnded()).isTrue();
            server.eventuallyConnections(0);
        }
    }

    @Test
    void onewayCallIsDoneWithoutReply() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            client.raw(
                    "{\"method\":\"org.jinit.Manager.LogLevel\",\"parameters\":{\"level\":\"debug\"},\"oneway\":true}\0");
            var reply = client.call(new Call.LogLevel(null));
            assertThat(Answer.Level.read(reply.parameters())).isEqualTo(new Answer.Level("debug"));
        }
    }

    @Test
    void listComesInPartsThatAreCompleteAndInOrder() throws Exception {
        try (TestServer server = new TestServer(directory, ControlLimits.DEFAULT, 3000);
                TestClient client = server.client()) {
            client.sendMore(new Call.ListServices());
            int replies = 0;
            List<String> names = new java.util.ArrayList<>();
            ReplyCodec.Envelope reply;
            do {
                reply = client.reply();
                Answer.Services.read(reply.parameters()).services().forEach(status -> names.add(status.name()));
                replies++;
            } while (reply.continues());
            assertThat(names).hasSize(3000).isSorted();
            assertThat(replies).isGreaterThan(5);
            assertThat(error(client.call(new Call.ListServices())).wireName())
                    .isEqualTo("org.varlink.service.ExpectedMore");
        }
    }

    @Test
    void eventsTellEveryChangeOfThoseAskedFor() throws Exception {
        try (TestServer server = new TestServer(directory);
                TestClient client = server.client()) {
            client.sendMore(new Call.Events(List.of("s1")));
            server.eventually(_ -> server.hasListener());
            server.publish(FakeBackend.transition("s0", State.RUNNING, State.STOPPING));
            server.publish(FakeBackend.transition("s1", State.RUNNING, State.STOPPING));
            server.publish(FakeBackend.transition("s1", State.STOPPING, State.STOPPED));
            for (String to : List.of("stopping", "stopped")) {
                ReplyCodec.Envelope reply = client.reply();
                assertThat(reply.continues()).isTrue();
                assertThat(Answer.Event.read(reply.parameters()).change().to()).isEqualTo(to);
                assertThat(Answer.Event.read(reply.parameters()).change().name()).isEqualTo("s1");
            }
        }
    }

    @Test
    void waitAnswersAtOnceWhenAllAreThere() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            var reply = client.call(new Call.Wait(List.of("s0", "s1"), "up", 0));
            assertThat(Answer.Outcomes.read(reply.parameters()).outcomes()).hasSize(2);
        }
    }

    @Test
    void waitAnswersWhenTheLastGetsThere() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            client.send(new Call.Wait(List.of("s0", "s1"), "down", 60_000));
            client.send(new Call.Ping());
            server.eventually(_ -> server.hasListener());
            server.publish(FakeBackend.transition("s0", State.RUNNING, State.STOPPED));
            server.publish(FakeBackend.transition("s0", State.STOPPED, State.RUNNING));
            server.publish(FakeBackend.transition("s1", State.RUNNING, State.FAILED));
            var outcomes = Answer.Outcomes.read(client.reply().parameters()).outcomes();
            assertThat(outcomes).allMatch(Outcome::ok);
            assertThat(client.reply().error()).isNull();
            assertThat(server.timers()).as("no timer is left").isZero();
        }
    }

    @Test
    void waitFailsWhenTheTimeIsOver() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            var failed = (ManagerError.Failed) error(client.call(new Call.Wait(List.of("s0"), "down", 30)));
            assertThat(failed.outcomes().getFirst().text())
                    .isEqualTo(
                            "cannot wait for s0 to be down: it is running after 30ms (READY=1 from pid 41)");
        }
    }

    @Test
    void waitForUpFailsWhenTheServiceFails() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            server.act(fake -> fake.states.put(new ServiceName("s0"), State.STARTING));
            client.send(new Call.Wait(List.of("s0"), "up", 0));
            server.eventually(_ -> server.hasListener());
            server.publish(FakeBackend.transition("s0", State.STARTING, State.FAILED));
            assertThat(error(client.reply())).isInstanceOf(ManagerError.Failed.class);
        }
    }

    @Test
    void senselessArgumentsAreRefusedWithAReason() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            assertThat(error(client.call(new Call.Signal(List.of("s0"), "SIGNOPE", false))))
                    .isInstanceOf(ManagerError.InvalidArgument.class);
            assertThat(error(client.call(new Call.Wait(List.of("s0"), "sideways", 0))))
                    .isInstanceOf(ManagerError.InvalidArgument.class);
            assertThat(error(client.call(new Call.Shutdown("explode"))))
                    .isInstanceOf(ManagerError.InvalidArgument.class);
            assertThat(error(client.call(new Call.ReloadConfig(false, false, null))))
                    .isEqualTo(
                            new ManagerError.InvalidConfiguration(
                                    List.of("web.yaml:1:1: cannot read exec: it is empty")));
        }
    }

    @Test
    void showWhyProcessesAndIntrospectionAnswer() throws Exception {
        try (TestServer server = new TestServer(directory); TestClient client = server.client()) {
            var shown = Answer.Definition.read(client.call(new Call.Show("s0")).parameters());
            assertThat(shown.definition().get("type")).isEqualTo("daemon");
            assertThat(shown.definition().get("restart")).isInstanceOf(java.util.Map.class);
            var story = Answer.Story.read(client.call(new Call.Why("s0")).parameters());
            assertThat(story.changes()).hasSize(2);
            assertThat(story.summary()).isEqualTo("s0 is running: READY=1 from pid 41");
            var processes = Answer.Processes.read(client.call(new Call.Processes()).parameters());
            assertThat(processes.services()).hasSize(3);
            assertThat(processes.orphans()).hasSize(1);
            var info = Answer.ServiceInfo.read(client.call(new Call.GetInfo()).parameters());
            assertThat(info.interfaces()).containsExactly("org.varlink.service", "org.jinit.Manager");
            for (String name : info.interfaces()) {
                var reply = client.call(new Call.GetInterfaceDescription(name));
                assertThat(Answer.Description.read(reply.parameters()).description()).contains("interface " + name);
            }
            assertThat(error(client.call(new Call.GetInterfaceDescription("org.example"))).wireName())
                    .isEqualTo("org.varlink.service.InterfaceNotFound");
        }
    }

    @Test
    void socketIsForItsOwnerAloneAndGoesWithTheServer() throws Exception {
        try (TestServer server = new TestServer(directory)) {
            assertThat(Files.getPosixFilePermissions(server.socket))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void socketReplacesOneThatWasLeftBehindAndIsLeftToItsSuccessor() throws Exception {
        try (TestServer first = new TestServer(directory)) {
            try (TestServer second = new TestServer(directory); TestClient client = second.client()) {
                assertThat(client.call(new Call.Ping()).error()).isNull();
                first.stop();
                assertThat(second.socket).exists();
                try (TestClient another = second.client()) {
                    assertThat(another.call(new Call.Ping()).error()).isNull();
                }
            }
        }
    }

    @Test
    void runDirectoryMayBeLongerThanASocketAddress() throws Exception {
        Path deep =
                Files.createDirectories(directory.resolve(String.join("/", Collections.nCopies(4, "d".repeat(60)))));
        try (TestServer server = new TestServer(deep)) {
            assertThat(server.socket).exists();
        }
        assertThat(deep).isEmptyDirectory();
    }
}
