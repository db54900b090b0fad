package org.jinit.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What one side writes the other reads; what is none of it is told. */
class CodecTest {
    private static final ProcessInfo PROCESS = new ProcessInfo(41, 1, "main", "webd --all \"x\"", 1L << 40, 0.25);
    private static final Outcome OUTCOME =
            new Outcome("web", false, "failed", null, "cannot start web: \u00fc\n\ttab", List.of("a", ""));

    static List<Call> calls() {
        return List.of(
                new Call.Start(List.of("web", "db"), true, "3fa9"),
                new Call.Start(List.of("web"), false, null),
                new Call.Stop(List.of("web"), true, false, "h"),
                new Call.Restart(List.of("web"), false, true, null),
                new Call.Reload(List.of("web")),
                new Call.Signal(List.of("web"), "RTMIN+1", true),
                new Call.Reset(List.of("web@eu:1")),
                new Call.Status(List.of("web"), true, 1000),
                new Call.ListServices(),
                new Call.Show("web"),
                new Call.Why("web"),
                new Call.Enable(List.of("web")),
                new Call.Disable(List.of("web")),
                new Call.ReloadConfig(true, true, "x"),
                new Call.Events(List.of()),
                new Call.Wait(List.of("web"), "up", 1500),
                new Call.Shutdown("reboot"),
                new Call.LogLevel(null),
                new Call.LogLevel("debug"),
                new Call.Version(),
                new Call.Ping(),
                new Call.Logs("web", 100),
                new Call.Processes(),
                new Call.GetInfo(),
                new Call.GetInterfaceDescription("org.jinit.Manager"));
    }

    private static byte[] frame(byte[] message) {
        assertThat(message[message.length - 1]).as("ends in NUL").isZero();
        byte[] frame = Arrays.copyOf(message, message.length - 1);
        for (byte b : frame) {
            assertThat(b).as("no NUL inside").isNotZero();
        }
        return frame;
    }

    @ParameterizedTest
    @MethodSource("calls")
    void callComesBackAsItWasSent(Call call) throws Exception {
        assertThat(CallCodec.decode(frame(CallCodec.encode(call, true))))
                .isEqualTo(new CallCodec.Envelope(call, true, false));
        assertThat(CallCodec.decode(frame(CallCodec.encode(call, false))))
                .isEqualTo(new CallCodec.Envelope(call, false, false));
    }

    private static <T extends Answer> void comesBack(T answer, Fields.Reader<T> reader) throws Exception {
        ReplyCodec.Envelope reply = ReplyCodec.decode(frame(ReplyCodec.encode(answer, true)));
        assertThat(reply.continues()).isTrue();
        assertThat(reply.error()).isNull();
        assertThat(reader.read(reply.parameters())).isEqualTo(answer);
        assertThat(ReplyCodec.decode(frame(ReplyCodec.encode(answer, false))).continues()).isFalse();
    }

    @Test
    void answerComesBackAsItWasSent() throws Exception {
        ServiceStatus status = new ServiceStatus(
                "web", null, "daemon", "running", "up", 41, List.of(41, 42), 3, "core-dump", null, "SEGV",
                "says \u0001", 5, "cause",
                "2026-01-02T03:04:05Z", 1L << 40, "cgroup", true, true, false, 2, "story", "good", "timeout",
                List.of("db"),
                List.of("X_A=1"), List.of("line \ud83d\ude00"), List.of(PROCESS));
        Plan plan = new Plan("h", List.of(new Plan.Step("stop", "web", "why")));
        Change change = new Change("web", 7, "running", "stopping", "asked", "2026-01-02T03:04:05Z");
        Map<String, Object> definition = new LinkedHashMap<>();
        definition.put("exec", List.of("a", "b"));
        definition.put("stop", Map.of("timeout", "5s", "signal", 15L, "deep", true));

        comesBack(new Answer.Done(), Answer.Done::read);
        comesBack(new Answer.Outcomes(List.of(OUTCOME), plan), Answer.Outcomes::read);
        comesBack(new Answer.Outcomes(List.of(), null), Answer.Outcomes::read);
        comesBack(new Answer.Services(List.of(status, status)), Answer.Services::read);
        comesBack(new Answer.Definition("web", List.of("f"), true, "state", definition), Answer.Definition::read);
        comesBack(new Answer.Story("web", "s", List.of(change)), Answer.Story::read);
        comesBack(new Answer.Event(change, 12), Answer.Event::read);
        comesBack(new Answer.Level("info"), Answer.Level::read);
        comesBack(new Answer.Version("1", 1, 2, "t", 3, 4), Answer.Version::read);
        comesBack(new Answer.Lines(List.of("x"), null), Answer.Lines::read);
        comesBack(
                new Answer.Processes(List.of(new Answer.Processes.OfService("web", List.of(PROCESS))),
                        List.of(PROCESS)),
                Answer.Processes::read);
        comesBack(new Answer.ServiceInfo("v", "p", "1", "u", List.of("i")), Answer.ServiceInfo::read);
        comesBack(new Answer.Description("interface x\n"), Answer.Description::read);
    }

    @Test
    void errorComesBackAsItWasSent() throws Exception {
        List<ManagerError> errors = List.of(
                new ManagerError.NoSuchService(List.of("x"), "there is no service x"),
                new ManagerError.Refused("conflict", "t", List.of("a")),
                new ManagerError.Failed(List.of(OUTCOME)),
                new ManagerError.NotPermitted("t"),
                new ManagerError.InvalidArgument("t"),
                new ManagerError.InvalidConfiguration(List.of("f:1:2: cannot")),
                new ManagerError.Unavailable("t"),
                new ManagerError.Standard("MethodNotFound", "method", "m"),
                new ManagerError.Standard("ExpectedMore", "", ""));
        for (ManagerError error : errors) {
            assertThat(ReplyCodec.decode(frame(ReplyCodec.encode(error))).error()).isEqualTo(error);
        }
    }

    @Test
    void parametersMayComeBeforeTheMethodAndUnknownOnesAreIgnored() throws Exception {
        String text =
                "{\"parameters\":{\"names\":[\"web\"],\"later\":{\"a\":[1.5,null]}},\"method\":\"org.jinit.Manager.Start\"}";
        assertThat(CallCodec.decode(text.getBytes(StandardCharsets.UTF_8)).call())
                .isEqualTo(new Call.Start(List.of("web"), false, null));
    }

    @Test
    void brokenMessagesAreToldFromWrongParameters() {
        Map<String, Boolean> texts = Map.of(
                "", true,
                "nonsense", true,
                "{\"method\":\"org.jinit.Manager.Ping\"", true,
                "{\"method\":\"org.jinit.Manager.Ping\"}x", true,
                "{\"x\":" + "[".repeat(40) + "]".repeat(40) + "}", true,
                "{\"x\":" + "9".repeat(100) + "}", true,
                "{\"method\":\"org.jinit.Manager.Show\",\"parameters\":{}}", false,
                "{\"method\":\"org.jinit.Manager.Start\",\"parameters\":{\"names\":[]}}", false,
                "{\"method\":\"org.jinit.Manager.Start\",\"parameters\":{\"names\":[1]}}", false,
                "{\"method\":\"org.jinit.Manager.Logs\",\"parameters\":{\"name\":\"x\",\"lines\":0}}", false);
        texts.forEach(
                (text, broken) -> assertThatThrownBy(() -> CallCodec.decode(text.getBytes(StandardCharsets.UTF_8)))
                        .as(text)
                        .isInstanceOfSatisfying(
                                BadMessageException.class,
                                e -> assertThat(e.parameter() == null).as(text).isEqualTo(broken)));
    }

    @Test
    void longestFrameIsAcceptedAndOneByteMoreIsNot() throws Exception {
        byte[] bytes = new byte[FrameSplitter.MAX_FRAME + 1];
        Arrays.fill(bytes, (byte) 'x');
        bytes[FrameSplitter.MAX_FRAME] = 0;
        assertThat(new FrameSplitter().next(ByteBuffer.wrap(bytes))).hasSize(FrameSplitter.MAX_FRAME);
        bytes[FrameSplitter.MAX_FRAME] = 'x';
        assertThatThrownBy(() -> new FrameSplitter().next(ByteBuffer.wrap(bytes)))
                .isInstanceOf(BadMessageException.class);
    }

    @Test
    void everyMethodTypeAndErrorIsDescribed() {
        String description = Objects.requireNonNull(Varlink.describe(Varlink.INTERFACE));
        for (Call call : calls()) {
            String method = call.method();
            String name = method.substring(method.lastIndexOf('.') + 1);
            String where =
                    method.startsWith(Varlink.INTERFACE) ? description : Varlink.describe(Varlink.SERVICE_INTERFACE);
            assertThat(where).contains("\nmethod " + name + "(");
        }
        for (Class<?> error : ManagerError.class.getPermittedSubclasses()) {
            if (error != ManagerError.Standard.class) {
                assertThat(description).contains("\nerror " + error.getSimpleName() + " (");
            }
        }
        for (var component : ServiceStatus.class.getRecordComponents()) {
            assertThat(description).containsPattern("\n  " + component.getName() + ": ");
        }
        assertThat(Varlink.describe("org.example")).isNull();
    }
}
