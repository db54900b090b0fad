package org.jinit.daemon.control;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jinit.engine.Result;
import org.jinit.engine.ServiceView;
import org.jinit.model.ExitStatus;
import org.jinit.model.ServiceName;
import org.jinit.model.Signals;
import org.jinit.protocol.Answer;
import org.jinit.protocol.ManagerError;
import org.jinit.protocol.ProcessInfo;
import org.jinit.protocol.ServiceStatus;

/** Answers what services are doing, in batches that fit into a message. */
final class Statuses {
    /** With all fields at their usual lengths a batch is a tenth of the longest message. */
    private static final int BRIEF_BATCH = 200;
    private static final int DETAILED_BATCH = 20;
    /** Without {@code more} there is one reply; beyond this it may not fit. */
    private static final int UNBATCHED_MAX = 1000;

    private final ManagerBackend backend;

    Statuses(ManagerBackend backend) {
        this.backend = backend;
    }

    void answer(Exchange exchange, List<ServiceName> names, boolean details, int lines) {
        if (!exchange.more() && names.size() > UNBATCHED_MAX) {
            exchange.fail(new ManagerError.Standard("ExpectedMore", "", ""));
            return;
        }
        int batch = details ? DETAILED_BATCH : BRIEF_BATCH;
        batch(exchange, names, 0, exchange.more() ? batch : Math.max(1, names.size()), details, lines);
    }

    private void batch(
            Exchange exchange, List<ServiceName> names, int from, int size, boolean details, int lines) {
        int to = Math.min(names.size(), from + size);
        List<ServiceName> part = names.subList(from, to);
        backend.facts(part, details, lines, new AnswerSink<>() {
            @Override
            public void answer(Map<ServiceName, ServiceFacts> facts) {
                Answer.Services services = new Answer.Services(statuses(part, facts));
                if (to == names.size()) {
                    exchange.answer(services);
                    return;
                }
                exchange.part(services);
                Runnable next = () -> batch(exchange, names, to, size, details, lines);
                if (exchange.isBehind()) {
                    exchange.onDrained(next);
                } else {
                    exchange.later(next);
                }
            }

            @Override
            public void fail(ManagerError error) {
                exchange.fail(error);
            }
        });
    }

    private List<ServiceStatus> statuses(List<ServiceName> names, Map<ServiceName, ServiceFacts> facts) {
        List<ServiceStatus> statuses = new ArrayList<>(names.size());
        for (ServiceName name : names) {
            ServiceView view = backend.view(name);
            // It may have gone with a reload since the first batch.
            if (view != null) {
                statuses.add(status(view, facts.getOrDefault(name, ServiceFacts.NONE)));
            }
        }
        return statuses;
    }

    private ServiceStatus status(ServiceView view, ServiceFacts facts) {
        ExitStatus exit = view.exit();
        return new ServiceStatus(
                view.name().value(),
                view.definition().description(),
                view.definition().type().name().toLowerCase(Locale.ROOT),
                view.state().label(),
                view.desiredUp() ? "up" : "down",
                view.mainPid() == 0 ? null : view.mainPid(),
                facts.processes(),
                view.restarts(),
                view.generation() == 0 && view.result() == Result.SUCCESS ? null : view.result().label(),
                exit instanceof ExitStatus.Exited(int code) ? code : null,
                exit instanceof ExitStatus.Killed(int signal, _) ? Signals.name(signal) : null,
                view.statusText(),
                view.statusErrno(),
                backend.narrate(view.cause()),
                backend.timeOf(view.sinceNanos()).toString(),
                view.generation(),
                facts.backend(),
                backend.enabled(view.name()),
                view.changed(),
                facts.newerOnDisk(),
                view.crashes(),
                view.lastCrash(),
                view.health(),
                view.reloadResult(),
                view.waitingFor(),
                view.extra(),
                facts.lastLines(),
                facts.processTree());
    }

    void processes(Exchange exchange) {
        List<ServiceName> names = List.copyOf(backend.names());
        backend.facts(names, true, 0, new AnswerSink<>() {
            @Override
            public void answer(Map<ServiceName, ServiceFacts> facts) {
                List<Answer.Processes.OfService> services = new ArrayList<>();
                for (ServiceName name : names) {
                    List<ProcessInfo> tree = facts.getOrDefault(name, ServiceFacts.NONE).processTree();
                    if (!tree.isEmpty()) {
                        services.add(new Answer.Processes.OfService(name.value(), tree));
                    }
                }
                withOrphans(exchange, services);
            }

            @Override
            public void fail(ManagerError error) {
                exchange.fail(error);
            }
        });
    }

    private void withOrphans(Exchange exchange, List<Answer.Processes.OfService> services) {
        backend.orphans(new AnswerSink<>() {
            @Override
            public void answer(List<ProcessInfo> orphans) {
                exchange.answer(new Answer.Processes(services, orphans));
            }

            @Override
            public void fail(ManagerError error) {
                exchange.fail(error);
            }
        });
    }
}
