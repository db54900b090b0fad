package org.jinit.daemon;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jinit.config.Fingerprint;
import org.jinit.daemon.control.AnswerSink;
import org.jinit.daemon.control.ManagerBackend;
import org.jinit.daemon.control.ReplySink;
import org.jinit.daemon.control.ServiceFacts;
import org.jinit.engine.Cause;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jinit.engine.Narrator;
import org.jinit.engine.RequestId;
import org.jinit.engine.Requester;
import org.jinit.engine.ServiceView;
import org.jinit.engine.Transition;
import org.jinit.graph.Catalog;
import org.jinit.linux.Linux;
import org.jinit.linux.Reactor;
import org.jinit.model.LogPolicy;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jinit.protocol.Answer;
import org.jinit.protocol.ManagerError;
import org.jinit.protocol.ProcessInfo;
import org.jspecify.annotations.Nullable;

/** What clients ask for, put to the engine, the tables and the disk. */
final class Backend implements ManagerBackend {
    /** What it acts upon. */
    record Parts(
            Linux linux,
            Reactor reactor,
            EngineLoop loop,
            DiskWorker disk,
            CatalogReader reader,
            EnabledOverlay overlay,
            OutputPipes outputs,
            org.jinit.output.LogPump pump,
            ProcessViews views,
            ManagerLog log,
            Paths paths) {}

    /** What is known of this jinitd. */
    record Identity(String version, int keeperPid, int managerStarts) {}

    private final Parts parts;
    private final Identity identity;
    private final Map<RequestId, ReplySink> waiting = new HashMap<>();
    private final Map<ServiceName, Boolean> enabled;
    private final Instant epoch = Instant.now();
    private final long epochNanos = System.nanoTime();
    private Fingerprint loaded;
    private long requests;
    private boolean reloading;
    private ManagerLog.Severity level;

    Backend(
            Parts parts,
            Identity identity,
            Map<ServiceName, Boolean> enabled,
            Fingerprint loaded,
            ManagerLog.Severity level) {
        this.parts = parts;
        this.identity = identity;
        this.enabled = new TreeMap<>(enabled);
        this.loaded = loaded;
        this.level = level;
    }

    private final class Ticket implements Pending {
        final RequestId id = new RequestId(++requests);

        @Override
        public void clientGone() {
            if (waiting.remove(id) != null) {
                parts.loop().submit(new Event.ClientGone(id));
            }
        }
    }

    @Override
    public Pending request(Requester who, Event.Request request, ReplySink sink) {
        Ticket ticket = new Ticket();
        waiting.put(ticket.id, sink);
        parts.loop().submit(new Event.Requested(ticket.id, who, request));
        return ticket;
    }

    /** The engine's answer. */
    void reply(Effect.Reply reply) {
        ReplySink sink = waiting.remove(reply.id());
        if (sink != null) {
            sink.reply(reply.reply());
        }
    }

    @Override
    public Pending reloadConfig(Requester who, boolean apply, boolean plan, @Nullable String commit, ReplySink sink) {
        Ticket ticket = new Ticket();
        if (reloading) {
            sink.fail(new ManagerError.Unavailable("cannot reload the configuration: another reload is under way"));
            return ticket;
        }
        waiting.put(ticket.id, sink);
        read(result -> {
            if (result.valid()) {
                loaded = plan ? loaded : result.fingerprint();
                parts.loop().submit(new Event.CatalogLoaded(ticket.id, who, result.catalog(), apply, plan, commit));
            } else if (waiting.remove(ticket.id) != null) {
                sink.fail(new ManagerError.InvalidConfiguration(result.problems()));
            }
        }, problem -> {
            if (waiting.remove(ticket.id) != null) {
                sink.fail(new ManagerError.Unavailable(problem));
            }
        });
        return ticket;
    }

    /** SIGHUP. */
    void reloadOnSignal() {
        if (reloading) {
            return;
        }
        read(result -> {
            if (result.valid()) {
                loaded = result.fingerprint();
                parts.loop().submit(new Event.CatalogLoaded(null, null, result.catalog(), false, false, null));
                parts.log().info("definitions were read again");
            } else {
                parts.log().error("cannot reload the configuration: nothing was changed, for it has errors:");
                result.problems().forEach(problem -> parts.log().error("  " + problem));
            }
        }, parts.log()::error);
    }

    private void read(
            java.util.function.Consumer<CatalogReader.Result> then, java.util.function.Consumer<String> failed) {
        reloading = true;
        Set<ServiceName> instances = new HashSet<>();
        for (ServiceName name : parts.loop().engine().catalog().services().keySet()) {
            if (name.instance() != null) {
                instances.add(name);
            }
        }
        parts.disk().execute(() -> {
            try {
                CatalogReader.Result result = parts.reader().read(instances);
                parts.reactor().execute(() -> {
                    reloading = false;
                    then.accept(result);
                });
            } catch (RuntimeException e) {
                parts.reactor().execute(() -> {
                    reloading = false;
                    failed.accept("cannot reload the configuration: internal error: " + e);
                });
            }
        });
    }

    @Override
    public void setEnabled(
            Requester who, Collection<ServiceName> names, boolean value, AnswerSink<Answer.Done> sink) {
        List<ServiceName> all = List.copyOf(names);
        parts.disk().execute(() -> {
            String problem = write(all, value);
            parts.reactor().execute(() -> {
                if (problem != null) {
                    sink.fail(new ManagerError.Unavailable(problem));
                    return;
                }
                for (ServiceName name : all) {
                    enabled.put(name, value);
                    parts.loop().submit(new Event.EnabledChanged(name, value));
                }
                sink.answer(new Answer.Done());
            });
        });
    }

    private @Nullable String write(List<ServiceName> names, boolean value) {
        for (ServiceName name : names) {
            try {
                parts.overlay().set(name, value);
            } catch (IOException e) {
                return "cannot " + (value ? "enable " : "disable ") + name + ": write in " + parts.paths().state()
                        + ": "
                        + e.getMessage();
            }
        }
        return null;
    }

    @Override
    public void shutdown(Requester who, String kind, AnswerSink<Answer.Done> sink) {
        if (!kind.equals("exit")) {
            sink.fail(new ManagerError.Refused("invalid", "cannot " + kind
                    + " the machine: not supported yet by this version (jinitctl shutdown ends jinitd and its services)",
                    List.of()));
            return;
        }
        sink.answer(new Answer.Done());
        parts.loop().submit(new Event.ShutdownRequested(kind + " asked by uid " + who.uid()));
    }

    @Override
    public void logLevel(@Nullable String name, AnswerSink<Answer.Level> sink) {
        if (name != null) {
            ManagerLog.Severity severity = ManagerLog.Severity.of(name);
            if (severity == null) {
                sink.fail(new ManagerError.InvalidArgument(
                        "cannot set the log level to " + name + ": use debug, info, warn or error"));
                return;
            }
            level = severity;
            parts.log().threshold(severity);
        }
        sink.answer(new Answer.Level(level.name().toLowerCase(java.util.Locale.ROOT)));
    }

    private Catalog catalog() {
        return parts.loop().engine().catalog();
    }

    @Override
    public Collection<ServiceName> names() {
        return parts.loop().engine().views().stream().map(ServiceView::name).toList();
    }

    @Override
    public @Nullable ServiceView view(ServiceName name) {
        return parts.loop().engine().view(name);
    }

    @Override
    public boolean enabled(ServiceName name) {
        Boolean said = enabled.get(name);
        ServiceDefinition definition = catalog().find(name);
        return said != null ? said : definition != null && definition.enabled();
    }

    @Override
    public boolean enabledOverridden(ServiceName name) {
        Boolean said = enabled.get(name);
        ServiceDefinition definition = catalog().find(name);
        return said != null && (definition == null || definition.enabled() != said);
    }

    @Override
    public List<Transition> history(ServiceName name) {
        return parts.loop().engine().history(name);
    }

    @Override
    public String narrate(Cause cause) {
        return Narrator.tell(cause);
    }

    @Override
    public Instant timeOf(long engineNanos) {
        // What never changed is as it was when jinitd started.
        return engineNanos == 0 ? epoch : epoch.plusNanos(engineNanos - epochNanos);
    }

    @Override
    public Answer.Version version() {
        return new Answer.Version(identity.version(), identity.keeperPid(), parts.linux().pid(), epoch.toString(),
                catalog().services().size(), Math.max(0, identity.managerStarts() - 1));
    }

    @Override
    public void facts(
            Collection<ServiceName> names,
            boolean details,
            int outputLines,
            AnswerSink<Map<ServiceName, ServiceFacts>> sink) {
        List<ServiceName> all = List.copyOf(names);
        Map<ServiceName, ProcessViews.Seen> seen = parts.views().of(all, details);
        Fingerprint before = loaded;
        parts.disk().execute(() -> {
            Set<String> changed = changedSince(before);
            parts.reactor().execute(() -> withLines(all, details ? outputLines : 0, seen, changed, sink));
        });
    }

    /** Nothing, when the disk does not tell: a status is answered all the same. */
    private Set<String> changedSince(Fingerprint before) {
        try {
            return parts.reader().fingerprint().changedSince(before);
        } catch (RuntimeException e) {
            parts.log().warn("cannot look whether definitions have changed: " + e);
            return Set.of();
        }
    }

    /** The last lines of each come from the pump's thread; the last one completes the answer. */
    private void withLines(
            List<ServiceName> names,
            int lines,
            Map<ServiceName, ProcessViews.Seen> seen,
            Set<String> changed,
            AnswerSink<Map<ServiceName, ServiceFacts>> sink) {
        Map<ServiceName, ServiceFacts> facts = new TreeMap<>();
        List<ServiceName> logged = new ArrayList<>();
        for (ServiceName name : names) {
            ProcessViews.Seen of = seen.getOrDefault(name, ProcessViews.Seen.NOTHING);
            ServiceView view = view(name);
            boolean newer = view != null && view.definition().files().stream().anyMatch(changed::contains);
            facts.put(name, new ServiceFacts(of.backend(), of.pids(), newer, of.tree(), List.of()));
            if (lines > 0 && logsToFile(name)) {
                logged.add(name);
            }
        }
        if (logged.isEmpty()) {
            sink.answer(facts);
            return;
        }
        int[] left = {logged.size()};
        for (ServiceName name : logged) {
            tail(name, lines, tail -> {
                ServiceFacts old = facts.getOrDefault(name, ServiceFacts.NONE);
                facts.put(name,
                        new ServiceFacts(old.backend(), old.processes(), old.newerOnDisk(), old.processTree(), tail));
                if (--left[0] == 0) {
                    sink.answer(facts);
                }
            });
        }
    }

    private boolean logsToFile(ServiceName name) {
        ServiceView view = view(name);
        return view != null && parts.outputs().destination(view.definition()) == LogPolicy.To.FILE;
    }

    /** On the reactor's thread again. */
    void tail(ServiceName name, int lines, java.util.function.Consumer<List<String>> then) {
        ServiceView view = view(name);
        if (view == null || !logsToFile(name)) {
            then.accept(List.of());
            return;
        }
        parts.pump()
                .tail(name, view.definition().log(), lines,
                        tail -> parts.reactor().execute(() -> then.accept(tail)));
    }

    @Override
    public void logs(ServiceName name, int lines, AnswerSink<Answer.Lines> sink) {
        String file = logsToFile(name) ? parts.paths().log() + "/" + name + "/current" : null;
        tail(name, lines, tail -> sink.answer(new Answer.Lines(tail, file)));
    }

    @Override
    public void orphans(AnswerSink<List<ProcessInfo>> sink) {
        sink.answer(parts.views().orphans());
    }
}
