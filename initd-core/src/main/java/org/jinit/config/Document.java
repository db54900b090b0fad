package org.jinit.config;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.jinit.model.SourcePosition;
import org.jspecify.annotations.Nullable;

/** From bytes to a tree: what is no text is refused, JSON in ASCII takes the short way, everything else the YAML parser. */
final class Document {
    /** The largest file that is read, in bytes. */
    static final int BYTES_MAX = 1 << 20;

    private Document() {}

    /** The tree, or null when there is a problem that prevents one. A file without content is a problem too. */
    static @Nullable Node parse(SourceFile file, ProblemList problems) {
        byte[] bytes = file.bytes();
        if (bytes.length > BYTES_MAX) {
            String text = "cannot read the file: it has " + bytes.length + " bytes, the limit is " + BYTES_MAX;
            problems.error(new SourcePosition(file.path(), 0, 0), text, "split it into several files");
            return null;
        }
        if (isAscii(bytes)) {
            @SuppressWarnings("deprecation") // the only constructor that neither checks nor decodes: all bytes are ASCII
            String text = new String(bytes, 0);
            Node json = JsonParser.parse(file.path(), text);
            return json != null ? json : YamlParser.parse(file.path(), text, problems);
        }
        String text = decode(file, problems);
        return text == null ? null : YamlParser.parse(file.path(), text, problems);
    }

    /** Only printable ASCII, line ends and tabs. */
    private static boolean isAscii(byte[] bytes) {
        for (byte value : bytes) {
            boolean blank = value == '\n' || value == '\r' || value == '\t';
            if ((value < ' ' && !blank) || value == 0x7f) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable String decode(SourceFile file, ProblemList problems) {
        byte[] bytes = file.bytes();
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                problems.error(place(file, i), "cannot read the file: it is not text (it has a NUL byte)");
                return null;
            }
        }
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult result = decoder.decode(in, out, true);
        if (result.isError()) {
            String text = "cannot read the file: it is not UTF-8 (byte 0x"
                    + Integer.toHexString(bytes[in.position()] & 0xff) + " is wrong here)";
            problems.error(place(file, in.position()), text, "save it as UTF-8");
            return null;
        }
        String text = out.flip().toString();
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /** The place of a byte: columns count characters, of which each has one byte that is no continuation. */
    private static SourcePosition place(SourceFile file, int offset) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < offset; i++) {
            byte value = file.bytes()[i];
            if (value == '\n') {
                line++;
                column = 1;
            } else if ((value & 0xc0) != 0x80) {
                column++;
            }
        }
        return new SourcePosition(file.path(), line, column);
    }
}
