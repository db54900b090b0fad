package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The image is whole, depends on nothing of the machine but the C library, and stays fast when it is moved. */
class ImageIT {
    private static final Path IMAGE = Path.of(System.getProperty("jinit.image", "target/jinit")).toAbsolutePath();
    private static final long RUN_SECONDS_MAX = 60;

    /** What a program wrote and how it ended. */
    private record Outcome(int exit, String output) {}

    @TempDir
    Path scratch;

    @Test
    void theImageHasBothProgramsAndWhatTheyNeed() {
        for (String program : List.of("sbin/jinitd", "bin/jinitctl", "libexec/runtime/bin/java")) {
            assertThat(IMAGE.resolve(program)).isExecutable();
        }
        for (String file : List.of("manager.argv", "jinitctl.argv", "manager.aot", "jinitctl.aot")) {
            assertThat(IMAGE.resolve("libexec").resolve(file)).isNotEmptyFile();
        }
    }

    @Test
    void theClientRunsWithoutAnyJavaOfTheMachine() throws Exception {
        Outcome version = run(IMAGE, Map.of("PATH", "/nowhere"), "version");
        assertThat(version.exit()).as(version.output()).isZero();
    }

    @Test
    void javaOptionsOfTheEnvironmentNeitherBreakNorEnterTheClient() throws Exception {
        Map<String, String> hostile = Map.of(
                "JAVA_TOOL_OPTIONS", "-Xmx2m", "JDK_JAVA_OPTIONS", "--no-such-option", "_JAVA_OPTIONS", "-Xmx2m",
                "CLASSPATH", "/nowhere");
        Outcome version = run(IMAGE, hostile, "version");
        assertThat(version.exit()).as(version.output()).isZero();
        assertThat(version.output()).doesNotContain("Picked up").doesNotContain("NOTE:");
    }

    @Test
    void aLinkToTheClientFindsTheImage() throws Exception {
        Path link = Files.createSymbolicLink(scratch.resolve("ctl"), IMAGE.resolve("bin/jinitctl"));
        Outcome version = run(List.of(link.toString(), "version"), Map.of());
        assertThat(version.exit()).as(version.output()).isZero();
    }

    @Test
    void aMovedImageStillLoadsItsCaches() throws Exception {
        Path moved = copy();
        for (String program : List.of("manager", "jinitctl")) {
            Outcome outcome = java(moved, program, "-XX:AOTMode=on", "-Xlog:aot=info:stdout");
            assertThat(outcome.output()).contains("Opened AOT cache " + moved.resolve("libexec/" + program + ".aot"));
            assertThat(outcome.output()).doesNotContain("Unable to map").doesNotContain("mismatch");
        }
    }

    @Test
    void aStaleCacheOnlyCostsTime() throws Exception {
        Path moved = copy();
        try (var jars = Files.newDirectoryStream(moved.resolve("lib"), "*.jar")) {
            for (Path jar : jars) {
                Files.setLastModifiedTime(jar, java.nio.file.attribute.FileTime.fromMillis(1_000_000_000_000L));
            }
        }
        Outcome version = run(moved, Map.of(), "version");
        assertThat(version.exit()).as(version.output()).isZero();
        assertThat(version.output()).isEqualTo(run(IMAGE, Map.of(), "version").output());
    }

    /** A copy with times kept, below the scratch directory and with a space in its path. */
    private Path copy() throws Exception {
        Path moved = scratch.resolve("some where");
        Outcome copied = run(List.of("cp", "-a", IMAGE.toString(), moved.toString()), Map.of());
        assertThat(copied.exit()).as(copied.output()).isZero();
        return moved;
    }

    private Outcome run(Path image, Map<String, String> environment, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(image.resolve("bin/jinitctl").toString()));
        command.addAll(List.of(arguments));
        return run(command, environment);
    }

    /** The image's own java with a program's fixed options, additional ones, and no main class to run: it prints its version. */
    private Outcome java(Path image, String program, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(image.resolve("libexec/runtime/bin/java").toString()));
        List<String> fixed = Files.readAllLines(image.resolve("libexec/" + program + ".argv"));
        for (String argument : fixed.subList(0, fixed.size() - 1)) {
            if (!argument.startsWith("-Xlog")) {
                command.add(argument.replace("%i", image.toString()));
            }
        }
        command.addAll(List.of(options));
        command.add("-version");
        return run(command, Map.of());
    }

    private Outcome run(List<String> command, Map<String, String> environment)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(scratch, "output", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.redirectInput(Path.of("/dev/null").toFile());
        for (String variable : List.of("JAVA_HOME", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH")) {
            builder.environment().remove(variable);
        }
        builder.environment().putAll(environment);
        Process process = builder.start();
        if (!process.waitFor(RUN_SECONDS_MAX, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new AssertionError(command + " did not end in " + RUN_SECONDS_MAX + " s");
        }
        return new Outcome(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    }
}
