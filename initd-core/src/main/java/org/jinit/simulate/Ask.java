package org.jinit.simulate;

import org.jinit.engine.Event;
import org.jinit.graph.Catalog;
import org.jinit.model.ServiceName;

/** Something that the world outside does to jinit at a time. */
public sealed interface Ask {
    /** Since boot. */
    long atNanos();

    /** A client's request. */
    record Send(long atNanos, Event.Request request) implements Ask {}

    /** The definitions are read again. */
    record Load(long atNanos, Catalog catalog, boolean apply) implements Ask {}

    /** A signal from nowhere to a service's main process. */
    record Kill(long atNanos, ServiceName service, int signal) implements Ask {}

    /** The manager dies; the keeper starts another one after a while. */
    record Crash(long atNanos, long downNanos) implements Ask {}

    /** TERM to jinitd. */
    record Shutdown(long atNanos) implements Ask {}
}
