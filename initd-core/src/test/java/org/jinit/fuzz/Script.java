package org.jinit.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads an input as a list of steps, so that fuzzer and people can both write one. */
public final class Script {
    /** Ends a step. */
    public static final char END = '\u001e';

    private Script() {}

    /** The steps, the first few; every byte is a character. */
    public static List<String> steps(byte[] input, int most) {
        String text = new String(input, StandardCharsets.ISO_8859_1);
        List<String> steps = new ArrayList<>();
        for (int start = 0; start < text.length() && steps.size() < most;) {
            int end = text.indexOf(END, start);
            end = end < 0 ? text.length() : end;
            steps.add(text.substring(start, end));
            start = end + 1;
        }
        return steps;
    }

    public static byte[] bytes(String step) {
        return step.getBytes(StandardCharsets.ISO_8859_1);
    }
}
