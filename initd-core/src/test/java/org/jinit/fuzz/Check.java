package org.jinit.fuzz;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Assertions that cost nothing while they hold: a target runs thousands of times a second. */
public final class Check {
    private Check() {}

    public static void same(@Nullable Object actual, @Nullable Object expected, String what) {
        if (!Objects.equals(actual, expected)) {
            throw new AssertionError(what + ": " + actual + ", not " + expected);
        }
    }

    public static void that(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("not so: " + what);
        }
    }
}
