package org.jinit.model;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Signal numbers and names, signal(7), as on x86-64 and arm64. Names are written without {@code SIG}. */
public final class Signals {
    public static final int HUP = 1;
    public static final int INT = 2;
    public static final int QUIT = 3;
    public static final int ILL = 4;
    public static final int TRAP = 5;
    public static final int ABRT = 6;
    public static final int BUS = 7;
    public static final int FPE = 8;
    public static final int KILL = 9;
    public static final int USR1 = 10;
    public static final int SEGV = 11;
    public static final int USR2 = 12;
    public static final int PIPE = 13;
    public static final int ALRM = 14;
    public static final int TERM = 15;
    public static final int CHLD = 17;
    public static final int CONT = 18;
    public static final int STOP = 19;
    public static final int XCPU = 24;
    public static final int XFSZ = 25;
    public static final int SYS = 31;
    private static final int RTMIN = 34;
    private static final int MAX = 64;

    private static final String[] NAMES = {
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS"
    };
    private static final Map<String, Integer> NUMBERS = new TreeMap<>();

    static {
        for (int i = 1; i < NAMES.length; i++) {
            NUMBERS.put(NAMES[i], i);
        }
        NUMBERS.put("IOT", ABRT);
        NUMBERS.put("POLL", 29);
        NUMBERS.put("RTMIN", RTMIN);
        NUMBERS.put("RTMAX", MAX);
        for (int i = 1; RTMIN + i <= MAX; i++) {
            NUMBERS.put("RTMIN+" + i, RTMIN + i);
            NUMBERS.put("RTMAX-" + i, MAX - i);
        }
    }

    private Signals() {}

    /** The number of {@code TERM}, {@code SIGTERM}, {@code sigterm}, {@code RTMIN+3} or {@code 15}; null if it is none. */
    public static @Nullable Integer number(String text) {
        String name = text.toUpperCase(java.util.Locale.ROOT);
        if (name.startsWith("SIG")) {
            name = name.substring(3);
        }
        Integer known = NUMBERS.get(name);
        if (known != null) {
            return known;
        }
        if (!name.isEmpty() && name.length() <= 2 && name.chars().allMatch(c -> c >= '0' && c <= '9')) {
            int number = Integer.parseInt(name);
            return number >= 1 && number <= MAX ? number : null;
        }
        return null;
    }

    /** {@code TERM} for 15, {@code RTMIN+1} for 35, the number itself for what has no name. */
    public static String name(int signal) {
        if (signal > 0 && signal < NAMES.length) {
            return NAMES[signal];
        }
        if (signal >= RTMIN && signal <= MAX) {
            return signal == RTMIN ? "RTMIN" : "RTMIN+" + (signal - RTMIN);
        }
        return Integer.toString(signal);
    }
}
