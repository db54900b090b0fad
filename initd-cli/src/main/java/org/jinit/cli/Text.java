package org.jinit.cli;

import java.util.List;

/** Numbers, times and columns for people. No Formatter and no time zones: they take longer to load than jinitd to answer. */
final class Text {
    private static final long MINUTE = 60;
    private static final long HOUR = 3600;
    private static final long DAY = 86_400;
    private static final String[] UNITS = {" B", " kB", " MB", " GB", " TB"};

    private Text() {}

    static String padRight(String text, int width) {
        return text.length() >= width ? text : text + " ".repeat(width - text.length());
    }

    static String padLeft(String text, int width) {
        return text.length() >= width ? text : " ".repeat(width - text.length()) + text;
    }

    /** {@code 12.3 MB}, in powers of 1024. */
    static String bytes(long bytes) {
        double amount = bytes;
        int unit = 0;
        while (amount >= 1000 && unit < UNITS.length - 1) {
            amount /= 1024;
            unit++;
        }
        return (unit == 0 ? Long.toString(bytes) : oneDecimal(amount)) + UNITS[unit];
    }

    /** {@code 0.4s}, {@code 3m 20s}. */
    static String seconds(double seconds) {
        return seconds < MINUTE ? oneDecimal(seconds) + "s" : duration((long) seconds);
    }

    /** In its two largest units: {@code 4s}, {@code 3m 20s}, {@code 5h 3m}, {@code 12d 4h}. */
    static String duration(long seconds) {
        if (seconds < MINUTE) {
            return Math.max(0, seconds) + "s";
        }
        if (seconds < HOUR) {
            return seconds / MINUTE + "m " + seconds % MINUTE + "s";
        }
        if (seconds < DAY) {
            return seconds / HOUR + "h " + seconds % HOUR / MINUTE + "m";
        }
        return seconds / DAY + "d " + seconds % DAY / HOUR + "h";
    }

    private static String oneDecimal(double number) {
        long tenths = Math.round(number * 10);
        return tenths / 10 + "." + tenths % 10;
    }

    /** Milliseconds since 1970 of RFC 3339 in UTC, {@code 2026-11-20T14:57:21.123Z}; -1 when it is not that. */
    static long millis(String rfc3339) {
        try {
            long days = days(
                    Integer.parseInt(rfc3339, 0, 4, 10), Integer.parseInt(rfc3339, 5, 7, 10),
                    Integer.parseInt(rfc3339, 8, 10, 10));
            long seconds = days * DAY + Integer.parseInt(rfc3339, 11, 13, 10) * HOUR
                    + Integer.parseInt(rfc3339, 14, 16, 10) * MINUTE
                    + Integer.parseInt(rfc3339, 17, 19, 10);
            return seconds * 1000 + fraction(rfc3339);
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            return -1;
        }
    }

    private static long fraction(String rfc3339) {
        long millis = 0;
        for (int i = 20; i < 23; i++) {
            boolean digit = rfc3339.charAt(19) == '.' && i < rfc3339.length() && Character.isDigit(rfc3339.charAt(i));
            millis = millis * 10 + (digit ? rfc3339.charAt(i) - '0' : 0);
        }
        return millis;
    }

    /** Days from 1970-01-01, by the proleptic Gregorian calendar. */
    private static long days(int year, int month, int day) {
        long y = month <= 2 ? year - 1L : year;
        long monthFromMarch = (month + 9L) % 12;
        long dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1;
        return y * 365 + y / 4 - y / 100 + y / 400 + dayOfYear - 719_468;
    }

    /** {@code 2026-11-20 14:57:21 UTC}. */
    static String moment(String rfc3339) {
        return rfc3339.length() < 19 ? rfc3339 : rfc3339.substring(0, 10) + " " + rfc3339.substring(11, 19) + " UTC";
    }

    /** {@code 14:57:21.123}. */
    static String clock(String rfc3339) {
        if (rfc3339.length() < 19) {
            return rfc3339;
        }
        String millis = Long.toString(1000 + fraction(rfc3339)).substring(1);
        return rfc3339.substring(11, 19) + "." + millis;
    }

    /** Age of a moment in words. */
    static String age(String rfc3339, long nowMillis) {
        long then = millis(rfc3339);
        return then < 0 ? "?" : duration((nowMillis - then) / 1000);
    }

    /** {@code web}, {@code web and db}, {@code web, db and 7 more}. */
    static String names(List<String> names) {
        int shown = Math.min(names.size(), names.size() > 9 ? 8 : 9);
        String first = String.join(", ", names.subList(0, shown));
        return shown == names.size() ? first : first + " and " + (names.size() - shown) + " more";
    }

    /** A duration as definitions have it, {@code 200ms 5s 2m 1h}, in milliseconds; a bare number means seconds. */
    static long parseDuration(String option, String text) throws UsageException {
        int digits = 0;
        while (digits < text.length() && Character.isDigit(text.charAt(digits))) {
            digits++;
        }
        long unit = switch (text.substring(digits)) {
            case "ms" -> 1;
            case "", "s" -> 1000;
            case "m" -> MINUTE * 1000;
            case "h" -> HOUR * 1000;
            default -> 0;
        };
        if (digits == 0 || digits > 9 || unit == 0) {
            throw new UsageException(
                    "cannot use " + option + " " + text + ": it must be a duration, 200ms or 5s or 2m say");
        }
        return Long.parseLong(text, 0, digits, 10) * unit;
    }
}
