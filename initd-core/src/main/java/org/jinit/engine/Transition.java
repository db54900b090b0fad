package org.jinit.engine;

import org.jinit.model.ServiceName;

/** One change of a service's state. @param atNanos on the clock that {@code step} is given */
public record Transition(ServiceName service, long generation, State from, State to, Cause cause, long atNanos) {}
