package org.jinit.fuzz;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Lets Jazzer, which is on the class path of the profile {@code fuzz} only, loose on one target for a while: docs/build.md, Fuzzing.
 * {@code pack DIRECTORY...} prints inputs as the lines of a corpus instead.
 */
public final class FuzzMain {
    /** What checks is not what is looked into. */
    private static final String EXCLUDED = "org.jinit.fuzz.**:org.jinit.notify.NaiveNotify:org.jinit.linux.NaiveWalk"
            + ":org.jinit.linux.FuzzTree";

    private FuzzMain() {}

    /** @param arguments the target's simple name, a directory, seconds, then what libFuzzer is to be told */
    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("pack")) {
            pack(Arrays.asList(arguments).subList(1, arguments.length));
            return;
        }
        String name = arguments[0];
        String target = Corpus.TARGETS.stream()
                .filter(one -> one.endsWith("." + name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(name + " is none of " + Corpus.TARGETS));
        Path directory = Path.of(arguments[1], name).toAbsolutePath();
        Path corpus = Files.createDirectories(directory.resolve("corpus"));
        Path seeds = Files.createDirectories(directory.resolve("corpus-seeds"));
        int number = 0;
        for (Map.Entry<String, byte[]> input : Corpus.of(target).entrySet()) {
            Files.write(seeds.resolve("seed" + number++), input.getValue());
        }
        List<String> options = new ArrayList<>(List.of("--target_class=" + target,
                "--instrumentation_includes=org.jinit.**:org.snakeyaml.**",
                "--instrumentation_excludes=" + EXCLUDED + ":" + String.join(":", Corpus.TARGETS),
                "--reproducer_path=" + directory, "-artifact_prefix=" + directory + "/", "-max_total_time="
                        + arguments[2],
                "-timeout=90", "-max_len=8192", "-print_final_stats=1", corpus.toString(), seeds.toString()));
        options.addAll(Arrays.asList(arguments).subList(3, arguments.length));
        try {
            Class.forName("com.code_intelligence.jazzer.Jazzer")
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) options.toArray(new String[0]));
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("cannot fuzz " + name + ": " + e.getCause(), e);
        }
    }

    private static void pack(List<String> directories) throws IOException {
        for (String directory : directories) {
            try (Stream<Path> files = Files.list(Path.of(directory))) {
                for (Path file : files.sorted().toList()) {
                    System.out.println(Corpus.encode(Files.readAllBytes(file)));
                }
            }
        }
    }
}
