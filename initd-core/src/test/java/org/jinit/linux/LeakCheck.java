package org.jinit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** After each test the process has the descriptors it had before, files of the class path aside. */
public final class LeakCheck implements BeforeEachCallback, AfterEachCallback {
    private TreeMap<String, String> before = new TreeMap<>();

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        before = descriptors();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        TreeMap<String, String> left = descriptors();
        left.keySet().removeAll(before.keySet());
        assertThat(left).as("descriptors left open").isEmpty();
    }

    private static TreeMap<String, String> descriptors() throws Exception {
        TreeMap<String, String> open = new TreeMap<>();
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            for (Path entry : entries.toList()) {
                try {
                    String target = Files.readSymbolicLink(entry).toString();
                    if (!target.endsWith(".jar") && !target.startsWith("/proc/") && !target.endsWith("/modules")) {
                        open.put(entry.getFileName() + " " + target, target);
                    }
                } catch (java.nio.file.NoSuchFileException e) {
                    // The descriptor of the listing itself.
                }
            }
        }
        return open;
    }
}
