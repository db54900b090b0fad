package org.jinit.daemon;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads the NAME=VALUE lines of an environment file; values are taken literally, quotes around a whole value are removed. */
final class EnvironmentFiles {
    /** Bytes; a larger file is refused. */
    static final int MAX_SIZE = 1 << 20;

    private EnvironmentFiles() {}

    /** A file that is not as it should be; the message begins with {@code line N:}. */
    static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message);
        }
    }

    static Map<String, String> parse(byte[] content) throws MalformedException {
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
        } catch (CharacterCodingException e) {
            throw new MalformedException("it is not UTF-8");
        }
        Map<String, String> out = new LinkedHashMap<>();
        int number = 0;
        for (String raw : text.split("\n", -1)) {
            number++;
            String line = raw.strip();
            if (line.isEmpty() || line.startsWith("#") || line.startsWith(";")) {
                continue;
            }
            int equals = line.indexOf('=');
            String name = equals < 0 ? line : line.substring(0, equals).strip();
            if (equals < 0 || !isName(name) || line.indexOf('\0') >= 0) {
                throw new MalformedException("line " + number + ": not NAME=VALUE");
            }
            out.put(name, unquoted(line.substring(equals + 1).strip()));
        }
        return out;
    }

    static boolean isName(String name) {
        if (name.isEmpty() || Character.isDigit(name.charAt(0))) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c != '_' && (c > 'z' || !Character.isLetterOrDigit(c))) {
                return false;
            }
        }
        return true;
    }

    private static String unquoted(String value) {
        int last = value.length() - 1;
        boolean quoted = last >= 1 && value.charAt(0) == value.charAt(last)
                && (value.charAt(0) == '"' || value.charAt(0) == '\'');
        return quoted ? value.substring(1, last) : value;
    }
}
