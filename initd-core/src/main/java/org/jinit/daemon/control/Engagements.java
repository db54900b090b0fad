package org.jinit.daemon.control;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jinit.engine.Event;
import org.jinit.engine.Reply;
import org.jinit.model.ServiceName;
import org.jinit.protocol.Answer;
import org.jinit.protocol.ManagerError;
import org.jinit.protocol.Outcome;
import org.jinit.protocol.Plan;
import org.jspecify.annotations.Nullable;

/** Requests to the engine and their replies, which may take as long as a service takes to start. */
final class Engagements {
    /** How many last lines of output come with a failure. */
    private static final int OUTPUT_LINES = 10;
    /** Beyond this many failed services nobody reads their output. */
    private static final int OUTPUT_SERVICES = 20;

    private final ManagerBackend backend;

    Engagements(ManagerBackend backend) {
        this.backend = backend;
    }

    void request(Exchange exchange, Event.Request request) {
        link(exchange, backend.request(exchange.who(), request, sink(exchange)));
    }

    void reloadConfig(Exchange exchange, boolean apply, boolean plan, @Nullable String commit) {
        link(exchange, backend.reloadConfig(exchange.who(), apply, plan, commit, sink(exchange)));
    }

    private static void link(Exchange exchange, ManagerBackend.Pending pending) {
        if (!exchange.isFinished()) {
            exchange.onGone(pending::clientGone);
        }
    }

    private ReplySink sink(Exchange exchange) {
        return new ReplySink() {
            private boolean answered;

            @Override
            public void reply(Reply reply) {
                if (!answered) {
                    answered = true;
                    Engagements.this.reply(exchange, reply);
                }
            }

            @Override
            public void fail(ManagerError error) {
                exchange.fail(error);
            }
        };
    }

    private void reply(Exchange exchange, Reply reply) {
        switch (reply) {
            case Reply.Done(var outcomes) -> exchange.answer(new Answer.Outcomes(outcomes(outcomes, Map.of()), null));
            case Reply.Planned(var hash, var steps) ->
                exchange.answer(new Answer.Outcomes(List.of(), plan(hash, steps)));
            case Reply.Refused(var code, var text, var involved) -> exchange.fail(refusal(code, text, involved));
            case Reply.Failed(var outcomes) -> failed(exchange, outcomes);
        }
    }

    /** The reply goes out once the output of what failed was looked up. */
    private void failed(Exchange exchange, List<Reply.Outcome> outcomes) {
        List<ServiceName> failed = new ArrayList<>();
        for (Reply.Outcome outcome : outcomes) {
            if (!outcome.ok() && failed.size() < OUTPUT_SERVICES && backend.view(outcome.service()) != null) {
                failed.add(outcome.service());
            }
        }
        backend.facts(failed, true, OUTPUT_LINES, new AnswerSink<>() {
            @Override
            public void answer(Map<ServiceName, ServiceFacts> facts) {
                exchange.fail(new ManagerError.Failed(outcomes(outcomes, facts)));
            }

            @Override
            public void fail(ManagerError error) {
                exchange.fail(new ManagerError.Failed(outcomes(outcomes, Map.of())));
            }
        });
    }

    private static ManagerError refusal(Reply.Code code, String text, List<ServiceName> involved) {
        List<String> names = involved.stream().map(ServiceName::value).toList();
        return code == Reply.Code.NO_SUCH_SERVICE
                ? new ManagerError.NoSuchService(names, text)
                : new ManagerError.Refused(label(code), text, names);
    }

    static String label(Reply.Code code) {
        return code.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static List<Outcome> outcomes(List<Reply.Outcome> outcomes, Map<ServiceName, ServiceFacts> facts) {
        List<Outcome> told = new ArrayList<>();
        for (Reply.Outcome outcome : outcomes) {
            ServiceFacts known = facts.getOrDefault(outcome.service(), ServiceFacts.NONE);
            told.add(
                    new Outcome(
                            outcome.service().value(),
                            outcome.ok(),
                            outcome.state().label(),
                            outcome.result().label(),
                            outcome.text(),
                            outcome.ok() ? List.of() : known.lastLines()));
        }
        return told;
    }

    private static Plan plan(String hash, List<Reply.PlanStep> steps) {
        List<Plan.Step> told = new ArrayList<>();
        for (Reply.PlanStep step : steps) {
            told.add(new Plan.Step(step.action(), step.service().value(), step.why()));
        }
        return new Plan(hash, told);
    }
}
