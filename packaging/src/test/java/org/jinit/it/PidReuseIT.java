package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Pids of services are given to strangers on purpose, in all the ways in which a service loses one, while jinitd is asked for everything
 * that once meant that pid. No signal may ever reach a stranger. With {@code -Djinit.long=true} as often as it takes to be sure.
 */
class PidReuseIT {
    private static final int ROUNDS = Boolean.getBoolean("jinit.long") ? 10_000 : 200;
    private static final int LATE_ANSWERS = 20;

    /** How the pid is lost, and who may still think that it is the service's. */
    private enum Way {
        STOPPED, CRASHED, RESTARTING, STOPPING, BACKOFF, ORPHAN, PID_FILE_LEFT, PID_FILE_LIES, PID_FILE_KEPT, CLAIMED,
        CLAIMANT
    }

    @ParameterizedTest
    @EnumSource(TrackingIT.Backend.class)
    @Timeout(3600)
    void aStrangerWithAServicesOldPidIsNeverSignalled(TrackingIT.Backend backend) {
        try (Box box = TrackingIT.box(backend)) {
            define(box);
            box.boot();
            try (Strangers strangers = new Strangers(box); Attack attack = new Attack(box, strangers)) {
                long begin = System.nanoTime();
                Way[] ways = Way.values();
                for (int round = 0; round < ROUNDS; round++) {
                    Way way = ways[round % ways.length];
                    attack.round(way);
                    assertThat(strangers.report()).as("after round %d, %s", round, way).startsWith("untouched");
                }
                System.out.printf("%s: %d rounds, %d pids taken by strangers, at least %d signals sent, %d ms%n",
                        backend,
                        ROUNDS, strangers.taken(), attack.signals, (System.nanoTime() - begin) / 1_000_000);
                assertThat(box.shutdown()).isZero();
                strangers.endAll();
                assertThat(strangers.report()).startsWith("untouched");
            }
        }
    }

    private static void define(Box box) {
        String always = "restart: {delay: 0ms, factor: 1, jitter: 0, limit: unlimited}\n";
        String hup = "reload: {signal: HUP}\n";
        // When a start that was asked for before overtakes the attack, the daemon's pid file names the stranger for good.
        String soon = "start-timeout: 2s\n";
        box.idle("plain", serv("wait") + always + hup);
        box.idle("slow", serv("wait") + "restart: {delay: 15ms, factor: 1, jitter: 0, limit: unlimited}\n" + hup);
        box.idle("family", serv("reap orphan { wait } child { setsid wait } ignore:HUP wait") + always + hup);
        box.idle("stubborn", serv("child { setsid ignore:TERM wait } ignore:TERM wait") + always + hup
                + "stop: {timeout: 20ms}\n");
        box.idle("forking", serv("fork-daemon pid-file:/run/forking.pid parent-exit ignore:HUP wait")
                + "ready: fork\npid-file: /run/forking.pid\n" + soon + always + hup);
        box.idle("liar",
                serv("fork-daemon copy:@lie:/run/liar.pid parent-exit sleep:12 pid-file:/run/liar.pid ignore:HUP wait")
                        + "ready: fork\npid-file: /run/liar.pid\n" + soon + always + hup);
        String claim = "notify-file:@claim ";
        box.idle("claims", serv("on:USR1 { " + claim + "} on:HUP { " + claim + "} " + claim + "notify:READY=1 wait")
                + "ready: notify\nuser: nobody\n" + always + hup);
        box.idle("claimant", serv("child { notify-main notify:READY=1 ignore:HUP wait } wait")
                + "ready: notify\nnotify-access: all\nuser: nobody\n" + always + hup);
    }

    /** The connections on which jinitd is asked for things while pids change hands. */
    private static final class Attack implements AutoCloseable {
        private final Box box;
        private final Strangers strangers;
        private final Varlink connection;
        private final Deque<Varlink> unanswered = new ArrayDeque<>();
        private int signals;

        Attack(Box box, Strangers strangers) {
            this.box = box;
            this.strangers = strangers;
            connection = box.connect();
        }

        void round(Way way) {
            switch (way) {
                case STOPPED -> {
                    int pid = start("plain");
                    stop("plain");
                    strangers.take(pid);
                    go("plain");
                }
                case CRASHED -> stolen("plain", "Signal");
                case RESTARTING -> {
                    int pid = start("plain");
                    begin("Restart", "plain");
                    strangers.order("take", pid);
                    ask("Signal", "plain");
                    strangers.await();
                    go("plain");
                }
                case STOPPING -> stolen("stubborn", "Stop");
                case BACKOFF -> stolen("slow", "Reload");
                case ORPHAN -> {
                    start("family");
                    strangers.order("steal", relative());
                    ask("Reload", "family");
                    strangers.await();
                    go("family");
                }
                case PID_FILE_LEFT -> {
                    int pid = start("forking");
                    stop("forking");
                    strangers.take(pid);
                    write("/run/forking.pid", pid);
                    notTaken("forking", pid);
                }
                case PID_FILE_LIES -> {
                    int pid = start("plain");
                    stop("plain");
                    strangers.take(pid);
                    write("/run/box/lie", pid);
                    notTaken("liar", pid);
                }
                case PID_FILE_KEPT -> stolen("forking", "Reload");
                case CLAIMED -> claimed();
                case CLAIMANT -> stolen("claimant", "Signal");
            }
        }

        /** The main process is killed, and jinitd is asked for something, while a stranger is given its pid. */
        private void stolen(String name, String meanwhile) {
            int pid = start(name);
            begin(meanwhile, name);
            strangers.order("steal", pid);
            ask("Signal", name);
            ask("Reload", name);
            strangers.await();
            notTaken(name, pid);
        }

        private void claimed() {
            int pid = start("claims");
            stop("claims");
            strangers.take(pid);
            write("/run/box/claim", "MAINPID=" + pid);
            notTaken("claims", pid);
            box.delete("claim");
        }

        /** Whatever is asked, the service's main process is not the stranger. */
        private void notTaken(String name, int stranger) {
            start(name, stranger);
            ask("Reload", name);
            ask("Signal", name);
            assertThat(status(name, true).mainPid()).as("main process of %s", name).isNotEqualTo(stranger);
            go(name);
        }

        /** Everything at once, and then no more. */
        private void go(String name) {
            begin("Restart", name);
            ask("Signal", name);
            ask("Reload", name);
            stop(name);
        }

        private int start(String name) {
            return start(name, 0);
        }

        /** @param gone a former main process, which jinitd may not have been told of yet */
        private int start(String name, int gone) {
            begin("Start", name);
            // What was asked for before may have ended it again, for good or not.
            long end = System.nanoTime() + Await.LONGEST.toNanos();
            Status status = status(name, true);
            while (!hasItsMain(status) || status.mainPid() == gone) {
                assertThat(System.nanoTime() - end).as("%s", status).isNegative();
                if (status.state().equals("stopped")) {
                    begin("Start", name);
                }
                status = status(name, true);
            }
            return status.mainPid();
        }

        /** One that forks is not awaited until it is taken to run, for that takes long. */
        private boolean hasItsMain(Status status) {
            Path pidFile = box.root("/run/" + status.name() + ".pid");
            if (status.mainPid() == 0 || !Files.exists(pidFile)) {
                return status.mainPid() > 0 && status.state().equals("running");
            }
            try {
                return Files.readString(pidFile).strip().equals("" + status.mainPid());
            } catch (IOException e) {
                return false;
            }
        }

        /** The youngest of the family: one between that forked it has gone, and its number is kept by its session. */
        private int relative() {
            return Await.value("the family is there", () -> {
                List<Integer> pids = status("family", false).processes();
                return pids.size() == 3 ? Collections.max(pids) : null;
            });
        }

        private void stop(String name) {
            assertThat(ask("Stop", name)).doesNotContainKey("error");
        }

        private Status status(String name, boolean brief) {
            Map<String, @Nullable Object> reply =
                    connection.call("Status", "{\"names\":[\"" + name + "\"],\"lines\":0,\"brief\":" + brief + "}");
            Map<String, @Nullable Object> parameters = Json.object(reply.get("parameters"));
            assertThat(parameters).containsKey("services");
            return new Status(Json.object(((List<?>) Objects.requireNonNull(parameters.get("services"))).getFirst()));
        }

        /** May be refused: what is asked for does not always make sense. */
        private Map<String, @Nullable Object> ask(String method, String name) {
            Map<String, @Nullable Object> reply = connection.call(method, parameters(method, name));
            count(method, reply);
            return reply;
        }

        /** Does not wait for the answer: some come only when the service did not end at once. */
        private void begin(String method, String name) {
            Varlink connection = box.connect();
            unanswered.add(connection);
            try {
                connection.send("{\"method\":\"org.jinit.Manager." + method + "\",\"parameters\":"
                        + parameters(method, name) + "}");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (unanswered.size() > LATE_ANSWERS) {
                unanswered.removeFirst().close();
            }
        }

        private static String parameters(String method, String name) {
            String more = method.equals("Signal") ? ",\"signal\":\"USR1\",\"all\":true" : "";
            return "{\"names\":[\"" + name + "\"]" + more + "}";
        }

        /** All of them but Start signal at least one process when they are not refused. */
        private void count(String method, Map<String, @Nullable Object> reply) {
            if (!method.equals("Start") && !reply.containsKey("error")) {
                signals++;
            }
        }

        private void write(String inside, Object text) {
            try {
                Files.writeString(box.root(inside), text + "\n");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            connection.close();
            unanswered.forEach(Varlink::close);
        }
    }

    /** The proof that a signal would be seen. */
    @ParameterizedTest
    @ValueSource(strings = {"TERM", "HUP", "CONT", "WINCH", "RTMIN", "STOP", "KILL"})
    void aSignalToAStrangerIsSeen(String signal) {
        try (Box box = Box.beside().open(); Strangers strangers = new Strangers(box)) {
            int pid = 12_345;
            strangers.take(pid);
            strangers.take(pid + 1);
            assertThat(strangers.report()).isEqualTo("untouched 2");
            box.inside("kill", "-s", signal, "" + pid).exits(0);
            strangers.endAll();
            assertThat(strangers.report()).startsWith("touched " + pid);
        }
    }

    @Test
    void anUntouchedStrangerIsToldAsSuch() {
        try (Box box = Box.beside().open(); Strangers strangers = new Strangers(box)) {
            strangers.take(12_345);
            strangers.endAll();
            assertThat(strangers.report()).isEqualTo("untouched 0");
        }
    }
}
