package org.jinit.daemon;

import java.util.HashMap;
import java.util.Map;
import org.jinit.engine.Narrator;
import org.jinit.engine.State;
import org.jinit.engine.Transition;
import org.jinit.model.ServiceName;

/** Says in jinitd's own log what happens to the services, in words that a person follows live. */
final class Announcer {
    private final ManagerLog log;
    private final Map<ServiceName, Long> startedNanos = new HashMap<>();

    Announcer(ManagerLog log) {
        this.log = log;
    }

    void changed(Transition transition) {
        ServiceName service = transition.service();
        String cause = cause(transition);
        switch (transition.to()) {
            case STARTING -> {
                startedNanos.put(service, transition.atNanos());
                log.info(service + ": starting");
            }
            case RUNNING -> {
                if (transition.from() == State.RELOADING) {
                    log.info(service + ": reloaded");
                } else {
                    log.info(service + ": ready" + after(transition) + ": " + cause);
                }
            }
            case DONE -> log.info(service + ": done" + after(transition));
            case SKIPPED -> log.info(service + ": skipped: " + cause);
            case STOPPING -> log.info(service + ": stopping: " + cause);
            case STOPPED -> log.info(service + ": stopped");
            case BACKOFF -> log.warn(service + ": will be restarted: " + cause);
            case FAILED -> log.error(service + ": failed: " + cause);
            case WAITING -> log.debug(service + ": waiting: " + cause);
            case RELOADING -> log.info(service + ": reloading: " + cause);
        }
    }

    /** "ready: it is ready: ..." would say it twice. */
    private static String cause(Transition transition) {
        String text = Narrator.tell(transition.cause());
        return text.startsWith("it is ready: ") ? text.substring("it is ready: ".length()) : text;
    }

    private String after(Transition transition) {
        Long since = startedNanos.remove(transition.service());
        if (since == null) {
            return "";
        }
        // Not by String.format, which takes milliseconds when it is first used.
        long millis = (transition.atNanos() - since) / 1_000_000;
        String fraction = Long.toString(millis % 1000 + 1000).substring(1);
        return " after " + millis / 1000 + "." + fraction + " s";
    }
}
