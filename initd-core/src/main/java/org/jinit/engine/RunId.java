package org.jinit.engine;

import org.jinit.model.ServiceName;

/** One run of a service: the generation counts up with every attempt to start it and is never used twice. */
public record RunId(ServiceName service, long generation) {
    @Override
    public String toString() {
        return service + "#" + generation;
    }
}
