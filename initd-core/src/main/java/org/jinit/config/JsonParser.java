package org.jinit.config;

import org.jspecify.annotations.Nullable;

/**
 * JSON as programs write it. It gives the very tree that the YAML parser gives, and leaves alone what it does not know or what YAML sees
 * differently, so the YAML parser also gives the message. It exists because the first use of that one costs 30 ms of class loading.
 */
final class JsonParser {
    private static final char END = 0;
    /** YAML bounds a key at 1024 characters as written, where one may take six. */
    private static final int KEY_MAX = 150;

    private final String file;
    private final String text;
    private int at;
    private int line = 1;
    private int lineStart;

    private JsonParser(String file, String text) {
        this.file = file;
        this.text = text;
    }

    /** The tree of a JSON object in ASCII, or null: then it is none, or not a simple one. */
    static @Nullable Node parse(String file, String text) {
        if (text.isEmpty() || text.charAt(0) != '{') {
            return null;
        }
        JsonParser parser = new JsonParser(file, text);
        Node root = parser.value(0);
        return root != null && parser.skipBlank() == END && parser.at == text.length() ? root : null;
    }

    /** The next character that is no blank, without taking it; END too for a tab, which YAML allows in some places only. */
    private char skipBlank() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '\n') {
                line++;
                lineStart = at + 1;
            } else if (c != ' ') {
                return c;
            }
            at++;
        }
        return END;
    }

    private int column() {
        return at - lineStart + 1;
    }

    private @Nullable Node value(int depth) {
        char c = skipBlank();
        return switch (c) {
            case '{' -> depth < YamlParser.DEPTH_MAX ? object(depth) : null;
            case '[' -> depth < YamlParser.DEPTH_MAX ? array(depth) : null;
            case '"' -> string();
            default -> word();
        };
    }

    private @Nullable Node object(int depth) {
        Node.Mapping map = new Node.Mapping(file, line, column());
        at++;
        if (skipBlank() == '}') {
            at++;
            return map;
        }
        while (true) {
            if (skipBlank() != '"') {
                return null;
            }
            int keyLine = line;
            Node.Scalar key = string();
            if (key == null || key.text.length() > KEY_MAX || map.indexOf(key.text) >= 0 || skipBlank() != ':'
                    || line != keyLine) {
                return null;
            }
            at++;
            Node value = value(depth + 1);
            if (value == null) {
                return null;
            }
            map.add(key, value);
            char c = skipBlank();
            at++;
            if (c == '}') {
                return map;
            }
            if (c != ',') {
                return null;
            }
        }
    }

    private @Nullable Node array(int depth) {
        Node.Sequence list = new Node.Sequence(file, line, column());
        at++;
        if (skipBlank() == ']') {
            at++;
            return list;
        }
        while (true) {
            Node value = value(depth + 1);
            if (value == null) {
                return null;
            }
            list.add(value);
            char c = skipBlank();
            at++;
            if (c == ']') {
                return list;
            }
            if (c != ',') {
                return null;
            }
        }
    }

    private Node.@Nullable Scalar string() {
        int column = column();
        int start = ++at;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '"') {
                String plain = text.substring(start, at++);
                return new Node.Scalar(file, line, column, plain, false);
            }
            if (c == '\\') {
                return escaped(start, column);
            }
            if (c < ' ') {
                return null;
            }
            at++;
        }
        return null;
    }

    private Node.@Nullable Scalar escaped(int start, int column) {
        StringBuilder value = new StringBuilder(text.substring(start, at));
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '"') {
                return new Node.Scalar(file, line, column, value.toString(), false);
            }
            if (c < ' ') {
                return null;
            }
            if (c == '\\') {
                c = escape();
                if (c == END) {
                    return null;
                }
            }
            value.append(c);
        }
        return null;
    }

    /** The character of the escape sequence, whose backslash is already taken; END for one that is left to the YAML parser. */
    private char escape() {
        if (at >= text.length()) {
            return END;
        }
        char c = text.charAt(at++);
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> END;
        };
    }

    private char unicode() {
        if (at + 4 > text.length()) {
            return END;
        }
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(text.charAt(at++), 16);
            if (digit < 0) {
                return END;
            }
            value = value * 16 + digit;
        }
        return Character.isSurrogate((char) value) ? END : (char) value;
    }

    /** true, false, null, or a number. */
    private @Nullable Node word() {
        int start = at;
        int column = column();
        while (at < text.length() && isWordPart(text.charAt(at))) {
            at++;
        }
        String word = text.substring(start, at);
        boolean known = word.equals("true") || word.equals("false") || word.equals("null") || isInteger(word);
        return known ? new Node.Scalar(file, line, column, word, true) : null;
    }

    private static boolean isWordPart(char c) {
        return (c >= 'a' && c <= 'z') || Text.isDigit(c) || c == '-' || c == '.';
    }

    /** Digits with a minus perhaps, or with one point inside: what else JSON allows in a number is rare. */
    private static boolean isInteger(String word) {
        int digits = word.startsWith("-") ? 1 : 0;
        int points = 0;
        for (int i = digits; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c == '.' && points == 0 && i > digits && i + 1 < word.length()) {
                points++;
            } else if (c < '0' || c > '9') {
                return false;
            }
        }
        return word.length() > digits;
    }
}
