package org.jinit.daemon;

import java.util.HashMap;
import java.util.Map;
import org.jinit.linux.Linux;
import org.jinit.model.LogPolicy;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jinit.output.LogPump;

/** The write ends of the services' output pipes: one for each service that logs to a file, kept over its restarts. */
final class OutputPipes {
    private final Linux linux;
    private final LogPump pump;
    private final boolean container;
    private final Map<ServiceName, Integer> writeEnds = new HashMap<>();

    OutputPipes(Linux linux, LogPump pump, boolean container) {
        this.linux = linux;
        this.pump = pump;
        this.container = container;
    }

    /** A service whose output a probe looks at always logs to a file. */
    LogPolicy.To destination(ServiceDefinition definition) {
        if (ActiveRun.logPattern(definition) != null) {
            return LogPolicy.To.FILE;
        }
        return switch (definition.log().to()) {
            case DEFAULT -> container ? LogPolicy.To.INHERIT : LogPolicy.To.FILE;
            case FILE -> LogPolicy.To.FILE;
            case INHERIT -> LogPolicy.To.INHERIT;
            case NONE -> LogPolicy.To.NONE;
        };
    }

    /** The descriptor to give to a process of the service; it stays this table's. */
    int writeEnd(ServiceName service, LogPolicy policy) {
        Integer known = writeEnds.get(service);
        if (known != null) {
            return known;
        }
        int[] pipe = linux.pipe(false);
        linux.setNonBlocking(pipe[0], true);
        pump.add(service, pipe[0], policy);
        writeEnds.put(service, pipe[1]);
        return pipe[1];
    }

    /** The service is gone from the catalogue. */
    void forget(ServiceName service) {
        Integer known = writeEnds.remove(service);
        if (known != null) {
            linux.close(known);
            pump.remove(service);
        }
    }
}
