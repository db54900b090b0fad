package org.jinit.config;

/** Words of messages and tests on single characters; written out because regular expressions cost start-up time. */
final class Text {
    private static final int SHOWN_MAX = 80;

    private Text() {}

    /** Foreign text as it may stand in a message: on one line, nothing a terminal obeys, not too long. */
    static String shown(String text) {
        StringBuilder shown = null;
        int length = Math.min(text.length(), SHOWN_MAX);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            boolean odd =
                    Character.isISOControl(c) || Character.isSurrogate(c) || Character.getType(c) == Character.FORMAT;
            if (odd && shown == null) {
                shown = new StringBuilder(text.substring(0, i));
            }
            if (shown != null) {
                shown.append(odd ? '?' : c);
            }
        }
        String start = shown == null ? text.substring(0, length) : shown.toString();
        return text.length() > SHOWN_MAX ? start + "..." : start;
    }

    static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    static boolean isLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    /** Whether every character is a digit, and there is one. */
    static boolean isDigits(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (!isDigit(text.charAt(i))) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /** Letters, digits, {@code _}, and these others. */
    static boolean consistsOf(String text, String others) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!isLetter(c) && !isDigit(c) && c != '_' && others.indexOf(c) < 0) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /** The name of an environment variable: a letter or {@code _}, then these, digits, dots and hyphens. */
    static boolean isVariableName(String text) {
        return consistsOf(text, ".-") && (isLetter(text.charAt(0)) || text.charAt(0) == '_');
    }

    /** Whether there is a control character, so that the text does not fit on a line. */
    static boolean hasControl(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c == 0x7f) {
                return true;
            }
        }
        return false;
    }

    /** {@code a, b or c}. */
    static String alternatives(Iterable<String> words) {
        StringBuilder list = new StringBuilder();
        String last = null;
        for (String word : words) {
            if (last != null) {
                list.append(list.isEmpty() ? "" : ", ").append(last);
            }
            last = word;
        }
        return list.isEmpty() ? String.valueOf(last) : list + " or " + last;
    }
}
