package org.jinit.graph;

import org.jinit.model.ServiceName;
import org.jinit.model.SourcePosition;

/**
 * One ordering edge: {@code later} waits for {@code earlier}. Between two services there is one edge at most, the strongest.
 *
 * @param position where it was written: in {@code later}'s definition, for {@code BEFORE} in {@code earlier}'s
 */
public record Edge(ServiceName later, ServiceName earlier, Kind kind, SourcePosition position) {
    /** What the waiting is for, the strongest first. */
    public enum Kind {
        /** Until it is ready; if it never is, the later one fails. */
        REQUIRES,
        /** Until it is ready, failed or timed out. */
        WANTS,
        /** Only while the earlier one is in the same transaction, starting or stopping. */
        AFTER,
        /** As {@code AFTER}, written in the earlier one. */
        BEFORE
    }

    /** {@code web requires db}, in the words that were written. */
    String describe() {
        return switch (kind) {
            case REQUIRES -> later + " requires " + earlier;
            case WANTS -> later + " wants " + earlier;
            case AFTER -> later + " is after " + earlier;
            case BEFORE -> earlier + " is before " + later;
        };
    }
}
