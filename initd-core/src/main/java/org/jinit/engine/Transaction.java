package org.jinit.engine;

import java.util.LinkedHashMap;
import java.util.List;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** What a request would do to which services: computed from the state without touching it, then planned, applied or refused, as a whole. */
final class Transaction {
    /** @param why for people @param cause what the service's transitions are recorded with @param named the request names it */
    record Part(String why, Cause cause, boolean named) {}

    final LinkedHashMap<ServiceCell, Part> stops = new LinkedHashMap<>();
    final LinkedHashMap<ServiceCell, Part> restarts = new LinkedHashMap<>();
    /** Each after one that pulls it in. */
    final LinkedHashMap<ServiceCell, Part> starts = new LinkedHashMap<>();
    Reply.@Nullable Refused refusal;

    void refuse(Reply.Code code, String text, List<ServiceName> involved) {
        if (refusal == null) {
            refusal = new Reply.Refused(code, text, List.copyOf(involved));
        }
    }

    boolean refused() {
        return refusal != null;
    }
}
