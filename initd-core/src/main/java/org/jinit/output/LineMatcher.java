package org.jinit.output;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Finds the first line that matches in output that comes piece by piece. A line's first {@value #MAX_LINE} bytes are looked at. */
final class LineMatcher {
    static final int MAX_LINE = 8192;

    private final Pattern pattern;
    private final byte[] line = new byte[MAX_LINE];
    private int length;

    LineMatcher(Pattern pattern) {
        this.pattern = pattern;
    }

    /** Whether a complete line, ended in this piece, matches. */
    boolean add(byte[] piece) {
        for (byte next : piece) {
            if (next == '\n') {
                String text = new String(line, 0, length, StandardCharsets.UTF_8);
                length = 0;
                if (pattern.matcher(text).find()) {
                    return true;
                }
            } else if (length < MAX_LINE) {
                line[length++] = next;
            }
        }
        return false;
    }
}
