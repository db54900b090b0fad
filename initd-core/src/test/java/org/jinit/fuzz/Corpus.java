package org.jinit.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The committed inputs of a target: {@code NAME.txt} beside this package's resources, an input a line. Printable ASCII stands for itself,
 * everything else is {@code \xHH}; {@code # name} before an input says what it once broke, or what it is.
 */
final class Corpus {
    static final List<String> TARGETS = List.of("org.jinit.notify.NotifyFuzz", "org.jinit.daemon.NotifyChannelFuzz",
            "org.jinit.linux.PidFileFuzz", "org.jinit.protocol.FrameFuzz", "org.jinit.daemon.control.ControlServerFuzz",
            "org.jinit.linux.KeeperLinkFuzz", "org.jinit.config.DefinitionFuzz");

    private Corpus() {}

    /** By name; what has none is called by its line. */
    static Map<String, byte[]> of(String target) throws IOException {
        Map<String, byte[]> inputs = new LinkedHashMap<>();
        String file = target.substring(target.lastIndexOf('.') + 1) + ".txt";
        try (InputStream in = Corpus.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IOException("there is no corpus " + file);
            }
            String name = "";
            int number = 0;
            for (String line : new String(in.readAllBytes(), StandardCharsets.US_ASCII).split("\n", -1)) {
                number++;
                if (line.startsWith("# ")) {
                    name = " " + line.substring(2);
                } else if (!line.isEmpty()) {
                    inputs.put("line " + number + name, decode(line));
                    name = "";
                }
            }
        }
        return inputs;
    }

    static byte[] decode(String line) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < line.length(); i++) {
            if (line.startsWith("\\x", i)) {
                bytes.write(Integer.parseInt(line, i + 2, i + 4, 16));
                i += 3;
            } else {
                bytes.write(line.charAt(i));
            }
        }
        return bytes.toByteArray();
    }

    static String encode(byte[] bytes) {
        StringBuilder line = new StringBuilder();
        for (byte b : bytes) {
            boolean plain = b >= ' ' && b < 127 && b != '\\' && !(b == '#' && line.isEmpty());
            line.append(plain ? String.valueOf((char) b) : "\\x%02x".formatted(b));
        }
        return line.toString();
    }
}
