package org.jinit.notify;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jinit.model.NotifyAccess;
import org.jinit.notify.NotifyMessage.Watchdog;
import org.jspecify.annotations.Nullable;

/**
 * Parses one datagram of sd_notify(3): lines {@code KEY=value}. Of values the first one of a key counts; a flag counts when any line is
 * exactly that flag. Lines that are not UTF-8, unknown keys and values that are not as they should be are
 * ignored, so that one bad line does
 * not cost the rest.
 */
public final class NotifyParser {
    /** Bytes of the longest message that is taken, as systemd has it (PIPE_BUF). */
    public static final int MAX_SIZE = 4096;
    private static final int MAX_EXTRA = 32;
    private static final int MAX_NAME = 255;

    /** The message, or why it is to be dropped. */
    public sealed interface Result {}

    public record Parsed(NotifyMessage message) implements Result {}

    /** @param reason to follow "dropped a message: "; all its descriptors must be closed */
    public record Dropped(String reason) implements Result {}

    private final Set<String> lines = new LinkedHashSet<>();
    private final Map<String, String> values = new LinkedHashMap<>();
    private boolean badStatus;
    private boolean badLine;

    private NotifyParser() {}

    /** Never throws. @param descriptors how many came with it */
    public static Result parse(byte[] datagram, int descriptors) {
        int length = datagram.length;
        if (length > 0 && datagram[length - 1] == 0) {
            length--;
        }
        if (length > MAX_SIZE) {
            return new Dropped("it is longer than " + MAX_SIZE + " bytes");
        }
        for (int i = 0; i < length; i++) {
            if (datagram[i] == 0) {
                return new Dropped("it holds a NUL byte");
            }
        }
        NotifyParser parser = new NotifyParser();
        parser.split(datagram, length);
        if (parser.lines.contains("BARRIER=1")) {
            return parser.barrier(descriptors);
        }
        if (parser.badLine && parser.lines.isEmpty() && !parser.badStatus) {
            return new Dropped("it is not UTF-8");
        }
        return new Parsed(parser.message(descriptors));
    }

    private void split(byte[] datagram, int length) {
        int start = 0;
        for (int i = 0; i <= length; i++) {
            if (i == length || datagram[i] == '\n') {
                if (i > start) {
                    addLine(ByteBuffer.wrap(datagram, start, i - start));
                }
                start = i + 1;
            }
        }
    }

    private void addLine(ByteBuffer bytes) {
        String line;
        try {
            line = StandardCharsets.UTF_8.newDecoder().decode(bytes.duplicate()).toString();
        } catch (CharacterCodingException e) {
            badLine = true;
            badStatus |= StandardCharsets.ISO_8859_1.decode(bytes).toString().startsWith("STATUS=")
                    && !values.containsKey("STATUS");
            return;
        }
        lines.add(line);
        int equals = line.indexOf('=');
        if (equals > 0 && !(badStatus && line.startsWith("STATUS="))) {
            values.putIfAbsent(line.substring(0, equals), line.substring(equals + 1));
        }
    }

    private Result barrier(int descriptors) {
        if (lines.size() > 1 || badLine || descriptors != 1) {
            return new Dropped("BARRIER=1 must be alone in its message, with one descriptor");
        }
        return new Parsed(
                new NotifyMessage(false, false, false, 0, 0, false, null, 0, null, null, Watchdog.NONE, -1, -1,
                        -1, false, null, false, false, null, true, true, List.of()));
    }

    private NotifyMessage message(int descriptors) {
        String name = descriptorName();
        boolean removes = lines.contains("FDSTOREREMOVE=1");
        return new NotifyMessage(lines.contains("READY=1"), lines.contains("RELOADING=1"), lines.contains("STOPPING=1"),
                positive("MAINPID"), mainPidfdId(), lines.contains("MAINPIDFD=1") && descriptors == 1, status(),
                positive("ERRNO"), busError(), exitStatus(), watchdog(), microseconds("WATCHDOG_USEC"),
                microseconds("EXTEND_TIMEOUT_USEC"), microseconds("MONOTONIC_USEC"), lines.contains("RESTART_RESET=1"),
                access(), !removes && lines.contains("FDSTORE=1"), removes && name != null, name,
                !"0".equals(values.get("FDPOLL")), false, extra());
    }

    private @Nullable String status() {
        return badStatus ? "" : values.get("STATUS");
    }

    private int positive(String key) {
        long number = number(values.get(key));
        return number > 0 && number <= Integer.MAX_VALUE ? (int) number : 0;
    }

    private long microseconds(String key) {
        return number(values.get(key));
    }

    private long mainPidfdId() {
        return Math.max(0, number(values.get("MAINPIDFDID")));
    }

    /** -1 when it is no decimal number of 64 bits; what is over the signed range is its end, which stands for never. */
    private static long number(@Nullable String text) {
        if (text == null || text.isEmpty() || text.length() > 20) {
            return -1;
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return -1;
            }
        }
        try {
            long number = Long.parseUnsignedLong(text);
            return number < 0 ? Long.MAX_VALUE : number;
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private @Nullable String busError() {
        String name = values.get("BUSERROR");
        if (name == null) {
            name = values.get("VARLINKERROR");
        }
        return name != null && isName(name) ? name : null;
    }

    private @Nullable String exitStatus() {
        String status = values.get("EXIT_STATUS");
        return status != null && isName(status) ? status : null;
    }

    /** Letters, digits, point, underscore, hyphen. */
    private static boolean isName(String text) {
        return !text.isEmpty() && text.length() <= MAX_NAME
                && text.chars().allMatch(c -> isLetterOrDigit(c) || c == '.' || c == '_' || c == '-');
    }

    private static boolean isLetterOrDigit(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    private Watchdog watchdog() {
        return switch (values.getOrDefault("WATCHDOG", "")) {
            case "1" -> Watchdog.PING;
            case "trigger" -> Watchdog.TRIGGER;
            case String other -> Watchdog.NONE;
        };
    }

    private @Nullable NotifyAccess access() {
        return switch (values.getOrDefault("NOTIFYACCESS", "")) {
            case "none" -> NotifyAccess.NONE;
            case "main" -> NotifyAccess.MAIN;
            case "exec" -> NotifyAccess.EXEC;
            case "all" -> NotifyAccess.ALL;
            case String other -> null;
        };
    }

    private @Nullable String descriptorName() {
        String name = values.get("FDNAME");
        boolean isValid = name != null && !name.isEmpty() && name.length() <= MAX_NAME
                && name.chars().allMatch(c -> c >= ' ' && c < 127 && c != ':');
        return isValid ? name : null;
    }

    private List<String> extra() {
        List<String> extra = new ArrayList<>();
        for (Map.Entry<String, String> value : values.entrySet()) {
            String key = value.getKey();
            if (key.startsWith("X_") && isName(key) && extra.size() < MAX_EXTRA) {
                extra.add(key + "=" + value.getValue());
            }
        }
        return List.copyOf(extra);
    }
}
