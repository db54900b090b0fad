package org.jinit.notify;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** sd_notify(3) as slowly and plainly as it can be read, with nothing in common with the parser. Asks every line anew for every question. */
final class NaiveNotify {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,255}");
    private final String text;
    private final List<String> lines = new ArrayList<>();
    private final int descriptors;

    /** @param datagram as it came @param descriptors as many came with it */
    NaiveNotify(byte[] datagram, int descriptors) {
        this.descriptors = descriptors;
        text = new String(datagram, ISO_8859_1).replaceFirst("\u0000\\z", "");
        for (String line : text.split("\n", -1)) {
            lines.add(line);
        }
    }

    int descriptors() {
        return descriptors;
    }

    boolean dropped() {
        if (text.length() > 4096 || text.indexOf(0) >= 0) {
            return true;
        }
        List<String> said = lines.stream().filter(line -> !line.isEmpty()).toList();
        if (said.contains("BARRIER=1")) {
            return Set.copyOf(said).size() != 1 || descriptors != 1;
        }
        return !said.isEmpty() && said.stream().noneMatch(line -> isText(line) || line.startsWith("STATUS="));
    }

    private static boolean isText(String line) {
        byte[] bytes = line.getBytes(ISO_8859_1);
        return Arrays.equals(new String(bytes, UTF_8).getBytes(UTF_8), bytes);
    }

    boolean flag(String flag) {
        return lines.contains(flag);
    }

    /** Of the first line with this key that is text. */
    @Nullable String value(String key) {
        for (String line : lines) {
            if (line.startsWith(key + "=") && isText(line)) {
                return new String(line.substring(key.length() + 1).getBytes(ISO_8859_1), UTF_8);
            }
        }
        return null;
    }

    /** The first STATUS= counts; one that is not text clears. */
    @Nullable String status() {
        for (String line : lines) {
            if (line.startsWith("STATUS=")) {
                return isText(line) ? value("STATUS") : "";
            }
        }
        return null;
    }

    /** A number of at most 64 bits, decimal digits alone. */
    private @Nullable BigInteger digits(String key) {
        String value = value(key);
        if (value == null || !value.matches("[0-9]{1,20}")) {
            return null;
        }
        BigInteger number = new BigInteger(value);
        return number.bitLength() <= 64 ? number : null;
    }

    BigInteger number(String key, long max, long otherwise) {
        BigInteger number = digits(key);
        return number == null || number.compareTo(BigInteger.valueOf(max)) > 0
                ? BigInteger.valueOf(otherwise)
                : number;
    }

    /** What is over the range is for ever. */
    long microseconds(String key, long otherwise) {
        BigInteger number = digits(key);
        return number == null ? otherwise : number.min(BigInteger.valueOf(Long.MAX_VALUE)).longValue();
    }

    @Nullable String descriptorName() {
        String name = value("FDNAME");
        return name != null && name.matches("[ -9;-~]{1,255}") ? name : null;
    }

    @Nullable String errorName() {
        String name = value("BUSERROR") != null ? value("BUSERROR") : value("VARLINKERROR");
        return name != null && NAME.matcher(name).matches() ? name : null;
    }

    List<String> extra() {
        Set<String> keys = new LinkedHashSet<>();
        for (String line : lines) {
            int equals = line.indexOf('=');
            if (line.startsWith("X_") && equals > 0 && isText(line)
                    && NAME.matcher(line.substring(0, equals)).matches()) {
                keys.add(line.substring(0, equals));
            }
        }
        return keys.stream().limit(32).map(key -> key + "=" + value(key)).toList();
    }
}
