package org.jinit.cli;

import java.io.PrintStream;

/** Where text for people goes. Colours only on a terminal, and not where NO_COLOR asks for none (https://no-color.org). */
final class Terminal {
    private static final String RESET = "\u001b[0m";

    private final PrintStream out;
    private final PrintStream err;
    private final boolean colours;

    /** The colours in use. */
    enum Colour {
        GREEN("\u001b[32m"),
        RED("\u001b[31m"),
        YELLOW("\u001b[33m"),
        FAINT("\u001b[2m"),
        BOLD("\u001b[1m");

        private final String code;

        Colour(String code) {
            this.code = code;
        }
    }

    Terminal(PrintStream out, PrintStream err, boolean colours) {
        this.out = out;
        this.err = err;
        this.colours = colours;
    }

    void line(String text) {
        out.print(text + "\n");
    }

    /** Output of a service, as it is. */
    void raw(CharSequence text) {
        out.append(text);
    }

    /** So that a pipe shows what has been said so far. */
    void flush() {
        out.flush();
    }

    /** Whether nobody reads any more. */
    boolean isGone() {
        return out.checkError();
    }

    void error(String text) {
        out.flush();
        err.print("jinitctl: " + text + "\n");
        err.flush();
    }

    /** As {@link #error} without the program's name: what follows it. */
    void detail(String text) {
        err.print(text + "\n");
        err.flush();
    }

    String paint(Colour colour, String text) {
        return colours ? colour.code + text + RESET : text;
    }

    /** A state in the colour of its meaning. */
    String state(String state) {
        return switch (state) {
            case "running", "done" -> paint(Colour.GREEN, state);
            case "failed" -> paint(Colour.RED, state);
            case "backoff", "starting", "stopping", "waiting", "reloading" -> paint(Colour.YELLOW, state);
            default -> paint(Colour.FAINT, state);
        };
    }

    /** Without control characters, so that what a service says cannot steer the terminal. */
    static String printable(String text) {
        boolean clean = true;
        for (int i = 0; i < text.length() && clean; i++) {
            clean = !isControl(text.charAt(i));
        }
        if (clean) {
            return text;
        }
        StringBuilder printable = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            printable.append(isControl(c) ? '\ufffd' : c);
        }
        return printable.toString();
    }

    private static boolean isControl(char c) {
        return (c < ' ' && c != '\t') || (c >= 0x7f && c < 0xa0);
    }
}
