package org.jinit.linux;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The C program that tests the keeper, as the build made it. */
final class KeeperDriver {
    private static final Path DIRECTORY = Path.of("target", "keeper").toAbsolutePath();
    private static final Path DRIVER = DIRECTORY.resolve("keeper-test/driver");
    private static final long LONGEST_MINUTES = 6;

    /** {@code raw}: the output, one character per byte. */
    record Outcome(int code, String raw) {
        byte[] bytes() {
            return raw.getBytes(StandardCharsets.ISO_8859_1);
        }

        String text() {
            return new String(bytes(), StandardCharsets.UTF_8);
        }
    }

    private KeeperDriver() {}

    static Outcome call(byte[] input, String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(DRIVER.toString()));
        command.addAll(List.of(words));
        return run(command, input);
    }

    static byte[] bytesOf(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /** Runs a case below a keeper in namespaces of its own, which end everything of it with the case. */
    static Outcome runCase(String name) throws IOException, InterruptedException {
        return run(List.of("unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", DRIVER.toString(),
                "run", DIRECTORY.resolve("jinitd").toString(), name), new byte[0]);
    }

    /** The output goes by a file: what outlives a failed case must not keep the test waiting for the end of a pipe. */
    private static Outcome run(List<String> command, byte[] input) throws IOException, InterruptedException {
        Path output = Files.createTempFile("keeper-driver", ".out");
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
            try (OutputStream to = process.getOutputStream()) {
                to.write(input);
            }
            if (!process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new AssertionError(String.join(" ", command) + " does not end: " + Files.readString(output));
            }
            return new Outcome(process.exitValue(), Files.readString(output, StandardCharsets.ISO_8859_1));
        } finally {
            Files.delete(output);
        }
    }
}
