package org.jinit.it;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Waits for something that must come true, looking every few milliseconds, for a bounded time. */
public final class Await {
    /** Long enough for a loaded machine; only a broken promise waits this long. */
    public static final Duration LONGEST = Duration.ofSeconds(20);
    private static final long POLL_MILLIS = 5;

    private Await() {}

    /** @throws AssertionError with {@code what} if it is not so within {@link #LONGEST} */
    public static void until(String what, BooleanSupplier condition) {
        until(what, LONGEST, condition, () -> "");
    }

    /** @param detail is asked for the story when it did not come true */
    public static void until(String what, Duration longest, BooleanSupplier condition, Supplier<String> detail) {
        long end = System.nanoTime() + longest.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("not within " + longest + ": " + what + "\n" + detail.get());
            }
            pause();
        }
    }

    /** The first value that is not null. */
    public static <T> T value(String what, Supplier<@Nullable T> source) {
        long end = System.nanoTime() + LONGEST.toNanos();
        while (true) {
            T value = source.get();
            if (value != null) {
                return value;
            }
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("not within " + LONGEST + ": " + what);
            }
            pause();
        }
    }

    /** The condition holds now and at every look for this long; for what must not happen. */
    public static void stays(String what, Duration time, BooleanSupplier condition) {
        long end = System.nanoTime() + time.toNanos();
        do {
            if (!condition.getAsBoolean()) {
                throw new AssertionError("did not stay so: " + what);
            }
            pause();
        } while (System.nanoTime() - end < 0);
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("cannot wait: interrupted", e);
        }
    }
}
