package org.jinit.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Durations and sizes as they are written. */
final class Quantities {
    /** Ten years: more is a slip. */
    private static final long SECONDS_MAX = 3650L * 86_400;

    private static final String[] UNITS = {"d", "h", "m", "s", "ms", "us"};
    private static final long[] NANOS =
            {86_400_000_000_000L, 3_600_000_000_000L, 60_000_000_000L, 1_000_000_000L, 1_000_000L, 1_000L};

    private Quantities() {}

    /** {@code 200ms 5s 2m 1h 2d}, or several from large to small as in {@code 1h30m}; null if it is none of these. */
    static @Nullable Duration duration(String text) {
        long nanos = 0;
        int at = 0;
        int unitsFrom = 0;
        while (at < text.length()) {
            int digits = at;
            while (at < text.length() && Text.isDigit(text.charAt(at))) {
                at++;
            }
            int letters = at;
            while (at < text.length() && Text.isLetter(text.charAt(at))) {
                at++;
            }
            int unit = unit(text.substring(letters, at), unitsFrom);
            if (letters == digits || letters - digits > 12 || unit < 0) {
                return null;
            }
            long count = Long.parseLong(text, digits, letters, 10);
            if (count > SECONDS_MAX * 1_000_000_000L / NANOS[unit]) {
                return null;
            }
            nanos += count * NANOS[unit];
            if (nanos > SECONDS_MAX * 1_000_000_000L) {
                return null;
            }
            unitsFrom = unit + 1;
        }
        return text.isEmpty() ? null : Duration.ofNanos(nanos);
    }

    private static int unit(String letters, int from) {
        for (int i = from; i < UNITS.length; i++) {
            if (UNITS[i].equals(letters)) {
                return i;
            }
        }
        return -1;
    }

    /** Why the text is no duration, and what to write. */
    static String durationHint(String text) {
        if (Text.isDigits(text)) {
            return "did you mean '" + text + "s'?";
        }
        return "write it like 200ms, 5s, 2m, 1h or 1h30m, up to 3650d";
    }

    /** Bytes: a number with K, M, G or T behind it, or none; null if it is no such thing or more than a long holds. */
    static @Nullable Long size(String text) {
        if (text.isEmpty()) {
            return null;
        }
        int shift =
                switch (text.charAt(text.length() - 1)) {
                    case 'K', 'k' -> 10;
                    case 'M' -> 20;
                    case 'G' -> 30;
                    case 'T' -> 40;
                    default -> 0;
                };
        String digits = shift == 0 ? text : text.substring(0, text.length() - 1);
        if (!Text.isDigits(digits) || digits.length() > 18) {
            return null;
        }
        long count = Long.parseLong(digits);
        return count > Long.MAX_VALUE >> shift ? null : count << shift;
    }
}
