package org.jinit.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** What one run of jinitctl left behind. */
record Ran(int code, String out, String err) {
    static Ran in(Path runDirectory, String... words) {
        return with(Map.of("JINIT_RUN_DIR", runDirectory.toString()), false, words);
    }

    static Ran with(Map<String, String> environment, boolean colours, String... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code;
        try (PrintStream outStream = new PrintStream(out, false, StandardCharsets.UTF_8);
                PrintStream errStream = new PrintStream(err, false, StandardCharsets.UTF_8)) {
            code = Jinitctl.run(new Terminal(outStream, errStream, colours), environment, words);
        }
        return new Ran(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
