package org.jinit.output;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jinit.linux.Linux;
import org.jinit.linux.Reactor;
import org.jinit.model.LogPolicy;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/**
 * Moves the output of all services into their log files, on a thread of its own with a reactor of its own: a slow disk delays logs, nothing
 * else. Each service has one pipe for all its processes and all its runs.
 */
public final class LogPump {
    /** Bytes taken from one service before the next has its turn. */
    private static final long TURN = 1L << 20;
    /** A pipe that was found this full is enlarged, so that a chatty service is not slowed down. */
    private static final long FULL = 64 << 10;
    private static final int LARGE_PIPE = 1 << 20;

    private final Linux linux;
    private final Reactor reactor;
    private final String directory;
    private final Consumer<String> problems;
    private final Thread thread;
    private final Map<ServiceName, Source> sources = new HashMap<>();

    /** @param directory that of all logs, there already @param problems is told what cannot be written, from the pump's thread */
    public LogPump(Linux linux, Reactor reactor, String directory, Consumer<String> problems) {
        this.linux = linux;
        this.reactor = reactor;
        this.directory = directory;
        this.problems = problems;
        thread = Thread.ofPlatform().name("output").daemon(true).unstarted(reactor::run);
    }

    private static final class Source {
        final ServiceName service;
        final int pipe;
        final ServiceLog log;
        Reactor.@Nullable Registration registration;
        boolean enlarged;
        @Nullable LineMatcher matcher;
        @Nullable Runnable matched;

        Source(ServiceName service, int pipe, ServiceLog log) {
            this.service = service;
            this.pipe = pipe;
            this.log = log;
        }
    }

    public void start() {
        thread.start();
    }

    /** Takes the read end of a service's pipe over. */
    public void add(ServiceName service, int pipe, LogPolicy policy) {
        reactor.execute(() -> {
            ServiceLog log = new ServiceLog(linux, directory + "/" + service, policy.maxSize(), policy.keep());
            Source source = new Source(service, pipe, log);
            Source old = sources.put(service, source);
            if (old != null) {
                end(old);
            }
            source.registration = reactor.register(pipe, Linux.EPOLLIN, "output of " + service, events -> move(source));
        });
    }

    /** Takes what is still in the pipe, then closes pipe and file. */
    public void remove(ServiceName service) {
        reactor.execute(() -> {
            Source source = sources.remove(service);
            if (source != null) {
                end(source);
            }
        });
    }

    private void end(Source source) {
        for (int turns = 0; turns < 64 && moveOnce(source) > 0; turns++) {
            // Until it is empty; what writes for ever does not keep us.
        }
        Reactor.Registration registration = source.registration;
        if (registration != null) {
            registration.close();
        }
        linux.close(source.pipe);
        source.log.close();
    }

    private void move(Source source) {
        moveOnce(source);
    }

    private long moveOnce(Source source) {
        ServiceLog.Taken taken = source.log.take(source.pipe, TURN, System.nanoTime());
        if (taken.problem() != null) {
            problems.accept(source.service + ": " + taken.problem());
        }
        if (taken.length() >= FULL && !source.enlarged) {
            source.enlarged = true;
            linux.pipeSize(source.pipe, LARGE_PIPE);
        }
        if (taken.length() > 0 && taken.length() <= TURN) {
            match(source, taken);
        }
        return taken.length();
    }

    private static void match(Source source, ServiceLog.Taken taken) {
        LineMatcher matcher = source.matcher;
        Runnable matched = source.matched;
        if (matcher != null && matched != null && matcher.add(source.log.read(taken.offset(), (int) taken.length()))) {
            source.matcher = null;
            source.matched = null;
            matched.run();
        }
    }

    /** Calls back, from the pump's thread and once, when a line of the output from now on matches; null: no longer. */
    public void watch(ServiceName service, @Nullable Pattern pattern, Runnable matched) {
        reactor.execute(() -> {
            Source source = sources.get(service);
            if (source != null) {
                source.matcher = pattern == null ? null : new LineMatcher(pattern);
                source.matched = pattern == null ? null : matched;
            }
        });
    }

    /**
     * Gives the last lines of a service's log, oldest first, from the pump's thread, after all output that was written before is stored.
     *
     * @param lines at most 10,000
     */
    public void tail(ServiceName service, LogPolicy policy, int lines, Consumer<List<String>> answer) {
        reactor.execute(() -> {
            Source source = sources.get(service);
            if (source == null) {
                ServiceLog log = new ServiceLog(linux, directory + "/" + service, policy.maxSize(), policy.keep());
                answer.accept(lastLines(log.tail(bytesFor(lines)), lines));
                log.close();
                return;
            }
            for (int turns = 0; turns < 16 && moveOnce(source) > 0; turns++) {
                // What a service that ended a moment ago wrote is still in its pipe.
            }
            answer.accept(lastLines(source.log.tail(bytesFor(lines)), lines));
        });
    }

    private static int bytesFor(int lines) {
        return Math.clamp(lines * 512L, 4096, 1 << 20);
    }

    static List<String> lastLines(byte[] bytes, int lines) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        List<String> all = new ArrayList<>(List.of(text.split("\n", -1)));
        if (!all.isEmpty() && all.getLast().isEmpty()) {
            all.removeLast();
        }
        return List.copyOf(all.subList(Math.max(0, all.size() - lines), all.size()));
    }

    /** Stores what is there and ends the thread; waits two seconds at most. */
    public void close() {
        reactor.execute(() -> {
            List.copyOf(sources.values()).forEach(this::end);
            sources.clear();
            reactor.stop();
        });
        try {
            thread.join(2000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
