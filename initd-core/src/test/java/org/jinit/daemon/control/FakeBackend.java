package org.jinit.daemon.control;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jinit.config.DefinitionParser;
import org.jinit.config.Reading;
import org.jinit.engine.Cause;
import org.jinit.engine.Event;
import org.jinit.engine.Reply;
import org.jinit.engine.Requester;
import org.jinit.engine.Result;
import org.jinit.engine.ServiceView;
import org.jinit.engine.State;
import org.jinit.engine.Transition;
import org.jinit.model.ExitStatus;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jinit.protocol.Answer;
import org.jinit.protocol.ManagerError;
import org.jinit.protocol.ProcessInfo;
import org.jspecify.annotations.Nullable;

/** A manager of made-up services: what it is asked is kept, and answered when the test says so. For the reactor's thread only. */
final class FakeBackend implements ManagerBackend {
    /** An engine request that was not answered yet. */
    record Asked(Requester who, Event.Request request, ReplySink sink) {}

    private static final Instant EPOCH = Instant.parse("2026-01-02T03:04:05.006Z");

    final SortedMap<ServiceName, State> states = new TreeMap<>();
    final Map<ServiceName, Result> results = new HashMap<>();
    final List<Asked> asked = new ArrayList<>();
    final List<Event.Request> abandoned = new ArrayList<>();
    final List<String> enabledCalls = new ArrayList<>();
    final Map<ServiceName, ServiceDefinition> definitions = new HashMap<>();
    String level = "info";

    FakeBackend(int services) {
        Map<String, String> files = new LinkedHashMap<>();
        for (int i = 0; i < services; i++) {
            files.put("s" + i + ".yaml", "exec: /bin/sleep 1000\ndescription: number " + i + "\n");
        }
        DefinitionParser.parse(Reading.of(files)).services().forEach((name, definition) -> {
            definitions.put(name, definition);
            states.put(name, State.RUNNING);
        });
    }

    static Transition transition(String name, State from, State to) {
        return new Transition(new ServiceName(name), 1, from, to, new Cause.ByReadiness("test"), 0);
    }

    @Override
    public Pending request(Requester who, Event.Request request, ReplySink sink) {
        asked.add(new Asked(who, request, sink));
        return () -> abandoned.add(request);
    }

    void answerAll() {
        for (Asked one : List.copyOf(asked)) {
            List<Reply.Outcome> outcomes = new ArrayList<>();
            for (ServiceName name : one.request().names()) {
                outcomes.add(new Reply.Outcome(name, true, State.RUNNING, Result.SUCCESS, null));
            }
            one.sink().reply(new Reply.Done(outcomes));
        }
        asked.clear();
    }

    @Override
    public Pending reloadConfig(
            Requester who,
            boolean apply,
            boolean plan,
            @Nullable String commit,
            ReplySink sink) {
        sink.fail(new ManagerError.InvalidConfiguration(List.of("web.yaml:1:1: cannot read exec: it is empty")));
        return () -> {};
    }

    @Override
    public void setEnabled(
            Requester who,
            Collection<ServiceName> names,
            boolean enabled,
            AnswerSink<Answer.Done> sink) {
        enabledCalls.add(names + "=" + enabled);
        sink.answer(new Answer.Done());
    }

    @Override
    public void shutdown(Requester who, String kind, AnswerSink<Answer.Done> sink) {
        sink.fail(new ManagerError.Unavailable("cannot " + kind + ": not in a test"));
    }

    @Override
    public void logLevel(@Nullable String newLevel, AnswerSink<Answer.Level> sink) {
        level = newLevel == null ? level : newLevel;
        sink.answer(new Answer.Level(level));
    }

    @Override
    public Collection<ServiceName> names() {
        return states.keySet();
    }

    @Override
    public @Nullable ServiceView view(ServiceName name) {
        State state = states.get(name);
        if (state == null) {
            return null;
        }
        return new ServiceView(
                name,
                Objects.requireNonNull(definitions.get(name)),
                false,
                state,
                true,
                1,
                null,
                41,
                2,
                results.getOrDefault(name, Result.SIGNAL),
                new ExitStatus.Killed(11, true),
                "serving",
                0,
                null,
                "good",
                new Cause.ByReadiness("READY=1 from pid 41"),
                0,
                List.of(),
                1,
                "pid 40 died, killed (Segmentation fault), core dumped",
                List.of("X_LOAD=3"));
    }

    @Override
    public boolean enabled(ServiceName name) {
        return true;
    }

    @Override
    public boolean enabledOverridden(ServiceName name) {
        return false;
    }

    @Override
    public List<Transition> history(ServiceName name) {
        return List.of(
                transition(name.value(), State.STOPPED, State.STARTING),
                transition(name.value(), State.STARTING, State.RUNNING));
    }

    @Override
    public String narrate(Cause cause) {
        return cause instanceof Cause.ByReadiness(var how) ? how : cause.toString();
    }

    @Override
    public Instant timeOf(long engineNanos) {
        return EPOCH.plusNanos(engineNanos);
    }

    @Override
    public Answer.Version version() {
        return new Answer.Version("1.2.3", 1, 2, EPOCH.toString(), states.size(), 0);
    }

    @Override
    public void facts(
            Collection<ServiceName> names,
            boolean details,
            int outputLines,
            AnswerSink<Map<ServiceName, ServiceFacts>> sink) {
        Map<ServiceName, ServiceFacts> facts = new HashMap<>();
        for (ServiceName name : names) {
            List<ProcessInfo> tree =
                    details ? List.of(new ProcessInfo(41, 1, "main", "sleep 1000", 4096, 0.25)) : List.of();
            List<String> lines = outputLines > 0 ? List.of("last words of " + name) : List.of();
            facts.put(name, new ServiceFacts("tag", List.of(41), false, tree, lines));
        }
        sink.answer(facts);
    }

    @Override
    public void logs(ServiceName name, int lines, AnswerSink<Answer.Lines> sink) {
        sink.answer(new Answer.Lines(List.of("x".repeat(Math.min(lines, 500))), null));
    }

    @Override
    public void orphans(AnswerSink<List<ProcessInfo>> sink) {
        sink.answer(List.of(new ProcessInfo(99, 1, null, "[stray]", 0, 0)));
    }
}
