package org.jinit.simulate;

import java.util.List;
import org.jinit.engine.Effect;
import org.jinit.engine.Event;
import org.jspecify.annotations.Nullable;

/** One promise of the engine, checked against the book of what went in and came out. */
abstract class Invariant {
    /** It does not hold. */
    static final class Violation extends RuntimeException {
        private static final long serialVersionUID = 1;

        Violation(String text) {
            super(text);
        }
    }

    private final int number;
    private final String promise;

    Invariant(int number, String promise) {
        this.number = number;
        this.promise = promise;
    }

    int number() {
        return number;
    }

    String promise() {
        return promise;
    }

    /** Before the book takes the event in. @param stale nothing may come of it @param effects all that came of it */
    void onEvent(Ledger book, Event event, boolean stale, List<Effect> effects) {}

    /** Before the book takes the effect in, after it took in the event and the effects before this one. */
    void onEffect(Ledger book, Event event, Effect effect) {}

    /** After the step. */
    void afterStep(Ledger book, Event event) {}

    /** When nothing more is going to happen, with processes that behave. */
    void atRest(Ledger book) {}

    /** After the end. */
    void atEnd(Ledger book) {}

    @SuppressWarnings("AnnotateFormatMethod") // the annotation is in a library of its own
    void require(boolean holds, String format, @Nullable Object... values) {
        if (!holds) {
            throw new Violation("invariant " + number + " (" + promise + "): " + format.formatted(values));
        }
    }
}
