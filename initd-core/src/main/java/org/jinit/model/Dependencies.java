package org.jinit.model;

import java.util.List;

/** The edges of a service to others, each list in the order written. */
public record Dependencies(
        List<Reference> requires,
        List<Reference> wants,
        List<Reference> after,
        List<Reference> before,
        List<Reference> conflicts,
        List<Reference> partOf) {
    public static final Dependencies NONE =
            new Dependencies(List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

    /** A name and where it was written. */
    public record Reference(ServiceName name, SourcePosition position) {}

    public Dependencies {
        requires = List.copyOf(requires);
        wants = List.copyOf(wants);
        after = List.copyOf(after);
        before = List.copyOf(before);
        conflicts = List.copyOf(conflicts);
        partOf = List.copyOf(partOf);
    }
}
