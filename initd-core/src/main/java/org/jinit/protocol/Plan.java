package org.jinit.protocol;

import java.util.List;

/**
 * What would be done, in order.
 *
 * @param hash {@code commit} takes it, and refuses when the plan is another one by then
 */
public record Plan(String hash, List<Step> steps) {
    /** {@code action}: {@code start}, {@code stop} or {@code restart} */
    public record Step(String action, String name, String why) {
        static Step read(Fields in) throws BadMessageException {
            return new Step(in.text("action"), in.text("name"), in.text("why"));
        }

        void write(JsonOut out) {
            out.object(() -> out.member("action", action).member("name", name).member("why", why));
        }
    }

    public Plan {
        steps = List.copyOf(steps);
    }

    static Plan read(Fields in) throws BadMessageException {
        return new Plan(in.text("hash"), in.objects("steps", Step::read));
    }

    /** Writes it as one object. */
    public void write(JsonOut out) {
        out.object(() -> out.member("hash", hash).member("steps", steps, Step::write));
    }
}
