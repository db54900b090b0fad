package org.jinit.daemon.control;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jinit.engine.Event;
import org.jinit.engine.ServiceView;
import org.jinit.engine.Transition;
import org.jinit.model.ServiceName;
import org.jinit.model.Signals;
import org.jinit.protocol.Answer;
import org.jinit.protocol.Call;
import org.jinit.protocol.Change;
import org.jinit.protocol.ManagerError;
import org.jinit.protocol.Varlink;

/** What each call means. */
final class Dispatcher {
    private static final Set<String> SHUTDOWN_KINDS = Set.of("exit", "poweroff", "reboot", "halt");

    private final ManagerBackend backend;
    private final Subscriptions subscriptions;
    private final Statuses statuses;
    private final Engagements engagements;

    Dispatcher(ManagerBackend backend, Subscriptions subscriptions) {
        this.backend = backend;
        this.subscriptions = subscriptions;
        this.statuses = new Statuses(backend);
        this.engagements = new Engagements(backend);
    }

    void dispatch(Exchange exchange, Call call) {
        try {
            switch (call) {
                case Call.Start _,Call.Stop _,Call.Restart _,Call.Reload _,Call.Signal _,Call.Reset _ ->
                    engagements.request(exchange, request(call));
                case Call.ReloadConfig(var apply, var plan, var commit) ->
                    engagements.reloadConfig(exchange, apply, plan, commit);
                case Call.Status(var names, var brief, var lines) ->
                    statuses.answer(exchange, known(names), !brief, brief ? 0 : lines);
                case Call.ListServices() -> statuses.answer(exchange, List.copyOf(backend.names()), false, 0);
                case Call.Show(var name) -> show(exchange, name);
                case Call.Why(var name) -> why(exchange, name);
                case Call.Enable(var names) -> setEnabled(exchange, names, true);
                case Call.Disable(var names) -> setEnabled(exchange, names, false);
                case Call.Events(var names) -> events(exchange, names);
                case Call.Wait(var names, var state, var timeout) ->
                    subscriptions.await(exchange, known(names), Goal.of(state), timeout);
                case Call.Shutdown(var kind) -> shutdown(exchange, kind);
                case Call.LogLevel(var level) -> backend.logLevel(level, sink(exchange));
                case Call.Version() -> exchange.answer(backend.version());
                case Call.Ping() -> exchange.answer(new Answer.Done());
                case Call.Logs(var name, var lines) -> backend.logs(one(name), lines, sink(exchange));
                case Call.Processes() -> statuses.processes(exchange);
                case Call.GetInfo() -> exchange.answer(info());
                case Call.GetInterfaceDescription(var name) -> describe(exchange, name);
            }
        } catch (RefusalException e) {
            exchange.fail(e.error());
        } catch (RuntimeException e) {
            exchange.fail(new ManagerError.Unavailable("cannot answer: internal error: " + e));
            throw e;
        }
    }

    private static Event.Request request(Call call) {
        return switch (call) {
            case Call.Start(var names, var plan, var commit) -> new Event.Request.Start(named(names), plan, commit);
            case Call.Stop(var names, var all, var plan, var commit) ->
                new Event.Request.Stop(named(names), all, plan, commit);
            case Call.Restart(var names, var all, var plan, var commit) ->
                new Event.Request.Restart(named(names), all, plan, commit);
            case Call.Reload(var names) -> new Event.Request.Reload(named(names));
            case Call.Signal(var names, var signal, var all) ->
                new Event.Request.Signal(named(names), signalNumber(signal), all);
            case Call.Reset(var names) -> new Event.Request.Reset(named(names));
            case Call.Status _,Call.ListServices _,Call.Show _,Call.Why _,Call.Enable _,Call.Disable _,Call.ReloadConfig _,Call.Events _,Call.Wait _,Call.Shutdown _,Call.LogLevel _,Call.Version _,Call.Ping _,Call.Logs _,Call.Processes _,Call.GetInfo _,Call.GetInterfaceDescription _ ->
                throw new IllegalArgumentException("no request of the engine: " + call);
        };
    }

    private void show(Exchange exchange, String name) {
        ServiceView view = view(one(name));
        exchange.answer(
                new Answer.Definition(
                        view.name().value(),
                        view.definition().files(),
                        backend.enabled(view.name()),
                        backend.enabledOverridden(view.name()) ? "state" : "definition",
                        DefinitionTree.of(view.definition())));
    }

    private void why(Exchange exchange, String name) {
        ServiceView view = view(one(name));
        List<Change> changes = new ArrayList<>();
        for (Transition transition : backend.history(view.name())) {
            changes.add(subscriptions.change(transition));
        }
        String summary = view.name() + " is " + view.state().label() + ": " + backend.narrate(view.cause());
        exchange.answer(new Answer.Story(view.name().value(), summary, changes));
    }

    private void setEnabled(Exchange exchange, List<String> names, boolean enabled) {
        backend.setEnabled(exchange.who(), known(names), enabled, sink(exchange));
    }

    private void events(Exchange exchange, List<String> names) {
        if (!exchange.more()) {
            exchange.fail(new ManagerError.Standard("ExpectedMore", "", ""));
            return;
        }
        subscriptions.subscribe(exchange, Set.copyOf(known(names)));
    }

    private void shutdown(Exchange exchange, String kind) {
        if (!SHUTDOWN_KINDS.contains(kind)) {
            throw new RefusalException(
                    new ManagerError.InvalidArgument(
                            "cannot shut down: '" + kind + "' is none of exit, poweroff, reboot, halt"));
        }
        backend.shutdown(exchange.who(), kind, sink(exchange));
    }

    private Answer.ServiceInfo info() {
        return new Answer.ServiceInfo(
                "jinit",
                "jinitd",
                backend.version().version(),
                "https://varlink.org",
                List.of(Varlink.SERVICE_INTERFACE, Varlink.INTERFACE));
    }

    private static void describe(Exchange exchange, String name) {
        String text = Varlink.describe(name);
        if (text == null) {
            exchange.fail(new ManagerError.Standard("InterfaceNotFound", "interface", name));
        } else {
            exchange.answer(new Answer.Description(text));
        }
    }

    private static int signalNumber(String text) {
        Integer number = Signals.number(text);
        if (number == null) {
            throw new RefusalException(
                    new ManagerError.InvalidArgument(
                            "cannot send signal " + text
                                    + ": there is no such signal (say TERM, SIGHUP, RTMIN+1 or 15)"));
        }
        return number;
    }

    /** The services of these names in their order, each once; all of them exist. */
    private List<ServiceName> known(List<String> names) {
        List<ServiceName> known = named(names);
        List<String> unknown = new ArrayList<>();
        for (ServiceName name : known) {
            if (backend.view(name) == null) {
                unknown.add(name.value());
            }
        }
        if (!unknown.isEmpty()) {
            throw RefusalException.noSuchService(unknown);
        }
        return known;
    }

    private ServiceName one(String name) {
        return known(List.of(name)).getFirst();
    }

    private ServiceView view(ServiceName name) {
        ServiceView view = backend.view(name);
        if (view == null) {
            throw RefusalException.noSuchService(List.of(name.value()));
        }
        return view;
    }

    private static List<ServiceName> named(Collection<String> names) {
        List<String> wrong = new ArrayList<>();
        Set<ServiceName> named = new LinkedHashSet<>();
        for (String name : names) {
            if (ServiceName.isValid(name)) {
                named.add(new ServiceName(name));
            } else {
                wrong.add(name);
            }
        }
        if (!wrong.isEmpty()) {
            throw RefusalException.noSuchService(wrong);
        }
        return List.copyOf(named);
    }

    static <T extends Answer> AnswerSink<T> sink(Exchange exchange) {
        return new AnswerSink<>() {
            @Override
            public void answer(T answer) {
                exchange.answer(answer);
            }

            @Override
            public void fail(ManagerError error) {
                exchange.fail(error);
            }
        };
    }

    /** Ends the handling of a call with an error for the client. */
    static final class RefusalException extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final transient ManagerError error;

        RefusalException(ManagerError error) {
            super(error.wireName(), null, false, false);
            this.error = error;
        }

        static RefusalException noSuchService(List<String> names) {
            String text = names.size() == 1
                    ? "there is no service " + names.getFirst()
                    : "there are no services " + String.join(", ", names);
            return new RefusalException(new ManagerError.NoSuchService(List.copyOf(names), text));
        }

        ManagerError error() {
            return error;
        }
    }
}
