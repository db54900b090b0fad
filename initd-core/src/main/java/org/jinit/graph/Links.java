package org.jinit.graph;

import java.util.List;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;

/** One service with its edges in both directions; each list sorted by name, without repetition, of defined services only. */
record Links(
        ServiceDefinition definition,
        List<ServiceName> requires,
        List<ServiceName> wants,
        List<ServiceName> partOf,
        List<ServiceName> requiredBy,
        List<ServiceName> wantedBy,
        List<ServiceName> parts,
        List<ServiceName> conflicts,
        List<Edge> orderedAfter,
        List<Edge> orderedBefore) {}
