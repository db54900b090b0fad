package org.jinit.daemon;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.ConsoleAppender;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * jinitd's own log, to standard error. Lines are handed to a thread of their own, which alone loads logback and may block on the terminal;
 * the engine's thread never does. With {@code --detach} standard error is a file, and whoever started jinitd waits at the other end of
 * standard input: warnings and errors go there too, until {@link #endReport}. At most {@value #MAX_QUEUED} lines wait, what is over that is
 * dropped and counted.
 */
final class ManagerLog {
    static final int MAX_QUEUED = 8192;

    /** How much is said. */
    enum Severity {
        DEBUG(Level.DEBUG),
        INFO(Level.INFO),
        WARN(Level.WARN),
        ERROR(Level.ERROR);

        private final Level level;

        Severity(Level level) {
            this.level = level;
        }

        static @Nullable Severity of(String name) {
            return switch (name.toLowerCase(java.util.Locale.ROOT)) {
                case "debug", "trace" -> DEBUG;
                case "info" -> INFO;
                case "warn", "warning" -> WARN;
                case "error" -> ERROR;
                default -> null;
            };
        }
    }

    /** @param then is run when the line is written */
    private record Line(Severity severity, long atMillis, String text, @Nullable Runnable then) {}

    private final Object lock = new Object();
    private final ArrayDeque<Line> queue = new ArrayDeque<>();
    private final Thread thread;
    private long dropped;
    private boolean closed;
    private final boolean detached;
    private volatile Severity threshold;
    private @Nullable OutputStream report;

    /** @param detached standard error is a file, standard input takes what is to be told at once */
    ManagerLog(Severity threshold, boolean detached) {
        this.threshold = threshold;
        this.detached = detached;
        report = detached ? new FileOutputStream(FileDescriptor.in) : null;
        thread = Thread.ofPlatform().name("log").daemon(true).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    Severity threshold() {
        return threshold;
    }

    void threshold(Severity severity) {
        threshold = severity;
    }

    void debug(String text) {
        add(Severity.DEBUG, text);
    }

    void info(String text) {
        add(Severity.INFO, text);
    }

    void warn(String text) {
        add(Severity.WARN, text);
    }

    void error(String text) {
        add(Severity.ERROR, text);
    }

    private void add(Severity severity, String text) {
        if (severity.compareTo(threshold) < 0) {
            return;
        }
        synchronized (lock) {
            if (queue.size() >= MAX_QUEUED) {
                dropped++;
                return;
            }
            queue.add(new Line(severity, System.currentTimeMillis(), text, null));
            lock.notifyAll();
        }
    }

    /** Tells the launcher nothing more. {@code then} runs on the log's thread, when all that was said before is told. */
    void endReport(Runnable then) {
        synchronized (lock) {
            queue.add(new Line(Severity.DEBUG, 0, "", () -> {
                closeReport();
                then.run();
            }));
            lock.notifyAll();
        }
    }

    /** Writes what waits, for at most a second. */
    void close() {
        close(Duration.ofSeconds(1));
    }

    void close(Duration longest) {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
        try {
            thread.join(longest);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        Logger logger = logger(detached);
        while (true) {
            Line line;
            long missing;
            synchronized (lock) {
                while (queue.isEmpty() && !closed) {
                    try {
                        lock.wait();
                    } catch (InterruptedException e) {
                        return;
                    }
                }
                line = queue.poll();
                missing = dropped;
                dropped = 0;
            }
            if (missing > 0) {
                logger.warn("{} lines of this log were dropped: it could not be written fast enough", missing);
            }
            if (line == null) {
                return;
            }
            Runnable then = line.then();
            if (then == null) {
                report(line);
                write(logger, line);
            } else {
                then.run();
            }
        }
    }

    /** With the time at which it was said, not written. */
    private static void write(Logger logger, Line line) {
        LoggingEvent event =
                new LoggingEvent(ManagerLog.class.getName(), logger, line.severity().level, line.text(), null, null);
        event.setTimeStamp(line.atMillis());
        logger.callAppenders(event);
    }

    private void report(Line line) {
        OutputStream to = report;
        if (to == null || line.severity().compareTo(Severity.WARN) < 0) {
            return;
        }
        try {
            to.write(("jinitd: " + line.text() + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // Whoever started us has gone.
            closeReport();
        }
    }

    /** Of descriptor 0 Java makes /dev/null instead of closing it, which is just right. */
    private void closeReport() {
        OutputStream to = report;
        report = null;
        if (to != null) {
            try {
                to.close();
            } catch (IOException e) {
                // Nobody is at the other end, which is what was wanted.
                return;
            }
        }
    }

    /** Configured in code: reading logback's XML costs as much as the rest of the start. */
    private static Logger logger(boolean dated) {
        LoggerContext context = new LoggerContext();
        // Every event asks it, and an appender swallows what is thrown then.
        context.setMDCAdapter(new LogbackMDCAdapter());
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(dated ? "%d{yyyy-MM-dd HH:mm:ss.SSS} %-5level %msg%n" : "%d{HH:mm:ss.SSS} %-5level %msg%n");
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        Logger logger = context.getLogger("jinitd");
        logger.setLevel(Level.DEBUG);
        logger.setAdditive(false);
        logger.addAppender(appender);
        return logger;
    }
}
